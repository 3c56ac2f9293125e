"""The tilted policy by self-normalised importance sampling from d-dimensional inputs.

x ~ N(0, I_d), weights e^{t s(<theta*, x>)}: E_{pi*} f is estimated by sum w f/sum w. Log-weights are shifted
by their maximum, so that no temperature overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...link.label import NOISELESS, Noise
from ...link.tree import Node
from ..lowering.numpy import compile_numpy
from .sampling import draw_noise

Array = NDArray[np.float64]
#: f(u, v, y): u = <theta*, x>, v = <v, x> for a unit vector v orthogonal to theta*, y the label.
Observable = Callable[[Array, Array, Array], Array]
#: Below this effective sample size the ratio's normal limit is not to be trusted.
LEAST_EFFECTIVE = 100.0


class TooFewEffective(ArithmeticError):
    """The weights concentrate on too few samples for an estimate."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """Self-normalised means with standard errors (delta method), log of the mean weight, and their sizes.

    effective: (sum w)^2/sum w^2. effective_error: the standard error of effective/n.
    """

    mean: Array
    standard_error: Array
    log_mass: float
    log_mass_error: float
    effective: float
    effective_error: float
    n: int
    d: int


def tilted_means(
    tree: Node,
    t: float,
    observables: Sequence[Observable],
    *,
    d: int,
    n: int,
    rng: np.random.Generator,
    noise: Noise = NOISELESS,
) -> Weighted:
    """Estimate E_{pi} f for each observable, pi of density proportional to e^{ty}.

    Raises TooFewEffective when fewer than 100 samples are effective.
    """
    theta = rng.standard_normal(d)
    theta /= np.linalg.norm(theta)
    side = rng.standard_normal(d)
    side -= theta * (theta @ side)
    side /= np.linalg.norm(side)
    plane = rng.standard_normal((n, d)) @ np.stack([theta, side], axis=1)
    u, v = plane[:, 0], plane[:, 1]
    y = compile_numpy(tree)(u) + draw_noise(noise, n, rng)
    top = float((t * y).max())
    weights = np.exp(t * y - top)
    mass = weights.mean()
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    if effective < LEAST_EFFECTIVE:
        raise TooFewEffective(f"only {effective:.1f} of {n} weighted samples are effective")
    share = weights / mass
    means, errors = [], []
    for observable in observables:
        values = observable(u, v, y)
        mean = float((share * values).mean())
        means.append(mean)
        errors.append(float(np.sqrt((share**2 * (values - mean) ** 2).mean() / n)))
    spread = float(np.sqrt(((share - 1) ** 2).mean() / n))
    second = (share**2).mean()
    # a^2/b with a, b the means of w and w^2: its linear part is (2(w/a) - w^2/b) a^2/b.
    linear = (2 * share - share**2 / second) / second
    return Weighted(
        np.array(means), np.array(errors), float(np.log(mass) + top), spread, effective,
        float(linear.std() / np.sqrt(n)), n, d,
    )  # fmt: skip
