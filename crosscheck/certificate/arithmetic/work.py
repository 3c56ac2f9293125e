"""How much a check may do, counted in work and not in seconds: the answer does not depend on the machine."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flint import ctx

from ....link.tree import Call, Node, Num, Part, walk

#: Operations on balls of at most 512 bits.
LIMIT = 16_000_000


class NotConfirmed(ArithmeticError):
    """The checker could not confirm a statement; the message says which and why."""


class TooMuchWork(NotConfirmed):
    """To go on takes more work than a check may do."""


@lru_cache(maxsize=4096)
def nodes(tree: Node) -> int:
    """How many there are, a Hermite polynomial as many as its order."""
    return sum(_weight(part) for part in walk(tree))


def _weight(part: Part) -> int:
    if isinstance(part, Call) and part.name == "He" and isinstance(part.args[0], Num):
        return 1 + int(part.args[0].value)
    return 1


@dataclass
class Work:
    """What one check has done so far."""

    spent: int = 0

    @property
    def left(self) -> int:
        return LIMIT - self.spent

    def spend(self, operations: int) -> None:
        """Raises TooMuchWork."""
        self.spent += operations * (1 + ctx.prec // 512)
        if self.spent > LIMIT:
            raise TooMuchWork("to confirm every statement takes more work than a check may do")


class Memory:
    """Answers with the operations they took, which a later check pays as if it had been the first to ask."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, int]] = {}

    def recall(self, key: Hashable, work: Work, compute: Callable[[], Any]) -> Any:
        """The answer for ``key``, by ``compute`` the first time.

        Where it takes more than half of what is left nothing is kept or taken: an integral that runs into
        the limit is a wider ball.
        """
        kept, left = self._kept.get(key), work.left
        if kept is not None and 2 * kept[1] <= left:
            work.spent += kept[1]
            return kept[0]
        answer = compute()
        if 2 * (taken := left - work.left) <= left:
            self._kept[key] = answer, taken
        return answer
