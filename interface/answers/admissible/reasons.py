"""What a forecast of admissible temperatures says of itself in words: its limits, and how schemes differ."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ....link import NOISELESS, Noise
from ....link.tree import Node
from ....numerics.deployment.policy import log_partition
from ....numerics.deployment.suboptimality import Estimate, Suboptimality, exponential
from ....numerics.expectation.noise import cumulants
from ....numerics.precision import dyadic_below, exact, working
from .admissible_set import Interval

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
