"""What the legs said of each claim on the links of its variants, and of each variant: a file a claim.

After a wanted change ``python -m tests.crosscheck.evidence [ID]...`` writes the files anew; what differs is
read before it is committed. A number with decimals may differ by one in its last digit, and what is below
``ROUNDING`` is rounding; whole numbers and words are as they were.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path

from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import Result
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.link import parse

FOLDER = Path(__file__).parent / "evidence"
ROUNDING = 1e-9
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


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
    now = said(result).splitlines()
    for was in _kept(result.claim.partition(":")[0]):
        if was[0] == now[0]:
            pairs = zip_longest(was, now, fillvalue="")
            return next((f"{new} (was: {old})" for old, new in pairs if not _same(old, new)), "")
    return f"not kept: {now[0]}"


def _same(was: str, now: str) -> bool:
    if _NUMBER.sub("#", was) != _NUMBER.sub("#", now):
        return False
    return all(_close(a[0], b[0]) for a, b in zip(_NUMBER.finditer(was), _NUMBER.finditer(now), strict=True))


def _close(was: str, now: str) -> bool:
    if max(abs(float(was)), abs(float(now))) < ROUNDING:
        return True
    digits, _, exponent = was.partition("e")
    decimals = len(digits.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0
    return abs(float(was) - float(now)) <= 1.01 * unit


@cache
def _kept(claim: str) -> list[list[str]]:
    sections = (FOLDER / f"{claim}.txt").read_text(encoding="utf-8").split("\n\n")
    return [section.strip().splitlines() for section in sections]


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
