"""Constants as exact sums, so that a number can be shown to be 0: what no ball can do.

A number is a sum of rational multiples of monomials: products of rational powers of positive numbers such as
2, pi, log 3, exp(sqrt 2). Sums that are formally equal are equal numbers; others may still be.

How much a check may do is counted in work and not in seconds: the answer does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, ctx

from ...link.tree import Bin, Call, Const, Neg, Node, Num, walk, whole
from ...numerics.lowering.arb import compile_arb

#: Operations on balls of at most 512 bits.
LIMIT = 16_000_000


class NotConfirmed(ArithmeticError):
    """The checker could not confirm a statement; the message says which and why."""


class TooMuchWork(NotConfirmed):
    """To go on takes more work than a check may do."""


@lru_cache(maxsize=4096)
def nodes(tree: Node) -> int:
    """How many there are, a Hermite polynomial as many as its order."""
    polynomials = (part for part in walk(tree) if isinstance(part, Call) and part.name == "He")
    return sum(1 for _ in walk(tree)) + sum(whole(part.args[0]) for part in polynomials)


@dataclass
class Work:
    """What one check has done so far."""

    spent: int = 0

    @property
    def left(self) -> int:
        return LIMIT - self.spent

    def spend(self, operations: int) -> None:
        """Raises TooMuchWork."""
        self.spent += operations * (1 + ctx.prec // 512)
        if self.spent > LIMIT:
            raise TooMuchWork("to confirm every statement takes more work than a check may do")


class Memory:
    """Answers with the operations they took, which a later check pays as if it had been the first to ask."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, int]] = {}

    def recall(self, key: Hashable, work: Work, compute: Callable[[], Any]) -> Any:
        """The answer for ``key``, by ``compute`` the first time.

        Where it takes more than half of what is left nothing is kept or taken: an integral that runs into
        the limit is a wider ball.
        """
        kept, left = self._kept.get(key), work.left
        if kept is not None and 2 * kept[1] <= left:
            work.spent += kept[1]
            return kept[0]
        answer = compute()
        if 2 * (taken := left - work.left) <= left:
            self._kept[key] = answer, taken
        return answer


Monomial = frozenset[tuple[Hashable, Fraction]]
_ONE: Monomial = frozenset()
#: Beyond so many terms, or bits of a coefficient, nothing is shown.
_TERMS, _BITS = 40, 8000
_PRIMES = [n for n in range(2, 200) if all(n % d for d in range(2, n))]
#: f(0), where the argument 0 is all that is known exactly.
_AT_ZERO = {
    "sin": 0, "tan": 0, "sinh": 0, "tanh": 0, "atan": 0, "erf": 0, "sign": 0, "abs": 0, "relu": 0, "gelu": 0,
    "silu": 0, "expm1": 0, "log1p": 0,
    "cos": 1, "cosh": 1,
}  # fmt: skip


class Unknown(Exception):
    """The number has no such form."""


