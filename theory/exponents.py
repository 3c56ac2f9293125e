"""Information exponent, generative exponent and witness power of a link, each with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import sympy

from ..link.text import raised, text
from ..link.tree import Bin, Call, Neg, Node, Num, walk
from .constants import is_zero, sign
from .growth import moderate
from .hermite import polynomial
from .lower import constant, lower
from .moments import moment, vanishes
from .monotone import monotone
from .parity import parity
from .pieces import branches, levels
from .powered_gaussian import powered_gaussian
from .signs import has_the_sign_of_z
from .tilt.piecewise_constant import masses

#: Orders and powers up to which exact moments are tried.
_ORDERS, _POWERS = 64, 8
#: Functions that are strictly increasing where they are defined.
_STRICT = ("exp", "log", "sqrt", "tanh", "atan", "erf", "sinh", "sigmoid", "softplus")


@dataclass(frozen=True, slots=True)
class Exponent:
    """One exponent, lower <= exponent <= upper; ``value`` only when PROVED.

    A constant link has none: PROVED, without a value and ``infinite``.
    needs: moments (i, k), each of which decides the exponent to be k if it is shown to be nonzero.
    """

    value: int | None
    lower: int
    upper: int | None
    status: Literal["PROVED", "UNDECIDED"]
    reason: str
    needs: tuple[tuple[int, int], ...] = ()

    @property
    def infinite(self) -> bool:
        return self.status == "PROVED" and self.value is None


@dataclass(frozen=True, slots=True)
class Witness:
    """mu_{power,k} != 0 with k = GE, and mu_{i,k} = 0 for every smaller i: power is i0."""

    power: int
    k: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exponents:
    """Both exponents of one link, with the witness when exact reasoning finds it."""

    information: Exponent
    generative: Exponent
    witness: Witness | None


@lru_cache(maxsize=512)
def exponents(tree: Node) -> Exponents:
    """IE = min{k >= 1 : E[s He_k] != 0} and GE = min{k >= 1 : E[He_k | s] != 0}, as far as provable.

    Source: Damian, Pillaud-Vivien, Lee, Bruna 2024; the polynomial theorem is Lee, Oko, Suzuki, Wu 2024.
    """
    if constant(tree) is not None or _constant_polynomial(tree):
        infinite = _none("s is constant")
        return Exponents(infinite, infinite, None)
    steps = levels(tree)
    if steps is not None and len({value for _, _, value in steps}) == 1:
        infinite = _none("s takes one value almost surely")
        return Exponents(infinite, infinite, None)
    information = _information(tree)
    generative = _generative(tree, information)
    return Exponents(information, generative, _witness(tree, information, generative))


def _constant_polynomial(tree: Node) -> bool:
    found = polynomial(tree)
    return found is not None and len(found) == 1


def _proved(value: int, reason: str) -> Exponent:
    return Exponent(value, value, value, "PROVED", reason)


def _none(reason: str) -> Exponent:
    return Exponent(None, 1, None, "PROVED", f"infinite: {reason}")


def _information(tree: Node) -> Exponent:
    order = rising_order(tree)
    if order is not None and moderate(tree):
        return _proved(order, f"s is {monotone(tree).value} and not constant, so E[s He_{order}] != 0")
    if _follows_z(tree) and moderate(tree):
        return _proved(1, "s(z) z >= 0 for every z, and not only 0, so E[s He_1] > 0")
    for k in range(1, _ORDERS + 1):
        value = moment(tree, 1, k)
        nonzero = None if value is None else is_zero(value)
        if nonzero is None:
            below = f"E[s He_j] = 0 for 1 <= j < {k}; " if k > 1 else ""
            return Exponent(None, k, None, "UNDECIDED", f"{below}E[s He_{k}] has no exact form", ((1, k),))
        if not nonzero:
            below = f", and E[s He_j] = 0 for 1 <= j < {k}" if k > 1 else ""
            return _proved(k, f"E[s He_{k}] = {value} is not 0{below}")
    return Exponent(None, _ORDERS + 1, None, "UNDECIDED", f"E[s He_k] = 0 for k up to {_ORDERS}")


def _generative(tree: Node, information: Exponent) -> Exponent:
    for rule in (_of_polynomial, _of_levels, _of_monotone, _of_bump, _of_composition):
        found = rule(tree)
        if found is not None:
            return found
    if information.value == 1:
        return _proved(1, f"GE <= IE = 1: {information.reason}")
    least = 2 if parity(tree).value == "even" else 1
    floor = "s is even, so E[He_1 | s] = 0; " if least == 2 else ""
    for i in range(1, _POWERS + 1):
        value = moment(tree, i, least)
        if value is not None and is_zero(value) is False:
            return _proved(least, f"{floor}E[s{raised(i)} He_{least}] = {value} is not 0")
    upper = information.upper
    needs = tuple((i, least) for i in range(1, 5) if not vanishes(tree, i, least))
    reason = f"{floor}no exact moment E[s^i He_{least}] is at hand"
    return Exponent(None, least, upper, "UNDECIDED", reason, needs)


def _of_polynomial(tree: Node) -> Exponent | None:
    if polynomial(tree) is None:
        return None
    even = parity(tree).value == "even"
    shape = "even" if even else "not even"
    return _proved(2 if even else 1, f"polynomial theorem: s is a polynomial and {shape}")


def _of_levels(tree: Node) -> Exponent | None:
    """Finitely many levels: E[He_k; s = v] for each level v, exact."""
    steps = levels(tree)
    if steps is None:
        return None
    for k in range(1, _ORDERS + 1):
        decided = {value: is_zero(mass) for value, mass in masses(steps, k).items()}
        level = next((value for value, zero in decided.items() if zero is False), None)
        if level is not None:
            below = f", and E[He_j; s = v] = 0 for 1 <= j < {k} on every level v" if k > 1 else ""
            return _proved(k, f"finite range: E[He_{k}; s = {level}] is not 0{below}")
        if None in decided.values():
            return Exponent(None, k, None, "UNDECIDED", f"E[He_{k}; s = v] is not decided on some level")
    return Exponent(None, _ORDERS + 1, None, "UNDECIDED", f"E[He_k; s] = 0 for k up to {_ORDERS}")


def _of_monotone(tree: Node) -> Exponent | None:
    order = rising_order(tree)
    if order is None:
        return None
    floor = "; E[He_1 | s] = 0 as s is even" if order == 2 else ""
    shape = monotone(tree).value
    return _proved(order, f"s is {shape} and not constant, so E[T(s) He_{order}] > 0 for T = atan{floor}")


def rising_order(tree: Node) -> int | None:
    """1 for a monotone link that is not constant, 2 for one monotone in |z|: Chebyshev's inequality."""
    shape = monotone(tree).value
    if shape is None:
        return None
    points = (sympy.S.Half, 1, 2, 5) if "|z|" in shape else (-5, -1, 0, 1, 5)
    values = [lower(tree, sympy.sympify(point)) for point in points]
    differs = any(sign(b - a) in (1, -1) for a, b in pairwise(values))
    return None if not differs else 2 if "|z|" in shape else 1


