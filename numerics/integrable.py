"""Integrability proved before truncation, and what lies beyond the truncation bounded.

Everything here is about E[|s|^j e^{ts} |He_k|] on |z| > R, through the growth of s on both tails.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import factorial

from flint import arb

from ..link.tree import Neg, Node, Var, substitute
from . import tailpoly as tp
from .bound import Algebra, Bound
from .growth import bound
from .precision import exact, working
from .symmetry import symmetry
from .tailpoly import Poly
from .zeros import Unresolved

_BITS = 96
#: Radii at which growth is examined; the leading constants sharpen as they grow.
_FAR = (8, 64, 512, 4096, 2**20, 2**40)


class NotIntegrable(ArithmeticError):
    """The expectation is proved to be infinite, or not to exist."""


@dataclass(frozen=True, slots=True)
class TRange:
    """E e^{ts} is proved finite for 0 <= t < finite_below and infinite for t > infinite_from.

    Both are balls, possibly infinite; the interval between them is open to neither proof.
    """

    finite_below: arb
    infinite_from: arb
    reason: str


@lru_cache(maxsize=512)
def t_range(tree: Node) -> TRange:
    """What the growth of the link proves about the temperatures 1/t at which the tilt exists."""
    with working(_BITS):
        below, above, end = arb.pos_inf(), arb.pos_inf(), "z -> +oo"
        for side, name in enumerate(("z -> +oo", "z -> -oo")):
            finite, infinite = _one_side(tree, side)
            below = below.min(finite)
            if infinite < above:
                above, end = infinite, name
        if above.is_finite():
            reason = "e^(ts) phi does not decay as " + end
            shown = "0" if above.is_zero() else above.str(6, radius=False)
            return TRange(below, above, f"{reason} once t > {shown}")
        if below.is_finite():
            shown = below.str(6, radius=False)
            return TRange(below, above, f"s is shown to rise no faster than z^2/(2t) with t = {shown}")
        return TRange(below, above, "s is shown to rise slower than every multiple of z^2 on both tails")


def _one_side(tree: Node, side: int) -> tuple[arb, arb]:
    finite, infinite = arb(0), arb.pos_inf()
    for start in _FAR:
        b = _bounds(tree, Fraction(start))[side]
        finite = finite.max(_quadratic_limit(b.hi, arb(start), upper=True))
        if not finite.is_finite():
            return finite, arb.pos_inf()
        infinite = infinite.min(_quadratic_limit(b.lo, arb(start), upper=False))
        if b.hi is None and b.low is not None and len(b.low) > 1:
            infinite = infinite.min(_exponential_limit(b.low, arb(start)))
    return finite, infinite


def _quadratic_limit(p: Poly | None, start: arb, *, upper: bool) -> arb:
    """For p above s: t below which t p - z^2/2 -> -oo. For p below s: t above which it does not."""
    if p is None:
        return arb(0) if upper else arb.pos_inf()
    if tp.supremum(p, start) is not None:
        return arb.pos_inf()
    while len(p) > 1 and p[-1].is_zero():
        p = p[:-1]
    if len(p) < 3:
        return arb.pos_inf()
    if len(p) > 3:
        rises = p[-1] > 0 if not upper else True
        return arb(0) if rises else arb.pos_inf()
    leading = p[2]
    if upper:
        return 1 / (2 * leading) if leading > 0 else arb(0) if leading.contains(0) else arb.pos_inf()
    return 1 / (2 * leading) if leading > 0 else arb.pos_inf()


def _exponential_limit(low: Poly, start: arb) -> arb:
    """s >= exp(low) with low growing: e^{ts} outgrows every Gaussian."""
    rising = tp.infimum(low, start)
    return arb(0) if rising is not None and low[-1] > 0 else arb.pos_inf()


@lru_cache(maxsize=4096)
def _bounds(tree: Node, radius: Fraction) -> tuple[Bound, Bound]:
    """The link on z >= radius, and its mirror image there."""
    with working(_BITS):
        right, sign = bound(tree, exact(radius)), symmetry(tree)
        if sign:
            return right, right if sign > 0 else Algebra(exact(radius)).negative(right)
        return right, bound(substitute(tree, Neg(Var())), exact(radius))


def tail(tree: Node, k: int, power: int, t_low: arb, t_high: arb, radius: Fraction) -> arb | None:
    """An upper bound of E[|s|^power e^{ts} |He_k|; |Z| > radius] for every t in [t_low, t_high].

    None when the bound is not finite at this radius (a larger one may do). Method: s <= hi on the
    tail turns the integrand into a polynomial times the exponential of a concave quadratic, which the
    tangent at the radius bounds by an exponential.
    """
    with working(_BITS):
        total, near = arb(0), min(Fraction(_FAR[0]), radius)
        for side in range(2):
            # What holds from 8 on serves every radius; bounds of its own are sharper, and dearer.
            found = (
                _side_tail(_bounds(tree, start)[side], k, power, t_low, t_high, exact(radius))
                for start in dict.fromkeys((near, radius))
            )
            least = next((value for value in found if value is not None), None)
            if least is None:
                return None
            total += least
        return total.abs_upper()


def _side_tail(side: Bound, k: int, power: int, t_low: arb, t_high: arb, start: arb) -> arb | None:
    """The smallest bound on one side that a majorant of He_k gives."""
    parts = [
        value
        for weight in _hermite_majorants(k)
        if (value := _one_tail(side, weight, power, t_low, t_high, start)) is not None
    ]
    return min(parts, key=lambda x: float(x.log().mid()) if x > 0 else -1e300) if parts else None


@lru_cache(maxsize=256)
def _hermite_majorants(k: int) -> tuple[tuple[Poly, Poly], ...]:
    """(P, q) with |He_k(z)| <= P(z) e^{q(z)} for z >= 0: absolute coefficients, and Cramer's bound."""
    before: Poly = tp.constant(1)
    current: Poly = (arb(0), arb(1))
    for j in range(1, k):
        before, current = current, tp.add((arb(0), *current), tp.scale(before, j))
    absolute = ((current if k else before), tp.constant(0))
    if k <= 8:
        return (absolute,)
    # |He_k(z)| <= 1.0865 sqrt(k!) e^{z^2/4} (Cramer; Abramowitz-Stegun 22.14.17).
    cramer = (tp.constant(arb("1.0865") * arb(factorial(k)).sqrt()), (arb(0), arb(0), arb(1) / 4))
    return absolute, cramer


