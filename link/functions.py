"""The functions of the link language: one record each, with every column filled.

A record says what reading a link takes: how many arguments, other names, where the function is defined and
an interval that holds its values. The rooms ``theory`` and ``numerics`` keep a table of their own each, with
the same names; docs/adding-a-function.md goes through the three.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from . import interval
from .interval import Interval
from .tree import Call

_ZERO, _ONE = Interval(0.0, 0.0), Interval(1.0, 1.0)


class Outside(NamedTuple):
    """The arguments are not shown to lie where the function is defined; ``proved``: they do not."""

    what: str
    remedy: str
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the language.

    arity: the number of arguments, None for two or more. aliases: other names that are read as this one.
    image: an interval that holds the values, from those that hold the arguments. outside: None where it is
    defined everywhere, otherwise what is wrong with the arguments, if anything. keeps_degree: whether
    |f(x)| grows at most like its largest argument.
    """

    arity: int | None
    aliases: tuple[str, ...]
    image: Callable[[list[Interval]], Interval]
    outside: Callable[[Call, list[Interval]], Outside | None] | None
    keeps_degree: bool


def _ends(x: Interval) -> tuple[float, float]:
    return x.lo, x.hi


def _rising(function: Callable[[float], float]) -> Callable[[list[Interval]], Interval]:
    """The image under an increasing function with f(0) = 0."""
    return lambda a: Interval(*_ends(a[0].increasing(function)), a[0].positive)


def _positive(function: Callable[[float], float]) -> Callable[[list[Interval]], Interval]:
    """The image under an increasing function with positive values."""
    return lambda a: Interval(*_ends(a[0].increasing(function, 0.0)), True)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sine(a: list[Interval]) -> Interval:
    return interval.cosine(a[0] - interval.exact(Fraction(math.pi / 2)).increasing(lambda x: x))


def _cosh(a: list[Interval]) -> Interval:
    grown = a[0].absolute().increasing(math.cosh, 1.0)
    return Interval(max(grown.lo, 1.0), grown.hi)


def _sqrt(a: list[Interval]) -> Interval:
    root = Interval(max(a[0].lo, 0.0), max(a[0].hi, 0.0)).increasing(math.sqrt).maximum(_ZERO)
    return Interval(root.lo, root.hi, a[0].positive)


def _anything(a: list[Interval]) -> Interval:
    return Interval(-math.inf, math.inf)


def _sign(a: list[Interval]) -> Interval:
    if a[0].positive or a[0].hi < 0:
        return _ONE if a[0].positive else -_ONE
    return Interval(-1.0 if a[0].lo < 0 else 0.0, 1.0 if a[0].hi > 0 else 0.0)


def _step(a: list[Interval]) -> Interval:
    return _ONE if a[0].positive else _ZERO if a[0].hi < 0 else Interval(0.0, 1.0)


def _gelu(a: list[Interval]) -> Interval:
    return Interval(-0.2 if a[0].lo < 0 else 0.0, max(a[0].hi, 0.0))


def _silu(a: list[Interval]) -> Interval:
    # x/(1 + e^{-x}) is least, -0.27846..., near x = -1.278.
    return Interval(-0.2785 if a[0].lo < 0 else 0.0, max(a[0].hi, 0.0), a[0].positive)


def _expm1(a: list[Interval]) -> Interval:
    return Interval(*_ends(a[0].increasing(math.expm1, -1.0)), a[0].positive)


def _log1p(a: list[Interval]) -> Interval:
    return Interval(*_ends(interval.log(a[0] + _ONE)), a[0].positive)


def _hermite(a: list[Interval]) -> Interval:
    order, x = int(a[0].lo), a[1]
    before, current = _ONE, x
    for k in range(1, order):
        # k is a double exactly, as orders are small.
        before, current = current, x * current - Interval(float(k), float(k)) * before
    return _ONE if order == 0 else current


def _larger(x: Interval, y: Interval) -> Interval:
    return x.maximum(y)


def _smaller(x: Interval, y: Interval) -> Interval:
    if x.positive and y.positive:
        return Interval(min(x.lo, y.lo), min(x.hi, y.hi), True)
    return -((-x).maximum(-y))


def _clip(a: list[Interval]) -> Interval:
    return _smaller(a[0].maximum(a[1]), a[2])


def _not_positive(what: str, x: Interval, remedy: str) -> Outside | None:
    return None if x.positive else Outside(what, remedy, _negative(x))


def _negative(x: Interval) -> bool:
    return x.hi < 0 or x.lo == x.hi == 0


def _no_logarithm(node: Call, a: list[Interval]) -> Outside | None:
    return _not_positive(
        "takes the logarithm of a number that is not positive", a[0], "write log(1 + z**2), say"
    )


def _no_logarithm_of_more(node: Call, a: list[Interval]) -> Outside | None:
    what = "takes the logarithm of 1 plus a number that is not above -1"
    return _not_positive(what, a[0] + _ONE, "write log1p(z**2), say")


def _no_root(node: Call, a: list[Interval]) -> Outside | None:
    what = "takes the root of a negative number"
    return None if a[0].nonnegative else Outside(what, "write sqrt(abs(z)), say", _negative(a[0]))


def _pole(node: Call, a: list[Interval]) -> Outside | None:
    below = interval.cosine(a[0])
    away = below.positive or below.hi < 0
    return None if away else Outside("has a pole", "write atan or tan(tanh(z)), say", False)


def _disordered(node: Call, a: list[Interval]) -> Outside | None:
    low, high = a[1], a[2]
    if node.args[1] == node.args[2] or low.hi <= high.lo:
        return None
    remedy = "write clip(x, a, b) with the lower bound first"
    return Outside("has its lower bound above its upper bound", remedy, low.lo > high.hi)


