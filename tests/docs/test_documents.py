"""The documents say what the tool does: what they show is run, links resolve, every claim has its proof.

In a ``console`` block each line ``$ tiltproof ...`` is run, and what follows is its output; a line ``...``
stands for any lines, and ``$ echo $?`` shows the exit code. A block ``console slow`` is a slow test.
In a ``python`` block comments are what is printed, line by line; the blocks of one page are one program.
"""

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiltproof.crosscheck.claims import CLAIMS

from ..commands.in_process import run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def shown_commands(language: str) -> Iterator[tuple[str, str, int | None]]:
    """Command, shown output, and exit code where one is shown."""
    for block in (block for page in PAGES for block in blocks(page, language)):
        code: int | None = None
        for part in reversed(re.split(r"^\$ ", block, flags=re.M)[1:]):
            command, _, output = part.partition("\n")
            if command == "echo $?":
                code = int(output)
            else:
                yield command, output, code
                code = None


def targets(page: Path) -> list[str]:
    """Where the links in a page's prose point."""
    prose = re.sub(r"^```.*?^```$|`[^`]*`", "", page.read_text(), flags=re.M | re.S)
    return re.findall(r"\]\(([^)#]+)\)", prose)


#: What `make` does too, and every run of the tests has done.
INSTALLATION = ("python3 -m venv .venv", '.venv/bin/pip install ".[test]"', ".venv/bin/pytest")
CELL = ("--claim", "L1", "--link", "tanh")
SHOWN = sorted(set(shown_commands("console")), key=str)
SLOW = sorted(set(shown_commands("console slow")), key=str)
PROGRAMS = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize(
    ("command", "output", "code"),
    [*SHOWN, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)],
    ids=[command for command, _, _ in [*SHOWN, *SLOW]],
)
def test_a_command_prints_what_its_page_shows(
    command: str, output: str, code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    name, *arguments = shlex.split(command)
    assert name == "tiltproof"
    done = run(*arguments)
    printed = [line.rstrip() for line in (done.stderr + done.stdout).strip().splitlines()]
    assert code is None or done.returncode == code
    assert matches(output.strip().splitlines(), printed), done.stdout


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are the shown ones, ``...`` standing for any number of lines."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(matches(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and matches(shown[1:], printed[1:])


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: page.name)
def test_a_python_example_prints_what_its_comments_say(
    page: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = "\n".join(blocks(page, "python"))
    exec(compile(code, str(tmp_path), "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.splitlines() == re.findall(r"(?:^|  )# (.*)$", code, re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Path) -> None:
    for target in targets(page):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_has_a_page_that_keeps_up_with_it(name: str) -> None:
    claim = CLAIMS[name]
    text = " ".join((ROOT / "docs" / "claims" / f"{name.lower()}.md").read_text().split())
    assert text.startswith(f"# {name}. {claim.title} ")
    assert "**Statement.**" in text
    assert "Proof" in text or name == "L1"
    legs = text.split("How each leg checks it")[1]
    assert [leg for leg in claim.legs if leg not in legs] == []
    # Only what follows the heading counts: a change named "sign" would be found on any page.
    falsified = text.split("**Falsified variants.**")[1].lower()
    assert [v.change for v in claim.variants if v.change.lower() not in falsified] == []


def test_every_page_is_reachable_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [path for target in targets(page) if (path := (page.parent / target).resolve()).is_file()]
    assert set(PAGES) <= seen


def shell_lines(page: Path) -> list[str]:
    """The commands of a page's ``sh`` blocks, without comments."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [bare for line in lines if (bare := line.partition("#")[0].strip())]


@pytest.mark.parametrize("page", [p for p in PAGES if shell_lines(p)], ids=lambda p: p.name)
def test_shell_commands_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, in a folder with the README's claim file; a run on the whole library is cut."""
    [claims] = blocks(ROOT / "README.md", "toml")
    (tmp_path / "paper.claims.toml").write_text(claims)
    monkeypatch.chdir(tmp_path)
    for line in shell_lines(page):
        program, *arguments = shlex.split(line.removeprefix(".venv/bin/"))
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(), re.M)
        elif program == "tiltproof":
            whole = arguments[0] == "verify" and "--claim" not in line
            done = run(*arguments, *(CELL if whole else ()))
            assert done.returncode == 0, (line, done)
        elif line not in INSTALLATION:
            tool = Path(sys.executable).parent / program
            other = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
            assert other.returncode == 0, (line, other)


def test_no_block_is_of_a_kind_that_nothing_runs() -> None:
    kinds = {kind for page in PAGES for kind in re.findall(r"^```(.*)$", page.read_text(), re.M)}
    assert kinds <= {"", "console", "console slow", "python", "sh", "text", "toml", "yaml"}


def test_the_shown_claim_file_is_the_file() -> None:
    [shown] = blocks(ROOT / "docs" / "user-claims.md", "toml")
    assert shown == (ROOT / "docs" / "example.claims.toml").read_text()


@pytest.mark.parametrize(
    "notebook", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_a_notebook_shows_what_its_cells_give(
    notebook: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "notebook"}
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        *lines, last = ast.parse("".join(cell["source"])).body
        shown = "".join(text for each in cell["outputs"] for text in each.get("text", ()))
        exec(compile(ast.Module(lines, []), str(notebook), "exec"), names)
        if isinstance(last, ast.Expr):
            found = eval(compile(ast.Expression(last.value), str(notebook), "eval"), names)
            [output] = cell["outputs"]
            assert repr(found) == "".join(output["data"]["text/plain"])
            assert "text/html" not in output["data"] or found._repr_html_() == "".join(
                output["data"]["text/html"]
            )
        else:
            exec(compile(ast.Module([last], []), str(notebook), "exec"), names)
        assert capsys.readouterr().out == shown
