"""The exponents of a link: exact algebra first, a certified nonzero moment where algebra stops."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...link import Link, as_link
from ...link.text import raised
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.work import allowance
from ...theory import exponents as exact
from ...theory.families.moments import vanishes
from ..compare import show
from ..shown import Shown
from ..verdict import Verdict

#: The work that moments which algebra leaves open may take, a second or two.
_WORK = 1e6


@dataclass(frozen=True, slots=True)
class Exponent:
    """One exponent. value: None when undecided or infinite; status: a verdict word; reason: its proof."""

    value: int | None
    status: Verdict
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "status": str(self.status), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class LinkExponents(Shown):
    """Information exponent, generative exponent and the witness power i0 = min{i : mu_{i,k*} != 0}."""

    link: Link
    information_exponent: Exponent
    generative_exponent: Exponent
    witness_power: int | None

    def as_json(self) -> dict[str, Any]:
        return {
            "link": str(self.link),
            "information_exponent": self.information_exponent.as_json(),
            "generative_exponent": self.generative_exponent.as_json(),
            "witness_power": self.witness_power,
        }


def exponents(link: Link | str) -> LinkExponents:
    """Information exponent min{k >= 1 : E[y He_k] != 0} and generative exponent of ``link``.

    Exact algebra decides what it can (PROVED). Where it leaves only "is this moment nonzero?", a
    certified enclosure away from zero settles it (ENCLOSED). What neither settles is UNDECIDED.

    Raises LinkError on a text that is no link. Source: Damian, Pillaud-Vivien, Lee, Bruna 2024.
    """
    link = as_link(link)
    known = exact.exponents(link.tree)
    with allowance(_WORK):
        information = _settle(link, known.information)
        generative = _settle(link, known.generative)
        return LinkExponents(link, information, generative, _witness_power(link, known, generative))


def _settle(link: Link, exponent: exact.Exponent) -> Exponent:
    if exponent.status == "PROVED":
        return Exponent(exponent.value, Verdict.PROVED, exponent.reason)
    for power, k in exponent.needs:
        found = nonzero_moment(link, power, k)
        if found:
            reason = f"{exponent.reason}; E[y{raised(power)} He_{k}] = {found} is certified nonzero"
            return Exponent(k, Verdict.ENCLOSED, reason)
        if undefined(link, power, k):
            reason = f"undefined, as E abs(y{raised(power)} He_{k}) is infinite"
            return Exponent(None, Verdict.UNDECIDED, reason)
    upper = "" if exponent.upper is None else f"; at most {exponent.upper}"
    return Exponent(None, Verdict.UNDECIDED, f"at least {exponent.lower}{upper}: {exponent.reason}")


def nonzero_moment(link: Link, power: int, k: int) -> str | None:
    """The moment E[s^power He_k] in decimals when its enclosure excludes zero, else None."""
    try:
        value = oracle(link.tree).tilted_moments((k,), (power,), Fraction(0), 15)[power, k]
    except (NotIntegrable, Unresolved):
        return None
    return None if value.contains(0) else show(value, 6)


def undefined(link: Link, power: int, k: int) -> bool:
    """Whether E abs(s^power He_k) is proved infinite."""
    try:
        oracle(link.tree).tilted_moments((k,), (power,), Fraction(0), 15)
    except NotIntegrable:
        return True
    except Unresolved:
        pass
    return False


def _witness_power(link: Link, known: exact.Exponents, generative: Exponent) -> int | None:
    if known.witness is not None and known.witness.k == generative.value:
        return known.witness.power
    if generative.value is None:
        return None
    # Powers in order; every lower one must be known to vanish for the first nonzero one to be i0.
    for power in range(1, 5):
        if nonzero_moment(link, power, generative.value):
            return power
        if not vanishes(link.tree, power, generative.value):
            return None
    return None
