"""The threshold of a family of links: stretches of its parameter, and the critical values between them."""

from dataclasses import dataclass, field
from typing import ClassVar

import sympy

from ...link import Noise, Signal
from ...link.family import Family
from ..number import Number
from ..record import Record, Shown


@dataclass(frozen=True, slots=True)
class At(Record):
    """beta1 and every exceptional temperature for one value of the parameter."""

    at: str
    lower: str
    upper: str
    exceptional: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Between(Record):
    """Bounds of beta1 for every value of the parameter from ``start`` to ``end``."""

    start: str
    end: str
    lower: str
    upper: str


@dataclass(frozen=True, slots=True)
class Stretch(Record):
    """Values of the parameter, all with as many exceptional temperatures.

    zeros: how many (above ``searched_down_to`` where the search is not complete), None where that is not
    resolved. closed_form: beta1 in the parameter, if there is one.
    """

    lower: Number
    upper: Number
    zeros: int | None
    beta1: tuple[At, ...]
    between: tuple[Between, ...]
    closed_form: sympy.Expr | None
    reason: str

    keys: ClassVar = "from=lower to=upper zeros beta1 between closed_form reason"


@dataclass(frozen=True, slots=True)
class Critical(Record):
    """A value of the parameter at which the number of exceptional temperatures changes.

    beta: where the temperatures meet that appear or vanish there; 1/t_max or oo where one leaves at that end.
    kind: ``double`` zero, or ``limit``. zeros: how many exceptional temperatures there are at that value.
    """

    value: Number
    beta: Number
    kind: str
    zeros: int | None


@dataclass(frozen=True, slots=True, repr=False)
class FamilyThreshold(Shown, Record):
    """The threshold of a family of links.

    complete: no other exceptional temperature or critical value, proved. searched_down_to: below this
    temperature zeros were neither searched nor excluded. uniform: the largest beta1 of all members, above
    which each of them has a signal; None where it is not bounded.
    """

    link: str
    signal: Signal
    noise: Noise
    family: Family = field(repr=False)
    stretches: tuple[Stretch, ...]
    critical: tuple[Critical, ...]
    complete: bool
    searched_down_to: str
    uniform: Number | None
    reason: str

    keys: ClassVar = "link signal noise parameter stretches critical complete searched_down_to uniform reason"

    @property
    def parameter(self) -> dict[str, str]:
        """Its name and ends."""
        low, high = self.family.ends
        return {"name": self.family.name, "from": str(low), "to": str(high)}
