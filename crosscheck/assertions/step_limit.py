"""A limit on the work that one question may take of the computer algebra, which sometimes takes hours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from sympy.core.cache import clear_cache

T = TypeVar("T")
#: Calls and returns of functions for one question: about a second of the algebra.
_STEPS = 10_000_000


class _OutOfPatience(BaseException):
    """No Exception, which the algebra might catch and take for an answer."""


def within_steps(ask: Callable[[], T], otherwise: T) -> T:
    """The answer of ``ask``, or ``otherwise`` when that takes too many steps.

    Steps are counted, not seconds, so that neither a slow machine nor a busy one changes an answer.
    ``otherwise`` must say that nothing is known: an answer that comes too late may leave a claim undecided,
    and turns no verdict into another.
    """
    left = _STEPS

    def count(_: FrameType, __: str, ___: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _OutOfPatience

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return ask()
    except _OutOfPatience:
        # What the algebra remembers of a question that was broken off may be half an answer.
        clear_cache()
        return otherwise
    finally:
        sys.setprofile(before)
