"""How often the signed measure y zeta_{k*}(y) P_y(dy) changes sign, where the shape of a link proves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import sympy

from ..link.tree import Node
from .bounds import bounds
from .constants import Undecided, decided_sign, increasing, sign
from .exponents import exponents, rising_order
from .lower import lower
from .pieces import levels
from .tilt.piecewise_constant import masses


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
            ordered = increasing(atoms)
            return SignChanges(
                _changes([decided_sign(v * atoms[v]) for v in ordered]),
                _changes([decided_sign(atoms[v]) for v in ordered]),
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


def _changes(signs: list[int]) -> int:
    kept = [s for s in signs if s]
    return sum(a != b for a, b in pairwise(kept))
