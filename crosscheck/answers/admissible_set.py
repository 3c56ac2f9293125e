"""An admissible set of deployment temperatures, as it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...link import Link, Noise
from .enclosure import Enclosed
from .shown import Shown

FEATURES = "1 and tanh(z - b) for 12 biases b evenly spaced on [-3, 3]"


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of temperatures beta; ``upper`` may be infinite.

    proved_below: B exceeds epsilon right below ``lower``; else the search ended or failed there.
    """

    lower: Enclosed
    upper: Enclosed
    proved_below: bool

    def as_json(self) -> dict[str, Any]:
        return {"from": self.lower.as_json(), "to": self.upper.as_json(), "proved_below": self.proved_below}


@dataclass(frozen=True, slots=True)
class Best:
    """The best temperature found (by doubles) and a certified enclosure of the bound there."""

    beta: Fraction
    bound: Enclosed

    def as_json(self) -> dict[str, Any]:
        return {"beta": str(float(self.beta)), "bound": self.bound.as_json()}


@dataclass(frozen=True, slots=True)
class AdmissibleSet(Shown):
    """{beta : B(beta) <= epsilon} for label and surrogate weights, at one common cost and at their own.

    B = [v - V(pi*)] + (e^{tD} - 1)/D sd_{pi*}(r*) e^{t D_0/2} delta, t = 1/beta, D_0 = 0 for label weights.
    delta^2 is the leading learning cost: ``label``, ``surrogate`` and ``label_own`` use the label scheme's,
    ``surrogate_own`` the surrogate scheme's. surrogate_applies: osc(r* - r_a0) is finite. osc: D as given, or
    at the best beta; osc_control: whether D is given, or comes there from the leverage of the features or
    from clipping. nonempty_n, nonempty_epsilon: from which n (None: none was found) and from which epsilon
    on the label set is not empty, both certified sufficient. searched_down_to: temperatures below were not
    searched at the label's cost. note: why a scheme has no set, if so. curve: (t, B for label, surrogate at
    the common cost, surrogate at its own), in doubles, for plotting.
    """

    link: Link
    epsilon: Fraction
    n: int
    noise: Noise
    osc: Enclosed
    osc_control: str
    target: Enclosed
    proxy: Link
    label: tuple[Interval, ...]
    surrogate: tuple[Interval, ...]
    label_own: tuple[Interval, ...]
    surrogate_own: tuple[Interval, ...]
    surrogate_applies: bool
    best: Best
    low: str
    high: str
    nonempty_n: int | None
    nonempty_epsilon: str
    searched_down_to: Fraction
    note: str
    curve: tuple[tuple[float, ...], ...]

    def as_json(self) -> dict[str, Any]:
        names = ("label", "surrogate", "label_own", "surrogate_own")
        return {
            "link": str(self.link),
            "epsilon": str(self.epsilon),
            "n": self.n,
            "noise": str(self.noise),
            "osc": self.osc.as_json(),
            "osc_control": self.osc_control,
            "target": self.target.as_json(),
            "features": FEATURES,
            "proxy": str(self.proxy),
            **{name: [interval.as_json() for interval in getattr(self, name)] for name in names},
            "surrogate_applies": self.surrogate_applies,
            "best": self.best.as_json(),
            "limits": {"low": self.low, "high": self.high},
            "nonempty_from": {"n": self.nonempty_n, "epsilon": self.nonempty_epsilon},
            "searched_down_to": str(self.searched_down_to),
            "note": self.note,
        }
