"""Monte Carlo from d-dimensional inputs, plain or weighted; draws of the tilted law on the line, of labels.

x ~ N(0, I_d), a direction theta* uniform on the sphere, y = s(<theta*, x>) + e: nothing is reduced to one
dimension by hand. Under the tilt E f is estimated by sum w f/sum w, w = e^{ty}, whose logarithms are shifted
by their maximum, so that no temperature overflows. Labels of other laws come with E[y^i e^{ty} | z].
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, expm1, lgamma, sqrt

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermevander
from numpy.typing import NDArray

from ...link.build import combine
from ...link.label import NOISELESS, Label, Noise
from ...link.tree import Node, Num
from ..lowering.pointwise import Array, compile_numpy, hermite
from .quadrature import Divergent, Estimate, rounded_nodes

_BLOCK = 8192
_CELLS = 2**17
_DECADES = 30.0
#: f(u, v, y): u = <theta*, x>, v = <v, x> for a unit vector v orthogonal to theta*, y the label.
Observable = Callable[[Array, Array, Array], Array]
#: Below this effective sample size the ratio's normal limit is not to be trusted.
LEAST_EFFECTIVE = 100.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Means and standard errors of y^i e^{ty} He_k(<theta*, x>).

    Both arrays have shape (temperatures, powers, orders); n is the number of samples, d the dimension.
    """

    mean: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    n: int
    d: int


def simulate(
    tree: Node,
    ks: Sequence[int],
    powers: Sequence[int],
    ts: Sequence[float],
    *,
    d: int,
    n: int,
    noise: Noise,
    rng: np.random.Generator,
) -> Sample:
    """Estimate E[y^i e^{ty} He_k(<theta*, x>)] for all orders, powers and t = 1/beta from n samples.

    Memory is bounded by one block of 8192 samples, whatever n is.
    """
    link = compile_numpy(tree)
    direction = rng.standard_normal(d)
    direction /= np.linalg.norm(direction)
    shape = (len(ts), len(powers), len(ks))
    mean, square = np.zeros(shape), np.zeros(shape)
    seen = 0
    while seen < n:
        size = min(_BLOCK, n - seen)
        overlap = rng.standard_normal((size, d)) @ direction
        y = link(overlap) + draw_noise(noise, size, rng)
        values = _values(overlap, y, ks, powers, ts)
        # Chan's update merges the block's mean and squared deviations into the running ones.
        block_mean = values.mean(axis=-1)
        block_square = ((values - block_mean[..., None]) ** 2).sum(axis=-1)
        shift = block_mean - mean
        total = seen + size
        square += block_square + shift**2 * (seen * size / total)
        mean += shift * (size / total)
        seen = total
    return Sample(mean, np.sqrt(square / (n - 1) / n), n, d)


def _values(
    z: NDArray[np.float64],
    y: NDArray[np.float64],
    ks: Sequence[int],
    powers: Sequence[int],
    ts: Sequence[float],
) -> NDArray[np.float64]:
    polynomials = hermevander(z, max(ks)).T
    tilt = np.exp(np.multiply.outer(np.asarray(ts, dtype=np.float64), y))
    raised = np.stack([y**power for power in powers])
    result: NDArray[np.float64] = (
        tilt[:, None, None] * raised[None, :, None] * polynomials[list(ks)][None, None]
    )
    return result


