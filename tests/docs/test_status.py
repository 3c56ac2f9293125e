"""The status page keeps up: its claims and links are today's, and a sample of its cells is checked again.

The verdicts on the links of a claim's variants are kept (``crosscheck/evidence``) and held to what the tool
says by ``test_claims``: the page is compared with them, which takes no time.
"""

import re
from pathlib import Path

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.output.results import MARKS
from tiltproof.link import LIBRARY, parse

import tiltproof

from ..crosscheck.evidence import kept

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "status.md").read_text()
TABLE = re.search(r"^\| link .*?\n\n", PAGE, re.M | re.S)
assert TABLE is not None
HEAD, _, *ROWS = ([cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE[0].strip().splitlines())
CELLS = {row[0].strip("`"): dict(zip(map(str, CLAIMS), row[1:], strict=True)) for row in ROWS}
#: The verdict kept of each claim on each link of the library that a variant of it has.
KEPT = {
    name: {
        variant.link: kept(name)[f"{name} on {variant.link}"].splitlines()[1].split()[0]
        for variant in claim.variants
        if variant.link in LIBRARY
    }
    for name, claim in CLAIMS.items()
}
#: One link per claim, another one for the next; simulation decides V7, which takes long.
SAMPLE = [
    pytest.param(
        name, list(LIBRARY)[(7 * place + 3) % len(LIBRARY)], marks=pytest.mark.slow if KEPT[name] else ()
    )
    for place, name in enumerate(CLAIMS)
    if name != "V7"
]


def test_the_status_page_is_of_this_version() -> None:
    assert f"Version {tiltproof.__version__}, seed 0, {len(CLAIMS) * len(LIBRARY)} pairs" in PAGE
    assert [re.match(r"\[(\w+)\]", cell)[1] for cell in HEAD[1:]] == list(CLAIMS)  # type: ignore[index]
    assert list(CELLS) == list(LIBRARY)


@pytest.mark.parametrize("claim", [name for name in CLAIMS if KEPT[name]])
def test_the_page_says_what_is_kept_of_a_claim(claim: str) -> None:
    shown = {link: CELLS[link][claim] for link in KEPT[claim]}
    assert shown == {link: MARKS[Verdict[verdict]] for link, verdict in KEPT[claim].items()}


@pytest.mark.parametrize(("claim", "link"), SAMPLE)
def test_a_sampled_cell_says_what_the_tool_says(claim: str, link: str) -> None:
    found = check(CLAIMS[claim], Subject(parse(link)))
    assert CELLS[link][claim] == MARKS[found.verdict], "`make status` writes the page anew"