@dataclass(frozen=True)
class Exact:
    """The sum of coefficient * monomial; equal to 0 when it has no terms."""

    terms: dict[Monomial, Fraction]

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    @classmethod
    def of(cls, value: Fraction | int) -> Exact:
        return cls({_ONE: Fraction(value)} if value else {})

    @property
    def is_zero(self) -> bool:
        return not self.terms

    @property
    def rational(self) -> Fraction | None:
        """The value, where it is written as a rational number."""
        return self.terms.get(_ONE, Fraction(0)) if self.terms.keys() <= {_ONE} else None

    def __add__(self, other: Exact) -> Exact:
        total = dict(self.terms)
        for monomial, coefficient in other.terms.items():
            total[monomial] = total.get(monomial, Fraction(0)) + coefficient
        return _sized({m: c for m, c in total.items() if c})

    def __neg__(self) -> Exact:
        return Exact({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Exact) -> Exact:
        return self + -other

    def __mul__(self, other: Exact) -> Exact:
        total = Exact({})
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                total += _product(c * d, (*m, *n))
        return total

    def power(self, exponent: Fraction | int) -> Exact:
        """Raises Unknown for a root or a reciprocal that stays a sum under a root."""
        exponent = Fraction(exponent)
        if exponent.denominator == 1 and exponent >= 0:
            result = Exact.of(1)
            for _ in range(int(exponent)):
                result = result * self
            return result
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient < 0 and exponent.denominator > 1:
                raise Unknown
            sign = -1 if coefficient < 0 and exponent.numerator % 2 else 1
            factors = [*monomial, *_factored(abs(coefficient))]
            return _product(Fraction(sign), ((a, e * exponent) for a, e in factors))
        if exponent != -1:
            return self.power(-1).power(-exponent) if exponent < 0 else _unknown()
        return self._reciprocal()

    def _reciprocal(self) -> Exact:
        """1/(u + v) = (u - v)/(u^2 - v^2), where v holds the terms with one chosen square root."""
        roots = sorted((a, e) for m in self.terms for a, e in m if isinstance(a, int) and e.denominator == 2)
        if not roots:
            raise Unknown
        chosen = roots[0]
        v = Exact({m: c for m, c in self.terms.items() if chosen in m})
        u = self - v
        return (u - v) * (u * u - v * v).power(-1)

    def exponential(self) -> Exact:
        """e^(sum of c m) as the product of (e^m)^c; e^(log p) is p."""
        factors: list[tuple[Hashable, Fraction]] = []
        for monomial, coefficient in self.terms.items():
            logarithm = next((a for a, e in monomial if isinstance(a, tuple) and a[0] == "log"), None)
            whole = len(monomial) == 1 and logarithm is not None and (logarithm, Fraction(1)) in monomial
            factors.append((logarithm[1] if whole and logarithm else ("exp", monomial), coefficient))
        return _product(Fraction(1), factors)

    def logarithm(self) -> Exact:
        if len(self.terms) != 1:
            raise Unknown
        ((monomial, coefficient),) = self.terms.items()
        if coefficient < 0:
            raise Unknown
        total = Exact({})
        for base, exponent in (*monomial, *_factored(coefficient)):
            if isinstance(base, tuple) and base[0] == "exp":
                total += Exact({base[1]: exponent})
            elif isinstance(base, (int, str)):
                total += Exact({frozenset({(("log", base), Fraction(1))}): exponent})
            else:
                # It may be negative, and monomials are products of positive numbers.
                raise Unknown
        return total


def _unknown() -> Exact:
    raise Unknown


def _sized(terms: dict[Monomial, Fraction]) -> Exact:
    if len(terms) > _TERMS or any(c.numerator.bit_length() + c.denominator.bit_length() > _BITS
                                  for c in terms.values()):  # fmt: skip
        raise Unknown
    return Exact(terms)


def _factored(value: Fraction) -> Iterator[tuple[Hashable, Fraction]]:
    """Factors of a positive rational: small primes and what is left."""
    for n, sign in ((value.numerator, 1), (value.denominator, -1)):
        for p in _PRIMES:
            power = 0
            while n % p == 0:
                n, power = n // p, power + 1
            if power:
                yield p, Fraction(sign * power)
        if n > 1:
            yield n, Fraction(sign)


def _product(coefficient: Fraction, factors) -> Exact:  # type: ignore[no-untyped-def]
    """Equal factors joined; whole powers of integers go into the coefficient."""
    joined: dict[Hashable, Fraction] = {}
    sums: list[Exact] = []
    for base, exponent in factors:
        joined[base] = joined.get(base, Fraction(0)) + exponent
    for base in list(joined):
        if isinstance(base, int):
            whole = joined[base].numerator // joined[base].denominator
            if abs(whole) * base.bit_length() > _BITS:
                raise Unknown
            coefficient *= Fraction(base) ** whole
            joined[base] -= whole
        elif isinstance(base, Exact) and (whole := joined[base].numerator // joined[base].denominator):
            sums.append(base.power(whole))
            joined[base] -= whole
    result = _sized({frozenset((b, e) for b, e in joined.items() if e): coefficient})
    for each in sums:
        result = result * each
    return result


def exact_value(node: Node) -> Exact:
    """The constant ``node``. Raises Unknown."""
    if isinstance(node, Num):
        return Exact.of(node.value)
    if isinstance(node, Const):
        if node.name == "pi":
            return Exact({frozenset({("pi", Fraction(1))}): Fraction(1)})
        return Exact.of(1).exponential() if node.name == "E" else _unknown()
    if isinstance(node, Neg):
        return -exact_value(node.arg)
    if isinstance(node, Bin):
        return _operation(node)
    if not isinstance(node, Call) or len(node.args) != 1:
        raise Unknown
    value = exact_value(node.args[0])
    if node.name == "sqrt":
        return _root(node.args[0], value, Fraction(1, 2))
    if node.name == "exp":
        return value.exponential()
    if node.name == "log":
        return value.logarithm()
    return Exact.of(_AT_ZERO[node.name]) if value.is_zero and node.name in _AT_ZERO else _unknown()


def _operation(node: Bin) -> Exact:
    left, right = exact_value(node.left), exact_value(node.right)
    if node.op == "+":
        return left + right
    if node.op == "-":
        return left - right
    if node.op == "*":
        return left * right
    if node.op == "/":
        return left * right.power(-1)
    exponent = right.terms.get(_ONE, Fraction(0))
    if right.terms.keys() - {_ONE} or abs(exponent) > 200:
        raise Unknown
    return left.power(exponent) if exponent.denominator == 1 else _root(node.left, left, exponent)


def _root(node: Node, value: Exact, exponent: Fraction) -> Exact:
    """A fractional power; that of a sum which is seen to be positive is kept as it is."""
    if len(value.terms) > 1 and compile_arb(node)(arb(0)) > 0:
        return Exact({frozenset({(value, exponent % 1)}): Fraction(1)}) * value.power(int(exponent // 1))
    return value.power(exponent) if value.terms or exponent < 0 else value


def equal(left: Node, right: Node) -> bool:
    """Whether two constants are shown to be one number."""
    if left == right:
        return True
    try:
        x, y = exact_value(left), exact_value(right)
        if (x - y).is_zero:
            return True
        # sqrt(3 + 2 sqrt 2) and 1 + sqrt 2 are of one sign and have one square.
        same_sign = compile_arb(left)(arb(0)) * compile_arb(right)(arb(0)) > 0
        return bool(same_sign) and (x * x - y * y).is_zero
    except Unknown:
        return False