def _one_tail(
    b: Bound, weight: tuple[Poly, Poly], power: int, t_low: arb, t_high: arb, start: arb
) -> arb | None:
    factor, exponent = weight
    zero = tp.constant(0)
    if t_high.is_zero():
        return _moment_tail(b, factor, exponent, power, start)
    if b.hi is None:
        return None
    # Where s >= 0: s^j e^{ts} <= hi^j e^{t_high hi}.
    rising = ((factor, 1), (tp.largest(b.hi, zero), power))
    positive = _integral(rising, tp.add(exponent, tp.scale(b.hi, t_high)), start)
    if positive is None:
        return None
    if power == 0:
        # Where s < 0, e^{ts} <= 1; with a single t the first bound already covers both signs.
        rest = arb(0) if not t_low < t_high else _integral(((factor, 1),), exponent, start)
        return None if rest is None else positive + rest
    # Where s < 0: |s|^j e^{ts} <= (j/(e t))^j, and also <= |s|^j, by either bound of |s|.
    candidates = []
    if t_low > 0:
        peak = (power / (arb.const_e() * t_low)) ** power
        candidates.append(_integral(((tp.scale(factor, peak), 1),), exponent, start))
    if b.lo is not None:
        falling = tp.largest(tp.scale(b.lo, -1), zero)
        candidates.append(_integral(((factor, 1), (falling, power)), exponent, start))
    if b.mag is not None:
        candidates.append(_integral(((factor, 1),), tp.add(exponent, tp.scale(b.mag, power)), start))
    finite = [c for c in candidates if c is not None]
    if not finite:
        return None
    return positive + min(finite, key=lambda x: float(x.mid()))


