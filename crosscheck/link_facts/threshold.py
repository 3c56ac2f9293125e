"""The temperature threshold of a link, with everything that a user asks along with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...link import Link, Noise, Signal, as_link
from ...numerics.work import allowance
from ..arguments import as_digits, as_noise, as_signal
from ..number import Enclosed
from ..shown import Shown
from ..verdict import Verdict
from .exponents import exponents
from .recommended import Recommended, recommended
from .sufficient import Sufficient, sufficient
from .t_max import tilt_limit
from .zeros import Zeros, zeros

#: The work that the search for the best temperature may take, several seconds.
_WORK = 2e6


@dataclass(frozen=True, slots=True)
class Beta1:
    """The threshold with what decided it."""

    value: Enclosed
    status: Verdict
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {**self.value.as_json(), "status": str(self.status), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Threshold(Shown):
    """beta1, every exceptional temperature found (decreasing), and whether the list is proved complete.

    t_max: ``oo``, ``0``, an exact number, or ``unknown``. searched_down_to: below this temperature zeros were
    neither searched nor excluded. recommended: None when no temperature has gradients of finite variance
    or the comparison was not resolved.
    """

    link: Link
    signal: Signal
    noise: Noise
    t_max: str
    beta1: Beta1
    exceptional: tuple[Enclosed, ...]
    searched_down_to: str
    complete: bool
    sufficient: Sufficient
    recommended: Recommended | None

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
            "sufficient": self.sufficient.as_json(),
            "recommended": None if self.recommended is None else self.recommended.as_json(),
        }


def threshold(
    link: Link | str, signal: Signal = "label", noise: Noise | str | None = None, digits: int = 30
) -> Threshold:
    """beta1 = inf{b >= 1/t_max : alpha_{k*}(1/beta) != 0 for every beta > b}, to ``digits`` digits.

    signal: ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}. noise: a law such as
    ``"gaussian(1)"``. Raises LinkError on a text that is no link or no noise law.
    """
    asked, law, enough = as_link(link), as_noise(noise), as_digits(digits)
    # Links of one tree share the work, each under its own name.
    return replace(_threshold(asked, as_signal(signal), law, enough), link=asked)


def threshold_alone(
    link: Link | str, signal: Signal = "label", noise: Noise | str | None = None, digits: int = 30
) -> Threshold:
    """``threshold`` but for ``recommended``, which is most of the work: None."""
    asked, law, enough = as_link(link), as_noise(noise), as_digits(digits)
    return replace(_alone(asked, as_signal(signal), law, enough), link=asked)


@lru_cache(maxsize=256)
def _threshold(link: Link, signal: Signal, noise: Noise, digits: int) -> Threshold:
    star = exponents(link).generative_exponent.value
    if star is None:
        return _alone(link, signal, noise, digits)
    found = zeros(link, signal, noise, digits)
    with allowance(_WORK, digits):
        best = recommended(link, signal, noise, star, found, digits)
    return replace(_alone(link, signal, noise, digits), recommended=best)


@lru_cache(maxsize=256)
def _alone(link: Link, signal: Signal, noise: Noise, digits: int) -> Threshold:
    t_max, found = tilt_limit(link), zeros(link, signal, noise, digits)
    return Threshold(
        link,
        signal,
        noise,
        "unknown" if t_max.value is None else str(t_max.value),
        Beta1(found.beta1, found.status, found.reason),
        found.exceptional,
        found.searched_down_to,
        found.complete,
        sufficient(link, signal, noise),
        None,
    )


__all__ = ["Beta1", "Signal", "Threshold", "Zeros", "threshold", "threshold_alone"]
