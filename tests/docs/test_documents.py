"""The documents say what the tool does: commands are run, links resolve, every claim has its proof."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tiltproof.crosscheck.claims import CLAIMS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```console\n\$ tiltproof (.*?)\n(.*?)^```$", re.M | re.S)
BLOCKS = sorted({(command, output) for page in PAGES for command, output in BLOCK.findall(page.read_text())})
PYTHON = [
    code for page in PAGES for code in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)
]


@pytest.mark.parametrize(("command", "output"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_command_prints_what_its_page_shows(command: str, output: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tiltproof.crosscheck.cli import main; main()", *shlex.split(command)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", output, flags=re.M)]
    assert re.fullmatch(r"\n?.*".join(parts).rstrip(), shown.rstrip(), re.S), shown


@pytest.mark.parametrize("code", PYTHON)
def test_python_examples_print_what_their_comment_says(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "example", "exec"), {})
    expected = re.findall(r"^print\(.*\)  # (.*)$", code, re.M)
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Path) -> None:
    prose = re.sub(r"`[^`]*`|^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_has_a_page_with_statement_and_proof(name: str) -> None:
    text = (ROOT / "docs" / "claims" / f"{name.lower()}.md").read_text()
    assert text.startswith(f"# {name}. {CLAIMS[name].title}\n")
    assert "**Statement.**" in text
    assert "Proof" in text or "proof" in text or name == "L1"
