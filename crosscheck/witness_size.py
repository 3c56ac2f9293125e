"""How large a moment that is claimed not to vanish must be: numbers cannot see that one is 0."""

from __future__ import annotations

from flint import arb

from ..numerics.expectation.oracle import NotIntegrable, Unresolved
from .equation import Moment, enclose
from .subject import Subject


def least_size(subject: Subject, power: int, k: int) -> arb | None:
    """Half of abs(E[s^power He_k]), certified; None where the moment is not separated from 0."""
    try:
        value = enclose(Moment(subject.link.tree, k, power), 15)
    except (NotIntegrable, Unresolved):
        return None
    return None if value.contains(0) else abs(value).lower() / 2
