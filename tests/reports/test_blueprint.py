"""The blueprint: what rests on what, without circles, as the pages say it, and nothing green that is not."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tiltproof.crosscheck.assertions.claim_file import loads
from tiltproof.crosscheck.claims import CLAIMS, SENTENCES, USES
from tiltproof.crosscheck.run.report import Report, Result
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.answers.listed import blueprint
from tiltproof.interface.output.reports.blueprint import place, render

from ..commands.in_process import run

PAGES = Path(__file__).resolve().parents[2] / "docs" / "claims"
FILE = """schema = 1
[[claim]]
id = "lem:a"
link = "tanh(z)"
for = { beta = "(1, 20)" }
assert = "V(beta) > 0"
[[claim]]
id = "thm:b"
link = "tanh(z)"
assert = "IE == 1"
uses = ["lem:a", "T1"]
"""
LEMMAS = loads(FILE, "x.toml")


def result(claim: str, link: str, verdict: Verdict) -> Result:
    return Result(claim, link, verdict, (), None, 0.0)


REPORT = Report(
    "0.1.0", 0,
    (
        result("lem:a", "tanh(z)", Verdict.REFUTED),
        result("thm:b", "tanh(z)", Verdict.PROVED),
        result("T1", "tanh", Verdict.PROVED),
        result("T1", "sin", Verdict.ENCLOSED),
        result("T2", "tanh", Verdict.PROVED),
        result("T2", "sin", Verdict.UNDECIDED),
        result("H1", "tanh", Verdict.NOT_APPLICABLE),
    ),
    1.0,
    ("H1",),
)  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_formalises_a_sentence_and_links_what_it_rests_on(name: str) -> None:
    assert set(CLAIMS[name].sentence.split(", ")) <= SENTENCES.keys()
    page = (PAGES / f"{name.lower()}.md").read_text()
    assert [other for other in USES.get(name, ()) if f"]({other.lower()}.md)" not in page] == []


def test_every_sentence_is_formalised() -> None:
    assert {each for claim in CLAIMS.values() for each in claim.sentence.split(", ")} == SENTENCES.keys()


def test_nothing_rests_on_itself() -> None:
    left = {name: set(USES.get(name, ())) for name in CLAIMS}
    while free := [name for name, uses in left.items() if not uses & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def test_a_claim_is_worth_its_worst_verdict() -> None:
    words = {node.id: node.verdict for node in blueprint(LEMMAS, REPORT).nodes}
    assert words["lem:a"] is Verdict.REFUTED
    assert words["thm:b"] is Verdict.PROVED
    assert words["T1"] is Verdict.ENCLOSED
    assert words["T2"] is Verdict.UNDECIDED
    assert words["H1"] is Verdict.VACUOUS
    assert words["P1"] is None


def test_proofs_are_read_step_by_step_with_what_the_machine_decides() -> None:
    steps = {node.id: node.steps for node in blueprint().nodes}
    assert [place for place, step in enumerate(steps["T3"], 1) if step.machine] == [1, 5, 9, 11]
    assert len(steps["V2"]) == 8
    assert not [name for name in CLAIMS if name != "L1" and not steps[name]]


def test_claims_stand_right_of_what_rests_on_them_and_no_two_in_one_place() -> None:
    boxes = place(blueprint(LEMMAS, REPORT))
    at = {box.id: box for box in boxes}
    assert len({(box.x, box.y) for box in boxes}) == len(boxes) == len(CLAIMS) + len(SENTENCES) + 2
    right = [(box.id, name) for box in boxes for name in box.to if at[name].x <= box.x]
    assert right == [("thm:b", "lem:a")]


def test_the_page_shows_the_words_and_no_green_for_what_is_not() -> None:
    page = render(blueprint(LEMMAS, REPORT))
    svg = re.search(r"<svg.*?</svg>", page, re.S)
    assert svg is not None
    root = ElementTree.fromstring(svg[0])
    kinds = {g.findtext("title"): g.get("class") for g in root.iter("g")}
    assert kinds["lem:a: refuted"] == "refuted"
    assert kinds["T2: undecided"] == "open"
    assert kinds["P1: not run"] == "not-applicable"
    assert kinds["S3"] == "sentence"
    targets = {a.get("href") for a in root.iter("a")}
    assert not [target for target in targets if f'id="{(target or "")[1:]}"' not in page]


def test_the_command_shows_a_users_claims_above_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "x.claims.toml").write_text(FILE)
    page = tmp_path / "x.html"
    done = run(
        "blueprint", "--claims", str(tmp_path / "x.claims.toml"), "--workers", "1", "--html", str(page)
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["lem:a", "yours", "ENCLOSED"]
    assert lines[2].split() == ["thm:b", "yours", "lem:a,", "T1", "PROVED"]
    assert "not run" in lines[3]
    assert "<svg" in page.read_text()
