"""What the numeric room knows of each function of the link language: one record each, every column filled.

Values are written down four times (balls, power series, doubles, mpmath), each for its own arithmetic; what
the rest of the room has to know of a function stands beside them. Nothing here is shared with ``theory``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from ...link.build import call, combine, negate
from ...link.functions import FUNCTIONS as LANGUAGE
from ...link.tree import Compare, Const, Node, Num, Where
from . import series
from . import tail_algebra as tails
from .series import Series
from .tail_algebra import Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function f of the language; ``_elsewhere`` for the rules that do not fit a column, such as He's.

    Its values on balls are in ``balls.ON_BALLS``. series: on power series, None where it switches. doubles:
    by NumPy. precise: by mpmath, whose context comes first. tail: bounds for all z >= R from those of the
    arguments.

    strip: f(w) is analytic where |Im w| is below this, rounded down; infinite for an entire function, 0
    where it is not analytic. injective: strictly monotone where it is defined. jumps: f jumps at 0. branch:
    for a function that switches at 0, f(u) where u has the sign -1, 0 or 1. slope: f'(u) as a tree. spelled:
    in simpler operations, None for what the compiled kernel runs itself.
    """

    series: Callable[[Series], Series] | None
    doubles: Callable[..., Any]
    precise: Callable[..., Any]
    tail: Callable[..., Bound]
    strip: float
    injective: bool
    jumps: bool
    branch: Callable[[Node, int], Node] | None
    slope: Callable[[Node], Node]
    spelled: Callable[..., Node] | None


_ZERO, _ONE, _TWO = (Num(Fraction(i)) for i in range(3))


def _special() -> Any:
    """SciPy's special functions, loaded when one is called: they take longer than all else of a threshold."""
    from scipy import special

    return special


def _elsewhere(*_: Any) -> Any:
    """He, min, max and clip are taken by their own rules before a column is asked."""
    raise AssertionError("a function with rules of its own came to its column")


# -- slopes, and functions spelled out in others ----------------------------------------------------------


def _square(u: Node) -> Node:
    return combine("**", u, _TWO)


def _reciprocal(u: Node) -> Node:
    return combine("/", _ONE, u)


def _density_of_erf(u: Node) -> Node:
    return combine("*", combine("/", _TWO, call("sqrt", (Const("pi"),))), call("exp", (negate(_square(u)),)))


def _slope_of_sigmoid(u: Node) -> Node:
    value = call("sigmoid", (u,))
    return combine("*", value, combine("-", _ONE, value))


def _slope_of_silu(u: Node) -> Node:
    """sigmoid(u) (1 + u (1 - sigmoid(u)))."""
    value = call("sigmoid", (u,))
    return combine("*", value, combine("+", _ONE, combine("*", u, combine("-", _ONE, value))))


def _slope_of_gelu(u: Node) -> Node:
    """Phi(u) + u phi(u)."""
    root = call("sqrt", (_TWO,))
    mass = combine("/", combine("+", _ONE, call("erf", (combine("/", u, root),))), _TWO)
    bell = call("exp", (negate(combine("/", _square(u), _TWO)),))
    density = combine("/", bell, call("sqrt", (combine("*", _TWO, Const("pi")),)))
    return combine("+", mass, combine("*", u, density))


def _spelled_softplus(x: Node) -> Node:
    """max(x, 0) + log(1 + e^{-|x|}), which never overflows."""
    tail = call("exp", (negate(call("abs", (x,))),))
    return combine("+", call("max", (x, _ZERO)), call("log", (combine("+", _ONE, tail),)))


def _spelled_sigmoid(x: Node) -> Node:
    return combine("/", _ONE, combine("+", _ONE, call("exp", (negate(x),))))


def _spelled_silu(x: Node) -> Node:
    return combine("/", x, combine("+", _ONE, call("exp", (negate(x),))))


def _spelled_gelu(x: Node) -> Node:
    mass = combine("+", _ONE, call("erf", (combine("/", x, call("sqrt", (_TWO,))),)))
    return combine("*", x, combine("/", mass, _TWO))


# -- doubles, also complex ones ---------------------------------------------------------------------------


def _sqrt(x: Any) -> Any:
    # A radicand is >= 0 but for rounding.
    return np.sqrt(x if np.iscomplexobj(x) else np.maximum(x, 0.0))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x)) if np.iscomplexobj(x) else _special().expit(x)


