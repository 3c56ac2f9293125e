"""What more than one claim assumes of a link."""

from __future__ import annotations

from .answers.exponents import exponents
from .claim import Assumption
from .subject import Subject
from .temperatures import tilts


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


TILT = Assumption("t_max > 0", _no_tilt)
#: The same condition on a link: the small t at which such a claim is tried lies below t_max/2.
HALF_TILT = Assumption("2t < t_max", _no_tilt)
NOT_CONSTANT = Assumption("s is not constant", _constant)
GENERATIVE = Assumption("generative exponent decided", _undecided)
WITNESS = Assumption("witness power known", _no_witness)
