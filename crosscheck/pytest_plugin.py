"""The pytest plugin: in ``*.claims.toml`` files each claim on each link is a test.

Nothing of this package beyond this file is loaded until such a file is collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..link import Link
    from .run import Result
    from .user_claims.lemma import Lemma

SUFFIX = ".claims.toml"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return ClaimFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class Refused(Exception):
    """A verdict that is not green."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result.verdict))
        self.result = result


class ClaimFile(pytest.File):
    """A claim file; one that cannot be read is a collection error with file, line and key."""

    def collect(self) -> Iterator[pytest.Item]:
        from ..link import LIBRARY, LinkError, parse
        from .user_claims.load import load

        try:
            lemmas = load(self.path)
        except LinkError as error:
            raise self.CollectError(str(error)) from None
        for lemma in lemmas:
            for link in lemma.links or map(parse, LIBRARY):
                yield ClaimItem.from_parent(self, name=f"{lemma.id}[{link}]", lemma=lemma, link=link)


class ClaimItem(pytest.Item):
    """One claim on one link: passes on a green verdict.

    It is skipped where the claim does not apply, and fails when there is no other link to apply to.
    """

    def __init__(self, *, lemma: Lemma, link: Link, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lemma, self.link = lemma, link

    def runtest(self) -> None:
        from .run import check
        from .subject import Subject
        from .user_claims.claim import claim

        result = check(claim(self.lemma), Subject(self.link, self.lemma.noise))
        if result.verdict == "NOT_APPLICABLE" and len(self.lemma.links) != 1:
            pytest.skip(result.reason)
        if not result.verdict.green:
            raise Refused(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict, the witness and what every leg found."""
        if not isinstance(excinfo.value, Refused):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        lines = [f"{result.verdict}: {self.lemma.text}", f"  on {result.link}"]
        if self.lemma.source:
            lines.append(f"  source: {self.lemma.source}")
        if result.reason:
            lines.append(f"  {result.reason}")
        if result.witness:
            lines.append(f"  witness: {result.witness}")
        lines += [f"  {e.leg}: {e.outcome}, {e.detail}" for e in result.evidence if e.outcome != "absent"]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name
