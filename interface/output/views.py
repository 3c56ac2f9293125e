"""The views of the answers about one link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import sympy

from ...crosscheck.number import Number
from ...crosscheck.verdict import Verdict
from ...link.label import Signal
from .conclusions import conclusion
from .view import SHORT, Block, Column, Columns, Lines, Piece, Row, Rows, Table, View, link_row, rounded, tex

if TYPE_CHECKING:
    from ...crosscheck.kernel.theorem import Theorem
    from ...crosscheck.link_facts.exponents import Exponent
    from ...crosscheck.link_facts.phase_diagram import At, FamilyThreshold, Stretch
    from ...crosscheck.link_facts.threshold import Threshold
    from ..answers.coefficients import Coefficient, Coefficients, Formulas
    from ..answers.exponents import LinkExponents
    from ..answers.policy import Policies, Policy
    from ..answers.report import LinkReport


#: Digits of numbers in passing.
_FEW = 6


def view(answer: object) -> View:
    """What ``answer`` shows: one of those that the verbs of Python and the command line give, or a view."""
    if isinstance(answer, View):
        return answer
    shown, sentence = _of(answer), conclusion(answer)
    first = shown.blocks[0]
    if not sentence or not isinstance(first, Rows) or type(answer).__name__ == "Result":
        return shown
    short = Row("in short", sentence)
    return replace(shown, blocks=(Rows((short, *first.rows)), *shown.blocks[1:]))


def _of(answer: object) -> View:
    name = type(answer).__name__
    if name in _ELSEWHERE:
        # Loaded for such an answer alone: a question about one link is answered sooner.
        file, function = _ELSEWHERE[name]
        whole: View = getattr(import_module(f".{file}", __package__), function)(answer)
        return whole
    return _VIEWS[name](answer)


def _aligned(rows: Sequence[str]) -> str:
    if len(rows) == 1:
        return rows[0].replace("&", "")
    joined = r" \\ ".join(rows)
    return rf"\begin{{aligned}}{joined}\end{{aligned}}"


def _exponents(answer: LinkExponents) -> View:
    def row(name: str, exponent: Exponent) -> Row:
        none = "none" if exponent.status is Verdict.PROVED else "undecided"
        value = none if exponent.value is None else str(exponent.value)
        return Row(f"{name} exponent", (value, "  ", exponent.status), exponent.reason)

    def shown(exponent: Exponent) -> str:
        none = r"\infty" if exponent.status is Verdict.PROVED else r"\text{undecided}"
        return none if exponent.value is None else str(exponent.value)

    information, generative = answer.information_exponent, answer.generative_exponent
    power = "open" if answer.witness_power is None else str(answer.witness_power)
    if generative.value is None and generative.status is Verdict.PROVED:
        power = "none"
    rows = [
        link_row(answer.link),
        *_drawn_rows(answer, about=True),
        row("information", information),
        row("generative", generative),
        Row("witness power i0", power),
    ]
    if answer.lambda_squared is not None:
        most = f"the most that a function of y carries of He_{generative.value}"
        rows.append(Row("lambda^2", answer.lambda_squared, most))
    if answer.weak_recovery_constant is not None:
        rows.append(
            Row("weak recovery", answer.weak_recovery_constant, "samples per dimension, 1/(2 lambda^2)")
        )
    return View(
        (Rows(tuple(rows)),),
        rf"\mathrm{{IE}} = {shown(information)},\quad \mathrm{{GE}} = {shown(generative)}",
    )


def _drawn_rows(answer: LinkExponents | Coefficients | Formulas, about: bool = False) -> Iterator[Row]:
    if answer.noise.kind != "none":
        yield Row("noise", str(answer.noise), about=about)
    if answer.label.kind != "additive":
        yield Row("label", str(answer.label), about=about)


def _threshold(answer: Threshold) -> View:
    return View((Rows(tuple(_threshold_rows(answer))),), rf"\beta_1 = {tex(answer.beta1.value)}")


def _threshold_rows(answer: Threshold) -> Iterator[Row]:
    yield link_row(answer.link)
    yield Row("signal, noise", f"{answer.signal}, {answer.noise}", about=True)
    if answer.label.kind != "additive":
        yield Row("label", str(answer.label), about=True)
    yield Row("t_max", str(answer.t_max))
    if answer.beta1.status is Verdict.NOT_APPLICABLE:
        yield Row("threshold beta1", ("none", "  ", answer.beta1.status), answer.beta1.reason)
        return
    yield Row("threshold beta1", (answer.beta1.value, "  ", answer.beta1.status), answer.beta1.reason)
    for place, zero in enumerate(answer.exceptional, 1):
        yield Row(f"exceptional {place}", zero)
    complete = (
        "the list is complete" if answer.complete else f"searched down to beta = {answer.searched_down_to}"
    )
    yield Row("zeros", f"{len(answer.exceptional)}; {complete}")
    lambert, form = answer.sufficient.lambert, answer.sufficient.lambert_form
    if lambert is not None:
        decimal = rounded(lambert, SHORT, up=True)
        yield Row("Lambert bound", f"beta1 <= {decimal if form is None else f'{form} <= {decimal}'}")
    if answer.sufficient.structural is not None:
        yield Row("structural bound", f"beta1 <= {answer.sufficient.structural}")
    if (best := answer.recommended) is not None:
        yield Row("recommended", best.beta, best.note)
        yield Row("SNR", best.snr)
        yield Row("efficiency", best.efficiency)


def _family(answer: FamilyThreshold) -> View:
    name, (low, high) = answer.family.name, answer.family.ends
    rows = [
        Row("link", answer.link, about=True),
        Row("signal, noise", f"{answer.signal}, {answer.noise}", about=True),
        Row("parameter", f"{name} from {low} to {high}"),
    ]
    if answer.uniform is not None:
        rows.append(Row("largest beta1", answer.uniform))
    end = (
        ""
        if answer.searched_down_to in ("0", "inf", "open")
        else f" down to beta = {answer.searched_down_to}"
    )
    state = "complete" if answer.complete else f"not complete: searched{end}" if end else "not complete"
    above = f" above beta = {answer.searched_down_to}" if end else ""
    rows.append(Row("phase diagram", state, answer.reason))
    blocks: list[Block] = [Rows(tuple(rows))]
    if answer.family.continuous:
        heads = (f"{name} from", "to", "zeros", "beta1")
        legend = (
            f"zeros: the number of exceptional temperatures of each member{above}, but for the ends; "
            "beta1: its range over the members of the stretch that are listed below"
        )
        table = tuple(_stretch_cells(each) for each in answer.stretches)
        blocks.append(Table("Stretches of the parameter", tuple(map(Column, heads)), table, legend))
    if answer.critical:
        heads = (f"critical {name}", "at beta", "zeros", "what")
        kinds = {
            "double": "two zeros meet", "limit": "one zero leaves", "searched": "one leaves the search"
        }  # fmt: skip
        cells = tuple(
            (each.value, each.beta, _count(each.zeros), kinds.get(each.kind, each.kind))
            for each in answer.critical
        )
        blocks.append(Table("Critical values of the parameter", tuple(map(Column, heads)), cells))
    columns = (Column(name), Column("beta1"), Column("exceptional temperatures"))
    samples = tuple(_sample_cells(at, each.zeros) for each in answer.stretches for at in each.beta1)
    blocks.append(Table("Members", columns, samples))
    return View(tuple(blocks), rf"\beta_1({name}) \le {tex(answer.uniform)}" if answer.uniform else "")


def _count(zeros: int | None) -> str:
    return "unknown" if zeros is None else str(zeros)


def _stretch_cells(answer: Stretch) -> tuple[Piece, ...]:
    if answer.closed_form is not None:
        return answer.lower, answer.upper, _count(answer.zeros), str(answer.closed_form)
    first, last = answer.beta1[0], answer.beta1[-1]
    lower = min((each.lower for each in (first, last)), key=float)
    upper = max((each.upper for each in (first, last)), key=float)
    if not answer.between:
        return answer.lower, answer.upper, _count(answer.zeros), "not enclosed in between"
    short = f"{rounded(lower, _FEW, up=False)} .. {rounded(upper, _FEW, up=True)}"
    return answer.lower, answer.upper, _count(answer.zeros), short if lower != upper else lower


def _sample_cells(at: At, zeros: int | None) -> tuple[Piece, ...]:
    others = ", ".join(_common(each) for each in at.exceptional) or "none"
    if zeros is not None and (more := zeros - len(at.exceptional)) > 0:
        others += f", and {more} lower"
    return at.at, Number(None, at.lower, at.upper), others


def _common(value: Number) -> str:
    """A few digits of a number."""
    return rounded(value.lower, _FEW, up=False) + "..."


def _coefficients(answer: Coefficients) -> View:
    betas = tuple(dict.fromkeys(c.beta for c in answer.coefficients))
    columns = tuple(
        tuple(
            row for c in answer.coefficients if c.beta == beta for row in _coefficient_rows(c, answer.signal)
        )
        for beta in betas
    )
    rows = (*_drawn_rows(answer), Row("from", answer.derivation))
    block: Block = Rows((*columns[0], *rows))
    if len(betas) > 1:
        caption = f"Tilted Hermite coefficients of {answer.link}"
        block = Columns(caption, "beta", tuple(map(str, betas)), columns, rows)
    lines = [
        rf"\alpha_{{{c.k}}}({1 / c.beta}) &= {tex(c.alpha)}, & h_{{{c.k}}}({1 / c.beta}) &= {tex(c.h)}"
        for c in answer.coefficients
    ]
    return View((block,), _aligned(lines))


def _coefficient_rows(one: Coefficient, signal: str) -> Iterator[Row]:
    yield Row(f"h_{one.k}", one.h, "" if one.series is None else f"= {one.series}")
    if signal != Signal.WEIGHT:
        yield Row(f"alpha_{one.k}", one.alpha)
    if signal == Signal.CENTERED:
        yield Row(f"centered_{one.k}", one.signal)


def _formulas(answer: Formulas) -> View:
    lines = [rf"h_{{{f.k}}}(t) &= {sympy.latex(f.h)}" for f in answer.formulas]
    return View((Rows(tuple(_formula_rows(answer))),), _aligned(lines or [r"h_k: \text{no closed form}"]))


def _formula_rows(answer: Formulas) -> Iterator[Row]:
    if answer.general is not None:
        yield Row("h_k", str(answer.general))
    for formula in answer.formulas:
        yield Row(f"h_{formula.k}", str(formula.h))
        if answer.signal != Signal.WEIGHT:
            yield Row(f"alpha_{formula.k}", str(formula.alpha))
        if answer.signal == Signal.CENTERED:
            yield Row(f"centered_{formula.k}", str(formula.signal))
    if answer.formulas:
        yield Row("for", "t = 1/beta > 0" if answer.t_max == sympy.oo else f"0 < t = 1/beta < {answer.t_max}")
    yield from _drawn_rows(answer)
    more = "" if answer.formulas else "; --beta encloses the coefficients at a temperature"
    yield Row("from", answer.derivation + more)


def _policy(answer: Policy) -> View:
    kl = rf"\mathrm{{KL}}(\pi^* \| \gamma) = {tex(answer.kl)}"
    essence = rf"K = {tex(answer.log_partition)},\quad V = {tex(answer.value)},\quad {kl}"
    return View((Rows((link_row(answer.link), *_policy_rows(answer))),), essence)


def _policy_rows(answer: Policy) -> tuple[Row, ...]:
    finite = answer.chi2.lower != "inf"
    diverges = "" if finite else "E e^(2s/beta) diverges: the weights have no variance"
    none = "" if finite else "no fraction of n weighted samples is effective in the limit"
    return (
        Row("beta, noise", f"{answer.beta}, {answer.noise}", about=True),
        Row("log partition K", answer.log_partition),
        Row("value V = K'", answer.value),
        Row("variance K''", answer.variance),
        Row("KL(pi*||gamma)", answer.kl),
        Row("objective K/t", answer.objective),
        Row("chi2(pi*||gamma)", answer.chi2 if finite else "infinite", diverges),
        Row("ess ratio", answer.ess_ratio if finite else "0", none),
    )


def _policies(answer: Policies) -> View:
    columns = policies(answer.policies).blocks
    lines = [rf"V({each.beta}) &= {tex(each.value)}" for each in answer.policies]
    return View((Rows((link_row(answer.link),)), *columns), _aligned(lines))


def policies(answer: Sequence[Policy]) -> View:
    """Several temperatures side by side."""
    rows = tuple(tuple(row for row in _policy_rows(each) if not row.about) for each in answer)
    heads = tuple(str(each.beta) for each in answer)
    return View((Columns("The policy of density proportional to exp(s/beta)", "beta", heads, rows),))


def _report(answer: LinkReport) -> View:
    reason = f"no admissible set: {answer.not_admissible}"
    views = [
        view(answer.exponents),
        view(answer.threshold),
        *(view(each) for each in (answer.coefficients, *answer.policies) if each is not None),
        *(View((Lines(((f"not enclosed: {missing}",),)),)) for missing in answer.missing),
        View((Lines(((reason,),)),)) if answer.admissible is None else view(answer.admissible),
        view(answer.verify),
    ]
    return View(tuple(block for each in views for block in each.blocks))


def _theorem(answer: Theorem) -> View:
    check = "coqc FILE, with CoqInterval and Coquelicot; docs/kernel.md says what is trusted then"
    return View((Rows((link_row(answer.link), Row("states", answer.statement), Row("to check", check))),))


#: By the name of the answer's class: an answer's own modules are loaded only where it is asked for.
_VIEWS: dict[str, Callable[[Any], View]] = {
    "LinkExponents": _exponents,
    "Threshold": _threshold,
    "FamilyThreshold": _family,
    "Coefficients": _coefficients,
    "Formulas": _formulas,
    "Policies": _policies,
    "Policy": _policy,
    "LinkReport": _report,
    "Theorem": _theorem,
}
#: The files and functions that have the views of others.
_ELSEWHERE = {
    "Recovery": ("learning", "recovery"),
    "TwoStage": ("learning", "two_stage"),
    "AdmissibleSet": ("learning", "admissible"),
    "Blueprint": ("results", "blueprint"),
    "Result": ("results", "result"),
    "Report": ("results", "report"),
    "Checked": ("results", "checked"),
}
