"""Signs of exact real numbers, decided by proof: an enclosure away from zero, a separation bound, or algebra.

Nothing about a link is evaluated, so this does not replace the numeric oracle; it is what "pi < 22/7" needs.

An expression in rationals and real roots is decided by a separation bound: it is U/L with algebraic integers
of a field of degree at most D, the product of the orders of its distinct roots. Every conjugate of U is at
most u in size, and the norm of a nonzero algebraic integer is at least 1: so U = 0 or |U| >= u^(1-D), and
the value is 0 or at least u^(1-D)/l in size, |L| <= l (Burnikel, Funke, Mehlhorn, Schirra, Schmitt 2009).

Anything else is a rational function of its transcendental parts, equal parts named alike by their values; it
is 0 when every coefficient of the numerator is. What this does not show to be 0 need not differ from 0.
"""

import math
from collections.abc import Callable, Iterable
from functools import cmp_to_key, lru_cache, reduce
from typing import Any, NamedTuple

import flint
import sympy
from flint import arb, fmpq

from . import z
from .sympy_limits import Undecided as Undecided

#: Functions that exact constants contain, on balls.
_FUNCTIONS: dict[Any, Callable[[arb], arb]] = {
    sympy.exp: arb.exp, sympy.log: arb.log, sympy.sin: arb.sin, sympy.cos: arb.cos, sympy.tan: arb.tan,
    sympy.sinh: arb.sinh, sympy.cosh: arb.cosh, sympy.tanh: arb.tanh, sympy.atan: arb.atan,
    sympy.erf: arb.erf, sympy.Abs: abs,
}  # fmt: skip
_PRECISIONS = (80, 320, 1280)
#: Beyond this size an expression is not simplified: SymPy may take minutes.
_LARGEST_EXPONENT = 1000
_SIMPLIFIABLE = 60
#: Beyond this precision a separation bound is not reached for, nor is a longer expression sorted out.
_MOST_BITS, _LONGEST = 40_000, 200
_ODD = (sympy.erf, sympy.atan, sympy.sin, sympy.sinh, sympy.tan, sympy.tanh)


@lru_cache(maxsize=8192)
def sign(number: sympy.Expr) -> int | None:
    """The sign -1, 0 or 1 of an exact real number (or +-oo), or None when it is not decided.

    Nonzero is proved by a ball that excludes 0, zero by a separation bound or by algebra.
    """
    number = sympy.sympify(number)
    if number in (sympy.oo, -sympy.oo):
        return 1 if number is sympy.oo else -1
    if number.is_Rational:
        return (int(number.p) > 0) - (int(number.p) < 0)
    for bits in _PRECISIONS:
        side = _ball_sign(number, bits)
        if side:
            return side
    if not _is_enclosed(number):
        # A symbol, or no real number: nothing to separate from 0.
        return 0 if _simplifies_to_zero(number) else None
    radical = _radical_sign(number)
    if radical is not None:
        return radical
    return 0 if _simplifies_to_zero(number) or _vanishes(number) else None


def decided_sign(number: sympy.Expr) -> int:
    """``sign(number)``; raises Undecided instead of returning None."""
    side = sign(number)
    if side is None:
        raise Undecided(f"the sign of {number}")
    return side


def is_zero(number: sympy.Expr) -> bool | None:
    """Whether the number is 0, or None when that is not decided."""
    side = sign(number)
    return None if side is None else side == 0


def increasing(numbers: Iterable[sympy.Expr]) -> list[sympy.Expr]:
    """The distinct numbers in increasing order. Raises Undecided when two cannot be compared."""
    unique: list[sympy.Expr] = []
    for number in sorted(dict.fromkeys(numbers), key=cmp_to_key(compare)):
        if not unique or compare(unique[-1], number) != 0:
            unique.append(number)
    return unique


def differ(a: sympy.Expr, b: sympy.Expr) -> bool | None:
    """Whether two numbers differ, or None when that is not decided.

    By their own balls first: SymPy takes long to load what its first difference needs.
    """
    if a == b:
        return False
    try:
        if not enclosure(a, _PRECISIONS[0]).overlaps(enclosure(b, _PRECISIONS[0])):
            return True
    except ArithmeticError:
        pass
    side = sign(a - b)
    return None if side is None else side != 0


def compare(a: sympy.Expr, b: sympy.Expr) -> int:
    """-1, 0 or 1 as a < b, a = b or a > b (infinities allowed). Raises Undecided."""
    return 0 if a == b else decided_sign(a - b)


def largest(*args: sympy.Expr) -> sympy.Expr:
    """The maximum; numbers are compared exactly, while SymPy's Max fails where they cancel."""
    return _extreme(sympy.Max, 1, args)


def smallest(*args: sympy.Expr) -> sympy.Expr:
    """The minimum, likewise."""
    return _extreme(sympy.Min, -1, args)


