"""Integrability proved before truncation, and what is left out bounded.

From the growth of a link on its tails E[|s|^j e^{ts} |He_k|] on |z| > R is proved finite, proved infinite, or
bounded; beside a point where the link has no value the same is done in x = -log|z - z0|.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import arb

from ...link.domain import singular_points
from ...link.tree import Neg, Node, Var, substitute
from ..lowering.arb import symmetry
from ..lowering.removable import continued
from ..lowering.tail_algebra import (
    Algebra,
    Bound,
    Poly,
    add,
    constant,
    infimum,
    largest,
    minus,
    scale,
    shifted,
    supremum,
)
from ..precision import NotIntegrable, Unresolved, decimal_bounds, exact, horner, working
from .tail_growth import beside, bound

_BITS = 96
_ONE = constant(1)
#: log phi, but for its constant.
_DENSITY: Poly = (arb(0), arb(0), arb(-1) / 2)
#: The logarithm of |dz/dx| for z = z0 +- e^{-x}; phi is at most its constant.
_ALONG_X: Poly = (arb(0), arb(-1))
#: Radii at which growth is examined; the leading constants sharpen as they grow.
_FAR = (8, 64, 512, 4096, 2**20, 2**40)


def mass_beside(tree: Node, point: Fraction, power: int, t_low: arb, t_high: arb, gap: arb) -> arb | None:
    """A bound of the integral of |s|^power e^{ts} phi over a ball around the point, if one is found."""
    with working(_BITS):
        reach = (gap - exact(point)).abs_upper()
        start = int(float((-reach.log()).lower())) if reach > 0 else 0
        if start < _FAR[0]:
            return None
        total = arb(0)
        for b in beside(tree, point, start):
            part = _one_tail(b, 0, power, t_low, t_high, exact(start), _ALONG_X)
            if part is None:
                return None
            total = total + part
        return total


def _beside_range(tree: Node) -> tuple[arb, arb, str]:
    """The t below which e^{ts} is integrable beside all singular points, above which it is not at one."""
    below, above, reason = arb.pos_inf(), arb.pos_inf(), ""
    for point in singular_points(tree):
        if continued(tree, exact(point)).is_finite():
            continue
        for side in (0, 1):
            finite, infinite = arb(0), arb.pos_inf()
            for start in _FAR[1:4]:
                b = beside(tree, point, start)[side]
                finite = finite.max(_limit(b.hi, exact(start), 1, upper=True))
                infinite = infinite.min(_limit(b.lo, exact(start), 1, upper=False))
            below = below.min(finite)
            if infinite < above:
                shown = "> 0" if infinite.is_zero() else f">= {infinite.str(6, radius=False)}"
                above, reason = infinite, f"e^(ts) is not integrable at z = {point} once t {shown}"
    return below, above, reason


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
        finite, infinite, reason = _beside_range(tree)
        below = below.min(finite)
        if infinite < above:
            return TRange(below, infinite, reason)
        if above.is_finite():
            rate = (
                "faster than every multiple of z^2" if above.is_zero() else f"as fast as {_parabola(above)}"
            )
            return TRange(below, above, f"s rises {rate} as {end}")
        if below.is_finite():
            rate = _parabola(below) if below > 0 else "any multiple of z^2"
            return TRange(below, above, f"s is {'not ' * below.is_zero()}shown to rise no faster than {rate}")
        return TRange(below, above, "s is shown to rise slower than every multiple of z^2 on both tails")


def _one_side(tree: Node, side: int) -> tuple[arb, arb]:
    finite, infinite = arb(0), arb.pos_inf()
    for start in _FAR:
        b = _bounds(tree, start)[side]
        finite = finite.max(_limit(b.hi, exact(start), 2, upper=True))
        if not finite.is_finite():
            return finite, arb.pos_inf()
        infinite = infinite.min(_limit(b.lo, exact(start), 2, upper=False))
        if b.hi is None and b.low is not None and len(b.low) > 1:
            infinite = infinite.min(_exponential_limit(b.low, exact(start)))
    return finite, infinite


def _limit(p: Poly | None, start: arb, degree: int, *, upper: bool) -> arb:
    """For p above s: t below which t p - x^d/d -> -oo. For p below s: t above which it does not.

    d: the ``degree``, 2 in x = z on a tail, 1 in x = -log|z - z0| at a point.
    """
    if p is None:
        return arb(0) if upper else arb.pos_inf()
    if supremum(p, start) is not None:
        return arb.pos_inf()
    while len(p) > 1 and p[-1].is_zero():
        p = p[:-1]
    if len(p) <= degree:
        return arb.pos_inf()
    leading = p[-1]
    if len(p) > degree + 1:
        return arb(0) if upper or leading > 0 else arb.pos_inf()
    if leading > 0:
        return 1 / (degree * leading)
    return arb(0) if upper and leading.contains(0) else arb.pos_inf()


def _exponential_limit(low: Poly, start: arb) -> arb:
    """s >= exp(low) with low growing: e^{ts} outgrows every Gaussian."""
    rising = infimum(low, start)
    return arb(0) if rising is not None and low[-1] > 0 else arb.pos_inf()


@lru_cache(maxsize=512)
def _bounds(tree: Node, radius: Fraction | int) -> tuple[Bound, Bound]:
    """The link on z >= radius, and its mirror image there."""
    with working(_BITS):
        right, sign = bound(tree, exact(radius)), symmetry(tree)
        if sign:
            return right, right if sign > 0 else Algebra(exact(radius)).negative(right)
        return right, bound(substitute(tree, Neg(Var())), exact(radius))


def tail(tree: Node, k: int, power: int, t_low: arb, t_high: arb, radius: Fraction | int) -> arb | None:
    """An upper bound of E[|s|^power e^{ts} |He_k|; |Z| > radius] for every t in [t_low, t_high].

    For l <= k it bounds radius^(k - l) E[|s|^power e^{ts} |He_l|; |Z| > radius] as well. None when the bound
    is not finite at this radius (a larger one may do). Method: |He_k(z)| <= |z|^k beyond the zeros, and
    s <= hi on the tail turns the integrand into a polynomial times the exponential of a concave quadratic,
    which the tangent at the radius bounds by an exponential.
    """
    # Gershgorin on the Jacobi matrix of He_k: no zero beyond 2 sqrt(k - 1).
    if radius * radius < 4 * (k - 1):
        return None
    with working(_BITS):
        start, near = exact(radius), min(_FAR[0], radius)
        # What holds from 8 on serves every radius; bounds of its own are sharper, and dearer.
        right, left = _bounds(tree, near)
        parts = []
        # An even link has the same bound on both sides.
        for side, bounds in enumerate((right,) if left is right else (right, left)):
            least = _one_tail(bounds, k, power, t_low, t_high, start)
            if least is None and radius > near:
                least = _one_tail(_bounds(tree, radius)[side], k, power, t_low, t_high, start)
            if least is None:
                return None
            parts.append(least)
        return (parts[0] + parts[-1]).abs_upper()


def _one_tail(
    b: Bound, k: int, power: int, t_low: arb, t_high: arb, start: arb, density: Poly = _DENSITY
) -> arb | None:
    """The part of ``tail`` on one side, with z^k in place of |He_k|."""
    if t_high.is_zero():
        return _moment_tail(b, k, power, start, density)
    if b.hi is None:
        return None
    # Where s >= 0: s^j e^{ts} <= hi^j e^{t_high hi}.
    rising = largest(b.hi, constant(0)) if power else _ONE
    positive = _integral(k, rising, power, scale(b.hi, t_high), start, density)
    if positive is None:
        return None
    if power == 0:
        # Where s < 0, e^{ts} <= 1; with a single t the first bound already covers both signs.
        rest = arb(0) if not t_low < t_high else _integral(k, _ONE, 0, None, start, density)
        return None if rest is None else positive + rest
    # Where s < 0: |s|^j e^{ts} <= |s|^j, by either bound of |s|, and also <= (j/(e t))^j.
    if b.lo is not None:
        rest = _integral(k, largest(minus(b.lo), constant(0)), power, None, start, density)
        if rest is not None:
            return positive + rest
    candidates = []
    if t_low > 0:
        candidates.append(
            _integral(k, constant(power / (arb.const_e() * t_low)), power, None, start, density)
        )
    if b.mag is not None:
        candidates.append(_integral(k, _ONE, 0, scale(b.mag, power), start, density))
    finite = [c for c in candidates if c is not None]
    return positive + min(finite, key=lambda x: float(x.mid())) if finite else None


def _moment_tail(b: Bound, k: int, power: int, start: arb, density: Poly) -> arb | None:
    if power == 0:
        return _integral(k, _ONE, 0, None, start, density)
    if b.lo is not None and b.hi is not None:
        size = largest(b.hi, minus(b.lo), constant(0))
        return _integral(k, size, power, None, start, density)
    if b.mag is not None:
        return _integral(k, _ONE, 0, scale(b.mag, power), start, density)
    return None


def _integral(k: int, p: Poly, power: int, exponent: Poly | None, start: arb, density: Poly) -> arb | None:
    """An upper bound of the integral of z^k p^power e^(exponent + density) over [start, oo), or None.

    p has coefficients >= 0, so F = z^k p^power obeys F(z) <= F(R) e^{D (z - R)/R} with D its degree.
    """
    height, degree = start**k * arb(horner(p, start)) ** power, k + power * (len(p) - 1)
    if height.is_zero():
        return arb(0)
    moved = shifted(density if exponent is None else add(exponent, density), start)
    if not all(c <= 0 for c in moved[2:]):
        return None
    slope = moved[1] + degree / start
    if not slope < 0:
        return None
    return height * moved[0].exp() / (-slope * _root_of_two_pi())


@lru_cache(maxsize=1)
def _root_of_two_pi() -> arb:
    with working(_BITS):
        return (2 * arb.pi()).sqrt()


def require_integrable(tree: Node, t: arb, power: int) -> None:
    """Raise NotIntegrable when s^power e^{ts} is proved not to be, Unresolved when neither is proved."""
    if t.is_zero():
        # A finite bound is found sooner, and is asked for next.
        if power and tail(tree, 0, power, t, t, _FAR[0]) is None and _moment_diverges(tree, power):
            raise NotIntegrable(f"the mean of |s|^{power} is infinite: s rises too fast for a Gaussian z")
        return
    known = t_range(tree)
    if t > known.infinite_from:
        raise NotIntegrable(_too_hot(t, known.reason, known.infinite_from))
    if not t < known.finite_below:
        beside, never, reason = _beside_range(tree)
        if t >= never:
            # Bounded below by a multiple of 1/|z - z0|, at the end of the range too.
            raise NotIntegrable(_too_hot(t, reason, never))
        if not t < beside:
            raise Unresolved(
                f"at beta = {_beta(t)} the weights e^(s/beta) are not shown to have a mean: raise beta"
            )
        if _tilt_diverges(tree, t):
            raise NotIntegrable(_too_hot(t, f"s rises as fast as {_parabola(t)}", known.finite_below))
        if any(tail(tree, 0, power, t, t, radius) is not None for radius in _FAR[:3]):
            # At t_max itself, as for z^2/2 - |z|: e^{ts} phi decays exponentially.
            return
        raise Unresolved(
            f"at beta = {_beta(t)} the weights e^(s/beta) are not shown to have a mean: raise beta"
        )


def _too_hot(t: arb, reason: str, limit: arb) -> str:
    """Why e^{s/beta} has no mean, and which temperatures are high enough."""
    remedy = (
        f"take beta > {least_beta(limit)}"
        if limit > 0
        else "no beta will do, clip the link or use tanh of it"
    )
    return f"at beta = {_beta(t)} the weights e^(s/beta) have no mean ({reason}): {remedy}"


def too_far_out(t: float) -> Unresolved:
    """That no radius is found beyond which an integrand at 1/beta = t is too small to matter."""
    what, remedy = (
        (f"the weights e^(s/beta) matter at beta = {1 / t:.6g}", "raise beta") if t else
        ("values of the link matter", "clip the link")
    )  # fmt: skip
    return Unresolved(f"how far out {what} is not bounded: {remedy}")


def _parabola(t: arb) -> str:
    """z^2/(2t), which is as fast as e^{ts} allows, its factor to six digits."""
    factor = _beta(2 * t)
    return "z^2" if factor == "1" else f"{factor}*z^2"


def least_beta(limit: arb) -> str:
    """1/limit, above which the weights have a mean, to six digits and rounded up."""
    return decimal_bounds((1 / limit).lower(), 4)[1]


def _beta(t: arb) -> str:
    """The temperature 1/t to six digits."""
    return f"{float((1 / t).str(8, radius=False)):.6g}"


def moment_is_settled(tree: Node, power: int) -> bool:
    """Whether E |s|^power is proved finite, or proved infinite."""
    with working(_BITS):
        nothing = arb(0)
        if any(tail(tree, 0, power, nothing, nothing, radius) is not None for radius in _FAR):
            return True
        return _moment_diverges(tree, power)


def _tilt_diverges(tree: Node, t: arb) -> bool:
    """Whether t s - z^2/2 is proved bounded below on a tail: this decides many links at t = t_max."""
    return _outgrows(tree, lambda reach: reach.lo, t)


@lru_cache(maxsize=512)
def _moment_diverges(tree: Node, power: int) -> bool:
    """Whether |s| >= e^low with power * low - z^2/2 >= 0 on a tail."""
    signs = (tree, tree.arg if isinstance(tree, Neg) else Neg(tree))
    return any(_outgrows(link, lambda reach: reach.low, power) for link in signs)


def _outgrows(tree: Node, below: Callable[[Bound], Poly | None], factor: arb | int) -> bool:
    """Whether ``factor`` times what lies ``below``, less z^2/2, is proved bounded below on a tail."""
    with working(_BITS):
        for side in (tree, substitute(tree, Neg(Var()))):
            for start in map(exact, _FAR[:3]):
                if (low := below(bound(side, start))) is None:
                    continue
                least = infimum(add(scale(low, factor), _DENSITY), start)
                if least is not None and least.is_finite():
                    return True
    return False