def _follows_z(tree: Node) -> bool:
    """s(z) z >= 0 everywhere, s continuous and not zero everywhere."""
    if any(branches(part) for part in walk(tree)) or not has_the_sign_of_z(tree):
        return False
    return any(sign(lower(tree, sympy.Integer(point))) in (1, -1) for point in (1, -1))


def _of_bump(tree: Node) -> Exponent | None:
    """A z^m e^{-c z^2} is bounded, so mu_{i,k} = 0 for every i is the same as E[He_k | s] = 0."""
    bump = powered_gaussian(tree)
    if bump is None:
        return None
    for k in range(1, _ORDERS + 1):
        if k % 2 and bump.m % 2 == 0:
            continue
        if bump.series(k) != 0:
            below = f"; E[s^i He_j] = 0 identically in i for 1 <= j < {k}" if k > 1 else ""
            powers = "every i >= 1" if bump.m % 2 == 0 else f"every {'odd' if k % 2 else 'even'} i >= 1"
            return _proved(k, f"E[s^i He_{k}] = {bump.general(k)} for {powers}{below}")
    return None


def _of_composition(tree: Node) -> Exponent | None:
    """GE(psi o u) = GE(u) for psi injective on the range of u."""
    inner = _inside(tree)
    if inner is None or constant(inner) is not None:
        return None
    generative = exponents(inner).generative
    if generative.status != "PROVED":
        return None
    reason = f"s is an injective function of {text(inner)}: {generative.reason}"
    return Exponent(generative.value, generative.lower, generative.upper, "PROVED", reason)


def _inside(tree: Node) -> Node | None:
    """u when s = psi(u) with psi strictly monotone, one step of the expression at a time."""
    if isinstance(tree, Neg):
        return tree.arg
    if isinstance(tree, Call) and tree.name in _STRICT:
        return tree.args[0]
    if not isinstance(tree, Bin):
        return None
    if tree.op == "**":
        odd = isinstance(tree.right, Num) and tree.right.value.denominator == 1 and tree.right.value % 2 == 1
        return tree.left if odd and isinstance(tree.right, Num) and tree.right.value > 0 else None
    for number, inner in ((tree.left, tree.right), (tree.right, tree.left)):
        value = constant(number)
        if value is None or (tree.op == "/" and number is tree.left):
            continue
        if tree.op in "+-" or sign(value) in (1, -1):
            return inner
    return None


def _witness(tree: Node, information: Exponent, generative: Exponent) -> Witness | None:
    if generative.value is None:
        return None
    k = generative.value
    if information.value == k:
        return Witness(1, k, information.reason)
    for i in range(1, _POWERS + 1):
        value = moment(tree, i, k)
        zero = None if value is None else is_zero(value)
        if zero is None:
            return None
        if not zero:
            return Witness(i, k, f"E[s^{i} He_{k}] = {value}")
    return None