def _extreme(kind: Any, side: int, args: tuple[sympy.Expr, ...]) -> sympy.Expr:
    numbers = [x for x in args if x.is_number]
    best = numbers[:1]
    for x in numbers[1:]:
        gap = 0 if x == best[0] else sign(x - best[0])
        if gap is None:
            return kind(*args, evaluate=False)
        best = [x] if gap == side else best
    rest = [x for x in args if not x.is_number]
    if not rest:
        return best[0]
    return kind(*rest, *(sympy.S.Zero if sign(x) == 0 else x for x in best))


def collected(terms: Iterable[tuple[sympy.Expr, sympy.Expr]]) -> dict[sympy.Expr, sympy.Expr]:
    """{key: sum of the weights that belong to it}, equal keys found by their values. Raises Undecided.

    Each key is written as it first came.
    """
    total: dict[sympy.Expr, sympy.Expr] = {}
    for key, weight in terms:
        same = key if key in total else next((known for known in total if compare(known, key) == 0), key)
        total[same] = total.get(same, sympy.S.Zero) + weight
    return total


def _ball_sign(number: sympy.Expr, bits: int) -> int:
    try:
        value = enclosure(number, bits)
    except ArithmeticError:
        return 0
    return int(value > 0) - int(value < 0)


def _is_enclosed(number: sympy.Expr) -> bool:
    try:
        return bool(enclosure(number, _PRECISIONS[-1]).is_finite())
    except ArithmeticError:
        return False


def enclosure(number: sympy.Expr, bits: int) -> arb:
    """An enclosure of the number at ``bits`` bits. Raises ArithmeticError where it has none."""
    with flint.ctx.workprec(bits):
        return _ball(number)


def decimals(number: sympy.Expr, digits: int) -> str | None:
    """The number to so many digits, or to those that balls reach; None where there are none.

    SymPy works out erf(354) with as many digits as separate it from 1, which takes minutes.
    """
    reached, ball = 0, arb(0)
    for bits in _PRECISIONS:
        try:
            ball = enclosure(number, bits)
        except ArithmeticError:
            break
        reached = min(digits, int(ball.rel_accuracy_bits() * math.log10(2)))
        if reached == digits:
            break
    return str(ball.mid().str(reached, radius=False)) if reached > 0 else None


def ball_between(expression: sympy.Expr, low: sympy.Expr, high: sympy.Expr) -> arb | None:
    """An enclosure of the values of an expression in z on [low, high]; None where there is none."""
    with flint.ctx.workprec(80):
        try:
            value = _ball(expression, _ball(low).union(_ball(high)))
        except ArithmeticError:
            return None
        return value if value.is_finite() else None


def _ball(number: sympy.Expr, at: arb | None = None) -> arb:
    """An enclosure, the symbol z read as ``at``."""
    if number.is_Rational:
        return arb(fmpq(int(number.p), int(number.q)))
    if number is z and at is not None:
        return at
    if number is sympy.pi:
        return arb.pi()
    if number is sympy.E:
        return arb.const_e()
    args = [_ball(arg, at) for arg in number.args]
    if number.is_Add:
        return reduce(lambda a, b: a + b, args)
    if number.is_Mul:
        return reduce(lambda a, b: a * b, args)
    if number.is_Pow:
        if number.base is sympy.E:
            return args[1].exp()
        if number.exp.is_Integer:
            return args[0] ** int(number.exp)
        return args[0] ** args[1]
    function = _FUNCTIONS.get(number.func)
    if function is None or len(args) != 1:
        raise ArithmeticError(f"no enclosure of {number.func}")
    return function(args[0])


def has_huge_exponential(number: sympy.Expr) -> bool:
    """SymPy works out powers of e with as many digits as they have, which takes minutes beyond some size."""
    arguments = [f.args[0] for f in number.atoms(sympy.exp, sympy.sinh, sympy.cosh, sympy.tanh)]
    return any(x.is_Rational and abs(x) > _LARGEST_EXPONENT for x in arguments)


def _simplifies_to_zero(number: sympy.Expr) -> bool:
    if sympy.count_ops(number) > _SIMPLIFIABLE or has_huge_exponential(number):
        return False
    expanded = sympy.expand(number)
    if expanded == 0:
        return True
    if number.has(sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh):
        expanded = sympy.expand(expanded.rewrite(sympy.exp))
    # Denesting sqrt(3 + 2 sqrt 2) and joining logarithms is all that the other closed forms here need.
    return bool(sympy.radsimp(sympy.sqrtdenest(sympy.expand_log(expanded, force=False))).expand() == 0)


class _Size(NamedTuple):
    """log2 of the bounds u and l of U and L."""

    u: float
    l: float  # noqa: E741 - the letter of the bound


def _radical_sign(number: sympy.Expr) -> int | None:
    """The sign of an expression in rationals and real roots; None for any other, or beyond the precision."""
    roots: dict[sympy.Expr, int] = {}
    size = _size(number, roots)
    if size is None:
        return None
    bits = math.ceil((math.prod(roots.values()) - 1) * size.u + size.l) + 1
    if bits > _MOST_BITS:
        return None
    try:
        value = enclosure(number, bits + math.ceil(size.u + size.l) + 64)
    except ArithmeticError:
        return None
    if not value.contains(0):
        return 1 if value > 0 else -1
    return 0 if value.abs_upper() < arb(2) ** -bits else None