def _moment_tail(b: Bound, factor: Poly, exponent: Poly, power: int, start: arb) -> arb | None:
    if power == 0:
        return _integral(((factor, 1),), exponent, start)
    if b.lo is not None and b.hi is not None:
        size = tp.largest(b.hi, tp.scale(b.lo, -1), tp.constant(0))
        return _integral(((factor, 1), (size, power)), exponent, start)
    if b.mag is not None:
        return _integral(((factor, 1),), tp.add(exponent, tp.scale(b.mag, power)), start)
    return None


def _integral(factors: tuple[tuple[Poly, int], ...], exponent: Poly, start: arb) -> arb | None:
    """An upper bound of the integral of F e^exponent phi over [start, oo), F the product of p^m, or None.

    Each p has coefficients >= 0, so F(z) <= F(R) e^{D (z - R)/R} with D the degree of F.
    """
    height, degree = arb(1), 0
    for p, multiplicity in factors:
        height *= tp.evaluate(p, start) ** multiplicity
        degree += multiplicity * (len(p) - 1)
    if height.is_zero():
        return arb(0)
    moved = tp.shifted(tp.add(exponent, (arb(0), arb(0), arb(-1) / 2)), start)
    if not all(c <= 0 for c in moved[2:]):
        return None
    slope = moved[1] + degree / start
    if not slope < 0:
        return None
    return height * moved[0].exp() / (-slope) / (2 * arb.pi()).sqrt()


def require_integrable(tree: Node, t: arb, power: int) -> None:
    """Raise NotIntegrable when s^power e^{ts} is proved not to be, Unresolved when neither is proved."""
    if t.is_zero():
        if power and _moment_diverges(tree, power):
            raise NotIntegrable(f"E |s|^{power} is infinite: |s|^{power} phi does not decay")
        return
    known = t_range(tree)
    if t > known.infinite_from:
        raise NotIntegrable(f"E e^(ts) is infinite at t = {t.str(8, radius=False)}: {known.reason}")
    if not t < known.finite_below:
        if _tilt_diverges(tree, t):
            shown = t.str(8, radius=False)
            raise NotIntegrable(f"E e^(ts) is infinite at t = {shown}: e^(ts) phi does not decay")
        raise Unresolved(f"E e^(ts) is not shown to be finite at t = {t.str(8, radius=False)}")


def _tilt_diverges(tree: Node, t: arb) -> bool:
    """Whether t s - z^2/2 is proved bounded below on a tail: this decides many links at t = t_max."""
    with working(_BITS):
        for side in (tree, substitute(tree, Neg(Var()))):
            for start in map(arb, _FAR[:3]):
                low = bound(side, start).lo
                if low is None:
                    continue
                least = tp.infimum(tp.add(tp.scale(low, t), (arb(0), arb(0), arb(-1) / 2)), start)
                if least is not None and least.is_finite():
                    return True
    return False


@lru_cache(maxsize=512)
def _moment_diverges(tree: Node, power: int) -> bool:
    """Whether |s| >= e^low with power * low - z^2/2 >= 0 on a tail."""
    with working(_BITS):
        for link in (tree, Neg(tree)):
            for side in (link, substitute(link, Neg(Var()))):
                for start in map(arb, _FAR[:3]):
                    low = bound(side, start).low
                    if low is None:
                        continue
                    exponent = tp.add(tp.scale(low, power), (arb(0), arb(0), arb(-1) / 2))
                    least = tp.infimum(exponent, start)
                    if least is not None and least.is_finite():
                        return True
    return False
