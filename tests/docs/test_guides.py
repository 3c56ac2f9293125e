"""The three guides, each followed word by word on a copy of the package and of its tests."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
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


#: Runs each command of its argument in a process forked from this one, which has loaded what all need,
#: and prints how each ended; what a command printed stands in files.
FOLLOW = """
import json, os, runpy, sys
import pytest
import tiltproof.crosscheck.run.scheduler
from tiltproof.interface.cli.main import main
def run(program, *arguments):
    if program == "pytest":
        return pytest.main([*arguments])
    sys.argv = [program, *arguments]
    if program == "tiltproof":
        return main(arguments)
    option, module, *sys.argv[1:] = arguments
    assert (program, option) == ("python", "-m")
    runpy.run_module(module, run_name="__main__", alter_sys=True)
codes = []
for index, command in enumerate(json.loads(sys.argv[1])):
    child = os.fork()
    if not child:
        for stream, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{index}.{name}", os.O_WRONLY | os.O_CREAT), stream)
        sys.exit(run(*command))
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(codes))
"""


@pytest.fixture(scope="module")
def followed(copies: dict[str, Path]) -> Callable[[str], dict[str, tuple[int, str, str]]]:
    """By guide: how each of its commands ended, and what it printed."""

    @cache
    def follow(guide: str) -> dict[str, tuple[int, str, str]]:
        folder = copies[guide]
        lines = [command for each, command, _ in steps() if each == guide]
        commands = [shlex.split(line) for line in lines]
        for command in commands:
            if command[0] == "pytest":
                command += ["-q", "-p", "no:cacheprovider", "-k", GUIDES[guide]]
                # The plugin, which an installed package has, is loaded before pytest is.
                command += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "80"}
        codes = subprocess.check_output(
            [sys.executable, "-c", FOLLOW, json.dumps(commands)], cwd=folder, env=environment
        )
        printed = [
            [(folder / f"{i}.{name}").read_text() for i in range(len(lines))] for name in ("out", "err")
        ]
        return dict(zip(lines, zip(json.loads(codes), *printed, strict=True), strict=True))

    return follow


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
def test_a_step_of_a_guide_ends_green(
    guide: str, command: str, output: str, followed: Callable[[str], dict[str, tuple[int, str, str]]]
) -> None:
    code, printed, errors = followed(guide)[command]
    assert code == 0, printed + errors
    shown = [line for line in output.splitlines() if line != "..."]
    assert [line.rstrip() for line in printed.splitlines()][: len(shown)] == shown or not shown
    if command.startswith("pytest"):
        assert " passed" in printed
