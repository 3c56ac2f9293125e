"""What the rooms answer is what they answered: enclosures by middle and radius, facts and reasons by word.

After a wanted change ``python -m tests.kept.test_kept [ROOM]...`` writes the files anew; what differs is read
before it is committed.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.certificate.format import Rejected

from . import differs, text
from .rooms import ROOMS

#: Of what is computed in doubles alone.
ROUNDING = {"forecasts": 1e-9, "training": 1e-9, "claims": 1e-9, "recovered": 1e-9, "deployment": 1e-9,
            "drawn": 1e-9}  # fmt: skip


def answered(room: str, asked: str = "") -> str:
    """A line for every answer, or for the one that is asked."""
    made = ((name, ask) for name, ask in ROOMS[room]() if asked in ("", name))
    return "".join(f"{name}: {_said(ask)}\n" for name, ask in made)


def _said(ask: Callable[[], Any]) -> str:
    try:
        return text(ask()).replace("\n", " ")
    except (ArithmeticError, ValueError, Rejected) as refusal:
        return f"refused: {refusal}"


def kept(room: str) -> Path:
    return Path(__file__).parent / f"{room}.txt"


def changed(room: str, asked: str = "") -> str:
    """The first answer that is not what it was, of all or of those that are asked."""
    was = kept(room).read_text(encoding="utf-8").splitlines(keepends=True)
    known = "".join(line for line in was if not asked or line.startswith(f"{asked}: "))
    return differs(known, answered(room, asked), ROUNDING.get(room, 0))


def test_shapes() -> None:
    assert not changed("shapes")


def test_forms() -> None:
    assert not changed("forms")


def test_enclosures() -> None:
    assert not changed("enclosures")


def test_zeros() -> None:
    assert not changed("zeros")


def test_forecasts() -> None:
    assert not changed("forecasts")


def test_training() -> None:
    assert not changed("training")


def test_answers() -> None:
    assert not changed("answers")


def test_claims() -> None:
    assert not changed("claims")


def test_recovered() -> None:
    assert not changed("recovered")


def test_readings() -> None:
    assert not changed("readings")


def test_labels() -> None:
    assert not changed("labels")


def test_deployment() -> None:
    assert not changed("deployment")


def test_drawn() -> None:
    assert not changed("drawn")


def test_checker() -> None:
    assert not changed("checker")


def test_ceilings() -> None:
    assert not changed("ceilings")


def test_theorems() -> None:
    assert not changed("theorems")


def test_every_room_is_asked() -> None:
    assert {name.removeprefix("test_") for name in globals()} >= ROOMS.keys()


@pytest.mark.parametrize(
    ("now", "seen"),
    [("a = 1.25 +/- 3.00e-9", False), ("a = 1.26 +/- 3.01e-9", False), ("a = 1.27 +/- 3.00e-9", True),
     ("a = 1.25 +/- 3.02e-9", True), ("a = -1.25 +/- 3.00e-9", True), ("b = 1.25 +/- 3.00e-9", True)],
)  # fmt: skip
def test_a_changed_digit_is_seen_and_a_rounded_one_is_not(now: str, seen: bool) -> None:
    assert bool(differs("a = 1.25 +/- 3.00e-9", now)) == seen


@pytest.mark.parametrize(
    ("now", "seen"),
    [("a = 3.1130315072697980483", False), ("a = 3.1130315072797993806", True), ("a = 4", True)],
)
def test_the_last_bits_of_doubles_are_rounding(now: str, seen: bool) -> None:
    assert bool(differs("a = 3.1130315072697993806", now, 1e-9)) == seen


if __name__ == "__main__":
    for name in sys.argv[1:] or ROOMS:
        kept(name).write_text(answered(name), encoding="utf-8")
