"""A run of verify as files: valid, complete, safe against what a user's claim may say, whole or not there."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sympy
import xmlschema
from tiltproof.crosscheck.assertions import user_claim
from tiltproof.crosscheck.assertions.user_claim import UserClaim, quantifier
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.files import check_files
from tiltproof.crosscheck.run.report import Claimed, Report, Result, load
from tiltproof.crosscheck.verdict import Evidence, Margin, Outcome, Value, Verdict, undecided
from tiltproof.interface.output import reports
from tiltproof.interface.output.reports import junit, latex, markdown, pages, render
from tiltproof.link import LIBRARY, LinkError, parse
from tiltproof.theory.exact.lower import lower

HOSTILE = "a | b `c` ]]> </testcase> & <b> \\input{x} $ % # _ ^ ~ \x00 \x1b \ud800 \n end"
EVIDENCE = (
    Evidence(Outcome.REFUTES, HOSTILE, "beta = 1", (Value("alpha_1", "1", "2", "sqrt(2)"),), leg="enclosure"),
    undecided("too few samples").by("simulation"),
)


DOCUMENT = r"""\documentclass{article}\usepackage{amsmath,amssymb,array,booktabs,longtable}
\begin{document}\input{table}\ref{tab:tiltproof}\end{document}"""


@pytest.fixture
def report() -> Report:
    """Every verdict once, on 20 claims, so that a table has to be cut; one id and one link are hostile."""
    verdicts = list(Verdict)
    results = [
        Result("T1", "tanh", verdict, EVIDENCE, "beta = 1", 0.25, "why" if verdict is Verdict.TIMEOUT else "")
        for verdict in verdicts[:1]
    ]
    results += [
        Result(f"own-{place}", link, verdicts[place % 9], EVIDENCE, "beta = 1", 0.25, HOSTILE)
        for place in range(19)
        for link in ("tanh", HOSTILE)
    ]
    claimed = Claimed(HOSTILE, "no parameters", "", "none", "label", "tanh(z)")
    return Report("0.1.0", 0, tuple(replace(each, claimed=claimed) for each in results), 9.5, ("own-3",))


def test_junit_xml_is_valid_and_counts_what_it_holds(report: Report) -> None:
    text = junit.render(report)
    schema = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
    schema.validate(text)
    for suite in ElementTree.fromstring(text):
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in cases)


@pytest.mark.parametrize(
    ("verdict", "tag"),
    [
        (Verdict.PROVED, None),
        (Verdict.REFUTED, "failure"),
        (Verdict.UNDECIDED, "error"),
        (Verdict.TIMEOUT, "error"),
        (Verdict.NOT_APPLICABLE, "skipped"),
    ],
)
def test_only_green_is_a_passing_case(verdict: Verdict, tag: str | None) -> None:
    result = Result("T1", "tanh", verdict, EVIDENCE, "beta = 1", 0.25)
    [case] = ElementTree.fromstring(junit.render(Report("0", 0, (result,), 1.0))).iter("testcase")
    assert [child.tag for child in case] == ([] if tag is None else [tag])


def test_a_schema_that_cannot_fail_would_prove_nothing(report: Report) -> None:
    schema = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
    for change in (('time="', 'seconds="'), ("<system-err/>", ""), ('tests="', 'tests="x')):
        assert not schema.is_valid(junit.render(report).replace(*change))


def test_json_is_read_back_unchanged(report: Report, tmp_path: Path) -> None:
    text = render(report, "json_out").replace("\\ud800", "")
    (tmp_path / "report.json").write_text(text)
    assert load(tmp_path / "report.json").as_json() == json.loads(text)
    found = json.loads(render(report, "json_out"))
    assert set(found) == {"schema", "version", "seed", "results", "vacuous", "summary", "seconds"}


def test_markdown_tables_keep_their_columns(report: Report) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", markdown.render(report), re.M):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(cells) == 1


def test_latex_is_balanced_and_escaped(report: Report) -> None:
    text = latex.render(report)
    assert _depth(text) == 0
    assert not re.search(r"(?<!\\)[#$_^~&%](?!.*\\\\)", _prose(text))
    for tabular in re.findall(r"\\begin\{tabular\}\{l(c+)\}(.*?)\\end\{tabular\}", text, re.S):
        columns, body = tabular
        assert len(columns) <= 14
        rows = [row for row in body.split("\\\\\n") if "&" in row]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns)}


def _depth(text: str) -> int:
    plain = text.replace("\\{", "").replace("\\}", "")
    return plain.count("{") - plain.count("}")


def _prose(text: str) -> str:
    """What is no formula, no table row and no comment."""
    lines = [line for line in text.splitlines() if not line.startswith("%") and "&" not in line]
    return re.sub(r"\\\(.*?\\\)", "", "\n".join(lines))


FORMULAS = {
    **{name: claim.latex for name, claim in CLAIMS.items()},
    **{name: sympy.latex(lower(parse(name).tree)) for name in LIBRARY},
}


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_of_a_page_is_well_formed_mathml(name: str) -> None:
    markup = pages.formula(FORMULAS[name], "as text")
    assert "as text" not in markup
    [math] = ElementTree.fromstring(markup)
    assert math.tag.endswith("math")


def test_a_formula_that_cannot_be_shown_is_shown_as_text() -> None:
    assert pages.formula(r"\unheard{x}", "x < y") == "<code>x &lt; y</code>"


@pytest.mark.html
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here: `make test-html` installs it")
def test_latex_compiles(report: Report, tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(latex.render(report))
    (tmp_path / "main.tex").write_text(DOCUMENT)
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Float too large" not in done.stdout


def lemmas() -> Report:
    """Thirty claims of a user, on two links each, one after the other, as a run would leave them."""
    asserted = (
        (
            "alpha(1, beta) > 0 and KL(beta) <= 1/(2*beta**2) or not V(beta) < 39999999/10000000000000000000",
            True,
        ),
        ("mean(where(z < -5/2, 0, where(z < 0, sqrt(2), 1))**2*exp(-z**2/2)) != lambda2(GE)", False),
        ("abs(alpha(k, beta)) <= max(chi2(beta), snr(beta), log(1 + ESS(beta)), Var(beta)*J(beta))", True),
    )
    links = ("where(z < -5/2, 0, where(z < 0, sqrt(2), 1))", "clip(He(3, z), -4, 4)")
    results = []
    for place in range(30):
        text, quantified = asserted[place % 3]
        ranges = {"beta": "(0.05, oo)", "k": "1:6"} if "k," in text else {"beta": "[beta1, 20)"}
        bounds = tuple((name, quantifier(name, spec)) for name, spec in ranges.items()) if quantified else ()
        said = UserClaim(f"lem:a_long-label.of/a-lemma-{place}", text, HOSTILE, ranges=bounds)
        for link in links:
            claimed = Claimed(text, "all beta in (0, 1)", "", "gaussian(1)", "label", link, HOSTILE)
            claimed = replace(claimed, latex=user_claim.latex(said), latex_for=user_claim.latex_ranges(said))
            held = Margin("0", "0.00000000000123456", "beta -> oo")
            results.append(
                Result(
                    said.id, link, list(Verdict)[place % 9], EVIDENCE, None, 1.0, claimed=claimed, margin=held
                )
            )
    return Report("0.1.0", 0, tuple(results), 9.5)


@pytest.mark.parametrize("name", ["json_out", "junit", "markdown", "latex", "html"])
def test_what_a_user_claims_is_in_every_report(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Claimed(
        "V(beta) < 7", "all beta in (2, 33)", "GE == 1", "gaussian(5)", "weight", "z - 3", "Lemma 8.9"
    )
    said = replace(said, latex=r"V(\beta)<7", latex_for=r"\beta\in(2,33)")
    held = Margin("0.125", "0.1261", "beta = 33")
    result = Result("own", "z - 3", Verdict.ENCLOSED, EVIDENCE[1:], None, 1.0, claimed=said, margin=held)
    monkeypatch.setattr(pages, "of_links", lambda names, _: ["no figures"] * len(names))
    text = render(Report("0.1.0", 0, (result,), 1.0), name).replace(r"\allowbreak ", "")
    parts = ["33", "0.125", "GE == 1", "gaussian(5)", "weight", "Lemma 8.9"]
    parts += [r"V(\beta)<7", "z -", "enclosed"] if name == "latex" else []
    assert [part for part in parts if part not in text] == []
    # A matrix of claims that are each about one link would be empty but for a diagonal.
    assert name != "html" or ('class="own"' in text and 'class="matrix"' not in text)
    assert name == "latex" or re.search(r"V\(beta\) (<|&lt;) 7", text)


@pytest.mark.html
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here: `make test-html` installs it")
def test_a_table_of_thirty_lemmas_has_no_overfull_box(tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_text(latex.render(lemmas()))
    (tmp_path / "main.tex").write_text(DOCUMENT)
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "main.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert b"verfull" not in done.stdout
    assert b"undefined" not in done.stdout


def test_a_file_that_cannot_be_written_costs_no_other(report: Report, tmp_path: Path) -> None:
    failures = reports.write(report, {"junit": tmp_path / "none" / "a.xml", "latex": tmp_path / "b.tex"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.tex"]
    assert "No such file or directory" in str(failures[0])


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="the same file"):
        check_files({"--junit": tmp_path / "a", "--latex": tmp_path / "." / "a"})
