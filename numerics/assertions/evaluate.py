"""Expressions of a claim on a cell of its parameters: enclosures, and whether a condition holds there.

The words of a claim are functions of t = 1/beta, each a series about a ball of t. With H_k(t) = E[e^{ty}
He_k] = M_e(t) h_k(t): alpha_k = H_k', K = log h_0, V = K', Var = K'', J = K/t, KL = tK' - K, chi2 = e^{K(2t)
- 2K(t)} - 1, ESS = H_0(t)^2/H_0(2t). alpha, h, mu, ESS and snr are those of the label, with its noise or as
it is drawn; the others those of the policy, which the noise does not move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from math import comb, factorial
from typing import cast

from flint import arb

from ...link import Signal
from ...link.assertion import DOUBLED, TEMPERED
from ...link.label import ADDITIVE, Noise
from ...link.tree import (
    ARITHMETIC,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Neg,
    Node,
    Num,
    Var,
    Where,
    by_sign,
    combined,
    whole,
)
from ..expectation.labels import infinite_from, noise_moment, noise_transform
from ..expectation.oracle import NotIntegrable, Unresolved, oracle, tilt_of
from ..expectation.tails import require_integrable
from ..expectation.taylor import Curves
from ..lowering import series
from ..lowering.balls import ON_BALLS
from ..lowering.functions import FUNCTIONS
from ..lowering.series import EndpointSeries, Series, constant, value_only, values_only, variable
from ..precision import exact
from ..threshold.signal import signal_series


@dataclass(frozen=True)
class Words:
    """The words for one link, noise law and signal kind.

    star: GE, or None when it is not known. best_signal: lambda_k^2 of the label as a ball.
    """

    curves: Curves
    noise: Noise
    signal: Signal
    star: int | None
    best_signal: Callable[[int], arb]
    _moments: dict[tuple[int, int, int], arb] = field(default_factory=dict, repr=False)

    def at(self, name: str, k: int, t: arb, order: int, digits: int | None, tilt: Fraction | None) -> Series:
        """The word as a series about the ball ``t``; ``tilt`` is t when that is rational.

        With ``digits`` expectations are taken at t itself, which must then be nearly exact; otherwise
        from Taylor models. A word that does not exist or is not resolved there is not a number; with
        ``digits`` NotIntegrable or Unresolved is raised.
        """
        if name in DOUBLED and self._infinite(t, tilt):
            # The tilt itself must still exist; a caller who meets t_max asks for that beforehand.
            if t > self.limit:
                return value_only(arb.nan(), order)
            return constant(arb.pos_inf() if name == "chi2" else arb(0), order)
        return _View(self, t, order, digits, tilt).word(name, k)

    @property
    def limit(self) -> arb:
        """E e^{ty} is proved infinite for every larger t."""
        return infinite_from(self.curves.tree, self.curves.label)

    def require_tilt(self, t: Fraction) -> None:
        """Raises NotIntegrable or Unresolved unless E abs(y) e^{ty} is proved finite."""
        if self.curves.label == ADDITIVE:
            require_integrable(self.curves.tree, exact(t), 1)
        else:
            self.curves.moments.tilted_moments((0,), (1,), t, 5)

    def _infinite(self, t: arb, tilt: Fraction | None) -> bool:
        """Whether E e^{2ty} is proved infinite on the whole ball."""
        if 2 * t > self.limit:
            return True
        try:
            if tilt is not None:
                self.curves.moments.tilted_moments((0,), (0,), 2 * tilt, 5)
        except NotIntegrable:
            return True
        except Unresolved:
            pass
        return False

    def moment(self, i: int, k: int, digits: int) -> arb:
        """mu_{i,k} = E[y^i He_k]."""
        key = (i, k, digits)
        if key not in self._moments:
            of_noise = [(j, noise_moment(self.noise, j)) for j in range(i + 1)]
            terms = (comb(i, j) * exact(m) * self._noiseless(i - j, k, digits) for j, m in of_noise if m)
            self._moments[key] = sum(terms, arb(0))
        return self._moments[key]

    def _noiseless(self, i: int, k: int, digits: int) -> arb:
        if i == 0:
            return arb(1 if k == 0 else 0)
        return self.curves.moments.tilted_moments((k,), (i,), 0, digits)[i, k]


@dataclass(frozen=True, slots=True)
class _View:
    words: Words
    t: arb
    order: int
    digits: int | None
    tilt: Fraction | None

    def noiseless(self, k: int, factor: int, order: int) -> Series:
        """h_k about factor * t."""
        curves = self.words.curves
        if self.digits is None:
            return curves.jet(k, factor * self.t, order)
        tilt = tilt_of(factor * self.t) if self.tilt is None else factor * self.tilt
        return curves.sharp(k, tilt, order, self.digits)

    def noisy(self, k: int, factor: int, order: int) -> Series:
        """H_k about factor * t."""
        h = self.noiseless(k, factor, order)
        if self.words.noise.kind == "none":
            return h
        return h * noise_transform(self.words.noise, factor * self.t, order)

    def partition(self, extra: int, factor: int = 1) -> Series:
        """K about factor * t."""
        return series.log(self.noiseless(0, factor, self.order + extra))

    def word(self, name: str, k: int) -> Series:
        if name == "h":
            return self.noisy(k, 1, self.order)
        if name == "alpha":
            return self.noisy(k, 1, self.order + 1).derivative()
        if name == "logM":
            return self.partition(0)
        if name == "V":
            return self.partition(1).derivative()
        if name == "Var":
            return self.partition(2).derivative().derivative()
        if name == "J":
            return self.objective()
        if name == "ESS":
            return self.noisy(0, 1, self.order).power(2) / self.noisy(0, 2, self.order).stretched(2)
        if name == "KL":
            log_mass = self.partition(1)
            return variable(self.t, self.order) * log_mass.derivative() - log_mass
        if name == "chi2":
            gap = self.partition(0, 2).stretched(2) - self.partition(0).times(arb(2))
            return Series((gap.value.expm1(), *series.exp(gap).coefficients[1:]))
        return self.snr()

    def objective(self) -> Series:
        """J = K/t; about a ball that holds 0, the mean of V(ut) over 0 <= u <= 1, whose coefficients are
        those of V over the ball divided by 1, 2, 3, ...
        """
        if not self.t.contains(0):
            return self.partition(0) / variable(self.t, self.order)
        value = self.partition(1).derivative()
        return Series(tuple(c / (n + 1) for n, c in enumerate(value.coefficients)))

    def snr(self) -> Series:
        star, signal, order = self.words.star, self.words.signal, self.order
        if star is None:
            raise Unresolved("the generative exponent is not decided, so snr has no order")
        h, twice = self.noisy(star, 1, order + 1), self.noisy(0, 2, order + 2)
        base = self.noisy(0, 1, order + 1) if signal == Signal.CENTERED else h
        a, d = signal_series(signal, h, base, twice)
        ratio = a.power(2) / d.times(arb(factorial(star)))
        return Series(ratio.coefficients[: order + 1])


#: IE, GE, t_max and beta1 as balls to the given digits.
Constants = Callable[[str, int], arb]
#: How many coefficients of left - right at the point are proved to be 0, by other means than balls.
Meets = Callable[[Compare], int]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Expressions as germs. ``digits``: expectations are taken at the point to that many digits.

    agree: the digits, relative to the largest summand, to which two sides must agree to count as equal in
    ``==`` and ``!=``; without it, only exact numbers are equal.
    """

    words: Words
    constants: Constants
    values: Mapping[str, EndpointSeries]
    blank: EndpointSeries
    digits: int | None = None
    agree: int | None = None

    def of(self, node: Node) -> EndpointSeries:
        if isinstance(node, Num):
            return self.blank.same(exact(node.value))
        if isinstance(node, Const):
            return self.blank.same(self._constant(node.name))
        if isinstance(node, Var):
            return self.values[node.name]
        if isinstance(node, Neg):
            return -self.of(node.arg)
        if isinstance(node, Bin):
            return self._binary(node)
        if isinstance(node, Where):
            return self._where(node)
        if node.name in TEMPERED:
            return self._tempered(node)
        if node.name == "mu":
            i, k = map(whole, node.args)
            return self.blank.same(self.words.moment(i, k, self.digits or 20))
        if node.name == "lambda2":
            return self.blank.same(self.words.best_signal(whole(node.args[0])))
        if node.name == "mean":
            return self.blank.same(oracle(node.args[0]).mean(self.digits or 20))
        return self._call(node)

    def _constant(self, name: str) -> arb:
        if name in ("pi", "E", "oo"):
            return {"pi": arb.pi, "E": arb.const_e, "oo": arb.pos_inf}[name]()
        return self.constants(name, self.digits or 20)

    def _binary(self, node: Bin) -> EndpointSeries:
        left = self.of(node.left)
        if node.op == "**" and isinstance(node.right, Num):
            exponent = node.right.value
            if exponent.denominator == 1:
                return left.power(int(exponent))
            return left.fractional_power(exponent)
        right = self.of(node.right)
        if node.op != "**":
            return cast(EndpointSeries, ARITHMETIC[node.op](left, right))
        return (right * left.each(series.log)).each(series.exp)

    def _tempered(self, node: Call) -> EndpointSeries:
        k = whole(node.args[0]) if len(node.args) == 2 else 0
        beta = node.args[-1]
        inverse = (self.blank.same(arb(1)) / self.of(beta)).without_shift()
        tilt = 1 / beta.value if isinstance(beta, Num) else None
        order = inverse.point.order

        def word(t: series.Series) -> series.Series:
            if not t.value.is_finite() or not (t.value >= 0 or self.blank.at_end):
                return series.value_only(arb.nan(), order)
            return self.words.at(node.name, k, t.value, order, self.digits, tilt).composed(t)

        if self.digits is not None:
            if not inverse.point.value > 0:
                raise Unresolved(f"the temperature of {node.name} is not shown to be positive")
            value = word(inverse.point)
            return EndpointSeries(0, value, value, self.blank.cell)
        return EndpointSeries(0, word(inverse.point), word(inverse.over), self.blank.cell, self.blank.at_end)

    def _where(self, node: Where) -> EndpointSeries:
        then, other = self.of(node.then), self.of(node.other)
        # Agreement of digits is no equality, and another branch may make the claim true.
        truth = replace(self, agree=None).holds(node.condition)
        if truth is not None:
            return then if truth else other
        a, b = then.without_shift(), other.without_shift()
        return values_only(a, a.point.value.union(b.point.value), a.over.value.union(b.over.value))

    def _call(self, node: Call) -> EndpointSeries:
        if node.name == "He":
            order, argument = whole(node.args[0]), self.of(node.args[1])
            before, current = self.blank.same(arb(1)), argument
            for k in range(1, order):
                before, current = current, argument * current - self.blank.same(arb(k)) * before
            return current if order else before
        args = [self.of(arg) for arg in node.args]
        function = FUNCTIONS[node.name]
        if function.series is not None:
            return args[0].each(function.series)
        if node.name in ("min", "max"):
            return reduce(lambda a, b: _chosen(a, b, node.name == "max"), args)
        if node.name == "clip":
            return _chosen(_chosen(args[0], args[1], True), args[2], False)
        return self._switched(node.name, args[0])

    def _switched(self, name: str, u: EndpointSeries) -> EndpointSeries:
        """A function that switches where its argument u vanishes."""
        value, branch = u.stripped().values(), FUNCTIONS[name].branch
        if branch is not None and (value > 0 or value < 0):
            return replace(self, values={"u": u}).of(branch(Var("u"), 1 if value > 0 else -1))
        ground, on_balls = u.without_shift(), ON_BALLS[name].value
        return values_only(ground, on_balls(ground.point.value), on_balls(ground.over.value))

    def holds(self, part: Condition, meets: Meets | None = None) -> bool | None:
        """Whether the condition is proved true, or false, everywhere on the cell (at an end: for u > 0)."""
        return combined(part, lambda one: by_sign(one.op, self.sign(one, meets)))

    def sign(self, part: Compare, meets: Meets | None = None) -> int | None:
        """The sign of left - right all over the cell, or None; 0 only when both sides are exact."""
        if part.left == part.right:
            return 0
        try:
            left, right = self.of(part.left), self.of(part.right)
        except (NotIntegrable, Unresolved):
            if self.digits is not None:
                raise
            return None
        if (order := _infinite_order(left, right)) is not None:
            return order
        gap = left - right
        if self.blank.at_end and meets is not None and (times := meets(part)):
            gap = gap.vanishing(times)
        value = gap.stripped().values()
        if value.is_zero() and gap.over.value.is_zero():
            return 0
        if part.op in ("==", "!=") and self.agree is not None and value.contains(0):
            sides = (*_summands(part.left), *_summands(part.right))
            size = reduce(arb.max, (self.of(one).without_shift().over.value.abs_lower() for one in sides))
            if self.digits is None:
                # On a cell both sides may pass 0, so the goal is absolute; at a point 0 is never agreement.
                size = size.max(arb(10) ** -self.agree)
            close = gap.shift >= 0 and size > 0 and value.abs_upper() <= size * arb(10) ** -self.agree
            return 0 if close else None
        return 1 if value > 0 else -1 if value < 0 else None


