"""Figures over a family's parameter and over dimensions; and the one figure of any answer, for a notebook."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...crosscheck.link_facts.exponents import exponents
from ...link import LinkError, Signal
from ...numerics.estimates.scan import noise_cumulants, scan
from ...numerics.expectation.oracle import Unresolved, t_range
from ...numerics.lowering.pointwise import Array
from ...numerics.recovery.training import log_grid
from ..answers.recovery import FRACTION_LEVEL, Recovery
from .plots import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    canvas,
    draw_admissible,
    draw_policies,
    draw_signal,
    sample,
    save,
)

if TYPE_CHECKING:
    from ...crosscheck.link_facts.phase_diagram import FamilyThreshold

#: Members of the family, and temperatures of each, at which the signal is evaluated in doubles.
_MEMBERS, _TEMPERATURES = 121, 300


def plot_family(answer: FamilyThreshold, path: Path) -> None:
    """Draw the phase diagram to a file. Raises LinkError where the parameter has no interval to draw."""
    _require_interval(answer)
    with canvas((6.4, 4.4)) as (figure, axis):
        draw_family(axis, answer)
        save(figure, path)


def _require_interval(answer: FamilyThreshold) -> None:
    if not answer.family.continuous:
        raise LinkError(
            f"{answer.family.name} is a list of values: give it an interval, as in [0, 2], to draw"
        )


def draw_family(axis: Any, answer: FamilyThreshold) -> None:
    """Curves are of doubles; dots and lines mark what is certified."""
    from matplotlib.ticker import LogLocator

    low, high = map(float, answer.family.ends)
    marks = [
        (float(Fraction(at.at)), float(zero))
        for stretch in answer.stretches for at in stretch.beta1 for zero in at.exceptional
    ]  # fmt: skip
    betas = _temperatures(answer, [beta for _, beta in marks])
    cuts = [float(each.value) for each in answer.critical]
    step = (high - low) / 2000
    near = [cut + side * step for cut in cuts for side in (-1, 1) if low < cut + side * step < high]
    places = np.array(sorted({*np.linspace(low, high, _MEMBERS), *near}))
    signals = np.column_stack([_signal(answer, p, betas) for p in places])
    if np.isfinite(signals).any():
        axis.contour(places, betas, signals, levels=[0.0], colors=[ORANGE], linewidths=1.1)
        axis.plot([], [], color=ORANGE, label="exceptional temperatures")
    first = np.array([_largest_zero(column, betas) for column in signals.T])
    # Where none is seen although beta1 is above the lowest temperature drawn, it is above the highest.
    for cell in (cell for stretch in answer.stretches for cell in stretch.between):
        if float(cell.lower) > betas[0]:
            inside = (float(Fraction(cell.start)) <= places) & (places <= float(Fraction(cell.end)))
            first[inside & (first == betas[0])] = betas[-1]
    # The line is cut where beta1 may jump.
    places, first = np.append(places, cuts), np.append(first, np.full(len(cuts), np.nan))
    order = np.argsort(places)
    places, first = places[order], first[order]
    axis.fill_between(places, first, betas[-1], color=GREEN, alpha=0.12, linewidth=0, label="β > β₁")
    axis.plot(places, first, color=BLUE, linewidth=2, label="β₁")
    if marks:
        axis.plot(*zip(*marks, strict=True), "o", color=ORANGE, markersize=3.5, label="enclosed", zorder=4)
    for number, each in enumerate(answer.critical):
        axis.axvline(float(each.value), color=PINK, linestyle=":", linewidth=1.2,
                     label=None if number else "critical values")  # fmt: skip
        if betas[0] <= float(each.beta) < np.inf:
            axis.plot([float(each.value)], [float(each.beta)], "D", color=PINK, markersize=5, zorder=5)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("")
    axis.set_xlim(low, high)
    axis.set_ylim(betas[0], betas[-1])
    axis.set_xlabel(answer.family.name)
    axis.set_ylabel("temperature β")
    axis.set_title(f"s(z) = {answer.link}", fontsize=10)
    axis.grid(True, color="0.9", linewidth=0.6)
    axis.legend(frameon=False, fontsize=8, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.14))


def _temperatures(answer: FamilyThreshold, betas: list[float]) -> Array:
    """A log grid around all that is marked, above 1/t_max of every member tried."""
    met = [float(each.beta) for each in answer.critical]
    near = [*betas, *(beta for beta in met if 0 < beta < np.inf)] or [1.0]
    least = [0.0]
    for end in answer.family.ends:
        limit = t_range(answer.family.at(end).tree).finite_below
        least.append(1.02 / float(limit) if limit.is_finite() and limit > 0 else 0.0)
    low = max(0.4 * min(near), max(least))
    return np.geomspace(low, max(2.5 * max(near), 4 * low), _TEMPERATURES)


def _signal(answer: FamilyThreshold, place: float, betas: Array) -> Array:
    """The signal of order k* over E e^{ty}, not a number where it is not evaluated."""
    nothing = np.full_like(betas, np.nan)
    try:
        link = answer.family.at(Fraction(f"{place:.6g}"))
        star = exponents(link).generative_exponent.value
        if star is None:
            return nothing
        once = scan(link.tree, sorted({0, star}), (0, 1), 1 / betas)
    except (LinkError, Unresolved):
        return nothing
    h, alpha = once.of(0, star), once.of(1, star)
    if answer.signal == Signal.WEIGHT:
        return h
    if answer.signal == Signal.CENTERED:
        return alpha - once.of(1, 0) * h
    noisy: Array = alpha + noise_cumulants(answer.noise, once.ts)[1] * h
    return noisy


def _largest_zero(signal: Array, betas: Array) -> float:
    """The largest beta where the signal changes sign, the least of the grid where it does not."""
    if not np.isfinite(signal).all():
        return float("nan")
    changes = np.nonzero(signal[:-1] * signal[1:] <= 0)[0]
    if not changes.size:
        return float(betas[0])
    j = changes[-1]
    share = abs(signal[j]) / max(abs(signal[j]) + abs(signal[j + 1]), 1e-300)
    return float(betas[j] * (betas[j + 1] / betas[j]) ** share)


#: Overlaps kept per neuron when they are drawn.
RECORDS = 60


def plot_recovery(answer: Recovery, path: Path) -> None:
    """Three panels, with weights (and without, where both were trained); needs recorded overlaps."""
    both = [answer] if answer.plain is None else [answer, answer.plain]
    with canvas((6.4, 8.0), 3) as (figure, axes):
        axes[0].set_title(f"s(z) = {answer.link.text}", fontsize=10)
        for one, colour, mark in zip(both, (BLUE, ORANGE), ("o", "s"), strict=False):
            _overlaps(axes[0], one, colour)
            _fractions(axes[1], one, colour, mark)
            _samples(axes[2], one, colour, mark)
        _dress(axes, [run.d for run in answer.runs])
        save(figure, path)


def draw_recovery(axis: Any, answer: Recovery) -> None:
    """The recovered fraction with its interval, law and forecast at each d, without weights too."""
    both = [answer] if answer.plain is None else [answer, answer.plain]
    for one, colour, mark in zip(both, (BLUE, ORANGE), ("o", "s"), strict=False):
        _fractions(axis, one, colour, mark)
    _dress_fractions(axis, [run.d for run in answer.runs])
    _dress_any(axis, "upper left", 2)


def _name(answer: Recovery) -> str:
    return "without weights" if answer.beta is None else f"beta = {answer.beta}"


def _overlaps(axis: Any, answer: Recovery, colour: str) -> None:
    """The median |m| of the neurons of good sign at each d, and the middle half of them at the largest."""
    for index, (run, neurons, good) in enumerate(zip(answer.runs, answer.neurons, answer.good, strict=True)):
        sizes = np.abs(neurons.overlaps[good])
        if not sizes.size:
            continue
        grid = log_grid(run.horizon, 60)
        low, middle, high = np.percentile(sizes, [25, 50, 75], axis=0)
        last = index == len(answer.runs) - 1
        if last:
            axis.fill_between(grid, low, high, color=colour, alpha=0.2, linewidth=0)
        shade = 0.35 + 0.65 * (index + 1) / len(answer.runs)
        axis.plot(grid, middle, color=colour, alpha=shade, label=_name(answer) if last else None)
        # On the way up: there the curves of different d are apart.
        risen = int(np.argmax(middle >= 0.4)) if middle[-1] >= 0.4 else len(grid) - 1
        axis.annotate(f"{run.d}", (grid[risen], middle[risen]), fontsize=7, color=colour,
                      textcoords="offset points", xytext=(3, -3))  # fmt: skip


def _fractions(axis: Any, answer: Recovery, colour: str, mark: str) -> None:
    ds = [run.d for run in answer.runs]
    lows, highs = np.transpose([run.fraction_interval for run in answer.runs])
    values = np.array([run.fraction for run in answer.runs])
    bars = np.clip([values - lows, highs - values], 0, None)
    name = _name(answer)
    axis.plot(ds, values, mark, color=colour, label=f"{name}: recovered")
    axis.errorbar(ds, values, bars, fmt="none", ecolor=colour, capsize=3)
    forecasts = [run.forecast_fraction for run in answer.runs]
    if None not in forecasts:
        axis.plot(ds, forecasts, ":", color=colour, label=f"{name}: forecast")
    laws = [run.predicted_fraction for run in answer.runs]
    if None not in laws:
        axis.plot(ds, laws, "-", color=colour, linewidth=0.8, label=f"{name}: law of R3")


def _samples(axis: Any, answer: Recovery, colour: str, mark: str) -> None:
    known = [(run.d, run.median_samples) for run in answer.runs if run.median_samples]
    if not known:
        return
    ds, medians = (np.array(column, dtype=float) for column in zip(*known, strict=True))
    slope = answer.exponent
    fitted = "" if slope.fitted is None else f", slope {slope.fitted:.2f}"
    axis.plot(ds, medians, mark, color=colour, label=f"{_name(answer)}{fitted}")
    if slope.predicted is None:
        return
    span = np.geomspace(ds[0], ds[-1], 40)
    power = span**slope.predicted * (np.log(span) if slope.logarithm else 1.0)
    # Through the geometric middle of the points: what is compared is the slope.
    scale = np.exp(np.mean(np.log(medians) - np.interp(np.log(ds), np.log(span), np.log(power))))
    law = f"d^{slope.predicted}" if slope.predicted > 1 else "d"
    axis.plot(span, scale * power, "--", color=colour, linewidth=1,
              label=f"predicted {law}{' log d' if slope.logarithm else ''}")  # fmt: skip


def _dress(axes: Any, ds: list[int]) -> None:
    axes[0].axhline(0.5, color=GREEN, linewidth=0.8, linestyle=":")
    axes[0].set(xscale="log", xlabel="samples", ylabel="median |m|, good sign (by d)", ylim=(0, None))
    _dress_fractions(axes[1], ds)
    axes[2].set(xscale="log", yscale="log", xlabel="d", ylabel="median samples to |m| = 1/2")
    _dress_dimensions(axes[2], ds)
    for axis, place, columns in zip(axes, ("best", "upper left", "best"), (1, 2, 1), strict=True):
        _dress_any(axis, place, columns)


def _dress_fractions(axis: Any, ds: list[int]) -> None:
    axis.set(xscale="log", xlabel="d", ylabel="fraction recovered", ylim=(0, 1.5), yticks=[0, 0.5, 1])
    axis.set_title(f"intervals of {100 * FRACTION_LEVEL:g}%", fontsize=8, loc="right")
    _dress_dimensions(axis, ds)


def _dress_dimensions(axis: Any, ds: list[int]) -> None:
    axis.set_xticks(ds, [str(d) for d in ds])
    axis.minorticks_off()


def _dress_any(axis: Any, place: str, columns: int) -> None:
    axis.legend(fontsize=7, frameon=False, loc=place, ncols=columns)
    axis.spines[["top", "right"]].set_visible(False)


def axes(answer: Any, ax: Any = None) -> Any:
    """The figure of an answer drawn into ``ax``, or into new axes, which are returned.

    Raises TypeError where it has none, and LinkError as ``plot_family`` does.
    """
    from matplotlib import pyplot

    draw = _drawing(answer)
    if ax is None:
        _, ax = pyplot.subplots(constrained_layout=True)
    draw(ax)
    if type(answer).__name__ in ("AdmissibleSet", "Policies", "Threshold"):
        ax.set_xlabel("temperature β")
    return ax


def _drawing(answer: Any) -> Callable[[Any], None]:
    """What draws an answer; asked before any axes are made."""
    kind = type(answer).__name__
    if kind == "Threshold":
        if (samples := sample(answer)) is None:
            raise TypeError(f"there is nothing to plot for {answer.link}: no temperature is allowed")
        return partial(draw_signal, answer=answer, samples=samples)
    if kind == "FamilyThreshold":
        _require_interval(answer)
    draw = _DRAWN.get(kind)
    if draw is None:
        raise TypeError(
            f"a {kind} has no figure of its own: plot the answer of threshold, admissible or recover, or of "
            "policy at several temperatures"
        )
    return partial(draw, answer=answer)


_DRAWN: dict[str, Callable[..., None]] = {
    "AdmissibleSet": draw_admissible,
    "FamilyThreshold": draw_family,
    "Policies": draw_policies,
    "Recovery": draw_recovery,
}
