"""Independent label noise under the tilt: K_e = log E e^{te}, its derivatives, and noisy moments."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from flint import arb, ctx

from ...link.label import Noise
from ..precision import bits_for, exact, relative_digits, working
from .oracle import Moments

_ROUNDS = 3


def cumulants(noise: Noise, t: arb) -> tuple[arb, arb, arb, arb, arb]:
    """K_e(t) and its first four derivatives, t >= 0."""
    if noise.kind == "none":
        return arb(0), arb(0), arb(0), arb(0), arb(0)
    a = exact(noise.scale)
    if noise.kind == "gaussian":
        return a * a * t * t / 2, a * a * t, a * a, arb(0), arb(0)
    x = a * t
    if noise.kind == "rademacher":
        slope, bell = x.tanh(), 1 / x.cosh() ** 2
        fourth = 2 * a**4 * bell * (2 * slope**2 - bell)
        return x.cosh().log(), a * slope, a * a * bell, -2 * a**3 * slope * bell, fourth
    if x.contains(0) or (abs(x) < 1e-3 and x.rel_accuracy_bits() < ctx.prec - 8):
        return _uniform_near_zero(a, x)
    with working(ctx.prec + max(0, -8 * int(float(x.abs_lower().log())))):
        coth, csch2 = 1 / x.tanh(), 1 / x.sinh() ** 2
        third = 2 * a**3 * (coth * csch2 - 1 / x**3)
        fourth = 2 * a**4 * (3 / x**4 - csch2**2 - 2 * coth**2 * csch2)
        return (x.sinh() / x).log(), a * (coth - 1 / x), a * a * (1 / (x * x) - csch2), third, fourth


def _uniform_near_zero(a: arb, x: arb) -> tuple[arb, arb, arb, arb, arb]:
    """log(sinh(x)/x) = x^2/6 - x^4/180 + ..., whose later terms are below x^6 for |x| < 1."""
    reach = x.abs_upper()
    rest = arb(0, reach**4)
    value = x * x / 6 - x**4 / 180 + rest * reach * reach
    return (
        value,
        a * (x / 3 - x**3 / 45 + rest * reach),
        a * a * (arb(1) / 3 - x * x / 15 + rest),
        a**3 * (-2 * x / 15 + arb(0, reach**3)),
        a**4 * (arb(-2) / 15 + arb(0, reach**2)),
    )


def score_terms(noise: Noise, t: arb, *, label: bool) -> tuple[arb, arb, arb]:
    """(factor, kappa, nu): E[w^2 (y - f)^2 | z] = factor e^{2tr} ((rho + kappa)^2 + nu)/M^2, with w over E w.

    Label weights: e^{K_e(2t) - 2K_e(t)}, K_e'(2t) - K_e'(t), K_e''(2t). Surrogate weights: 1, 0, Var e.
    """
    if not label:
        return arb(1), arb(0), cumulants(noise, arb(0))[2]
    if noise.kind == "none":
        return arb(1), arb(0), arb(0)
    middle, ends = t.mid(), [t] if t.rad().is_zero() else [t.lower(), t.upper()]
    # K_e is convex, so that the exponent increases: its ends give its hull. kappa: by the mean value theorem.
    exponents = [cumulants(noise, 2 * at)[0] - 2 * cumulants(noise, at)[0] for at in ends]
    curve = cumulants(noise, 2 * t)[2]
    at_middle = cumulants(noise, 2 * middle)[1] - cumulants(noise, middle)[1]
    kappa = at_middle + (2 * curve - cumulants(noise, t)[2]) * (t - middle)
    return exponents[0].union(exponents[-1]).exp(), kappa, curve


def noisy(moments: list[arb], noise: Noise, t: arb) -> list[arb]:
    """E[y^n e^{ty} f(Z)]/E e^{te}, n = 0..N <= 4, from the noiseless ``moments`` E[s^n e^{ts} f(Z)]."""
    if noise.kind == "none":
        return [+moment for moment in moments]
    # E e^n under the noise's own tilt, from its cumulants.
    found, of_noise = cumulants(noise, t), [arb(1)]
    for n in range(1, len(moments)):
        of_noise.append(sum((comb(n - 1, j) * found[j + 1] * of_noise[n - 1 - j] for j in range(n)), arb(0)))
    return [
        sum((comb(n, j) * moments[n - j] * of_noise[j] for j in range(n + 1)), arb(0))
        for n in range(len(moments))
    ]


def tilted(
    oracle: Moments, ks: Sequence[int], noise: Noise, t: Fraction, digits: int, *, centered: bool
) -> dict[int, tuple[arb, arb, arb | None]]:
    """alpha_k, h_k and alpha_k - K_y'(t) h_k (None unless ``centered``) of the noisy label at t > 0.

    To ``digits`` relative digits; a value that may be 0 is held by a ball about 10^-(digits + 10) wide.
    Raises NotIntegrable and Unresolved as the oracle does.
    """
    wanted = digits
    for _ in range(_ROUNDS):
        table = oracle.tilted_moments(tuple(ks) + (0,) * centered, (0, 1), t, wanted + 3)
        with working(2 * bits_for(wanted) + 2 * max(0, t.denominator.bit_length())):
            found = {k: _three(table, k, noise, exact(t), centered) for k in ks}
        parts = [ball for three in found.values() for ball in three if ball is not None]
        if all(relative_digits(ball) >= digits or ball.contains(0) for ball in parts):
            break
        wanted += digits + 10
    return found


def _three(
    table: dict[tuple[int, int], arb], k: int, noise: Noise, t: arb, centered: bool
) -> tuple[arb, arb, arb | None]:
    growth = cumulants(noise, t)[0].exp()
    h, alpha = (growth * part for part in noisy([table[0, k], table[1, k]], noise, t))
    if not centered:
        return alpha, h, None
    # The noise's own slope cancels: alpha - K_e' h - K' h is free of it up to the factor e^{K_e}.
    return alpha, h, growth * (table[1, k] - table[0, k] * table[1, 0] / table[0, 0])
