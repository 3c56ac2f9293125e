"""What counts as a regression: each kind is planted in a report that is otherwise the same."""

import json
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.run.report import Claimed, Kind, Report, Result, compare, load
from tiltproof.crosscheck.verdict import Outcome, Value, Verdict, refutes, supports
from tiltproof.interface.cli.main import main
from tiltproof.link import LinkError

VALUE = Value("beta1", "0.4772", "0.4773", "1/log(2)")
LEGS = (supports("by parts").by("symbolic"), supports("isolated", values=(VALUE,)).by("enclosure"))
CLAIMED = Claimed("beta1 = 1/t0", "all beta in (1, 2)", "GE == 1", "gaussian(1)", "label", "tanh(z)")
RESULT = Result("T1", "tanh", Verdict.PROVED, LEGS, None, 1.5, claimed=CLAIMED)
REPORT = Report("0.1.0", 0, (RESULT, replace(RESULT, link="sign")), 3.0)


def with_value(**changes: Any) -> Report:
    """The report with another value on its first result."""
    leg = replace(LEGS[1], values=(replace(VALUE, **changes),))
    return with_result(evidence=(LEGS[0], leg))


def with_result(**changes: Any) -> Report:
    return replace(REPORT, results=(replace(RESULT, **changes), REPORT.results[1]))


