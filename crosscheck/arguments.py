"""Arguments of the Python API, validated as the command line validates its options."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from operator import index
from typing import Any

from ..link import ADDITIVE, NOISELESS, Label, LinkError, Noise, Signal, parse_label, parse_noise, rational
from ..link.text import excerpt

SIGNALS: tuple[str, ...] = tuple(map(str, Signal))
MOST_DIGITS = 300
MOST_K = 200
MOST_FEATURES = 64
#: A host by name or number, in brackets where it has colons.
_ADDRESS = re.compile(r"tcp://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", re.ASCII)
Number = int | float | str | Fraction


def as_noise(noise: Noise | str | None) -> Noise:
    """A noise law, its text, or None for none. Raises LinkError on anything else."""
    if isinstance(noise, str):
        return parse_noise(noise)
    return NOISELESS if noise is None else _of(Noise, noise, "noise", "gaussian(1)")


def _of(kind: type[Any], value: Any, name: str, example: str) -> Any:
    if not isinstance(value, kind):
        raise LinkError(f"{name} {excerpt(repr(value))} is of the type {type(value).__name__}: "
                        f"write text, as '{example}'")  # fmt: skip
    return value


def as_label(label: Label | str | None, noise: Noise) -> Label:
    """A label, its text, or None for an additive one. Raises LinkError where another one meets noise."""
    draw = parse_label(label) if isinstance(label, str) else ADDITIVE
    if not isinstance(label, str) and label is not None:
        draw = _of(Label, label, "label", "poisson")
    if draw != ADDITIVE and noise != NOISELESS:
        raise LinkError(f"label {draw} is random by itself and goes with no noise: leave --noise {noise} out")
    return draw


def only_additive(label: Label, what: str) -> None:
    """Raise LinkError on a label that ``what`` has no theory for."""
    if label != ADDITIVE:
        raise LinkError(f"{what} holds for additive labels only, not for {label}: leave --label out")


def as_signal(signal: Signal | str) -> Signal:
    """One of the kinds. Raises LinkError on another word."""
    if signal not in SIGNALS:
        raise LinkError(f"signal '{excerpt(str(signal))}' is unknown: write {', '.join(SIGNALS)}")
    return Signal(signal)


def as_whole(value: Any, name: str, least: int, most: int, example: int) -> int:
    """A whole number, of NumPy or SymPy too, or as text or float. Raises LinkError on anything else."""
    try:
        whole = Fraction(index(value)) if hasattr(value, "__index__") else rational(value, name)
    except LinkError:
        whole = Fraction(1, 2)
    if isinstance(value, bool) or whole.denominator != 1 or not least <= whole <= most:
        seen = excerpt(repr(value) if isinstance(value, str) else str(value))
        raise LinkError(
            f"{name} = {seen} is not a whole number from {least} to {most}: write {name}={example}"
        )
    return int(whole)


def as_scheduler(address: str) -> str:
    """The address of a scheduler. Raises LinkError on anything else."""
    match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if match is None or not 0 < int(match[1]) < 2**16:
        raise LinkError(
            f"scheduler '{excerpt(str(address))}' is no address: write tcp://HOST:PORT, as tcp://10.0.0.1:8786"
        )
    return address


def as_digits(digits: int) -> int:
    """Significant digits from 2 to 300. Raises LinkError on anything else."""
    return as_whole(digits, "digits", 2, MOST_DIGITS, 30)


def as_texts(given: Sequence[Any] | str, name: str, example: str) -> tuple[Any, ...]:
    """Several, or one text alone. Raises LinkError on what is no list."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise LinkError(f"{name} = {excerpt(repr(given))} is no list: write {name}={example}")
    return tuple(given)


def as_ranges(ranges: Any) -> None:
    """Raise LinkError on what is no mapping from symbols to ranges."""
    if not isinstance(ranges, Mapping | None):
        raise LinkError(f"ranges {excerpt(repr(ranges))} is no mapping: write {{'beta': '(0.5, 20)'}}")


def as_orders(k: int | Iterable[int]) -> list[int]:
    """One order or several, from 0 to 200. Raises LinkError on anything else."""
    listed: list[Any] = list(k) if isinstance(k, Iterable) else [k]
    if not all(hasattr(each, "__index__") for each in listed):
        raise LinkError(f"k = {excerpt(repr(k))} is no order: write an integer, a list or range(9)")
    orders = [index(each) for each in listed]
    if not orders or min(orders) < 0 or max(orders) > MOST_K:
        raise LinkError(
            f"k = {excerpt(repr(k))} goes beyond 0 to {MOST_K}: write an integer, a list or range(9)"
        )
    return orders


def as_biases(biases: Sequence[Number] | str) -> tuple[Fraction, ...]:
    """The biases b of features tanh(u - b), from 1 to 64 different ones; a text has commas between them."""
    given = biases.split(",") if isinstance(biases, str) else biases
    values = tuple(rational(bias, "features: the bias") for bias in given)
    different = len(set(values))
    if not 1 <= len(values) <= MOST_FEATURES or different < len(values):
        raise LinkError(
            f"{len(values)} biases, {different} of them different: write 1 to {MOST_FEATURES} different ones "
            "such as -1,0,1"
        )
    return values


def as_ridge(ridge: Number) -> Fraction:
    """The ridge, at least 0."""
    value = rational(ridge, "ridge")
    if value < 0:
        raise LinkError(f"ridge '{excerpt(str(ridge))}' is negative: write 0 or a number such as 0.001")
    return value


def as_clip(clip: Sequence[Number] | str) -> tuple[Fraction, Fraction]:
    """The range LO < HI that fits are clipped to; a text has a comma between the two."""
    ends = tuple(rational(end, "clip") for end in (clip.split(",") if isinstance(clip, str) else clip))
    if len(ends) != 2 or not ends[0] < ends[1]:
        shown = excerpt(clip if isinstance(clip, str) else ",".join(map(str, clip)))
        raise LinkError(f"clip '{shown}' is no range: write two numbers LO,HI with LO < HI, such as -1,1")
    return ends
