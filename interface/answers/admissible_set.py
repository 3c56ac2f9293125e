"""An admissible set of deployment temperatures, as it is answered, and what it says of itself: a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...crosscheck.number import Number
from ...crosscheck.shown import Shown
from ...link import NOISELESS, Link, Noise
from ...link.tree import Node
from ...numerics.deployment.learning import BIASES
from ...numerics.deployment.policy import log_partition
from ...numerics.deployment.suboptimality import Estimate, Suboptimality, exponential
from ...numerics.expectation.noise import cumulants
from ...numerics.precision import dyadic_below, exact, working


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of temperatures beta; ``upper`` may be infinite.

    ends_below: B exceeds epsilon right below ``lower``; else the search ended or failed there.
    """

    lower: Number
    upper: Number
    ends_below: bool

    def as_json(self) -> dict[str, Any]:
        return {"from": self.lower.as_json(), "to": self.upper.as_json(), "ends_below": self.ends_below}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Temperatures at which one estimator has the smaller forecast; ends in doubles."""

    estimator: str
    lower: float
    upper: float

    def as_json(self) -> dict[str, str]:
        return {"estimator": self.estimator, "from": f"{self.lower:.6g}", "to": f"{self.upper:.6g}"}


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a scheme's set was looked for: every beta >= down_to, but for ``undecided`` stretches.

    Below, down to ``scanned_to``, B was taken in doubles at a few temperatures only. empty: why no
    temperature at all, looked at or not, is in the set; "" where that is not proved.
    """

    down_to: Fraction
    scanned_to: float
    undecided: tuple[Interval, ...]
    empty: str

    def as_json(self) -> dict[str, Any]:
        return {
            "down_to": str(self.down_to),
            "scanned_to": f"{self.scanned_to:.6g}",
            "undecided": [{"from": i.lower.as_json(), "to": i.upper.as_json()} for i in self.undecided],
            "empty": self.empty or None,
        }


@dataclass(frozen=True, slots=True)
class Best:
    """The best temperature found (by doubles) and the forecast B there, in a ball."""

    beta: Fraction
    loss: Number

    def as_json(self) -> dict[str, Any]:
        return {"beta": str(float(self.beta)), "loss": self.loss.as_json()}


