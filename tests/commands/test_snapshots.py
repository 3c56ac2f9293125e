"""What the commands print, to the character, on a terminal of 80 columns.

Each file in snapshots/ starts with the command; after a wanted change the rest is replaced by what the
command prints now, and read before it is committed.
"""

import shlex
from pathlib import Path

import pytest

from .in_process import run

SNAPSHOTS = sorted((Path(__file__).parent / "snapshots").glob("*.txt"))


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda path: path.stem)
def test_output_is_as_recorded(snapshot: Path) -> None:
    command, _, expected = snapshot.read_text().partition("\n")
    arguments = shlex.split(command.removeprefix("$ tiltproof "))
    lines = run(*arguments).stdout.splitlines()
    assert "\n".join(line.rstrip() for line in lines) == expected.rstrip()


def test_there_are_snapshots() -> None:
    assert len(SNAPSHOTS) >= 8
