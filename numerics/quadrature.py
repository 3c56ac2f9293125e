"""High-precision quadrature by mpmath: no proof, but no code in common with the certified oracle.

Kinks are found by sampling the switching functions and bisecting; every panel is integrated by
Gauss-Legendre rules of two sizes, whose difference is the (heuristic) error estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from mpmath.calculus.quadrature import GaussLegendre

from ..link.build import combine
from ..link.tree import Bin, Call, Compare, Node, Num, walk
from .lower_mpmath import Real, compile_mpmath, hermite, mp

_SAMPLES = 400
_SIGNED = ("abs", "sign", "Heaviside", "relu", "sqrt")


class Divergent(ArithmeticError):
    """The integrand does not decay where it was cut off."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with a heuristic error estimate: the difference of two rules plus the cut-off."""

    value: Real
    error: Real


def tilted_moment(tree: Node, k: int, power: int, t: Fraction, digits: int) -> Estimate:
    """E[s(Z)^power e^{t s(Z)} He_k(Z)] to about ``digits`` digits. Raises Divergent."""
    return tilted_moments(tree, (k,), (power,), t, digits)[power, k]


def tilted_moments(
    tree: Node, ks: Sequence[int], powers: Sequence[int], t: Fraction, digits: int
) -> dict[tuple[int, int], Estimate]:
    """The estimates for every power and order, ``{(i, k): estimate}``, from shared nodes.

    Raises Divergent where the integrand still grows at the largest cut-off tried: an estimate of a
    divergent integral would look as good as any other.
    """
    with mp.workdps(digits + 8):
        radius = _cutoff(tree, max(ks), max(powers), t, digits)
        ends = [-radius, *_kinks(tree, radius), radius]
        fine: dict[tuple[int, int], Real] = {(i, k): mp.zero for i in powers for k in ks}
        coarse = dict(fine)
        for low, high in pairwise(ends):
            for a, b in _panels(low, high):
                for target, size in ((fine, 1), (coarse, 0)):
                    _add(target, tree, ks, powers, t, a, b, _rule(digits, size))
        floor = mp.mpf(10) ** -(digits + 2)
        return {
            key: Estimate(fine[key], abs(fine[key] - coarse[key]) + floor * (1 + abs(fine[key])))
            for key in fine
        }


def _add(
    target: dict[tuple[int, int], Real],
    tree: Node,
    ks: Sequence[int],
    powers: Sequence[int],
    t: Fraction,
    low: Real,
    high: Real,
    rule: list[tuple[Real, Real]],
) -> None:
    function = compile_mpmath(tree)
    center, half = (low + high) / 2, (high - low) / 2
    tilt = mp.mpf(t.numerator) / t.denominator
    for node, weight in rule:
        x = center + half * node
        s = function(x)
        mass = weight * half * mp.exp(tilt * s - x * x / 2) / mp.sqrt(2 * mp.pi)
        polynomials = hermite(max(ks), x)
        for i in powers:
            term = mass * s**i
            for k in ks:
                target[i, k] += term * polynomials[k]


@lru_cache(maxsize=16)
def _rule(digits: int, size: int) -> list[tuple[Real, Real]]:
    """Gauss-Legendre nodes and weights on [-1, 1]: 3*2^degree of them, two sizes per precision."""
    degree = 3 if digits <= 10 else 4 if digits <= 40 else 5
    with mp.workdps(digits + 12):
        return list(GaussLegendre(mp).calc_nodes(degree + size - 1, mp.prec))


def _panels(low: Real, high: Real) -> Iterator[tuple[Real, Real]]:
    pieces = max(1, int(mp.ceil((high - low) / 2)))
    width = (high - low) / pieces
    for i in range(pieces):
        yield low + i * width, low + (i + 1) * width


def _cutoff(tree: Node, k: int, power: int, t: Fraction, digits: int) -> Real:
    """Where the log-integrand has fallen ``digits`` + 4 decades below its peak, on both sides, for good."""
    function = compile_mpmath(tree)
    tilt = mp.mpf(t.numerator) / t.denominator

    def log_integrand(x: Real) -> Real:
        s = function(x)
        return tilt * s - x * x / 2 + power * mp.log(1 + abs(s)) + k * mp.log(1 + abs(x))

    for radius in (8, 10, 12, 16, 20, 26, 34, 44, 60, 80, 110, 150, 200):
        peak = max(log_integrand(mp.mpf(radius) * i / 40) for i in range(-40, 41))
        edge = [log_integrand(side * mp.mpf(radius) * c) for side in (-1, 1) for c in (1, mp.mpf("1.2"), 2)]
        if max(edge) < peak - (digits + 4) * mp.log(10):
            return mp.mpf(radius)
    raise Divergent(f"the integrand does not decay within |z| <= 200 at t = {float(t):.6g}")


@lru_cache(maxsize=512)
def _kink_brackets(tree: Node, radius: int) -> tuple[tuple[Node, float, float], ...]:
    step = 2 * radius / _SAMPLES
    found = []
    for function in set(_switching(tree)):
        value = compile_mpmath(function)
        # An offset keeps round numbers, where kinks like to be, off the sample points.
        points = [mp.mpf(-radius + (i + 0.37) * step) for i in range(-1, _SAMPLES + 1)]
        signs = [mp.sign(value(x)) for x in points]
        for i in range(len(points) - 1):
            if signs[i] * signs[i + 1] < 0:
                found.append((function, float(points[i]), float(points[i + 1])))
    return tuple(found)


def _kinks(tree: Node, radius: Real) -> list[Real]:
    """Where the switching functions change sign, to working precision, in increasing order."""
    kinks = []
    for function, low, high in _kink_brackets(tree, int(radius)):
        value = compile_mpmath(function)
        a, b = mp.mpf(low), mp.mpf(high)
        rising = value(b) > 0
        for _ in range(mp.prec + 4):
            middle = (a + b) / 2
            if (value(middle) > 0) == rising:
                b = middle
            else:
                a = middle
        kinks.append((a + b) / 2)
    merged: list[Real] = []
    for kink in sorted(kinks):
        if -radius < kink < radius and (not merged or kink - merged[-1] > mp.mpf(10) ** (-mp.dps + 3)):
            merged.append(kink)
    return merged


def _switching(tree: Node) -> Iterator[Node]:
    for part in walk(tree):
        if isinstance(part, Compare):
            yield combine("-", part.left, part.right)
        elif isinstance(part, Bin) and part.op == "**" and isinstance(part.right, Num):
            if part.right.value.denominator != 1:
                yield part.left
        elif isinstance(part, Call) and part.name in _SIGNED:
            yield part.args[0]
        elif isinstance(part, Call) and part.name == "clip":
            yield from (combine("-", part.args[0], bound) for bound in part.args[1:])
        elif isinstance(part, Call) and part.name in ("min", "max"):
            yield from (combine("-", a, b) for i, a in enumerate(part.args) for b in part.args[i + 1 :])
