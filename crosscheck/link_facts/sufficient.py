"""Sufficient thresholds: closed-form bounds above which the signal certainly has no zero."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

import sympy
from flint import arb

from ...link import Link, Noise, Signal
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import decimal_bounds, working
from ...numerics.work import allowance
from ...theory.efficiency import known_moment
from ...theory.exact.constants import largest, sign
from ...theory.shape.facts import facts
from ...theory.zero_bounds import structural
from ..compare import ball
from .exponents import exponents
from .t_max import tilt_limit

_DIGITS = 30
#: The work that the one moment of the Lambert bound may take, about a second.
_WORK = 5e5


@dataclass(frozen=True, slots=True)
class Sufficient:
    """Upper bounds of beta1, None where a bound does not apply.

    lambert: T2, B/W_0(x) for |y| <= B, a decimal rounded up; lambert_form: the same in closed form, where
    the moment in x has one. structural: T3, from the shape of s alone, in closed form.
    """

    lambert: str | None
    structural: str | None
    lambert_form: sympy.Expr | None = None

    def as_json(self) -> dict[str, Any]:
        form = None if self.lambert_form is None else str(self.lambert_form)
        return {"lambert": self.lambert, "lambert_form": form, "structural": self.structural}


def sufficient(link: Link, signal: Signal, noise: Noise) -> Sufficient:
    """Both bounds of one link. The structural one holds under noise, which never raises beta1 (H4)."""
    bound = lambert(link, signal, noise)
    shown = None if bound is None else decimal_bounds(bound, _DIGITS)[1]
    form = None if bound is None else lambert_form(link, signal, noise)
    proof = structural(link.tree, signal)
    t_max = tilt_limit(link).value
    if proof is None or t_max is None or t_max == 0:
        return Sufficient(shown, None, form)
    return Sufficient(shown, str(largest(proof.beta, 1 / t_max)), form)


def lambert_form(link: Link, signal: Signal, noise: Noise) -> sympy.Expr | None:
    """The bound of ``lambert``, which must exist, in closed form; None without an exact moment."""
    known, size = exponents(link), label_bound(link, noise)
    star, power = known.generative_exponent.value, known.witness_power
    assert size is not None
    assert star is not None
    assert power is not None
    exact = known_moment(link.tree, power, star)
    side = None if exact is None else sign(exact)
    if exact is None or side is None:
        return None
    x = (power + (signal == "weight")) * side * exact / (sympy.sqrt(sympy.factorial(star)) * size**power)
    return size / sympy.LambertW(sympy.radsimp(x) if x.is_algebraic else sympy.factor_terms(x))


def lambert(link: Link, signal: Signal, noise: Noise) -> arb | None:
    """B/W_0(x), x = i0 |mu_{i0,k*}|/(sqrt(k*!) B^i0), with i0 + 1 in front for ``weight``.

    None for ``centered``, for an unbounded label and where i0 is not known. Noise leaves mu_{i0,k*} as it
    is: E (s + e)^i0 He_k adds only moments of lower powers of s, which vanish.
    """
    known, size = exponents(link), label_bound(link, noise)
    star, power = known.generative_exponent.value, known.witness_power
    if signal == "centered" or size is None or star is None or power is None:
        return None
    try:
        with allowance(_WORK):
            table = oracle(link.tree).tilted_moments((star,), (power,), Fraction(0), _DIGITS + 5)
    except (NotIntegrable, Unresolved):
        return None
    with working(4 * _DIGITS + 60):
        front = power + (signal == "weight")
        top = ball(size)
        x = front * abs(table[power, star]) / (arb(factorial(star)).sqrt() * top**power)
        return top / x.lambertw()


def label_bound(link: Link, noise: Noise) -> sympy.Expr | None:
    """B with |y| <= B, exact, noise included; None when y is not bounded."""
    low, high = facts(link.tree).infimum.value, facts(link.tree).supremum.value
    if low is None or high is None or low.is_infinite or high.is_infinite or noise.kind == "gaussian":
        return None
    extra = sympy.Rational(noise.scale.numerator, noise.scale.denominator) if noise.kind != "none" else 0
    return largest(abs(low), abs(high)) + extra
