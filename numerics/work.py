"""Work as a count that is the same on every machine: what a search may spend before it gives up.

A unit is about one ball evaluation of one node of a link's tree. What two requests of one search share is
counted once, whether or not an earlier search had left it in a cache: an answer depends on its question.

Every search has an allowance of its own, and all those of one question share what that one may take.
"""

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
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


class Overspent(Exception):
    """The work of a strict question is used up, which no search takes for its own end."""


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
    strict: float = math.inf
    #: Remembered searches that the question has paid, and what those under way have taken.
    paid: set[object] = field(default_factory=set)
    bills: list[Bill] = field(default_factory=list)

    def take(self, units: float) -> None:
        self.taken += units
        if self.bills:
            self.bills[-1].own += units

    def charge(self, bill: Bill) -> bool:
        """Pay what is not paid yet of a remembered search, unless too little is left."""
        due = sum(units for key, (units, _) in bill.parts.items() if key not in self.paid)
        if self.taken + due > self.limit:
            return False
        self.taken += due
        self.note(bill)
        return True

    def note(self, bill: Bill) -> None:
        if self.limit < math.inf:
            self.paid.update(bill.parts)
        if self.bills:
            self.bills[-1].parts.update(bill.parts)


_METER = _Meter()


@contextmanager
def question(digits: int = _DIGITS, parts: int = 1, *, strict: bool = False) -> Iterator[None]:
    """All searches meanwhile share the work of one question; one inside another shares what that may take.

    parts: of a question that is really several, as its documentation says. strict: where the work ends,
    Overspent is raised, and no search inside ends with less.
    """
    before, outer, paid = _METER.limit, _METER.strict, _METER.paid
    _METER.limit = min(before, _METER.taken + parts * _QUESTION * max(1.0, digits / _DIGITS))
    if strict:
        _METER.strict = _METER.limit
    if before == math.inf:
        _METER.paid = set()
    try:
        yield
    finally:
        _METER.limit, _METER.strict, _METER.paid = before, outer, paid


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
        _METER.take(units)
        if _METER.taken > _METER.strict:
            raise Overspent("the work allotted to one claim on one link is used up")
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
    """The last ``most`` answers of a function with searches of its own, which cost each question the same.

    A question pays for an answer once. Where it has less left, one is made with what is left, and not kept.
    """

    def __init__(self, compute: Callable[P, T], most: int) -> None:
        self._compute, self._most = compute, most
        self._kept: dict[Hashable, tuple[T, Bill]] = {}
        self.cache_clear = self._kept.clear
        update_wrapper(self, compute)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        key = args, *kwargs.items()
        if (found := self._kept.get(key)) is not None and _METER.charge(found[1]):
            self._kept[key] = self._kept.pop(key)
            return found[0]
        bill = Bill()
        _METER.bills.append(bill)
        try:
            # What nobody limits is counted all the same, for questions to come.
            with nullcontext() if _ACCOUNT.get() else allowance(math.inf):
                answer = self._compute(*args, **kwargs)
        except ArithmeticError:
            # Asked for again, it takes as much again.
            key = (object(),)
            raise
        finally:
            _METER.bills.pop()
            bill.parts[id(self), key] = bill.own, self
            _METER.note(bill)
        if _METER.taken <= _METER.limit:
            if len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = answer, bill
        return answer


def remembered(most: int) -> Callable[[Callable[P, T]], Remembered[P, T]]:
    """``lru_cache`` for searches."""
    return lambda compute: Remembered(compute, most)


@lru_cache(maxsize=4096)
def size(tree: Node) -> int:
    """What a link costs to evaluate: its nodes, what roots take, and the steps of He_k beyond tanh's."""
    return sum(1 + _steps(part) for part in walk(tree))


@lru_cache(maxsize=4096)
def size_together(tree: Node) -> float:
    """The same for each of many boxes in one call: a third, but for He_k, whose steps are run box by box."""
    steps = sum(_steps(part) for part in walk(tree) if isinstance(part, Call))
    return (size(tree) - steps) / 3 + steps


def _steps(part: Part) -> int:
    if isinstance(part, Bin):
        return _ROOT * (
            part.op == "**" and not (isinstance(part.right, Num) and part.right.value.denominator == 1)
        )
    if not isinstance(part, Call) or part.name != "He" or not isinstance(part.args[0], Num):
        return 0
    return max(0, int(part.args[0].value) - _STEPS_OF_TANH)
