"""Exact moments mu_{i,k} = E[s(Z)^i He_k(Z)] wherever one of the exactly solvable families holds the link."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ..link.tree import Node
from . import hermite
from .constants import is_zero
from .growth import moderate
from .parity import parity
from .pieces import levels
from .powered_gaussian import powered_gaussian
from .tilt.piecewise_constant import masses
from .waves import MAX_TERMS, wave_moment, waves


@lru_cache(maxsize=4096)
def moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[s(Z)^i He_k(Z)] as an exact number, or None when no family holds the link."""
    # By symmetry alone nothing vanishes: the moment must exist.
    if vanishes_by_parity(tree, i, k) and moderate(tree):
        return sympy.S.Zero
    exact = hermite.moment(tree, i, k)
    if exact is not None:
        return exact
    steps = levels(tree)
    if steps is not None:
        return sympy.expand(sum(value**i * mass for value, mass in masses(steps, k).items()))
    bump = powered_gaussian(tree)
    if bump is not None:
        return bump.moment(i, k)
    sum_of_waves = waves(tree)
    if sum_of_waves is None or len(sum_of_waves) ** i > MAX_TERMS:
        return None
    return wave_moment(sum_of_waves, i, k)


def vanishes(tree: Node, i: int, k: int) -> bool:
    """Whether E[s^i He_k] = 0 is proved."""
    value = moment(tree, i, k)
    return value is not None and is_zero(value) is True


def vanishes_by_parity(tree: Node, i: int, k: int) -> bool:
    """s^i He_k is odd."""
    shape = parity(tree).value
    return (shape == "even" and k % 2 == 1) or (shape == "odd" and (i + k) % 2 == 1)
