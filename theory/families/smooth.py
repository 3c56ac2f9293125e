"""Families of links in one piece: polynomials of degree 1 and 2; waves and powered Gaussians, whose forms are
series.

After the tilt by a polynomial Z is Gaussian again.

s = cos(az + b) or sin(az + b), by Jacobi and Anger: e^{t cos x} = I_0(t) + 2 sum_{n>=1} I_n(t) cos(nx), and
E[cos(n(aZ + b)) He_k] is (na)^k e^{-n^2 a^2/2} cos(nb + k pi/2), the real part of e^{inb} (ina)^k e^{-n^2
a^2/2}.

s = A z^m e^{-c z^2}: h_k = sum_i t^i/i! E[s^i He_k], alpha_k = sum_i t^i/i! E[s^{i+1} He_k]; the moments are
those of ``shape.powered_gaussian``, and |E[s^i He_k]| <= B^i sqrt(k!) with B = sup|s| = |A| (m/(2ce))^{m/2}.
"""

from __future__ import annotations

import sympy

from ...link.tree import Call, Node
from ..exact import order, t
from ..exact.constants import is_zero, sign
from ..exact.polynomial import affine_image, polynomial
from ..shape.powered_gaussian import PoweredGaussian, bell
from .form import ClosedForm, Expansion, Remainder, SeriesForm, factored, n, primitive


def polynomial_form(tree: Node) -> ClosedForm | None:
    """The form of a polynomial of degree 1 or 2, or None for another link."""
    coefficients = polynomial(tree) or ()
    if len(coefficients) == 2:
        return _affine(*coefficients)
    return _quadratic(*coefficients) if len(coefficients) == 3 else None


def _affine(b: sympy.Expr, a: sympy.Expr) -> ClosedForm:
    """az + b: the tilt shifts the Gaussian, h_k = (at)^k e^{bt + a^2 t^2/2}."""
    mass = sympy.exp(b * t + a**2 * t**2 / 2)

    def h(k: int) -> sympy.Expr:
        return (a * t) ** k * mass

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        # d/dt of t^k e^{bt + a^2 t^2/2}.
        slope = sympy.expand(b * t + (a**2 + variance) * t**2 + k)
        return primitive(slope, a**k, t ** (k - 1), mass) if k else sympy.expand(slope / t) * mass

    def centered(k: int) -> sympy.Expr:
        return k * a**k * t ** (k - 1) * mass

    derivation = "E[e^{atZ} He_k] = (at)^k e^{a^2 t^2/2}, the generating function of the Hermite polynomials"
    return ClosedForm("affine", derivation, sympy.oo, h, alpha, (a * t) ** order * mass, centered)


