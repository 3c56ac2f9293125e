"""What a CI job asks of verify: little output, no figures, files by name, annotations, reasons."""

import io
import json
import re
from contextlib import redirect_stderr
from pathlib import Path
from unittest.mock import patch

import pytest
from tiltproof.crosscheck.run.report import Change, Comparison, Kind, Report, Result
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.output import reports
from tiltproof.interface.output.progress import checking
from tiltproof.interface.output.reports import github_lines
from tiltproof.link import parse

from .in_process import run

TRUE = """schema = 1
[[claim]]
id = "true"
link = "z"
assert = "GE == 1"
"""
MIXED = """schema = 1
[[claim]]
id = "mixed"
links = ["z", "z**2"]
assume = "GE == 1"
assert = "IE == 2"
[[claim]]
id = "empty"
link = "z**2"
assume = "GE == 1"
assert = "IE == 1"
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "a.claims.toml").write_text(TRUE)
    (tmp_path / "b.claims.toml").write_text(MIXED)
    return str(tmp_path / "a.claims.toml"), str(tmp_path / "b.claims.toml")


def test_files_are_named_without_an_option_and_quiet_says_what_is_not_green(files: tuple[str, str]) -> None:
    done = run("verify", *files, "--quiet", "--workers", "1")
    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "mixed on z: REFUTED"
    assert lines[1] == "IE == 2 is false, IE = 1"
    assert lines[2] == "tiltproof claim 'IE == 2' --link z --assume 'GE == 1'"
    assert lines[3].startswith(
        "empty: VACUOUS, no link met its assumptions: on z**2, GE == 1: GE == 1 is false"
    )
    text = " ".join(lines)
    assert "mixed on z**2: NOT_APPLICABLE GE == 1: GE == 1 is false, GE = 2" in text
    assert "true" not in text.replace("is true", "")
    assert lines[-1].startswith("PROVED 1")


def test_a_claim_of_a_file_is_checked_alone(files: tuple[str, str]) -> None:
    done = run("verify", *files, "--claim", "mixed", "--workers", "1")
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:3]] == [["mixed", "z"], ["mixed", "z**2"]]
    assert "empty" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--claim", "mixd"], "unknown claim 'mixd': did you mean mixed?"),
        (["G2"], "'G2' is no claim file: name a .toml or .tex file, or write --claim G2"),
        (["tanh(z)"], "or write --link 'tanh(z)'"),
    ],
)
def test_what_is_no_file_or_claim_is_told_what_it_was_meant_for(
    files: tuple[str, str], arguments: list[str], said: str
) -> None:
    done = run("verify", *files, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_bar_tells_total_and_time_on_a_terminal_and_nothing_elsewhere() -> None:
    errors = io.StringIO()
    with redirect_stderr(errors), checking(False, ["L1"], [parse("z")]) as step:
        step(Result("L1", "z", Verdict.CHECKED, (), None, 0.1))
    assert errors.getvalue() == ""
    environment = patch.dict("os.environ", {"FORCE_COLOR": "1", "COLUMNS": "80"})
    with redirect_stderr(errors), environment, checking(False, ["L1"], [parse("z")]) as step:
        step(Result("L1", "z", Verdict.CHECKED, (), None, 0.1))
    assert "1/1" in errors.getvalue()
    assert re.search(r"\d:\d\d:\d\d", errors.getvalue())


def test_quiet_on_green_claims_is_one_line(files: tuple[str, str]) -> None:
    done = run("verify", files[0], "--quiet", "--workers", "1")
    assert (done.returncode, done.stdout.split()) == (0, ["PROVED", "1"])


def test_an_id_that_stands_in_two_files_is_refused(files: tuple[str, str], tmp_path: Path) -> None:
    other = tmp_path / "c.claims.toml"
    other.write_text(TRUE)
    done = run("verify", files[0], str(other))
    assert done.returncode == 2
    assert "the id 'true' stands in" in done.stderr


def test_a_page_without_figures_draws_none(
    files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("tiltproof.interface.output.reports.pages.of_links")
    page = tmp_path / "x.html"
    assert run("verify", files[0], "--workers", "1", "--html", str(page), "--no-figures").returncode == 0
    assert "No figures: they were not asked for" in page.read_text()


def test_github_is_told_the_line(files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "::" not in run("verify", files[1], "--workers", "1").stderr
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = run("verify", files[1], "--workers", "1", "--json")
    assert "::" not in done.stdout
    first, second = done.stderr.splitlines()
    assert first == f"::error file={files[1]},line=2,title=mixed::REFUTED on z: IE == 2 is false, IE = 1"
    assert second.startswith(
        f"::warning file={files[1]},line=7,title=empty::VACUOUS: no link met its assumptions"
    )


def test_github_is_told_the_line_of_a_claim_that_is_worse_than_the_baseline() -> None:
    change = Change(Kind.WEAKER, "lemma", "z", "", "PROVED", "ENCLOSED")
    report = Report("0", 0, (), 1.0, baseline=Comparison((change,), 1, 0))
    [line] = github_lines(report, {"lemma": ("a.toml", 3)})
    assert line == "::error file=a.toml,line=3,title=lemma::weaker verdict on z: PROVED -> ENCLOSED"


def test_no_text_of_a_claim_starts_a_command() -> None:
    hostile = Result("a,b:c", "z\n::error::x", Verdict.REFUTED, (), "50%\n::set-output::", 1.0)
    [line] = github_lines(Report("0", 0, (hostile,), 1.0), {})
    assert line == "::error title=a%2Cb%3Ac::REFUTED on z%0A::error::x: 50%25%0A::set-output::"


def test_other_formats_take_no_notice_of_figures() -> None:
    report = Report("0", 0, (Result("T1", "z", Verdict.PROVED, (), None, 1.0),), 1.0)
    assert reports.render(report, "markdown", figures=False) == reports.render(report, "markdown")


PROJECT = '[tool.tiltproof]\nclaims = "own.claims.toml"\nseed = 7\nworkers = 1\n'
OWN = 'schema = 1\n[[claim]]\nid = "own"\nlink = "z"\nassert = "GE == 1"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.claims.toml").write_text(OWN)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "claim", "seed"),
    [((), "own", 7), (("--seed", "2"), "own", 2), (("--claim", "L1", "--link", "z"), "L1", 7)],
)
@pytest.mark.usefixtures("project")
def test_a_project_names_what_is_run(arguments: tuple[str, ...], claim: str, seed: int) -> None:
    report = json.loads(run("verify", "--json", *arguments).stdout)
    assert [result["claim"] for result in report["results"]] == [claim]
    assert report["seed"] == seed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed", "sed", "[tool.tiltproof] has no key 'sed': its keys are claims, baseline"),
        ("= 7", '= "x"', "--seed 'x' is not a whole number"),
        ('"own.claims.toml"', "3", "claims of [tool.tiltproof] is no list of files"),
        ("= 7", "=", "pyproject.toml cannot be read"),
    ],
)
def test_a_bad_project_is_refused(project: Path, old: str, new: str, said: str) -> None:
    (project / "pyproject.toml").write_text(PROJECT.replace(old, new, 1))
    done = run("verify")
    assert done.returncode == 2
    assert said in done.stderr
