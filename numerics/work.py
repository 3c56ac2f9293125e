"""Work as a count that is the same on every machine: what a search may spend before it gives up.

A unit is about one ball evaluation of one node of a link's tree. What two requests of one search share is
counted once, whether or not an earlier search had left it in a cache: an answer depends on its question.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

from ..link.tree import Node, walk
from .lowering.zeros import Unresolved

#: More digits take more nodes in proportion.
_DIGITS = 30


class Exhausted(Unresolved):
    """The work allotted to a search is used up."""


@dataclass
class Account:
    """What is left, what was spent, and on what (by identity, with the object that keeps it from reuse)."""

    left: float
    paid: dict[tuple[int, object], object] = field(default_factory=dict)
    spent: float = 0.0

    @property
    def exhausted(self) -> bool:
        return self.left < 0


_ACCOUNT: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def allowance(units: float, digits: int = _DIGITS) -> Iterator[Account]:
    """All that is enclosed meanwhile, to ``digits`` digits, is paid from here.

    A search inside has an allowance of its own, so that it costs the same wherever it is remembered.
    """
    account = Account(units * max(1.0, digits / _DIGITS))
    token = _ACCOUNT.set(account)
    try:
        yield account
    finally:
        _ACCOUNT.reset(token)


def spend(units: float, owner: object = None, part: object = None) -> None:
    """Count ``units``; a ``part`` of an ``owner`` is counted the first time only. Raises Exhausted."""
    account = _ACCOUNT.get()
    if account is None:
        return
    if owner is not None:
        key = id(owner), part
        if key in account.paid:
            return
        account.paid[key] = owner
    account.left -= units
    account.spent += units
    if account.left < 0:
        raise Exhausted("the work allotted to this search is used up")


@lru_cache(maxsize=4096)
def size(tree: Node) -> int:
    """The nodes of a link's tree."""
    return sum(1 for _ in walk(tree))
