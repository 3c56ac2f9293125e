"""The one formula that an answer comes to, as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import sympy

from ....crosscheck.link_facts.exponents import Exponent, LinkExponents
from ....crosscheck.link_facts.threshold import Threshold
from ....crosscheck.number import Enclosed
from ....crosscheck.run.report import Report, Result
from ...answers.admissible.admissible_set import AdmissibleSet, Interval
from ...answers.coefficients import Coefficient, Coefficients
from ...answers.formulas import Formulas
from ...answers.policy import Policy
from ...answers.recover import Recovery
from ..terminal.tables import brief


@singledispatch
def essence(found: object) -> str:
    """LaTeX without dollar signs."""
    raise TypeError(f"{type(found).__name__} is no answer")


def _number(value: Enclosed) -> str:
    if value.closed_form is not None:
        return str(sympy.latex(value.closed_form))
    return brief(value.lower, value.upper).replace("...", r"\dots").replace("inf", r"\infty")


def _lines(rows: Sequence[str]) -> str:
    if len(rows) == 1:
        return rows[0].replace("&", "")
    joined = r" \\ ".join(rows)
    return rf"\begin{{aligned}}{joined}\end{{aligned}}"


@essence.register
def _exponents(found: LinkExponents) -> str:
    information, generative = map(_exponent, (found.information_exponent, found.generative_exponent))
    return rf"\mathrm{{IE}} = {information},\quad \mathrm{{GE}} = {generative}"


def _exponent(found: Exponent) -> str:
    none = r"\infty" if found.status == "PROVED" else r"\text{undecided}"
    return none if found.value is None else str(found.value)


@essence.register
def _threshold(found: Threshold) -> str:
    return rf"\beta_1 = {_number(found.beta1.value)}"


@essence.register
def _coefficients(found: Coefficients) -> str:
    return _lines([_coefficient(c) for c in found.coefficients])


def _coefficient(found: Coefficient) -> str:
    at = f"{{{found.k}}}({1 / found.beta})"
    return rf"\alpha_{at} &= {_number(found.alpha)}, & h_{at} &= {_number(found.h)}"


@essence.register
def _formulas(found: Formulas) -> str:
    rows = [rf"h_{{{f.k}}}(t) &= {sympy.latex(f.h)}" for f in found.formulas]
    return _lines(rows or [r"h_k: \text{no closed form}"])


@essence.register
def _policy(found: Policy) -> str:
    kl = rf"\mathrm{{KL}}(\pi^* \| \gamma) = {_number(found.kl)}"
    return rf"K = {_number(found.log_partition)},\quad V = {_number(found.value)},\quad {kl}"


@essence.register
def _recovery(found: Recovery) -> str:
    slope = found.exponent
    predicted = r"\text{no law}" if slope.predicted is None else rf"\text{{predicted }} {slope.predicted}"
    if slope.fitted is None or slope.lower is None or slope.upper is None:
        return rf"n \sim d^p,\quad {predicted}"
    interval = f"[{slope.lower:.3f}, {slope.upper:.3f}]"
    return rf"n \sim d^{{{slope.fitted:.3f}}},\quad {interval},\quad {predicted}"


@essence.register
def _admissible(found: AdmissibleSet) -> str:
    forecast = found.forecast
    if forecast.label:
        union = r" \cup ".join(map(_interval, forecast.label))
        return rf"\beta_2 \in {union}\ \text{{(forecast)}}"
    looked = forecast.looked["label"]
    reach = "" if looked.empty else rf"\beta_2 \ge {float(looked.down_to):.6g}:\ "
    return rf"{reach}\text{{none (forecast)}}"


def _interval(found: Interval) -> str:
    right = ")" if found.upper.upper == "inf" else "]"
    return f"[{_number(found.lower)}, {_number(found.upper)}{right}"


@essence.register
def _result(found: Result) -> str:
    return rf"\text{{{found.verdict.replace('_', ' ')}}}"


@essence.register
def _report(found: Report) -> str:
    counts = [f"{count} {word}" for word, count in found.summary.items() if count]
    return rf"\text{{{', '.join(counts).replace('_', ' ')}}}"
