"""What every exact statement is written in: shared symbols, and values with the reason that proves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import sympy

#: The argument of the link, distributed as N(0, 1).
z = sympy.Symbol("z", real=True)
#: The inverse temperature t = 1/beta > 0.
t = sympy.Symbol("t", positive=True)
#: The order k of a Hermite coefficient where a form holds for every k.
order = sympy.Symbol("k", integer=True, nonnegative=True)


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Known(Generic[V]):
    """``value`` is proved for the ``reason`` given; None when nothing is proved, and why not."""

    value: V | None
    reason: str
