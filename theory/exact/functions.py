"""What exact reasoning knows of each function of the link language: one record each, every column filled.

The inductions over the tree (parity, signs, limits, growth, ...) read their column here. A fact that is not
known is said to be unknown; a wrong one would be believed, so each is a line of mathematics.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import sympy

from ...link.build import call, combine, negate
from ...link.functions import FUNCTIONS as LANGUAGE
from ...link.tree import Call, Node, Num
from .constants import largest, sign, smallest

Parity = Literal["even", "odd"]
Rising = Literal["everywhere", "from 0", "no"]
#: "of x": f(x) has the sign of x; "positive": everywhere; "positive off 0", "positive above 0": there, and
#: nowhere negative; "unknown": nothing is shown by the name alone.
Sign = Literal["of x", "positive", "positive off 0", "positive above 0", "unknown"]
#: "linear": |f(x)| <= A + B|x|; "root", "logarithm", "exponential": as the word says; "unknown": anything.
Growth = Literal["linear", "root", "logarithm", "exponential", "unknown"]
#: f(x) less this is of the other parity: "1/2": f - 1/2 is odd; "x/2": f - x/2 is even; "none": not known.
Half = Literal["1/2", "x/2", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function f of the language.

    meaning: in SymPy; None for He, which is summed by its coefficients. parity: that of f itself.
    half: see above. rising: where it is nondecreasing, as far as it is defined. jumps: f jumps at 0.
    follows: f(x) - x is bounded as x -> oo. limits: at -oo and at oo, None where there are none or f has
    several arguments. reach: bounds of all values where those do not follow from the limits. sign, growth:
    see above. tame: f^(n) grows at most like a polynomial times e^{A|x|} for every n. branch: for a function
    that switches at 0, f(u) where u has the sign -1, 0 or 1. written_out: for a shorthand, f(u) in the
    functions that it stands for.
    """

    meaning: Callable[..., Any] | None
    parity: Parity | None
    half: Half
    rising: Rising
    jumps: bool
    follows: bool
    limits: tuple[sympy.Expr, sympy.Expr] | None
    reach: tuple[sympy.Expr, sympy.Expr] | None
    sign: Sign
    growth: Growth
    tame: bool
    branch: Callable[[Node, int], Node] | None
    written_out: Callable[[Node], Node] | None


_ZERO, _ONE, _OO = sympy.S.Zero, sympy.S.One, sympy.oo
_UNIT = (-_ONE, _ONE)


def _signed(x: sympy.Expr, function: Callable[[sympy.Expr], sympy.Expr]) -> sympy.Expr:
    """A function of the sign alone."""
    side = sign(x) if x.is_number else None
    return function(x if side is None else sympy.Integer(side))


def _step(x: sympy.Expr) -> sympy.Expr:
    return _signed(x, lambda u: sympy.Heaviside(u, sympy.Rational(1, 2)))


def _number(value: Fraction | int) -> Num:
    return Num(Fraction(value))


