"""The documents name what is there: every folder has its line on the floor plan, every file named exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = ("link", "theory", "numerics", "crosscheck", "interface", "tiltproof")
PATHS = sorted(set(re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w/.]*)`", TEXT)))
#: What a reader of `threshold` opens at most.
MOST_FILES = 25


@pytest.mark.parametrize("path", PATHS)
def test_what_the_plan_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_folder_of_the_first_two_levels_is_on_the_plan() -> None:
    folders = {
        door.parent.relative_to(ROOT).as_posix() + "/"
        for room in ROOMS
        for depth in ("*.py", "*/__init__.py")
        for door in (ROOT / room).glob(depth)
    }
    assert folders - set(PATHS) == set()


def test_a_reader_of_threshold_opens_few_files() -> None:
    way = TEXT.partition("## How one link travels")[2].partition("## How a verdict")[0]
    files = set(re.findall(r"`([\w/]+\.py)`", way))
    assert 15 < len(files) <= MOST_FILES


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_every_python_file_that_a_page_names_exists(page: Path) -> None:
    places = [ROOT / place for place in (*ROOMS, "tests", "docs", "benchmarks")]
    files = ["/" + file.relative_to(ROOT).as_posix() for place in places for file in place.rglob("*.py")]
    # What the guide has the reader write.
    named = set(re.findall(r"`([\w/]+\.py)`", page.read_text(encoding="utf-8"))) - {"crosscheck/claims/x1.py"}
    assert [name for name in named if not any(file.endswith("/" + name) for file in files)] == []
