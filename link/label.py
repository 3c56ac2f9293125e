"""How a label comes about: additive noise by its law, or a draw given z; and the signal that is made of it.

The cumulants of the noise and the moments of a draw are not here: each room derives them itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal, cast

from .link import Link, parse, positive, rational
from .text import LinkError, excerpt, text
from .tree import Node

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
            "write gaussian(tau), uniform(a) or rademacher(a), the number in digits, such as gaussian(1/2)"
        )
    number, _, divisor = match[2].partition("/")
    if divisor and int(divisor) == 0:
        raise LinkError(f"noise '{excerpt(text)}' divides by zero: write a positive number such as 1/2")
    scale = Fraction(number) / Fraction(divisor or 1)
    if scale == 0:
        raise LinkError(f"noise '{excerpt(text)}' has scale 0: leave --noise out for a noiseless label")
    return Noise(cast(Kind, match[1].lower()), scale)


class Signal(StrEnum):
    """A transformation T of the label, whose coefficient E[T(y) He_k] is the signal of order k.

    LABEL: y e^{ty}. WEIGHT: e^{ty}. CENTERED: (y - K_y'(t)) e^{ty}, of tilted mean 0.
    """

    LABEL = "label"
    WEIGHT = "weight"
    CENTERED = "centered"

    def coefficient(self, h: Any, alpha: Any, mean: Any) -> Any:
        """E[T(y) He_k] from h_k, alpha_k = h_k' and the tilted mean K_y' of the label, in any arithmetic."""
        if self is Signal.WEIGHT:
            return h
        return alpha if self is Signal.LABEL else alpha - h * mean

    def square(self, moments: Sequence[Any], mean: Any) -> Any:
        """E[T(y)^2 f] from E[y^i e^{2ty} f], i = 0, 1, 2, and the tilted mean, in any arithmetic."""
        plain, once, twice = moments
        if self is Signal.WEIGHT:
            return plain
        return twice if self is Signal.LABEL else twice - 2 * mean * once + mean * mean * plain


Draw = Literal["additive", "bernoulli", "poisson", "flip", "heteroscedastic", "preference"]
_FORM = re.compile(r"\s*([a-z]+)\s*(?:\((.*)\))?\s*", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Label:
    """The law of y given z, s the link.

    ``additive``: y = s(z) + e, e of a law of :class:`Noise`. ``bernoulli``: y is ``numbers[1]`` with
    probability s(z), else ``numbers[0]``. ``poisson``: y is Poisson of rate s(z). ``flip``: y = s(z), and
    -s(z) with probability ``numbers[0]``. ``heteroscedastic``: y ~ N(s(z), ``variance``(z)).
    ``preference``: y is 1 where x is preferred to an independent x', with probability
    sigmoid((s(z) - s(z'))/``numbers[0]``), else -1.
    """

    kind: Draw = "additive"
    numbers: tuple[Fraction, ...] = ()
    variance: Node | None = None

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.numbers)) if self.variance is None else text(self.variance)
        return f"{self.kind}({inside})" if inside else self.kind


ADDITIVE = Label()


@dataclass(frozen=True, slots=True)
class Target:
    """What is trained on, T_t(y): y comes of z by link, noise or label, and ``signal`` says which T.

    t: 1/beta >= 0; 0 means no weights. noise: the law of e in y = s(z) + e. label: the law of y given z where
    it is another.
    """

    link: Link
    t: Fraction
    signal: Signal = Signal.LABEL
    noise: Noise = NOISELESS
    label: Label = ADDITIVE

    def __post_init__(self) -> None:
        if self.t < 0:
            raise LinkError(f"t = {self.t} is no inverse temperature: write a number t >= 0")


_LABELS = "additive, bernoulli(v0, v1), poisson, flip(q), heteroscedastic(VAR) or preference(tau)"


def parse_label(text: str | None) -> Label:
    """``additive``, ``bernoulli``, ``bernoulli(-1, 1)``, ``poisson``, ``flip(1/4)``, ``preference(1)``, ...

    Raises LinkError when the text has another form or a number is out of range.
    """
    match = _FORM.fullmatch(text or "additive")
    kind, inside = (match[1].lower(), match[2]) if match else ("", None)
    if kind in ("additive", "poisson") and inside is None:
        return Label(cast(Draw, kind))
    if kind == "bernoulli":
        return _bernoulli("0, 1" if inside is None else inside)
    if kind == "flip" and inside is not None:
        chance = rational(inside, "the chance of a flip")
        if not 0 <= chance <= 1:
            raise LinkError(
                f"the chance of a flip '{excerpt(inside)}' is no probability: write a number from 0 to 1"
            )
        return Label("flip", (chance,))
    if kind == "heteroscedastic" and inside is not None:
        return Label("heteroscedastic", (), parse(inside).tree)
    if kind == "preference" and inside is not None:
        return Label("preference", (positive(inside, "the temperature of preferences"),))
    raise LinkError(f"label '{excerpt(text or '')}' is not a label: write {_LABELS}")


def _bernoulli(inside: str) -> Label:
    values = tuple(rational(part.strip(), "a value of the label") for part in inside.split(","))
    if len(values) != 2 or values[0] == values[1]:
        raise LinkError(
            f"label 'bernoulli({excerpt(inside)})' does not name two different values: write bernoulli(0, 1)"
        )
    return Label("bernoulli", values)