def _summands(side: Node) -> list[Node]:
    """What is added up, whose sizes say how far a difference of 0 is more than a small number."""
    if isinstance(side, Neg):
        return _summands(side.arg)
    if isinstance(side, Bin) and side.op in "+-":
        return _summands(side.left) + _summands(side.right)
    return [side]


def _infinite_order(left: EndpointSeries, right: EndpointSeries) -> int | None:
    """The order of two numbers of which one is oo on the whole cell."""
    sizes = []
    for side in (left, right):
        value = side.over.value
        infinite = side.shift == 0 and not value.is_finite() and value.is_exact() and not value.is_nan()
        sizes.append((1 if value > 0 else -1) if infinite else 0 if value.is_finite() else None)
    if None in sizes or sizes == [0, 0]:
        return None
    a, b = cast(list[int], sizes)
    return (a > b) - (a < b)


def _chosen(a: EndpointSeries, b: EndpointSeries, larger: bool) -> EndpointSeries:
    gap = (a - b).stripped().values()
    if gap > 0 or gap < 0:
        return a if bool(gap > 0) == larger else b
    first, second = a.without_shift(), b.without_shift()

    def pick(x: arb, y: arb) -> arb:
        return x.max(y) if larger else x.min(y)

    return values_only(
        first, pick(first.point.value, second.point.value), pick(first.over.value, second.over.value)
    )


def fixed(value: arb, order: int) -> EndpointSeries:
    """A number on a cell that is a single point."""
    jet = series.constant(value, order)
    return EndpointSeries(0, jet, jet, arb(0))
