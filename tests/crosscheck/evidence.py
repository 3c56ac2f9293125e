"""What the legs said of each claim on the links of its variants, and of each variant: a file a claim.

After a wanted change ``python -m tests.crosscheck.evidence [ID]...`` writes the files anew; what differs is
read before it is committed.
"""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import Result
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.link import parse

from tests.kept import differs

FOLDER = Path(__file__).parent / "evidence"
ROUNDING = 1e-9


def said(result: Result) -> str:
    """The verdict and the finding of every leg, a line each."""
    legs = [
        f"{e.leg} {e.outcome}, {e.scope}: {e.detail}" + (f" [{e.witness}]" if e.witness else "")
        for e in result.evidence
    ]
    verdict = f"{result.verdict} {result.reason}".rstrip()
    return "\n".join([f"{result.claim} on {result.link}", verdict, *legs])


def changed(result: Result) -> str:
    """The first line of the result that is not as it was kept, or nothing."""
    now = said(result)
    head = now.partition("\n")[0]
    was = kept(result.claim.partition(":")[0]).get(head)
    return differs(was, now, ROUNDING) if was else f"not kept: {head}"


@cache
def kept(claim: str) -> dict[str, str]:
    """What was said of the claim and of its variants, by the first line."""
    sections = (FOLDER / f"{claim}.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return {section.partition("\n")[0]: section for section in sections}


def results(claim: str) -> Iterator[Result]:
    """The claim on every link of its variants, then the variants."""
    own = CLAIMS[claim]
    for link in dict.fromkeys(variant.link for variant in own.variants):
        yield check(own, Subject(parse(link)))
    for variant in own.variants:
        yield check(own, Subject(parse(variant.link)), variant)


if __name__ == "__main__":
    for name in sys.argv[1:] or CLAIMS:
        (FOLDER / f"{name}.txt").write_text("\n\n".join(map(said, results(name))) + "\n", encoding="utf-8")
