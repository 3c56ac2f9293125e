"""Exact moments mu_{i,k} = E[s(Z)^i He_k(Z)] wherever one of the exactly solvable families holds the link."""

from __future__ import annotations

from functools import lru_cache
from math import comb

import sympy

from ...link.tree import Bin, Call, Neg, Node
from ..exact import polynomial
from ..exact.constants import is_zero
from ..exact.lower import constant
from ..shape.affine_image import affine_image
from ..shape.growth import moderate
from ..shape.parity import parity
from ..shape.pieces import exact_pieces, levels
from ..shape.powered_gaussian import bell
from .piecewise_constant import masses
from .waves import wave_moment, waves


@lru_cache(maxsize=4096)
def moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[s(Z)^i He_k(Z)] as an exact number, or None when no family holds the link."""
    # By symmetry alone nothing vanishes: the moment must exist.
    if vanishes_by_parity(tree, i, k) and moderate(tree):
        return sympy.S.Zero
    exact = polynomial.moment(tree, i, k)
    if exact is not None:
        return exact
    steps = levels(tree)
    if steps is not None:
        return sympy.expand(sum(value**i * mass for value, mass in masses(steps, k).items()))
    bump = bell(tree)
    if bump is not None:
        return bump.moment(i, k)
    sum_of_waves = waves(tree)
    found = None if sum_of_waves is None else wave_moment(sum_of_waves, i, k)
    if found is None:
        found = _piece_by_piece(tree, i, k)
    if found is None:
        found = _by_parts(tree, k) if i == 1 else _of_image(tree, i, k)
    return found


def _piece_by_piece(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """The sum over the pieces of a link that is a real sum of exponentials of quadratics on each."""
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) == 1:
        return None
    total = sympy.S.Zero
    for piece in pieces:
        base = waves(piece.tree)
        if base is None or any(not a.is_real for a, _ in base):
            return None
        part = wave_moment(base, i, k, piece.low, piece.high)
        if part is None:
            return None
        total += part
    return sympy.expand(total)


def _of_image(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[(c u + d)^i He_k] by the binomial theorem from the moments of u."""
    c, d, core = affine_image(tree)
    if core == tree:
        return None
    found = [sympy.Integer(k == 0), *(moment(core, j, k) for j in range(1, i + 1))]
    if None in found:
        return None
    terms = (comb(i, j) * c**j * d ** (i - j) * of_u for j, of_u in enumerate(found))
    return sympy.expand(sum(terms, sympy.S.Zero))


def _by_parts(tree: Node, k: int) -> sympy.Expr | None:
    """E[s He_k] of a sum, a multiple or sigmoid(u) = 1/2 + tanh(u/2)/2 from its parts."""
    if isinstance(tree, Neg):
        inner = moment(tree.arg, 1, k)
        return None if inner is None else -inner
    if isinstance(tree, Call) and tree.name == "sigmoid" and parity(tree.args[0]).value == "odd":
        return sympy.Rational(int(k == 0), 2) if k % 2 == 0 else None
    if not isinstance(tree, Bin) or tree.op == "**":
        return None
    if tree.op in ("+", "-"):
        left, right = moment(tree.left, 1, k), moment(tree.right, 1, k)
        if left is None or right is None:
            return None
        return left + right if tree.op == "+" else left - right
    for factor, other in ((tree.left, tree.right), (tree.right, tree.left)):
        number = constant(factor)
        if number is None or (tree.op == "/" and factor is tree.left):
            continue
        inner = moment(other, 1, k)
        if inner is not None:
            return inner * number if tree.op == "*" else inner / number
    return None


def vanishes(tree: Node, i: int, k: int) -> bool:
    """Whether E[s^i He_k] = 0 is proved."""
    value = moment(tree, i, k)
    return value is not None and is_zero(value) is True


def vanishes_by_parity(tree: Node, i: int, k: int) -> bool:
    """s^i He_k is odd."""
    shape = parity(tree).value
    return (shape == "even" and k % 2 == 1) or (shape == "odd" and (i + k) % 2 == 1)
