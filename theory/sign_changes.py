"""How often the signed measures behind the signals change sign, where the shape of a link proves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import sympy

from ..link.noise import NOISELESS, Noise
from ..link.tree import Node
from .exact.constants import Undecided, decided_sign, increasing, sign
from .exact.lower import lower
from .exponents import exponents, rising_order
from .families.piecewise_constant import apart, masses
from .shape.bounds import bounds
from .shape.pieces import levels


@dataclass(frozen=True, slots=True)
class SignChanges:
    """At most ``label`` sign changes of y zeta_{k*} dP_y and at most ``weight`` of zeta_{k*} dP_y."""

    label: int
    weight: int
    reason: str


@lru_cache(maxsize=512)
def sign_changes(tree: Node) -> SignChanges | None:
    """For finitely many levels, monotone links and even ones monotone in |z|; None for any other.

    zeta_{k*} dP_y has the atoms E[He_{k*}; s = v], or changes sign once, at s(0) or at s(1).
    """
    star = exponents(tree).generative.value
    if star is None:
        return None
    steps = levels(tree)
    if steps is not None:
        try:
            atoms = masses(steps, star)
            return SignChanges(
                changes_of({v: v * mass for v, mass in atoms.items()}),
                changes_of(atoms),
                f"the numbers v E[He_{star}; s = v] over the levels v",
            )
        except Undecided:
            return None
    order = rising_order(tree)
    if order is None or order != star:
        return None
    turn = sign(lower(tree, sympy.Integer(order - 1)))
    low, high = bounds(tree)
    if turn == 0:
        return SignChanges(0, 1, f"zeta_{star} and y change sign together, at s({order - 1}) = 0")
    if sign(low) in (0, 1) or sign(high) in (0, -1):
        return SignChanges(1, 1, f"zeta_{star} changes sign at s({order - 1}), and y has one sign")
    return SignChanges(2, 1, f"zeta_{star} changes sign at s({order - 1}), and y at 0")


@dataclass(frozen=True, slots=True)
class PairChanges:
    """At most ``most`` sign changes of the measure of u + v with density (v - u)(zeta(v) - zeta(u))/2."""

    most: int
    reason: str


@lru_cache(maxsize=512)
def pair_changes(tree: Node) -> PairChanges | None:
    """For finitely many levels, and for links with a monotone zeta_{k*}: then no pair counts negative."""
    order, star, steps = rising_order(tree), exponents(tree).generative.value, levels(tree)
    if star is None:
        return None
    if order == star:
        return PairChanges(0, f"zeta_{star} is monotone in y, so (v - u)(zeta(v) - zeta(u)) has one sign")
    if steps is None:
        return None
    try:
        most = changes_of(apart(masses(steps, star), masses(steps, 0)))
    except Undecided:
        return None
    return PairChanges(most, "the pairs of levels u < v, in the order of u + v")


def noisy_label_changes(changes: SignChanges, noise: Noise, *, odd: bool) -> int | None:
    """At most so many sign changes of y zeta_{k*} dP_y for y = s + e; None where no bound is proved.

    Gaussian noise adds none to zeta_{k*} dP_y, uniform noise none to a single one (T11); y adds one at 0, or
    takes one away where s and k* are ``odd``, as zeta_{k*} changes sign at 0 then.
    """
    if noise == NOISELESS:
        return changes.label
    if noise.kind == "gaussian" or (noise.kind == "uniform" and changes.weight <= 1):
        return changes.weight + (-1 if odd else 1)
    return None


def changes_of(weights: dict[sympy.Expr, sympy.Expr]) -> int:
    """How often the weights change sign in the order of their keys. Raises Undecided."""
    return _changes([decided_sign(weights[key]) for key in increasing(weights)])


def _changes(signs: list[int]) -> int:
    kept = [s for s in signs if s]
    return sum(a != b for a, b in pairwise(kept))
