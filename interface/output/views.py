"""The views of the answers about one link."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy

from ...crosscheck.number import Number
from ...crosscheck.verdict import Verdict
from ...link.assertion import Range
from . import results
from .conclusions import conclusion
from .view import (
    SHORT,
    Block,
    Column,
    Columns,
    Lines,
    Piece,
    Row,
    Rows,
    Table,
    View,
    brief,
    common_digits,
    link_row,
    rounded,
)

if TYPE_CHECKING:
    from ...crosscheck.kernel.theorem import Theorem
    from ...crosscheck.link_facts.exponents import Exponent
    from ...crosscheck.link_facts.families import At, FamilyThreshold, Stretch
    from ...crosscheck.link_facts.threshold import Threshold
    from ..answers.admissible_set import AdmissibleSet, BestGuarantee, Temperatures
    from ..answers.coefficients import Coefficient, Coefficients, Formulas
    from ..answers.exponents import LinkExponents
    from ..answers.policy import Policies, Policy
    from ..answers.recover import Recovery, Run
    from ..answers.report import LinkReport
    from ..answers.strong import Strong
    from ..answers.train import TwoStage


#: Digits of numbers in passing.
_FEW = 6


def view(answer: object) -> View:
    """What ``answer`` shows: one of those that the verbs of Python and the command line give, or a view."""
    if isinstance(answer, View):
        return answer
    shown, sentence = _VIEWS[type(answer).__name__](answer), conclusion(answer)
    first = shown.blocks[0]
    if not sentence or not isinstance(first, Rows) or type(answer).__name__ == "Result":
        return shown
    short = Row("in short", sentence)
    return replace(shown, blocks=(Rows((short, *first.rows)), *shown.blocks[1:]))


def _tex(value: Number) -> str:
    if value.closed_form is not None:
        return str(sympy.latex(value.closed_form))
    return brief(value.lower, value.upper).replace("...", r"\dots").replace("inf", r"\infty")


def _aligned(rows: Sequence[str]) -> str:
    if len(rows) == 1:
        return rows[0].replace("&", "")
    joined = r" \\ ".join(rows)
    return rf"\begin{{aligned}}{joined}\end{{aligned}}"


def _exponents(found: LinkExponents) -> View:
    def row(name: str, exponent: Exponent) -> Row:
        none = "none" if exponent.status is Verdict.PROVED else "undecided"
        value = none if exponent.value is None else str(exponent.value)
        return Row(f"{name} exponent", (value, "  ", exponent.status), exponent.reason)

    def tex(exponent: Exponent) -> str:
        none = r"\infty" if exponent.status is Verdict.PROVED else r"\text{undecided}"
        return none if exponent.value is None else str(exponent.value)

    information, generative = found.information_exponent, found.generative_exponent
    power = "open" if found.witness_power is None else str(found.witness_power)
    if generative.value is None and generative.status is Verdict.PROVED:
        power = "none"
    rows = [
        link_row(found.link),
        *_drawn_rows(found),
        row("information", information),
        row("generative", generative),
        Row("witness power i0", power),
    ]
    if found.lambda_squared is not None:
        most = f"the most that a function of y carries of He_{generative.value}"
        rows.append(Row("lambda^2", found.lambda_squared, most))
    if found.weak_recovery_constant is not None:
        rows.append(
            Row("weak recovery", found.weak_recovery_constant, "samples per dimension, 1/(2 lambda^2)")
        )
    return View(
        (Rows(tuple(rows)),),
        rf"\mathrm{{IE}} = {tex(information)},\quad \mathrm{{GE}} = {tex(generative)}",
    )


def _drawn_rows(found: LinkExponents) -> Iterator[Row]:
    if found.noise.kind != "none":
        yield Row("noise", str(found.noise), about=True)
    if found.label.kind != "additive":
        yield Row("label", str(found.label), about=True)


def _threshold(found: Threshold) -> View:
    return View((Rows(tuple(_threshold_rows(found))),), rf"\beta_1 = {_tex(found.beta1.value)}")


def _threshold_rows(found: Threshold) -> Iterator[Row]:
    yield link_row(found.link)
    yield Row("signal, noise", f"{found.signal}, {found.noise}", about=True)
    if found.label.kind != "additive":
        yield Row("label", str(found.label), about=True)
    yield Row("t_max", found.t_max)
    yield Row("threshold beta1", (found.beta1.value, "  ", found.beta1.status), found.beta1.reason)
    for place, zero in enumerate(found.exceptional, 1):
        yield Row(f"exceptional {place}", zero)
    complete = (
        "the list is complete" if found.complete else f"searched down to beta = {found.searched_down_to}"
    )
    yield Row("zeros", f"{len(found.exceptional)}; {complete}")
    lambert, form = found.sufficient.lambert, found.sufficient.lambert_form
    if lambert is not None:
        decimal = rounded(lambert, SHORT, up=True)
        yield Row("Lambert bound", f"beta1 <= {decimal if form is None else f'{form} <= {decimal}'}")
    if found.sufficient.structural is not None:
        yield Row("structural bound", f"beta1 <= {found.sufficient.structural}")
    if (best := found.recommended) is not None:
        yield Row("recommended", best.beta, best.note)
        yield Row("SNR", best.snr)
        yield Row("efficiency", best.efficiency)


def _family(found: FamilyThreshold) -> View:
    name, (low, high) = found.family.name, found.family.ends
    rows = [
        Row("link", found.link, about=True),
        Row("signal, noise", f"{found.signal}, {found.noise}", about=True),
        Row("parameter", f"{name} from {low} to {high}"),
    ]
    if found.uniform is not None:
        rows.append(Row("largest beta1", found.uniform))
    end = (
        "" if found.searched_down_to in ("0", "inf", "open") else f" down to beta = {found.searched_down_to}"
    )
    state = "complete" if found.complete else f"not complete: searched{end}" if end else "not complete"
    rows.append(Row("phase diagram", state, found.reason))
    blocks: list[Block] = [Rows(tuple(rows))]
    if isinstance(found.family.values, Range):
        heads = (f"{name} from", "to", "zeros", "beta1")
        legend = "zeros: how many exceptional temperatures each member has, the ends left aside"
        table = tuple(_stretch_cells(each) for each in found.stretches)
        blocks.append(Table("Stretches of the parameter", tuple(map(Column, heads)), table, legend))
    if found.critical:
        heads = (f"critical {name}", "at beta", "zeros", "what")
        kinds = {"double": "two meet", "limit": "one leaves at the end"}
        cells = tuple(
            (each.value, each.beta, _count(each.zeros), kinds.get(each.kind, each.kind))
            for each in found.critical
        )
        blocks.append(Table("Critical values of the parameter", tuple(map(Column, heads)), cells))
    columns = (Column(name), Column("beta1"), Column("exceptional temperatures"))
    samples = tuple(_sample_cells(at, each.zeros) for each in found.stretches for at in each.beta1)
    blocks.append(Table("Members", columns, samples))
    return View(tuple(blocks), rf"\beta_1({name}) \le {_tex(found.uniform)}" if found.uniform else "")


def _count(zeros: int | None) -> str:
    return "unknown" if zeros is None else str(zeros)


def _stretch_cells(found: Stretch) -> tuple[Piece, ...]:
    if found.closed_form is not None:
        return found.lower, found.upper, _count(found.zeros), str(found.closed_form)
    first, last = found.beta1[0], found.beta1[-1]
    lower = min((each.lower for each in (first, last)), key=float)
    upper = max((each.upper for each in (first, last)), key=float)
    if not found.between:
        return found.lower, found.upper, _count(found.zeros), "not enclosed in between"
    short = f"{rounded(lower, _FEW, up=False)} .. {rounded(upper, _FEW, up=True)}"
    return found.lower, found.upper, _count(found.zeros), short if lower != upper else lower


def _sample_cells(at: At, zeros: int | None) -> tuple[Piece, ...]:
    others = ", ".join(_common(each) for each in at.exceptional) or "none"
    if zeros is not None and (more := zeros - len(at.exceptional)) > 0:
        others += f", {more} lower"
    return at.at, Number(None, at.lower, at.upper), others


def _common(value: Number) -> str:
    """A few digits of a number."""
    return rounded(value.lower, _FEW, up=False) + "..."


def _coefficients(found: Coefficients) -> View:
    betas = tuple(dict.fromkeys(c.beta for c in found.coefficients))
    columns = tuple(
        tuple(row for c in found.coefficients if c.beta == beta for row in _coefficient_rows(c, found.signal))
        for beta in betas
    )
    rows = (*_noise_row(found), Row("from", found.derivation))
    block: Block = Rows((*columns[0], *rows))
    if len(betas) > 1:
        caption = f"Tilted Hermite coefficients of {found.link}"
        block = Columns(caption, "beta", tuple(map(str, betas)), columns, rows)
    lines = [
        rf"\alpha_{{{c.k}}}({1 / c.beta}) &= {_tex(c.alpha)}, & h_{{{c.k}}}({1 / c.beta}) &= {_tex(c.h)}"
        for c in found.coefficients
    ]
    return View((block,), _aligned(lines))


def _coefficient_rows(one: Coefficient, signal: str) -> Iterator[Row]:
    yield Row(f"h_{one.k}", one.h, "" if one.series is None else f"= {one.series}")
    if signal != "weight":
        yield Row(f"alpha_{one.k}", one.alpha)
    if signal == "centered":
        yield Row(f"centered_{one.k}", one.signal)


def _noise_row(found: Coefficients | Formulas) -> Iterator[Row]:
    if found.noise.kind != "none":
        yield Row("noise", str(found.noise))
    if found.label.kind != "additive":
        yield Row("label", str(found.label))


def _formulas(found: Formulas) -> View:
    tex = [rf"h_{{{f.k}}}(t) &= {sympy.latex(f.h)}" for f in found.formulas]
    return View((Rows(tuple(_formula_rows(found))),), _aligned(tex or [r"h_k: \text{no closed form}"]))


def _formula_rows(found: Formulas) -> Iterator[Row]:
    if found.general is not None:
        yield Row("h_k", str(found.general))
    for formula in found.formulas:
        yield Row(f"h_{formula.k}", str(formula.h))
        if found.signal != "weight":
            yield Row(f"alpha_{formula.k}", str(formula.alpha))
        if found.signal == "centered":
            yield Row(f"centered_{formula.k}", str(formula.signal))
    if found.formulas:
        yield Row("for", "t = 1/beta > 0" if found.t_max == sympy.oo else f"0 < t = 1/beta < {found.t_max}")
    yield from _noise_row(found)
    more = "" if found.formulas else "; --beta encloses the coefficients at a temperature"
    yield Row("from", found.derivation + more)


def _policy(found: Policy) -> View:
    kl = rf"\mathrm{{KL}}(\pi^* \| \gamma) = {_tex(found.kl)}"
    tex = rf"K = {_tex(found.log_partition)},\quad V = {_tex(found.value)},\quad {kl}"
    return View((Rows((link_row(found.link), *_policy_rows(found))),), tex)


def _policy_rows(found: Policy) -> tuple[Row, ...]:
    finite = found.chi2.lower != "inf"
    diverges = "infinite: E e^(2s/beta) diverges, the weights have no variance"
    none = "0: no fraction of n weighted samples is effective in the limit"
    return (
        Row("beta, noise", f"{found.beta}, {found.noise}", about=True),
        Row("log partition K", found.log_partition),
        Row("value V = K'", found.value),
        Row("variance K''", found.variance),
        Row("KL(pi*||gamma)", found.kl),
        Row("objective K/t", found.objective),
        Row("chi2(pi*||gamma)", found.chi2 if finite else diverges),
        Row("ess ratio", found.ess_ratio if finite else none),
    )


def _policies(found: Policies) -> View:
    columns = policies(found.policies).blocks
    tex = [rf"V({each.beta}) &= {_tex(each.value)}" for each in found.policies]
    return View((Rows((link_row(found.link),)), *columns), _aligned(tex))


def policies(found: Sequence[Policy]) -> View:
    """Several temperatures side by side."""
    rows = tuple(tuple(row for row in _policy_rows(each) if not row.about) for each in found)
    heads = tuple(str(each.beta) for each in found)
    return View((Columns("The policy of density proportional to exp(s/beta)", "beta", heads, rows),))


def _recovery(found: Recovery) -> View:
    if found.step is None:
        step = ", ".join(f"{run.step:.4g} at d = {run.d}" for run in found.runs)
    else:
        step = f"{found.step:.4g} " + ("d^(-1)" if found.order <= 2 else f"d^(-{found.order}/2)")
    rows = (
        Row("link, beta", f"{found.link}, {'oo (no weights)' if found.beta is None else found.beta}"),
        Row("signal, noise", f"{found.signal}, {found.noise}"),
        Row("activation", found.activation.text),
        Row("leading order", f"{found.order}: {found.order_reason}"),
        Row("step", f"eta = {step}, {'direct' if found.direct else 'chain'}"),
        *([_second_pass(found)] if found.passes > 1 else []),
        *([Row("networks", _shared(found))] if found.together > 1 else []),
        *([Row("no law", found.lawless)] if found.lawless else []),
        *[Row("no law of the end", reason) for reason in _endless(found)],
    )
    plain = () if found.plain is None else _recovery(found.plain).blocks
    blocks = (Rows(rows), _runs(found), *_strong(found), Rows((Row("exponent", _exponent(found)),)), *plain)
    return View(blocks, _exponent_tex(found))


def _runs(found: Recovery) -> Table:
    from ..answers.recover import FRACTION_LEVEL

    interval = f"{100 * FRACTION_LEVEL:g}% interval"
    names = ("d", "horizon", "fraction", interval, "law", "forecast", "median")
    weights = "without weights" if found.beta is None else f"beta = {found.beta}"
    return Table(
        f"Neurons that recover the direction of {found.link}, {weights}",
        tuple(Column(name, right=True) for name in names),
        tuple(_run(run) for run in found.runs),
    )


def _second_pass(found: Recovery) -> Row:
    return Row("passes", f"two steps on each sample; recovered at abs(m) = {found.recovered_at:.3g}")


def _shared(found: Recovery) -> str:
    parts = []
    for run in found.runs:
        spread = "open" if run.spread is None else f"{run.spread:.3f}"
        parts.append(f"{spread} at d = {run.d} (independent neurons: {run.independent_spread:.3f})")
    return f"{found.together} neurons on shared samples; the fraction's spread is {', '.join(parts)}"


def _run(run: Run) -> tuple[str, ...]:
    low, high = run.fraction_interval
    law, forecast = (
        "open" if share is None else f"{share:.3f}"
        for share in (run.predicted_fraction, run.forecast_fraction)
    )
    censored = f"{run.censored} of {run.good} censored"
    median = censored if run.median_samples is None else f"{run.median_samples:.4g}"
    return (
        str(run.d), f"{run.horizon:.4g}", f"{run.fraction:.3f}", f"[{low:.3f}, {high:.3f}]", law, forecast,
        median,
    )  # fmt: skip


def _strong(found: Recovery) -> tuple[Table, ...]:
    from ..answers.recover import FRACTION_LEVEL

    runs = [(run, run.strong) for run in found.runs if run.strong is not None]
    if not runs:
        return ()
    interval = f"{100 * FRACTION_LEVEL:g}% interval"
    names = ("d", "further", "fraction", interval, "forecast", "median", "1 - m^2", "its law")
    table = Table(
        f"Neurons of {found.link} that go on to abs(m) = {runs[0][1].overlap:g}",
        tuple(Column(name, right=True) for name in names),
        tuple(_onward(run, strong) for run, strong in runs),
        "further: samples from abs(m) = 1/2 on; forecast, median: samples from the start; 1 - m^2: where its "
        "mean comes to rest, by the forecast and by R7's law, at m -> +1 and m -> -1 where they differ",
    )
    return (table,)


def _onward(run: Run, strong: Strong) -> tuple[str, ...]:
    low, high = strong.fraction_interval
    censored = f"{strong.censored} of {run.good} censored"
    median = censored if strong.median_samples is None else f"{strong.median_samples:.4g}"
    forecast = "open" if strong.forecast_samples is None else f"{strong.forecast_samples:.4g}"
    ends = (
        ", ".join(dict.fromkeys("open" if each is None else f"{each:.3g}" for each in values))
        for values in zip(*((rest.forecast, rest.law) for rest in strong.rests), strict=True)
    )
    return (
        str(run.d), f"{strong.further:.4g}", f"{strong.fraction:.3f}", f"[{low:.3f}, {high:.3f}]", forecast,
        median, *ends,
    )  # fmt: skip


def _endless(found: Recovery) -> list[str]:
    """Why R7 says nothing of an end, each reason once."""
    rests = [rest for run in found.runs if run.strong is not None for rest in run.strong.rests]
    return list(dict.fromkeys(rest.no_law for rest in rests if rest.no_law is not None))


def _exponent(found: Recovery) -> str:
    from ..answers.recover import EXPONENT_LEVEL

    slope = found.exponent
    law = "log(samples/log d)" if slope.logarithm else "log samples"
    predicted = f"{'none' if slope.predicted is None else slope.predicted} predicted for {law} on log d"
    if slope.fitted is None:
        return f"{predicted}; a fit needs the medians of two dimensions"
    level = f"{100 * EXPONENT_LEVEL:g}%"
    if found.together > 1:
        interval = "no interval, as neurons on shared samples are not independent"
    elif slope.lower is None and slope.upper is None:
        interval = f"no {level} interval, as resampled medians are censored: more --replicas give one"
    elif slope.lower is None or slope.upper is None:
        end = f"at most {slope.upper:.3f}" if slope.lower is None else f"at least {slope.lower:.3f}"
        interval = f"{end} with {level} confidence, the other end is censored: more --replicas give it"
    else:
        interval = f"{level} interval [{slope.lower:.3f}, {slope.upper:.3f}]"
    if slope.correction is not None:
        predicted += f"; less {slope.correction:+.3f} for finite d, by the forecast"
    return f"{slope.fitted:.3f}, {interval}; {predicted}"


def _exponent_tex(found: Recovery) -> str:
    slope = found.exponent
    predicted = r"\text{no law}" if slope.predicted is None else rf"\text{{predicted }} {slope.predicted}"
    if slope.fitted is None or slope.lower is None or slope.upper is None:
        return rf"n \sim d^p,\quad {predicted}"
    interval = f"[{slope.lower:.3f}, {slope.upper:.3f}]"
    return rf"n \sim d^{{{slope.fitted:.3f}}},\quad {interval},\quad {predicted}"


def _two_stage(found: TwoStage) -> View:
    names = ("weights", "beta2", "value", "gap", "bound", "effective samples")
    rows = (
        Row("link, noise", f"{found.link}, {found.noise}"),
        Row(
            "stage 1", f"beta1 = {found.beta1}, n1 = {found.n1} in d = {found.d}: overlap {found.overlap:.4g}"
        ),
        Row(
            "stage 2",
            f"n2 = {found.n2}; surrogate weights: a pilot on {found.n2 // 2}, the readout on the others",
        ),
        Row(
            "readouts",
            f"1 and tanh(u - b), b = {', '.join(map(str, found.biases))}; ridge {found.ridge}, clipped to "
            f"[{found.clip[0]:.6g}, {found.clip[1]:.6g}]",
            aside=True,
        ),
    )
    table = Table(
        f"The reward model of {found.link} deployed",
        tuple(Column(name, right=True) for name in names),
        tuple(
            (name, f"{one.beta:.4g}", f"{one.value:.4g}", f"{one.gap:.3g}",
             "none" if one.bound is None else f"{one.bound:.3g}", f"{one.effective:.4g}")
            for name, fits in (("label", found.label), ("surrogate", found.surrogate))
            for one in fits
        ),
    )  # fmt: skip
    best = max(found.label, key=lambda one: one.value)
    return View((Rows(rows), table), rf"V(\pi_{{\hat r}}) = {best.value:.4g}")


def _admissible(found: AdmissibleSet) -> View:
    fit, proved = found.fit, found.guaranteed
    clip = ", ".join(f"{end:.6g}" for end in fit.clip)
    rows = (
        Row("link, proxy", f"{found.link}, {found.proxy}"),
        Row("epsilon, n, noise", f"{found.epsilon}, {found.n}, {found.noise}"),
        Row("features", f"1 and tanh(u - b), b = {_biases(fit.biases)}; ridge {fit.ridge}", fit.source),
        Row("fit", f"overlap {fit.overlap}, clipped to [{clip}]"),
        Row("target", _short(found.target)),
    )
    name = f"guaranteed at n = {found.n}, with probability {1 - float(found.delta):g}"
    heads = ("weights", name, "only forecast, as n grows")
    table = Table(
        f"Temperatures beta2 that lose at most {found.epsilon} of {_short(found.target)}",
        (Column(heads[0], share=1), Column(heads[1], share=3), Column(heads[2], share=3)),
        (
            ("label", _set(proved.label, proved.empty), _set(found.forecast.label)),
            *_surrogate_rows(found),
        ),
    )
    return View((Rows(rows), table, Rows(tuple(_admissible_rows(found)))), _admissible_tex(found))


def _surrogate_rows(found: AdmissibleSet) -> Iterator[tuple[str, str, str]]:
    proved, forecast = found.guaranteed, found.forecast
    if not proved.surrogate_applies:
        none = "not applicable: osc(s - proxy) is not shown to be finite"
        yield "surrogate", none, none
        return
    yield "surrogate", _set(proved.surrogate, proved.empty), _set(forecast.surrogate_own)


def _admissible_rows(found: AdmissibleSet) -> Iterator[Row]:
    proved, best = found.guaranteed, found.guaranteed.best
    if best is None:
        yield Row("best beta found", "none: nothing is guaranteed at any beta that was looked at")
    else:
        loss = f"loses at most {best.bound.upper}, guaranteed"
        yield Row("best beta found", f"{float(best.beta):.6g}, {loss}", "\n".join(_parts(best)))
    if proved.low is not None and proved.high is not None:
        yield Row("below the set", proved.low)
        yield Row("above the set", proved.high)
    yield Row("not empty from", _nonempty(found))
    if found.forecast.best is not None:
        at, lost = found.forecast.best
        yield Row("best forecast", f"{at:.6g}, forecast to lose {lost:.4g}")


def _parts(best: BestGuarantee) -> Iterator[str]:
    terms = ", ".join(f"{name} {value:.3g}" for name, value in best.terms.items())
    yield f"pi* itself loses {best.lost:.4g}; learning at most: {terms}"
    rest = best.failure - best.gram
    yield f"may fail with probability {best.failure:g}: {best.gram:.3g} Gram matrix, {rest:.3g} fluctuation"


def _nonempty(found: AdmissibleSet) -> str:
    nonempty = found.guaranteed.nonempty
    if nonempty.n is None:
        samples = "no n found"
    else:
        samples = f"n = {nonempty.n}"
        if nonempty.biases != found.fit.biases or nonempty.ridge != found.fit.ridge:
            samples += f" (with b = {_biases(nonempty.biases)}, ridge {nonempty.ridge})"
    return samples if nonempty.epsilon is None else f"{samples}, or epsilon = {nonempty.epsilon}"


def _biases(biases: Sequence[Fraction]) -> str:
    return ", ".join(map(str, biases))


def _set(found: Sequence[Temperatures], empty: str = "") -> str:
    if empty:
        return f"empty: {empty}"
    between = (f"{common_digits(one.lower)} to {common_digits(one.upper)}" for one in found)
    return "\n".join(between) or "no beta found"


def _short(value: Number) -> str:
    return common_digits(value) if value.closed_form is None else str(value.closed_form)


def _admissible_tex(found: AdmissibleSet) -> str:
    if not found.guaranteed.label:
        return r"\beta_2:\ \text{none found with a guarantee}"
    union = r" \cup ".join(
        f"[{_tex(one.lower)}, {_tex(one.upper)}{')' if one.upper.upper == 'inf' else ']'}"
        for one in found.guaranteed.label
    )
    return rf"\beta_2 \in {union}\ \text{{(guaranteed at }} n = {found.n}\text{{)}}"


def _report(found: LinkReport) -> View:
    reason = f"no admissible set: {found.not_admissible}"
    views = [
        view(found.exponents),
        view(found.threshold),
        *(view(each) for each in (found.coefficients, *found.policies) if each is not None),
        *(View((Lines(((f"not enclosed: {missing}",),)),)) for missing in found.missing),
        View((Lines(((reason,),)),)) if found.admissible is None else view(found.admissible),
        view(found.verify),
    ]
    return View(tuple(block for each in views for block in each.blocks))


def _theorem(found: Theorem) -> View:
    check = "coqc FILE, with CoqInterval and Coquelicot; docs/kernel.md says what is trusted then"
    return View((Rows((link_row(found.link), Row("states", found.statement), Row("to check", check))),))


#: By the name of the answer's class: an answer's own modules are loaded only where it is asked for.
_VIEWS: dict[str, Callable[[Any], View]] = {
    "LinkExponents": _exponents,
    "Threshold": _threshold,
    "FamilyThreshold": _family,
    "Coefficients": _coefficients,
    "Formulas": _formulas,
    "Policies": _policies,
    "Policy": _policy,
    "Recovery": _recovery,
    "TwoStage": _two_stage,
    "AdmissibleSet": _admissible,
    "LinkReport": _report,
    "Blueprint": results.blueprint,
    "Result": results.result,
    "Report": results.report,
    "Checked": results.checked,
    "Theorem": _theorem,
}
