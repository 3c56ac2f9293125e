"""A fact with the reason that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Known(Generic[V]):
    """``value`` is proved for the ``reason`` given; None when nothing is proved, and why not."""

    value: V | None
    reason: str
