"""Work as a count that is the same on every machine: what a search may spend before it gives up.

A unit is about one ball evaluation of one node of a link's tree. What two requests of one search share is
counted once, whether or not an earlier search had left it in a cache: an answer depends on its question.

Every search has an allowance of its own, and all those of one question share what that one may take.
"""

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache, update_wrapper
from typing import Generic, ParamSpec, TypeVar

from ..link.tree import Bin, Call, Node, Num, Part, walk
from .precision import Unresolved

#: More digits take more nodes in proportion.
_DIGITS = 30
#: What the searches of one question may take together, some seven seconds.
_QUESTION = 7e6


class Exhausted(Unresolved):
    """The work allotted to a search is used up."""


@dataclass
class Bill:
    """What one computation took: units of its own, and units for parts of owners by their identity."""

    own: float = 0.0
    parts: dict[tuple[int, object], tuple[float, object]] = field(default_factory=dict)


@dataclass
class Account:
    """What is left, what was spent, and on what (by identity, with the object that keeps it from reuse).

    kept: whoever opened it keeps the answer, good or bad, so that it is nothing that a question pays.
    """

    left: float
    kept: bool = False
    paid: dict[tuple[int, object], object] = field(default_factory=dict)
    spent: float = 0.0
    bills: list[Bill] = field(default_factory=list)

    @property
    def exhausted(self) -> bool:
        return self.left < 0 or _METER.taken > _METER.limit


#: Steps of the recurrence of He_k that take as long as a function of the language.
_STEPS_OF_TANH = 16
#: What a fractional power takes beyond that of a function.
_ROOT = 12

T = TypeVar("T")
P = ParamSpec("P")
_ACCOUNT: ContextVar[Account | None] = ContextVar("account", default=None)


@dataclass
class _Meter:
    """Units that all searches of this process took, those of remembered answers too; and where they end."""

    taken: float = 0.0
    limit: float = math.inf


_METER = _Meter()


@contextmanager
def question(digits: int = _DIGITS, parts: int = 1) -> Iterator[None]:
    """All searches meanwhile share the work of one question; one inside another shares what that may take.

    parts: of a question that is really several, as its documentation says.
    """
    before = _METER.limit
    _METER.limit = min(before, _METER.taken + parts * _QUESTION * max(1.0, digits / _DIGITS))
    try:
        yield
    finally:
        _METER.limit = before


@contextmanager
def allowance(units: float, digits: int = _DIGITS, *, kept: bool = False) -> Iterator[Account]:
    """All that is enclosed meanwhile, to ``digits`` digits, is paid from here.

    A search inside has an allowance of its own, so that it costs the same wherever it is remembered.
    """
    account = Account(units * max(1.0, digits / _DIGITS), kept)
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
    key = id(owner), part
    for bill in account.bills:
        if owner is None:
            bill.own += units
        else:
            bill.parts[key] = units, owner
    if owner is not None:
        if key in account.paid:
            return
        account.paid[key] = owner
    account.left -= units
    account.spent += units
    # What an allowance refuses is not done, and the question does not pay it.
    if account.left >= 0 and not account.kept:
        _METER.taken += units
    if account.left < 0 or (_METER.taken > _METER.limit and not account.kept):
        raise Exhausted("the work allotted to this search is used up")


class Memory(Generic[T]):
    """The last ``most`` answers, each with its bill: one that is remembered costs what it cost at first.

    Where nothing is counted no bill is made out, and a later question that pays computes the answer anew.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[T, Bill | None]] = {}

    def recall(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The answer for ``key``, by ``compute`` the first time."""
        account, kept = _ACCOUNT.get(), self._kept.get(key)
        if kept is None or (account is not None and kept[1] is None):
            return self._computed(key, compute, account, kept is None)
        answer, bill = kept
        if account is not None and bill is not None:
            spend(bill.own)
            for (_, part), (units, owner) in bill.parts.items():
                spend(units, owner, part)
        return answer

    def _computed(self, key: Hashable, compute: Callable[[], T], account: Account | None, new: bool) -> T:
        bill = None
        if account is None:
            answer = compute()
        else:
            bill = Bill()
            account.bills.append(bill)
            try:
                answer = compute()
            finally:
                account.bills.pop()
        if new and len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = answer, bill
        return answer


class Remembered(Generic[P, T]):
    """The last ``most`` answers of a function with searches of its own, which cost a question the same again.

    Where it has less left than that, they are made with what is left, and not kept.
    """

    def __init__(self, compute: Callable[P, T], most: int) -> None:
        self._compute, self._most = compute, most
        self._kept: dict[Hashable, tuple[T, float]] = {}
        self.cache_clear = self._kept.clear
        update_wrapper(self, compute)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        key = args, *kwargs.items()
        if (found := self._kept.get(key)) is not None and _METER.taken + found[1] <= _METER.limit:
            _METER.taken += found[1]
            self._kept[key] = self._kept.pop(key)
            return found[0]
        before = _METER.taken
        answer = self._compute(*args, **kwargs)
        if _METER.taken <= _METER.limit:
            if len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = answer, _METER.taken - before
        return answer


def remembered(most: int) -> Callable[[Callable[P, T]], Remembered[P, T]]:
    """``lru_cache`` for searches."""
    return lambda compute: Remembered(compute, most)


@lru_cache(maxsize=4096)
def size(tree: Node) -> int:
    """What a link costs to evaluate: its nodes, what roots take, and the steps of He_k beyond tanh's."""
    return sum(1 + _steps(part) for part in walk(tree))


def _steps(part: Part) -> int:
    if isinstance(part, Bin):
        return _ROOT * (
            part.op == "**" and not (isinstance(part.right, Num) and part.right.value.denominator == 1)
        )
    if not isinstance(part, Call) or part.name != "He" or not isinstance(part.args[0], Num):
        return 0
    return max(0, int(part.args[0].value) - _STEPS_OF_TANH)
