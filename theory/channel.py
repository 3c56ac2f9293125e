"""Labels that are drawn given z: which links they allow, and what they make of the exponents.

With m_t(z) = E[e^{ty} | z], h_k = E[m_t He_k] and alpha_k = h_k'. What is known of s then decides:

=============== ============================== =====================================================
label           m_t                            exponents
=============== ============================== =====================================================
bernoulli       two values                     both are the information exponent of s
poisson         e^{s(e^t - 1)}                 those of s
flip            (1-q) e^{ts} + q e^{-ts}       those of s; for q = 1/2 the generative one of abs(s)
heteroscedastic e^{ts + t^2 v/2}               from E[y^i | z], polynomials in s and v
preference      two values                     both are the information exponent of g = E tanh(...)
=============== ============================== =====================================================
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import sympy

from ..link.build import call, combine, negate
from ..link.label import Label
from ..link.text import excerpt, raised, text
from ..link.tree import Node, Num
from .exact import Known
from .exact.constants import is_zero, sign, smallest
from .exact.lower import rational
from .exact.polynomial import polynomial
from .exponents import (
    Exponent,
    Exponents,
    Witness,
    exponents,
    first_witness,
    follows_z,
    of_crossing,
    rising_order,
    why_constant,
)
from .families.moments import moment, vanishes
from .families.piecewise import masses
from .shape.composition import compositions
from .shape.growth import explosive, slow
from .shape.monotone import parity
from .shape.pieces import levels
from .shape.range import bounds, extremes

#: Powers of a heteroscedastic label whose moments are tried, and orders of preferences between levels.
_POWERS, _ORDERS = 4, 24


def admitted_range(tree: Node, label: Label) -> tuple[Node, Fraction | None, Fraction | None]:
    """What must stay within two bounds: a probability, a rate or a variance."""
    if label.kind == "bernoulli":
        return tree, Fraction(0), Fraction(1)
    if label.kind == "poisson":
        return tree, Fraction(0), None
    return (tree, None, None) if label.variance is None else (label.variance, Fraction(0), None)


_MEANT = {"bernoulli": "probability", "poisson": "rate", "heteroscedastic": "variance"}


def refused(tree: Node, label: Label) -> str | None:
    """Why the link is not shown to be a probability, a rate, or its variance to be one; None where it is."""
    part, least, most = admitted_range(tree, label)
    if least is None:
        return None
    ends = extremes(part)
    low, high = ends[:2] if ends is not None else bounds(part)
    if sign(low - rational(least)) in (0, 1) and (most is None or sign(rational(most) - high) in (0, 1)):
        return None
    where = f"lies between {low} and {high}" if ends is not None else "is not shown to be one everywhere"
    inside = f"max({text(part)}, 0)" if most is None else f"clip({text(part)}, 0, 1)"
    return f"'{excerpt(text(part))}' is taken for a {_MEANT[label.kind]} but {where}: write {excerpt(inside)}"


def two_values(label: Label) -> tuple[sympy.Expr, sympy.Expr] | None:
    """The two values of a label that has no others."""
    if label.kind == "preference":
        return sympy.S.NegativeOne, sympy.S.One
    return None if label.kind != "bernoulli" else (rational(label.numbers[0]), rational(label.numbers[1]))


@lru_cache(maxsize=256)
def drawn_exponents(tree: Node, label: Label) -> Exponents:
    """Both exponents of the label and its witness, with the proofs; of s where it is additive."""
    return _RULES[label.kind](tree, label)


def _of_the_link(tree: Node, label: Label) -> Exponents:
    return exponents(tree)


def _because(exponent: Exponent, why: str) -> Exponent:
    below = f"{why}; {exponent.below}" if exponent.below else ""
    return replace(exponent, reason=f"{why}; {exponent.reason}", below=below)


def _both_because(known: Exponents, why: str) -> Exponents:
    information, generative = (_because(each, why) for each in (known.information, known.generative))
    return replace(known, information=information, generative=generative)


def _of_two_values(tree: Node, label: Label) -> Exponents:
    """E[T(y) He_k] = (T(v1) - T(v0)) E[s He_k]."""
    both = _because(
        exponents(tree).information, "y has two values, so E[T(y) He_k] is a multiple of E[s He_k]"
    )
    return Exponents(both, both, _first(both))


def _first(exponent: Exponent) -> Witness | None:
    """The witness where both exponents are one."""
    return None if exponent.value is None else Witness(1, exponent.value, exponent.reason)


def _of_counts(tree: Node, label: Label) -> Exponents:
    """h_k(t) = h_k[s](e^t - 1), and E[y^i He_k] = sum_j S(i, j) E[s^j He_k] with S(i, i) = 1."""
    return _both_because(exponents(tree), "h_k of the counts at t is that of the rate at e^t - 1")


def _of_flips(tree: Node, label: Label) -> Exponents:
    """The signed measure (1-q) nu(A) + q nu(-A), nu = zeta_k dP_s, vanishes with nu alone unless q = 1/2."""
    (chance,) = label.numbers
    if chance != Fraction(1, 2):
        return _both_because(exponents(tree), f"flips at {chance} are undone by the signs of y and -y")
    fair = "the sign of y is a fair coin"
    generative = _because(exponents(_size(tree)).generative, f"{fair}, and says nothing beyond abs(s)")
    information = Exponent.none(f"{fair}, so E[y He_k] = 0 for every k >= 1")
    k = generative.value
    # Odd moments of y vanish; the even ones are those of s.
    even = range(2, 2 * _POWERS + 1, 2)
    return Exponents(information, generative, None if k is None else first_witness(tree, k, even))


def _size(tree: Node) -> Node:
    return tree if sign(bounds(tree)[0]) in (0, 1) else call("abs", (tree,))


def _of_gaussians(tree: Node, label: Label) -> Exponents:
    """E[y | z] = s, E[y^2 | z] = s^2 + v, ...; a constant variance is independent noise."""
    variance = label.variance
    assert variance is not None
    known = exponents(tree)
    if why_constant(variance) is not None:
        return _both_because(known, "the variance is constant: independent noise")
    if why_constant(tree) is not None:
        inner = exponents(variance)
        generative = _because(inner.generative, "only the variance depends on z, and y - s tells its law")
        inside = inner.witness
        witness = None if inside is None else Witness(2 * inside.power, inside.k, inside.reason)
        return Exponents(known.information, generative, witness)
    least, why = _floor(tree, variance)
    for i in range(1, _POWERS + 1):
        value = moment(power_mean(tree, variance, i), 1, least)
        zero = None if value is None else is_zero(value)
        if zero is False:
            reason = f"{why}E[E[y{raised(i)} | z] He_{least}] = {value} is not 0"
            return Exponents(known.information, Exponent.proved(least, reason), Witness(i, least, reason))
        if zero is None:
            break
    needs = tuple((i, least) for i in range(1, _POWERS + 1))
    reason = f"{why}no exact moment E[y^i He_{least}] is at hand"
    return Exponents(known.information, Exponent(None, least, None, "UNDECIDED", reason, needs, why), None)


def _floor(tree: Node, variance: Node) -> tuple[int, str]:
    """A k below which every E[E[T(y) | z] He_j], 1 <= j < k, vanishes, and why."""
    inside = {each.inner for each in compositions(variance)}
    if tree == variance or tree in inside:
        inner = exponents(tree).generative
        return inner.lower, f"the variance is a function of s: {inner.reason}; "
    if parity(tree).value == "even" and parity(variance).value == "even":
        return 2, "s and the variance are even, so E[He_1 | y] = 0; "
    return 1, ""


def power_mean(tree: Node, variance: Node, i: int) -> Node:
    """E[y^i | z] for y ~ N(s, v): P_{i+1} = s P_i + i v P_{i-1}."""
    before: Node = Num(Fraction(0))
    current: Node = Num(Fraction(1))
    for j in range(i):
        before, current = (
            current,
            combine(
                "+",
                combine("*", tree, current),
                combine("*", combine("*", Num(Fraction(j)), variance), before),
            ),
        )
    return current


def _of_preferences(tree: Node, label: Label) -> Exponents:
    exponent = _of_wins(tree, rational(label.numbers[0]))
    return Exponents(exponent, exponent, _first(exponent))


def _of_wins(tree: Node, tau: sympy.Expr) -> Exponent:
    """IE(g) for g(z) = E_{z'} tanh((s(z) - s(z'))/(2 tau)) = G(s(z)), G increasing and odd where s is odd."""
    if (why := why_constant(tree)) is not None:
        return Exponent.none(f"{why}, so every preference is a fair coin")
    increasing = "g is an increasing function of s"
    order = rising_order(tree)
    if order is not None:
        return Exponent.proved(order, f"{increasing}, so monotone as s is, and E[g He_{order}] != 0")
    if parity(tree).value == "odd" and follows_z(tree):
        return Exponent.proved(1, f"{increasing} with the sign of s, and s(z) z >= 0, so E[g He_1] > 0")
    crossing = of_crossing(tree)
    if crossing is not None:
        return _because(crossing, increasing)
    steps = levels(tree)
    if steps is not None and (exponent := _of_levels(tree, steps, tau)) is not None:
        return exponent
    inner = exponents(tree).generative
    least = inner.lower + (parity(tree).value == "odd" and inner.lower % 2 == 0)
    reason = f"{increasing}, so E[g He_j] = 0 for 1 <= j < {least}" if least > 1 else increasing
    return Exponent(None, least, None, "UNDECIDED", reason, ((1, least),))


def _of_levels(tree: Node, steps: tuple[tuple[sympy.Expr, ...], ...], tau: sympy.Expr) -> Exponent | None:
    for k in range(1, _ORDERS + 1):
        value = sympy.S.Zero if _odd_product(tree, k) else win_moment(steps, tau, k)
        zero = is_zero(value)
        if zero is None:
            return None
        if not zero:
            below = f", and E[g He_j] = 0 for 1 <= j < {k}" if k > 1 else ""
            return Exponent.proved(k, f"E[g He_{k}], a finite sum over pairs of levels, is not 0{below}")
    return None


def _odd_product(tree: Node, k: int) -> bool:
    shape = parity(tree).value
    return (shape == "even" and k % 2 == 1) or (shape == "odd" and k % 2 == 0)


def win_moment(steps: tuple[tuple[sympy.Expr, ...], ...], tau: sympy.Expr, k: int) -> sympy.Expr:
    """E[g He_k], k >= 1, of finitely many levels: the sum over pairs v, w of m_v p_w tanh((v - w)/(2 tau)).

    tanh being odd, a pair counts (m_v p_w - m_w p_v) tanh((v - w)/(2 tau)).
    """
    weights, base = masses(steps, k), masses(steps, 0)
    ordered = list(weights)
    pairs = ((v, w) for i, v in enumerate(ordered) for w in ordered[:i])
    terms = (
        (weights[v] * base[w] - weights[w] * base[v]) * sympy.tanh((v - w) / (2 * tau)) for v, w in pairs
    )
    return sympy.Add(*terms)


_RULES = {
    "additive": _of_the_link,
    "bernoulli": _of_two_values,
    "poisson": _of_counts,
    "flip": _of_flips,
    "heteroscedastic": _of_gaussians,
    "preference": _of_preferences,
}


def vanishing(tree: Node, label: Label, i: int, k: int) -> bool:
    """Whether E[y^i He_k] = 0 is proved, k >= 1."""
    if label.kind == "bernoulli":
        return vanishes(tree, 1, k)
    if label.kind == "poisson":
        return all(vanishes(tree, j, k) for j in range(1, i + 1))
    if label.kind == "flip":
        return (i % 2 == 1 and label.numbers[0] == Fraction(1, 2)) or vanishes(tree, i, k)
    if label.variance is not None:
        return vanishes(power_mean(tree, label.variance, i), 1, k)
    if label.kind == "preference":
        return _odd_product(tree, k)
    return vanishes(tree, i, k)


def drawn_t_max(tree: Node, label: Label, of: Callable[[Node], Known[sympy.Expr]]) -> Known[sympy.Expr]:
    """sup{t : E e^{ty} < oo}; ``of``: that of a link."""
    if two_values(label) is not None:
        return Known(sympy.oo, "y has two values")
    known = of(tree)
    if label.kind == "poisson" and known.value is not None:
        return Known(sympy.log(1 + known.value), f"E e^(ty) = E e^((e^t - 1)s), and {known.reason}")
    if label.kind == "flip":
        return _of_both_signs(tree, label.numbers[0], of)
    if label.variance is not None:
        return _of_spread(tree, label.variance, of)
    return known


def _of_both_signs(
    tree: Node, chance: Fraction, of: Callable[[Node], Known[sympy.Expr]]
) -> Known[sympy.Expr]:
    """The smaller one of s and of -s, where both occur."""
    sides = [of(each) for each, weight in ((tree, 1 - chance), (negate(tree), chance)) if weight]
    if any(side.value is None for side in sides):
        return next(side for side in sides if side.value is None)
    least = smallest(*(side.value for side in sides))
    return Known(least, "; ".join(dict.fromkeys(side.reason for side in sides)))


def _of_spread(tree: Node, variance: Node, of: Callable[[Node], Known[sympy.Expr]]) -> Known[sympy.Expr]:
    """From ts + t^2 v/2, s and v polynomials of degree at most 2 or of slower growth than z^2."""
    if bounds(variance)[1].is_finite:
        known = of(tree)
        return Known(known.value, f"the variance is bounded, and {known.reason}")
    a, b = _square_part(tree), _square_part(variance)
    if a is None or b is None:
        steep = polynomial(variance)
        if a is not None and (explosive(variance) or (steep is not None and len(steep) > 3)):
            return Known(sympy.S.Zero, "the variance grows faster than z^2")
        return Known(None, "the growth of s and the variance is not classified by exact reasoning")
    if b == 0:
        return of(tree)
    value = sympy.radsimp((sympy.sqrt(a**2 + b) - a) / b)
    return Known(
        value, f"e^(ts + t^2 v/2) grows like e^(({a})tz^2 + ({b})t^2z^2/2), which needs less than z^2/2"
    )


def _square_part(tree: Node) -> sympy.Expr | None:
    """c with s(z)/z^2 -> c at both ends, for polynomials of degree at most 2 and what grows more slowly."""
    exact = polynomial(tree)
    if exact is None:
        return sympy.S.Zero if slow(tree) else None
    return None if len(exact) > 3 else exact[2] if len(exact) == 3 else sympy.S.Zero
