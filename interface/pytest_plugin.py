"""The pytest plugin: in ``*.claims.toml`` files each claim on each link is a test.

Nothing of this package beyond this file is loaded until such a file is collected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from ..crosscheck.assertions.user_claim import UserClaim
    from ..crosscheck.run.report import Report, Result
    from ..link import Link

SUFFIX = ".claims.toml"


KEYS = {
    "tiltproof_baseline": "the JSON of `tiltproof verify --json-out`; a verdict weaker than there fails",
    "tiltproof_seed": "root of every random stream, 0 if left out",
    "tiltproof_workers": "processes in which claims are checked, 1 if left out",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, purpose in KEYS.items():
        parser.addini(name, purpose, default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return ClaimFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class Refused(Exception):
    """A verdict that is not green."""

    def __init__(self, word: str, result: Result) -> None:
        super().__init__(word)
        self.result = result


class ClaimFile(pytest.File):
    """A claim file; one that cannot be read is a collection error with file, line and key."""

    def collect(self) -> Iterator[pytest.Item]:
        from ..crosscheck.assertions.claim_file import load
        from ..link import LIBRARY, LinkError, parse
        from ..link.text import printable

        try:
            lemmas = load(self.path)
        except LinkError as error:
            raise self.CollectError(printable(str(error))) from None
        for lemma in lemmas:
            links = lemma.links or tuple(map(parse, LIBRARY))
            for link in links:
                yield ClaimItem.from_parent(self, name=f"{lemma.id}[{link}]", lemma=lemma, links=[link])
            yield AppliesItem.from_parent(self, name=f"{lemma.id}: applies", lemma=lemma, links=links)


class Bench:
    """Where the claims of one pytest process are checked: each once, with the limits of the command line.

    With several workers the first check starts those of all ``tests``, which then run side by side.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._pool = config, cast(Any, None)
        self._found: dict[tuple[UserClaim, Link], Callable[[], Result]] = {}
        self.tests: list[LemmaItem] = []

    def _setting(self, name: str, least: int, most: int, usual: int) -> int:
        from ..crosscheck.arguments import as_whole

        text = self._config.getini(name)
        return as_whole(text, name, least, most, usual) if text else usual

    @cached_property
    def workers(self) -> int:
        return self._setting("tiltproof_workers", 1, 256, 1)

    @cached_property
    def seed(self) -> int:
        return self._setting("tiltproof_seed", 0, 2**63 - 1, 0)

    def check(self, lemma: UserClaim, link: Link) -> Result:
        from ..crosscheck.workers.processes import worker_pool

        self._pool = self._pool or worker_pool(self.workers)
        wanted = [(lemma, link)]
        if self.workers > 1:
            wanted += [(item.lemma, each) for item in self.tests for each in item.links]
        for one in wanted:
            if one not in self._found:
                self._found[one] = self._start(*one)
        return self._found[lemma, link]()

    def _start(self, lemma: UserClaim, link: Link) -> Callable[[], Result]:
        from ..crosscheck.claim import Subject
        from ..crosscheck.run.scheduler import TIME_LIMITS, start

        job = lemma, Subject(link, lemma.noise, seed=self.seed)
        return start(self._pool, job, TIME_LIMITS["fast"])

    @cached_property
    def baseline(self) -> Report | None:
        """The run that verdicts are compared with. Raises LinkError where it cannot be read."""
        from ..crosscheck.run.report import load

        path = self._config.getini("tiltproof_baseline")
        return load(self._config.rootpath / path) if path else None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()


_BENCH = pytest.StashKey[Bench]()


def _bench(config: pytest.Config) -> Bench:
    if _BENCH not in config.stash:
        config.stash[_BENCH] = Bench(config)
    return config.stash[_BENCH]


def pytest_collection_finish(session: pytest.Session) -> None:
    from ..link import LinkError

    if tests := [item for item in session.items if isinstance(item, LemmaItem)]:
        bench = _bench(session.config)
        bench.tests = tests
        try:
            _ = bench.workers, bench.seed, bench.baseline
        except LinkError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    if _BENCH in config.stash:
        config.stash[_BENCH].close()


class LemmaItem(pytest.Item):
    """A test of one lemma on ``links``."""

    def __init__(self, *, lemma: UserClaim, links: Sequence[Link], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lemma, self.links = lemma, links

    def check(self, link: Link) -> Result:
        return _bench(self.config).check(self.lemma, link)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict, the witness and what every leg found."""
        if not isinstance(excinfo.value, Refused):
            return super().repr_failure(excinfo, style)
        from ..link.text import printable

        result = excinfo.value.result
        lines = [f"{excinfo.value}: {self.lemma.text}", f"  on {result.link}"]
        if self.lemma.source:
            lines.append(f"  source: {self.lemma.source}")
        if result.reason:
            lines.append(f"  {result.reason}")
        if result.witness:
            lines.append(f"  witness: {result.witness}")
        lines += [f"  {e.leg}: {e.outcome}, {e.detail}" for e in result.evidence if e.outcome != "absent"]
        return printable("\n".join(lines))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class ClaimItem(LemmaItem):
    """One claim on one link: passes on a green verdict, is skipped where the claim does not apply."""

    def runtest(self) -> None:
        from ..link.text import printable

        result = self.check(self.links[0])
        if worse := self._worse(result):
            raise Refused(worse, result)
        if result.verdict == "NOT_APPLICABLE":
            pytest.skip(printable(result.reason))
        if not result:
            raise Refused(str(result.verdict), result)

    def _worse(self, result: Result) -> str:
        """What is worse than in the baseline; nothing where there is none, or where the claim is new."""
        from ..crosscheck.run.report import regressions

        earlier = _bench(self.config).baseline
        return "" if earlier is None else "; ".join(regressions(earlier, result))


class AppliesItem(LemmaItem):
    """That some link meets what a claim assumes: else nothing was checked, and the claim is VACUOUS."""

    def runtest(self) -> None:
        for link in self.links:
            result = self.check(link)
            if result.verdict != "NOT_APPLICABLE":
                return
        raise Refused("VACUOUS", result)
