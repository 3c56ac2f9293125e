"""At which temperatures a claim is tried on a link: spread over (0, t_max), exact rationals."""

from __future__ import annotations

from fractions import Fraction
from math import frexp

from flint import arb

from ...numerics.expectation.oracle import t_range
from ...theory.zero_bounds import SignChanges
from ..claim import Assumption, Subject
from ..link_facts.beyond import sign_changes
from ..link_facts.exponents import exponents

_SPREAD = (Fraction(1, 3), Fraction(1), Fraction(3))


def tilts(subject: Subject) -> tuple[Fraction, ...]:
    """Values of t = 1/beta inside the range that the oracle proves integrable; empty when t_max = 0."""
    limit = t_range(subject.link.tree).finite_below
    if not limit > 0:
        return ()
    if not limit.is_finite() or limit > 4:
        return _SPREAD
    # Stay a quarter inside the range: at its end the expectations blow up.
    reach = _below(limit * arb(3) / 4)
    return tuple(t * reach / 3 for t in _SPREAD)


def gentle_tilt(subject: Subject) -> Fraction:
    """One small t at which simulation has light tails. Raises ValueError when t_max = 0."""
    limit = t_range(subject.link.tree).finite_below
    if not limit > 0:
        raise ValueError(f"'{subject.link}' has t_max = 0")
    return Fraction(1, 4) if not limit.is_finite() or limit > 2 else _below(limit / 8)


def order(subject: Subject) -> int:
    """k*, where GENERATIVE is assumed."""
    star = exponents(subject.link).generative_exponent.value
    assert star is not None
    return star


def order_and_power(subject: Subject) -> tuple[int, int]:
    """k* and i0, where WITNESS is assumed."""
    power = exponents(subject.link).witness_power
    assert power is not None
    return order(subject), power


def changes(subject: Subject) -> SignChanges:
    """The sign changes of zeta_{k*} P_y and y zeta_{k*} P_y, where COUNTED is assumed."""
    counts = sign_changes(subject.link)
    assert counts is not None
    return counts


def _below(x: arb) -> Fraction:
    """A short rational just below a positive ball, whatever its size."""
    mantissa, exponent = frexp(float(x.lower()))
    return Fraction(int(mantissa * 4096), 4096) * Fraction(2) ** exponent


def _no_tilt(subject: Subject) -> str | None:
    return None if tilts(subject) else "t_max = 0, no finite beta works"


def _constant(subject: Subject) -> str | None:
    return "s takes one value almost surely" if subject.exponents.generative.infinite else None


def _undecided(subject: Subject) -> str | None:
    value = exponents(subject.link).generative_exponent.value
    return None if value is not None else "the generative exponent is infinite or undecided"


def _no_witness(subject: Subject) -> str | None:
    if reason := _undecided(subject):
        return reason
    power = exponents(subject.link).witness_power
    return None if power is not None else "no E[s^i He_k*] is shown to be nonzero"


def _uncounted(subject: Subject) -> str | None:
    known = sign_changes(subject.link)
    return None if known is not None else "the sign changes of zeta_k* dP_y are not settled"


TILT = Assumption("t_max > 0", _no_tilt)
#: The same condition on a link: the small t at which such a claim is tried lies below t_max/2.
HALF_TILT = Assumption("2t < t_max", _no_tilt)
NOT_CONSTANT = Assumption("s is not constant", _constant)
GENERATIVE = Assumption("generative exponent decided", _undecided)
WITNESS = Assumption("witness power known", _no_witness)
COUNTED = Assumption("sign changes known", _uncounted)
