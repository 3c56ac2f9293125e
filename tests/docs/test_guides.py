"""The three guides, each followed word by word on a copy of the package and of its tests."""

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
ROOMS = ("link", "theory", "numerics", "crosscheck", "interface")
EDIT = re.compile(
    r"^In `([\w/.]+)`, (at the end|before the table|into `\w+`):\n\n```text\n(.*?)^```$", re.M | re.S
)
#: Where an entry is put: before this, in the file that the guide names.
MARKS = {
    "at the end": "",
    "before the table": "#: By name, with the same names",
    "into `FUNCTIONS`": '    "He": ',
    "into `ON_BALLS`": '    "He": ',
    "into `IDS`": ")  # fmt: skip",
    "into `_LINKS`": ")  # fmt: skip",
}
#: A guide, and which tests of those that it runs are about what it adds.
GUIDES = {"adding-a-function": "asinh", "adding-a-link": "mish or links or library", "adding-a-claim": "X1"}


def text(guide: str) -> str:
    return (ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8")


def follow(guide: str, package: Path) -> None:
    """Make the edits of the guide in a copy of the package."""
    for name, where, code in EDIT.findall(text(guide)):
        file = package / name
        content = file.read_text(encoding="utf-8")
        mark = MARKS[where]
        place = content.index(mark) if mark else len(content)
        gap = "\n\n" if where in ("at the end", "before the table") else ""
        around = (gap, "") if where == "at the end" else ("", gap)
        file.write_text(content[:place] + around[0] + code + around[1] + content[place:], encoding="utf-8")
    if guide == "adding-a-claim":
        steps = text(guide).partition("**5. Try it.**")[0]
        code = "\n\n".join(re.findall(r"^```python\n(.*?)^```$", steps, re.M | re.S))
        (package / "crosscheck" / "claims" / "x1.py").write_text(code, encoding="utf-8")


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By guide: a folder with the package, edited as the guide says, and the tests."""
    places = {}
    package = Path(tiltproof.__file__).resolve().parent
    rooms = Path(tiltproof.link.__file__).resolve().parents[1]
    for guide in GUIDES:
        place = places[guide] = tmp_path_factory.mktemp(guide)
        (place / "tiltproof").mkdir()
        for file in package.iterdir():
            if file.is_file():
                shutil.copy2(file, place / "tiltproof")
        for room in ROOMS:
            # With what is compiled already, which stays valid as the copies keep the times of the files.
            shutil.copytree(rooms / room, place / "tiltproof" / room)
        shutil.copytree(ROOT / "tests", place / "tests")
        shutil.copy(ROOT / "pyproject.toml", place)
        follow(guide, place / "tiltproof")
    return places


def run(line: str, guide: str, copy: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(line)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", GUIDES[guide]]
    if program == "python":
        command = [sys.executable]
    elif program == "tiltproof":
        start = "import sys; from tiltproof.interface.cli.main import main; main(sys.argv[1:])"
        command = [sys.executable, "-c", start]
    environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "80"}
    return subprocess.run([*command, *arguments], cwd=copy, env=environment, capture_output=True, text=True)


def steps() -> list[tuple[str, str, str]]:
    """The guide, each command that it shows, and what it shows of the output."""
    found = []
    for guide in GUIDES:
        blocks = re.findall(r"^```text\n(\$ .*?)^```$", text(guide), re.M | re.S)
        parts = [
            part.partition("\n") for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)[1:]
        ]
        found += [(guide, command, output) for command, _, output in parts]
    return found


def test_the_guide_to_a_function_edits_every_table() -> None:
    edits = EDIT.findall(text("adding-a-function"))
    assert {(name, where) for name, where, _ in edits if where.startswith("into")} == {
        ("link/functions.py", "into `FUNCTIONS`"),
        ("theory/exact/functions.py", "into `FUNCTIONS`"),
        ("numerics/lowering/functions.py", "into `FUNCTIONS`"),
        ("numerics/lowering/balls.py", "into `ON_BALLS`"),
    }


@pytest.mark.parametrize("guide", GUIDES)
def test_every_edit_of_a_guide_is_understood(guide: str) -> None:
    assert len(EDIT.findall(text(guide))) == text(guide).count("\nIn `") > 0


@pytest.mark.parametrize(("guide", "command", "output"), steps(), ids=lambda text: text[:40])
def test_a_step_of_a_guide_ends_green(guide: str, command: str, output: str, copies: dict[str, Path]) -> None:
    done = run(command, guide, copies[guide])
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for line in output.splitlines() if line != "..."]
    assert [line.rstrip() for line in done.stdout.splitlines()][: len(shown)] == shown or not shown
    if command.startswith("pytest"):
        assert " passed" in done.stdout
