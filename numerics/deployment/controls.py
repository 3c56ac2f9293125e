"""What a forecast takes D to be, against errors that are as bad as they can be: D must not be too small.

D exceeds ess sup Delta - E_{pi*} Delta for the fit as it is by the leverage of the features, and for the fit
clipped to the range of s by its width and norm (see suboptimality). Both hold for every fit, so fits are
made to break them: along the direction in which the features spread furthest, trained on few samples, and
clipped ones that are off by the whole range where pi* has little mass. All of it on a grid, in doubles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...link.tree import Node
from ..expectation.complex_boxes import Doubles
from ..lowering.numpy import compile_numpy
from .gap import ROUNDING
from .learning import BIASES
from .readout import features, weighted_ridge
from .suboptimality import Estimate

_Z = np.linspace(-8, 8, 1601)
_SAMPLES, _FITS = 40, 20
#: Sizes of an error along the worst direction, in units of osc(s).
_SIZES = (0.01, 1.0, 100.0)


@dataclass(frozen=True, slots=True)
class Tightest:
    """The largest ratio met of what D controls to D, for which fit."""

    ratio: float
    fit: str
    found: float
    claimed: float


def unclipped(tree: Node, forecast: Estimate, rng: np.random.Generator) -> Tightest:
    """osc(Delta) of fits as they are against osc(s - g) + L(t) (sd_{pi*}(Delta) + sd_{pi*}(s - g))."""
    s, law = _law(tree, forecast.t)
    rows = []
    for name, fit in _fits(s, rng):
        delta = fit - s
        claimed = forecast.rest + forecast.reach * (_spread(law, delta) + forecast.rest_spread)
        rows.append(Tightest(float(np.ptp(delta)) / claimed, name, float(np.ptp(delta)), claimed))
    return max(rows, key=lambda row: row.ratio)


def clipped(tree: Node, forecast: Estimate, low: float, high: float, rng: np.random.Generator) -> Tightest:
    """ess sup Delta - E_{pi*} Delta of clipped fits against osc(s) + ||Delta||_{pi*}."""
    s, law = _law(tree, forecast.t)
    fits = [(name, np.clip(fit, low, high)) for name, fit in _fits(s, rng)]
    for share in (1e-9, 1e-3, 0.1):
        # The largest error, where s is low: from the lowest values up to this share of pi*.
        order = np.argsort(s, kind="stable")
        off = order[: max(1, int((np.cumsum(law[order]) <= share + ROUNDING).sum()))]
        spoilt = s.copy()
        spoilt[off] = high
        fits.append((f"off by the whole range on {share:g} of pi*", spoilt))
    rows = []
    for name, fit in fits:
        delta = fit - s
        above = float(delta.max() - law @ delta)
        claimed = forecast.width + float(np.sqrt(law @ delta**2))
        rows.append(Tightest(above / claimed, name, above, claimed))
    return max(rows, key=lambda row: row.ratio)


def _law(tree: Node, t: float) -> tuple[Doubles, Doubles]:
    """s and the probabilities of pi* on the grid."""
    s = np.asarray(compile_numpy(tree)(_Z), dtype=float)
    weight = np.exp(t * (s - s.max()) - _Z**2 / 2)
    return s, weight / weight.sum()


def _fits(s: Doubles, rng: np.random.Generator) -> Iterator[tuple[str, Doubles]]:
    places = np.array([float(b) for b in BIASES])
    psi = features(_Z, places)
    gamma = np.exp(-(_Z**2) / 2)
    gamma /= gamma.sum()
    close = psi @ np.linalg.lstsq(psi, s, rcond=1e-10)[0]
    centred = psi - gamma @ psi
    # The curve psi in the metric of Cov_gamma(psi)^{-1}.
    _, root = np.linalg.qr(np.sqrt(gamma)[:, None] * centred[:, 1:])
    curve = np.linalg.solve(root.T, centred[:, 1:].T).T
    sizes = (curve**2).sum(axis=1)
    i, j = np.unravel_index(int((sizes[:, None] + sizes - 2 * curve @ curve.T).argmax()), (len(s), len(s)))
    worst = curve @ (curve[i] - curve[j])
    for size in _SIZES:
        for sign in (1, -1):
            yield (
                f"{size:g} osc(s) along the worst direction",
                close + sign * size * np.ptp(s) * worst / np.ptp(worst),
            )
    for _ in range(_FITS):
        x = rng.choice(len(_Z), _SAMPLES, p=gamma)
        y = s[x] + np.ptp(s) / 4 * rng.standard_normal(_SAMPLES)
        yield f"trained on {_SAMPLES} samples", psi @ weighted_ridge(psi[x], y, np.zeros(_SAMPLES)).theta


def _spread(law: Doubles, values: Doubles) -> float:
    return float(np.sqrt(float(law @ (values - law @ values) ** 2)))
