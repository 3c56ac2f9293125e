"""A link as s = psi(u), and whether psi is strictly monotone on the range of u.

GE(s) >= GE(u) for every measurable psi, as a function of s is one of u; equality holds when psi is injective
on the range of u. The inner u is a part of the tree that holds every z, or |z| e^{-cz^2} and its like where
z enters through their powers only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import cast

import sympy

from ...link.build import combine
from ...link.tree import (
    Bin,
    Call,
    Neg,
    Node,
    Num,
    Part,
    Var,
    is_constant,
    rebuild,
    substitute,
    walk,
)  # fmt: skip
from ..exact import z
from ..exact.constants import Undecided, ball_between, differ, is_zero, sign
from ..exact.lower import constant, lower, to_tree
from ..exact.polynomial import polynomial
from .monotone import Direction, direction, slopes
from .pieces import branches
from .range import bounds

#: Cells into which a range is cut before the sign of psi' is given up.
_CELLS = 64


@dataclass(frozen=True, slots=True)
class Composition:
    """s = outer(v), where outer is written in z and the range of v lies in [low, high].

    inner: v, or v^2 for a v >= 0, a link in its own right.
    """

    inner: Node
    outer: Node
    low: sympy.Expr
    high: sympy.Expr

    def strict(self) -> Direction | None:
        """1 or -1 where outer is strictly monotone on [low, high], None where that is not shown."""
        if _is_root(self.outer):
            return 1
        if not all(map(_analytic, walk(self.outer))):
            return None
        try:
            # An analytic function that is monotone and not constant is strictly monotone.
            return self._by_induction() or _of_polynomial(self) or _by_balls(self)
        except Undecided:
            return None

    def weak(self) -> Direction | None:
        """1 or -1 where outer is monotone on [low, high] and not constant inside; None where not shown."""
        shape = self.strict()
        if shape is not None:
            return shape
        shape = self._by_induction()
        return shape if shape and self._varies() else None

    def _by_induction(self) -> Direction | None:
        shape = direction(self.outer, False)
        if not shape and self.low.is_finite and sign(self.low) in (0, 1):
            shape = direction(self.outer, True)
        return shape or None

    def _varies(self) -> bool:
        if not (self.low.is_finite and self.high.is_finite):
            return False
        points = [self.low + (self.high - self.low) * sympy.Rational(j, 16) for j in range(1, 16)]
        values = [lower(self.outer, x) for x in points]
        return any(differ(value, values[0]) for value in values[1:])


def _is_root(tree: Node) -> bool:
    """sqrt(z), or a positive fractional power of z."""
    if isinstance(tree, Bin) and tree.op == "**" and isinstance(tree.right, Num):
        return isinstance(tree.left, Var) and tree.right.value > 0 and tree.right.value.denominator > 1
    return tree == Call("sqrt", (Var(),))


def _analytic(part: Part) -> bool:
    """Whether the node is an analytic function of its arguments wherever a link is finite."""
    if isinstance(part, Bin) and part.op == "**":
        return isinstance(part.right, Num) and part.right.value.denominator == 1
    return not branches(part) and not (isinstance(part, Call) and part.name == "sqrt")


@lru_cache(maxsize=512)
def compositions(tree: Node) -> tuple[Composition, ...]:
    """Every way seen to write the link as a function of a simpler one, the outermost part first.

    Of n nested functions there are n inner links, of each of which several rules ask this.
    """
    return tuple(_compositions(tree))


def _compositions(tree: Node) -> Iterator[Composition]:
    bump = through_bump(tree)
    if bump is not None and bump.inner != tree:
        yield bump
    times = Counter(walk(tree))
    for part in times:
        if part == tree or not isinstance(part, (Neg, Bin, Call)) or is_constant(part):
            continue
        # All z of the link stand in it.
        if times[Var()] == times[part] * sum(isinstance(inner, Var) for inner in walk(part)):
            yield Composition(part, substitute(tree, Var(), part), *bounds(part))


def _of_polynomial(composition: Composition) -> Direction | None:
    """psi a polynomial: its slope has no zero inside the range, or touches 0 there without a change."""
    coefficients = polynomial(composition.outer)
    if coefficients is None or len(coefficients) < 2:
        return None
    signs = slopes(coefficients, composition.low, composition.high)
    return signs.pop() if signs is not None and len(signs) == 1 else None


def _by_balls(composition: Composition) -> Direction | None:
    """The sign of psi' enclosed cell by cell; next to an end where psi' = 0, that of psi''."""
    if not (composition.low.is_finite and composition.high.is_finite):
        return None
    slope = sympy.diff(lower(composition.outer), z)
    bend = sympy.diff(slope, z)
    signs = set()
    for j in range(_CELLS):
        a, b = (
            composition.low + (composition.high - composition.low) * sympy.Rational(i, _CELLS)
            for i in (j, j + 1)
        )
        value = ball_between(slope, a, b)
        here = 0 if value is None else int(value > 0) - int(value < 0)
        for end, at, side in ((j == 0, a, 1), (j == _CELLS - 1, b, -1)):
            if not here and end and is_zero(slope.subs(z, at)):
                curved = ball_between(bend, a, b)
                here = 0 if curved is None else side * (int(curved > 0) - int(curved < 0))
        signs.add(here)
        if here == 0 or len(signs) > 1:
            return None
    return signs.pop()


# -- powers of |z| e^{-cz^2} ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Power:
    """factor z^m e^{-cz^2}, or with |z|^m where folded."""

    factor: Node
    m: int
    c: sympy.Expr
    folded: bool


def through_bump(tree: Node) -> Composition | None:
    """s as a function of w = z e^{-az^2}, or of |w| where only even powers occur; the inner is w or w^2."""
    powers: list[_Power] = []
    outer = _in_powers(tree, powers)
    if outer is None or not powers or not any(isinstance(part, Var) for part in walk(outer)):
        return None
    rate = powers[0].c / powers[0].m
    if any(is_zero(power.c / power.m - rate) is not True for power in powers):
        return None
    odd = any(power.m % 2 for power in powers if not power.folded)
    if odd and any(power.m % 2 for power in powers if power.folded):
        return None
    # w is largest where z^2 = 1/(2 rate).
    top = 1 / sympy.sqrt(2 * rate * sympy.E)
    power = 1 if odd else 2
    inner = combine("*", combine("**", Var(), Num(Fraction(power))) if power > 1 else Var(), to_tree(
        sympy.exp(-power * rate * z**2)))  # fmt: skip
    return Composition(inner, cast(Node, outer), -top if odd else sympy.S.Zero, top)


def critical(composition: Composition) -> bool:
    """Whether the inner is (z e^{-z^2/2})^2.

    On its level v the two x = z^2 - 1 of |z| below and above 1 weigh 1/|x|, so zeta_2 = 0 and
    zeta_4 = |x||y| - 2 with x < 0 < y. Both |x| and y rise as v falls: zeta_4 changes sign once.
    """
    top = 1 / sympy.sqrt(sympy.E)
    return composition.low == 0 and is_zero(composition.high - top) is True


def _in_powers(part: Part, powers: list[_Power]) -> Part | None:
    """The tree with every maximal factor z^m e^{-cz^2}, c > 0, replaced by z^m; None where z is left over."""
    if isinstance(part, (Neg, Bin, Call)):
        power = _power(part)
        if power is not None and power.m > 0 and sign(power.c) == 1:
            powers.append(power)
            raised = Var() if power.m == 1 else combine("**", Var(), Num(Fraction(power.m)))
            return combine("*", power.factor, raised)
    if isinstance(part, Var):
        return None
    if is_constant(part):
        return part
    missing = False

    def change(child: Part) -> Part:
        nonlocal missing
        new = _in_powers(child, powers)
        missing |= new is None
        return child if new is None else new

    changed = rebuild(part, change)
    return None if missing else changed


def _power(tree: Node) -> _Power | None:
    """A product of numbers, powers of z and |z|, and exponentials of -cz^2."""
    if constant(tree) is not None:
        return _Power(tree, 0, sympy.S.Zero, False)
    if isinstance(tree, Var):
        return _Power(Num(Fraction(1)), 1, sympy.S.Zero, False)
    if isinstance(tree, Neg):
        inner = _power(tree.arg)
        return None if inner is None else _Power(Neg(inner.factor), inner.m, inner.c, inner.folded)
    if isinstance(tree, Call):
        return _power_of_call(tree)
    if not isinstance(tree, Bin):
        return None
    left = _power(tree.left)
    if left is None:
        return None
    if tree.op == "**":
        n = tree.right.value if isinstance(tree.right, Num) else Fraction(0)
        if n.denominator != 1 or n < 1:
            return None
        return _Power(combine("**", left.factor, Num(n)), left.m * int(n), left.c * int(n), left.folded)
    right = _power(tree.right)
    if right is None or tree.op not in "*/" or (tree.op == "/" and right.m):
        return None
    if left.m % 2 and right.m % 2 and left.folded != right.folded:
        return None
    c = left.c + right.c if tree.op == "*" else left.c - right.c
    folded = (left.folded and left.m % 2 == 1) or (right.folded and right.m % 2 == 1)
    return _Power(combine(tree.op, left.factor, right.factor), left.m + right.m, c, folded)


def _power_of_call(tree: Call) -> _Power | None:
    if tree.name == "abs":
        inner = _power(tree.args[0])
        return None if inner is None else _Power(Call("abs", (inner.factor,)), inner.m, inner.c, True)
    if tree.name != "exp":
        return None
    exponent = polynomial(tree.args[0])
    if exponent is None or len(exponent) != 3 or exponent[1] != 0:
        return None
    return _Power(to_tree(sympy.exp(exponent[0])), 0, -exponent[2], False)
