"""Admissible sets of deployment temperatures, guaranteed at n samples and forecast as n grows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from ...crosscheck.number import Number
from ...crosscheck.record import Record, Shown
from ...link import Link, Noise
from ...numerics.expectation.oracle import Interval, ends

if TYPE_CHECKING:
    from .strong import StageOne

#: The sample sizes of a curve, in terms of n.
MULTIPLES = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Fit:
    """The fit that is guaranteed: features 1, tanh(u - b), ridge, overlap m of u with the link's direction.

    overlap: one, or a range of which any may be the true one. clip: the range that fits are clipped to.
    source: whether features and ridge were given or recommended.
    """

    biases: tuple[Fraction, ...]
    ridge: Fraction
    overlap: Fraction | Interval
    clip: tuple[float, float]
    source: str

    @property
    def overlaps(self) -> tuple[Fraction, Fraction]:
        """The least and the largest overlap."""
        low, high = map(Fraction, ends(self.overlap))
        return low, high

    @property
    def features(self) -> dict[str, Any]:
        return {"kind": "tanh", "biases": self.biases, "source": self.source}

    @property
    def stated_overlap(self) -> Fraction | dict[str, Fraction]:
        low, high = self.overlaps
        return low if low == high else {"from": low, "to": high}

    @property
    def decimal_clip(self) -> tuple[str, ...]:
        return tuple(map(repr, self.clip))


@dataclass(frozen=True, slots=True)
class Temperatures(Record):
    """All beta from ``lower`` to ``upper``, which may be infinite: decimals, rounded inward."""

    lower: Number
    upper: Number

    keys: ClassVar = "from=lower to=upper"


@dataclass(frozen=True, slots=True)
class BestGuarantee:
    """V(pi_rhat) >= target - bound at ``beta`` with probability 1 - failure.

    bound: rounded up, and the sum of ``lost``, target - V(pi*), and of the ``terms`` that learning may lose.
    gram: the share of ``failure`` for the weighted Gram matrix; the rest is for the fluctuation of the fit.
    """

    beta: Fraction
    bound: Number
    failure: float
    lost: float
    terms: dict[str, float]
    gram: float

    def as_json(self) -> dict[str, Any]:
        return {
            "beta": str(float(self.beta)),
            "bound": self.bound.as_json(),
            "failure_probability": f"{self.failure:g}",
            "split": {"gram": f"{self.gram:g}", "fluctuation": f"{self.failure - self.gram:g}"},
            "lost": f"{self.lost:.6g}",
            "learning": {name: f"{value:.6g}" for name, value in self.terms.items()},
        }


@dataclass(frozen=True, slots=True)
class Nonempty(Record):
    """From which n and from which epsilon on the label set holds a beta; None where that is not proved.

    n: for the fit with ``biases`` and ``ridge``. epsilon: for the fit of the answer.
    """

    n: int | None
    epsilon: str | None
    biases: tuple[Fraction, ...]
    ridge: Fraction


@dataclass(frozen=True, slots=True)
class Guaranteed(Record):
    """The temperatures that are guaranteed at the n asked for, by label and by surrogate weights.

    Every beta in a set, chosen before the data, has V(pi_rhat) >= target - epsilon with probability at least
    1 - delta. What lies outside is not shown to have that; it is shown not to only where ``empty`` says why.
    low, high: what limits the label set. curve: (t, bound for label weights at n, 10 n and 100 n, and for
    surrogate weights at n where they apply), in doubles, for plotting.
    """

    label: tuple[Temperatures, ...]
    surrogate: tuple[Temperatures, ...]
    surrogate_applies: bool
    best: BestGuarantee | None
    low: str | None
    high: str | None
    nonempty: Nonempty
    empty: str
    curve: tuple[tuple[float, ...], ...]

    keys: ClassVar = "label surrogate surrogate_applies best limits nonempty_from empty=why_empty"

    @property
    def limits(self) -> dict[str, str | None] | None:
        return None if self.low is None else {"low": self.low, "high": self.high}

    @property
    def why_empty(self) -> str | None:
        return self.empty or None

    @property
    def nonempty_from(self) -> Nonempty | None:
        proved = self.nonempty.n is not None or self.nonempty.epsilon is not None
        return self.nonempty if proved else None


@dataclass(frozen=True, slots=True)
class Forecast(Record):
    """The sets as the guarantee's bound has them with the mean error of the fit, as n -> oo, in its place.

    B = v - V(pi*) + the bound of the value gap at R^2 = b^2 + F/n: F/n is what E ||fhat - f||^2 comes to as
    n -> oo, so that this holds at no finite n. In doubles. label, surrogate: at the label's error, which the
    surrogate's distance from the link enlarges; surrogate_own: at the error of its own weights.
    best: beta, and B there. curve: (t, B for label weights at n, 10 n and 100 n), for plotting.
    """

    label: tuple[Temperatures, ...]
    surrogate: tuple[Temperatures, ...]
    surrogate_own: tuple[Temperatures, ...]
    best: tuple[float, float] | None
    curve: tuple[tuple[float, ...], ...]

    @property
    def label_own(self) -> tuple[Temperatures, ...]:
        """The label scheme's own error is the common one."""
        return self.label

    keys: ClassVar = "label surrogate label_own surrogate_own best=best_in_decimals"

    @property
    def best_in_decimals(self) -> dict[str, str] | None:
        return None if self.best is None else {"beta": f"{self.best[0]:.6g}", "loss": f"{self.best[1]:.6g}"}


@dataclass(frozen=True, slots=True, repr=False)
class AdmissibleSet(Shown, Record):
    """The deployment temperatures within epsilon: guaranteed at n samples, and forecast as n -> oo.

    stage1: the forecast that the overlap of the fit is taken from, where one was asked for.
    """

    link: Link
    epsilon: Fraction
    n: int
    delta: Fraction
    noise: Noise
    fit: Fit
    target: Number
    proxy: Link
    guaranteed: Guaranteed
    forecast: Forecast
    stage1: StageOne | None = None

    keys: ClassVar = (
        "link epsilon n delta noise features=fit.features ridge=fit.ridge overlap=fit.stated_overlap "
        "clip=fit.decimal_clip target proxy forecast stage1"
    )

    def as_json(self) -> dict[str, Any]:
        content = Record.as_json(self)
        last = {name: content.pop(name) for name in ("forecast", "stage1")}
        return {**content, **self.guaranteed.as_json(), **last}
