"""How a link grows, seen part by part, with the terms that prove it by lemmas of `formal/tilt.v`.

|f(z)| <= size |z|^degree e^{pace |z|} where |z| >= 1. A bell such as exp(-z**2) has pace < 0, so powers of z
times a bell are bounded; exp, sinh and cosh of what is of linear growth have pace > 0.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from ...theory.exact import he
from .terms import argument

MOST_DEGREE = 60
#: Bounds of what a term comes to are stated this much wider.
_SLACK = Fraction(1001, 1000)


class Growth(NamedTuple):
    """size is a term; about: what it comes to, by which radii are chosen. proof: the term that proves it."""

    proof: str
    size: str
    degree: int
    about: float
    pace: float = 0.0


def bounded(f: str, low: Fraction, high: Fraction, between: str) -> Growth:
    """Of a function between two numbers, which the term ``between`` proves."""
    size = max(abs(low), abs(high))
    ends = " ".join(map(argument, (low, high, size)))
    return Growth(
        f"(grows_between {f} {ends} {between} ltac:(lra) ltac:(lra))", argument(size), 0, float(size)
    )


def alike(name: str, inner: Growth | None) -> Growth | None:
    """Of what has the absolute value of ``inner``."""
    return inner and inner._replace(proof=f"({name} _ _ _ _ {inner.proof})")


def total(name: str, left: Growth | None, right: Growth | None, reason: str = "") -> Growth | None:
    """Of what is at most the sum of the two, by the lemma of that name, applied to the functions."""
    left, right = settled(left), settled(right)
    if left is None or right is None:
        return None
    return Growth(
        f"({name} _ _ _ _ _ _ {reason} {left.proof} {right.proof})", f"({left.size} + {right.size})",
        max(left.degree, right.degree), left.about + right.about, max(left.pace, right.pace),
    )  # fmt: skip


def product(left: Growth | None, right: Growth | None) -> Growth | None:
    if left is None or right is None or left.degree + right.degree > MOST_DEGREE:
        return None
    return Growth(
        f"(grows_mult _ _ _ _ _ _ _ _ {left.proof} {right.proof})", f"({left.size} * {right.size})",
        left.degree + right.degree, left.about * right.about, left.pace + right.pace,
    )  # fmt: skip


def power(base: Growth | None, exponent: int) -> Growth | None:
    if base is None or base.degree * exponent > MOST_DEGREE:
        return None
    return Growth(
        f"(grows_pow _ _ _ _ {exponent} {base.proof})", f"({base.size} ^ {exponent})",
        base.degree * exponent, base.about**exponent, base.pace * exponent,
    )  # fmt: skip


def hermite_size(k: int) -> int:
    """He_size of `formal/tilt.v`: the coefficients of He_k, all taken positive."""
    return sum(abs(int(c)) for c in he(k).coeffs())


def hermite(k: int, inner: Growth | None) -> Growth | None:
    inner = settled(inner)
    if inner is None or inner.degree * k > MOST_DEGREE:
        return None
    return Growth(
        f"(grows_hermite _ _ _ _ {k} {inner.proof} ltac:(rate_at_most))",
        f"(He_size {k} * (1 + {inner.size}) ^ {k})",
        inner.degree * k, hermite_size(k) * (1 + inner.about) ** k, inner.pace * k,
    )  # fmt: skip


def softplus(inner: Growth | None) -> Growth | None:
    inner = settled(inner)
    return inner and Growth(
        f"(grows_softplus _ _ _ _ {inner.proof} ltac:(rate_at_most))", f"(1 + {inner.size})",
        inner.degree, 1 + inner.about, inner.pace,
    )  # fmt: skip


def exponential(name: str, h: str, inner: Growth | None) -> Growth | None:
    """Of h = exp, sinh, cosh or expm1 of what is of linear growth; |h(x)| <= e^|x| is the lemma ``name``."""
    inner = settled(inner)
    if inner is None or inner.pace > 0 or inner.degree > 1:
        return None
    proof = f"(grows_exponential {h} _ _ _ _ {name}_size {inner.proof} ltac:(rate_at_most) ltac:(lia))"
    return Growth(proof, "1", 0, 1.0, inner.about)


def bell(f: str, shape: list[Fraction]) -> Growth | None:
    """Of exp of a quadratic polynomial f that falls on both sides, by its coefficients from the lowest."""
    if len(shape) != 3 or shape[2] + abs(shape[1]) >= 0:
        return None
    a0, a1, a2 = shape
    proof = f"(grows_bell {f} {' '.join(map(argument, (a2, a1, a0)))} ltac:(lra) ltac:(intros; simpl; field))"
    return Growth(proof, f"(exp {argument(a0)})", 0, math.exp(a0), float(a2 + abs(a1)))


def settled(own: Growth | None) -> Growth | None:
    """A bell takes the powers of z with it, and is then bounded."""
    if own is None or own.pace >= 0:
        return own
    least = Fraction(-own.pace / float(_SLACK)).limit_denominator(1000)
    if least <= 0:
        return None
    proof = f"(grows_absorbed _ _ _ {argument(least)} _ {own.proof} ltac:(rate_at_most) ltac:(lra))"
    times = f"(INR {own.degree} / {argument(least)}) ^ {own.degree}"
    about = own.about * (own.degree / float(least)) ** own.degree
    return Growth(proof, f"({own.size} * {times})", 0, about)


def pace_above(own: Growth) -> Fraction:
    """A short rational number that the pace is seen to be at most."""
    return Fraction(math.ceil(own.pace * float(_SLACK) * 1000), 1000)
