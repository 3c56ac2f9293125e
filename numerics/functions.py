"""What the numeric room knows of each function of the link language: one record each, every column filled.

Values are written down four times (balls, power series, doubles, mpmath), each for its own arithmetic; what
the rest of the room has to know of a function stands beside them. Nothing here is shared with ``theory``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import scipy  # its special functions are loaded when one is called, which costs a tenth of a second
from flint import arb

from ..link.build import call, combine, negate
from ..link.functions import FUNCTIONS as LANGUAGE
from ..link.tree import Compare, Const, Node, Num, Where
from . import balls, jet
from . import tail_functions as tails
from .balls import Ball
from .bound import Algebra, Bound
from .jet import Jet


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function f of the language; ``_elsewhere`` for the rules that do not fit a column, such as He's.

    ball: its values on balls, also complex ones and with a derivative where it is analytic; on real balls
    the hull where it switches. series: on power series, None where it switches. doubles: by NumPy.
    precise: by mpmath, whose context comes first. tail: bounds for all z >= R from those of the arguments.

    meromorphic: FLINT has it by this name for both kinds of ball, without a cut in the plane.
    strip: f(w) is analytic where |Im w| is below this, rounded down; infinite for an entire function, 0
    where it is not analytic. parity: 1 even, -1 odd, 0 neither. mirrored: f(-x) from x and f(x).
    injective: strictly monotone where it is defined. jumps: f jumps at 0. branch: for a function that
    switches at 0, f(u) where u has the sign -1, 0 or 1. slope: f'(u) as a tree. spelled: in simpler
    operations, None for what the compiled kernel runs itself.
    """

    ball: Callable[..., Ball]
    series: Callable[[Jet], Jet] | None
    doubles: Callable[..., Any]
    precise: Callable[..., Any]
    tail: Callable[..., Bound]
    meromorphic: bool
    strip: float
    parity: int
    mirrored: Callable[[Ball, Ball], Ball] | None
    injective: bool
    jumps: bool
    branch: Callable[[Node, int], Node] | None
    slope: Callable[[Node], Node]
    spelled: Callable[..., Node] | None


_ZERO, _ONE, _TWO = (Num(Fraction(i)) for i in range(3))


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
    return 1 / (1 + np.exp(-x)) if np.iscomplexobj(x) else scipy.special.expit(x)


def _softplus(x: Any) -> Any:
    return np.log(1 + np.exp(x)) if np.iscomplexobj(x) else np.logaddexp(0.0, x)


# -- balls --------------------------------------------------------------------------------------------------


def _maximum(*xs: arb) -> arb:
    return reduce(lambda a, b: a.max(b), xs)


def _minimum(*xs: arb) -> arb:
    return reduce(lambda a, b: a.min(b), xs)


def _exponential(tail: Algebra, b: Bound) -> Bound:
    return tail.exponential(b)


def _logarithm(tail: Algebra, b: Bound) -> Bound:
    return tail.logarithm(b)


