"""How much a check may do, counted in work and not in seconds: the answer does not depend on the machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