FUNCTIONS: dict[str, Function] = {
    "exp": Function(
        meaning=sympy.exp, branch=None, written_out=None,
        parity=None, half="none", rising="everywhere", jumps=False, follows=False,
        limits=(_ZERO, _OO), reach=None, sign="positive", growth="exponential", tame=False,
    ),
    "log": Function(
        meaning=sympy.log, branch=None, written_out=None,
        parity=None, half="none", rising="everywhere", jumps=False, follows=False,
        limits=(-_OO, _OO), reach=None, sign="unknown", growth="logarithm", tame=False,
    ),
    "sqrt": Function(
        meaning=sympy.sqrt, branch=None, written_out=None,
        parity=None, half="none", rising="everywhere", jumps=False, follows=False,
        limits=(_ZERO, _OO), reach=None, sign="positive off 0", growth="root", tame=False,
    ),
    "sin": Function(
        meaning=sympy.sin, branch=None, written_out=None,
        parity="odd", half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=_UNIT, sign="unknown", growth="linear", tame=True,
    ),
    "cos": Function(
        meaning=sympy.cos, branch=None, written_out=None,
        parity="even", half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=_UNIT, sign="unknown", growth="linear", tame=True,
    ),
    "tan": Function(
        meaning=sympy.tan, branch=None, written_out=None,
        parity="odd", half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=None, sign="unknown", growth="unknown", tame=False,
    ),
    "sinh": Function(
        meaning=sympy.sinh, branch=None, written_out=None,
        parity="odd", half="none", rising="everywhere", jumps=False, follows=False,
        limits=(-_OO, _OO), reach=None, sign="of x", growth="exponential", tame=False,
    ),
    "cosh": Function(
        meaning=sympy.cosh, branch=None, written_out=None,
        parity="even", half="none", rising="from 0", jumps=False, follows=False,
        limits=(_OO, _OO), reach=None, sign="positive", growth="exponential", tame=False,
    ),
    "tanh": Function(
        meaning=sympy.tanh, branch=None, written_out=None,
        parity="odd", half="none", rising="everywhere", jumps=False, follows=False,
        limits=_UNIT, reach=None, sign="of x", growth="linear", tame=True,
    ),
    "atan": Function(
        meaning=sympy.atan, branch=None, written_out=None,
        parity="odd", half="none", rising="everywhere", jumps=False, follows=False,
        limits=(-sympy.pi / 2, sympy.pi / 2), reach=None, sign="of x", growth="linear", tame=True,
    ),
    "erf": Function(
        meaning=sympy.erf, branch=None, written_out=None,
        parity="odd", half="none", rising="everywhere", jumps=False, follows=False,
        limits=_UNIT, reach=None, sign="of x", growth="linear", tame=True,
    ),
    "abs": Function(
        meaning=sympy.Abs,
        parity="even", half="none", rising="from 0", jumps=False, follows=True,
        limits=(_OO, _OO), reach=None, sign="positive off 0", growth="linear", tame=False,
        branch=lambda u, side: u if side >= 0 else negate(u), written_out=None,
    ),
    "sign": Function(
        meaning=lambda x: _signed(x, sympy.sign),
        parity="odd", half="none", rising="everywhere", jumps=True, follows=False,
        limits=_UNIT, reach=None, sign="of x", growth="linear", tame=False,
        branch=lambda u, side: _number(side), written_out=None,
    ),
    "Heaviside": Function(
        meaning=_step,
        parity=None, half="1/2", rising="everywhere", jumps=True, follows=False,
        limits=(_ZERO, _ONE), reach=None, sign="positive above 0", growth="linear", tame=False,
        branch=lambda u, side: _number(Fraction(1 + side, 2)), written_out=None,
    ),
    "min": Function(
        meaning=smallest, branch=None, written_out=None,
        parity=None, half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=None, sign="unknown", growth="linear", tame=False,
    ),
    "max": Function(
        meaning=largest, branch=None, written_out=None,
        parity=None, half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=None, sign="unknown", growth="linear", tame=False,
    ),
    "clip": Function(
        meaning=lambda x, a, b: smallest(largest(x, a), b), branch=None, written_out=None,
        parity=None, half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=None, sign="unknown", growth="linear", tame=False,
    ),
    "relu": Function(
        meaning=lambda x: largest(x, _ZERO),
        parity=None, half="x/2", rising="everywhere", jumps=False, follows=True,
        limits=(_ZERO, _OO), reach=None, sign="positive above 0", growth="linear", tame=False,
        branch=lambda u, side: u if side > 0 else _number(0), written_out=None,
    ),
    "sigmoid": Function(
        meaning=lambda x: 1 / (1 + sympy.exp(-x)), branch=None, written_out=None,
        parity=None, half="1/2", rising="everywhere", jumps=False, follows=False,
        limits=(_ZERO, _ONE), reach=None, sign="positive", growth="linear", tame=True,
    ),
    "softplus": Function(
        meaning=lambda x: sympy.log(1 + sympy.exp(x)), branch=None, written_out=None,
        parity=None, half="x/2", rising="everywhere", jumps=False, follows=True,
        limits=(_ZERO, _OO), reach=None, sign="positive", growth="linear", tame=True,
    ),
    "gelu": Function(
        meaning=lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2, branch=None, written_out=None,
        parity=None, half="x/2", rising="from 0", jumps=False, follows=True,
        limits=(_ZERO, _OO), reach=(-sympy.Rational(18, 100), _OO), sign="of x", growth="linear", tame=True,
    ),
    "silu": Function(
        meaning=lambda x: x / (1 + sympy.exp(-x)),
        parity=None, half="x/2", rising="from 0", jumps=False, follows=True,
        limits=(_ZERO, _OO), reach=(-sympy.Rational(7, 25), _OO), sign="of x", growth="linear", tame=True,
        branch=None, written_out=lambda u: combine("*", u, call("sigmoid", (u,))),
    ),
    "expm1": Function(
        meaning=lambda x: sympy.exp(x) - 1,
        parity=None, half="none", rising="everywhere", jumps=False, follows=False,
        limits=(-_ONE, _OO), reach=None, sign="of x", growth="exponential", tame=False,
        branch=None, written_out=lambda u: combine("-", call("exp", (u,)), _number(1)),
    ),
    "log1p": Function(
        meaning=lambda x: sympy.log(1 + x),
        parity=None, half="none", rising="everywhere", jumps=False, follows=False,
        limits=(-_OO, _OO), reach=None, sign="of x", growth="logarithm", tame=False,
        branch=None, written_out=lambda u: call("log", (combine("+", _number(1), u),)),
    ),
    "He": Function(
        meaning=None, branch=None, written_out=None,
        parity=None, half="none", rising="no", jumps=False, follows=False,
        limits=None, reach=None, sign="unknown", growth="unknown", tame=True,
    ),
}  # fmt: skip

if missing := LANGUAGE.keys() ^ FUNCTIONS.keys():
    raise ImportError(
        f"theory/exact/functions.py and link/functions.py differ in {', '.join(sorted(missing))}"
    )


def plain(tree: Node) -> Node | None:
    """What a call of a shorthand stands for: log(1 + u) for log1p(u); None for any other node."""
    written_out = FUNCTIONS[tree.name].written_out if isinstance(tree, Call) else None
    return None if written_out is None else written_out(*tree.args)  # type: ignore[union-attr]
