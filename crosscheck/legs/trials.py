"""At which temperatures a claim is tried on a link (exact rationals in (0, t_max)), and how samples decide
it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import frexp, inf, isfinite
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray
from scipy import special

from ...link import NOISELESS, Node, Noise
from ...numerics.estimates import sampling
from ...numerics.expectation.oracle import t_range
from ...theory.zero_bounds import SignChanges
from ..claim import Assumption, Subject, condition
from ..link_facts.beyond import sign_changes
from ..link_facts.exponents import exponents
from ..verdict import Finding, broken, refutes, supports, undecided

_SPREAD = (Fraction(1, 3), Fraction(1), Fraction(3))


def tilts(subject: Subject) -> tuple[Fraction, ...]:
    """Values of t = 1/beta inside the range that the oracle proves integrable; empty when there are none."""
    limit = t_range(subject.link.tree).finite_below
    if not limit > 0:
        return ()
    if not limit.is_finite() or limit > 4:
        return _SPREAD
    # Stay a quarter inside the range: at its end the expectations blow up.
    reach = _below(limit * arb(3) / 4)
    return tuple(t * reach / 3 for t in _SPREAD)


def gentle_tilt(subject: Subject) -> Fraction:
    """One small t at which simulation has light tails. Raises ValueError where t_max > 0 is not shown."""
    limit = t_range(subject.link.tree).finite_below
    if not limit > 0:
        raise ValueError(f"t_max > 0 is not shown of '{subject.link}'")
    return Fraction(1, 4) if not limit.is_finite() or limit > 2 else _below(limit / 8)


def order(subject: Subject) -> int:
    """k*, where GENERATIVE is assumed."""
    star = exponents(subject.link).generative_exponent.value
    assert star is not None
    return star


def order_and_power(subject: Subject) -> tuple[int, int]:
    """k* and i0, where WITNESS is assumed."""
    power = exponents(subject.link).witness_power
    assert power is not None
    return order(subject), power


def changes(subject: Subject) -> SignChanges:
    """The sign changes of zeta_{k*} P_y and y zeta_{k*} P_y, where COUNTED is assumed."""
    counts = sign_changes(subject.link)
    assert counts is not None
    return counts


def _below(x: arb) -> Fraction:
    """A short rational just below a positive ball, whatever its size."""
    mantissa, exponent = frexp(float(x.lower()))
    return Fraction(int(mantissa * 4096), 4096) * Fraction(2) ** exponent


def _undecided(subject: Subject) -> str | None:
    value = exponents(subject.link).generative_exponent.value
    return None if value is not None else "the generative exponent is infinite or undecided"


def _no_witness(subject: Subject) -> str | None:
    if reason := _undecided(subject):
        return reason
    power = exponents(subject.link).witness_power
    return None if power is not None else "no E[s^i He_k*] is shown to be nonzero"


def _no_tilt(subject: Subject) -> str | None:
    if tilts(subject):
        return None
    known = t_range(subject.link.tree)
    return f"{'t_max = 0' if known.infinite_from.is_zero() else 't_max > 0 is not shown'}: {known.reason}"


TILT = Assumption("t_max > 0", _no_tilt)
#: The same condition on a link: the small t at which such a claim is tried lies below t_max/2.
HALF_TILT = Assumption("2t < t_max", _no_tilt)
NOT_CONSTANT = condition(
    "s is not constant", lambda s: not s.exponents.generative.infinite, "s takes one value almost surely"
)
GENERATIVE = Assumption("generative exponent decided", _undecided)
WITNESS = Assumption("witness power known", _no_witness)
COUNTED = condition(
    "sign changes known", lambda s: sign_changes(s.link), "the sign changes of zeta_k* dP_y are not settled"
)


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


def inputs(rng: np.random.Generator, *batches: int) -> NDArray[np.float64]:
    """<theta, x> of SAMPLES inputs x in DIMENSION dimensions, in batches, for one random direction theta."""
    theta = rng.standard_normal(DIMENSION)
    x = rng.standard_normal((*batches, SAMPLES, DIMENSION))
    return np.asarray(x @ (theta / np.linalg.norm(theta)))


def weighted(
    rng: np.random.Generator,
    tree: Node,
    at: Fraction,
    observables: Sequence[sampling.Observable],
    noise: Noise = NOISELESS,
) -> sampling.Weighted:
    """Means under the policy of ``tree`` at t = ``at``, from as many weighted inputs."""
    return sampling.tilted_means(tree, float(at), observables, d=DIMENSION, n=SAMPLES, rng=rng, noise=noise)


def normal_limit(subject: Subject, tests: int) -> float:
    """Standard errors beyond which one of so many two-sided tests counts, at the rate granted to all."""
    return -float(special.ndtri(subject.alarm / (2 * tests)))


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

    @classmethod
    def of(cls, label: str, values: NDArray[np.float64], claimed: float, room: float = 0.0) -> Row:
        """The mean of independent ``values``."""
        error = float(values.std(ddof=1)) / len(values) ** 0.5
        return cls(label, float(values.mean()), error, claimed, room)

    @classmethod
    def at(cls, label: str, sample: sampling.Sample, where: tuple[int, ...], *stated: Any) -> Row:
        """One of the means of a sample, at the place of its t, power and order, against what is stated."""
        return cls(label, float(sample.mean[where]), float(sample.standard_error[where]), *stated)

    @property
    def gap(self) -> float:
        if self.least:
            return max(self.claimed - abs(self.estimate) - self.room, 0.0)
        return max(abs(self.estimate - self.claimed) - self.room, 0.0)


def judged(
    subject: Subject, rows: Sequence[Row], samples: int = SAMPLES, how: str = "", freedom: float = inf, *,
    share: float = 1.0, rounding: float = _DOUBLE,
) -> Finding:  # fmt: skip
    """Each row within its limit, at a share of the run-wide false-alarm rate, split evenly among the rows.

    freedom: the degrees of freedom of the standard errors. rounding: what it may cost of the number claimed.
    """
    limit = -float(special.stdtrit(freedom, share * subject.alarm / (2 * len(rows))))
    worst, finest = 0.0, float("inf")
    for row in rows:
        if not (isfinite(row.gap) and isfinite(row.error)):
            how = f"{row.label}: simulated {row.estimate:.5g} +- {row.error:.2g}, statement {row.claimed:.5g}"
            return broken(f"{how}: nothing to compare")
        # Rounding alone separates an estimate without spread from its value.
        lost = rounding * (abs(row.claimed) if row.error > 0 else max(1.0, abs(row.claimed)))
        deviation = 0.0 if row.gap <= lost else row.gap / row.error if row.error > 0 else inf
        if deviation > limit:
            stated = f"at least {row.claimed:.5g} in size" if row.least else f"{row.claimed:.5g}"
            witness = f"{row.label}: simulated {row.estimate:.5g} +- {row.error:.2g}, statement {stated}"
            detail = f"n = {samples}, {deviation:.1f} standard errors off, limit {limit:.2f}"
            return refutes(detail, witness)
        if not row.room <= row.error + rounding * abs(row.claimed):
            return undecided(f"{row.label}: what is stated is known to {row.room:.2g} only")
        worst, finest = max(worst, deviation), min(finest, row.error)
    return supports(
        f"n = {samples}{how}, {len(rows)} estimates at most {worst:.1f} standard errors off "
        f"(limit {limit:.2f}); "
        f"a shift of {(limit + 3) * finest:.2g} would have been caught"
    )


def judged_means(
    subject: Subject, means: sampling.Weighted, labels: Sequence[str], claimed: Sequence[float], how: str = ""
) -> Finding:
    """Means under a policy against the numbers claimed."""
    columns = zip(labels, means.mean, means.standard_error, claimed, strict=True)
    rows = [Row(label, float(mean), float(error), value) for label, mean, error, value in columns]
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}{how}")
