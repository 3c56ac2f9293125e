"""Deciding by samples: estimates with standard errors against the numbers that they must equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np
from scipy import special

from ...link import NOISELESS, Noise
from ...link.tree import Node
from ...numerics.estimates import sampling
from ..claim import Subject
from ..verdict import Evidence, refutes, supports, undecided

SAMPLES = 40_000
DIMENSION = 8
#: What rounding may cost, as a part of the number claimed.
_DOUBLE = 1e-9


def estimates(
    rng: np.random.Generator,
    tree: Node,
    ks: Sequence[int],
    powers: Sequence[int],
    ts: Sequence[float],
    noise: Noise = NOISELESS,
) -> sampling.Sample:
    """E[y^i e^{ty} He_k] from so many inputs in so many dimensions."""
    return sampling.simulate(tree, ks, powers, ts, d=DIMENSION, n=SAMPLES, noise=noise, rng=rng)


def weighted(
    rng: np.random.Generator,
    tree: Node,
    at: Fraction,
    observables: Sequence[sampling.Observable],
    noise: Noise = NOISELESS,
) -> sampling.Weighted:
    """Means under the policy of ``tree`` at t = ``at``, from as many weighted inputs."""
    return sampling.tilted_means(tree, float(at), observables, d=DIMENSION, n=SAMPLES, rng=rng, noise=noise)


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate: what it estimates, its value, its standard error, and the number claimed.

    room: how far the number claimed may itself be off. least: what is claimed is that the size of the
    estimated number does not fall below it.
    """

    label: str
    estimate: float
    error: float
    claimed: float
    room: float = 0.0
    least: bool = False

    @property
    def gap(self) -> float:
        if self.least:
            return max(self.claimed - abs(self.estimate) - self.room, 0.0)
        return max(abs(self.estimate - self.claimed) - self.room, 0.0)


def judged(
    subject: Subject, rows: Sequence[Row], samples: int = SAMPLES, how: str = "", freedom: float = inf, *,
    share: float = 1.0, rounding: float = _DOUBLE,
) -> Evidence:  # fmt: skip
    """Each row within its limit, at a share of the run-wide false-alarm rate, split evenly among the rows.

    freedom: the degrees of freedom of the standard errors. rounding: what it may cost of the number claimed.
    """
    limit = -float(special.stdtrit(freedom, share * subject.alarm / (2 * len(rows))))
    worst, finest = 0.0, float("inf")
    for row in rows:
        # Rounding alone separates an estimate without spread from its value.
        lost = rounding * (abs(row.claimed) if row.error > 0 else max(1.0, abs(row.claimed)))
        deviation = 0.0 if row.gap <= lost else row.gap / row.error if row.error > 0 else inf
        if deviation > limit:
            stated = f"at least {row.claimed:.5g} in size" if row.least else f"{row.claimed:.5g}"
            witness = f"{row.label}: simulated {row.estimate:.5g} +- {row.error:.2g}, statement {stated}"
            detail = f"n = {samples}, {deviation:.1f} standard errors off, limit {limit:.2f}"
            return refutes("simulation", detail, witness)
        if not row.room <= row.error + rounding * abs(row.claimed):
            return undecided("simulation", f"{row.label}: what is stated is known to {row.room:.2g} only")
        worst, finest = max(worst, deviation), min(finest, row.error)
    detail = (
        f"n = {samples}{how}, {len(rows)} estimates at most {worst:.1f} standard errors off "
        f"(limit {limit:.2f}); "
        f"a shift of {(limit + 3) * finest:.2g} would have been caught"
    )
    return supports("simulation", detail)


def judged_means(
    subject: Subject, means: sampling.Weighted, labels: Sequence[str], claimed: Sequence[float], how: str = ""
) -> Evidence:
    """Means under a policy against the numbers claimed."""
    columns = zip(labels, means.mean, means.standard_error, claimed, strict=True)
    rows = [Row(label, float(mean), float(error), value) for label, mean, error, value in columns]
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}{how}")