@dataclass(frozen=True, slots=True)
class Forecast:
    """{beta : B(beta) <= epsilon} for label and surrogate weights, at one common cost and at their own.

    B = [v - V(pi*)] + (e^{tD} - 1)/D sd_{pi*}(r*) e^{t D_0/2} delta, t = 1/beta, D_0 = 0 for label weights,
    with delta^2 the mean of the learning cost as n -> oo: a forecast, which holds at no finite n. ``label``,
    ``surrogate`` and ``label_own`` use the label scheme's cost, ``surrogate_own`` the surrogate scheme's.
    estimators: which fit a forecast is for, by temperature: of ``label``, whose cost ``surrogate`` shares,
    and of ``surrogate_own``. osc, osc_source: D at the best temperature, and whether it is given, or comes
    from the leverage of the features or from clipping.
    low, high: what limits the label set. nonempty_n, nonempty_epsilon: from which n (None: none was found)
    and from which epsilon on the label set is surely not empty. looked: by the name of the set; schemes
    without any are missing. note: why a scheme has no set, and whether the range is known by bounds only.
    curve: (t, B for label, surrogate at the common cost, surrogate at its own), in doubles, for plotting.
    """

    label: tuple[Interval, ...]
    surrogate: tuple[Interval, ...]
    surrogate_own: tuple[Interval, ...]
    looked: dict[str, Looked]
    best: Best
    estimators: dict[str, tuple[Stretch, ...]]
    osc: Number
    osc_source: str
    low: str
    high: str
    nonempty_n: int | None
    nonempty_epsilon: str
    note: str
    curve: tuple[tuple[float, ...], ...]

    @property
    def surrogate_applies(self) -> bool:
        """Whether osc(r* - r_a0) is finite, so that surrogate weights have a forecast."""
        return "surrogate" in self.looked

    @property
    def label_own(self) -> tuple[Interval, ...]:
        """The label scheme's own cost is the common one."""
        return self.label

    def as_json(self) -> dict[str, Any]:
        names = ("label", "surrogate", "label_own", "surrogate_own")
        return {
            **{name: [interval.as_json() for interval in getattr(self, name)] for name in names},
            "looked": {name: looked.as_json() for name, looked in self.looked.items()},
            "surrogate_applies": self.surrogate_applies,
            "best": self.best.as_json(),
            "estimators": {
                name: [stretch.as_json() for stretch in found] for name, found in self.estimators.items()
            },
            "osc": {**self.osc.as_json(), "source": self.osc_source},
            "limits": {"low": self.low, "high": self.high},
            "nonempty_from": {"n": self.nonempty_n, "epsilon": self.nonempty_epsilon},
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class AdmissibleSet(Shown):
    """What is forecast of the deployment temperatures within epsilon; nothing is guaranteed at finite n.

    The forecast is for least squares without a penalty on features of the true direction (overlap 1), and a
    pilot from other samples.
    """

    link: Link
    epsilon: Fraction
    n: int
    noise: Noise
    target: Number
    proxy: Link
    forecast: Forecast

    def as_json(self) -> dict[str, Any]:
        unproved = ("label", "surrogate", "best", "limits", "nonempty_from")
        return {
            "link": str(self.link),
            "epsilon": str(self.epsilon),
            "n": self.n,
            "noise": str(self.noise),
            "features": {"kind": "tanh", "biases": [str(b) for b in BIASES]},
            "ridge": "0",
            "overlap": "1",
            "target": self.target.as_json(),
            "proxy": str(self.proxy),
            # No set is guaranteed at finite n.
            **dict.fromkeys(unproved),
            "forecast": self.forecast.as_json(),
        }


_BITS = 72
#: Binary digits of a temperature up to which is searched.
SHORT = 14


def limits(
    intervals: Sequence[Interval], b: Suboptimality, best: Estimate, top: Fraction, epsilon: Fraction
) -> tuple[str, str]:
    """What stops the set at its lowest and at its highest temperature; ``top``: the largest t searched."""
    n = b.terms.n
    if not intervals:
        need = _weighs_most(best, n)
        if best.lost > float(epsilon):
            return need, f"at the best beta found the value lost is {best.lost:.3g}"
        return need, f"at the best beta found, {1 / best.t:.4g}, the forecast is {best.total(n):.4g}"
    first, last = intervals[0], intervals[-1]
    low = f"looked at down to beta = {float(1 / top):.4g} only"
    if first.ends_below:
        low = _weighs_most(b.estimate(1 / float(first.lower.lower)), n)
    if last.upper.lower == "inf":
        return low, "none: even the untilted policy's value is within epsilon of the target"
    end = b.estimate(1 / float(last.upper.lower))
    return low, f"too little tilt: the policy's value is {end.lost:.3g} below the target"


def _weighs_most(end: Estimate, n: int) -> str:
    """Which parts of the forecast weigh most at a low temperature."""
    cost, (loss, d, _) = end.cost, end.learned(n)
    share = cost.fluctuation / n / (cost.bias + cost.fluctuation / n)
    source = (
        f"the exponential weights amplify the sampling cost to {cost.fluctuation:.3g}/n"
        if share > 0.5
        else f"the features misfit the link by {np.sqrt(cost.bias):.2g} under pi*"
    )
    grown = (exponential(end.t * d) - 1) / (end.t * d)
    return (
        f"forecast loss by learning {loss:.3g} against value lost {end.lost:.3g}: {source}; "
        f"tilting by the fit enlarges its error up to {grown:.3g} times"
    )


def goes_beyond(own: Sequence[Interval], label: Sequence[Interval]) -> bool:
    """Whether the surrogate's set at its own cost reaches lower temperatures than the label's."""
    return bool(own) and not (label and float(label[0].lower.lower) <= float(own[0].lower.upper))


def why_beyond(link: Node, pilot: Node, noise: Noise, t: float) -> str:
    """What makes the surrogate's own cost lower than the label's near t."""
    at = dyadic_below(t, SHORT)
    flatter = np.exp(amplification(pilot, at) - amplification(link, at))
    moment = f"second moment is {flatter:.3g} times the label's"
    reaches = f"at its own cost the surrogate reaches lower temperatures: at beta = {1 / t:.4g} its weights"
    if noise == NOISELESS:
        return f"{reaches}' {moment}"
    with working(_BITS):
        once, twice = (float(cumulants(noise, exact(k * at))[0]) for k in (1, 2))
    return (
        f"{reaches} do not pay the noise's factor {np.exp(twice - 2 * once):.3g}, "
        f"and their {moment} without noise"
    )


def amplification(tree: Node, t: Fraction) -> float:
    """log(chi2 + 1) = K(2t) - 2K(t), roughly."""
    return float(log_partition(tree, 2 * t, 3) - 2 * log_partition(tree, t, 3))