def _quadratic(c: sympy.Expr, b: sympy.Expr, a: sympy.Expr) -> ClosedForm:
    """az^2 + bz + c: after the tilt Z is N(bt/(1-2at), 1/(1-2at)), and h_k follows by a recurrence."""
    room = 1 - 2 * a * t
    mass = sympy.exp(c * t + b**2 * t**2 / (2 * room)) / sympy.sqrt(room)
    even = b == 0

    def numerator(k: int) -> tuple[sympy.Expr, int]:
        """q and p with h_k = q mass/(1-2at)^p in lowest terms.

        For W of mean m and variance v, E He_{k+1}(W) = m E He_k(W) + (v - 1) k E He_{k-1}(W); hence
        q_{k+1} = bt q_k + 2at(1-2at) k q_{k-1} over (1-2at)^k, and for b = 0 half of these powers cancel.
        """
        if even:
            return (sympy.S.Zero if k % 2 else sympy.factorial2(k - 1) * (2 * a * t) ** (k // 2)), k // 2
        before, current = sympy.S.Zero, sympy.S.One
        for j in range(k):
            before, current = current, sympy.expand(b * t * current + 2 * a * t * room * j * before)
        return current, k

    def h(k: int) -> sympy.Expr:
        q, p = numerator(k)
        return factored(q, room ** (-p), mass)

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        q, p = numerator(k)
        growth = c + variance * t
        if even:
            # (q mass/room^p)' = mass/room^(p+1) [room q' + q ((2p + 1) a + room growth)].
            inner = room * sympy.diff(q, t) + q * ((2 * p + 1) * a + room * growth)
            return factored(sympy.expand(inner), room ** (-p - 1), mass)
        # (q mass/room^p)' = mass/room^(p+2) [room^2 q' + q ((2p + 1) a room + room^2 log-slope of e^...)].
        slope = growth * room**2 + b**2 * t * room + b**2 * a * t**2
        inner = sympy.expand(room**2 * sympy.diff(q, t) + q * ((2 * p + 1) * a * room + slope))
        return factored(inner, room ** (-p - 2), mass)

    def centered(k: int) -> sympy.Expr:
        q, p = numerator(k)
        inner = sympy.expand(room * sympy.diff(q, t) + 2 * a * p * q)
        return factored(inner, room ** (-p - 1), mass)

    limit = 1 / (2 * a) if sign(a) == 1 else sympy.oo
    derivation = "completing the square: e^{ts} phi is a Gaussian density of variance 1/(1 - 2at)"
    return ClosedForm("quadratic", derivation, limit, h, alpha, None, centered)


def periodic_form(tree: Node) -> SeriesForm | None:
    """The family's form of c cos(az + b) + d or c sin(az + b) + d, or None for another link."""
    c, d, core = affine_image(tree)
    if not isinstance(core, Call) or core.name not in ("sin", "cos"):
        return None
    argument = polynomial(core.args[0])
    if argument is None or len(argument) != 2:
        return None
    b, a = argument
    # sin x = cos(x - pi/2), -cos x = cos(x + pi).
    b = b - sympy.pi / 2 if core.name == "sin" else b
    if sign(c) == -1:
        c, b = -c, b + sympy.pi
    wave = _Wave(a, b)
    derivation = "Jacobi-Anger: e^{t cos x} = I_0(t) + 2 sum I_n(t) cos(nx), and E[cos(n(aZ+b)) He_k]"
    return SeriesForm("periodic", derivation, wave.h, wave.alpha).image(c, d)


class _Wave:
    """cos(az + b)."""

    def __init__(self, a: sympy.Expr, b: sympy.Expr) -> None:
        self._a, self._b = a, b
        self._even, self._odd = is_zero(sympy.sin(b)) is True, is_zero(sympy.cos(b)) is True

    def h(self, k: int) -> Expansion:
        total = self._sum(k, 2 * sympy.besseli(n, t))
        if k == 0:
            total += sympy.besseli(0, t)

        def term(j: int) -> sympy.Expr:
            return self._moment(j, k) * (2 if j else 1) * sympy.besseli(j, t)

        return Expansion(total, term, lambda start: self._remainder(start, k, 0))

    def alpha(self, k: int) -> Expansion:
        """I_0' = I_1 and 2 I_n' = I_{n-1} + I_{n+1}."""
        slope = sympy.besseli(n - 1, t) + sympy.besseli(n + 1, t)
        total = self._sum(k, slope)
        if k == 0:
            total += sympy.besseli(1, t)

        def term(j: int) -> sympy.Expr:
            value = sympy.besseli(j + 1, t)
            return self._moment(j, k) * (value + sympy.besseli(j - 1, t) if j else value)

        return Expansion(total, term, lambda start: self._remainder(start, k, 1))

    def _vanishes(self, k: int) -> bool:
        return k % 2 == 1 and self._even

    def _sum(self, k: int, bessel: sympy.Expr) -> sympy.Expr:
        if self._vanishes(k):
            return sympy.S.Zero
        # For sin every other term vanishes: n runs through the numbers of the parity of k.
        step, first = (2 * n + k % 2, 1 - k % 2) if self._odd else (n, 1)
        return sympy.Sum(self._moment(step, k) * bessel.subs(n, step), (n, first, sympy.oo))

    def _moment(self, index: int | sympy.Symbol, k: int) -> sympy.Expr:
        """E[cos(n(aZ + b)) He_k]."""
        if index == 0:
            return sympy.S.One if k == 0 else sympy.S.Zero
        # A multiple of 2 pi in the phase says nothing.
        phase = sympy.cos(sympy.expand(index * self._b) + k % 4 * sympy.pi / 2)
        if self._even or self._odd:
            # (-1)^n times a sign.
            phase = sympy.powsimp(sympy.expand(phase, power_exp=True))
        return (index * self._a) ** k * sympy.exp(-((index * self._a) ** 2) / 2) * phase

    def _remainder(self, start: int, k: int, derivative: int) -> Remainder:
        """From I_m(t) <= (t/2)^m/m! e^{t^2/(4(m+1))}, and I_{n-1} + I_{n+1} <= 2 I_{n-1} for the derivative.

        The ratio (t/2)/(m+1) ((n+1)/n)^k e^{-(2n+1)a^2/2} of successive bounds decreases in n.
        """
        if start < 1:
            raise ValueError("the remainder is bounded from the first term on, not from the zeroth")
        if self._vanishes(k):
            return Remainder(sympy.S.Zero, sympy.S.Zero)
        m, a = start - derivative, sympy.Abs(self._a)
        bessel = (t / 2) ** m / sympy.factorial(m) * sympy.exp(t**2 / (4 * (m + 1)))
        first = 2 * bessel * (start * a) ** k * sympy.exp(-((start * a) ** 2) / 2)
        step = sympy.Rational(start + 1, start) ** k * sympy.exp(-(2 * start + 1) * a**2 / 2)
        return Remainder(first, t / (2 * (m + 1)) * step)


def powered_form(tree: Node) -> SeriesForm | None:
    """The family's form of A z^m e^{-c z^2} + d with m >= 0 and c > 0, or None for another link."""
    scale, d, core = affine_image(tree)
    bump = bell(core)
    if bump is None:
        return None
    moments = _Moments(PoweredGaussian(scale * bump.factor, bump.m, bump.c))
    derivation = "sum of t^i/i! E[s^i He_k], each a Gaussian moment of variance 1/(1 + 2ci)"
    return SeriesForm(
        "powered Gaussian", derivation, lambda k: moments.expansion(k, 0), lambda k: moments.expansion(k, 1)
    ).image(sympy.S.One, d)


class _Moments:
    """The moment series of one link; ``shift`` 0 is h_k, 1 is alpha_k."""

    def __init__(self, link: PoweredGaussian) -> None:
        self._link = link
        peak = sympy.Rational(link.m, 2) / link.c
        self._bound = sympy.Abs(link.factor) * (peak / sympy.E) ** sympy.Rational(link.m, 2)

    def expansion(self, k: int, shift: int) -> Expansion:
        def term(i: int) -> sympy.Expr:
            return t**i / sympy.factorial(i) * self._link.moment(i + shift, k)

        def remainder(start: int) -> Remainder:
            if self._vanishes(k):
                return Remainder(sympy.S.Zero, sympy.S.Zero)
            reach = t * self._bound
            first = sympy.sqrt(sympy.factorial(k)) * self._bound**shift * reach**start
            return Remainder(first / sympy.factorial(start), reach / (start + 1))

        return Expansion(self._total(k, shift), term, remainder)

    def _vanishes(self, k: int) -> bool:
        return self._link.m % 2 == 0 and k % 2 == 1

    def _total(self, k: int, shift: int) -> sympy.Expr:
        if self._vanishes(k):
            return sympy.S.Zero
        # An odd link has only the powers i of the parity of k.
        power = n if self._link.m % 2 == 0 else 2 * n + (k + shift) % 2
        moment = self._link.general(k, power + shift)
        if moment == 0:
            return sympy.S.Zero
        return sympy.Sum(t**power / sympy.factorial(power) * moment, (n, 0, sympy.oo))
