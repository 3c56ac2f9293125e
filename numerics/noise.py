"""Independent label noise under the tilt: K_e = log E e^{te}, its derivatives, and noisy moments."""

from __future__ import annotations

from math import comb

from flint import arb

from ..link.noise import Noise
from .precision import exact


def cumulants(noise: Noise, t: arb) -> tuple[arb, arb, arb, arb]:
    """K_e(t), K_e'(t), K_e''(t) and K_e'''(t), t >= 0."""
    a = exact(noise.scale)
    if noise.kind == "none":
        return arb(0), arb(0), arb(0), arb(0)
    if noise.kind == "gaussian":
        return a * a * t * t / 2, a * a * t, a * a, arb(0)
    x = a * t
    if noise.kind == "rademacher":
        slope, bell = x.tanh(), 1 / x.cosh() ** 2
        return x.cosh().log(), a * slope, a * a * bell, -2 * a**3 * slope * bell
    if x.contains(0) or abs(x) < 1e-3:
        return _uniform_near_zero(a, x)
    coth, csch2 = 1 / x.tanh(), 1 / x.sinh() ** 2
    third = 2 * (coth * csch2 - 1 / x**3)
    return (x.sinh() / x).log(), a * (coth - 1 / x), a * a * (1 / (x * x) - csch2), a**3 * third


def _uniform_near_zero(a: arb, x: arb) -> tuple[arb, arb, arb, arb]:
    """log(sinh(x)/x) = x^2/6 - x^4/180 + ..., whose later terms are below x^6 for |x| < 1."""
    reach = x.abs_upper()
    rest = arb(0, reach**4)
    value = x * x / 6 - x**4 / 180 + rest * reach * reach
    return (
        value,
        a * (x / 3 - x**3 / 45 + rest * reach),
        a * a * (arb(1) / 3 - x * x / 15 + rest),
        a**3 * (-2 * x / 15 + arb(0, reach**3)),
    )


def noisy(moments: list[arb], noise: Noise, t: arb) -> list[arb]:
    """E[y^n e^{ty} f(Z)]/E e^{te}, n = 0..N <= 3, from the noiseless ``moments`` E[s^n e^{ts} f(Z)]."""
    _, first, second, third = cumulants(noise, t)
    of_noise = [arb(1), first, second + first**2, third + 3 * first * second + first**3]
    return [
        sum((comb(n, j) * moments[n - j] * of_noise[j] for j in range(n + 1)), arb(0))
        for n in range(len(moments))
    ]
