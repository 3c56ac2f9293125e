"""Sufficient thresholds: what the shape of a link alone says about the zeros of its signal."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from ..link.tree import Call, Node
from .exact.constants import sign
from .exact.polynomial import polynomial
from .exponents import exponents
from .shape.affine_image import affine_image
from .shape.bounds import bounds
from .shape.monotone import monotone
from .shape.powered_gaussian import powered_gaussian
from .shape.signs import has_the_sign_of_z


@dataclass(frozen=True, slots=True)
class Structural:
    """No zero at any admissible beta >= ``beta``, for the ``reason`` given (beta = 0: at none at all)."""

    beta: sympy.Expr
    reason: str


def structural(tree: Node, kind: str) -> Structural | None:
    """What the shape of the link proves about the zeros of its ``kind`` signal, without noise.

    Proof: if zeta_{k*} changes sign once in y, at y0, then E[(T(y) - T(y0)) zeta_{k*}(y)] has one sign for
    every increasing T; y e^{ty} increases where y >= -1/t. A link monotone in z or in |z| is such a case.
    """
    star = exponents(tree).generative.value
    if star is None:
        return None
    special = _bump(tree, kind, star) or _wave(tree, kind)
    if special is not None:
        return special
    if kind == "label" and star == 1 and has_the_sign_of_z(tree):
        return Structural(sympy.S.Zero, "s(z) z >= 0 for every z, so E[s e^(ts) Z] > 0")
    shape = monotone(tree).value
    if shape is None or star != (2 if "|z|" in shape else 1):
        return None
    if kind != "label":
        return Structural(sympy.S.Zero, f"s is {shape}, so the tilt never reverses the {kind} signal")
    low = bounds(tree)[0]
    if low is -sympy.oo:
        return None
    if sign(low) in (0, 1):
        return Structural(sympy.S.Zero, f"s is {shape} and s >= {low}, where y e^(ty) increases")
    return Structural(-low, f"s is {shape} and y e^(ty) increases where y >= -beta")


def _wave(tree: Node, kind: str) -> Structural | None:
    """c cos(az) + d and c sin(az) + d, c > 0 and d >= 0, by the expansion of e^{ts} in I_n(ct).

    h_2[cos] = -2 sum_n (na)^2 e^{-n^2a^2/2} I_n(t), every term and its derivative of one sign.
    h_1[sin] = 2 sum over odd n of (-1)^{(n-1)/2} na e^{-n^2a^2/2} I_n(t): as I_n and I_n' fall with n, the
    terms alternate and fall when 3 e^{-4a^2} < 1. As h_k and h_k' have the same sign, h_k' + d h_k has it
    too; ``weight`` allows any d.
    """
    c, d, core = affine_image(tree)
    if kind == "centered" or not isinstance(core, Call) or core.name not in ("sin", "cos"):
        return None
    inner = polynomial(core.args[0])
    if inner is None or len(inner) != 2 or inner[0] != 0 or sign(c) != 1:
        return None
    if kind == "label" and sign(d) not in (0, 1):
        return None
    if core.name == "cos":
        return Structural(sympy.S.Zero, "e^(t cos) expands in I_n(t) with coefficients of one sign")
    if sign(4 * inner[1] ** 2 - sympy.log(3)) != 1:
        return None
    return Structural(sympy.S.Zero, "e^(t sin) expands in I_n(t) with alternating terms that fall")


def _bump(tree: Node, kind: str, star: int) -> Structural | None:
    """A z^m e^{-cz^2}, m even, A > 0: all mu_{i,k*} of one sign make a power series in t of one sign."""
    bump = powered_gaussian(tree)
    if bump is None or bump.m % 2 or sign(bump.factor) != 1 or kind == "centered":
        return None
    series = sympy.Poly(bump.series(star))
    if len({sign(c) for c in series.all_coeffs() if c != 0}) != 1:
        return None
    reason = (
        f"E[s^i He_{star}] has the sign of {sympy.factor(series.as_expr())} for every i >= 1, no terms cancel"
    )
    return Structural(sympy.S.Zero, reason)
