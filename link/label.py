"""What a label carries: additive noise by its law, and the signal that is made of it.

The cumulants of the noise are not here: each room derives them itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from .text import LinkError, excerpt

Kind = Literal["none", "gaussian", "uniform", "rademacher"]
_SPEC = re.compile(
    r"\s*(gaussian|uniform|rademacher)\s*\(\s*(\d{1,20}(?:\.\d{1,20})?(?:/\d{1,20})?)\s*\)\s*", re.I
)


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise e with E e = 0, independent of x.

    ``gaussian``: standard deviation ``scale``; ``uniform``: on ``[-scale, scale]``;
    ``rademacher``: ``+-scale``, each with probability 1/2; ``none``: no noise (``scale`` 0).
    """

    kind: Kind = "none"
    scale: Fraction = Fraction(0)

    def __str__(self) -> str:
        return "none" if self.kind == "none" else f"{self.kind}({self.scale})"


NOISELESS = Noise()


def parse_noise(text: str | None) -> Noise:
    """``gaussian(1/2)``, ``uniform(1)``, ``rademacher(0.3)`` or ``none``.

    Raises LinkError when the text has another form or the scale is not a positive exact number.
    """
    if text is None or text.strip().lower() == "none":
        return NOISELESS
    match = _SPEC.fullmatch(text)
    if match is None:
        raise LinkError(
            f"noise '{excerpt(text)}' is not a noise law: "
            "write gaussian(tau), uniform(a) or rademacher(a) with a positive number, such as gaussian(1/2)"
        )
    number, _, divisor = match[2].partition("/")
    if divisor and int(divisor) == 0:
        raise LinkError(f"noise '{excerpt(text)}' divides by zero: write a positive number such as 1/2")
    scale = Fraction(number) / Fraction(divisor or 1)
    if scale == 0:
        raise LinkError(f"noise '{excerpt(text)}' has scale 0: leave --noise out for a noiseless label")
    return Noise(cast(Kind, match[1].lower()), scale)


#: ``label``: y e^{ty}. ``weight``: e^{ty}. ``centered``: (y - K_y'(t)) e^{ty}, of tilted mean 0.
Signal = Literal["label", "weight", "centered"]
