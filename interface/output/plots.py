"""Figures of one link: signal, signal-to-noise ratio and tilted Hermite coefficients against temperature."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...crosscheck.files import write_whole
from ...crosscheck.link_facts.exponents import exponents
from ...link import LinkError, Noise, Signal, parse_expression
from ...numerics.estimates.scan import Scan, noise_cumulants, scan
from ...numerics.expectation.oracle import Unresolved, t_range
from ...numerics.lowering.pointwise import Array, compile_numpy
from ..answers.admissible_set import MULTIPLES
from .view import rounded

if TYPE_CHECKING:
    from ...crosscheck.link_facts.threshold import Threshold
    from ..answers.admissible_set import AdmissibleSet
    from ..answers.policy import Policies

#: What every figure is drawn with: the same file each time, its words as text.
RC: dict[Any, Any] = {"svg.hashsalt": "tiltproof", "svg.fonttype": "none", "font.size": 9}
#: Okabe and Ito's palette: told apart by everybody, and in grey by line style.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_STYLES = (("-", BLUE), ("--", ORANGE), ("-.", GREEN), (":", PINK))
_POINTS = 220
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: A panel whose largest value exceeds its median by more is compressed.
_SPAN = 40
#: Over a wider range of temperatures only powers of 10 have room for their labels.
_WIDE = 3000


@contextmanager
def canvas(size: tuple[float, float], rows: int = 1, **options: Any) -> Iterator[tuple[Any, Any]]:
    """A figure, which no screen shows, and its axes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context(RC):
        figure, axes = pyplot.subplots(rows, figsize=size, constrained_layout=True, **options)
        try:
            yield figure, axes
        finally:
            pyplot.close(figure)


def save(figure: Any, path: Path) -> None:
    """The figure in a file, whole or not at all, and the same file each time: without the date."""
    buffer = io.BytesIO()
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix, {})
    figure.savefig(buffer, format=path.suffix[1:], dpi=160, metadata=metadata)
    write_whole(path, buffer.getvalue())


def plot(answer: Threshold, path: Path) -> None:
    """The signal with its zeros and bounds, the SNR with its best temperature, and h_1..h_4 against beta.

    Raises LinkError when no temperature can be drawn.
    """
    samples = sample(answer)
    if samples is None:
        raise LinkError(
            f"'{answer.link}' has no signal at any finite temperature, so there is nothing to draw"
        )
    with canvas((6.4, 7.2), 3, sharex=True) as (figure, axes):
        draw_signal(axes[0], answer, samples)
        draw_ratio(axes[1], answer, samples)
        draw_coefficients(axes[2], answer, samples)
        axes[2].set_xlabel("temperature β")
        axes[0].set_title(f"s(z) = {answer.link.text}", fontsize=10)
        save(figure, path)


def plot_admissible(answer: AdmissibleSet, path: Path) -> None:
    """The guaranteed and the forecast sub-optimality against beta2, with the guaranteed set shaded."""
    with canvas((6.4, 4.0)) as (figure, axis):
        draw_admissible(axis, answer)
        axis.set_xlabel("temperature β2")
        figure.suptitle(f"s(z) = {answer.link.text}, n = {answer.n}, noise {answer.noise}", fontsize=10)
        save(figure, path)


@dataclass(frozen=True)
class Samples:
    """The curves of a link at the temperatures ``at``, in double precision.

    once, twice: the tilted means at t = 1/beta, and at 2t for those t with 2t < t_max (``finite``).
    """

    star: int
    noise: Noise
    at: Array
    once: Scan
    twice: Scan
    finite: np.ndarray[Any, np.dtype[np.bool_]]

    def h(self, k: int) -> Array:
        """h_k/h_0."""
        return self.once.of(0, k)

    def signal(self, kind: Signal) -> Array:
        return signal_of(self.once, self.star, kind, self.noise)

    def ratio(self, kind: Signal) -> Array:
        """The SNR; 0 where E T_t(y)^2 is infinite."""
        here, slope, _ = noise_cumulants(self.noise, self.once.ts[self.finite])
        there, first, second = noise_cumulants(self.noise, self.twice.ts)
        mean, square = self.twice.of(1, 0), self.twice.of(2, 0)
        # The centre c of T = (y - c) e^{ty}.
        centre = self.once.of(1, 0)[self.finite] + slope if kind == Signal.CENTERED else 0.0
        power = second + (first - centre) ** 2 + 2 * (first - centre) * mean + square
        damping = 2 * (self.once.log_mass[self.finite] + here) - self.twice.log_mass - there
        answer = np.zeros_like(self.at)
        signal = self.signal(kind)[self.finite] ** 2 / math.factorial(self.star)
        answer[self.finite] = signal * np.exp(damping) / (1.0 if kind == Signal.WEIGHT else power)
        return answer


