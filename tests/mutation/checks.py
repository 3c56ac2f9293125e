"""What may catch a mutant: claims on links, falsified variants, and tests; each knows the lines it runs."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage

#: One or two links of every family and shape that theory/ tells apart.
LINKS = (
    "linear-3", "square-10", "parabola", "He3", "minus-He4", "step", "staircase", "sign-cubic", "bump4",
    "tanh-9/10", "tanh-He4", "clip-He3", "clip-square", "relu", "hardtanh", "softplus", "sin", "cos",
    "exp(z)*2 - 9", "2*sin(3*z + 1) - 1/2", "3*exp(-2*z**2) - 1", "where(z > 1, z**2, 1 - z)",
    "where(abs(z) < 1, 2, where(z > 0, -1, 1))", "sigmoid(z)*2 - 3", "abs(z) - 2", "clip(z**2, 0, 4)",
)  # fmt: skip

Lines = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Job:
    """A claim on a link, one of its falsified variants (``variant`` not None), or a file of tests."""

    claim: str = ""
    link: str = ""
    variant: int | None = None
    file: str = ""

    def __str__(self) -> str:
        if self.file:
            return Path(self.file).name
        return f"{self.claim} on {self.link}" + ("" if self.variant is None else ", falsified")

    def answer(self) -> str:
        """The verdict; for a file "passed", or the first of its tests that did not pass."""
        if self.file:
            return _tested(self.file)
        from tiltproof.crosscheck.claims import CLAIMS
        from tiltproof.crosscheck.run import check
        from tiltproof.crosscheck.subject import Subject
        from tiltproof.link import parse

        claim = CLAIMS[self.claim]
        variant = None if self.variant is None else claim.variants[self.variant]
        return str(check(claim, Subject(parse(self.link)), variant).verdict)


@dataclass(frozen=True, slots=True)
class Check:
    """A job, what it answers on the true modules, its seconds, and the lines of theory/ it ran."""

    job: Job
    answer: str
    seconds: float
    lines: Lines


def jobs(root: Path) -> list[Job]:
    """Everything that may catch a mutant."""
    from tiltproof.crosscheck.claims import CLAIMS

    cells = [Job(claim, link) for claim in CLAIMS for link in LINKS]
    falsified = [
        Job(claim.id, variant.link, index)
        for claim in CLAIMS.values()
        for index, variant in enumerate(claim.variants)
    ]
    files = [Job(file=str(path)) for path in sorted((root / "tests/theory").glob("test_*.py"))]
    return files + cells + falsified


def measured(job: Job) -> Check:
    """Run one job with every line of theory/ that it runs recorded."""
    folder = theory_folder()
    coverage = Coverage(data_file=None, include=[f"{folder}/*"])
    start = time.perf_counter()
    with coverage.collect():
        answer = job.answer()
    seconds = time.perf_counter() - start
    data = coverage.get_data()
    lines = {(file, line) for file in data.measured_files() for line in data.lines(file) or ()}
    return Check(job, answer, seconds, frozenset(lines))


def theory_folder() -> Path:
    """Where the exact algebra that Python imports lies."""
    found = importlib.util.find_spec("tiltproof.theory")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


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


def _tested(file: str) -> str:
    watcher = _Watcher()
    fixed = ["-qx", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-m", "not slow"]
    # The package is imported before pytest could rewrite what it registers.
    fixed += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*fixed, file], plugins=[watcher])
    return watcher.failed or ("passed" if watcher.ran else "nothing ran")
