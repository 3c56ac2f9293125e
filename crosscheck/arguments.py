"""What a program asks for, checked as a command checks its options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from ..link import NOISELESS, LinkError, Noise, Signal, parse_noise
from ..link.text import excerpt

SIGNALS: tuple[str, ...] = get_args(Signal)
MOST_DIGITS = 300
MOST_K = 200


def as_noise(noise: Noise | str | None) -> Noise:
    """A noise law, its text, or None for none."""
    return parse_noise(noise) if isinstance(noise, str) else noise or NOISELESS


def as_signal(signal: Signal) -> Signal:
    """One of the kinds. Raises LinkError on another word."""
    if signal not in SIGNALS:
        raise LinkError(f"signal '{excerpt(str(signal))}' is unknown: write {', '.join(SIGNALS)}")
    return signal


def as_digits(digits: int) -> int:
    """Significant digits from 2 to 300. Raises LinkError on anything else."""
    if isinstance(digits, bool) or not isinstance(digits, int) or not 2 <= digits <= MOST_DIGITS:
        raise LinkError(f"digits = {digits!r} is not a whole number from 2 to {MOST_DIGITS}: write digits=30")
    return digits


def as_orders(k: int | Iterable[int]) -> list[int]:
    """One order or several, from 0 to 200. Raises LinkError on anything else."""
    orders = [k] if isinstance(k, int) else list(k)
    if not orders or min(orders) < 0 or max(orders) > MOST_K:
        raise LinkError(f"k must lie between 0 and {MOST_K}: write --k 3 or --k 0:8")
    return orders
