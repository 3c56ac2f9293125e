"""Information exponent, generative exponent and witness power of a link, each with its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import sympy

from ..link.text import raised, text
from ..link.tree import Node, walk
from .exact import z
from .exact.constants import decimals, differ, is_zero, sign
from .exact.lower import constant, lower
from .exact.polynomial import normal, polynomial
from .families.moments import moment, vanishes, waves
from .families.piecewise import masses
from .shape.composition import compositions, critical, through_bump
from .shape.growth import moderate
from .shape.monotone import Direction, has_the_sign_of_z, monotone, parity
from .shape.pieces import branches, exact_pieces, levels
from .shape.powered_gaussian import powered_gaussian

#: Orders and powers up to which exact moments are tried.
_ORDERS, _POWERS = 64, 8
#: Longer numbers are shown in decimals.
_LONG = 90


@dataclass(frozen=True, slots=True)
class Exponent:
    """One exponent, lower <= exponent <= upper; ``value`` only when PROVED.

    A constant link has none: PROVED, without a value and ``infinite``.
    needs: moments (i, k), each of which decides the exponent to be k if it is shown to be nonzero.
    below: why nothing is left below ``lower``, where the reason says more than that.
    """

    value: int | None
    lower: int
    upper: int | None
    status: Literal["PROVED", "UNDECIDED"]
    reason: str
    needs: tuple[tuple[int, int], ...] = ()
    below: str = ""

    @classmethod
    def proved(cls, value: int, reason: str) -> Exponent:
        return cls(value, value, value, "PROVED", reason)

    @classmethod
    def none(cls, reason: str) -> Exponent:
        return cls(None, 1, None, "PROVED", f"infinite: {reason}")

    @property
    def infinite(self) -> bool:
        return self.status == "PROVED" and self.value is None


@dataclass(frozen=True, slots=True)
class Witness:
    """mu_{power,k} != 0 with k = GE, and mu_{i,k} = 0 for every smaller i: power is i0."""

    power: int
    k: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exponents:
    """Both exponents of one link, with the witness when exact reasoning finds it."""

    information: Exponent
    generative: Exponent
    witness: Witness | None


@lru_cache(maxsize=512)
def exponents(tree: Node) -> Exponents:
    """IE = min{k >= 1 : E[s He_k] != 0} and GE = min{k >= 1 : E[He_k | s] != 0}, as far as provable.

    Source: Damian, Pillaud-Vivien, Lee, Bruna 2024; the polynomial theorem is Lee, Oko, Suzuki, Wu 2024.
    """
    constant_link = why_constant(tree)
    if constant_link is not None:
        infinite = Exponent.none(constant_link)
        return Exponents(infinite, infinite, None)
    generative = _generative(tree)
    information = _information(tree, generative)
    if generative.status != "PROVED" and information.value is not None:
        generative = replace(generative, upper=information.value)
        if information.value == generative.lower:
            reason = f"E[He_k | s] = 0 below, and GE <= IE = {information.value}: {information.reason}"
            generative = replace(Exponent.proved(information.value, reason), below=generative.below)
    return Exponents(information, generative, _witness(tree, information, generative))


@lru_cache(maxsize=512)
def why_constant(tree: Node) -> str | None:
    """Why s is constant almost surely, or None."""
    if constant(tree) is not None or normal(tree).key == ("polynomial", sympy.S.Zero):
        return "s is constant"
    coefficients = polynomial(tree)
    if coefficients is not None:
        return "s is constant" if len(coefficients) == 1 else None
    steps = levels(tree)
    if steps is not None:
        return "s takes one value almost surely" if len({value for _, _, value in steps}) == 1 else None
    if any(branches(part) for part in walk(tree)):
        return None
    # Of a smooth link: values first, as simplifying is dear.
    values = [lower(tree, sympy.Rational(x)) for x in (1, 2, -1)]
    if any(differ(value, values[0]) is not False for value in values[1:]):
        return None
    return "s is constant" if sympy.simplify(sympy.diff(lower(tree), z)) == 0 else None


def _information(tree: Node, generative: Exponent) -> Exponent:
    order = rising_order(tree)
    if order is not None and moderate(tree):
        return Exponent.proved(
            order, f"s is {monotone(tree).value} and not constant, so E[s He_{order}] != 0"
        )
    if follows_z(tree) and moderate(tree):
        return Exponent.proved(1, "s(z) z >= 0 for every z, and not only 0, so E[s He_1] > 0")
    # E[s He_k] = E[s E[He_k | s]], where it exists.
    first = generative.lower if moderate(tree) else 1
    for k in range(first, _ORDERS + 1):
        value = moment(tree, 1, k)
        nonzero = None if value is None else is_zero(value)
        if nonzero is None:
            crossed = of_crossing(tree)
            if crossed is not None:
                return crossed
            known = f"E[s He_j] = 0 for 1 <= j < {k}; " if k > 1 else ""
            return Exponent(None, k, None, "UNDECIDED", f"{known}E[s He_{k}] has no exact form", ((1, k),))
        if not nonzero:
            below = f", and E[s He_j] = 0 for 1 <= j < {k}" if k > 1 else ""
            return Exponent.proved(k, f"E[s He_{k}] = {_shown(value)} is not 0{below}")
    return Exponent(None, _ORDERS + 1, None, "UNDECIDED", f"E[s He_k] = 0 for k up to {_ORDERS}")


def _shown(value: sympy.Expr | None) -> str:
    """An exact number, in decimals where it is long."""
    text = str(value)
    if value is None or len(text) <= _LONG:
        return text
    return f"{decimals(value, 6) or text[:_LONG]}.. (exact)"


@lru_cache(maxsize=512)
def _generative(tree: Node) -> Exponent:
    """GE from the structure of the link, and from moments at the least order that is left."""
    for rule in (_of_polynomial, _of_levels, _of_monotone, _of_bump, of_crossing, _of_composition):
        exponent = rule(tree)
        if exponent is not None:
            return exponent
    if follows_z(tree):
        return Exponent.proved(1, "s(z) z >= 0 for every z, and not only 0, so E[T(s) He_1] > 0 for T = atan")
    least, why = _floor(tree)
    floor = f"{why}; " if why else ""
    for i in range(1, _POWERS + 1):
        value = moment(tree, i, least)
        if value is not None and is_zero(value) is False:
            reason = f"{floor}E[s{raised(i)} He_{least}] = {_shown(value)} is not 0"
            return replace(Exponent.proved(least, reason), below=why)
    needs = tuple((i, least) for i in range(1, 5) if not vanishes(tree, i, least))
    reason = f"{floor}no exact moment E[s^i He_{least}] is at hand"
    return Exponent(None, least, None, "UNDECIDED", reason, needs, why)


def _floor(tree: Node) -> tuple[int, str]:
    """A k with E[He_j | s] = 0 for 1 <= j < k, and why."""
    least, why = 1, ""
    if parity(tree).value == "even":
        least, why = 2, "s is even, so E[He_1 | s] = 0"
    elif equal_halves(tree):
        least, why = 2, "both half lines give s one law under z phi(z) dz, so E[He_1 | s] = 0"
    for composition in compositions(tree):
        inner = _generative(composition.inner) if why_constant(composition.inner) is None else None
        if inner is not None and inner.lower > least:
            least, why = inner.lower, f"s is a function of {text(composition.inner)}: {inner.reason}"
    return least, why


def equal_halves(tree: Node) -> bool:
    """Whether z phi(z) dz gives s one law on both half lines: then E[T(s) Z] = 0 for every T.

    With w = e^{-z^2/2} it is dw on (0, 1) on either side; s must be p(w) on one and p(1 - w) on the other.
    """
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) != 2 or is_zero(pieces[0].high) is not True:
        return False
    halves = [_in_the_density(piece.tree) for piece in pieces]
    if halves[0] is None or halves[1] is None:
        return False
    gap = sympy.expand(halves[0] - halves[1].subs(_W, 1 - _W))
    return all(is_zero(c) is True for c in sympy.Poly(gap, _W).coeffs())


_W = sympy.Symbol("w")


def _in_the_density(tree: Node) -> sympy.Expr | None:
    """The tree as a polynomial in w = e^{-z^2/2}."""
    terms = waves(tree)
    if terms is None:
        return None
    total = sympy.S.Zero
    for (a, c), p in terms.items():
        power = 2 * c
        if a != 0 or any(x != 0 for x in p[1:]) or not power.is_Integer or power < 0:
            return None
        total += p[0] * _W**power
    return total


def of_crossing(tree: Node) -> Exponent | None:
    """psi(|z| e^{-z^2/2}), psi monotone: E[T(s) He_4] = E[(T(s) - T(s0)) zeta_4] for zeta_4 of one change."""
    shape = _crossed(tree)
    if shape is None:
        return None
    word = "an increasing" if shape > 0 else "a decreasing"
    reason = (
        f"s is {word} function of z^2 e^(-z^2), on whose levels E[He_2 | s] = 0 and E[He_4 | s] "
        "changes sign once, so E[s He_4] != 0"
    )
    return Exponent.proved(4, reason)


@lru_cache(maxsize=512)
def _crossed(tree: Node) -> Direction | None:
    """1 or -1 where s is a monotone function of z^2 e^{-z^2}, not constant inside its range."""
    bump = through_bump(tree)
    shape = bump.weak() if bump is not None and critical(bump) else None
    if shape is not None:
        return shape
    for composition in compositions(tree):
        inner = None if composition is bump else _crossed(composition.inner)
        outer = None if inner is None else composition.weak()
        if inner is not None and outer is not None:
            return inner * outer
    return None


def _of_polynomial(tree: Node) -> Exponent | None:
    if polynomial(tree) is None:
        return None
    even = parity(tree).value == "even"
    shape = "even" if even else "not even"
    return Exponent.proved(2 if even else 1, f"polynomial theorem: s is a polynomial and {shape}")


def _of_levels(tree: Node) -> Exponent | None:
    """Finitely many levels: E[He_k; s = v] for each level v, exact."""
    steps = levels(tree)
    if steps is None:
        return None
    for k in range(1, _ORDERS + 1):
        decided = {value: is_zero(mass) for value, mass in masses(steps, k).items()}
        level = next((value for value, zero in decided.items() if zero is False), None)
        if level is not None:
            below = f", and E[He_j; s = v] = 0 for 1 <= j < {k} on every level v" if k > 1 else ""
            return Exponent.proved(k, f"finite range: E[He_{k}; s = {level}] is not 0{below}")
        if None in decided.values():
            return Exponent(None, k, None, "UNDECIDED", f"E[He_{k}; s = v] is not decided on some level")
    return Exponent(None, _ORDERS + 1, None, "UNDECIDED", f"E[He_k; s] = 0 for k up to {_ORDERS}")


def _of_monotone(tree: Node) -> Exponent | None:
    order = rising_order(tree)
    if order is None:
        return None
    floor = "; E[He_1 | s] = 0 as s is even" if order == 2 else ""
    shape = monotone(tree).value
    side = "<" if str(shape).startswith("decreasing") else ">"
    return Exponent.proved(
        order, f"s is {shape} and not constant, so E[T(s) He_{order}] {side} 0 for T = atan{floor}"
    )


def rising_order(tree: Node) -> int | None:
    """1 for a monotone link that is not constant, 2 for one monotone in |z|: Chebyshev's inequality."""
    shape = monotone(tree).value
    if shape is None:
        return None
    points = (sympy.S.Half, 1, 2, 5) if "|z|" in shape else (-5, -1, 0, 1, 5)
    values = [lower(tree, sympy.sympify(point)) for point in points]
    differs = any(differ(a, b) for a, b in pairwise(values))
    return None if not differs else 2 if "|z|" in shape else 1


