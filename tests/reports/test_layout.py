"""Mathematics as a reader expects it on a page, decimals and heads of tables in full, the short report."""

from pathlib import Path

import pytest
from tiltproof.crosscheck.claims import CLAIMS, IDS
from tiltproof.crosscheck.run.report import Report, Result
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.interface.answers import report as answers
from tiltproof.interface.cli.verify import _short
from tiltproof.interface.output.reports.pages import aligned, formula, render_link, section, typeset
from tiltproof.interface.output.terminal import show
from tiltproof.interface.output.views import view

import tiltproof


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alpha_{k*}(1/beta) <= e^(2t)", "\u03b1k*(1/β) ≤ e2t"),
        ("for beta > 1/t_max", "for β > 1/tmax"),
        ("mu_{2,k*}/mu_{1,k*}, lambda^2", "μ2,k*/μ1,k*, λ2"),
        ("|m|^2 -> oo, 10^-3", "|m|2 → ∞, 10-3"),
        ("chi2(pi*||gamma)", "\u03c72(\u03c0*||\u03b3)"),
        ("sqrt 6 != 2", "√6 ≠ 2"),
        ("E_{pi*} s'^2, Var_{pi*}(s), int_0^1", "Eπ* s'2, Varπ*(s), ∫01"),
        ("Cov_phi(psi), norm(Sigma)_F^2, eps", "Covφ(ψ), norm(Σ)F2, ε"),
        ("-2*sqrt(2)*log(3)/sqrt(pi)", "-2·√(2)·log(3)/√(π)"),
        ("t**k*(1 - 2*t)**(3/2), pi*(dx)", "tk·(1 - 2·t)3/2, π*(dx)"),
    ],
)
def test_mathematics_is_set(text: str, words: str) -> None:
    assert typeset(text).striptags() == words


@pytest.mark.parametrize(
    "text",
    [
        "--beta 2",
        "paper.beta.toml",
        "docs/alpha.md",
        "to_frame, log_partition",
        "the order-1 signal",
        "__init__",
        "E* Var*(s given u)",
    ],
)
def test_code_is_left_alone(text: str) -> None:
    assert typeset(text) == text


def test_scripts_nest_and_markup_is_escaped() -> None:
    assert typeset("e^{t r_a0(u)} <b>") == ("<var>e</var><sup>t <var>r</var><sub>a0</sub>(u)</sup> &lt;b&gt;")


def test_what_is_too_long_to_be_read_in_a_column_is_told_by_its_digits() -> None:
    policies = view(tiltproof.policy("staircase", beta=[1, 2]))
    assert "<math" not in section(policies)
    assert "<math" in section(view(tiltproof.policy("z - 3", beta=[1, 2])))


def test_the_formula_of_every_claim_is_one_that_pages_can_set() -> None:
    shown = {name: formula(claim.latex, "") for name, claim in CLAIMS.items()}
    assert [name for name, markup in shown.items() if "<math" not in markup or "<mo />" in markup] == []


def test_decimals_stand_below_each_other() -> None:
    blank = "\u2007"
    shown = aligned(["-0.25", "12.5", "none", "3", "0.123..."])
    assert shown == [
        f"-0.25{blank * 4}",
        f"12.5{blank * 5}",
        "none",
        f"{blank}3{blank * 7}",
        f"{blank}0.123...",
    ]


def test_no_head_of_the_matrix_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = [Result(name, "tanh(z) - 9/10", Verdict.PROVED, (), None, 1.0) for name in IDS]
    show(view(Report("1", 0, tuple(found), 1.0)))
    lines = capsys.readouterr().out.splitlines()
    heads = [name for line in lines if line.startswith("link ") for name in line.split()[1:]]
    assert heads == list(IDS)
    assert max(map(len, lines)) <= 80


def test_a_report_to_a_page_is_told_in_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(answers, "verify", lambda *_, **__: Report("1", 0, (), 0.0))
    found = answers.report("z - 3", digits=10)
    show(_short(found, Path("page.html")))
    first, second, path = (line.strip() for line in capsys.readouterr().out.splitlines())
    assert first == "use beta1 > 2.62; best signal without weights"
    assert second == "all 0 verdicts are green"
    assert path == "page.html"
    told: list[float] = []
    page = render_link(found, told.append)
    assert (len(told), told[-1]) == (5, 1.0)
    assert (
        page.index('class="card"') < page.index("use <var>β</var><sub>1</sub> &gt; 2.62") < page.index("<h2")
    )


def test_a_notebook_shows_pairs_as_a_table() -> None:
    """JupyterLab's style sheet floats the terms of a list, so that they leave their rows."""
    markup = section(view(tiltproof.exponents("z")))
    assert "<dl" not in markup
    assert markup.count("<tr>") == markup.count("<th ") == markup.count("<td ")
