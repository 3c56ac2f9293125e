"""The phase diagram of a family: beta1 and all exceptional temperatures against the parameter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...crosscheck.link_facts.exponents import exponents
from ...link import LinkError
from ...numerics.estimates.scan import scan
from ...numerics.expectation.oracle import Unresolved, t_range
from ...numerics.lowering.pointwise import Array
from .plots import BLUE, GREEN, ORANGE, PINK, canvas, save, signal_of

if TYPE_CHECKING:
    from ...crosscheck.link_facts.phase_diagram import FamilyThreshold

#: Members of the family, and temperatures of each, at which the signal is evaluated in doubles.
_MEMBERS, _TEMPERATURES = 121, 300


def plot_family(answer: FamilyThreshold, path: Path) -> None:
    """Draw the phase diagram to a file. Raises LinkError where the parameter has no interval to draw."""
    require_interval(answer)
    with canvas((6.4, 4.4)) as (figure, axis):
        draw_family(axis, answer)
        save(figure, path)


def require_interval(answer: FamilyThreshold) -> None:
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
        return signal_of(once, star, answer.signal, answer.noise)
    except (LinkError, Unresolved):
        return nothing


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
