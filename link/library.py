"""The named links: the worked values of the theory, and what people use."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple


class Named(NamedTuple):
    """A link with a name: its expression in ``z`` and one sentence that says why it is here."""

    name: str
    text: str
    about: str


_LINKS = (
    Named("linear", "z", "The simplest link; the tilt only shifts the Gaussian."),
    Named("linear-3", "z - 3", "A shift makes the label signal vanish at two temperatures, (3 +- sqrt 5)/2."),
    Named("square", "z**2", "The simplest even link: generative exponent 2, and beta must exceed 2."),
    Named("square-10", "z**2 - 10", "A quadratic with two exceptional temperatures, 5 and 4."),
    Named("parabola", "z**2 + z", "A quadratic that is not even, so its generative exponent is 1."),
    Named("He2", "He(2, z)", "The second Hermite polynomial."),
    Named("He3", "He(3, z)", "Information exponent 3, generative exponent 1; no finite temperature works."),
    Named("He4", "He(4, z)", "Information exponent 4, generative exponent 2; no finite temperature works."),
    Named("He5", "He(5, z)", "Information exponent 5, generative exponent 1; no finite temperature works."),
    Named("He6", "He(6, z)", "Information exponent 6, generative exponent 2; no finite temperature works."),
    Named("minus-He4", "-He(4, z)", "Bounded above, so every temperature works; its moment series diverges."),
    Named("step", "where(z > 0, -1, -3)", "Two negative levels: the threshold is 2/ln 3."),
    Named("sign", "sign(z)", "The simplest classifier; odd, so no temperature is exceptional."),
    Named("staircase", "sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)",
          "Odd with information exponent 3 and generative exponent 1: the tilt pays here."),
    Named("sign-cubic", "sign(z*(z**2 - 2*log(2)))", "Information and generative exponent are both 3."),
    Named("window", "where(abs(z) < 1, 1, 0)", "An even step: 1 near the origin and 0 elsewhere."),
    Named("bump4", "z**2*exp(-z**2)", "Information and generative exponent are both 4."),
    Named("gaussian-bump", "exp(-z**2/2)", "A smooth even bump: both exponents are 2."),
    Named("tanh", "tanh(z)", "Odd, monotone and bounded: threshold 0."),
    Named("tanh-9/10", "tanh(z) - 9/10", "A shifted sigmoid with two exceptional temperatures."),
    Named("tanh-He3", "tanh(He(3, z)/sqrt(6))", "He_3 squashed: bounded, generative exponent 1."),
    Named("tanh-He4", "tanh(He(4, z)/5)", "He_4 squashed: bounded and even, generative exponent 2."),
    Named("clip-He3", "clip(He(3, z), -4, 4)", "He_3 clipped at +-4, with an exceptional temperature."),
    Named("clip-square", "clip(z**2, 0, 4)", "A bounded even link with kinks at 2 and -2."),
    Named("relu", "relu(z)", "The rectifier."),
    Named("abs", "abs(z)", "The absolute value: even with a kink."),
    Named("hardtanh", "clip(z, -1, 1)", "The identity clipped to [-1, 1]."),
    Named("sigmoid", "sigmoid(z)", "The logistic function."),
    Named("softplus", "softplus(z)", "A smooth rectifier."),
    Named("gelu", "gelu(z)", "The Gaussian error linear unit; not monotone."),
    Named("sin", "sin(z)", "An odd periodic link."),
    Named("cos", "cos(z)", "An even periodic link."),
    Named("z-cos", "z*cos(z)", "Oscillates without bound: infinitely many exceptional temperatures."),
    Named("erf", "erf(z)", "The error function, a sigmoid with closed Gaussian moments."),
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9/-]*")

#: The library by name, in the order of reading.
LIBRARY: dict[str, Named] = {named.name: named for named in _LINKS}


def meant(name: str) -> str | None:
    """The name in the library that ``name`` seems to be a slip of; an expression is none."""
    if not _NAME.fullmatch(name.strip()):
        return None
    return next(iter(difflib.get_close_matches(name.strip()[:40], LIBRARY, n=1, cutoff=0.75)), None)
