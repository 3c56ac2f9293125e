"""Figures of one link: signal, signal-to-noise ratio and tilted Hermite coefficients against temperature."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..link import LinkError
from ..numerics.expectation import NotIntegrable, Unresolved, oracle, t_range
from ..numerics.snr import Ratio, snr_at
from .answers.exponents import exponents
from .files import check_folder, write_whole

if TYPE_CHECKING:
    from .answers.admissible_set import AdmissibleSet
    from .answers.threshold import Threshold

#: Okabe and Ito's palette: told apart by everybody, and in grey by line style.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_STYLES = (("-", BLUE), ("--", ORANGE), ("-.", GREEN), (":", PINK))
_POINTS = 220
_DIGITS = 6


def check_target(path: Path) -> None:
    """Raise LinkError unless a figure can be written there."""
    if path.suffix not in (".svg", ".png"):
        raise LinkError(f"--plot '{path}' is neither .svg nor .png: write a name such as figure.svg")
    check_folder("--plot", path)


def plot(found: Threshold, path: Path) -> None:
    """alpha_{k*} with its zeros and bounds, the SNR with its best temperature, and h_1..h_4 against beta.

    The file is written whole or not at all. Raises LinkError when no temperature can be drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    star = exponents(found.link).generative_exponent.value
    betas = temperatures(found)
    if star is None or betas is None:
        raise LinkError(
            f"'{found.link}' has no signal at any finite temperature, so there is nothing to draw"
        )
    with matplotlib.rc_context({"svg.hashsalt": "tiltproof", "font.size": 9}):
        figure, axes = pyplot.subplots(3, 1, figsize=(6.4, 7.2), sharex=True, constrained_layout=True)
        draw_signal(axes[0], found, star, betas)
        draw_ratio(axes[1], found, star, betas)
        draw_coefficients(axes[2], found, betas)
        axes[2].set_xlabel(r"temperature $\beta$")
        axes[0].set_title(f"s(z) = {found.link.text}", fontsize=10)
        buffer = io.BytesIO()
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(buffer, format=path.suffix[1:], dpi=160, metadata=metadata)
        pyplot.close(figure)
    write_whole(path, buffer.getvalue())


def temperatures(found: Threshold, points: int = _POINTS) -> list[Fraction] | None:
    """Temperatures on a log grid around everything that is marked; None where no temperature is allowed."""
    marks = [float(x) for zero in found.exceptional for x in (zero.lower, zero.upper)] or [1.0]
    limit = t_range(found.link.tree).finite_below
    if not limit > 0:
        return None
    low, high = min(marks) / 2.5, max(marks) * 12
    bound = found.sufficient.lambert
    if bound is not None and float(bound) < 40 * max(marks):
        high = max(high, 1.3 * float(bound))
    if limit.is_finite():
        low = max(low, 1.02 / float(limit))
        high = max(high, 20 * low)
    return [Fraction(float(b)).limit_denominator(10**6) for b in np.geomspace(low, high, points)]


def _values(found: Threshold, k: int, power: int, betas: list[Fraction]) -> np.ndarray[Any, Any]:
    def value(beta: Fraction) -> float:
        try:
            table = oracle(found.link.tree).tilted_moments((k,), (power,), 1 / beta, _DIGITS)
        except (NotIntegrable, Unresolved):
            return float("nan")
        return float(table[power, k].mid())

    return np.array([value(beta) for beta in betas])


def _shown(axis: Any, betas: list[Fraction]) -> None:
    from matplotlib.ticker import LogLocator

    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter("")
    axis.grid(True, color="0.9", linewidth=0.6)
    axis.set_xlim(float(betas[0]), float(betas[-1]))
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def draw_signal(axis: Any, found: Threshold, star: int, betas: list[Fraction]) -> None:
    """alpha_{k*} over E e^{ty}, which has the same zeros and stays on one scale."""
    curve = _values(found, star, 1, betas) / _values(found, 0, 0, betas)
    axis.plot([float(b) for b in betas], curve, color=BLUE)
    axis.axhline(0, color="0.3", linewidth=0.8)
    zeros = [float(zero.lower) for zero in found.exceptional]
    axis.plot(zeros, [0] * len(zeros), "o", color=ORANGE, label="exceptional temperatures", zorder=3)
    first = found.beta1.value
    if first.upper != "inf" and float(first.upper) > float(betas[0]):
        axis.axvspan(float(first.upper), float(betas[-1]), color=GREEN, alpha=0.12, linewidth=0,
                     label=rf"$\beta > \beta_1 = {float(first.upper):.4g}$")  # fmt: skip
    if found.sufficient.lambert is not None and float(found.sufficient.lambert) < float(betas[-1]):
        axis.axvline(float(found.sufficient.lambert), color=PINK, linestyle=":", label="Lambert bound")
    if found.t_max not in ("oo", "0", "unknown"):
        axis.axvline(
            1 / float(t_range(found.link.tree).finite_below),
            color="0.3",
            linestyle="--",
            label=r"$1/t_{\max}$",
        )
    if found.t_max != "oo":
        # Near 1/t_max the coefficients grow without bound, and the zeros would not be seen.
        axis.set_yscale("asinh", linear_width=0.5)
    axis.set_ylabel(rf"$\alpha_{star}/\mathbb{{E}}\,e^{{y/\beta}}$")
    axis.legend(frameon=False, fontsize=8)
    _shown(axis, betas)


