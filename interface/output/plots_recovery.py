"""Figures of stage 1: overlap against samples, recovered fraction and samples to recovery against d."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...numerics.recovery.training import log_grid
from ..answers.recovery import Recovery
from ..answers.strong import FRACTION_LEVEL
from .plots import BLUE, GREEN, ORANGE, canvas, save

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
