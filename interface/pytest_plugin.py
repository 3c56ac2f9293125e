"""The pytest plugin: in ``*.claims.toml`` files each claim on each link is a test.

Nothing of this package beyond this file is loaded until such a file is collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..crosscheck.assertions.user_claim import UserClaim
    from ..crosscheck.run.report import Result
    from ..link import Link

SUFFIX = ".claims.toml"


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
        from ..crosscheck.assertions.user_claim import load
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
    """Where the claims of one pytest process are checked: each once, with the limits of the command line."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._found: dict[tuple[UserClaim, Link], Result] = {}

    def check(self, lemma: UserClaim, link: Link) -> Result:
        from ..crosscheck.claim import Subject
        from ..crosscheck.run.scheduler import TIME_LIMITS, run_one, worker_pool

        if (lemma, link) not in self._found:
            self._pool = self._pool or worker_pool(1)
            job = lemma, Subject(link, lemma.noise)
            self._found[lemma, link] = run_one(self._pool, job, TIME_LIMITS["fast"])
        return self._found[lemma, link]

    def close(self) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()


_BENCH = pytest.StashKey[Bench]()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _BENCH in config.stash:
        config.stash[_BENCH].close()


class LemmaItem(pytest.Item):
    """A test of one lemma on ``links``."""

    def __init__(self, *, lemma: UserClaim, links: Sequence[Link], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lemma, self.links = lemma, links

    def check(self, link: Link) -> Result:
        return self.config.stash.setdefault(_BENCH, Bench()).check(self.lemma, link)

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
        if result.verdict == "NOT_APPLICABLE":
            pytest.skip(printable(result.reason))
        if not result:
            raise Refused(str(result.verdict), result)


class AppliesItem(LemmaItem):
    """That some link meets what a claim assumes: else nothing was checked, and the claim is VACUOUS."""

    def runtest(self) -> None:
        for link in self.links:
            result = self.check(link)
            if result.verdict != "NOT_APPLICABLE":
                return
        raise Refused("VACUOUS", result)
