"""Signs of exact real numbers, decided by proof: an enclosure away from zero, or algebra.

Only numbers are compared here. Nothing about a link is evaluated, so this does not replace the
independent numeric oracle; it is what "pi < 22/7" needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key, lru_cache, reduce
from math import log10
from typing import Any

import flint
import sympy
from flint import arb, fmpq

from .symbols import z
from .vanishing import radical_sign, vanishes

_FUNCTIONS: dict[Any, Callable[[arb], arb]] = {
    sympy.exp: arb.exp, sympy.log: arb.log, sympy.sin: arb.sin, sympy.cos: arb.cos, sympy.tan: arb.tan,
    sympy.sinh: arb.sinh, sympy.cosh: arb.cosh, sympy.tanh: arb.tanh, sympy.atan: arb.atan,
    sympy.erf: arb.erf, sympy.Abs: abs,
}  # fmt: skip
_PRECISIONS = (80, 320, 1280)
#: Beyond this size an expression is not simplified: SymPy may take minutes.
_LARGEST_EXPONENT = 1000
_SIMPLIFIABLE = 60


class Undecided(Exception):
    """Neither a proof nor a refutation was found; the message says of what."""


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
        found = _ball_sign(number, bits)
        if found:
            return found
    if not _is_enclosed(number):
        # A symbol, or no real number: nothing to separate from 0.
        return 0 if _simplifies_to_zero(number) else None
    radical = radical_sign(number, enclosure)
    if radical is not None:
        return radical
    return 0 if _simplifies_to_zero(number) or vanishes(number, _equal, _is_radical_zero) else None


def decided_sign(number: sympy.Expr) -> int:
    """``sign(number)``; raises Undecided instead of returning None."""
    found = sign(number)
    if found is None:
        raise Undecided(f"the sign of {number}")
    return found


def is_zero(number: sympy.Expr) -> bool | None:
    """Whether the number is 0, or None when that is not decided."""
    found = sign(number)
    return None if found is None else found == 0


def increasing(numbers: Iterable[sympy.Expr]) -> list[sympy.Expr]:
    """The distinct numbers in increasing order. Raises Undecided when two cannot be compared."""
    unique: list[sympy.Expr] = []
    for number in sorted(dict.fromkeys(numbers), key=cmp_to_key(compare)):
        if not unique or compare(unique[-1], number) != 0:
            unique.append(number)
    return unique


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


def _equal(a: sympy.Expr, b: sympy.Expr) -> bool:
    return sign(a - b) == 0


def _is_radical_zero(number: sympy.Expr) -> bool:
    return radical_sign(number, enclosure) == 0


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
    saved = flint.ctx.prec
    try:
        flint.ctx.prec = bits
        return _ball(number)
    finally:
        flint.ctx.prec = saved


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
        reached = min(digits, int(ball.rel_accuracy_bits() * log10(2)))
        if reached == digits:
            break
    return str(ball.mid().str(reached, radius=False)) if reached > 0 else None


class _NotHere(ArithmeticError):
    """The number contains a function that no exact constant of this room contains."""


def ball_between(expression: sympy.Expr, low: sympy.Expr, high: sympy.Expr) -> arb | None:
    """An enclosure of the values of an expression in z on [low, high]; None where there is none."""
    saved = flint.ctx.prec
    try:
        flint.ctx.prec = 80
        value = _ball(expression, _ball(low).union(_ball(high)))
        return value if value.is_finite() else None
    except ArithmeticError:
        return None
    finally:
        flint.ctx.prec = saved


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
        raise _NotHere(number)
    return function(args[0])


def _has_huge_exponential(number: sympy.Expr) -> bool:
    """SymPy works out powers of e with as many digits as they have, which takes minutes beyond some size."""
    arguments = [f.args[0] for f in number.atoms(sympy.exp, sympy.sinh, sympy.cosh, sympy.tanh)]
    return any(x.is_Rational and abs(x) > _LARGEST_EXPONENT for x in arguments)


def _simplifies_to_zero(number: sympy.Expr) -> bool:
    if sympy.count_ops(number) > _SIMPLIFIABLE or _has_huge_exponential(number):
        return False
    expanded = sympy.expand(number)
    if expanded == 0:
        return True
    if number.has(sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh):
        expanded = sympy.expand(expanded.rewrite(sympy.exp))
    # Denesting sqrt(3 + 2 sqrt 2) and joining logarithms is all that the other closed forms here need.
    return bool(sympy.radsimp(sympy.sqrtdenest(sympy.expand_log(expanded, force=False))).expand() == 0)
