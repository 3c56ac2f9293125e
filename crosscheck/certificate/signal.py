"""What a certificate states, as balls: its numbers, and the signal at one temperature and over a stretch.

With h_k(t) = E[e^{ts} He_k] and K_e the noise's cumulant generating function, the signal is
``label`` h_k' + K_e' h_k, ``weight`` h_k, ``centered`` h_k' h_0 - h_k h_0'.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial

from flint import arb

from ...link import LinkError, Node, Noise, parse_expression
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import as_fraction, exact, working
from .exact import Exact, Unknown, exact_value
from .format import Enclosure, Rejected
from .integral import Expectations

#: Bits at which texts are evaluated: enough for numbers of 300 digits.
BITS = 1400
_WIDEST = -100


@dataclass(frozen=True, slots=True)
class Constant:
    """``ball`` holds it, relatively no wider than 2^-100."""

    text: str
    node: Node
    ball: arb

    @property
    def exact(self) -> Exact | None:
        try:
            return exact_value(self.node)
        except Unknown:
            return None

    def lies_in(self, stated: Enclosure) -> bool:
        """Whether the number is shown to lie in the enclosure."""
        if stated.lower is None or stated.upper is None:
            return False
        rational = None if self.exact is None else self.exact.rational
        if rational is not None:
            return stated.lower <= rational <= stated.upper
        return inside(self.ball, stated)


def inside(value: arb, stated: Enclosure) -> bool:
    """Whether the whole ball lies in the enclosure."""
    if stated.lower is None or stated.upper is None:
        return False
    with working(BITS):
        return bool(exact(stated.lower) <= value) and bool(value <= exact(stated.upper))


def number(text: str) -> Constant:
    """Raises Rejected when the text is no number, or one that is not seen sharply."""
    shown = f"'{text[:60]}{'...' if len(text) > 60 else ''}'"
    try:
        node = parse_expression(text, variables=())
    except LinkError as error:
        raise Rejected(f"{shown} is not a number that can be read: {error}") from None
    with working(BITS):
        ball = compile_arb(node)(arb(0))
        sharp = ball.is_finite() and ball.rad() <= arb(2) ** _WIDEST * ball.abs_lower()
    if not sharp:
        raise Rejected(f"{shown} is not seen as one number: its ball is relatively wider than 2^{_WIDEST}")
    return Constant(text, node, ball)


def decimal(value: Fraction) -> str:
    """Nine digits, for the reader."""
    try:
        return f"{float(value):.9g}"
    except OverflowError:
        return "a huge number"


_ORDER = 8
_BITS = 64


@dataclass(frozen=True)
class Coefficient:
    """The order-k signal of one link, divided by e^{centre t}.

    expectations: those of s - centre, of which h_k' is e^{-centre t} (h_k' - centre h_k) of s.
    """

    expectations: Expectations
    k: int
    kind: str
    noise: Noise
    centre: Fraction

    @cached_property
    def pace(self) -> Fraction:
        """A length of t on which the signal changes little: s spreads over some 1/pace. It proves nothing."""
        s = compile_arb(self.expectations.tree)
        with working(_BITS):
            values = [value.mid() for i in range(-8, 9) if (value := s(arb(i) / 4)).is_finite()]
            spread = max(values) - min(values) if values else arb(0)
            return as_fraction(1 / spread.mid()) if spread > 0 else Fraction(1)

    def at(self, t: Fraction, bits: int) -> arb:
        """The signal at one t > 0."""
        with working(bits + 40):
            point = exact(t)

            def h(k: int) -> list[arb]:
                return [self.expectations.value(n, k, point, bits) for n in (0, 1)]

            return self._combined(h(self.k), h(0) if self.kind == "centered" else [], point)[0]

    def model(self, start: Fraction, end: Fraction) -> Model:
        """The signal on [start, end], 0 < start < end, by Taylor's formula with a bounded remainder."""
        with working(_BITS + 40):
            ks = (0, self.k) if self.kind == "centered" else (self.k,)
            return Model(self, {k: Expansion(self.expectations, k, 0, start, end) for k in ks})

    def _combined(self, h: list[arb], g: list[arb], t: arb) -> list[arb]:
        """The signal, and its slope when second derivatives are given."""
        if self.kind == "weight":
            return h
        if self.kind == "centered":
            return [h[1] * g[0] - h[0] * g[1], *(h[2] * g[0] - h[0] * g[2] for _ in h[2:])]
        first, second = slopes(self.noise, t)
        first += exact(self.centre)
        return [h[1] + first * h[0], *(h[2] + first * h[1] + second * h[0] for _ in h[2:])]


class Expansion:
    """h_k^(shift + n)(t), n = 0, 1, 2, on [start, end] from E[s^i e^{ts} He_k] at the middle."""

    def __init__(self, source: Expectations, k: int, shift: int, start: Fraction, end: Fraction) -> None:
        self.middle = (start + end) / 2
        middle = exact(self.middle)
        whole = exact(start).union(exact(end))
        top = range(shift, shift + _ORDER + 2)
        self._values = [source.value(i, k, middle, _BITS) for i in top]
        self._rest = [source.value(shift + _ORDER + n, k, whole, 30) for n in range(3)]

    def derivative(self, n: int, t: arb) -> arb:
        """h_k^(shift + n) at every t in the ball ``t`` inside the stretch."""
        u = t - exact(self.middle)
        total, power = arb(0), arb(1)
        for m in range(_ORDER):
            total += self._values[n + m] * power / factorial(m)
            power *= u
        return total + self._rest[n] * power / factorial(_ORDER)


@dataclass(frozen=True)
class Model:
    """The signal on a stretch of t, cheap to evaluate on many balls inside."""

    coefficient: Coefficient
    expansions: dict[int, Expansion]

    def on(self, start: Fraction, end: Fraction) -> tuple[arb, arb]:
        """Balls that hold the signal and its slope at every t in [start, end], by the mean value theorem."""
        with working(_BITS + 40):
            value, slope = self._at(exact(start).union(exact(end)))
            if start == end:
                return value, slope
            middle = exact((start + end) / 2)
            around = exact(end - start) / 2 * arb(0, 1)
            return value.intersection(self._at(middle)[0] + slope * around), slope

    def _at(self, t: arb) -> tuple[arb, arb]:
        values = {k: [e.derivative(n, t) for n in range(3)] for k, e in self.expansions.items()}
        both = self.coefficient._combined(values[self.coefficient.k], values.get(0, []), t)
        return both[0], both[1]


def slopes(noise: Noise, t: arb) -> tuple[arb, arb]:
    """K_e' and K_e'' on a ball of t > 0: the first increases with t, the second decreases."""
    low, high = _slopes(noise, t.lower()), _slopes(noise, t.upper())
    return low[0].union(high[0]), low[1].union(high[1])


def _slopes(noise: Noise, t: arb) -> tuple[arb, arb]:
    a = exact(noise.scale)
    if noise.kind == "none":
        return arb(0), arb(0)
    if noise.kind == "gaussian":
        return a**2 * t, a**2
    x = a * t
    if noise.kind == "rademacher":
        return a * x.tanh(), (a / x.cosh()) ** 2
    # log(sinh(x)/x): the differences below lose about log2(1/x^2) bits.
    return a * (x.coth() - 1 / x), a**2 * (1 / x**2 - 1 / x.sinh() ** 2)
