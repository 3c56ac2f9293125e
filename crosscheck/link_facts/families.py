"""beta1 and the exceptional temperatures of a link with a parameter, as functions of it.

A family s = A(p) g + B(p), A > 0, has the exceptional temperature beta = A/t wherever R_g(t) = -B/A: its
phase diagram is the graph of one function of t. So the parameter's range is cut where R has a critical point
or a limit; in between the number of exceptional temperatures is constant, and 1/t is monotone in -B/A.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise

import sympy

from ...link import NOISELESS, Link, Noise, Signal, Var, decimal, substitute, text
from ...link.assertion import Range
from ...link.family import Affine, Family
from ...link.tree import Const
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.lowering.arb import symmetry
from ...numerics.precision import exact, working
from ...numerics.threshold.parameter_plane import Cell, Plane
from ...numerics.threshold.parameter_slopes import REACH
from ...numerics.work import allowance, question, remembered
from ...theory.exact.lower import rational
from ...theory.signal import RationalRatio, inverse
from ..number import Number, from_ball, from_exact
from ..verdict import Verdict
from .exponents import exponents, tilt_limit
from .graph import End, Graph, graph
from .phase_diagram import At, Between, Critical, FamilyThreshold, Stretch
from .zeros import Zeros, zeros

#: The work where the parameter bends the link, and the digits of its critical values.
_PLANE_WORK, _PLANE_DIGITS = 1e7, 12
#: Where in a stretch beta1 is given: near its ends and in between.
_SHARES = tuple(Fraction(share) for share in ("1/64", "1/4", "1/2", "3/4", "63/64"))


@remembered(64)
def family_threshold(
    family: Family, signal: Signal, noise: Noise, digits: int, scheduler: str | None = None
) -> FamilyThreshold:
    """beta1 of every member, the stretches of the parameter and the critical values between them.

    scheduler: the address of a Dask scheduler, whose workers take a listed member each.
    """
    search = _Members(family, signal, noise if signal == Signal.LABEL else NOISELESS, digits, scheduler)
    if not isinstance(family.values, Range):
        return search.listed()
    answer = search.shifted()
    if answer is None:
        answer = search.in_the_plane()
    return replace(answer, noise=noise)


@dataclass(frozen=True)
class _Members:
    family: Family
    signal: Signal
    noise: Noise
    digits: int
    scheduler: str | None = None

    def listed(self) -> FamilyThreshold:
        """Each value on its own."""
        assert not isinstance(self.family.values, Range)
        stretches, complete = [], True
        for value, roots in self._all_zeros(self.family.values):
            number = from_exact(rational(value), self.digits)
            complete = complete and roots.complete
            known = roots.status.green or roots.status is Verdict.NOT_APPLICABLE
            stretches.append(
                Stretch(number, number, len(roots.exceptional) if known else None, (self._at(value, roots),),
                        (), roots.beta1.closed_form, roots.reason)
            )  # fmt: skip
        return self._answer(stretches, (), complete, "0" if complete else "open", "each member on its own")

    def open(self, reason: str) -> FamilyThreshold:
        """Nothing is proved between the values tried."""
        stretch = self._whole(None, None, reason)
        return self._answer([replace(stretch, between=())], (), False, "inf", reason)

    def shifted(self) -> FamilyThreshold | None:
        """By the graph of R; None where the family is of another kind."""
        affine = self._affine
        if affine is None:
            return None
        core = Link(affine.core, text(affine.core))
        limit = tilt_limit(core)
        known = exponents(core).generative_exponent
        if limit.value == 0 or (known.value is None and known.status is Verdict.PROVED):
            reason = f"no finite beta works: {limit.reason}" if limit.value == 0 else known.reason
            stretch = self._whole(0, affine, reason)
            return self._answer([stretch], (), True, "inf", reason)
        if self.signal != Signal.LABEL:
            roots = zeros(core, self.signal, NOISELESS, self.digits)
            count = len(roots.exceptional) if roots.status.green else None
            reason = f"a shift moves no zero of the {self.signal} signal, and a factor scales beta"
            stretch = self._whole(count, affine, f"{reason}: {roots.reason}")
            return self._answer([stretch], (), roots.complete, roots.searched_down_to, reason)
        try:
            return self._by_graph(affine, graph(core, self.noise, self.digits))
        except (NotIntegrable, Unresolved) as why:
            return self.open(str(why))

    def in_the_plane(self) -> FamilyThreshold:
        """Cells of (t, parameter) on which every zero is isolated, and the double zeros between them."""
        tree, name = self.family.tree, self.family.name
        if self.signal != Signal.LABEL:
            return self.open("only the label signal is searched where a parameter bends the link")
        # Even in z for every value: then orders of both exponents are even.
        even = symmetry(substitute(tree, Const("oo"), Var(name))) == 1
        plane = Plane(tree, name, 2 if even else 1, *self.family.ends, self.noise)
        try:
            with allowance(_PLANE_WORK):
                cells, closed = plane.diagram(), plane.closed()
        except (NotIntegrable, Unresolved) as why:
            return self.open(str(why))
        floor = Fraction(0) if closed else 1 / REACH
        stretches: list[Stretch] = []
        critical, edge = [], self._end(cells[0].low)
        for known, group in groupby(cells, key=lambda cell: None if cell.zeros is None else len(cell.zeros)):
            run = list(group)
            fold = run[0].fold
            if fold is not None:
                edge = from_ball(fold.p, _PLANE_DIGITS)
                kind, count = ("searched", None) if fold.passing else ("double", fold.others + 1)
                beta = from_exact(sympy.oo, _PLANE_DIGITS)
                if fold.t.is_zero():
                    kind, count = "limit", fold.others
                else:
                    with working(200):
                        beta = from_ball(1 / fold.t, _PLANE_DIGITS)
                critical.append(Critical(edge, beta, kind, count))
                # There are stretches on both sides of a fold.
                between = *stretches[-1].between, *_enclosed(run, floor)
                stretches[-1] = replace(stretches[-1], upper=edge, between=between)
                continue
            low, high = (edge if edge.closed_form is None else self._end(run[0].low)), self._end(run[-1].high)
            reason = "zeros isolated for every value" if known is not None else "zeros are not resolved here"
            cut = (low.closed_form is None, False)
            stretch = self._stretch(low, high, known, None, reason, cut, floor)
            between = tuple(_enclosed(run, floor)) if known is not None else ()
            stretches.append(replace(stretch, between=between))
            edge = high
        gaps = any(not cell.settled for cell in cells)
        where = f"{len(cells)} cells of {name}{', some of them left open' * gaps}"
        above = f" above {floor}" * (not closed)
        reason = f"every exceptional temperature{above} isolated, {where}"
        reason += "; at lower ones the largest values of s settle the sign" * closed
        down_to = "0" if closed else str(floor)
        return self._answer(stretches, tuple(critical), closed and not gaps, down_to, reason)

    @cached_property
    def _affine(self) -> Affine | None:
        """The family with A > 0 on the whole range, A = 1 under noise; None where it has no such form."""
        found = self.family.affine
        return None if found is None or (found.scale[1] and self.noise != NOISELESS) else found

    def _by_graph(self, affine: Affine, curve: Graph) -> FamilyThreshold:
        low, high = self.family.ends
        cuts: list[tuple[Number, int]] = []
        (a0, a1), (b0, b1) = affine.scale, affine.shift
        with working(4 * self.digits + 60):
            for place, end in enumerate(curve.ends):
                # The level -B/A as the parameter; constant where A and B are proportional.
                if a0 * b1 == a1 * b0 or end.kind == "pole" or not end.left.is_finite():
                    continue
                value = self._value(affine, end)
                if value is not None and _holds_value(low, high, value):
                    cuts.append((value, place))
        cuts.sort(key=lambda cut: cut[0].mid)
        for (one, _), (other, _) in pairwise(cuts):
            if not one.bounds[1] < other.bounds[0]:
                raise Unresolved("two critical values of the parameter are not told apart")
        at_cuts = [value.mid for value, _ in cuts]
        ends = [(self._end(each), each in at_cuts) for each in (low, high)]
        edges = [ends[0], *((value, True) for value, _ in cuts), ends[1]]
        stretches = [
            self._counted(one, other, (left, right), affine, curve)
            for (one, left), (other, right) in pairwise(edges)
            if one.bounds[1] < other.bounds[0]
        ]
        critical = [
            Critical(value, self._scaled(affine, value, curve.ends[place]), curve.ends[place].kind,
                     curve.count_at(place))
            for value, place in cuts if curve.ends[place].kind != "searched"
        ]  # fmt: skip
        return self._answer(stretches, tuple(critical), curve.complete, curve.down_to, curve.reason)

    def _value(self, affine: Affine, end: End) -> Number | None:
        """The parameter whose level is that of the end."""
        if end.exact is not None:
            p = inverse(end.exact, affine.scale, affine.shift)
            return None if p is None else from_exact(p, self.digits)
        (a0, a1), (b0, b1) = ((exact(x) for x in pair) for pair in (affine.scale, affine.shift))
        p = -(b0 + end.left * a0) / (b1 + end.left * a1)
        return from_ball(p, self.digits) if p.is_finite() else None

    def _scaled(self, affine: Affine, value: Number, end: End) -> Number:
        """A beta of the core as one of the member at ``value``."""
        a0, a1 = affine.scale
        if a1 == 0 or end.kind == "limit":
            return end.beta
        with working(4 * self.digits + 60):
            low, high = (exact(Fraction(x)) for x in (value.lower, value.upper))
            least, most = (exact(Fraction(x)) for x in (end.beta.lower, end.beta.upper))
            return from_ball((exact(a0) + exact(a1) * low.union(high)) * least.union(most), self.digits)

    def _counted(
        self, low: Number, high: Number, critical: tuple[bool, bool], affine: Affine, curve: Graph
    ) -> Stretch:
        middle = _inner(low, high)[len(_SHARES) // 2]
        (a0, a1), (b0, b1) = affine.scale, affine.shift
        with working(4 * self.digits + 60):
            count = curve.count(exact(-(b0 + b1 * middle) / (a0 + a1 * middle)))
        stretch = self._stretch(low, high, count, affine, curve.reason, critical)
        if curve.rational is None:
            return stretch
        return replace(stretch, closed_form=self._solved(affine, curve.rational, stretch))

    def _solved(self, affine: Affine, ratio: RationalRatio, stretch: Stretch) -> sympy.Expr | None:
        """beta1 as an expression in the parameter: the root that holds beta1 where it was enclosed."""
        p = sympy.Symbol(self.family.name)
        a, b = (sympy.Rational(str(u)) + sympy.Rational(str(v)) * p for u, v in (affine.scale, affine.shift))
        if stretch.zeros == 0:
            return a / ratio.t_max
        forms = [
            sympy.expand(a) * beta if a != 1 else beta for beta in ratio.temperatures(sympy.expand(-b) / a)
        ]
        kept = [form for form in forms if all(_holds(form, p, each) for each in stretch.beta1)]
        return kept[0] if len(kept) == 1 else None

    def _whole(self, count: int | None, affine: Affine | None, reason: str) -> Stretch:
        low, high = self.family.ends
        return self._stretch(self._end(low), self._end(high), count, affine, reason)

    def _stretch(
        self,
        low: Number,
        high: Number,
        count: int | None,
        affine: Affine | None,
        reason: str,
        critical: tuple[bool, bool] = (False, False),
        least: Fraction | None = None,
    ) -> Stretch:
        """critical: which ends are critical values, and so not of the stretch. least: count above it."""
        samples, ends = [], [_tried(end) for end, cut in zip((low, high), critical, strict=True) if not cut]
        # Where beta1 is enclosed on every cell, single members only check it.
        inner = _inner(low, high)
        inner = inner if least is None else inner[len(inner) // 2 :][: count is not None]
        for value, roots in self._all_zeros(sorted({*inner, *ends})):
            seen = sum(least is None or beta.bounds[0] > least for beta in roots.exceptional)
            if count is not None and roots.complete and seen != count:
                raise ArithmeticError(
                    f"{seen} exceptional temperatures at {self.family.name} = {value}, and {count} for all "
                    "values around it: one of the two is at fault"
                )
            samples.append((value, self._at(value, roots)))
        between = () if affine is None or count is None else tuple(_bounds(affine, samples))
        return Stretch(low, high, count, tuple(at for _, at in samples), between, None, reason)

    def _zeros(self, value: Fraction) -> Zeros:
        """A question of its own, on a worker as here."""
        with question(self.digits):
            return zeros(self.family.at(value), self.signal, self.noise, self.digits)

    def _all_zeros(self, values: Sequence[Fraction]) -> Iterable[tuple[Fraction, Zeros]]:
        if self.scheduler is None:
            return ((value, self._zeros(value)) for value in values)
        from ..workers.cluster import Cluster

        found = Cluster(self.scheduler).map(replace(self, scheduler=None)._zeros, values)
        return zip(values, found, strict=True)

    def _at(self, value: Fraction, roots: Zeros) -> At:
        return At(decimal(value), roots.beta1.lower, roots.beta1.upper, roots.exceptional)

    def _end(self, value: Fraction) -> Number:
        return from_exact(rational(value), self.digits)

    def _answer(
        self,
        stretches: list[Stretch],
        critical: tuple[Critical, ...],
        complete: bool,
        down_to: str,
        reason: str,
    ) -> FamilyThreshold:
        return FamilyThreshold(
            str(self.family), self.signal, self.noise, self.family, tuple(stretches), critical, complete,
            down_to, self._uniform(stretches, critical), reason,
        )  # fmt: skip

    def _uniform(self, stretches: list[Stretch], critical: tuple[Critical, ...]) -> Number | None:
        """The largest beta1.

        R falls from oo at t = 0 and meets every level before its first pole, so that 1/t at the first meeting
        does not decrease in the level -B/A: with A = 1 the largest beta1 is that at an end of the range.
        """
        affine, (low, high) = self._affine, self.family.ends
        endless = any(each.beta.lower == "inf" for each in critical)
        if endless or any(each.lower == "inf" for stretch in stretches for each in stretch.beta1):
            return from_exact(sympy.oo, self.digits)
        if isinstance(self.family.values, Range):
            if any(each.zeros is None for each in stretches):
                return None
            if affine is None or affine.scale[1]:
                between = [each for stretch in stretches for each in stretch.between]
                met = [Fraction(each.end) for each in between] == [
                    *(Fraction(each.start) for each in between[1:]), high
                ]  # fmt: skip
                covered = met and Fraction(between[0].start) == low
                # Near a critical value nothing is enclosed.
                return _largest(stretches) if covered else None
            top = self._zeros(high if affine.shift[1] <= 0 else low).beta1
            return None if top.upper == "inf" and top.lower != "inf" else top
        return _largest(stretches)


def _largest(stretches: list[Stretch]) -> Number | None:
    """The largest beta1: at least that of the members tried, at most that of all cells."""
    tried = [each for stretch in stretches for each in stretch.beta1]
    covered = [each for stretch in stretches for each in stretch.between] or tried
    if not tried or any("inf" in each.upper for each in (*tried, *covered)):
        return None
    upper = max((each.upper for each in covered), key=Fraction)
    return Number(None, max((each.lower for each in tried), key=Fraction), upper)


def _holds_value(low: Fraction, high: Fraction, value: Number) -> bool:
    """Whether the value lies in the range. Raises Unresolved where it is not told apart from an end."""
    least, most = value.bounds
    if low <= least and most <= high:
        return True
    if most < low or least > high:
        return False
    raise Unresolved("a critical value of the parameter is not told apart from an end of its range")


def _tried(end: Number) -> Fraction:
    """The end itself where it is known exactly, else a number next to it."""
    exactly = end.closed_form
    return Fraction(exactly.p, exactly.q) if isinstance(exactly, sympy.Rational) else end.bounds[0]


def _inner(low: Number, high: Number) -> list[Fraction]:
    """Short numbers inside a stretch, increasing."""
    least, most = low.bounds[1], high.bounds[0]
    step = Fraction(1, 10)
    while step > (most - least) / 200:
        step /= 10
    return [round((least + share * (most - least)) / step) * step for share in _SHARES]


def _enclosed(cells: list[Cell], floor: Fraction) -> Iterator[Between]:
    """beta1 on each cell, from the first zero of its members; where there is none it is at most ``floor``."""
    for cell in cells:
        low, high, first = decimal(cell.low), decimal(cell.high), cell.first
        if first is None:
            yield Between(low, high, "0", decimal(floor))
            continue
        least, most = first
        with working(200):
            below = "0" if most is None else from_ball(1 / most, 12).lower
            yield Between(low, high, below, "inf" if least.is_zero() else from_ball(1 / least, 12).upper)


def _bounds(affine: Affine, samples: list[tuple[Fraction, At]]) -> Iterator[Between]:
    """beta = A/t, t monotone in the level and so in the parameter: bounds from the values at both ends."""
    (a0, a1), _ = affine.scale, affine.shift
    for (p, one), (q, other) in pairwise(samples):
        if "inf" in (one.upper, other.upper):
            continue
        scales = [a0 + a1 * p, a0 + a1 * q]
        # 1/t at both ends, from below and from above.
        least = min(Fraction(at.lower) / scale for at, scale in zip((one, other), scales, strict=True))
        most = max(Fraction(at.upper) / scale for at, scale in zip((one, other), scales, strict=True))
        with working(200):
            lower = from_ball(exact(least * min(scales)), 20).lower if least else "0"
            upper = from_ball(exact(most * max(scales)), 20).upper if most else "0"
        yield Between(decimal(p), decimal(q), lower, upper)


def _holds(form: sympy.Expr, p: sympy.Symbol, at: At) -> bool:
    value = form.subs(p, sympy.Rational(at.at))
    if not value.is_real:
        return False
    number = from_exact(value, 20)
    return not (Fraction(number.upper) < Fraction(at.lower) or Fraction(number.lower) > Fraction(at.upper))
