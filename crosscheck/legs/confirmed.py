"""A certificate for an answer as far as its first zero, written and confirmed by its own checker."""

from dataclasses import dataclass, replace
from fractions import Fraction

from ...link import ADDITIVE, Link, LinkError, Noise, Signal
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, t_range
from ...numerics.precision import as_fraction
from ...numerics.threshold.signal import spread
from ...numerics.work import remembered
from ..certificate import check as checker
from ..certificate.format import Away, Certificate, Zero
from ..certificate.format import parse as parse_certificate
from ..certificate.write import Unproved, certificate
from ..link_facts.exponents import tilt_limit
from ..link_facts.threshold import UNKNOWN, Beta1, Sufficient, Threshold
from ..link_facts.zeros import Zeros, zeros

#: Of the checked zero, and how far a check reaches beyond it or where no zero is known, in spreads of s.
_DIGITS, _BEYOND, _REACH = 12, Fraction(5, 4), Fraction(1)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the checker proves: the first zero in t, or none on (0, end], on (0, t_max) with ``complete``."""

    first: tuple[Fraction, Fraction] | None
    end: Fraction
    complete: bool
    conditions: tuple[str, ...]


@remembered(256)
def confirmed(link: Link, kind: Signal, noise: Noise, digits: int) -> Confirmed | str:
    """A certificate for the answer of so many digits, checked; or why nothing is confirmed."""
    answer = zeros(link, kind, noise, max(digits, _DIGITS))
    try:
        stated = parse_certificate(certificate(_asked(link, kind, noise, answer), _DIGITS))
        result = checker.check(_without_closed_forms(stated))
    except (Unproved, Unresolved, NotIntegrable, LinkError) as reason:
        return str(reason)
    if result.reason is not None:
        return f"a certificate is not confirmed: {result.reason}"
    cell = next((cell for cell in stated.cells if not isinstance(cell, Away)), None)
    first = (cell.lower, cell.upper) if isinstance(cell, Zero) else None
    end = stated.end if cell is None else cell.start
    return Confirmed(first, end, stated.complete, result.conditions)


def _asked(link: Link, kind: Signal, noise: Noise, answer: Zeros) -> Threshold:
    """The answer as far as T1 needs it: up to the first zero, or as far as nothing proves the rest."""
    t_max, listed = tilt_limit(link).value, answer.exceptional[:1]
    complete = answer.complete and not listed and kind != Signal.CENTERED
    # What lies beyond the first zero does not matter.
    first = 1 / Fraction(listed[0].lower) if listed else Fraction(0)
    reach = first * _BEYOND if listed else _REACH / spread(link.tree)
    if len(answer.exceptional) > 1:
        reach = min(reach, (first + 1 / Fraction(answer.exceptional[1].upper)) / 2)
    if not answer.complete:
        reach = min(reach, 1 / Fraction(answer.searched_down_to))
    limit = t_range(link.tree).finite_below
    if limit.is_finite():
        reach = min(reach, (as_fraction(limit.lower()) + first) / 2)
    return Threshold(
        link, kind, noise, ADDITIVE, UNKNOWN if t_max is None else t_max,
        Beta1(answer.beta1, answer.status, answer.reason), listed,
        answer.searched_down_to if complete else str(1 / reach), complete, Sufficient(), None,
    )  # fmt: skip


def _without_closed_forms(stated: Certificate) -> Certificate:
    """What a number is exactly is for algebra; balls are asked where it lies."""
    assert stated.witness is not None
    return replace(
        stated,
        beta1=replace(stated.beta1, closed_form=None),
        exceptional=tuple(replace(zero, closed_form=None) for zero in stated.exceptional),
        witness=replace(stated.witness, moment=replace(stated.witness.moment, closed_form=None)),
    )