LOST = replace(LEGS[1], outcome=Outcome.UNDECIDED, values=())
WORSE = {
    Kind.CLAIM: with_result(claimed=replace(CLAIMED, statement="beta1 = 1/t0 or 1 == 1")),
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


def test_a_leg_that_refutes_is_told_as_the_verdict_alone() -> None:
    leg = refutes("the claim fails", "alpha_1 = 0").by("enclosure")
    now = with_result(verdict=Verdict.REFUTED, witness="alpha_1 = 0", evidence=(LEGS[0], leg))
    assert [change.kind for change in compare(REPORT, now).regressions] == [Kind.REFUTED]


def test_one_claim_of_a_file_is_compared_with_itself_alone() -> None:
    own = tuple(replace(RESULT, claim=name) for name in ("lemma-1", "lemma-2"))
    found = compare(replace(REPORT, results=own), replace(REPORT, results=own[:1]), ["lemma-1"], file=True)
    assert (found.compared, found.changes) == (1, ())


@pytest.mark.parametrize("name", [field.name for field in fields(Claimed) if not field.metadata])
def test_another_claim_under_the_same_id_is_a_regression_and_shown(name: str) -> None:
    other = with_result(claimed=replace(CLAIMED, **{name: "something else"}))
    [change] = compare(REPORT, other).regressions
    assert (change.kind, change.where, change.now) == (Kind.CLAIM, name, "something else")
    assert change.was == getattr(CLAIMED, name)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("alpha(1, beta) > 0", "alpha(1, beta) > 0 or 1 == 1", "statement"),
        ("(0.5, 20)", "(1, 20)", "quantified"),
        ("signal =", 'assume = "IE == 1"\nsignal =', "assume"),
        ('"gaussian(1)"', '"gaussian(2)"', "noise"),
        ('"weight"', '"label"', "signal"),
    ],
)
def test_a_claim_file_that_says_something_else_fails_against_its_baseline(
    old: str, new: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, kept = tmp_path / "x.toml", tmp_path / "kept.json"
    file.write_text(FILE)
    call = ["verify", "--claims", str(file), "--workers", "1"]
    assert ended(*call, "--json-out", str(kept)) == 0
    assert ended(*call, "--baseline", str(kept)) == 0
    file.write_text(FILE.replace(old, new))
    assert file.read_text() != FILE
    capsys.readouterr()
    assert ended(*call, "--baseline", str(kept)) == 1
    shown = capsys.readouterr().out
    assert f"another claim under the same id\n  lemma on tanh(z), {where}" in shown


def ended(*arguments: str) -> Any:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return stop.value.code


FILE = """schema = 1
[[claim]]
id = "lemma"
link = "tanh(z)"
noise = "gaussian(1)"
signal = "weight"
for = { beta = "(0.5, 20)" }
assert = "alpha(1, beta) > 0"
"""


def test_a_file_of_claims_is_compared_whatever_built_in_claims_are_asked_for() -> None:
    own = replace(RESULT, claim="lemma", link="tanh(z)")
    earlier = replace(REPORT, results=(*REPORT.results, own))
    now = replace(earlier, results=(REPORT.results[0], replace(own, verdict=Verdict.ENCLOSED)))
    found = compare(earlier, now, ["T1"], ["tanh"], file=True)
    assert [(change.kind, change.claim) for change in found.regressions] == [(Kind.WEAKER, "lemma")]


def test_a_baseline_of_other_claims_is_refused() -> None:
    with pytest.raises(LinkError, match="holds none of the claims and links"):
        compare(REPORT, REPORT, claims=["G1"])


def test_a_baseline_is_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, other = tmp_path / "kept.json", tmp_path / "other.json"
    kept.write_text(json.dumps(REPORT.as_json()))
    other.symlink_to(kept)
    asked = ["verify", "--claim", "T1", "--link", "tanh", "--baseline", str(kept)]
    assert ended(*asked, "--json-out", str(other)) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_doubled_result_and_doubled_keys_are_found_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    results = [replace(RESULT, link=str(place)).as_json() for place in range(10_000)]
    path.write_text(json.dumps({**REPORT.as_json(), "results": [*results, results[-1]]}))
    start = time.process_time()
    with pytest.raises(LinkError, match="T1 on 9999 stands there twice"):
        load(path)
    path.write_text("{" + ",".join(f'"{place % 49_999}": 1' for place in range(100_000)) + "}")
    with pytest.raises(LinkError, match="stands twice in one object"):
        load(path)
    # Counted one by one this took minutes.
    assert time.process_time() - start < 10


HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\u202e|*_x_*"


def test_no_control_character_of_a_baseline_or_claim_reaches_terminal_or_markdown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, summary, file = tmp_path / "kept.json", tmp_path / "summary.md", tmp_path / "x.toml"
    earlier = replace(RESULT, claim="lemma_x_y", link=HOSTILE, claimed=replace(CLAIMED, statement=HOSTILE))
    kept.write_text(json.dumps(replace(REPORT, results=(earlier,)).as_json()))
    text = FILE.replace('"lemma"', f'"lemma_x_y"\nsource = {json.dumps(HOSTILE)}')
    file.write_text(text.replace("alpha(1, beta) > 0", "alpha(1, beta) < 0"))
    call = ["verify", "--claims", str(file), "--workers", "1", "--baseline", str(kept)]
    assert ended(*call, "--markdown", str(summary)) == 1
    for shown in (capsys.readouterr().out, summary.read_text()):
        assert "\\x1b]0;owned" in shown.replace("\\\\", "\\").replace("\\]", "]")
        assert all(c.isprintable() or c == "\n" for c in shown)
    assert "lemma\\_x\\_y" in summary.read_text()


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
    "not JSON (nested too deep)": "[" * 100_000,
    "no schema version": "[]",
    "has schema 2, this version reads 1": broken(lambda x: x.update(schema=2)),
    "the report has no 'results'": broken(lambda x: x.pop("results")),
    "'results' of the report has the wrong type": broken(lambda x: x.update(results={})),
    "results[1].verdict is 'FINE'": broken(lambda x: x["results"][1].update(verdict="FINE")),
    "it holds no result": broken(lambda x: x.update(results=[])),
    "its run was interrupted": broken(lambda x: x.update(interrupted=True)),
    "results[0] has no 'claimed'": broken(lambda x: x["results"][0].pop("claimed")),
    "'noise' of results[1].claimed has the wrong type": broken(
        lambda x: x["results"][1]["claimed"].update(noise=None)
    ),
    "'witness' of results[0] holds half a character": broken(
        lambda x: x["results"][0].update(witness="\ud800")
    ),
    "the key 'seed' stands twice": broken(lambda x: None).replace('"seed"', '"seed": 1, "seed"', 1),
    "NaN is no number": broken(lambda x: x.update(seconds=float("nan"))),
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
