"""The limit on one question to the computer algebra: counted steps, and nothing known beyond them."""

import sys
import threading
from typing import Any

import pytest
import sympy
from tiltproof.theory.exact import sympy_limits
from tiltproof.theory.exact.sympy_limits import within_steps


def _endless() -> int:
    """Goes on for ever, whatever ordinary error it meets."""
    while True:
        try:
            abs(-1)
        except Exception:
            continue


def _told(steps: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sympy_limits, "_STEPS", steps)
    return within_steps(_endless, "unknown")


def test_an_answer_in_time_is_given() -> None:
    assert within_steps(lambda: sympy.factor(sympy.Symbol("x") ** 2 - 1), None) is not None


def test_a_question_without_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told(10_000, monkeypatch) == "unknown"


def test_other_threads_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(_told(10_000, monkeypatch)))
    thread.start()
    thread.join(60)
    assert answers == ["unknown"]


def test_the_limit_does_not_depend_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step fewer than a question takes breaks it off, every time."""

    def question() -> int:
        return sum(abs(-i) for i in range(1000))

    taken = 0

    def count(*_: object) -> None:
        nonlocal taken
        taken += 1

    sys.setprofile(count)
    question()
    sys.setprofile(None)
    for slack, answer in ((2, 499500), (-2, None)) * 3:
        monkeypatch.setattr(sympy_limits, "_STEPS", taken + slack)
        assert within_steps(question, None) == answer


def test_a_profiler_is_put_back() -> None:
    before = sys.getprofile()
    within_steps(lambda: 1, 0)
    assert sys.getprofile() is before


def test_errors_of_the_question_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        within_steps(lambda: 1 // 0, 0)
