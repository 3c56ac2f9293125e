"""Every option of every command that names a file to write: what it refuses, and what it writes through.

The options are read from the commands: one that is added is tried here without being named, and is taken for
an output unless it stands among the inputs below.
"""

import os
import socket
from itertools import combinations
from pathlib import Path

import click
import pytest
from tiltproof.interface.cli import COMMANDS
from tiltproof.interface.cli.options import FIGURE

from .in_process import run

CLAIMS = """schema = 1
[[claim]]
id = "quick"
link = "z"
assert = "mu(1, 1) == 1"
"""
#: What is only read, and how it is called in a refusal.
INPUTS = {
    "check": {},
    "recover": {"--store": "--store"},
    "verify": {"": "the claims", "--claims": "--claims|the claims", "--baseline": "--baseline"},
    "blueprint": {"--claims": "--claims", "--verdicts": "--verdicts"},
}
#: A quick question of each command that writes.
ASKED = {
    "threshold": ["z"], "recover": ["z", "--beta", "2", "--d", "20,40", "--replicas", "2"],
    "admissible": ["tanh", "--epsilon", "1/2", "--n", "1000000"], "report": ["z"], "verify": ["own.toml"],
    "claim": ["alpha(1, beta) > 0", "--link", "tanh", "--for", "beta=2"],
    "export": ["z", "--beta", "2"], "blueprint": [],
}  # fmt: skip


def _outputs() -> dict[str, list[str]]:
    """The options of each command that name a file to write, of the command line's own account."""
    found: dict[str, list[str]] = {}
    for command in COMMANDS:
        named = [p for p in command.params if isinstance(p.type, click.Path) or p.type is FIGURE]
        flags = [p.opts[0] for p in named if isinstance(p, click.Option)]
        flags = [flag for flag in flags if flag not in INPUTS.get(str(command.name), {})]
        # A folder: its files are compared with the outputs by tests of their own.
        found[str(command.name)] = [flag for flag in flags if flag != "--certificates"]
    return {name: flags for name, flags in found.items() if flags}


OUTPUTS = _outputs()
EACH = [(name, flag) for name, flags in OUTPUTS.items() for flag in flags]
PAIRS = [(name, *pair) for name, flags in OUTPUTS.items() for pair in combinations(flags, 2)]


def _named(flag: str) -> str:
    return "out.svg" if flag == "--plot" else "out"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(CLAIMS)


def _refused(name: str, *options: str) -> str:
    done = run(name, *ASKED[name], *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_every_command_that_writes_is_tried() -> None:
    assert OUTPUTS.keys() == ASKED.keys()
    assert len(EACH) == 14


@pytest.mark.parametrize(("name", "flag"), EACH)
@pytest.mark.parametrize("kind", ["folder", "no folder", "read-only folder", "socket", "link to a folder"])
def test_what_cannot_be_written_is_refused_before_any_work(name: str, flag: str, kind: str) -> None:
    target = Path(_named(flag))
    if kind == "folder":
        target.mkdir()
    elif kind == "no folder":
        target = "missing" / target
    elif kind == "read-only folder":
        # Where not even root may write.
        target = "/proc" / target
    elif kind == "link to a folder":
        Path("folder").mkdir()
        target.symlink_to("folder")
    else:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(target))
    assert f"{flag} '{target}'" in _refused(name, flag, str(target))


@pytest.mark.parametrize(
    ("name", "flag", "source"),
    [(name, flag, source) for name, flag in EACH for source in INPUTS.get(name, {})],
)
@pytest.mark.parametrize("kind", ["itself", "symbolic link", "hard link"])
def test_an_input_is_never_an_output(name: str, flag: str, source: str, kind: str) -> None:
    read, target = Path("in.toml"), Path(_named(flag))
    read.write_text(CLAIMS)
    if kind == "itself":
        if flag == "--plot":
            read = read.rename(target)
        target = read
    elif kind == "symbolic link":
        target.symlink_to(read)
    else:
        os.link(read, target)
    before = read.read_bytes()
    said = _refused(name, *([source] if source else []), str(read), flag, str(target))
    assert "name the same file" in said
    assert read.read_bytes() == before


@pytest.mark.parametrize("flag", OUTPUTS["verify"])
def test_the_settings_of_a_project_are_never_an_output(flag: str) -> None:
    settings = Path("pyproject.toml")
    settings.write_text("[tool.tiltproof]\n")
    assert "the settings and" in _refused("verify", flag, "pyproject.toml")
    assert settings.read_text() == "[tool.tiltproof]\n"


@pytest.mark.parametrize(("name", "one", "other"), PAIRS)
@pytest.mark.parametrize("linked", [False, True])
def test_no_two_outputs_are_one_file(name: str, one: str, other: str, linked: bool) -> None:
    target = Path("both.svg")
    second = Path("link.svg") if linked else target
    if linked:
        second.symlink_to(target)
    said = _refused(name, one, str(target), other, str(second))
    assert f"{one} and {other} name the same file" in said or f"{other} and {one} name the same file" in said


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        pytest.param(*each, marks=[pytest.mark.slow] * (each[0] in ("report", "recover", "admissible")))
        for each in EACH
    ],
)
def test_a_link_to_a_file_stays_a_link(name: str, flag: str) -> None:
    target = Path(_named(flag))
    Path("real").write_text("old")
    target.symlink_to("real")
    done = run(name, *ASKED[name], flag, str(target))
    assert done.returncode in (0, 3), done.stderr
    assert target.is_symlink()
    assert Path("real").stat().st_size > 3