def signal_of(once: Scan, star: int, kind: Signal, noise: Noise) -> Array:
    """The coefficient of order k* of that signal over E e^{ty}: the same zeros, on one scale."""
    h, alpha = once.of(0, star), once.of(1, star)
    if kind == Signal.CENTERED:
        return alpha - once.of(1, 0) * h
    return h if kind == Signal.WEIGHT else alpha + noise_cumulants(noise, once.ts)[1] * h


def sample(answer: Threshold, points: int = _POINTS) -> Samples | None:
    """The curves on a grid of temperatures; None where there is no signal or no temperature."""
    star, betas = exponents(answer.link).generative_exponent.value, temperatures(answer, points)
    if star is None or betas is None:
        return None
    tree, ts = answer.link.tree, 1 / betas
    finite = 2 * ts < float(t_range(tree).finite_below)
    orders = sorted({0, 1, 2, 3, 4, star})
    try:
        once = scan(tree, orders, (0, 1), ts)
        twice = scan(tree, (0,), (0, 1, 2), 2 * ts[finite] if finite.any() else ts[:0])
    except Unresolved:
        return None
    return Samples(star, answer.noise, betas, once, twice, finite)


def temperatures(answer: Threshold, points: int = _POINTS) -> Array | None:
    """Temperatures on a log grid around everything that is marked; None where no temperature is allowed."""
    marks = [float(x) for zero in answer.exceptional for x in (zero.lower, zero.upper)] or [1.0]
    if answer.recommended is not None:
        best = answer.recommended.beta
        marks += [float(x) for x in (best.lower, best.upper) if x != "inf" and float(x) > 0]
    limit = t_range(answer.link.tree).finite_below
    if not limit > 0:
        return None
    low, high = min(marks) / 2.5, max(marks) * 12
    bound = answer.sufficient.lambert
    if bound is not None and float(bound) < 40 * max(marks):
        high = max(high, 1.3 * float(bound))
    if limit.is_finite():
        low = max(low, 1.02 / float(limit))
        high = max(high, 20 * low)
    if not answer.complete and answer.searched_down_to != "inf":
        # Below, zeros may lie that are not marked.
        low = max(low, min(float(Fraction(answer.searched_down_to)), high / 4))
    return np.geomspace(low, high, points)


def draw_signal(axis: Any, answer: Threshold, samples: Samples) -> None:
    """The order-k* signal with its zeros, the threshold, the sufficient bounds and 1/t_max."""
    at = samples.at
    axis.plot(at, samples.signal(answer.signal), color=BLUE)
    axis.axhline(0, color="0.3", linewidth=0.8)
    zeros = [float(zero.lower) for zero in answer.exceptional]
    if zeros:
        axis.plot(zeros, [0] * len(zeros), "o", color=ORANGE, label="exceptional temperatures", zorder=3)
    first = answer.beta1.value
    if first.upper != "inf" and float(first.upper) < at[-1]:
        axis.axvspan(max(float(first.upper), at[0]), at[-1], color=GREEN, alpha=0.12, linewidth=0,
                     label=f"β > β₁ = {float(first.upper):.4g}")  # fmt: skip
    bounds = (
        ("Lambert bound", answer.sufficient.lambert, ":"),
        ("structural bound", answer.sufficient.structural, "-."),
    )
    for label, text, line in bounds:
        bound = None if text is None else _number(str(text))
        if bound is not None and at[0] < bound < at[-1]:
            axis.axvline(bound, color=PINK, linestyle=line, label=label)
    end = _end(answer)
    if end is not None:
        axis.axvline(end, color="0.3", linestyle="--", label="1/tₘₐₓ")
    name = {"label": "α{}", "weight": "h{}", "centered": "(α - K′h){}"}[answer.signal]
    axis.set_ylabel(f"{name.format(_subscript(samples.star))} / E exp(y/β)")
    axis.legend(frameon=False, fontsize=8)
    _dress(axis, answer, at)


def _end(answer: Threshold) -> float | None:
    """1/t_max, where it is neither 0 nor oo."""
    if answer.t_max.is_zero or answer.t_max.is_infinite or answer.t_max.free_symbols:
        return None
    return 1 / float(t_range(answer.link.tree).finite_below)


def _number(text: str) -> float:
    """A bound as it is printed: a decimal or a closed form."""
    return float(compile_numpy(parse_expression(text, variables=()))(np.zeros(1))[0])