#: By name, with the same names as the language has.
FUNCTIONS: dict[str, Function] = {
    "exp": Function(
        ball=balls.exp, series=jet.exp, tail=_exponential,
        doubles=np.exp, precise=lambda mp, x: mp.exp(x),
        meromorphic=True, strip=math.inf, parity=0, injective=True, jumps=False,
        slope=lambda u: call("exp", (u,)),
        mirrored=lambda x, f: 1 / f, branch=None, spelled=None,
    ),
    "log": Function(
        ball=balls.log, series=jet.log, tail=_logarithm,
        doubles=np.log, precise=lambda mp, x: mp.log(x),
        meromorphic=False, strip=0.0, parity=0, injective=True, jumps=False,
        slope=_reciprocal,
        mirrored=None, branch=None, spelled=None,
    ),
    "sqrt": Function(
        ball=balls.sqrt, series=jet.sqrt, tail=tails.sqrt,
        doubles=_sqrt, precise=lambda mp, x: mp.sqrt(max(x, mp.zero)),  # a radicand is >= 0 but for rounding
        meromorphic=False, strip=0.0, parity=0, injective=True, jumps=False,
        slope=lambda u: _reciprocal(combine("*", _TWO, call("sqrt", (u,)))),
        mirrored=None, branch=None, spelled=None,
    ),
    "sin": Function(
        ball=balls.sin, series=jet.sin, tail=tails.wave,
        doubles=np.sin, precise=lambda mp, x: mp.sin(x),
        meromorphic=True, strip=math.inf, parity=-1, injective=False, jumps=False,
        slope=lambda u: call("cos", (u,)),
        mirrored=None, branch=None, spelled=None,
    ),
    "cos": Function(
        ball=balls.cos, series=jet.cos, tail=tails.wave,
        doubles=np.cos, precise=lambda mp, x: mp.cos(x),
        meromorphic=True, strip=math.inf, parity=1, injective=False, jumps=False,
        slope=lambda u: negate(call("sin", (u,))),
        mirrored=None, branch=None, spelled=None,
    ),
    "tan": Function(
        ball=balls.tan, series=jet.tan, tail=tails.tan,
        doubles=np.tan, precise=lambda mp, x: mp.tan(x),
        meromorphic=True, strip=0.0, parity=-1, injective=False, jumps=False,
        slope=lambda u: combine("+", _ONE, _square(call("tan", (u,)))),
        mirrored=None, branch=None, spelled=None,
    ),
    "sinh": Function(
        ball=balls.sinh, series=jet.sinh, tail=tails.sinh,
        doubles=np.sinh, precise=lambda mp, x: mp.sinh(x),
        meromorphic=True, strip=math.inf, parity=-1, injective=True, jumps=False,
        slope=lambda u: call("cosh", (u,)),
        mirrored=None, branch=None, spelled=None,
    ),
    "cosh": Function(
        ball=balls.cosh, series=jet.cosh, tail=tails.cosh,
        doubles=np.cosh, precise=lambda mp, x: mp.cosh(x),
        meromorphic=True, strip=math.inf, parity=1, injective=False, jumps=False,
        slope=lambda u: call("sinh", (u,)),
        mirrored=None, branch=None, spelled=None,
    ),
    "tanh": Function(
        ball=balls.tanh, series=jet.tanh, tail=lambda tail, b: tails.squashed(tail, "tanh", b),
        doubles=np.tanh, precise=lambda mp, x: mp.tanh(x),
        meromorphic=True, strip=1.5707963, parity=-1, injective=True, jumps=False,
        slope=lambda u: combine("-", _ONE, _square(call("tanh", (u,)))),
        mirrored=None, branch=None, spelled=None,
    ),
    "atan": Function(
        ball=balls.atan, series=jet.atan, tail=lambda tail, b: tails.squashed(tail, "atan", b),
        doubles=np.arctan, precise=lambda mp, x: mp.atan(x),
        meromorphic=False, strip=1.0, parity=-1, injective=True, jumps=False,
        slope=lambda u: _reciprocal(combine("+", _ONE, _square(u))),
        mirrored=None, branch=None, spelled=None,
    ),
    "erf": Function(
        ball=balls.erf, series=jet.erf, tail=lambda tail, b: tails.squashed(tail, "erf", b),
        doubles=lambda x: scipy.special.erf(x), precise=lambda mp, x: mp.erf(x),
        meromorphic=True, strip=math.inf, parity=-1, injective=True, jumps=False,
        slope=_density_of_erf,
        mirrored=None, branch=None, spelled=None,
    ),
    "abs": Function(
        ball=lambda x: x.abs_lower().union(x.abs_upper()), series=None, tail=tails.absolute,
        doubles=np.abs, precise=lambda mp, x: abs(x),
        meromorphic=False, strip=0.0, parity=1, injective=False, jumps=False,
        slope=lambda u: call("sign", (u,)),
        mirrored=None,
        branch=lambda u, side: u if side > 0 else negate(u) if side < 0 else _ZERO,
        spelled=None,
    ),
    "sign": Function(
        ball=lambda x: x.sgn(), series=None, tail=tails.sign,
        doubles=np.sign, precise=lambda mp, x: mp.sign(x),
        meromorphic=False, strip=0.0, parity=-1, injective=False, jumps=True,
        slope=lambda u: _ZERO,
        mirrored=None, branch=lambda u, side: Num(Fraction(side)), spelled=None,
    ),
    "Heaviside": Function(
        ball=lambda x: (x.sgn() + 1) / 2, series=None, tail=tails.heaviside,
        doubles=lambda x: np.heaviside(x, 0.5), precise=lambda mp, x: (mp.sign(x) + 1) / 2,
        meromorphic=False, strip=0.0, parity=0, injective=False, jumps=True,
        slope=lambda u: _ZERO,
        mirrored=None, branch=lambda u, side: Num(Fraction(side + 1, 2)), spelled=None,
    ),
    "min": Function(
        ball=_minimum, series=None, tail=tails.minimum,
        doubles=lambda *xs: reduce(np.minimum, xs), precise=lambda mp, *xs: min(xs),
        meromorphic=False, strip=0.0, parity=0, injective=False, jumps=False,
        slope=_elsewhere,
        mirrored=None, branch=None, spelled=None,
    ),
    "max": Function(
        ball=_maximum, series=None, tail=tails.maximum,
        doubles=lambda *xs: reduce(np.maximum, xs), precise=lambda mp, *xs: max(xs),
        meromorphic=False, strip=0.0, parity=0, injective=False, jumps=False,
        slope=_elsewhere,
        mirrored=None, branch=None, spelled=None,
    ),
    "clip": Function(
        ball=lambda x, a, b: _minimum(_maximum(x, a), b), series=None, tail=tails.clip,
        doubles=lambda x, a, b: np.minimum(np.maximum(x, a), b),
        precise=lambda mp, x, a, b: min(max(x, a), b),
        meromorphic=False, strip=0.0, parity=0, injective=False, jumps=False,
        slope=_elsewhere,
        mirrored=None,
        branch=None,
        spelled=lambda x, low, high: call("min", (call("max", (x, low)), high)),
    ),
    "relu": Function(
        ball=lambda x: x.max(arb(0)), series=None, tail=tails.relu,
        doubles=lambda x: np.maximum(x, 0.0), precise=lambda mp, x: max(x, mp.zero),
        meromorphic=False, strip=0.0, parity=0, injective=False, jumps=False,
        slope=lambda u: Where(Compare(">", u, _ZERO), _ONE, _ZERO),
        mirrored=None,
        branch=lambda u, side: u if side > 0 else _ZERO,
        spelled=lambda x: call("max", (x, _ZERO)),
    ),
    "sigmoid": Function(
        ball=balls.sigmoid, series=jet.sigmoid, tail=tails.sigmoid,
        doubles=_sigmoid, precise=lambda mp, x: 1 / (1 + mp.exp(-x)),
        meromorphic=False, strip=3.1415926, parity=0, injective=True, jumps=False,
        slope=_slope_of_sigmoid,
        mirrored=lambda x, f: 1 - f, branch=None, spelled=_spelled_sigmoid,
    ),
    "softplus": Function(
        ball=balls.softplus, series=jet.softplus, tail=tails.softplus,
        doubles=_softplus, precise=lambda mp, x: max(x, mp.zero) + mp.log1p(mp.exp(-abs(x))),
        meromorphic=False, strip=3.1415926, parity=0, injective=True, jumps=False,
        slope=lambda u: call("sigmoid", (u,)),
        mirrored=lambda x, f: f - x, branch=None, spelled=_spelled_softplus,
    ),
    "gelu": Function(
        ball=balls.gelu, series=jet.gelu, tail=tails.gelu,
        doubles=lambda x: x * scipy.special.ndtr(x),
        precise=lambda mp, x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        meromorphic=False, strip=math.inf, parity=0, injective=False, jumps=False,
        slope=_slope_of_gelu,
        mirrored=lambda x, f: f - x, branch=None, spelled=_spelled_gelu,
    ),
    "silu": Function(
        ball=balls.silu, series=jet.silu, tail=tails.silu,
        doubles=lambda x: x * _sigmoid(x), precise=lambda mp, x: x / (1 + mp.exp(-x)),
        meromorphic=False, strip=3.1415926, parity=0, injective=False, jumps=False,
        slope=_slope_of_silu,
        mirrored=lambda x, f: f - x, branch=None, spelled=_spelled_silu,
    ),
    "expm1": Function(
        ball=balls.expm1, series=jet.expm1, tail=tails.expm1,
        doubles=np.expm1, precise=lambda mp, x: mp.expm1(x),
        meromorphic=True, strip=math.inf, parity=0, injective=True, jumps=False,
        slope=lambda u: call("exp", (u,)),
        mirrored=None, branch=None, spelled=None,
    ),
    "log1p": Function(
        ball=balls.log1p, series=jet.log1p, tail=tails.log1p,
        doubles=np.log1p, precise=lambda mp, x: mp.log1p(x),
        meromorphic=False, strip=0.0, parity=0, injective=True, jumps=False,
        slope=lambda u: _reciprocal(combine("+", _ONE, u)),
        mirrored=None, branch=None, spelled=None,
    ),
    "He": Function(
        ball=_elsewhere, series=None, tail=_elsewhere,
        doubles=_elsewhere, precise=_elsewhere,
        meromorphic=False, strip=math.inf, parity=0, injective=False, jumps=False,
        slope=_elsewhere,
        mirrored=None, branch=None, spelled=None,
    ),
}  # fmt: skip

if missing := LANGUAGE.keys() ^ FUNCTIONS.keys():
    raise ImportError(f"numerics/functions.py and link/functions.py differ in {', '.join(sorted(missing))}")
