"""The views of recovery, of both stages of training, and of admissible temperatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ...crosscheck.number import Number
from .view import Column, Row, Rows, Table, View, common_digits, tex

if TYPE_CHECKING:
    from ..answers.admissible_set import AdmissibleSet, BestGuarantee, Temperatures
    from ..answers.recovery import Recovery, Run
    from ..answers.strong import Strong
    from ..answers.train import TwoStage


def recovery(answer: Recovery) -> View:
    if answer.step is None:
        step = ", ".join(f"{run.step:.4g} at d = {run.d}" for run in answer.runs)
    else:
        step = f"{answer.step:.4g} " + ("d^(-1)" if answer.order <= 2 else f"d^(-{answer.order}/2)")
    rows = (
        Row("link, beta", f"{answer.link}, {'oo (no weights)' if answer.beta is None else answer.beta}"),
        Row("signal, noise", f"{answer.signal}, {answer.noise}"),
        *([Row("label", str(answer.label))] if str(answer.label) != "additive" else []),
        Row("activation", answer.activation.text),
        Row("leading order", f"{answer.order}: {answer.order_reason}"),
        Row("step", f"eta = {step}, {'direct' if answer.direct else 'chain'}"),
        *([_second_pass(answer)] if answer.passes > 1 else []),
        *([Row("networks", _shared(answer))] if answer.together > 1 else []),
        *([Row("no law", answer.lawless)] if answer.lawless else []),
        *[Row("no law of the end", reason) for reason in _endless(answer)],
    )
    plain = () if answer.plain is None else recovery(answer.plain).blocks
    blocks = (
        Rows(rows),
        _runs(answer),
        *_strong(answer),
        Rows((Row("exponent", _exponent(answer)),)),
        *plain,
    )
    return View(blocks, _exponent_tex(answer))


def _runs(answer: Recovery) -> Table:
    from ..answers.strong import FRACTION_LEVEL

    interval = f"{100 * FRACTION_LEVEL:g}% interval"
    names = ("d", "horizon", "fraction", interval, "law", "forecast", "median")
    weights = "without weights" if answer.beta is None else f"beta = {answer.beta}"
    return Table(
        f"Neurons that recover the direction of {answer.link}, {weights}",
        tuple(Column(name, fold=False, right=True) for name in names),
        tuple(_run(run) for run in answer.runs),
    )


def _second_pass(answer: Recovery) -> Row:
    return Row("passes", f"two steps on each sample; recovered at abs(m) = {answer.recovered_at:.3g}")


def _shared(answer: Recovery) -> str:
    parts = []
    for run in answer.runs:
        spread = "open" if run.spread is None else f"{run.spread:.3f}"
        parts.append(f"{spread} at d = {run.d} (independent neurons: {run.independent_spread:.3f})")
    return f"{answer.together} neurons on shared samples; the fraction's spread is {', '.join(parts)}"


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


def _strong(answer: Recovery) -> tuple[Table, ...]:
    from ..answers.strong import FRACTION_LEVEL

    runs = [(run, run.strong) for run in answer.runs if run.strong is not None]
    if not runs:
        return ()
    interval = f"{100 * FRACTION_LEVEL:g}% interval"
    names = ("d", "further", "fraction", interval, "forecast", "median", "1 - m^2", "its law")
    table = Table(
        f"Neurons of {answer.link} that go on to abs(m) = {runs[0][1].overlap:g}",
        tuple(Column(name, fold=False, right=True) for name in names),
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


def _endless(answer: Recovery) -> list[str]:
    """Why R7 says nothing of an end, each reason once."""
    rests = [rest for run in answer.runs if run.strong is not None for rest in run.strong.rests]
    return list(dict.fromkeys(rest.no_law for rest in rests if rest.no_law is not None))


def _exponent(answer: Recovery) -> str:
    from ..answers.recovery import EXPONENT_LEVEL

    slope = answer.exponent
    law = "log(samples/log d)" if slope.logarithm else "log samples"
    predicted = f"{'none' if slope.predicted is None else slope.predicted} predicted for {law} on log d"
    if slope.fitted is None:
        return f"{predicted}; a fit needs the medians of two dimensions"
    level = f"{100 * EXPONENT_LEVEL:g}%"
    if answer.together > 1:
        interval = "no interval, as neurons on shared samples are not independent"
    elif slope.lower is None and slope.upper is None:
        interval = f"no {level} interval, as resampled medians are censored: raise --replicas"
    elif slope.lower is None or slope.upper is None:
        end = f"at most {slope.upper:.3f}" if slope.lower is None else f"at least {slope.lower:.3f}"
        interval = f"{end} with {level} confidence, the other end is censored: raise --replicas"
    else:
        interval = f"{level} interval [{slope.lower:.3f}, {slope.upper:.3f}]"
    if slope.correction is not None:
        predicted += f"; {slope.correction:+.3f} for finite d is subtracted, by the forecast"
    return f"{slope.fitted:.3f}, {interval}; {predicted}"


def _exponent_tex(answer: Recovery) -> str:
    slope = answer.exponent
    predicted = r"\text{no law}" if slope.predicted is None else rf"\text{{predicted }} {slope.predicted}"
    if slope.fitted is None or slope.lower is None or slope.upper is None:
        return rf"n \sim d^p,\quad {predicted}"
    interval = f"[{slope.lower:.3f}, {slope.upper:.3f}]"
    return rf"n \sim d^{{{slope.fitted:.3f}}},\quad {interval},\quad {predicted}"


def two_stage(answer: TwoStage) -> View:
    names = ("weights", "beta2", "value", "gap", "bound", "effective samples")
    rows = (
        Row("link, noise", f"{answer.link}, {answer.noise}"),
        Row(
            "stage 1",
            f"beta1 = {answer.beta1}, n1 = {answer.n1} in d = {answer.d}: overlap {answer.overlap:.4g}",
        ),
        Row(
            "stage 2",
            f"n2 = {answer.n2}; surrogate weights: a pilot on {answer.n2 // 2}, the readout on the others",
        ),
        Row(
            "readouts",
            f"1 and tanh(u - b), b = {', '.join(map(str, answer.biases))}; ridge {answer.ridge}, clipped to "
            f"[{answer.clip[0]:.6g}, {answer.clip[1]:.6g}]",
            aside=True,
        ),
    )
    table = Table(
        f"The reward model of {answer.link} deployed",
        tuple(Column(name, right=True) for name in names),
        tuple(
            (name, f"{one.beta:.4g}", f"{one.value:.4g}", f"{one.gap:.3g}",
             "none" if one.bound is None else f"{one.bound:.3g}", f"{one.effective:.4g}")
            for name, fits in (("label", answer.label), ("surrogate", answer.surrogate))
            for one in fits
        ),
    )  # fmt: skip
    best = max(answer.label, key=lambda one: one.value)
    return View((Rows(rows), table), rf"V(\pi_{{\hat r}}) = {best.value:.4g}")


def admissible(answer: AdmissibleSet) -> View:
    fit, proved = answer.fit, answer.guaranteed
    clip = ", ".join(f"{end:.6g}" for end in fit.clip)
    rows = (
        Row("link, proxy", f"{answer.link}, {answer.proxy}"),
        Row("epsilon, n, noise", f"{answer.epsilon}, {answer.n}, {answer.noise}"),
        Row("features", f"1 and tanh(u - b), b = {_biases(fit.biases)}; ridge {fit.ridge}", fit.source),
        Row("fit", f"{_overlap(*fit.overlaps)}, clipped to [{clip}]"),
        Row("target", _short(answer.target)),
    )
    name = f"guaranteed at n = {answer.n}, with probability {1 - float(answer.delta):g}"
    heads = ("weights", name, "only forecast, as n grows")
    table = Table(
        f"Temperatures beta2 that lose at most {answer.epsilon} of {_short(answer.target)}",
        (Column(heads[0], share=1), Column(heads[1], share=3), Column(heads[2], share=3)),
        (("label", _set(proved.label, proved.empty), _set(answer.forecast.label)), *_surrogate_rows(answer)),
    )
    return View(
        (Rows(rows), *_both_stages(answer), table, Rows(tuple(_admissible_rows(answer)))),
        _admissible_tex(answer),
    )


def _both_stages(answer: AdmissibleSet) -> Iterator[Table]:
    """Both stages in one table: every number with what stands behind it."""
    one, proved = answer.stage1, answer.guaranteed
    if one is None:
        return
    beyond = "inf" if one.threshold == "inf" else f"{float(Fraction(one.threshold)):.3g}"
    signal = f"proved: a signal at every beta1 > {beyond}" if one.signal else "a signal, not proved"
    at_least = f"overlap >= {float(one.overlap):g}"
    surely = f"guaranteed if {at_least}, with probability {1 - float(answer.delta):g}"
    rows = [
        ("beta1", f"{float(one.beta1):g}", signal),
        (f"n1 = {one.n1}, d = {one.d}", at_least, f"forecast, by steps of {one.step:.3g}"),
    ]
    if one.simulated is not None:
        tried, (low, high) = one.simulated, one.simulated.fraction_interval
        reached = f"{100 * tried.fraction:.3g}% of {tried.neurons}, median {tried.median_overlap:g}"
        rows.append(("", reached, f"simulated, 99.9% interval [{low:.3f}, {high:.3f}]"))
    rows.append((f"beta2, n2 = {answer.n}", _set(proved.label, proved.empty), surely))
    if proved.best is not None:
        best = f"at most {proved.best.bound.upper} at beta2 = {float(proved.best.beta):.4g}"
        rows.append(("loss", best, surely))
    if answer.forecast.best is not None:
        at, lost = answer.forecast.best
        rows.append(
            ("loss as n2 grows", f"{lost:.4g} at beta2 = {at:.4g}", f"forecast, at {float(one.overlap):g}")
        )
    yield Table(
        "Both stages",
        (Column("stage", share=2), Column("value", share=3), Column("standing", share=3)),
        tuple(rows),
    )


def _surrogate_rows(answer: AdmissibleSet) -> Iterator[tuple[str, str, str]]:
    proved, forecast = answer.guaranteed, answer.forecast
    if not proved.surrogate_applies:
        none = "not applicable: osc(s - proxy) is not shown to be finite"
        yield "surrogate", none, none
        return
    yield "surrogate", _set(proved.surrogate, proved.empty), _set(forecast.surrogate_own)


def _admissible_rows(answer: AdmissibleSet) -> Iterator[Row]:
    proved, best = answer.guaranteed, answer.guaranteed.best
    if best is None:
        yield Row("best beta found", "none: nothing is guaranteed at any beta that was looked at")
    elif "range" in best.terms:
        every = f"none: every policy loses at most {best.bound.upper}, the target less inf s"
        why = "n samples show no more"
        if not best.gram:
            why = "the features' Gram matrix is not shown to be invertible: write other features or a ridge"
        yield Row("best beta found", every, f"at beta = {float(best.beta):.6g} {why}")
    else:
        loss = f"loses at most {best.bound.upper}, guaranteed"
        yield Row("best beta found", f"{float(best.beta):.6g}, {loss}", "\n".join(_parts(best)))
    if proved.low is not None and proved.high is not None:
        yield Row("below the set", proved.low)
        yield Row("above the set", proved.high)
    yield Row("not empty from", _nonempty(answer))
    if answer.forecast.best is not None:
        at, lost = answer.forecast.best
        yield Row("best forecast", f"{at:.6g}, forecast to lose {lost:.4g}")


def _parts(best: BestGuarantee) -> Iterator[str]:
    terms = ", ".join(f"{name} {value:.3g}" for name, value in best.terms.items())
    yield f"pi* itself loses {best.lost:.4g}; learning at most: {terms}"
    rest = best.failure - best.gram
    yield f"may fail with probability {best.failure:g}: {best.gram:.3g} Gram matrix, {rest:.3g} fluctuation"


def _nonempty(answer: AdmissibleSet) -> str:
    nonempty = answer.guaranteed.nonempty
    if nonempty.n is None:
        samples = "no n found"
    else:
        samples = f"n = {nonempty.n}"
        if nonempty.biases != answer.fit.biases or nonempty.ridge != answer.fit.ridge:
            samples += f" (with b = {_biases(nonempty.biases)}, ridge {nonempty.ridge})"
    return samples if nonempty.epsilon is None else f"{samples}, or epsilon = {nonempty.epsilon}"


def _overlap(low: Fraction, high: Fraction) -> str:
    return f"overlap {low}" if low == high else f"any overlap from {low} to {high}"


def _biases(biases: Sequence[Fraction]) -> str:
    return ", ".join(map(str, biases))


def _set(answer: Sequence[Temperatures], empty: str = "") -> str:
    if empty:
        return f"empty: {empty}"
    between = (f"{common_digits(one.lower)} to {common_digits(one.upper)}" for one in answer)
    return "\n".join(between) or "no beta found"


def _short(value: Number) -> str:
    return common_digits(value) if value.closed_form is None else str(value.closed_form)


def _admissible_tex(answer: AdmissibleSet) -> str:
    if not answer.guaranteed.label:
        return r"\beta_2:\ \text{none found with a guarantee}"
    union = r" \cup ".join(
        f"[{tex(one.lower)}, {tex(one.upper)}{')' if one.upper.upper == 'inf' else ']'}"
        for one in answer.guaranteed.label
    )
    return rf"\beta_2 \in {union}\ \text{{(guaranteed at }} n = {answer.n}\text{{)}}"
