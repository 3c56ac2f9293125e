"""An enclosure with an optional closed form, and balls of closed forms: the bridge between the rooms.

``ball`` encloses a SymPy number by its own walk over the expression, and therefore deliberately knows only
the functions that closed forms use.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, NoReturn

import sympy
from flint import arb

from ..link import LinkError, parse_expression
from ..numerics.lowering.balls import natural
from ..numerics.precision import decimal_bounds, exact, relative_digits, working
from ..theory.exact import t
from ..theory.families.form import Expansion
from .verdict import Value

_CONSTANTS: dict[Any, Callable[[], arb]] = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.oo: arb.pos_inf,
    -sympy.oo: arb.neg_inf,
}
_FUNCTIONS: dict[Any, Callable[..., arb]] = {
    sympy.exp: lambda x: x.exp(),
    sympy.log: lambda x: x.log(),
    sympy.sin: lambda x: x.sin(),
    sympy.cos: lambda x: x.cos(),
    sympy.tan: lambda x: x.tan(),
    sympy.sinh: lambda x: x.sinh(),
    sympy.cosh: lambda x: x.cosh(),
    sympy.tanh: lambda x: x.tanh(),
    sympy.atan: lambda x: x.atan(),
    sympy.erf: lambda x: x.erf(),
    sympy.erfc: lambda x: x.erfc(),
    sympy.erfi: lambda x: x.erfi(),
    sympy.Abs: abs,
    sympy.sign: lambda x: x.sgn(),
    sympy.LambertW: lambda x: x.lambertw(),
    sympy.besseli: lambda n, x: x.bessel_i(n),
    sympy.Max: lambda *xs: reduce(lambda a, b: a.max(b), xs),
    sympy.Min: lambda *xs: reduce(lambda a, b: a.min(b), xs),
}
_MAX_TERMS = 4096
#: Characters of an end in the short form of a number.
_BRIEF = 14


def ball(expression: sympy.Expr) -> arb:
    """An enclosure of a SymPy number at the working precision.

    Raises TypeError on a symbol or a function that closed forms never contain.
    """
    if expression.is_Rational:
        return exact(Fraction(expression))
    if expression in _CONSTANTS:
        return _CONSTANTS[expression]()
    args = [ball(arg) for arg in expression.args]
    if expression.is_Add:
        return reduce(lambda a, b: a + b, args)
    if expression.is_Mul:
        return reduce(lambda a, b: a * b, args)
    if expression.is_Pow:
        exponent = expression.exp
        if exponent.is_Integer:
            power: arb = natural(args[0], abs(int(exponent)))
            return power if exponent > 0 else arb(1) / power
        if exponent == sympy.Rational(1, 2):
            return args[0].sqrt()
        return args[0] ** args[1]
    function = _FUNCTIONS.get(expression.func)
    if function is None:
        raise TypeError(f"no ball arithmetic for {expression.func} in a closed form")
    return function(*args)


def ball_to(expression: sympy.Expr, digits: int) -> arb:
    """An enclosure of relative width at most 10^-digits (absolute where the value may be 0).

    The precision is doubled until that holds; past 20 times the digits the widest honest ball is
    returned, which every comparison then reports as undecided.
    """
    bits = int(digits * 3.33) + 40
    while True:
        with working(bits):
            value = ball(expression)
        if relative_digits(value) >= digits or bits > 80 * digits + 4000:
            return value
        bits *= 2


def series_to(expansion: Expansion, at: sympy.Rational, digits: int) -> arb:
    """An enclosure of a series at t = ``at`` > 0, its remainder included; as tight as ``ball_to``."""
    bits, count = int(digits * 3.33) + 60, 8
    while True:
        with working(bits):
            total = sum((ball(_at(expansion.term(j), at)) for j in range(count)), arb(0))
            rest = expansion.remainder(count)
            first, ratio = ball(_at(rest.first, at)), ball(_at(rest.ratio, at))
            bound = first / (1 - ratio) if ratio < 1 else arb.pos_inf()
            value = total + arb(0, bound.abs_upper())
            settled = relative_digits(value) >= digits or value.abs_upper() < arb(10) ** -(digits + 10)
        if settled or count >= _MAX_TERMS:
            return value
        # Either the remainder is still too large, or the terms cancel.
        if not bound.is_finite() or bound.abs_upper() > value.rad() / 2:
            count *= 2
        else:
            bits *= 2


def _at(expression: sympy.Expr, at: sympy.Rational) -> sympy.Expr:
    return sympy.sympify(expression).subs(t, at)


def show(value: arb, digits: int = 12) -> str:
    """A ball as one decimal when it is tight, as an interval when it is not."""
    if relative_digits(value) >= digits:
        with working(int(digits * 3.4) + 20):
            return str(value.mid().str(digits, radius=False))
    lower, upper = decimal_bounds(value, 6)
    return f"[{lower}, {upper}]"


@dataclass(frozen=True, slots=True, repr=False)
class Number:
    """``lower <= value <= upper``, decimal strings rounded outward (``inf`` and ``-inf`` allowed).

    closed_form: the exact value as a SymPy expression, or None when no closed form is known. ``float`` and
    ``mid`` are of the middle, ``bounds`` exact. Two numbers compare where their enclosures lie apart.
    """

    closed_form: sympy.Expr | None
    lower: str
    upper: str

    def as_json(self) -> dict[str, Any]:
        return {"closed_form": self.readable, "lower": self.lower, "upper": self.upper}

    @property
    def readable(self) -> str | None:
        """The closed form as text that the link language reads back, or None (it has no erfi, for one)."""
        if self.closed_form is None:
            return None
        text = str(self.closed_form)
        if text not in ("oo", "-oo"):
            try:
                parse_expression(text, variables=())
            except LinkError:
                return None
        return text

    @property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """Both ends as fractions. Raises ValueError where one is infinite."""
        if "inf" in (self.lower.lstrip("-"), self.upper.lstrip("-")):
            raise ValueError(f"{self!r} has no finite bounds: compare its lower and upper with 'inf'")
        return Fraction(self.lower), Fraction(self.upper)

    @property
    def ball(self) -> arb:
        """The enclosure at the working precision. Raises ValueError where an end is infinite."""
        low, high = self.bounds
        return exact(low).union(exact(high))

    @property
    def mid(self) -> Fraction:
        """The middle of the enclosure. Raises ValueError where an end is infinite."""
        return sum(self.bounds) / Fraction(2)

    def __float__(self) -> float:
        return float(self.lower) if self.lower == self.upper else float(self.mid)

    def __repr__(self) -> str:
        form = "" if self.closed_form is None else f"{self.closed_form} = "
        ends = (self.lower, self.upper)
        low, high = (end if len(end) <= _BRIEF else f"{end[:_BRIEF]}..." for end in ends)
        return f"Number({form}{low if low == high else f'[{low}, {high}]'})"

    def _sign(self, other: Any) -> int:
        """The sign of self - other. Raises ValueError where the enclosures do not tell."""
        mine, theirs = _ends(self), _ends(other)
        if mine[1] < theirs[0] or mine[0] > theirs[1]:
            return -1 if mine[1] < theirs[0] else 1
        exact_form = self.closed_form is not None and self.closed_form == getattr(other, "closed_form", None)
        if exact_form or mine[0] == mine[1] == theirs[0] == theirs[1]:
            return 0
        told = "are not told apart: ask for more digits, or compare closed forms"
        raise ValueError(f"{self!r} and {other!r} {told}")

    def __lt__(self, other: Any) -> bool:
        return self._sign(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._sign(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._sign(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._sign(other) >= 0

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError(
            f"{self!r} is an enclosure, and there is no arithmetic of enclosures here: take float(x), x.mid, "
            "x.bounds or x.closed_form"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __neg__ = __abs__ = _refuse

    def as_value(self, quantity: str) -> Value:
        """The number as a leg's evidence carries it."""
        return Value(quantity, self.lower, self.upper, self.readable)

    def _repr_latex_(self) -> str:
        if self.closed_form is not None:
            return f"${sympy.latex(self.closed_form)}$"
        return f"$[{self.lower}, {self.upper}]$"


def _ends(x: Any) -> tuple[Fraction | float, Fraction | float]:
    """Both ends exactly; a float stands for its shortest decimal."""
    if not isinstance(x, Number):
        value = Fraction(str(x) if isinstance(x, float) else x)
        return value, value
    low, high = (float(end) if "inf" in end else Fraction(end) for end in (x.lower, x.upper))
    return low, high


def from_exact(value: sympy.Expr, digits: int) -> Number:
    """An exact number with its decimal enclosure, ``digits`` significant digits wide at most."""
    if value in (sympy.oo, -sympy.oo):
        end = "inf" if value is sympy.oo else "-inf"
        return Number(value, end, end)
    return Number(value, *decimal_bounds(ball_to(value, digits + 3), digits))


def from_ball(value: arb, digits: int) -> Number:
    """An enclosure without a closed form."""
    return Number(None, *decimal_bounds(value, digits))


def of_unit(value: arb, digits: int) -> Number:
    """An enclosure of a number in [0, 1]."""
    number = from_ball(value, digits)
    low, high = number.bounds
    return Number(None, "0" if low < 0 else number.lower, "1" if high > 1 else number.upper)
