"""What counts as a regression: each kind is planted in a report that is otherwise the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.baseline import Kind, compare
from tiltproof.crosscheck.run import Report, Result
from tiltproof.crosscheck.saved import load
from tiltproof.crosscheck.verdict import Evidence, Outcome, Value, Verdict
from tiltproof.link import LinkError

VALUE = Value("beta1", "0.4772", "0.4773", "1/log(2)")
LEGS = (
    Evidence("symbolic", Outcome.SUPPORTS, "by parts"),
    Evidence("enclosure", Outcome.SUPPORTS, "isolated", values=(VALUE,)),
)
RESULT = Result("T1", "tanh", Verdict.PROVED, LEGS, None, 1.5)
REPORT = Report("0.1.0", 0, (RESULT, replace(RESULT, link="sign")), 3.0)


def with_value(**changes: Any) -> Report:
    """The report with another value on its first result."""
    leg = replace(LEGS[1], values=(replace(VALUE, **changes),))
    return with_result(evidence=(LEGS[0], leg))


def with_result(**changes: Any) -> Report:
    return replace(REPORT, results=(replace(RESULT, **changes), REPORT.results[1]))


LOST = replace(LEGS[1], outcome=Outcome.UNDECIDED, values=())
WORSE = {
    Kind.REFUTED: with_result(verdict=Verdict.REFUTED, witness="alpha_1 = 0"),
    Kind.WEAKER: with_result(verdict=Verdict.ENCLOSED),
    Kind.DISJOINT: with_value(lower="0.47730001", upper="0.48"),
    Kind.FORM: with_value(closed_form="1/log(3)"),
    Kind.VANISHED: replace(REPORT, results=REPORT.results[1:]),
    Kind.LEG: with_result(evidence=(LEGS[0], LOST)),
}


@pytest.mark.parametrize("kind", WORSE)
def test_each_regression_is_found_alone_and_fails_the_run(kind: Kind) -> None:
    found = compare(REPORT, WORSE[kind])
    assert [change.kind for change in found.regressions] == [kind]
    assert replace(WORSE[kind], baseline=found).exit_code == 1


def test_a_lost_closed_form_and_a_lost_value_are_regressions() -> None:
    assert [c.kind for c in compare(REPORT, with_value(closed_form=None)).regressions] == [Kind.FORM]
    gone = with_result(evidence=(LEGS[0], replace(LEGS[1], values=())))
    assert [c.kind for c in compare(REPORT, gone).regressions] == [Kind.VANISHED]


def test_a_claim_that_no_longer_applies_is_weaker_and_one_that_now_applies_is_not() -> None:
    gone = with_result(verdict=Verdict.NOT_APPLICABLE, evidence=(), reason="s is not odd")
    assert [change.kind for change in compare(REPORT, gone).regressions] == [Kind.WEAKER]
    assert compare(gone, REPORT).regressions == ()


def test_a_claim_that_became_vacuous_is_weaker() -> None:
    assert [c.kind for c in compare(REPORT, replace(REPORT, vacuous=("T1",))).regressions] == [Kind.WEAKER]


def test_what_got_better_is_no_regression() -> None:
    for better in (
        with_value(lower="0.47721", upper="0.47722"),
        with_value(closed_form="2/log(4)"),
        with_value(lower="0.4773", upper="0.4774"),  # the two share an end
    ):
        found = compare(REPORT, better)
        assert found.regressions == ()
        assert replace(better, baseline=found).exit_code == 0
    stronger = compare(WORSE[Kind.WEAKER], REPORT)
    assert [change.kind for change in stronger.changes] == [Kind.STRONGER]


def test_a_run_on_part_of_the_baseline_is_compared_with_that_part() -> None:
    part = replace(REPORT, results=REPORT.results[1:])
    found = compare(REPORT, part, claims=["T1"], links=["sign"])
    assert found.changes == ()
    assert (found.compared, found.added) == (1, 0)


def test_a_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for report in (REPORT, *WORSE.values()):
        path.write_text(json.dumps(report.as_json()))
        assert load(path) == report


def broken(change: Callable[[dict[str, Any]], Any]) -> str:
    found = REPORT.as_json()
    change(found)
    return json.dumps(found)


BAD = {
    "not JSON": "{",
    "not JSON:": "[" * 100_000,
    "no schema version": "[]",
    "has schema 2, this version reads 1": broken(lambda x: x.update(schema=2)),
    "the report has no 'results'": broken(lambda x: x.pop("results")),
    "'results' of the report has the wrong type": broken(lambda x: x.update(results={})),
    "results[1].verdict is 'FINE'": broken(lambda x: x["results"][1].update(verdict="FINE")),
    "T1 on tanh stands there twice": broken(lambda x: x["results"].append(x["results"][0])),
    "has the bound '1_0'": broken(
        lambda x: x["results"][0]["evidence"]["enclosure"]["values"][0].update(lower="1_0")
    ),
    "refutes without a witness": broken(
        lambda x: x["results"][0]["evidence"]["symbolic"].update(outcome="refutes")
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_file_is_refused_in_one_sentence(message: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(BAD[message])
    with pytest.raises(LinkError) as refused:
        load(path)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_binary_junk_are_refused(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(bytes(range(256)))
    for name, message in (("missing", "no such file"), ("junk", "not JSON"), ("", "is a directory")):
        with pytest.raises(LinkError, match=message):
            load(tmp_path / name)
