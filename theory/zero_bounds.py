"""What the shape of a link proves about its signals: sign changes behind them, and zeros that cannot be."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import sympy

from ..link.label import NOISELESS, Noise, Signal
from ..link.tree import Call, Node
from .exact.constants import Undecided, decided_sign, increasing, sign
from .exact.lower import lower
from .exact.polynomial import affine_image, polynomial
from .exponents import exponents, rising_order
from .families.piecewise import apart, masses
from .shape.monotone import has_the_sign_of_z, monotone
from .shape.pieces import levels
from .shape.powered_gaussian import powered_gaussian
from .shape.range import bounds


@dataclass(frozen=True, slots=True)
class SignChanges:
    """At most ``label`` sign changes of y zeta_{k*} dP_y and at most ``weight`` of zeta_{k*} dP_y."""

    label: int
    weight: int
    reason: str


@lru_cache(maxsize=512)
def sign_changes(tree: Node) -> SignChanges | None:
    """For finitely many levels, monotone links and even ones monotone in |z|; None for any other.

    zeta_{k*} dP_y has the atoms E[He_{k*}; s = v], or changes sign once, at s(0) or at s(1).
    """
    star = exponents(tree).generative.value
    if star is None:
        return None
    steps = levels(tree)
    if steps is not None:
        try:
            atoms = masses(steps, star)
            return SignChanges(
                changes_of({v: v * mass for v, mass in atoms.items()}),
                changes_of(atoms),
                f"the numbers v E[He_{star}; s = v] over the levels v",
            )
        except Undecided:
            return None
    order = rising_order(tree)
    if order is None or order != star:
        return None
    turn = sign(lower(tree, sympy.Integer(order - 1)))
    low, high = bounds(tree)
    if turn == 0:
        return SignChanges(0, 1, f"zeta_{star} and y change sign together, at s({order - 1}) = 0")
    if sign(low) in (0, 1) or sign(high) in (0, -1):
        return SignChanges(1, 1, f"zeta_{star} changes sign at s({order - 1}), and y has one sign")
    return SignChanges(2, 1, f"zeta_{star} changes sign at s({order - 1}), and y at 0")


@dataclass(frozen=True, slots=True)
class PairChanges:
    """At most ``most`` sign changes of the measure of u + v with density (v - u)(zeta(v) - zeta(u))/2."""

    most: int
    reason: str


@lru_cache(maxsize=512)
def pair_changes(tree: Node) -> PairChanges | None:
    """For finitely many levels, and for links with a monotone zeta_{k*}: then no pair counts negative."""
    order, star, steps = rising_order(tree), exponents(tree).generative.value, levels(tree)
    if star is None:
        return None
    if order == star:
        return PairChanges(0, f"zeta_{star} is monotone in y, so (v - u)(zeta(v) - zeta(u)) has one sign")
    if steps is None:
        return None
    try:
        most = changes_of(apart(masses(steps, star), masses(steps, 0)))
    except Undecided:
        return None
    return PairChanges(most, "the pairs of levels u < v, in the order of u + v")


def noisy_label_changes(changes: SignChanges, noise: Noise, *, odd: bool) -> int | None:
    """At most so many sign changes of y zeta_{k*} dP_y for y = s + e; None where no bound is proved.

    Gaussian noise adds none to zeta_{k*} dP_y, uniform noise none to a single one (T11); y adds one at 0, or
    takes one away where s and k* are ``odd``, as zeta_{k*} changes sign at 0 then.
    """
    if noise == NOISELESS:
        return changes.label
    if noise.kind == "gaussian" or (noise.kind == "uniform" and changes.weight <= 1):
        return changes.weight + (-1 if odd else 1)
    return None


def changes_of(weights: dict[sympy.Expr, sympy.Expr]) -> int:
    """How often the weights change sign in the order of their keys. Raises Undecided."""
    return variations(decided_sign(weights[key]) for key in increasing(weights))


def variations(signs: Iterable[int]) -> int:
    """How often neighbours differ when zeros are left out."""
    return sum(a != b for a, b in pairwise(filter(None, signs)))


@dataclass(frozen=True, slots=True)
class Structural:
    """No zero at any admissible beta >= ``beta``, for the ``reason`` given (beta = 0: at none at all)."""

    beta: sympy.Expr
    reason: str


#: The signal of a link that has the sign of z, as the mean of what is never negative.
_POSITIVE: dict[str, str] = {Signal.LABEL: "E[s e^(ts) Z] > 0", Signal.WEIGHT: "E[(e^(ts) - 1) Z] > 0"}


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
    if kind in _POSITIVE and star == 1 and has_the_sign_of_z(tree):
        return Structural(sympy.S.Zero, f"s(z) z >= 0 for every z, so {_POSITIVE[kind]}")
    shape = monotone(tree).value
    if shape is None or star != (2 if "|z|" in shape else 1):
        return None
    if kind != Signal.LABEL:
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
    if kind == Signal.CENTERED or not isinstance(core, Call) or core.name not in ("sin", "cos"):
        return None
    inner = polynomial(core.args[0])
    if inner is None or len(inner) != 2 or inner[0] != 0 or sign(c) != 1:
        return None
    if kind == Signal.LABEL and sign(d) not in (0, 1):
        return None
    if core.name == "cos":
        return Structural(sympy.S.Zero, "e^(t cos) expands in I_n(t) with coefficients of one sign")
    if sign(4 * inner[1] ** 2 - sympy.log(3)) != 1:
        return None
    return Structural(sympy.S.Zero, "e^(t sin) expands in I_n(t) with alternating terms that fall")


def _bump(tree: Node, kind: str, star: int) -> Structural | None:
    """A z^m e^{-cz^2}, m even, A > 0: all mu_{i,k*} of one sign make a power series in t of one sign."""
    bump = powered_gaussian(tree)
    if bump is None or bump.m % 2 or sign(bump.factor) != 1 or kind == Signal.CENTERED:
        return None
    series = sympy.Poly(bump.series(star))
    if len({sign(c) for c in series.all_coeffs() if c != 0}) != 1:
        return None
    reason = (
        f"E[s^i He_{star}] has the sign of {sympy.factor(series.as_expr())} for every i >= 1, no terms cancel"
    )
    return Structural(sympy.S.Zero, reason)
