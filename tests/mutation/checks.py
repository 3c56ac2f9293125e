"""What may catch a mutant: answers that are kept, claims, falsified variants, tests, random links.

Each knows the lines it runs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

#: A link of every family and shape that the rooms tell apart; the falsified variants have more.
LINKS = (
    "linear-3", "parabola", "staircase", "bump4", "tanh-9/10", "clip-square", "relu", "exp(z)*2 - 9",
    "2*sin(3*z + 1) - 1/2", "where(abs(z) < 1, 2, where(z > 0, -1, 1))", "sigmoid(z)*2 - 3",
)  # fmt: skip
#: The rooms that are changed: those that derive and decide.
ROOMS = ("theory", "numerics", "crosscheck")
#: The folders of tests whose answers come from those rooms, besides the answers that are kept.
TESTS = (
    "theory", "numerics", "crosscheck", "certificates", "labels", "commands", "python", "reports", "docs",
)  # fmt: skip
#: Of the random links of tests/differential, the seeds that are tried.
RANDOM = range(40)

Lines = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Job:
    """A claim on a link, one of its falsified variants (``variant`` not None), a test, or a random link.

    Or, with a ``room``, what is ``asked`` there.
    """

    claim: str = ""
    link: str = ""
    variant: int | None = None
    test: str = ""
    seed: int | None = None
    room: str = ""
    asked: str = ""

    def __str__(self) -> str:
        if self.room:
            return f"{self.room}: {self.asked}"
        if self.test:
            return Path(self.test).name
        if self.seed is not None:
            return f"random link {self.seed}"
        return f"{self.claim} on {self.link}" + ("" if self.variant is None else ", falsified")

    @property
    def file(self) -> str:
        """The test, or the record, that is its own."""
        if self.room:
            return f"tests/kept/{self.room}.txt"
        return self.test.partition("::")[0] or f"tests/crosscheck/evidence/{self.claim}.txt"

    def answer(self) -> Any:
        """The Result of a claim, the verdict on a variant; else "passed", or what did not pass."""
        if self.room:
            from tests.kept.test_kept import changed as otherwise

            return otherwise(self.room, self.asked) or "passed"
        if self.test:
            return _tested(self.test)
        if self.seed is not None:
            from tests.differential.test_differential import complaints

            return (*complaints(self.seed), "passed")[0]
        from tiltproof.crosscheck.claim import Subject
        from tiltproof.crosscheck.claims import CLAIMS
        from tiltproof.crosscheck.run.scheduler import check
        from tiltproof.link import parse

        from tests.crosscheck.evidence import changed

        claim = CLAIMS[self.claim]
        if self.variant is None:
            return check(claim, Subject(parse(self.link)))
        found = check(claim, Subject(parse(self.link)), claim.variants[self.variant])
        return changed(found) or str(found.verdict)


@dataclass(frozen=True, slots=True)
class Check:
    """A job, what it answers on the true modules, its seconds, and the lines of theirs that it ran."""

    job: Job
    answer: Any
    seconds: float
    lines: Lines

    @property
    def sound(self) -> bool:
        """Whether the true modules pass it, and it runs some line of them."""
        passes = self.answer in ("passed", "REFUTED") if isinstance(self.answer, str) else _fits(self.answer)
        return passes and bool(self.lines)

    def against(self, now: Any) -> tuple[str, str] | None:
        """What tells the answer ``now`` from the true one, as (way, detail), or None when nothing does."""
        if isinstance(self.answer, str):
            other = f"{self.job}: {self.answer} became {now}"
            return None if now == self.answer else ("tests", other)
        from tiltproof.crosscheck.run.report import Report, compare

        from tests.crosscheck.evidence import changed

        if not _fits(now):
            return "verify", f"{self.job}: {self.answer.verdict} became {now.verdict}"
        was, found = (Report("", 0, (result,), 0.0) for result in (self.answer, now))
        worse = compare(was, found).regressions
        if worse:
            return "baseline", f"{self.job}: {worse[0]}"
        kept = not changed(self.answer) and changed(now)
        return ("tests", f"{self.job}: {kept}") if kept else None


def _fits(result: Any) -> bool:
    return bool(result.verdict.green) or result.verdict.value == "NOT_APPLICABLE"


def jobs(root: Path) -> list[Job]:
    """Everything that may catch a mutant."""
    from tiltproof.crosscheck.claims import CLAIMS

    from tests.kept.rooms import ROOMS

    kept = [Job(room=room, asked=name) for room, asks in ROOMS.items() for name, _ in asks()]
    cells = {Job(claim, link): None for link in LINKS for claim in CLAIMS}
    cells |= {Job(claim.id, variant.link): None for claim in CLAIMS.values() for variant in claim.variants}
    falsified = [
        Job(claim.id, variant.link, index)
        for claim in CLAIMS.values()
        for index, variant in enumerate(claim.variants)
    ]
    tests = [
        Job(test=f"{path}::{name}")
        for folder in TESTS
        for path in sorted((root / "tests" / folder).glob("test_*.py"))
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    return kept + tests + list(cells) + falsified + [Job(seed=seed) for seed in RANDOM]


def measured(job: Job) -> Check:
    """Run one job with every line of the rooms that it runs recorded."""
    from coverage import Coverage  # of the extra `mutation`, which the rest does without

    coverage = Coverage(data_file=None, include=[f"{folder}/*" for folder in folders()])
    coverage.set_option("run:disable_warnings", ["no-data-collected"])
    start = time.process_time()
    with coverage.collect():
        answer = job.answer()
    seconds = time.process_time() - start
    data = coverage.get_data()
    lines = {(file, line) for file in data.measured_files() for line in data.lines(file) or ()}
    return Check(job, answer, seconds, frozenset(lines))


def folders() -> list[Path]:
    """Where the rooms that Python imports lie."""
    package = importlib.util.find_spec("tiltproof.theory")
    assert package is not None
    assert package.origin is not None
    # Resolved, as coverage names files.
    top = Path(package.origin).resolve().parent.parent
    return [top / room for room in ROOMS]


def modules() -> list[Path]:
    """The modules that may be changed."""
    return [path for folder in folders() for path in sorted(folder.rglob("*.py"))]


class _Watcher:
    """A pytest plugin that keeps the first test that did not pass."""

    failed = ""
    ran = 0

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = f"collecting {report.nodeid}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _tested(test: str) -> str:
    watcher = _Watcher()
    # Plain assertions: pytest would otherwise load the package past the finder that changes a module.
    fixed = ["-qx", "--assert=plain", "--hypothesis-seed=0"]
    fixed += [f"-pno:{plugin}" for plugin in ("cacheprovider", "xdist", "unraisableexception")]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*fixed, test], plugins=[watcher])
    return watcher.failed or ("passed" if watcher.ran else "nothing ran")