def draw_noise(noise: Noise, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``size`` independent draws of the label noise."""
    scale = float(noise.scale)
    if noise.kind == "gaussian":
        return np.asarray(scale * rng.standard_normal(size))
    if noise.kind == "uniform":
        return np.asarray(rng.uniform(-scale, scale, size))
    if noise.kind == "rademacher":
        return np.asarray(scale * (2.0 * rng.integers(0, 2, size) - 1.0))
    return np.zeros(size)


def sample_tilted(tree: Node, t: float, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``n`` draws of the tilted <theta*, x>, uniform inside cells whose masses follow the density.

    The cell width is at most 2R/2^17, R the radius beyond which the density has fallen by e^{-30}
    (R <= 200): the bias of a smooth mean is of the order of its square. Raises ArithmeticError
    when the density does not decay within R.
    """
    link = compile_numpy(tree)
    for radius in (10, 14, 20, 40, 80, 200):
        edges = np.linspace(-radius, radius, _CELLS + 1)
        centers = (edges[1:] + edges[:-1]) / 2
        log_density = t * link(centers) - centers**2 / 2
        log_density -= log_density.max()
        if max(log_density[0], log_density[-1]) < -_DECADES:
            break
    else:
        raise ArithmeticError(f"the tilted density does not decay within |z| <= 200 at t = {t:.6g}")
    cumulative = np.cumsum(np.exp(log_density))
    cells = np.searchsorted(cumulative, rng.uniform(0, cumulative[-1], n))
    width = 2 * radius / _CELLS
    return np.asarray(edges[cells] + width * rng.uniform(0, 1, n))


class TooFewEffective(ArithmeticError):
    """The weights concentrate on too few samples for an estimate."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """Self-normalised means with standard errors (delta method), and their sizes.

    effective: (sum w)^2/sum w^2. effective_error: the standard error of effective/n.
    """

    mean: Array
    standard_error: Array
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
    weights = np.exp(t * y - float((t * y).max()))
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
    second = (share**2).mean()
    # a^2/b with a, b the means of w and w^2: its linear part is (2(w/a) - w^2/b) a^2/b.
    linear = (2 * share - share**2 / second) / second
    effective_error = float(linear.std() / np.sqrt(n))
    return Weighted(np.array(means), np.array(errors), effective, effective_error, n, d)


#: What rounding may cost, as a part of the integral of the absolute value.
_ROUNDING = 1e-12
#: Up to which part, in e-folds below the largest, a node counts.
_SEEN = 40


def label_moment(tree: Node, label: Label, k: int, i: int, t: float) -> Estimate:
    """E[y^i e^{ty} He_k], by two rules over z; the error is what they differ by."""
    values, steep = [], tree
    if label.variance is not None:
        steep = combine("+", tree, combine("*", Num(Fraction(t) / 2), label.variance))
    # By e^{ts} at these t a label makes the integrand grow, which is cut off where it has fallen.
    tilts = {"poisson": (expm1(t),), "flip": (t, -t), "heteroscedastic": (t,)}.get(label.kind, (0.0,))
    for size in (1, 0):
        rules = [rounded_nodes(steep, k, max(i, 1), Fraction(tilt), size) for tilt in tilts]
        z, mass, s = (part.ravel() for part in max(rules, key=lambda rule: rule[0].max()))
        s = s if label.variance is None else np.asarray(compile_numpy(tree)(z))
        if not mass.all():
            raise Divergent(f"the integrand reaches to where doubles end, at t = {t:.6g}")
        kept = np.isfinite(s)
        z, mass, s = z[kept], mass[kept], s[kept]
        terms = mass * _given(label, i, t, z, s, mass) * hermite(k, z)
        values.append((float(terms.sum()), float(np.abs(terms).sum())))
    (fine, whole), (coarse, _) = values
    return Estimate(fine, abs(fine - coarse) + _ROUNDING * whole, whole)


def _given(label: Label, i: int, t: float, z: Array, s: Array, mass: Array) -> Array:
    """E[y^i e^{ty} | z] at the nodes z, s the link there; mass: the weights of the nodes."""
    if label.kind == "bernoulli":
        low, high = map(float, label.numbers)
        return np.asarray(s * high**i * np.exp(t * high) + (1 - s) * low**i * np.exp(t * low))
    if label.kind == "poisson":
        sizes = np.log(mass) + expm1(t) * s
        top = float(s[sizes > sizes.max() - _SEEN].max()) * np.exp(t)
        total, log_rate = np.zeros_like(s), np.log(np.maximum(s, 1e-300))
        for n in range(ceil(top + 12 * sqrt(top) + 40)):
            total += n**i * np.exp(t * n + n * log_rate - s - lgamma(n + 1))
        return np.asarray(total)
    if label.kind == "flip":
        q = float(label.numbers[0])
        return np.asarray((1 - q) * s**i * np.exp(t * s) + q * (-s) ** i * np.exp(-t * s))
    if label.kind == "preference":
        wins = np.array([float((mass / (1 + np.exp((s - at) / float(label.numbers[0])))).sum()) for at in s])
        return np.asarray(wins * np.exp(t) + (1 - wins) * (-1.0) ** i * np.exp(-t))
    assert label.variance is not None
    x, w = hermegauss(60)
    deviation = np.sqrt(np.maximum(compile_numpy(label.variance)(z), 0))[:, None]
    # The normal variable is x + a, of e^{-ax - a^2/2} times the density of x: nodes where the mass lies.
    a = t * deviation
    y = s[:, None] + deviation * (x + a)
    return np.asarray((y**i * np.exp(t * y - a * x - a * a / 2)) @ (w / w.sum()))


def given_moments(tree: Node, label: Label, t: float, z: Array) -> tuple[Array, Array, Array]:
    """E[y^i e^{ty} | z] for i = 0, 1, 2 in closed form; over an equally spaced z for preferences."""
    s = compile_numpy(tree)(z)
    if label.kind == "poisson":
        rate = s * np.exp(t)
        grown = np.exp(rate - s)
        return grown, grown * rate, grown * (rate * rate + rate)
    if label.kind == "flip":
        q = float(label.numbers[0])
        up, down = (1 - q) * np.exp(t * s), q * np.exp(-t * s)
        return up + down, s * (up - down), s * s * (up + down)
    if label.variance is not None:
        v = compile_numpy(label.variance)(z)
        mean, grown = s + t * v, np.exp(t * s + t * t * v / 2)
        return grown, grown * mean, grown * (mean * mean + v)
    if label.kind == "preference":
        mass, tau = np.exp(-(z**2) / 2), float(label.numbers[0])
        p = 0.5 + np.array([mass @ np.tanh((at - s) / (2 * tau)) for at in s]) / (2 * mass.sum())
        low, high = -1.0, 1.0
    else:
        p, (low, high) = s, map(float, label.numbers)
    up, down = p * np.exp(t * high), (1 - p) * np.exp(t * low)
    return up + down, high * up + low * down, high**2 * up + low**2 * down


def draw_label(tree: Node, label: Label, z: Array, rng: np.random.Generator) -> Array:
    """One y for each z."""
    link = compile_numpy(tree)
    s = link(z)
    if label.kind == "bernoulli":
        low, high = map(float, label.numbers)
        return np.asarray(np.where(rng.uniform(size=z.size) < s, high, low))
    if label.kind == "poisson":
        return np.asarray(rng.poisson(s), dtype=np.float64)
    if label.kind == "flip":
        return np.asarray(np.where(rng.uniform(size=z.size) < float(label.numbers[0]), -s, s))
    if label.kind == "preference":
        other = link(rng.standard_normal(z.size))
        chance = 1 / (1 + np.exp((other - s) / float(label.numbers[0])))
        return np.asarray(np.where(rng.uniform(size=z.size) < chance, 1.0, -1.0))
    if label.variance is None:
        return np.asarray(s)
    spread = np.sqrt(np.maximum(compile_numpy(label.variance)(z), 0))
    return np.asarray(s + spread * rng.standard_normal(z.size))