def _softplus(x: Any) -> Any:
    return np.log(1 + np.exp(x)) if np.iscomplexobj(x) else np.logaddexp(0.0, x)


#: By name, with the same names as the language has.
FUNCTIONS: dict[str, Function] = {
    "exp": Function(
        series=series.exp, tail=lambda tail, b: tail.exponential(b),
        strip=math.inf, injective=True, jumps=False, doubles=np.exp, precise=lambda mp, x: mp.exp(x),
        slope=lambda u: call("exp", (u,)), branch=None, spelled=None),
    "log": Function(
        series=series.log, tail=lambda tail, b: tail.logarithm(b), strip=0.0, injective=True, jumps=False,
        doubles=np.log, precise=lambda mp, x: mp.log(x),
        slope=_reciprocal, branch=None, spelled=None),
    "sqrt": Function(
        series=series.sqrt, tail=tails.sqrt, strip=0.0, injective=True, jumps=False,
        doubles=_sqrt, precise=lambda mp, x: mp.sqrt(max(x, mp.zero)),  # a radicand is >= 0 but for rounding
        slope=lambda u: _reciprocal(combine("*", _TWO, call("sqrt", (u,)))), branch=None, spelled=None),
    "sin": Function(
        series=series.sin, tail=tails.wave, strip=math.inf, injective=False, jumps=False,
        doubles=np.sin, precise=lambda mp, x: mp.sin(x),
        slope=lambda u: call("cos", (u,)), branch=None, spelled=None),
    "cos": Function(
        series=series.cos, tail=tails.wave, strip=math.inf, injective=False, jumps=False,
        doubles=np.cos, precise=lambda mp, x: mp.cos(x),
        slope=lambda u: negate(call("sin", (u,))), branch=None, spelled=None),
    "tan": Function(
        series=series.tan, tail=tails.tan, strip=0.0, injective=False, jumps=False,
        doubles=np.tan, precise=lambda mp, x: mp.tan(x),
        slope=lambda u: combine("+", _ONE, _square(call("tan", (u,)))), branch=None, spelled=None),
    "sinh": Function(
        series=series.sinh, tail=tails.sinh, strip=math.inf, injective=True, jumps=False,
        doubles=np.sinh, precise=lambda mp, x: mp.sinh(x),
        slope=lambda u: call("cosh", (u,)), branch=None, spelled=None),
    "cosh": Function(
        series=series.cosh, tail=tails.cosh, strip=math.inf, injective=False, jumps=False,
        doubles=np.cosh, precise=lambda mp, x: mp.cosh(x),
        slope=lambda u: call("sinh", (u,)), branch=None, spelled=None),
    "tanh": Function(
        series=series.tanh, tail=lambda tail, b: tails.squashed(tail, "tanh", b),
        strip=1.5707963, injective=True, jumps=False,
        doubles=np.tanh, precise=lambda mp, x: mp.tanh(x),
        slope=lambda u: combine("-", _ONE, _square(call("tanh", (u,)))), branch=None, spelled=None),
    "atan": Function(
        series=series.atan, tail=lambda tail, b: tails.squashed(tail, "atan", b),
        strip=1.0, injective=True, jumps=False,
        doubles=np.arctan, precise=lambda mp, x: mp.atan(x),
        slope=lambda u: _reciprocal(combine("+", _ONE, _square(u))), branch=None, spelled=None),
    "erf": Function(
        series=series.erf, tail=lambda tail, b: tails.squashed(tail, "erf", b),
        strip=math.inf, injective=True, jumps=False,
        doubles=lambda x: _special().erf(x), precise=lambda mp, x: mp.erf(x),
        slope=_density_of_erf, branch=None, spelled=None),
    "abs": Function(
        series=None, tail=tails.absolute, strip=0.0, injective=False, jumps=False,
        doubles=np.abs, precise=lambda mp, x: abs(x),
        slope=lambda u: call("sign", (u,)),
        branch=lambda u, side: u if side > 0 else negate(u) if side < 0 else _ZERO, spelled=None),
    "sign": Function(
        series=None, tail=tails.sign, strip=0.0, injective=False, jumps=True,
        doubles=np.sign, precise=lambda mp, x: mp.sign(x),
        slope=lambda u: _ZERO, branch=lambda u, side: Num(Fraction(side)), spelled=None),
    "Heaviside": Function(
        series=None, tail=tails.heaviside, strip=0.0, injective=False, jumps=True,
        doubles=lambda x: np.heaviside(x, 0.5), precise=lambda mp, x: (mp.sign(x) + 1) / 2,
        slope=lambda u: _ZERO, branch=lambda u, side: Num(Fraction(side + 1, 2)), spelled=None),
    "min": Function(
        series=None, tail=tails.minimum, strip=0.0, injective=False, jumps=False,
        doubles=lambda *xs: reduce(np.minimum, xs), precise=lambda mp, *xs: min(xs),
        slope=_elsewhere, branch=None, spelled=None),
    "max": Function(
        series=None, tail=tails.maximum, strip=0.0, injective=False, jumps=False,
        doubles=lambda *xs: reduce(np.maximum, xs), precise=lambda mp, *xs: max(xs),
        slope=_elsewhere, branch=None, spelled=None),
    "clip": Function(
        series=None, tail=tails.clip, strip=0.0, injective=False, jumps=False,
        doubles=lambda x, a, b: np.minimum(np.maximum(x, a), b),
        precise=lambda mp, x, a, b: min(max(x, a), b),
        slope=_elsewhere,
        branch=None, spelled=lambda x, low, high: call("min", (call("max", (x, low)), high))),
    "relu": Function(
        series=None, tail=tails.relu, strip=0.0, injective=False, jumps=False,
        doubles=lambda x: np.maximum(x, 0.0), precise=lambda mp, x: max(x, mp.zero),
        slope=lambda u: Where(Compare(">", u, _ZERO), _ONE, _ZERO),
        branch=lambda u, side: u if side > 0 else _ZERO, spelled=lambda x: call("max", (x, _ZERO))),
    "sigmoid": Function(
        series=series.sigmoid, tail=tails.sigmoid, strip=3.1415926, injective=True, jumps=False,
        doubles=_sigmoid, precise=lambda mp, x: 1 / (1 + mp.exp(-x)),
        slope=_slope_of_sigmoid, branch=None, spelled=_spelled_sigmoid),
    "softplus": Function(
        series=series.softplus, tail=tails.softplus, strip=3.1415926, injective=True, jumps=False,
        doubles=_softplus, precise=lambda mp, x: max(x, mp.zero) + mp.log1p(mp.exp(-abs(x))),
        slope=lambda u: call("sigmoid", (u,)), branch=None, spelled=_spelled_softplus),
    "gelu": Function(
        # gelu(v) = max(v, 0) - |v| (1 - Phi(|v|)), and x (1 - Phi(x)) < 0.18 for x >= 0.
        series=series.gelu, tail=lambda tail, b: tails.almost_relu(tail, b, "0.18"),
        strip=math.inf, injective=False, jumps=False,
        doubles=lambda x: x * _special().ndtr(x),
        precise=lambda mp, x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        slope=_slope_of_gelu, branch=None, spelled=_spelled_gelu),
    "silu": Function(
        # silu(v) = max(v, 0) - |v|/(1 + e^{|v|}), and x/(1 + e^x) < 0.279 for x >= 0.
        series=series.silu, tail=lambda tail, b: tails.almost_relu(tail, b, "0.279"),
        strip=3.1415926, injective=False, jumps=False,
        doubles=lambda x: x * _sigmoid(x), precise=lambda mp, x: x / (1 + mp.exp(-x)),
        slope=_slope_of_silu, branch=None, spelled=_spelled_silu),
    "expm1": Function(
        series=series.expm1, tail=tails.expm1, strip=math.inf, injective=True, jumps=False,
        doubles=np.expm1, precise=lambda mp, x: mp.expm1(x),
        slope=lambda u: call("exp", (u,)), branch=None, spelled=None),
    "log1p": Function(
        series=series.log1p, tail=tails.log1p, strip=0.0, injective=True, jumps=False,
        doubles=np.log1p, precise=lambda mp, x: mp.log1p(x),
        slope=lambda u: _reciprocal(combine("+", _ONE, u)), branch=None, spelled=None),
    "He": Function(
        series=None, tail=_elsewhere, strip=math.inf, injective=False, jumps=False,
        doubles=_elsewhere, precise=_elsewhere,
        slope=_elsewhere, branch=None, spelled=None),
}  # fmt: skip

if missing := LANGUAGE.keys() ^ FUNCTIONS.keys():
    names = ", ".join(sorted(missing))
    raise ImportError(f"numerics/lowering/functions.py and link/functions.py differ in {names}")
