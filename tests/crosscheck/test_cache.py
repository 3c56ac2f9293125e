"""A verdict is taken from the cache where nothing has changed, never where an entry was damaged or forged."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.assertions.user_claim import UserClaim
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run import cache as room
from tiltproof.crosscheck.run import scheduler
from tiltproof.crosscheck.run.cache import Cache
from tiltproof.crosscheck.run.report import FromCache, Report, Result
from tiltproof.crosscheck.run.scheduler import check, verify
from tiltproof.crosscheck.verdict import Verdict, refutes
from tiltproof.interface.output.results import from_cache
from tiltproof.link import parse

from ..commands.in_process import run

SUBJECT = Subject(parse("tanh(z)"), seed=3)
OWN = UserClaim("lemma-1", "alpha(1, 2) > 0", links=(parse("tanh(z)"),), place=("paper.tex", 7))


@pytest.fixture(scope="module")
def green() -> Result:
    return check(CLAIMS["G1"], SUBJECT)


def entries() -> list[Path]:
    return sorted(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json"))


def test_a_verdict_comes_back_as_it_was_kept(green: Result) -> None:
    Cache().keep("G1", SUBJECT, green)
    found, later = (cache := Cache()).find("G1", SUBJECT), cache.used
    assert found is not None
    assert found.as_json() == green.as_json()
    assert later == FromCache(1, 0)


@pytest.mark.parametrize(
    ("claim", "subject"),
    [
        ("G2", SUBJECT),
        ("G1", replace(SUBJECT, link=parse("tanh"))),
        ("G1", replace(SUBJECT, link=parse("tanh(2*z)"))),
        ("G1", replace(SUBJECT, seed=4)),
        ("G1", replace(SUBJECT, digits=31)),
        ("G1", replace(SUBJECT, alarm=2e-8)),
        ("G1", replace(SUBJECT, full=True)),
    ],
    ids=["claim", "name", "link", "seed", "digits", "alarm", "tier"],
)
def test_whatever_a_verdict_depends_on_is_in_its_key(claim: str, subject: Subject, green: Result) -> None:
    Cache().keep("G1", SUBJECT, green)
    assert (cache := Cache()).find(claim, subject) is None
    assert cache.used == FromCache(0, 0)


@pytest.mark.parametrize(
    "other",
    [
        replace(OWN, text="alpha(1, 2) > 1/9"), replace(OWN, source="Lemma 2"),
        replace(OWN, assume="IE == 1"),
        replace(OWN, signal="weight"), replace(OWN, uses=("lemma-0",)), replace(OWN, id="lemma-2"),
    ],
    ids=["assertion", "source", "assume", "signal", "uses", "id"],
)  # fmt: skip
def test_a_claim_of_the_user_is_its_whole_content_but_for_its_line(other: UserClaim, green: Result) -> None:
    Cache().keep(OWN, SUBJECT, green)
    assert Cache().find(other, SUBJECT) is None
    assert Cache().find(replace(OWN, place=("paper.tex", 8)), SUBJECT) is not None


def test_another_state_of_the_program_knows_none_of_the_verdicts(
    green: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    Cache().keep("G1", SUBJECT, green)
    monkeypatch.setattr(room, "state", lambda: "another")
    assert Cache().find("G1", SUBJECT) is None


def test_the_state_follows_sources_versions_and_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    states = [room.state(), room.state()]
    for owner, name in ((room, "sources"), (room, "environment"), (room.platform, "platform")):
        with monkeypatch.context() as changed:
            changed.setattr(owner, name, lambda: "another")
            states.append(room.state())
    assert states[0] == states[1]
    assert len(set(states)) == 4


def _verdict(entry: Any) -> None:
    entry["result"]["verdict"] = "PROVED" if entry["result"]["verdict"] != "PROVED" else "ENCLOSED"


def _evidence(entry: Any) -> None:
    entry["result"]["evidence"]["symbolic"]["detail"] = "believe me"


def _forged(entry: Any) -> None:
    """With a hash that fits, but a verdict that the evidence does not give."""
    _verdict(entry)
    text = json.dumps(entry["result"], sort_keys=True, separators=(",", ":"))
    entry["sha256"] = room._digest(entry["key"], text)


def _moved(entry: Any) -> None:
    entry["key"] = entry["key"].replace("seed=3", "seed=4")


@pytest.mark.parametrize("change", [_verdict, _evidence, _forged, _moved])
def test_an_entry_that_was_changed_is_not_believed_and_counted(
    change: Callable[[Any], None], green: Result
) -> None:
    Cache().keep("G1", SUBJECT, green)
    (file,) = entries()
    change(entry := json.loads(file.read_text()))
    file.write_text(json.dumps(entry))
    assert (cache := Cache()).find("G1", SUBJECT) is None
    assert cache.used == FromCache(0, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_entry_is_checked_again_and_mended(content: bytes, green: Result) -> None:
    Cache().keep("G1", SUBJECT, green)
    (file,) = entries()
    file.write_bytes(content)
    cache = Cache()
    assert cache.find("G1", SUBJECT) is None
    assert cache.damaged == 1
    cache.keep("G1", SUBJECT, green)
    assert Cache().find("G1", SUBJECT) is not None


@pytest.mark.parametrize("verdict", [Verdict.TIMEOUT, Verdict.ERROR, Verdict.UNDECIDED, Verdict.VACUOUS])
def test_what_is_not_settled_is_not_kept(verdict: Verdict, green: Result) -> None:
    Cache().keep("G1", SUBJECT, replace(green, verdict=verdict))
    assert entries() == []


def test_a_refutation_is_kept() -> None:
    found = Result(
        "G1", "z", Verdict.REFUTED, (refutes("by balls", "1 is not 2").by("enclosure"),), "1 is not 2", 0.0
    )
    Cache().keep("G1", SUBJECT, found)
    assert (kept := Cache().find("G1", SUBJECT)) is not None
    assert kept.verdict is Verdict.REFUTED


def test_where_nothing_can_be_kept_the_run_says_why(
    green: Result, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (cache := Cache()).keep("G1", SUBJECT, green)
    assert cache.find("G1", SUBJECT) is None
    assert "file" in cache.used.trouble


def test_only_the_states_used_last_are_kept(green: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcdef":
        monkeypatch.setattr(room, "state", lambda name=name: name)
        (cache := Cache()).keep("G1", SUBJECT, green)
        os.utime(cache._place, (ord(name), ord(name)))
    assert {file.parent.name for file in entries()} == set("cdef")


def test_a_second_run_checks_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Result] = []
    first = verify(["G1", "L1"], ["tanh"], workers=1, cache=True)
    monkeypatch.setattr(scheduler, "worker_pool", None)
    second = verify(["G1", "L1"], ["tanh"], workers=1, progress=steps.append, cache=True)
    assert [r.as_json() for r in second.results] == [r.as_json() for r in first.results]
    assert (first.cache, second.cache) == (FromCache(0, 0), FromCache(2, 0))
    assert len(steps) == 2
    assert from_cache(second) == ["2 of 2 cells from the cache (--no-cache checks them again)"]


def test_no_cache_takes_nothing_and_keeps_nothing() -> None:
    arguments = ("verify", "--claim", "L1", "--link", "z", "--workers", "1")
    assert run(*arguments, "--no-cache").returncode == 0
    assert entries() == []
    assert "from the cache" not in run(*arguments).stdout
    assert "1 of 1 cells from the cache" in run(*arguments).stdout


def test_the_json_does_not_tell_a_verdict_that_was_kept() -> None:
    arguments = ("verify", "--claim", "L1", "--link", "z", "--workers", "1", "--json")
    first, second = (json.loads(run(*arguments).stdout) for _ in "ab")
    for content in (first, second):
        del content["seconds"]
    assert first == second
    assert len(entries()) == 1


def test_python_takes_nothing_that_was_not_asked_for() -> None:
    assert isinstance(verify(["G1"], ["tanh"], workers=1, cache=True), Report)
    assert verify(["G1"], ["tanh"], workers=1).cache is None


def test_two_runs_at_once_leave_whole_entries() -> None:
    call = "tiltproof.verify(['L1', 'G1'], ['z', 'tanh'], workers=1, cache=True)"
    script = f"import tiltproof; print({call}.exit_code)"
    runs = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in "ab"]
    assert [run.communicate(timeout=120)[0].strip() for run in runs] == ["0", "0"]
    report = verify(["L1", "G1"], ["z", "tanh"], workers=1, cache=True)
    assert isinstance(report, Report)
    assert report.cache == FromCache(4, 0)
    assert len(list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*"))) == 4 + 3
