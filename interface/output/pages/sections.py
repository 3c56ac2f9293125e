"""What one answer shows as HTML: a section of the link's page, and what a notebook displays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from html import escape

import sympy

from ....crosscheck.link_facts.exponents import LinkExponents
from ....crosscheck.link_facts.threshold import Threshold
from ....crosscheck.number import Enclosed
from ....crosscheck.run.report import Report, Result
from ....crosscheck.verdict import Verdict
from ...answers.admissible.admissible_set import FEATURES, AdmissibleSet, Interval
from ...answers.coefficients import Coefficients
from ...answers.formulas import Formulas
from ...answers.policy import Policy
from ...answers.recover import Recovery
from ..matrix import MARKS, Matrix, legend_of
from ..terminal.tables import brief, interval
from .evidence import content
from .page import WORDS, formula, table, verdict_badge
from .verdicts import counts

_POLICY = (
    ("log_partition", "log partition K"),
    ("value", "value V"),
    ("variance", "variance of s"),
    ("kl", "KL divergence"),
    ("objective", "objective V - β KL"),
    ("chi2", "chi-squared"),
    ("ess_ratio", "effective sample ratio"),
)


@singledispatch
def section(found: object) -> str:
    """The markup of an answer, without a heading of its own."""
    raise TypeError(f"{type(found).__name__} is no answer")


def number(value: Enclosed, decimal: Callable[[str, str], str] = interval) -> str:
    """The closed form as a formula, and the enclosure where that is not a short exact number itself."""
    exact = value.closed_form
    if exact is None:
        return f"<code>{decimal(value.lower, value.upper)}</code>"
    shown = f'<span class="inline">{formula(sympy.latex(exact), str(exact))}</span>'
    if exact.is_Rational or exact.is_infinite:
        return shown
    return f"{shown} <code>{decimal(value.lower, value.upper)}</code>"


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in rows)}</dl>"


@section.register
def _exponents(found: LinkExponents) -> str:
    rows = []
    for name, exponent in (
        ("information exponent", found.information_exponent),
        ("generative exponent", found.generative_exponent),
    ):
        none = "none" if exponent.status is Verdict.PROVED else "undecided"
        value = none if exponent.value is None else str(exponent.value)
        rows.append((name, f"{value} {verdict_badge(exponent.status)} {escape(exponent.reason)}"))
    power = found.witness_power
    rows.append(("witness power", "none proved" if power is None else str(power)))
    return pairs(rows)


@section.register
def _threshold(found: Threshold) -> str:
    shown = pairs(_threshold_rows(found))
    if found.exceptional:
        rows = [[str(place), number(zero)] for place, zero in enumerate(found.exceptional, 1)]
        shown += table("Exceptional temperatures, where the signal vanishes", ["", "temperature"], rows)
    return shown


def _threshold_rows(answer: Threshold) -> list[tuple[str, str]]:
    ends = "the list is complete" if answer.complete else f"searched down to {answer.searched_down_to}"
    first = answer.beta1
    rows = [
        ("largest tilt t_max", escape(answer.t_max.replace("oo", "∞"))),
        ("threshold β₁", f"{number(first.value)} {verdict_badge(first.status)} {escape(first.reason)}"),
        ("exceptional temperatures", f"{len(answer.exceptional)}; {ends}"),
    ]
    bounds = (
        ("Lambert bound", answer.sufficient.lambert),
        ("structural bound", answer.sufficient.structural),
    )
    rows += [(name, f"β₁ at most <code>{bound}</code>") for name, bound in bounds if bound is not None]
    best = answer.recommended
    if best is not None:
        rows += [
            ("recommended β₁", f"{number(best.beta)}: {escape(best.note)}"),
            ("signal-to-noise ratio there", number(best.snr)),
            ("efficiency", number(best.efficiency)),
        ]
    return rows


@section.register
def _coefficients(found: Coefficients) -> str:
    head = ["k", *(f"β = {beta}" for beta in dict.fromkeys(entry.beta for entry in found.coefficients))]
    shown = []
    for name, symbol in (("alpha", "α"), ("h", "h")):
        cells: dict[int, list[str]] = {}
        for entry in found.coefficients:
            cells.setdefault(entry.k, []).append(number(getattr(entry, name), brief))
        rows = [[str(k), *row] for k, row in cells.items()]
        shown.append(table(f"{symbol}_k of {found.link}", head, rows))
    return "".join(shown)


@section.register
def _formulas(found: Formulas) -> str:
    rows = [[str(f.k), escape(str(f.alpha)), escape(str(f.h))] for f in found.formulas]
    return table(f"α_k and h_k of {found.link} in t = 1/β", ["k", "α_k", "h_k"], rows)


@section.register
def _policy(found: Policy) -> str:
    return policies([found])


def policies(found: Sequence[Policy]) -> str:
    """Several temperatures side by side."""
    head = ["quantity", *(f"β = {each.beta}" for each in found)]
    rows = [[title, *(number(getattr(each, name), brief) for each in found)] for name, title in _POLICY]
    return table("The policy of density proportional to exp(s/β)", head, rows)


@section.register
def _recovery(found: Recovery) -> str:
    head = ["d", "recovered", "99.9% interval", "law", "median samples"]
    rows = [
        [
            str(run.d),
            f"{run.fraction:.3f}",
            f"[{run.fraction_interval[0]:.3f}, {run.fraction_interval[1]:.3f}]",
            "open" if run.predicted_fraction is None else f"{run.predicted_fraction:.3f}",
            "censored" if run.median_samples is None else f"{run.median_samples:.4g}",
        ]
        for run in found.runs
    ]
    weights = "without weights" if found.beta is None else f"β = {found.beta}"
    shown = table(f"Neurons that recover the direction of {found.link}, {weights}", head, rows)
    return shown + (section(found.plain) if found.plain is not None else "")


@section.register
def _admissible(found: AdmissibleSet) -> str:
    setting = f"epsilon = {found.epsilon}, n = {found.n}, proxy {found.proxy}, features {FEATURES}"
    kind = "A forecast, by the mean of the learning cost as n → ∞: nothing is guaranteed at finite n."
    return f"<p>With {escape(setting)}. {kind}</p>{pairs(_admissible_rows(found))}"


@section.register
def _result(found: Result) -> str:
    return content(found)


@section.register
def _report(found: Report) -> str:
    matrix = Matrix.of(found)
    rows = [[escape(link), *(MARKS[matrix[name, link]] for name in matrix.claims)] for link in matrix.links]
    legend = ", ".join(f"{mark} {WORDS[verdict]}" for verdict, mark in legend_of(found).items())
    head = ["link", *map(escape, matrix.claims)]
    return f"{counts(found)}{table('Verdicts of the claims on the links', head, rows)}<p>{legend}</p>"


def _admissible_rows(sets: AdmissibleSet) -> list[tuple[str, str]]:
    found = sets.forecast
    samples = "no n found" if found.nonempty_n is None else f"n = {found.nonempty_n}"
    rows = [
        (title, found.words(name, list(map(_interval, getattr(found, name)))).replace("\n", "; "))
        for title, name in (
            ("label weights", "label"),
            ("surrogate weights, same cost", "surrogate"),
            ("surrogate weights, own cost", "surrogate_own"),
        )
    ]
    rows += [
        *((f"fit, {cost}", "; ".join(shown).replace("beta", "β")) for cost, shown in found.fits),
        ("best temperature found", f"{float(found.best.beta):.6g}, forecast {number(found.best.loss)}"),
        ("below the set", escape(found.low)),
        ("above the set", escape(found.high)),
        ("not empty from", f"{samples}, or epsilon = {escape(found.nonempty_epsilon)}"),
    ]
    return rows + ([("note", escape(found.note))] if found.note else [])


def _interval(found: Interval) -> str:
    ends = "" if found.ends_below else " (where the search ends)"
    return f"β from {number(found.lower)}{ends} to {number(found.upper)}"