def _size(number: sympy.Expr, roots: dict[sympy.Expr, int]) -> _Size | None:
    """The bounds; the orders of the roots that occur are entered in ``roots``."""
    if number.is_Rational:
        # (n - 1).bit_length() is log2(n), rounded up.
        return _Size(
            float(max(abs(int(number.p)) - 1, 0).bit_length()), float((int(number.q) - 1).bit_length())
        )
    if number.is_Add or number.is_Mul:
        parts = [_size(arg, roots) for arg in number.args]
        sizes = [part for part in parts if part is not None]
        if len(sizes) < len(parts):
            return None
        bottom = sum(part.l for part in sizes)
        if number.is_Mul:
            return _Size(sum(part.u for part in sizes), bottom)
        # U = sum of U_i prod_{j != i} L_j.
        return _Size(math.log2(len(sizes)) + max(0.0, *(part.u - part.l + bottom for part in sizes)), bottom)
    if not number.is_Pow or not number.exp.is_Rational:
        return None
    inner, power, order = _size(number.base, roots), abs(int(number.exp.p)), int(number.exp.q)
    if inner is None:
        return None
    size = _Size(power * inner.u, power * inner.l)
    if order > 1:
        # (U/L)^{1/q} = (U L^{q-1})^{1/q}/L.
        roots[sympy.Pow(number.base, sympy.Rational(1, order))] = order
        size = _Size((size.u + (order - 1) * size.l) / order, size.l)
    return size if number.exp.is_positive else _Size(size.l, size.u)


def _vanishes(number: sympy.Expr) -> bool:
    """Whether the number is shown to be 0 through its transcendental parts."""
    if sympy.count_ops(number) > _LONGEST:
        return False
    expanded = sympy.expand(number)
    if _logarithms_cancel(expanded):
        return True
    parts = _Parts()
    numerator = sympy.fraction(sympy.together(parts.named(expanded)))[0]
    if not parts.symbols:
        return False
    coefficients = sympy.Poly(sympy.expand(numerator), *parts.symbols).coeffs()
    return all(_radical_sign(c) == 0 for c in coefficients)


def _logarithms_cancel(expanded: sympy.Expr) -> bool:
    """sum of q_j log(a_j), q_j rational, is 0 exactly when the product of the a_j^{n q_j} is 1."""
    weights: list[tuple[sympy.Rational, sympy.Expr]] = []
    for term in sympy.Add.make_args(expanded):
        weight, inner = term.as_coeff_Mul()
        if not weight.is_Rational or not isinstance(inner, sympy.log):
            return False
        weights.append((weight, inner.args[0]))
    bottom = math.lcm(*(int(weight.q) for weight, _ in weights))
    product = sympy.Mul(*(a ** (weight * bottom) for weight, a in weights))
    return _radical_sign(product - 1) == 0


class _Parts:
    """The transcendental parts of one number, each named by a symbol: equal ones share it."""

    def __init__(self) -> None:
        self._known: list[tuple[object, sympy.Expr, sympy.Symbol]] = []

    @property
    def symbols(self) -> list[sympy.Symbol]:
        return [symbol for _, _, symbol in self._known]

    def named(self, number: sympy.Expr) -> sympy.Expr:
        """The number with its transcendental parts replaced."""
        if number.is_Rational:
            return number
        if number.is_Add or number.is_Mul:
            return number.func(*map(self.named, number.args))
        if isinstance(number, sympy.exp):
            return self._name(sympy.exp, number.args[0])
        if number.is_Pow:
            if number.exp.is_Integer:
                return self.named(number.base) ** number.exp
            if number.exp.is_Rational:
                return number if _size(number.base, {}) is not None else self._power(number)
        if isinstance(number, sympy.log) and number.args[0].is_Rational:
            return self._of_primes(number.args[0])
        if len(number.args) == 1:
            return self._name(number.func, number.args[0])
        return self._name(None, number)

    def _of_primes(self, value: sympy.Rational) -> sympy.Expr:
        """log of a rational number through those of primes."""
        factorings = sympy.factorint(value.p, limit=10_000), sympy.factorint(value.q, limit=10_000)
        terms = [
            side * power * self._name(sympy.log, sympy.Integer(prime))
            for side, factors in zip((1, -1), factorings, strict=True)
            for prime, power in factors.items()
        ]
        return sympy.Add(*terms)

    def _power(self, number: sympy.Expr) -> sympy.Expr:
        """A root of a transcendental number."""
        order = int(number.exp.q)
        return self._name(("root", order), number.base) ** int(number.exp.p)

    def _name(self, kind: object, argument: sympy.Expr) -> sympy.Expr:
        for known, other, symbol in self._known:
            if known == kind and (argument == other or sign(argument - other) == 0):
                return symbol
            if known == kind and kind in _ODD and sign(argument + other) == 0:
                return -symbol
        symbol = sympy.Dummy()
        self._known.append((kind, argument, symbol))
        return symbol
