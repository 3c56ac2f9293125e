"""The temperature threshold of a link: beta1 = 1/t0, t0 the first zero of its tilted coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import sympy
from flint import arb

from ...link import NOISELESS, Link, Noise, as_link
from ...numerics.expectation import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.precision import exact, working
from ...numerics.signal import Exceptional, exceptional
from ...theory.facts import facts
from ...theory.sufficient import structural
from ...theory.threshold import ClosedThreshold, closed_threshold
from ..verdict import Verdict
from .enclosure import Enclosed, from_ball, from_exact
from .exponents import LinkExponents, exponents

Signal = Literal["label", "weight", "centered"]
#: How far up in t = 1/beta zeros are searched when no closed form lists them all.
SEARCH = Fraction(64)
_FAR = Fraction(8)


@dataclass(frozen=True, slots=True)
class Beta1:
    """The threshold with what decided it."""

    value: Enclosed
    status: Verdict
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {**self.value.as_json(), "status": str(self.status), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Threshold:
    """beta1, every exceptional temperature found (decreasing), and whether the list is proved complete.

    t_max: ``oo``, ``0`` or an exact number. searched_down_to: the temperature below which zeros were not
    searched. complete: no other zero exists, proved.
    """

    link: Link
    signal: Signal
    noise: Noise
    t_max: str
    beta1: Beta1
    exceptional: tuple[Enclosed, ...]
    searched_down_to: str
    complete: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "link": str(self.link),
            "signal": self.signal,
            "noise": str(self.noise),
            "t_max": self.t_max,
            "beta1": self.beta1.as_json(),
            "exceptional": [zero.as_json() for zero in self.exceptional],
            "searched_down_to": self.searched_down_to,
            "complete": self.complete,
        }


def threshold(
    link: Link | str, signal: Signal = "label", noise: Noise | None = None, digits: int = 30
) -> Threshold:
    """beta1 = inf{b >= 1/t_max : alpha_{k*}(1/beta) != 0 for every beta > b}, to ``digits`` digits.

    Decided by a closed form where the zeros are solvable, by a structural proof that there are none, or by
    certified isolation of all zeros on (0, 64] in t. Raises LinkError on a text that is no link.
    """
    return _threshold(as_link(link), signal, noise or NOISELESS, digits)


@lru_cache(maxsize=256)
def _threshold(link: Link, signal: Signal, noise: Noise, digits: int) -> Threshold:
    t_max = facts(link.tree).t_max
    shown = "unknown" if t_max.value is None else str(t_max.value)
    answer = _Answer(link, signal, noise, shown, digits)
    if t_max.value == 0:
        beta1 = Beta1(from_exact(sympy.oo, digits), Verdict.PROVED, f"no finite beta works: {t_max.reason}")
        return answer.given(beta1, (), "inf", complete=True)
    known = exponents(link)
    if known.generative_exponent.value is None:
        beta1 = Beta1(_anything(), Verdict.UNDECIDED, known.generative_exponent.reason)
        return answer.given(beta1, (), "inf", complete=False)
    closed = closed_threshold(link.tree, signal) if noise == NOISELESS else None
    if closed is not None:
        return answer.from_closed(closed)
    proof = structural(link.tree, signal) if noise == NOISELESS else None
    if proof is not None and proof.beta == 0:
        # 1/oo is 0 in SymPy.
        floor = 1 / sympy.sympify(t_max.value)
        beta1 = Beta1(from_exact(floor, digits), Verdict.PROVED, proof.reason)
        return answer.given(beta1, (), "0", complete=True)
    return answer.searched(known)


def _anything() -> Enclosed:
    return Enclosed(None, "0", "inf")


@dataclass(frozen=True, slots=True)
class _Answer:
    """The parts of the answer that every route shares."""

    link: Link
    signal: Signal
    noise: Noise
    t_max: str
    digits: int

    def given(self, beta1: Beta1, zeros: tuple[Enclosed, ...], down_to: str, *, complete: bool) -> Threshold:
        return Threshold(self.link, self.signal, self.noise, self.t_max, beta1, zeros, down_to, complete)

    def from_closed(self, closed: ClosedThreshold) -> Threshold:
        zeros = tuple(from_exact(sympy.radsimp(1 / zero), self.digits) for zero in closed.zeros)
        value = zeros[0] if zeros else from_exact(closed.floor, self.digits)
        return self.given(
            Beta1(value, Verdict.PROVED, closed.reason), zeros, str(closed.floor), complete=True
        )

    def searched(self, known: LinkExponents) -> Threshold:
        """Every zero on (0, T], T = 64 or just below t_max, isolated by ball arithmetic."""
        star, power = known.generative_exponent.value, known.witness_power
        if star is None or power is None:
            reason = "no power i with E[y^i He_k*] != 0 is proved, so zeros may accumulate at t = 0"
            return self.given(Beta1(_anything(), Verdict.UNDECIDED, reason), (), "inf", complete=False)
        try:
            found = self._zeros(star, power)
        except (NotIntegrable, Unresolved) as unresolved:
            beta1 = Beta1(_anything(), Verdict.UNDECIDED, str(unresolved))
            return self.given(beta1, (), "inf", complete=False)
        upper = found.searched_to
        with working(int(4 * self.digits) + 60):
            zeros = tuple(from_ball(1 / zero, self.digits) for zero in found.zeros)
        down_to = str(1 / upper)
        if found.unresolved:
            low, high = (float(end) for end in found.unresolved[0])
            reason = f"alpha_{star} is not separated from 0 for beta in [{1 / high:.6g}, {1 / low:.6g}]"
            if not zeros or float(found.zeros[0]) > low:
                return self.given(
                    Beta1(_anything(), Verdict.UNDECIDED, reason), zeros, down_to, complete=False
                )
            return self.given(self._first(zeros, star), zeros, down_to, complete=False)
        if zeros:
            return self.given(self._first(zeros, star), zeros, down_to, complete=False)
        value = Enclosed(None, "0" if self.t_max == "oo" else down_to, down_to)
        reason = f"alpha_{star} has no zero for beta >= {down_to}; lower temperatures are not searched"
        return self.given(Beta1(value, Verdict.ENCLOSED, reason), (), down_to, complete=False)

    def _zeros(self, star: int, power: int) -> Exceptional:
        """All zeros on (0, search_end]; for an unbounded link only up to 8 when some lie there.

        At low temperatures an unbounded link puts all mass far out, and every enclosure is slow.
        """
        end, tree = search_end(self.link), self.link.tree
        unbounded = facts(tree).supremum.value in (None, sympy.oo)
        for upper in (min(end, _FAR), end) if unbounded else (end,):
            found = exceptional(oracle(tree), star, self.signal, self.noise, upper, power, self.digits + 2)
            if found.zeros or found.unresolved or upper == end:
                break
        return found

    def _first(self, zeros: tuple[Enclosed, ...], star: int) -> Beta1:
        reason = (
            f"the first zero of alpha_{star} in t = 1/beta is isolated and simple; none lies above it in beta"
        )
        return Beta1(zeros[0], Verdict.ENCLOSED, reason)


def search_end(link: Link) -> Fraction:
    """Up to which t = 1/beta zeros are searched: 64, or fifteen sixteenths of t_max."""
    limit: arb = t_range(link.tree).finite_below
    if not limit.is_finite() or limit > exact(SEARCH):
        return SEARCH
    return Fraction(int(float(limit.lower()) * 3840), 4096)
