"""The answer of `threshold`: beta1, the exceptional temperatures, sufficient bounds, the best temperature."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial
from typing import Any, overload

import sympy
from flint import arb

from ...link import ADDITIVE, Label, Link, LinkError, Noise, Signal, as_link
from ...link.family import Family, parse_family
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import decimal_bounds, working
from ...numerics.work import allowance, question, remembered
from ...theory.exact.constants import largest, sign
from ...theory.exact.lower import rational
from ...theory.shape.facts import facts
from ...theory.signal import known_moment
from ...theory.zero_bounds import structural
from ..arguments import as_digits, as_label, as_noise, as_ranges, as_scheduler, as_signal, only_additive
from ..number import Number, ball
from ..record import Record, Shown
from ..verdict import Verdict
from .exponents import exponents, tilt_limit
from .phase_diagram import FamilyThreshold
from .recommended import Recommended, recommended
from .zeros import zeros

_DIGITS = 30
UNKNOWN = sympy.Symbol("unknown")
#: The work that the one moment of the Lambert bound may take, about a second; and the search for the best
#: temperature, several.
_MOMENT_WORK, _SEARCH_WORK = 5e5, 4e6
#: A range of a parameter may take the work of so many questions.
_FAMILY = 2


@dataclass(frozen=True, slots=True)
class Sufficient(Record):
    """Upper bounds of beta1, None where a bound does not apply.

    lambert: T2, B/W_0(x) for |y| <= B, a decimal rounded up; lambert_form: the same in closed form, where
    the moment in x has one. structural: T3, from the shape of s alone, in closed form.
    """

    lambert: str | None = None
    lambert_form: sympy.Expr | None = None
    structural: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class Beta1:
    """The threshold with what decided it."""

    value: Number
    status: Verdict
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {**self.value.as_json(), "status": str(self.status), "reason": self.reason}


@dataclass(frozen=True, slots=True, repr=False)
class Threshold(Shown, Record):
    """beta1, every exceptional temperature found (decreasing), and whether the list is proved complete.

    t_max: an exact number, ``oo``, or the symbol ``unknown``. searched_down_to: below this temperature zeros
    were neither searched nor excluded. recommended: None when no temperature has gradients of finite
    variance or the comparison was not resolved.
    """

    link: Link
    signal: Signal
    noise: Noise
    label: Label
    t_max: sympy.Expr
    beta1: Beta1
    exceptional: tuple[Number, ...]
    searched_down_to: str
    complete: bool
    sufficient: Sufficient
    recommended: Recommended | None


@overload
def threshold(
    link: Link | str,
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    digits: int = 30,
    label: Label | str | None = None,
    ranges: None = None,
) -> Threshold: ...
@overload
def threshold(
    link: Link | str,
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    digits: int = 30,
    label: Label | str | None = None,
    *,
    ranges: Mapping[str, str | int | float],
    scheduler: str | None = None,
) -> Threshold | FamilyThreshold: ...
def threshold(
    link: Link | str,
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    digits: int = 30,
    label: Label | str | None = None,
    ranges: Mapping[str, str | int | float] | None = None,
    scheduler: str | None = None,
) -> Threshold | FamilyThreshold:
    """The temperature threshold beta1 = inf{b >= 1/t_max : alpha_{k*}(1/beta) != 0 for every beta > b}.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    signal
        ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    digits
        Significant digits of every enclosure, from 2 to 300.
    label
        How y is drawn, such as ``"poisson"``, without noise; None for y = s(z) + noise.
    ranges
        What symbols of the link stand for, such as ``{"c": "[0, 2]"}``: an interval or integers for one of
        them, numbers for the others.
    scheduler
        The address of a Dask scheduler, as ``tcp://10.0.0.1:8786``, whose workers take a member each: only
        where a symbol stands for integers.

    Returns
    -------
    Threshold
        t_max, beta1, every exceptional temperature found, sufficient bounds, and the recommended beta1.
    FamilyThreshold
        Where a symbol ranges: beta1 as a function of it, and its critical values.

    Raises
    ------
    LinkError
        On what is no link, signal, noise law or label, or goes with no such label.

    Examples
    --------
    >>> import tiltproof
    >>> found = tiltproof.threshold("z**2 - 10")
    >>> found.beta1.value.closed_form, [zero.closed_form for zero in found.exceptional], found.complete
    (5, [5, 4], True)

    Source
    ------
    Claims T1 (``label``), T13 (``weight``), T14 (``centered``) and T15 (under noise).
    """
    scheduler = None if scheduler is None else as_scheduler(scheduler)
    as_ranges(ranges)
    if ranges:
        law = as_noise(noise)
        only_additive(as_label(label, law), "beta1 as a function of a parameter")
        family = parse_family(link.text if isinstance(link, Link) else str(link), ranges)
        if isinstance(family, Family):
            # With SciPy, a tenth of the time of a command on one link.
            from .families import family_threshold

            if scheduler is not None and family.continuous:
                raise LinkError(
                    "a scheduler divides listed members, and what holds on an interval is one search: leave "
                    "it out, or list values, as 1:40"
                )
            enough = as_digits(digits)
            # Each of listed members is a question of its own.
            with question(enough, _FAMILY) if family.continuous else nullcontext():
                return family_threshold(family, as_signal(signal), law, enough, scheduler)
        link = family
    if scheduler is not None:
        raise LinkError("a scheduler divides the members of a range, and one link has none: leave it out")
    with question(enough := as_digits(digits)):
        answer = threshold_alone(link, signal, noise, enough, label)
        return replace(answer, recommended=_recommended(answer, enough))


def threshold_alone(
    link: Link | str,
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    digits: int = 30,
    label: Label | str | None = None,
) -> Threshold:
    """``threshold`` but for ``recommended``, which is most of the work: None."""
    asked, law, enough = as_link(link), as_noise(noise), as_digits(digits)
    draw = as_label(label, law)
    # Links of one tree share the work, each under its own name.
    return replace(_alone(asked, as_signal(signal), law, enough, draw), link=asked)


@remembered(256)
def _recommended(of: Threshold, digits: int) -> Recommended | None:
    star = exponents(of.link, of.label).generative_exponent.value
    if star is None:
        return None
    with allowance(_SEARCH_WORK, digits):
        return recommended(of.link, of.signal, of.noise, star, of.beta1.value, digits, of.label)


@remembered(256)
def _alone(link: Link, signal: Signal, noise: Noise, digits: int, label: Label) -> Threshold:
    answer, t_max = zeros(link, signal, noise, digits, label), tilt_limit(link, label).value
    beta1 = Beta1(answer.beta1, answer.status, answer.reason)
    return Threshold(
        link, signal, noise, label, UNKNOWN if t_max is None else t_max, beta1, answer.exceptional,
        answer.searched_down_to, answer.complete,
        sufficient(link, signal, noise) if label == ADDITIVE else Sufficient(), None,
    )  # fmt: skip


def sufficient(link: Link, signal: Signal, noise: Noise) -> Sufficient:
    """Both bounds of one link. The structural one holds under noise, which never raises beta1 (H4)."""
    lambert, form = _lambert(link, signal, noise)
    proof, t_max = structural(link.tree, signal), tilt_limit(link).value
    if proof is None or t_max is None or t_max == 0:
        return Sufficient(lambert, form)
    return Sufficient(lambert, form, largest(proof.beta, 1 / t_max))


def _lambert(link: Link, signal: Signal, noise: Noise) -> tuple[str | None, sympy.Expr | None]:
    """B/W_0(x), x = i0 |mu_{i0,k*}|/(sqrt(k*!) B^i0), with i0 + 1 in front for ``weight``; its closed form.

    None for ``centered``, for an unbounded label and where i0 is not known. Noise leaves mu_{i0,k*} as it
    is: E (s + e)^i0 He_k adds only moments of lower powers of s, which vanish.
    """
    known, size = exponents(link), label_bound(link, noise)
    star, power = known.generative_exponent.value, known.witness_power
    if signal == "centered" or size is None or star is None or power is None:
        return None, None
    try:
        with allowance(_MOMENT_WORK):
            table = oracle(link.tree).tilted_moments((star,), (power,), Fraction(0), _DIGITS + 5)
    except (NotIntegrable, Unresolved):
        return None, None
    front = power + (signal == "weight")
    with working(4 * _DIGITS + 60):
        top = ball(size)
        bound = (
            top / (front * abs(table[power, star]) / (arb(factorial(star)).sqrt() * top**power)).lambertw()
        )
    decimal = decimal_bounds(bound, _DIGITS)[1]
    exact = known_moment(link.tree, power, star)
    side = None if exact is None else sign(exact)
    if exact is None or side is None:
        return decimal, None
    x = front * side * exact / (sympy.sqrt(sympy.factorial(star)) * size**power)
    return decimal, size / sympy.LambertW(sympy.radsimp(x) if x.is_algebraic else sympy.factor_terms(x))


def label_bound(link: Link, noise: Noise) -> sympy.Expr | None:
    """B with |y| <= B, exact, noise included; None when y is not bounded."""
    low, high = facts(link.tree).infimum.value, facts(link.tree).supremum.value
    if low is None or high is None or low.is_infinite or high.is_infinite or noise.kind == "gaussian":
        return None
    extra = rational(noise.scale) if noise.kind != "none" else 0
    return largest(abs(low), abs(high)) + extra
