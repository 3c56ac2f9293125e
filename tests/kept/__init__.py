"""What the rooms answered, kept to the digit: a change that is not meant is seen, whatever part made it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from flint import arb, arb_poly

#: Of a longer array its size, its sum and every seventh part are shown.
_LONG = 24
#: Of a number, what another order of a sum in doubles may change.
_LAST_BITS = 1e-13
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")


def text(value: Any) -> str:
    """A value in words and digits: a ball by its middle and its radius, a data class field by field."""
    if isinstance(value, arb):
        return f"{value.mid().str(20, radius=False)} +/- {value.rad().str(3, radius=False)}"
    if isinstance(value, arb_poly):
        return text(value.coeffs())
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, np.ndarray):
        flat = value.ravel().tolist()
        return text(flat if value.size <= _LONG else [value.size, math.fsum(flat), *flat[:: value.size // 7]])
    if is_dataclass(value) and not isinstance(value, type):
        return text({field.name: getattr(value, field.name) for field in fields(value) if field.repr})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}: {text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > _LONG and all(isinstance(each, float) for each in value):
            return text(np.array(value))
        return "[" + ", ".join(map(text, value)) + "]"
    return str(value)


def differs(was: str, now: str, rounding: float = 0.0) -> str:
    """The first line that is not as it was, or nothing.

    A number with decimals may differ by one in its last digit; whole numbers and words are as they were.
    Where there is ``rounding``, what is below it is that, and so is what another release of NumPy changes in
    the last bits of doubles, as of a reference fit about which a ball is then taken.
    """
    pairs = zip_longest(was.splitlines(), now.splitlines(), fillvalue="")
    return next((f"{new} (was: {old})" for old, new in pairs if not _same(old, new, rounding)), "")


def _same(was: str, now: str, rounding: float) -> bool:
    if _NUMBER.sub("#", was) != _NUMBER.sub("#", now):
        return False
    pairs = zip(_NUMBER.finditer(was), _NUMBER.finditer(now), strict=True)
    return all(_close(a[0], b[0], rounding) for a, b in pairs)


def _close(was: str, now: str, rounding: float) -> bool:
    if was == now or max(abs(float(was)), abs(float(now))) < rounding:
        return True
    if rounding and abs(float(was) - float(now)) <= _LAST_BITS * abs(float(was)):
        return "." in was
    digits, _, exponent = was.partition("e")
    decimals = len(digits.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0.0
    return abs(float(was) - float(now)) <= 1.01 * unit
