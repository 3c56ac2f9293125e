"""A link in Coq: as a theorem states it, as CoqInterval computes it, and how it grows, with the proof.

CoqInterval knows ``+ - * / ^ exp ln sqrt sin cos atan Rabs``. What else a link is made of is stated by Coq's
own functions (``tanh``, ``Rmax``) or written out, and rewritten to those by lemmas of `formal/tilt.v`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from ...link import LinkError, interval
from ...link.functions import FUNCTIONS
from ...link.interval import Interval
from ...link.text import excerpt, text
from ...link.tree import Bin, Call, Condition, Const, Logic, Neg, Node, Num, Var, Where, whole
from ...theory.exact.polynomial import rational_polynomial
from . import growth
from .growth import Growth
from .terms import (
    APPLIED,
    ATOM,
    ONE,
    PRODUCT,
    SUM,
    TWO,
    Coq,
    applied,
    binary,
    doubled,
    gap,
    half,
    hermite,
    hyperbolic,
    larger,
    minus,
    named,
    number,
    over,
    power,
    smaller,
)  # fmt: skip

#: Bounds are stated this much wider than they are known, as Coq rounds otherwise.
_SLACK = Fraction(1, 10**6)


@dataclass(frozen=True, slots=True)
class Written:
    """A part of a link. image: holds its values on the line. growth: None where no bound is known."""

    stated: Coq
    computed: Coq
    image: Interval
    growth: Growth | None

    @property
    def bounds(self) -> tuple[Fraction, Fraction] | None:
        """Rational numbers around all values; None where there are none."""
        if not (math.isfinite(self.image.lo) and math.isfinite(self.image.hi)):
            return None
        low, high = Fraction(self.image.lo), Fraction(self.image.hi)
        step = _SLACK * 10 ** len(str(int(max(abs(low), abs(high)))))
        return (math.floor(low / step) - 1) * step, (math.ceil(high / step) + 1) * step


def written(tree: Node) -> Written:
    """The link in Coq. Raises LinkError where CoqInterval or the lemmas do not reach."""
    made = _write(tree)
    falls = made.growth is not None and made.growth.pace < 0
    if made.bounds is None or falls or isinstance(tree, (Num, Const)):
        return made
    return replace(made, growth=_bounded(made.stated, *made.bounds))


def _bounded(stated: Coq, low: Fraction, high: Fraction) -> Growth:
    return growth.bounded(_of(stated), low, high, "ltac:(between_two)")


def _of(stated: Coq) -> str:
    return f"(fun z => {stated.text})"


def _write(node: Node) -> Written:
    if isinstance(node, Var):
        z = Coq("z", ATOM)
        return Written(z, z, Interval(-math.inf, math.inf), Growth("grows_z", "1", 1, 1.0))
    if isinstance(node, (Num, Const)):
        return _constant(node)
    if isinstance(node, Neg):
        inner = written(node.arg)
        grows = growth.alike("grows_opp", inner.growth)
        return Written(minus(inner.stated), minus(inner.computed), -inner.image, grows)
    if isinstance(node, Bin):
        return _raised(node) if node.op == "**" else _binary(node)
    if isinstance(node, Call):
        return _call(node)
    return _where(node)


def _where(node: Where) -> Written:
    """By cases; what CoqInterval computes of it is said piece by piece."""
    then, other = written(node.then), written(node.other)
    stated = Coq(f"({_cases(node.condition, then.stated, other.stated)})", ATOM)
    decided = "ltac:(intros ?; cbv beta; repeat destruct Rlt_dec; repeat destruct Rle_dec; auto)"
    parts = " ".join(map(_of, (then.stated, other.stated, stated)))
    grows = growth.total(f"grows_either {parts}", then.growth, other.growth, decided)
    return Written(stated, stated, then.image.hull(other.image), grows)


def _cases(condition: Condition, then: Coq, other: Coq) -> str:
    if isinstance(condition, Logic):
        inner = _cases(condition.right, then, other)
        if condition.op == "and":
            return _cases(condition.left, Coq(f"({inner})", ATOM), other)
        return _cases(condition.left, then, Coq(f"({inner})", ATOM))
    left, right = (written(side).stated.at(ATOM) for side in (condition.left, condition.right))
    if condition.op in (">", ">="):
        left, right = right, left
    name = {"<": "Rlt_dec", ">": "Rlt_dec", "<=": "Rle_dec", ">=": "Rle_dec"}.get(condition.op)
    if name is None:
        raise LinkError(f"a comparison by {condition.op} is not known to these proofs: write <, <=, > or >=")
    return f"if {name} {left} {right} then {then.at(SUM)} else {other.at(SUM)}"


def _constant(node: Num | Const) -> Written:
    if isinstance(node, Num):
        value, around = number(node.value), interval.exact(node.value)
    else:
        value = Coq("PI", ATOM) if node.name == "pi" else Coq("exp 1", APPLIED)
        size = Fraction(math.pi if node.name == "pi" else math.e)
        around = interval.exact(size).increasing(lambda x: x)
    name = value.at(ATOM)
    grows = Growth(f"(grows_number {name})", f"(Rabs {name})", 0, max(abs(around.lo), abs(around.hi)))
    return Written(value, value, around, grows)


def _binary(node: Bin) -> Written:
    left, right = written(node.left), written(node.right)
    stated, computed = (
        binary(node.op, *pair) for pair in ((left.stated, right.stated), (left.computed, right.computed))
    )
    if node.op in "+-":
        plus = node.op == "+"
        image = left.image + right.image if plus else left.image - right.image
        name = "grows_plus _ _" if plus else "grows_minus _ _"
        return Written(stated, computed, image, growth.total(name, left.growth, right.growth))
    if node.op == "*":
        # As CoqInterval multiplies: two equal factors are no square to it.
        return Written(stated, computed, left.image * right.image, growth.product(left.growth, right.growth))
    inverse = right.image.inverse() if right.image.lo > 0 or right.image.hi < 0 else None
    if inverse is None:
        raise _refused(node, "has a divisor that interval arithmetic over the line does not keep away from 0")
    below = Written(Coq(f"/ {right.stated.at(ATOM)}", PRODUCT), right.computed, inverse, None)
    grows = growth.product(left.growth, _bounded(below.stated, *below.bounds)) if below.bounds else None
    return Written(stated, computed, left.image * inverse, grows)


def _raised(node: Bin) -> Written:
    exponent, most = node.right, growth.MOST_DEGREE
    if not (isinstance(exponent, Num) and exponent.value.denominator == 1 and 0 <= exponent.value <= most):
        raise _refused(node, f"has an exponent that is not a whole number from 0 to {most}")
    n, base = int(exponent.value), written(node.left)
    return Written(
        power(base.stated, n), power(base.computed, n), base.image.power(n), growth.power(base.growth, n)
    )


#: How one argument is stated and, where that differs, computed.
_OF_ONE: dict[str, tuple[Callable[[Coq], Coq], Callable[[Coq], Coq] | None]] = {
    **{name: named(name) for name in ("exp", "sqrt", "sin", "cos", "atan")},
    "log": named("ln"),
    "abs": named("Rabs"),
    "tanh": (lambda x: applied("tanh", x), lambda x: binary("-", over(TWO, minus(doubled(x))), ONE)),
    "sinh": (lambda x: applied("sinh", x), hyperbolic("-")),
    "cosh": (lambda x: applied("cosh", x), hyperbolic("+")),
    "relu": (lambda x: applied("Rmax", number(Fraction(0)), x), lambda x: larger(number(Fraction(0)), x)),
    "sigmoid": (lambda x: over(ONE, minus(x)), None),
    "silu": (lambda x: over(x, minus(x)), None),
    "softplus": (lambda x: applied("ln", binary("+", ONE, applied("exp", x))), None),
    "expm1": (lambda x: binary("-", applied("exp", x), ONE), None),
    "sign": named("sign"),
    "Heaviside": (lambda x: half(binary("+", ONE, applied("sign", x))), None),
    "log1p": (lambda x: applied("ln", binary("+", ONE, x)), None),
}  # fmt: skip
#: The side where that exponential is large, and how it is computed there, with the lemma.
TURNED: dict[str, tuple[int, str, Callable[[Coq], Coq]]] = {
    "tanh": (-1, "tanh_left", lambda x: binary("-", ONE, over(TWO, doubled(x)))),
    "sigmoid": (-1, "sigmoid_left", lambda x: binary("-", ONE, over(ONE, x))),
    "silu": (-1, "silu_left", lambda x: binary("-", x, over(x, x))),
    "softplus": (
        1, "softplus_right",
        lambda x: binary("+", x, applied("ln", binary("+", ONE, applied("exp", minus(x))))),
    ),
}  # fmt: skip
#: Stands after the name of a function that is computed so.
TURN = "-"
#: What grows like e^|x|: as a function of Coq.
_EXPONENTIAL = {"exp": "exp", "sinh": "sinh", "cosh": "cosh", "expm1": "(fun x => exp x - 1)"}
_REASONS = {
    "erf": "is not known to CoqInterval, which has no error function",
    "gelu": "is not known to CoqInterval, which has no error function",
    "tan": "is not shown to stay away from its poles by these proofs",
}


def _image(name: str, of: list[Interval]) -> Interval:
    """The values as CoqInterval bounds them, which is wider where a function is written out by others."""
    if name in ("sin", "cos"):
        return Interval(-1.0, 1.0)
    if name == "relu":
        return Interval(-math.inf, math.inf)
    if name in ("sinh", "cosh"):
        up, down = interval.exp(of[0]), interval.exp(-of[0])
        return (up - down if name == "sinh" else up + down) * interval.exact(Fraction(1, 2))
    if name == "silu":
        return of[0] * FUNCTIONS["sigmoid"].image(of)
    return FUNCTIONS[name].image(of)


def _call(node: Call) -> Written:
    if node.name == "He":
        return _hermite(node)
    args, name = [written(each) for each in node.args], node.name.rstrip(TURN)
    image = _image(name, [each.image for each in args])
    if name in ("min", "max"):
        return reduce(lambda x, y: _extreme(name, x, y), args)
    if name == "clip":
        return _clip(node, args, image)
    if name not in _OF_ONE:
        raise _refused(node, _REASONS.get(name, "is not known to CoqInterval"))
    (x,), (state, compute) = args, _OF_ONE[name]
    if name != node.name:
        compute = TURNED[name][2]
    return Written(state(x.stated), (compute or state)(x.computed), image, _call_growth(name, node, x))


def _call_growth(name: str, node: Call, x: Written) -> Growth | None:
    if name == "abs":
        return growth.alike("grows_abs", x.growth)
    if name == "softplus":
        return growth.softplus(x.growth)
    if name == "silu":
        return growth.product(
            x.growth, _bounded(Coq(f"/ {over(ONE, minus(x.stated)).text[4:]}", PRODUCT), -_SLACK, 1 + _SLACK)
        )
    if name == "relu":
        return growth.total("grows_max _ _", _constant(Num(Fraction(0))).growth, x.growth)
    if name == "exp" and (shape := rational_polynomial(node.args[0])) is not None:
        falls = growth.bell(_of(x.stated), [Fraction(int(c.p), int(c.q)) for c in shape.coeffs()])
        if falls:
            return falls
    if name in _EXPONENTIAL:
        return growth.exponential(name, _EXPONENTIAL[name], x.growth)
    return None


def _extreme(name: str, x: Written, y: Written) -> Written:
    state, compute, grows = ("Rmax", larger, "grows_max") if name == "max" else ("Rmin", smaller, "grows_min")
    # CoqInterval bounds neither Rmax nor Rmin: over the line their growth is known, not their range.
    whole = Interval(-math.inf, math.inf)
    stated, computed = applied(state, x.stated, y.stated), compute(x.computed, y.computed)
    return Written(stated, computed, whole, growth.total(f"{grows} _ _", x.growth, y.growth))


def _clip(node: Call, args: list[Written], image: Interval) -> Written:
    x, low, high = args
    ends = [each.value for each in node.args[1:] if isinstance(each, Num)]
    if len(ends) < 2:
        raise _refused(node, "is clipped at numbers that are not rational")
    stated = applied("Rmax", low.stated, applied("Rmin", high.stated, x.stated))
    above, below = gap(x.computed, low.computed), gap(x.computed, high.computed)
    total = binary("+", low.computed, high.computed)
    return Written(stated, half(binary("-", binary("+", total, above), below)), image, None)


def _hermite(node: Call) -> Written:
    k, x = whole(node.args[0]), written(node.args[1])
    stated = applied("He", number(Fraction(k)), x.stated)
    # To CoqInterval He k is a name without bounds, unless k = 0.
    return Written(stated, hermite(k, x.computed), Interval(-math.inf, math.inf), growth.hermite(k, x.growth))


def _refused(node: Node, why: str) -> LinkError:
    return LinkError(
        f"'{excerpt(text(node))}' {why}: for Coq write a link of + - * / and powers, exp, log, sqrt, sin, "
        "cos, atan, tanh, sinh, cosh, sigmoid, softplus, silu, abs, min, max, clip, relu, sign, Heaviside, "
        "where, He"
    )
