"""A link in Coq: as a theorem states it, as CoqInterval computes it, and how it grows, with the proof.

CoqInterval knows ``+ - * / ^ exp ln sqrt sin cos atan Rabs``. What else a link is made of is stated by Coq's
own functions (``tanh``, ``Rmax``) or written out, and rewritten to those by lemmas of `formal/tilt.v`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from ...link import LinkError, interval
from ...link.functions import FUNCTIONS
from ...link.interval import Interval
from ...link.text import excerpt, text
from ...link.tree import Bin, Call, Condition, Const, Logic, Neg, Node, Num, Var, Where
from ...theory.exact import he

#: Coq's levels of precedence.
_ATOM, _APPLIED, _POWER, _PRODUCT, _SUM = 0, 10, 30, 40, 50
#: Bounds are stated this much wider than they are known, as Coq rounds otherwise.
_SLACK = Fraction(1, 10**6)
_MOST_DEGREE = 60


class Coq(NamedTuple):
    """A term, and the level at which it stands without parentheses."""

    text: str
    level: int

    def at(self, level: int) -> str:
        return self.text if self.level <= level else f"({self.text})"


class Growth(NamedTuple):
    """|f(z)| <= size |z|^degree where |z| >= 1, with the term that proves it.

    size is a term; about: what it comes to, by which radii are chosen.
    """

    proof: str
    size: str
    degree: int
    about: float


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


def number(value: Fraction) -> Coq:
    top, bottom = value.numerator, value.denominator
    whole = Coq(str(top), _ATOM) if top >= 0 else Coq(f"- {-top}", _SUM)
    return whole if bottom == 1 else Coq(f"{whole.text} / {bottom}", _PRODUCT if top >= 0 else _SUM)


def applied(name: str, *arguments: Coq) -> Coq:
    return Coq(" ".join([name, *(argument.at(_ATOM) for argument in arguments)]), _APPLIED)


def binary(op: str, left: Coq, right: Coq) -> Coq:
    """+ and - keep sums on their left as they are, * and / products."""
    level = _SUM if op in "+-" else _PRODUCT
    return Coq(f"{left.at(level)} {op} {right.at(level - 1)}", level)


def power(base: Coq, exponent: int) -> Coq:
    return Coq(f"{base.at(_APPLIED)} ^ {exponent}", _POWER)


def hermite(order: int, x: Coq) -> Coq:
    """He_k(x) by its coefficients, from the highest power down."""
    terms = [(int(c), i) for i, c in enumerate(he(order).coeffs()) if c != 0][::-1]
    whole: Coq | None = None
    for coefficient, exponent in terms:
        size = number(Fraction(abs(coefficient)))
        if exponent:
            term = x if exponent == 1 else power(x, exponent)
            term = term if abs(coefficient) == 1 else binary("*", size, term)
        else:
            term = size
        whole = term if whole is None else binary("-" if coefficient < 0 else "+", whole, term)
    assert whole is not None
    return whole


def hermite_size(k: int) -> int:
    """He_size of `formal/tilt.v`: the coefficients of He_k, all taken positive."""
    return sum(abs(int(c)) for c in he(k).coeffs())


def written(tree: Node) -> Written:
    """The link in Coq. Raises LinkError where CoqInterval or the lemmas do not reach."""
    made = _write(tree)
    bounds = made.bounds
    if bounds is None or isinstance(tree, (Num, Const)):
        return made
    return Written(made.stated, made.computed, made.image, _bounded(made.stated, *bounds))


def _write(node: Node) -> Written:
    if isinstance(node, Var):
        z = Coq("z", _ATOM)
        return Written(z, z, Interval(-math.inf, math.inf), Growth("grows_z", "1", 1, 1.0))
    if isinstance(node, (Num, Const)):
        return _constant(node)
    if isinstance(node, Neg):
        inner = written(node.arg)
        growth = inner.growth and Growth(f"(grows_opp _ _ _ {inner.growth.proof})", *inner.growth[1:])
        stated, computed = (Coq(f"- {c.at(_POWER)}", _SUM) for c in (inner.stated, inner.computed))
        return Written(stated, computed, -inner.image, growth)
    if isinstance(node, Bin):
        return _raised(node) if node.op == "**" else _binary(node)
    if isinstance(node, Call):
        return _call(node)
    return _where(node)


def _where(node: Where) -> Written:
    """By cases; what CoqInterval computes of it is said piece by piece."""
    then, other = written(node.then), written(node.other)
    stated = Coq(f"({_cases(node.condition, then.stated, other.stated)})", _ATOM)
    growth = _sum("grows_either", then.growth, other.growth)
    if growth is not None and then.growth is not None and other.growth is not None:
        parts = " ".join(f"(fun z => {each.text})" for each in (then.stated, other.stated, stated))
        decided = "ltac:(intros z; cbv beta; repeat destruct Rlt_dec; repeat destruct Rle_dec; auto)"
        proof = f"(grows_either {parts} _ _ _ _ {decided} {then.growth.proof} {other.growth.proof})"
        growth = growth._replace(proof=proof)
    return Written(stated, stated, then.image.hull(other.image), growth)


def _cases(condition: Condition, then: Coq, other: Coq) -> str:
    if isinstance(condition, Logic):
        inner = _cases(condition.right, then, other)
        if condition.op == "and":
            return _cases(condition.left, Coq(f"({inner})", _ATOM), other)
        return _cases(condition.left, then, Coq(f"({inner})", _ATOM))
    left, right = (written(side).stated.at(_ATOM) for side in (condition.left, condition.right))
    if condition.op in (">", ">="):
        left, right = right, left
    name = {"<": "Rlt_dec", ">": "Rlt_dec", "<=": "Rle_dec", ">=": "Rle_dec"}.get(condition.op)
    if name is None:
        raise LinkError(f"a comparison by {condition.op} is not known to these proofs: write <, <=, > or >=")
    return f"if {name} {left} {right} then {then.at(_SUM)} else {other.at(_SUM)}"


def _constant(node: Num | Const) -> Written:
    if isinstance(node, Num):
        value, around = number(node.value), interval.exact(node.value)
    else:
        value = Coq("PI", _ATOM) if node.name == "pi" else Coq("exp 1", _APPLIED)
        size = Fraction(math.pi if node.name == "pi" else math.e)
        around = interval.exact(size).increasing(lambda x: x)
    name = value.at(_ATOM)
    growth = Growth(f"(grows_number {name})", f"(Rabs {name})", 0, max(abs(around.lo), abs(around.hi)))
    return Written(value, value, around, growth)


def _bounded(stated: Coq, low: Fraction, high: Fraction) -> Growth:
    size = max(abs(low), abs(high))
    ends = (number(each).at(_ATOM) for each in (low, high, size))
    proof = (
        f"(grows_between (fun z => {stated.text}) {' '.join(ends)} ltac:(between_two) ltac:(lra) ltac:(lra))"
    )
    return Growth(proof, number(size).at(_ATOM), 0, float(size))


def _sum(name: str, left: Growth | None, right: Growth | None) -> Growth | None:
    if left is None or right is None:
        return None
    proof = f"({name} _ _ _ _ _ _ {left.proof} {right.proof})"
    return Growth(
        proof, f"({left.size} + {right.size})", max(left.degree, right.degree), left.about + right.about
    )


def _product(left: Growth | None, right: Growth | None) -> Growth | None:
    if left is None or right is None or left.degree + right.degree > _MOST_DEGREE:
        return None
    proof = f"(grows_mult _ _ _ _ _ _ {left.proof} {right.proof})"
    return Growth(
        proof, f"({left.size} * {right.size})", left.degree + right.degree, left.about * right.about
    )


def _binary(node: Bin) -> Written:
    left, right = written(node.left), written(node.right)
    stated, computed = (
        binary(node.op, *pair) for pair in ((left.stated, right.stated), (left.computed, right.computed))
    )
    if node.op in "+-":
        plus = node.op == "+"
        image = left.image + right.image if plus else left.image - right.image
        name = "grows_plus" if plus else "grows_minus"
        return Written(stated, computed, image, _sum(name, left.growth, right.growth))
    if node.op == "*":
        # As CoqInterval multiplies: two equal factors are no square to it.
        return Written(stated, computed, left.image * right.image, _product(left.growth, right.growth))
    inverse = right.image.inverse() if right.image.lo > 0 or right.image.hi < 0 else None
    if inverse is None:
        raise _refused(node, "has a divisor that interval arithmetic over the line does not keep away from 0")
    below = Written(Coq(f"/ {right.stated.at(_ATOM)}", _PRODUCT), right.computed, inverse, None)
    ends = below.bounds
    growth = _product(left.growth, _bounded(below.stated, *ends)) if ends else None
    return Written(stated, computed, left.image * inverse, growth)


def _raised(node: Bin) -> Written:
    if not (
        isinstance(node.right, Num)
        and node.right.value.denominator == 1
        and 0 <= node.right.value <= _MOST_DEGREE
    ):
        raise _refused(node, f"has an exponent that is not a whole number from 0 to {_MOST_DEGREE}")
    exponent, base = int(node.right.value), written(node.left)
    growth = None
    if base.growth is not None and base.growth.degree * exponent <= _MOST_DEGREE:
        growth = Growth(
            f"(grows_pow _ _ _ {exponent} {base.growth.proof})",
            f"({base.growth.size} ^ {exponent})",
            base.growth.degree * exponent,
            base.growth.about**exponent,
        )
    return Written(
        power(base.stated, exponent), power(base.computed, exponent), base.image.power(exponent), growth
    )


def _half(whole: Coq) -> Coq:
    return binary("/", whole, number(Fraction(2)))


def _gap(x: Coq, y: Coq) -> Coq:
    return applied("Rabs", binary("-", x, y))


def _larger(x: Coq, y: Coq) -> Coq:
    return _half(binary("+", binary("+", x, y), _gap(x, y)))


def _smaller(x: Coq, y: Coq) -> Coq:
    return _half(binary("-", binary("+", x, y), _gap(x, y)))


_ONE, _TWO = number(Fraction(1)), number(Fraction(2))


def _minus(x: Coq) -> Coq:
    return Coq(f"- {x.at(_POWER)}", _SUM)


def _over(top: Coq, exponent: Coq) -> Coq:
    """top / (1 + e^exponent)."""
    return binary("/", top, binary("+", _ONE, applied("exp", exponent)))


def _doubled(x: Coq) -> Coq:
    return binary("*", _TWO, x)


def _hyperbolic(op: str) -> Callable[[Coq], Coq]:
    return lambda x: _half(binary(op, applied("exp", x), applied("exp", _minus(x))))


def _named(name: str) -> tuple[Callable[[Coq], Coq], None]:
    return lambda x: applied(name, x), None


#: How one argument is stated and, where that differs, computed.
_OF_ONE: dict[str, tuple[Callable[[Coq], Coq], Callable[[Coq], Coq] | None]] = {
    **{name: _named(name) for name in ("exp", "sqrt", "sin", "cos", "atan")},
    "log": _named("ln"),
    "abs": _named("Rabs"),
    "tanh": (lambda x: applied("tanh", x), lambda x: binary("-", _over(_TWO, _minus(_doubled(x))), _ONE)),
    "sinh": (lambda x: applied("sinh", x), _hyperbolic("-")),
    "cosh": (lambda x: applied("cosh", x), _hyperbolic("+")),
    "relu": (lambda x: applied("Rmax", number(Fraction(0)), x), lambda x: _larger(number(Fraction(0)), x)),
    "sigmoid": (lambda x: _over(_ONE, _minus(x)), None),
    "silu": (lambda x: _over(x, _minus(x)), None),
    "softplus": (lambda x: applied("ln", binary("+", _ONE, applied("exp", x))), None),
    "expm1": (lambda x: binary("-", applied("exp", x), _ONE), None),
    "sign": _named("sign"),
    "Heaviside": (lambda x: _half(binary("+", _ONE, applied("sign", x))), None),
    "log1p": (lambda x: applied("ln", binary("+", _ONE, x)), None),
}  # fmt: skip
#: The side where that exponential is large, and how it is computed there, with the lemma.
TURNED: dict[str, tuple[int, str, Callable[[Coq], Coq]]] = {
    "tanh": (-1, "tanh_left", lambda x: binary("-", _ONE, _over(_TWO, _doubled(x)))),
    "sigmoid": (-1, "sigmoid_left", lambda x: binary("-", _ONE, _over(_ONE, x))),
    "silu": (-1, "silu_left", lambda x: binary("-", x, _over(x, x))),
    "softplus": (
        1, "softplus_right",
        lambda x: binary("+", x, applied("ln", binary("+", _ONE, applied("exp", _minus(x))))),
    ),
}  # fmt: skip
#: Stands after the name of a function that is computed so.
TURN = "-"
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
    growth = None
    if x.growth is not None and name == "abs":
        growth = Growth(f"(grows_abs _ _ _ {x.growth.proof})", *x.growth[1:])
    elif x.growth is not None and name == "softplus":
        proof, size = f"(grows_softplus _ _ _ {x.growth.proof})", f"(1 + {x.growth.size})"
        growth = Growth(proof, size, x.growth.degree, 1 + x.growth.about)
    elif name == "silu":
        below = state(x.stated).text.partition(" / ")[2]
        growth = _product(x.growth, _bounded(Coq(f"/ {below}", _PRODUCT), -_SLACK, 1 + _SLACK))
    elif name == "relu":
        zero = _constant(Num(Fraction(0)))
        growth = _sum("grows_max", zero.growth, x.growth)
    return Written(state(x.stated), (compute or state)(x.computed), image, growth)


def _extreme(name: str, x: Written, y: Written) -> Written:
    state, compute, grows = (
        ("Rmax", _larger, "grows_max") if name == "max" else ("Rmin", _smaller, "grows_min")
    )
    # CoqInterval bounds neither Rmax nor Rmin: over the line their growth is known, not their range.
    whole = Interval(-math.inf, math.inf)
    return Written(
        applied(state, x.stated, y.stated),
        compute(x.computed, y.computed),
        whole,
        _sum(grows, x.growth, y.growth),
    )


def _clip(node: Call, args: list[Written], image: Interval) -> Written:
    x, low, high = args
    ends = [each.value for each in node.args[1:] if isinstance(each, Num)]
    if len(ends) < 2:
        raise _refused(node, "is clipped at numbers that are not rational")
    stated = applied("Rmax", low.stated, applied("Rmin", high.stated, x.stated))
    above, below = _gap(x.computed, low.computed), _gap(x.computed, high.computed)
    total = binary("+", low.computed, high.computed)
    return Written(stated, _half(binary("-", binary("+", total, above), below)), image, None)


def _hermite(node: Call) -> Written:
    order, inner = node.args
    assert isinstance(order, Num)
    k, x = int(order.value), written(inner)
    growth = None
    if x.growth is not None and x.growth.degree * k <= _MOST_DEGREE:
        size = f"(He_size {k} * (1 + {x.growth.size}) ^ {k})"
        about = hermite_size(k) * (1 + x.growth.about) ** k
        growth = Growth(f"(grows_hermite _ _ _ {k} {x.growth.proof})", size, x.growth.degree * k, about)
    stated = applied("He", number(order.value), x.stated)
    # To CoqInterval He k is a name without bounds, unless k = 0.
    return Written(stated, hermite(k, x.computed), Interval(-math.inf, math.inf), growth)


def _refused(node: Node, why: str) -> LinkError:
    return LinkError(
        f"'{excerpt(text(node))}' {why}: for Coq write a link of + - * / and powers, exp, log, sqrt, sin, "
        "cos, atan, tanh, sinh, cosh, sigmoid, softplus, silu, abs, min, max, clip, relu, sign, Heaviside, "
        "where, He"
    )