def follows_z(tree: Node) -> bool:
    """s(z) z >= 0 everywhere, s continuous and not zero everywhere."""
    if any(branches(part) for part in walk(tree)) or not has_the_sign_of_z(tree):
        return False
    return any(sign(lower(tree, sympy.Integer(point))) in (1, -1) for point in (1, -1))


def _of_bump(tree: Node) -> Exponent | None:
    """A z^m e^{-c z^2} is bounded, so mu_{i,k} = 0 for every i is the same as E[He_k | s] = 0."""
    bump = powered_gaussian(tree)
    if bump is None:
        return None
    for k in range(1, _ORDERS + 1):
        if k % 2 and bump.m % 2 == 0:
            continue
        if bump.series(k) != 0:
            below = f"; E[s^i He_j] = 0 identically in i for 1 <= j < {k}" if k > 1 else ""
            powers = "every i >= 1" if bump.m % 2 == 0 else f"every {'odd' if k % 2 else 'even'} i >= 1"
            return Exponent.proved(k, f"E[s^i He_{k}] = {bump.general(k)} for {powers}{below}")
    return None


def _of_composition(tree: Node) -> Exponent | None:
    """GE(psi o u) = GE(u) for psi injective on the range of u."""
    for composition in compositions(tree):
        if why_constant(composition.inner) is not None:
            continue
        inner = _generative(composition.inner)
        if inner.status == "PROVED" and inner.value is not None and composition.strict() is not None:
            reason = f"s is an injective function of {text(composition.inner)}: {inner.reason}"
            return replace(inner, reason=reason)
    return None


def _witness(tree: Node, information: Exponent, generative: Exponent) -> Witness | None:
    if generative.value is None:
        return None
    k = generative.value
    if information.value == k:
        return Witness(1, k, information.reason)
    return first_witness(tree, k, range(1, _POWERS + 1))


def first_witness(tree: Node, k: int, powers: Iterable[int]) -> Witness | None:
    """The first power with E[s^i He_k] != 0; None where one before it is open."""
    for i in powers:
        value = moment(tree, i, k)
        zero = None if value is None else is_zero(value)
        if zero is None:
            return None
        if not zero:
            return Witness(i, k, f"E[s^{i} He_{k}] = {_shown(value)}")
    return None
