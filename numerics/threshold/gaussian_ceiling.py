"""lambda_k^2 = E zeta_k^2/k! of y = s(Z) + Gaussian noise, for analytic s: int f_k^2/f_0 dy/k!.

The variance v of the noise may depend on Z, where it is analytic and at least sigma^2 > 0. With g the density
of the noise, f_j(y) = E[q_j(Z) g(y - s(Z))] for q = 1, He_k, He_k^2:

* each f_j is a trapezoid sum over z, whose error for every y of a panel is bounded on a strip as in
  ``expectation/trapezoid.py``, with y a ball;
* over y, in a panel |y - y_0| <= r, the sum is expanded in y - y_0 to N terms; by Cramer's inequality
  |He_n(x)| phi(x) <= K sqrt(n!) e^{-x^2/4}/sqrt(2 pi), K < 1.0865 (Abramowitz and Stegun 22.14.17), so at a
  node whose s is d deviations v^(1/2) from the panel the rest is at most its absolute weight times
  K (r/v^(1/2))^N e^{-d^2/4}/(2 pi N! v)^(1/2): far out, where only wide laws reach, panels may be wide;
* with P_j these polynomials, Q the first N terms of P_k^2/P_0 and f_j = P_j + d_j, |d_j| <= e_j, the quotient
  differs from Q by (P_k^2 - Q P_0 + 2 P_k d_k + d_k^2 - Q d_0)/f_0: every term is bounded on the panel.

Where that says little, as f_0 is tiny, 0 <= f_k^2/f_0 <= E[He_k^2 g(y - s)] (Jensen) stands in its place; so
it does for all y outside the panels, where it sums to k! less what the panels hold.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial

import numpy as np
from flint import acb, arb, arb_mat, arb_poly

from ...link.build import call
from ...link.tree import Node, Num, is_constant
from ..expectation.trapezoid import Strip
from ..lowering.arb import compile_arb, hermite, values
from ..lowering.balls import natural
from ..lowering.pieces import switches
from ..lowering.pointwise import compile_numpy, log_hermite
from ..precision import Unresolved, bits_for, exact, working
from ..work import remembered, size, spend
from .signal_ceiling import antiderivatives

_CRAMER = arb("1.0865")
#: Heights of the strip that are tried, panels and nodes that are not too many, and the shortest panel.
_HEIGHTS = tuple(2.0 ** (j / 4) for j in range(-28, 9))
_MOST_PANELS, _MOST_NODES, _SHORTEST = 4000, 4000, Fraction(1, 64)
#: Length of a first panel over its abs(y), where the deviation depends on z.
_WIDER = 1 / 8
#: More than what a distance in doubles errs by.
_ROUNDED = 2.0**-20
#: Cells to a unit of Re z on the lines of the strip.
_CELLS = 8
#: The real part of the variance on the strip, over its least value on the line.
_WELL_ABOVE = 1 / 8
#: By how much a rectangle may be longer than the range of z that counts.
_LONGER = (1, 1.25, 1.5, 2, 3)
#: Strips that are tried, from the one that promises most.
_TRIES = 6


def gaussian_ceiling(tree: Node, deviation: Fraction, k: int, digits: int) -> arb:
    """An enclosure of lambda_k^2 in [0, 1] of y = s + N(0, deviation^2), k >= 1, to about ``digits`` digits.

    Raises Unresolved where s has kinks, is not shown to be analytic, or its range takes too many panels.
    """
    return spread_ceiling(tree, Num(deviation**2), deviation**2, k, digits)


@remembered(32)
def spread_ceiling(tree: Node, variance: Node, least: Fraction, k: int, digits: int) -> arb:
    """The same of y = s + N(0, v), the variance v of z at least ``least`` > 0 everywhere."""
    if switches(tree) or switches(variance):
        raise Unresolved("the link has kinks")
    with working(bits_for(digits) + 60):
        rule = _Rule(tree, variance, exact(least).sqrt(), k, digits)
        low, high = rule.range()
        width = float(rule.sigma) / 2
        waiting = _panels(low, high, 2 * width, 0 if is_constant(variance) else _WIDER)
        total, inside = arb(0), arb(0)
        goal = arb(10) ** -(digits + 2) / sum(2 * radius for _, radius in waiting)
        while waiting:
            middle, radius = waiting.pop()
            value, square = rule.panel(middle, radius)
            length = 2 * arb(radius)
            if value.rad() > goal * length and square > goal * length and radius > width * float(_SHORTEST):
                waiting += [(middle - radius / 2, radius / 2), (middle + radius / 2, radius / 2)]
                continue
            total, inside = total + value, inside + square
        outside = (factorial(k) - inside).abs_upper()
        found: arb = (total + arb(0).union(outside)) / factorial(k)
        return found.intersection(arb(0).union(arb(1)))


def _panels(low: float, high: float, length: float, wider: float) -> list[tuple[float, float]]:
    """Middles and half widths of panels that cover [low, high], longer where abs(y) is large."""
    panels, start = list[tuple[float, float]](), low
    while start < high:
        radius = max(length, wider * abs(start)) / 2
        panels.append((start + radius, radius))
        start += 2 * radius
        if len(panels) > _MOST_PANELS:
            raise Unresolved("the range of the link is too wide for the deviation of the noise")
    return panels


@dataclass(frozen=True)
class _Rule:
    """The trapezoid rule over z for one link, and the f_j on panels of y."""

    tree: Node
    variance: Node
    sigma: arb
    k: int
    digits: int

    @cached_property
    def radius(self) -> int:
        """Beyond it He_k^2 phi is negligible."""
        return math.ceil(math.sqrt(2 * (self.digits + 10) * math.log(10)) + math.sqrt(self.k)) + 1

    @cached_property
    def _terms(self) -> int:
        """N with 2^-N/sqrt(N!) below the error allowed."""
        lost = (self.digits + 10) * math.log(10)
        return next(n for n in range(4, 400) if n * math.log(2) + math.lgamma(n + 1) / 2 > lost)

    @cached_property
    def _strip(self) -> tuple[float, Fraction, int]:
        """Height, step and half length of the rectangle, by a scan in doubles; panels prove their worth."""
        plans = [plan for height in _HEIGHTS if (plan := self._planned(height)) is not None]
        for step, height, reach in sorted(plans, reverse=True)[:_TRIES]:
            if 2 * reach / step > _MOST_NODES:
                break
            roots = (self.tree, call("sqrt", (self.variance,)))
            if all(Strip(each, reach + 1).proved_up_to(height) >= height for each in roots):
                return height, step, reach
        raise Unresolved("no strip around the line is shown to be wide enough for the noise")

    def _planned(self, height: float) -> tuple[Fraction, float, int] | None:
        lost = (self.digits + 10) * math.log(10)
        for part in _LONGER:
            reach = math.ceil(part * self.radius)
            x = np.linspace(-reach, reach, 32 * reach + 1)
            with np.errstate(all="ignore"):
                s, v = (compile_numpy(each)(x + 1j * height) for each in (self.tree, self.variance))
                # The most of abs(e^{-(y - s)^2/(2 v)}) over real y is e^{Im(s)^2/(2 Re v)}.
                spread = np.where(v.real > _WELL_ABOVE * float(self.sigma) ** 2, v.real, np.nan)
                log_size = (height**2 - x**2 + s.imag**2 / spread) / 2
                log_size += 2 * np.maximum(log_hermite(self.k, x + 1j * height)[self.k], 0)
            if np.isfinite(log_size).all() and max(log_size[0], log_size[-1]) < -lost:
                step = 2 * math.pi * height / (lost + max(float(log_size.max()), 0.0))
                return Fraction(max(1, math.floor(step * 4096)), 4096), height, reach
        return None

    @cached_property
    def _nodes(self) -> tuple[list[arb], list[arb], list[list[arb]]]:
        """s and the deviation at the nodes, and h phi q_j at them, a row for each j."""
        step = exact(self._strip[1])
        half = self._half_count
        x = [step * j for j in range(-half, half + 1)]
        spend(len(x) * (size(self.tree) + size(self.variance)))
        front = step / (2 * arb.pi()).sqrt()
        base = [front * (-z * z / 2).exp() for z in x]
        he = [hermite(self.k, z) for z in x]
        once = [b * p for b, p in zip(base, he, strict=True)]
        sigmas = [v.sqrt() for v in values(self.variance, x)]
        return values(self.tree, x), sigmas, [base, once, [b * p for b, p in zip(once, he, strict=True)]]

    @cached_property
    def _half_count(self) -> int:
        return math.ceil(self._strip[2] / self._strip[1])

    @cached_property
    def _boxes(self) -> list[tuple[acb, acb, arb, list[arb], arb]]:
        """Cells of the upper line and of the right and left sides of the rectangle.

        Each with s and v on it, the most of abs(e^{-(y - s)^2/(2v)}) for real y, |phi q_j|, and its weight in
        the error over sqrt(2 pi |v|): 2/(e^{2 pi a/h} - 1) times its length, or 2 h/pi for the sides, as
        4 int_0^a dy/(1 + e^{2 pi y/h}) is less.
        """
        height, fraction, reach = self._strip
        a, step = arb(height), exact(fraction)
        end = (self._half_count + exact(Fraction(1, 2))) * step
        strip = 2 / ((2 * arb.pi() * a / step).exp() - 1)
        cells = 2 * reach * _CELLS
        found = []
        for j in range(cells):
            low, high = -end + 2 * end * j / cells, -end + 2 * end * (j + 1) / cells
            found.append(self._box(acb(low.union(high), a), strip * (high - low)))
        rungs = max(4, math.ceil(4 * height))
        for side in (end, -end):
            sizes = [
                self._box(acb(side, (a * j / rungs).union(a * (j + 1) / rungs)), 2 * step / arb.pi())
                for j in range(rungs)
            ]
            found += sizes
        return found

    def _box(self, z: acb, weight: arb) -> tuple[acb, acb, arb, list[arb], arb]:
        s, v = (acb(compile_arb(each)(z)) for each in (self.tree, self.variance))
        phi = abs((-z * z / 2).exp()) / (2 * arb.pi()).sqrt()
        he = abs(acb(hermite(self.k, z)))
        worst = (natural(s.imag, 2) / v.real / 2).exp().upper() if v.real > 0 else arb("inf")
        return s, v, worst, [phi, phi * he, phi * he * he], weight / (2 * arb.pi() * abs(v)).sqrt()

    @cached_property
    def _beyond(self) -> list[arb]:
        """E[|q_j|; |Z| > R], |He_k| <= (1 + He_k^2)/2."""
        end = (self._half_count + exact(Fraction(1, 2))) * exact(self._strip[1])
        mass, _, square = antiderivatives(-end, self.k)
        return [2 * mass, mass + square, 2 * square]

    def range(self) -> tuple[float, float]:
        """About where y lies; what lies beyond is bounded by what is left of k!."""
        s, sigmas, _ = self._nodes
        step = float(self._strip[1])
        places = [j for j in range(len(s)) if abs(j - self._half_count) * step < self.radius]
        low, high = (
            [float(s[j]) + side * self.radius * float(sigmas[j]) for j in places] for side in (-1, 1)
        )
        return min(low), max(high)

    def panel(self, middle: float, radius: float) -> tuple[arb, arb]:
        """int f_k^2/f_0 and int E[He_k^2 g(y - s)] over the panel."""
        r, (base, once, square) = arb(radius), self._expanded(middle, radius)
        whole = 2 * r * (sum((c / (2 * n + 1) for n, c in enumerate(square[0][::2])), arb(0)))
        whole = (whole + arb(0, (2 * r * square[1]).upper())).nonnegative_part()
        (p0, e0), (pk, ek) = base, once
        least = p0[0] - sum((abs(c) for c in p0[1:]), arb(0)) - e0
        if not least > 0:
            return arb(0).union(whole.upper()), whole
        terms = len(p0)
        product = _product(pk, pk)
        quotient: list[arb] = []
        for n in range(terms):
            known = sum((p0[m] * quotient[n - m] for m in range(1, n + 1)), arb(0))
            quotient.append((product[n] - known) / p0[0])
        back = _product(quotient, p0)
        rest = sum((abs(a - b) for a, b in zip(product[terms:], back[terms:], strict=True)), arb(0))
        size_k, size_q = (sum(map(abs, p), arb(0)) for p in (pk, quotient))
        error = (rest + 2 * size_k * ek + ek * ek + size_q * e0) / least
        value = 2 * r * sum((c / (2 * n + 1) for n, c in enumerate(quotient[::2])), arb(0))
        value += arb(0, (2 * r * error).upper())
        other = arb(0).union(whole.upper())
        return (other if not value.is_finite() or value.rad() > other.rad() else value), whole

    def _expanded(self, middle: float, radius: float) -> list[tuple[list[arb], arb]]:
        """For each f_j its coefficients in (y - middle)/radius, and a bound of what they leave out."""
        s, sigmas, weights = self._nodes
        sigma, y, terms = self.sigma, arb(middle), self._terms
        far = math.sqrt(2 * (self.digits + 10) * math.log(10)) + 1
        front = 1 / ((2 * arb.pi()).sqrt() * sigma)
        places = [(y - v) / spread for v, spread in zip(s, sigmas, strict=True)]
        parts = [radius / spread for spread in sigmas]
        away = [float((abs(x) - p).lower()) for x, p in zip(places, parts, strict=True)]
        near = [i for i, distance in enumerate(away) if not distance > far]
        x, part = [places[i] for i in near], [parts[i] for i in near]
        spend(terms * len(x) / 4)
        whole = (2 * arb.pi()).sqrt() * radius
        rows = [[p * (-u * u / 2).exp() / whole for u, p in zip(x, part, strict=True)]]
        # g^(n)(y) r^n/n! = (-1)^n He_n(x) g p^n/n!, p = r/sqrt(v), by the recurrence of He_n.
        x, squares = [u * p for u, p in zip(x, part, strict=True)], [p * p for p in part]
        rows.append([-u * g for u, g in zip(x, rows[0], strict=True)])
        for n in range(1, terms - 1):
            both = zip(x, squares, rows[n], rows[n - 1], strict=True)
            rows.append([-(u * b + p * a) / (n + 1) for u, p, b, a in both])
        most = _CRAMER / (2 * arb.pi() * factorial(terms)).sqrt()
        below = [max(away[i] - _ROUNDED, 0.0) for i in near]
        left_out = [
            most * parts[i] ** terms / sigmas[i] * (-arb(d * d) / 4).exp()
            for i, d in zip(near, below, strict=True)
        ]
        skipped = front * (-((arb(far) - _ROUNDED) ** 2) / 2).exp()
        over = acb(y + arb(0, radius))
        found = []
        table = (
            arb_mat([[row[i] for i in near] for row in weights]) * arb_mat(rows).transpose() if x else None
        )
        sizes = [
            (-((over - s) ** 2 / v).real / 2).exp().upper().min(worst) for s, v, worst, _, _ in self._boxes
        ]
        for j, row in enumerate(weights):
            coefficients = [table[j, n] if table is not None else arb(0) for n in range(terms)]
            error = sum(map(abs, row), arb(0)) * skipped + front * self._beyond[j]
            error += sum((abs(row[i]) * lost for i, lost in zip(near, left_out, strict=True)), arb(0))
            boxes = self._boxes
            error += sum((size * box[3][j] * box[4] for size, box in zip(sizes, boxes, strict=True)), arb(0))
            found.append((coefficients, error.abs_upper()))
        return found


def _product(a: Sequence[arb], b: Sequence[arb]) -> list[arb]:
    """The coefficients of the product, all of them."""
    found = (arb_poly(list(a)) * arb_poly(list(b))).coeffs()
    return [*found, *[arb(0)] * (len(a) + len(b) - 1 - len(found))]