def draw_ratio(axis: Any, found: Threshold, star: int, betas: list[Fraction]) -> None:
    """The signal-to-noise ratio with its best temperature."""
    ratio = Ratio(oracle(found.link.tree), star, found.signal, found.noise)
    values = [snr_at(ratio, 1 / beta) for beta in betas]
    axis.plot([float(b) for b in betas], values, color=BLUE)
    best = found.recommended
    if best is not None and best.beta.upper != "inf":
        axis.plot([float(best.beta.upper)], [float(best.snr.upper)], "s", color=GREEN,
                  label=rf"recommended $\beta = {float(best.beta.upper):.4g}$")  # fmt: skip
        axis.legend(frameon=False, fontsize=8)
    elif best is not None:
        axis.axhline(float(best.snr.upper), color=GREEN, linestyle="--", linewidth=0.9,
                     label=r"supremum, as $\beta\to\infty$")  # fmt: skip
        axis.legend(frameon=False, fontsize=8)
    axis.set_ylabel("SNR")
    axis.set_ylim(bottom=0)
    _shown(axis, betas)


def draw_coefficients(axis: Any, found: Threshold, betas: list[Fraction]) -> None:
    """h_1..h_4 over h_0."""
    base = _values(found, 0, 0, betas)
    for k, (line, colour) in enumerate(_STYLES, 1):
        axis.plot([float(b) for b in betas], _values(found, k, 0, betas) / base, line, color=colour,
                  label=f"k = {k}")  # fmt: skip
    axis.axhline(0, color="0.3", linewidth=0.8)
    if found.t_max != "oo":
        axis.set_yscale("asinh")
    axis.set_ylabel(r"$h_k/h_0$")
    axis.legend(frameon=False, fontsize=8, ncols=4)
    _shown(axis, betas)


def draw_policy(axis: Any, found: Threshold, betas: list[Fraction]) -> None:
    """The log partition function K, the value V = K' and the objective beta K."""
    base, first = (_values(found, 0, power, betas) for power in (0, 1))
    at = np.array([float(b) for b in betas])
    curves = (("K", np.log(base)), ("V", first / base), (r"$\beta K$", at * np.log(base)))
    for (name, values), (line, colour) in zip(curves, _STYLES, strict=False):
        axis.plot(at, values, line, color=colour, label=name)
    if found.t_max != "oo":
        axis.set_yscale("asinh")
    axis.set_ylabel(r"$K,\ V,\ \beta K$")
    axis.legend(frameon=False, fontsize=8)
    _shown(axis, betas)


def draw_admissible(axis: Any, found: AdmissibleSet) -> None:
    """The bound B for each scheme, the allowed epsilon, and the label set as a band."""
    at = np.array([1 / row[0] for row in found.curve])
    names = ("label", "surrogate, same cost", "surrogate, own cost")
    for place, (name, (line, colour)) in enumerate(zip(names, _STYLES, strict=False), 1):
        axis.plot(at, [row[place] for row in found.curve], line, color=colour, label=name)
    axis.axhline(float(found.epsilon), color="0.3", linewidth=0.8)
    for interval in found.label:
        high = interval.upper.upper
        end = at.max() if high == "inf" else float(high)
        axis.axvspan(float(interval.lower.lower), end, color=GREEN, alpha=0.12, linewidth=0)
    axis.set_yscale("log")
    axis.set_ylabel(r"$B(\beta)$")
    axis.legend(frameon=False, fontsize=8)
    _shown(axis, sorted(Fraction(float(beta)) for beta in at))
