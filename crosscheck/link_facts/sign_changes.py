"""How many zeros a signal can have: by the shape of the link, or from its isolated level sets."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ...link import Link, Noise, Signal
from ...numerics.lowering.zeros import Unresolved
from ...numerics.threshold import sign_changes as level_sets
from ...numerics.threshold.branches import core
from ...theory import zero_bounds as shape
from ...theory.shape.parity import parity
from ...theory.zero_bounds import SignChanges, noisy_label_changes
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


def most_zeros(link: Link, signal: Signal, noise: Noise) -> int | None:
    """At most so many real zeros of the signal, those at t = 0 included; None where no count is proved."""
    if signal == "centered":
        pairs = shape.pair_changes(link.tree)
        return None if pairs is None else pairs.most
    found = sign_changes(link)
    if found is None or signal == "weight":
        return None if found is None else found.weight
    return noisy_label_changes(found, noise, odd=odd_signal(link))


def odd_signal(link: Link) -> bool:
    """Whether s and k* are odd: then zeta_{k*} is odd in y."""
    star = exponents(link).generative_exponent.value
    return star is not None and star % 2 == 1 and parity(link.tree).value == "odd"