def draw_ratio(axis: Any, answer: Threshold, samples: Samples) -> None:
    """The signal-to-noise ratio with its best temperature."""
    axis.plot(samples.at, samples.ratio(answer.signal), color=BLUE)
    if answer.recommended is not None:
        _mark_best(axis, answer, samples.at)
        axis.legend(frameon=False, fontsize=8)
    axis.set_ylabel("signal-to-noise ratio")
    axis.set_ylim(0, 1.1 * axis.dataLim.ymax)
    _dress(axis, answer, samples.at, compressed=False)


def _mark_best(axis: Any, answer: Threshold, at: Array) -> None:
    """The recommended temperature as a point, as a band where it is not sharp, or the limit at oo."""
    best = answer.recommended
    assert best is not None
    low, high, snr = float(best.beta.lower), float(best.beta.upper), float(best.snr.upper)
    if math.isinf(low):
        start = float(answer.beta1.value.upper)
        where = f" over β > {start:.4g}" if start > at[0] else ""
        axis.plot([max(start, at[0]), at[-1]], [snr, snr], color=GREEN, linestyle="--", linewidth=0.9,
                  label=f"supremum{where}, as β → ∞")  # fmt: skip
    elif high > 1.001 * low:
        shown = f"{low:.4g}, {high:.4g}" if high < math.inf else f"{low:.4g}, ∞"
        axis.axvspan(max(low, at[0]), min(high, at[-1]), color=GREEN, alpha=0.2, linewidth=0,
                     label=f"largest compared: β₁ in [{shown}]")  # fmt: skip
    else:
        what = "recommended" if best.attained else "largest compared:"
        axis.plot([high], [snr], "s", color=GREEN, label=f"{what} β₁ = {high:.4g}")


def draw_coefficients(axis: Any, answer: Threshold, samples: Samples) -> None:
    """h_1..h_4 over h_0."""
    for k, (line, colour) in enumerate(_STYLES, 1):
        axis.plot(samples.at, samples.h(k), line, color=colour, label=f"k = {k}")
    axis.axhline(0, color="0.3", linewidth=0.8)
    axis.set_ylabel("hₖ / h₀")
    axis.legend(frameon=False, fontsize=8, ncols=2)
    _dress(axis, answer, samples.at)


def draw_policy(axis: Any, answer: Threshold, samples: Samples) -> None:
    """The log partition function K, the value V = K' and the objective beta K, without noise."""
    at, log_partition = samples.at, samples.once.log_mass
    curves = (("K", log_partition), ("V", samples.once.of(1, 0)), ("βK", at * log_partition))
    for (name, values), (line, colour) in zip(curves, _STYLES, strict=False):
        axis.plot(at, values, line, color=colour, label=name)
    axis.set_ylabel("K, V, βK")
    axis.legend(frameon=False, fontsize=8)
    _dress(axis, None, at)
    # Near 1/t_max all three grow without bound: the twentieth of the values there is cut off.
    shown = np.concatenate([values for _, values in curves])
    low, high = np.nanmin(shown), np.nanpercentile(shown, 95 if not answer.t_max.is_infinite else 100)
    axis.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def draw_policies(axis: Any, answer: Policies) -> None:
    """K, the value V, the KL divergence and the objective at the temperatures asked for."""
    several = sorted(answer.policies, key=lambda each: each.beta)
    at = np.array([float(each.beta) for each in several])
    curves = (("K", "log_partition"), ("V", "value"), ("KL", "kl"), ("βK", "objective"))
    for (name, field), (line, colour) in zip(curves, _STYLES, strict=True):
        values = [float(getattr(each, field)) for each in several]
        axis.plot(at, values, line, marker=".", color=colour, label=name)
    axis.legend(frameon=False, fontsize=8)
    axis.set_xscale("log")


