"""The graph of R(t) = (log|h_k|)'(t) + K_e'(t), whose levels are the zeros of every shifted link's signal.

The ``label`` signal of s - c is e^{-tc}(h_k' + K_e' h_k - c h_k): it vanishes where R(t) = c. R is monotone
between the zeros of W = h_k^2 R' = h_k'' h_k - h_k'^2 + K_e'' h_k^2, jumps from -oo to oo at simple zeros of
h_k, and tends to oo as t -> 0.

For large t let sigma He_k >= 0 wherever s > y, let s <= M, and v = (y + M)/2. Noiseless W is one half of the
integral of (a - b)^2 e^{t(a + b)} over pairs (a, b) of values of s, weighted by nu(da) nu(db) with
nu = E[He_k; s in .]. Pairs with both a, b > v give P(t) e^{2tv}, P not decreasing; pairs with both above y
give nothing negative; pairs with a <= y have a + b - 2v <= 0, so that they give at most N(t) e^{2tv}, N not
increasing. With (a - b)^2 <= 2(a - v)^2 + 2(b - v)^2, g = v - y and Tg >= 2, Cauchy's inequality bounds

    N(T) <= 2 k! e^{-Tg} (g^2 sqrt(E e^{2T(s-v)}) + sqrt(E (s - v)^4 e^{2T(s-v)})).

So P(T) > N(T) gives W > 0, and R rising, for every t >= T; there R tends to sup s (plus K_e'(oo)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial

from flint import arb, arb_poly

from ...link.build import combine
from ...link.tree import Compare, Node, Num, Where
from ..expectation.labels import cumulants
from ..expectation.oracle import Interval, NotIntegrable, Oracle, Tilt, oracle, tilt_of
from ..expectation.taylor import taylor_models
from ..lowering.balls import Dual
from ..precision import Unresolved, as_fraction, exact, working
from ..work import allowance
from .signal import STARTS, SignalCoefficient, sign_at, wrong_up_to

_ZERO, _ONE = Num(Fraction(0)), Num(Fraction(1))
_BITS = 96
_DIGITS = 15
#: A level beyond this is that of a pole of R, not of the link.
_FAR = 8
#: The work that the proof for large t may take.
_WORK = 1e6


@dataclass(frozen=True)
class RatioSlope(SignalCoefficient):
    """W = h^2 R' in place of the signal: its zeros are the critical points of R."""

    def zero_free_start(self, t_upper: Fraction, i0: int) -> tuple[Fraction, arb]:
        """A delta > 0 with W < 0 on (0, delta], and a ball that holds W t^2/h^2 there.

        h = t^i0 u with u^(j) the mean of x^j h^(i0+j)(xt) for the weight (1-x)^(i0-1)/(i0-1)! on [0, 1], so
        u lies in H_0/i0!, u' in H_1/(i0+1)!, u'' in 2 H_2/(i0+2)! for the hulls H_j of h^(i0+j) over
        [0, delta]; and t^2 R' = -i0 + t^2 ((u''u - u'^2)/u^2 + K_e'').
        """
        delta = min(Fraction(61, 256) * max(Fraction(1), t_upper / 256), t_upper / 4)
        for _ in range(40):
            with working(64):
                cell, t = Interval(Fraction(0), delta), exact(delta) * arb(0.5, 0.5)
                table = self.oracle.tilted_moments((self.k,), (i0, i0 + 1, i0 + 2), cell, 8)
                u, u1, u2 = (table[i0 + j, self.k] * factorial(j) / factorial(i0 + j) for j in range(3))
                inner = (u2 * u - u1 * u1) / (u * u) + cumulants(self.noise, t)[2]
                leading = t * t * inner - i0
                if leading < 0:
                    return delta, leading
            delta /= 2
        raise Unresolved("the ratio is not shown to fall near t = 0")

    def _centred(self, t: Fraction) -> RatioSlope:
        """The same for s - m, m near R(t): W changes by a factor, and its two products cancel less."""
        assert isinstance(self.oracle, Oracle)
        with working(64):
            level = ratio(self, t, 6) - cumulants(self.noise, exact(t))[1]
        if not level.is_finite() or not abs(level) < _FAR:
            return self
        m = Fraction(round(256 * float(level.mid())), 256)
        return replace(self, oracle=oracle(combine("-", self.oracle.tree, Num(m)))) if m else self

    def _sharpen(self, zero: arb, digits: int) -> arb:
        near = self._centred(as_fraction(zero.mid()))
        return SignalCoefficient._sharpen(near, zero, digits)

    def modelled(self, start: Fraction, end: Fraction) -> Callable[[arb], Dual]:
        near = self._centred((start + end) / 2)
        model = taylor_models(near.oracle, (self.k,), start, end)[self.k]
        with working(64):
            h = model.polynomial
            h1 = h.derivative()
            h2 = h1.derivative()
            plain = h2 * h - h1 * h1
            slope, square, cross = h2.derivative() * h - h1 * h2, h * h, 2 * h * h1

        def coefficient(cell: arb) -> Dual:
            middle = (cell - model.center).mid()
            rest = cell - model.center - middle

            def at(p: arb_poly) -> arb:
                return p(arb_poly([middle, 1]))(rest)

            _, _, curve, third, _ = cumulants(self.noise, cell)
            return Dual(at(plain) + curve * at(square), at(slope) + third * at(square) + curve * at(cross))

        return coefficient

    def _dual(self, cell: arb, digits: int) -> Dual:
        # W is what is left of two products that agree in some digits.
        table = self.oracle.tilted_moments((self.k,), (0, 1, 2, 3), tilt_of(cell), digits + _DIGITS)
        h, h1, h2, h3 = (table[j, self.k] for j in range(4))
        _, _, curve, third, _ = cumulants(self.noise, cell)
        value = h2 * h - h1 * h1 + curve * h * h
        return Dual(value, h3 * h - h1 * h2 + third * h * h + 2 * curve * h * h1)