#: By name, in the order in which they are listed for a reader.
FUNCTIONS: dict[str, Function] = {
    "exp": Function(arity=1, aliases=(), image=lambda a: interval.exp(a[0]), outside=None,
                    keeps_degree=False),
    "log": Function(arity=1, aliases=("ln",), image=lambda a: interval.log(a[0]), outside=_no_logarithm,
                    keeps_degree=False),
    "sqrt": Function(arity=1, aliases=(), image=_sqrt, outside=_no_root, keeps_degree=False),
    "sin": Function(arity=1, aliases=(), image=_sine, outside=None, keeps_degree=False),
    "cos": Function(arity=1, aliases=(), image=lambda a: interval.cosine(a[0]), outside=None,
                    keeps_degree=False),
    "tan": Function(arity=1, aliases=(), image=_anything, outside=_pole, keeps_degree=False),
    "sinh": Function(arity=1, aliases=(), image=_rising(math.sinh), outside=None, keeps_degree=False),
    "cosh": Function(arity=1, aliases=(), image=_cosh, outside=None, keeps_degree=False),
    "tanh": Function(arity=1, aliases=(), image=_rising(math.tanh), outside=None, keeps_degree=False),
    "atan": Function(arity=1, aliases=("arctan",), image=_rising(math.atan), outside=None,
                    keeps_degree=False),
    "erf": Function(arity=1, aliases=(), image=_rising(math.erf), outside=None, keeps_degree=False),
    "abs": Function(arity=1, aliases=(), image=lambda a: a[0].absolute(), outside=None, keeps_degree=True),
    "sign": Function(arity=1, aliases=(), image=_sign, outside=None, keeps_degree=False),
    "Heaviside": Function(arity=1, aliases=(), image=_step, outside=None, keeps_degree=False),
    "min": Function(arity=None, aliases=(), image=lambda a: reduce(_smaller, a), outside=None,
                    keeps_degree=True),
    "max": Function(arity=None, aliases=(), image=lambda a: reduce(_larger, a), outside=None,
                    keeps_degree=True),
    "clip": Function(arity=3, aliases=(), image=_clip, outside=_disordered, keeps_degree=True),
    "relu": Function(arity=1, aliases=(), image=lambda a: a[0].maximum(_ZERO), outside=None,
                    keeps_degree=True),
    "sigmoid": Function(arity=1, aliases=(), image=_positive(_sigmoid), outside=None, keeps_degree=False),
    "softplus": Function(arity=1, aliases=(), image=_positive(_softplus), outside=None, keeps_degree=True),
    "gelu": Function(arity=1, aliases=(), image=_gelu, outside=None, keeps_degree=True),
    "silu": Function(arity=1, aliases=("swish",), image=_silu, outside=None, keeps_degree=True),
    "expm1": Function(arity=1, aliases=(), image=_expm1, outside=None, keeps_degree=False),
    "log1p": Function(arity=1, aliases=(), image=_log1p, outside=_no_logarithm_of_more, keeps_degree=False),
    "He": Function(arity=2, aliases=(), image=_hermite, outside=None, keeps_degree=False),
}  # fmt: skip

_STAIRS = (
    "jumps at infinitely many places: write the steps that matter, such as "
    "where(z < 0, -1, where(z < 1, 0, 1))"
)
#: Functions that are asked for and are not there, each with the reason and what to write instead.
REFUSED = (
    {name: f"{name} {_STAIRS}" for name in ("floor", "ceil", "round", "trunc", "frac", "mod")}
    | {
        name: f"{name} has poles, and a link with poles has no mean: write a link that is finite everywhere"
        for name in ("cot", "sec", "csc", "coth", "csch")
    }
    | {
        name: f"write {meant}"
        for names, meant in {
            ("elu",): "where(z > 0, z, exp(z) - 1)",
            ("leaky_relu", "leakyrelu", "lrelu", "prelu"): "max(z, z/100)",
            ("relu6",): "clip(z, 0, 6)",
            ("hardtanh", "hard_tanh"): "clip(z, -1, 1)",
            ("hermite", "hermitee", "hermeval", "hermite_prob"): "He(3, z), whose order comes first",
            ("mish",): "z*tanh(softplus(z))",
            ("softsign",): "z/(1 + abs(z))",
            ("erfc",): "1 - erf(z)",
            ("sech",): "1/cosh(z)",
            ("asinh", "arcsinh"): "sign(z)*log(abs(z) + sqrt(1 + z**2))",
            ("asin", "arcsin", "acos", "arccos", "atanh", "arctanh"): "atan(z), which is finite everywhere",
            ("sinc",): "sin(z)/z",
            ("indicator", "ind"): "where(z > 0, 1, 0)",
            ("pow", "power"): "z**2",
            ("square",): "z**2",
            ("log10",): "log(1 + z**2)/log(10)",
            ("log2",): "log(1 + z**2)/log(2)",
            ("cbrt",): "sign(z)*abs(z)**(1/3)",
            ("normcdf", "phi", "ndtr"): "(1 + erf(z/sqrt(2)))/2",
            ("step", "theta", "unit_step"): "Heaviside(z)",
            ("sgn", "signum"): "sign(z)",
            ("expit", "logistic"): "sigmoid(z)",
            ("maximum", "minimum"): "max(z, 0) or min(z, 0)",
            ("if", "ifelse", "piecewise", "iif"): "where(z > 0, z, 0)",
        }.items()
        for name in names
    }
)

#: Every name under which a function may be written, in lower case, and the name of its record.
CANONICAL = {
    spelling.lower(): name for name, function in FUNCTIONS.items() for spelling in (name, *function.aliases)
}

#: The same names as a reader would write them.
SPELLINGS = tuple(spelling for name, function in FUNCTIONS.items() for spelling in (name, *function.aliases))