def draw_admissible(axis: Any, answer: AdmissibleSet) -> None:
    """The guaranteed and the forecast sub-optimality at several n, with epsilon, the set and the best."""
    proved, forecast, epsilon = answer.guaranteed, answer.forecast, float(answer.epsilon)
    guaranteed, expected = (np.array(each.curve).T for each in (proved, forecast))
    at = 1 / guaranteed[0]
    for row, k in enumerate(MULTIPLES):
        colour, n = _STYLES[row][1], _count(k * answer.n)
        axis.plot(at, guaranteed[row + 1], "-", color=colour, label=f"guaranteed at n = {n}")
        axis.plot(at, expected[row + 1], ":", color=colour)
    if len(guaranteed) > len(MULTIPLES) + 1:
        dashed = f"guaranteed, surrogate weights, n = {_count(answer.n)}"
        axis.plot(at, guaranteed[-1], "--", color=PINK, label=dashed)
    axis.plot([], [], ":", color="0.3", label="dotted: only forecast")
    axis.axhline(epsilon, color="0.3", linewidth=0.8)
    ends: list[float] = []
    for sets, colour, height in ((proved.label, BLUE, 1.0), (proved.surrogate, PINK, 0.05)):
        for place, one in enumerate(sets):
            low, high = float(one.lower.lower), float(one.upper.lower)
            name = "strip below: the set with surrogate weights" if height < 1 and not place else None
            axis.axvspan(low, min(high, at.max()), 0, height, color=colour, alpha=0.15 / height**0.3,
                         linewidth=0, label=name)  # fmt: skip
            ends += [low, high]
    if proved.best is not None:
        beta, bound = float(proved.best.beta), float(proved.best.bound.upper)
        axis.plot([beta], [bound], "o", color=BLUE, label=f"best: β₂ = {beta:.4g} loses at most {bound:.4g}")
        ends.append(beta)
    # As beta grows the policy is not tilted any more: what it loses then is the most that matters.
    hottest = guaranteed[1][0] if guaranteed[1][0] < np.inf else epsilon
    axis.set_ylim(0, 1.2 * max(hottest, epsilon))
    axis.set_ylabel("what is lost of the target")
    axis.set_title(_guaranteed_words(answer), fontsize=8, loc="left")
    axis.annotate(f"ε = {epsilon:g} may be lost", (1, epsilon), xycoords=("axes fraction", "data"),
                  textcoords="offset points", xytext=(-2, 3), ha="right", fontsize=7)  # fmt: skip
    axis.figure.legend(frameon=False, fontsize=7, ncols=2, loc="outside lower center",
                       columnspacing=1, handlelength=1.6)  # fmt: skip
    near = [end for end in ends if end < np.inf] or [float(at.max())]
    shown = at[(expected[-1] <= 1.2 * max(hottest, epsilon)) & (at <= 8 * max(near))]
    _dress(axis, None, np.sort(shown), compressed=False)


def _guaranteed_words(answer: AdmissibleSet) -> str:
    """What the shaded band is, or that there is none."""
    sure, n = f"{100 * (1 - float(answer.delta)):g}% sure", _count(answer.n)
    if not answer.guaranteed.label:
        return f"no β₂ found that surely loses at most ε at n = {n} ({sure})"
    spans = []
    for one in answer.guaranteed.label:
        last = rounded(one.upper.lower, 3, up=False)
        end = "" if last == "inf" else f" ≤ {last}"
        spans.append(f"{rounded(one.lower.upper, 3, up=True)} ≤ β₂{end}")
    return f"shaded: {', '.join(spans)} loses at most ε at n = {n}, {sure}"


def _count(n: int) -> str:
    """A number of samples; from 100,000 on by its power of 10."""
    if n < 10**5:
        return f"{n:,}"
    head, _, power = f"{n:.2e}".partition("e")
    lead = head.rstrip("0").rstrip(".")
    return ("" if lead == "1" else f"{lead}·") + "10" + str(int(power)).translate(_SUPERSCRIPTS)


def _dress(axis: Any, answer: Threshold | None, at: Array, compressed: bool = True) -> None:
    """A log axis of temperatures of one range for all panels, and a compressed scale where values grow.

    Near 1/t_max, and at low temperatures, some grow without bound, and the zeros would not be seen.
    compressed: whether that is wanted at all.
    """
    from matplotlib.ticker import FixedLocator, LogLocator

    if compressed and _spans(axis):
        axis.set_yscale("asinh", linear_width=1.0)
        # Powers below 1 would lie on each other.
        largest = math.log10(max(np.nanmax(np.abs(line.get_ydata())) for line in axis.get_lines()))
        powers = 10.0 ** np.arange(0, largest + 1, max(1, largest // 4))
        axis.yaxis.set_major_locator(FixedLocator([*-powers, 0, *powers]))
        axis.yaxis.set_major_formatter("{x:g}")
    elif axis.get_yscale() == "log":
        axis.yaxis.set_major_formatter("{x:g}")
    axis.set_xscale("log")
    wide = at[-1] > _WIDE * at[0]
    axis.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter("")
    axis.grid(True, color="0.9", linewidth=0.6)
    end = None if answer is None else _end(answer)
    axis.set_xlim(at[0] if end is None else min(at[0], 0.98 * end), at[-1])
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _spans(axis: Any) -> bool:
    """Whether one curve is so much larger than what is typical that the others lie flat on 0."""
    sizes = [np.abs(line.get_ydata()) for line in axis.get_lines() if len(line.get_ydata()) > 2]
    top = max(size.max() for size in sizes)
    # A coefficient that vanishes at every temperature says nothing.
    typical = np.median(np.concatenate([size for size in sizes if size.max() > 1e-9 * top]))
    return bool(top > _SPAN * typical and top > _SPAN)


def _subscript(k: int) -> str:
    return str(k).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
