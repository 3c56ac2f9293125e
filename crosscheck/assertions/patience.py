"""A limit on the time that one question may take of the computer algebra, which sometimes takes hours."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, TypeVar

T = TypeVar("T")
#: Seconds of processor time for one question.
SECONDS = 2.0


class _OutOfTime(Exception):
    pass


def patiently(ask: Callable[[], T], otherwise: T) -> T:
    """The answer of ``ask``, or ``otherwise`` when that takes too long.

    Processor time, so that a busy machine changes nothing. Only a main thread can be limited.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return ask()

    def give_up(_: int, __: FrameType | None) -> NoReturn:
        raise _OutOfTime

    before = signal.signal(signal.SIGVTALRM, give_up)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            return ask()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except _OutOfTime:
        return otherwise
    finally:
        signal.signal(signal.SIGVTALRM, before)
