"""The exponents, lambda^2 and t_max of a link: exact algebra first, an enclosure where algebra stops.

The oracle is loaded where algebra stops, as it takes longer than the exponents of most links.
"""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import ADDITIVE, Label, Link, LinkError, Node, Noise, as_link, raised
from ...numerics.precision import (
    NotIntegrable,
    Unresolved,
    as_fraction,
    bits_for,
    exact,
    relative_digits,
    working,
)
from ...numerics.work import allowance, remembered
from ...theory import exponents as proofs
from ...theory.channel import admitted_range, drawn_exponents, drawn_t_max, refused, vanishing
from ...theory.channel_forms import best_signal, even_deviation
from ...theory.exact import Known
from ...theory.shape.facts import facts
from ...theory.signal import in_lowest_terms
from ..number import Number, from_ball, from_exact, of_unit, show
from ..record import Record
from ..verdict import Verdict

#: The work that moments which algebra leaves open may take, a second or two.
_WORK = 1e6
#: A wide enclosure is written to so many digits.
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Exponent(Record):
    """One exponent. value: None when undecided or infinite; status: a verdict word; reason: its proof."""

    value: int | None
    status: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class KnownExponents:
    """Information exponent, generative exponent and the witness power i0 = min{i : E[y^i He_k*] != 0}."""

    link: Link
    label: Label
    information_exponent: Exponent
    generative_exponent: Exponent
    witness_power: int | None


@remembered(256)
def exponents(link: Link | str, label: Label = ADDITIVE) -> KnownExponents:
    """Information exponent min{k >= 1 : E[y He_k] != 0} and generative exponent of ``link``.

    Exact algebra decides what it can (PROVED). Where it leaves only "is this moment nonzero?", a
    certified enclosure away from zero settles it (ENCLOSED). What neither settles is UNDECIDED.

    Raises LinkError on a text that is no link, and on a link that ``label`` does not allow.
    Source: Damian, Pillaud-Vivien, Lee, Bruna 2024.
    """
    link = as_link(link)
    require_allowed(link, label)
    known = drawn_exponents(link.tree, label)
    with allowance(_WORK):
        information = _settle(link, label, known.information)
        generative = _settle(link, label, known.generative)
        power = _witness_power(link, label, known, generative)
        return KnownExponents(link, label, information, generative, power)


def vanishes(link: Link, label: Label, k: int) -> bool:
    """Whether h_k = 0 at every t: odd k of an even link, 1 <= k < k* (G2), E[p He_k] = 0 of two values."""
    if k == 0:
        return False
    odd = k % 2 == 1 and label.variance is None and facts(link.tree).parity.value == "even"
    if odd or (label.kind in ("bernoulli", "preference") and vanishing(link.tree, label, 1, k)):
        return True
    generative = exponents(link, label).generative_exponent
    return generative.value is not None and k < generative.value


def require_allowed(link: Link, label: Label) -> None:
    """Raise LinkError unless the link is proved to be a probability, a rate, ... as ``label`` takes it."""
    why = refused(link.tree, label)
    if why is not None:
        from ...numerics.expectation.labels import stays_within

        tree, low, high = admitted_range(link.tree, label)
        if not stays_within(tree, low, high):
            raise LinkError(why)


def _settle(link: Link, label: Label, exponent: proofs.Exponent) -> Exponent:
    if exponent.status == "PROVED":
        return Exponent(exponent.value, Verdict.PROVED, exponent.reason)
    for power, k in exponent.needs:
        try:
            moment = _nonzero_moment(link, label, power, k)
        except NotIntegrable:
            reason = f"undefined, as E abs(y{raised(power)} He_{k}) is infinite"
            return Exponent(None, Verdict.UNDECIDED, reason)
        if moment:
            reason = f"{exponent.reason}; E[y{raised(power)} He_{k}] = {moment} is certified nonzero"
            return Exponent(k, Verdict.ENCLOSED, reason)
    upper = "" if exponent.upper is None else f"; at most {exponent.upper}"
    return Exponent(None, Verdict.UNDECIDED, f"at least {exponent.lower}{upper}: {exponent.reason}")


def _nonzero_moment(link: Link, label: Label, power: int, k: int) -> str | None:
    """The moment E[y^power He_k] in decimals when its enclosure excludes zero, else None.

    Raises NotIntegrable where E abs(y^power He_k) is proved infinite.
    """
    from ...numerics.expectation.labels import moments

    digits = 15 if label.kind != "preference" else 6
    try:
        value = moments(link.tree, label).tilted_moments((k,), (power,), Fraction(0), digits)[power, k]
    except Unresolved:
        return None
    return None if value.contains(0) else show(value, 6)


def _witness_power(link: Link, label: Label, known: proofs.Exponents, generative: Exponent) -> int | None:
    if known.witness is not None and known.witness.k == generative.value:
        return known.witness.power
    if generative.value is None:
        return None
    # Powers in order; every lower one must be known to vanish for the first nonzero one to be i0.
    for power in range(1, 5):
        with suppress(NotIntegrable):
            if _nonzero_moment(link, label, power, generative.value):
                return power
        if not vanishing(link.tree, label, power, generative.value):
            return None
    return None


def lambda_squared(link: Link, k: int, noise: Noise, label: Label, power: int | None, digits: int) -> Number:
    """lambda_k^2 = E zeta_k^2/k! in [0, 1], zeta_k = E[He_k(Z) | y]: the most that any function of y carries.

    In closed form where there is one; power: i0, None if unknown.
    """
    if label.variance is not None and (deviation := even_deviation(label.variance)) is not None:
        noise, label = Noise("gaussian", deviation), ADDITIVE
    closed = best_signal(link.tree, k, noise, label)
    if closed is not None:
        return from_exact(closed, digits)
    from .ceiling import carried

    found = carried(link.tree, k, noise, label, power, digits)
    return of_unit(found, min(digits, max(_FEWEST, int(min(relative_digits(found), digits)) + 2)))


def weak_recovery(carried: Number, digits: int) -> Number:
    """1/(2 lambda_2^2): samples per dimension from which spectral methods and message passing recover weakly.

    Source: Mondelli and Montanari 2018; Lu and Li 2020.
    """
    if carried.closed_form is not None:
        return from_exact(in_lowest_terms(1 / (2 * carried.closed_form)), digits)
    with working(bits_for(digits) + 40):
        low, high = map(exact, carried.bounds)
        least = from_ball(1 / (2 * high), digits).lower
        return Number(None, least, from_ball(1 / (2 * low), digits).upper if low > 0 else "inf")


def tilt_limit(link: Link, label: Label = ADDITIVE) -> Known[sympy.Expr]:
    """t_max = sup{t : E e^{ty} < oo} by exact algebra, or by the growth of s where algebra leaves it open."""
    return drawn_t_max(link.tree, label, _limit)


def _limit(tree: Node) -> Known[sympy.Expr]:
    known = facts(tree).t_max
    if known.value is not None:
        return known
    from ...numerics.expectation.tails import t_range

    grown = t_range(tree)
    if grown.infinite_from.is_zero():
        return Known(sympy.S.Zero, grown.reason)
    if grown.finite_below.is_finite() and grown.finite_below == grown.infinite_from:
        # Two balls are equal only when both are exact: the growth from above and from below is the same.
        return Known(sympy.sympify(as_fraction(grown.finite_below)), grown.reason)
    return known if grown.finite_below.is_finite() else Known(sympy.oo, grown.reason)
