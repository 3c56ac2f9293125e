"""Random links, each as a text for the tool and as a NumPy function written here, side by side.

No code of the package takes part: what a text means is decided a second time, by what is put beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Piece:
    """An expression in z. degree: its growth, 0 when bounded. switches: kinks and jumps are their zeros."""

    text: str
    function: Function
    degree: int
    switches: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """s = scale u + shift with the random ``core`` u."""

    core: Piece
    scale: Fraction
    shift: Fraction

    @property
    def text(self) -> str:
        return f"({self.scale})*({self.core.text}) + ({self.shift})"


_SCALES = (1, 1, 1, 3, Fraction(2, 7), 1000, Fraction(1, 1000), 10**12, Fraction(1, 10**12))
#: In units of the scale.
_SHIFTS = (0, 0, 0, -1, Fraction(9, 10), Fraction(-9, 10), Fraction(-13, 4), 3, 1000)
_NUMBERS = (Fraction(1, 3), Fraction(1, 2), Fraction(4, 5), 1, Fraction(3, 2), 2, 3)
_OFFSETS = (0, 0, 0, Fraction(1, 2), Fraction(-1, 2), 1, -1, Fraction(7, 5))


def draw(seed: int) -> Drawn:
    """The link of a seed: the same on every machine."""
    rng = np.random.default_rng([20260, seed])
    core = _expression(rng, int(rng.integers(1, 4)))
    scale = Fraction(_pick(rng, _SCALES))
    return Drawn(core, scale, scale * Fraction(_pick(rng, _SHIFTS)))


def draw_with_a_limit(seed: int) -> Drawn:
    """A link that is a limit at z = 0, alone or added to a line, again the same on every machine."""
    rng = np.random.default_rng([20261, seed])
    a, c, kind = _pick(rng, _NUMBERS), _pick(rng, (0, Fraction(1, 3), -1)), _pick(rng, tuple(_LIMITS))
    inner, text = _LIMITS[kind], kind.replace("u", f"(({a})*z)")
    # Without a summand 0*z, by which an even link would not be seen to be even.
    whole = f"{text} + ({c})*z" if c else text
    core = Piece(whole, lambda z: inner(float(a) * z) + float(c) * z, 1 if c else 0)
    scale = Fraction(_pick(rng, _SCALES))
    return Drawn(core, scale, scale * Fraction(_pick(rng, _SHIFTS)))


def _divided(top: Function, limit: float) -> Function:
    """top(u)/u away from 0 and the limit at 0, which no rule of the oracle comes close to otherwise."""

    def value(u: Array) -> Array:
        safe = np.where(u == 0, 1.0, u)
        return np.where(u == 0, limit, top(safe) / safe)

    return value


_LIMITS: dict[str, Function] = {
    "sin(u)/u": lambda u: np.sinc(u / np.pi),
    "(1 - cos(u))/u**2": lambda u: np.sinc(u / (2 * np.pi)) ** 2 / 2,
    "tanh(u)/u": _divided(np.tanh, 1.0),
    "erf(u)/u": _divided(special.erf, 2 / np.sqrt(np.pi)),
    "u/sinh(u)": lambda u: 1 / _divided(np.sinh, 1.0)(u),
    "expm1(-u**2)/u": _divided(lambda u: np.expm1(-u * u), 0.0),
    "atan(u)/u": _divided(np.arctan, 1.0),
}


def _pick(rng: np.random.Generator, choices: tuple[Any, ...]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _expression(rng: np.random.Generator, depth: int) -> Piece:
    if depth == 0:
        return _argument(rng)
    inner = _expression(rng, depth - 1)
    if rng.random() < 0.3:
        return _joined(rng, inner, _expression(rng, int(rng.integers(depth))))
    return _applied(rng, inner)


def _argument(rng: np.random.Generator) -> Piece:
    a, b = _pick(rng, _NUMBERS), _pick(rng, _OFFSETS)
    return Piece(f"({a})*z + ({b})", lambda z: float(a) * z + float(b), 1)


def _joined(rng: np.random.Generator, left: Piece, right: Piece) -> Piece:
    switches = left.switches + right.switches
    f, g = left.function, right.function
    if rng.random() < 0.4 and left.degree + right.degree <= 1:
        text = f"({left.text})*({right.text})"
        return Piece(text, lambda z: f(z) * g(z), left.degree + right.degree, switches)
    c = _pick(rng, _NUMBERS)
    degree = max(left.degree, right.degree)
    return Piece(f"({left.text}) - ({c})*({right.text})", lambda z: f(z) - float(c) * g(z), degree, switches)


_SMOOTH: dict[str, Function] = {
    "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "erf": special.erf, "atan": np.arctan,
    "sigmoid": special.expit,
}  # fmt: skip
_SWITCHED: dict[str, tuple[Function, int]] = {
    "abs": (np.abs, 1), "sign": (np.sign, 0), "relu": (lambda x: np.maximum(x, 0), 1),
    "Heaviside": (lambda x: (np.sign(x) + 1) / 2, 0),
}  # fmt: skip


def _applied(rng: np.random.Generator, inner: Piece) -> Piece:
    f, text = inner.function, inner.text
    kind = _pick(rng, (*_SMOOTH, *_SWITCHED, "bell", "clip", "hermite"))
    if kind in _SMOOTH:
        outer = _SMOOTH[kind]
        return Piece(f"{kind}({text})", lambda z: outer(f(z)), 0, inner.switches)
    if kind in _SWITCHED:
        outer, growth = _SWITCHED[kind]
        return Piece(f"{kind}({text})", lambda z: outer(f(z)), growth * inner.degree, (*inner.switches, f))
    if kind == "bell":
        return Piece(f"exp(-({text})**2)", lambda z: np.exp(-(f(z) ** 2)), 0, inner.switches)
    if kind == "clip":
        low, high = -_pick(rng, _NUMBERS), _pick(rng, _NUMBERS)
        switches = (*inner.switches, lambda z: f(z) - float(low), lambda z: f(z) - float(high))
        return Piece(
            f"clip({text}, {low}, {high})", lambda z: np.clip(f(z), float(low), float(high)), 0, switches
        )
    k = int(rng.integers(2, 5))
    return Piece(
        f"tanh(He({k}, {text})/3)",
        lambda z: np.tanh(special.eval_hermitenorm(k, f(z)) / 3),
        0,
        inner.switches,
    )
