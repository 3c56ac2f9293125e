"""How often y zeta_{k*} dP_y changes sign: by the shape of the link, or from its isolated level sets."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ...link import Link
from ...numerics import sign_changes as level_sets
from ...numerics.branches import core
from ...numerics.zeros import Unresolved
from ...theory import sign_changes as shape
from ...theory.parity import parity
from ...theory.sign_changes import SignChanges
from .exponents import exponents


@lru_cache(maxsize=256)
def sign_changes(link: Link) -> SignChanges | None:
    """Upper bounds of both counts with the reason, or None where neither way settles them."""
    return shape.sign_changes(link.tree) or counted(link)


@lru_cache(maxsize=256)
def counted(link: Link) -> SignChanges | None:
    """From the level sets alone."""
    star = exponents(link).generative_exponent.value
    if star is None:
        return None
    try:
        found = level_sets.sign_changes(link.tree, star, _symmetry(link))
    except Unresolved:
        return None
    return SignChanges(*found, f"the level sets of s isolated, zeta_{star} of one sign between its changes")


def _symmetry(link: Link) -> Literal["odd", "even"] | None:
    """What is proved of the core, whose level sets are the link's: even, or odd together with s."""
    inner = parity(core(link.tree)).value
    return inner if inner == "even" or parity(link.tree).value == "odd" else None