def ratio(source: RatioSlope, t: Tilt, digits: int) -> arb:
    """R at an exact t, or its hull over an interval on which h_k has no zero."""
    table = source.oracle.tilted_moments((source.k,), (0, 1), t, digits + 3)
    with working(4 * digits + 80):
        at = exact(t.lower).union(exact(t.upper)) if isinstance(t, Interval) else exact(t)
        return table[1, source.k] / table[0, source.k] + cumulants(source.noise, at)[1]


def critical_level(source: RatioSlope, t: arb, digits: int) -> arb:
    """R at the critical point that the ball t holds: there R' = 0, so R varies by rad(t)^2 sup|R''|/2 only.

    R'' = R^(3) of log|h| by its hull; what is left of a wide one is told by the width of the answer.
    """
    low, high = t.lower(), t.upper()
    with working(4 * digits + 80):
        middle = tilt_of(t.mid())
        at = ratio(source, middle, digits + 3)
        table = source.oracle.tilted_moments((source.k,), (0, 1, 2, 3), tilt_of(low.union(high)), 8)
        h, h1, h2, h3 = (table[j, source.k] for j in range(4))
        x, y = h1 / h, h2 / h
        bend = h3 / h - 3 * x * y + 2 * x**3 + cumulants(source.noise, t)[3]
        reach = (high - low).upper()
        # |R(mid) - R(t*)| <= sup|R''| |mid - t*|^2 / 2.
        return at + arb(0, (bend.abs_upper() * reach * reach / 2).abs_upper())


def rising_from(
    tree: Node, k: int, top: Fraction, starts: Sequence[Fraction | int] = STARTS
) -> Fraction | None:
    """The first of ``starts`` from which R of the noiseless link rises for good; None where not shown.

    top: a bound of s from above.
    """
    with allowance(_WORK), suppress(NotIntegrable, Unresolved):
        sign = sign_at(oracle(tree), k, True, Fraction(starts[-1]))
        level = None if not sign else wrong_up_to(tree, k, sign, True)
        if level is None or level >= top:
            return None
        return next((Fraction(at) for at in starts if _rises(tree, k, level, top, Fraction(at))), None)
    return None


def _rises(tree: Node, k: int, level: Fraction, top: Fraction, t: Fraction) -> bool:
    middle, gap = (level + top) / 2, (top - level) / 2
    if t * gap < 2:
        return False
    moved = combine("-", tree, Num(middle))
    above = Compare(">", tree, Num(middle))
    high = oracle(Where(above, moved, _ZERO))
    outside = oracle(Where(above, _ZERO, _ONE)).tilted_moments((k,), (1,), 0, _DIGITS)[1, k]
    table = high.tilted_moments((k,), (0, 1, 2), t, _DIGITS)
    whole = oracle(moved).tilted_moments((0,), (0, 4), 2 * t, _DIGITS)
    with working(_BITS):
        # Where s <= v the integrand is 0, and e^0 = 1 is taken away again.
        first = (table[0, k] - outside) * table[2, k] - table[1, k] ** 2
        g = exact(gap)
        rest = g * g * whole[0, 0].sqrt() + whole[4, 0].sqrt()
        return bool(first > 2 * factorial(k) * (-exact(t) * g).exp() * rest)
