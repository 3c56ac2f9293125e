"""The guide to adding a function, followed literally on a copy of the package and of its tests."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiltproof.link

import tiltproof

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "adding-a-function.md").read_text(encoding="utf-8")
EDIT = re.compile(
    r"^In `([\w/.]+)`, (at the end|before the table|into `\w+`):\n\n```text\n(.*?)^```$", re.M | re.S
)
ROOMS = ("link", "theory", "numerics", "crosscheck")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, edited as the guide says, and the tests."""
    place = tmp_path_factory.mktemp("copy")
    package = Path(tiltproof.__file__).resolve().parent
    rooms = Path(tiltproof.link.__file__).resolve().parents[1]
    (place / "tiltproof").mkdir()
    for file in package.iterdir():
        if file.is_file():
            shutil.copy(file, place / "tiltproof")
    without = shutil.ignore_patterns("__pycache__")
    for room in ROOMS:
        shutil.copytree(rooms / room, place / "tiltproof" / room, ignore=without)
    shutil.copytree(ROOT / "tests", place / "tests", ignore=without)
    shutil.copy(ROOT / "pyproject.toml", place)
    for name, where, code in EDIT.findall(GUIDE):
        file = place / "tiltproof" / name
        text = file.read_text(encoding="utf-8")
        mark = {"at the end": "", "before the table": "#: By name, with the same names"}
        before, last, after = text.partition(mark.get(where, '    "He": ') or text)
        gap = "\n\n" if where in mark else ""
        assert last
        text = f"{last}{gap}{code}" if not before + after else f"{before}{code}{gap}{last}{after}"
        file.write_text(text, encoding="utf-8")
    return place


def run(line: str, copy: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(line)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "asinh"]
    if program == "tiltproof":
        start = "import sys; from tiltproof.interface.cli.main import main; main(sys.argv[1:])"
        command = [sys.executable, "-c", start]
    environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "80"}
    return subprocess.run([*command, *arguments], cwd=copy, env=environment, capture_output=True, text=True)


def commands() -> list[tuple[str, str]]:
    """The shown commands, each with its shown output."""
    blocks = re.findall(r"^```text\n(\$ .*?)^```$", GUIDE, re.M | re.S)
    parts = [part.partition("\n") for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)[1:]]
    return [(command, output) for command, _, output in parts]


def test_the_guide_edits_every_table() -> None:
    tables = {(name, where) for name, where, _ in EDIT.findall(GUIDE) if where.startswith("into")}
    rooms = {(f"{room}/functions.py", "into `FUNCTIONS`") for room in ("link", "theory", "numerics")}
    assert tables == rooms | {("numerics/lowering/balls.py", "into `ON_BALLS`")}
    assert len(EDIT.findall(GUIDE)) == GUIDE.count("\nIn `")


@pytest.mark.parametrize(("command", "output"), commands(), ids=[command for command, _ in commands()])
def test_a_step_of_the_guide_ends_green(command: str, output: str, copy: Path) -> None:
    done = run(command, copy)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for line in output.splitlines() if line != "..."]
    assert [line.rstrip() for line in done.stdout.splitlines()][: len(shown)] == shown or not shown
    if command.startswith("pytest"):
        assert " passed" in done.stdout
