"""The sign of alpha_k at every temperature, as a Coq file, of a link with finitely many values and jumps.

There alpha_k(1/t) is the sum of v m_v e^{tv} over the values v, with m_v = E[He_k(Z); s(Z) = v], which
`steps_line` proves. Where its first terms at t = 0 are 0, it rises from there as a derivative does that has
one sign (`rises_from_0`); from some t on the largest value but 0 outweighs the others (`outweighed`).
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from ...link import Link
from ...theory.exact.constants import decided_sign, enclosure
from ...theory.families.piecewise import masses
from ...theory.shape.pieces import levels
from .cells import Side
from .terms import number
from .theorem import Moments

_BITS, _MOST_ORDER, _GRID = 96, 6, 256
#: Where the largest value but 0 is tried to outweigh the others.
_STARTS = tuple(Fraction(2) ** n for n in range(-2, 7))
#: By so much more than is needed, as Coq sees it on intervals of t.
_CLEAR = 1.05


class _Sum(NamedTuple):
    """v and m_v, the first order of t with a term that is not 0, and its sign, which all t > 0 have."""

    terms: list[tuple[float, float]]
    order: int
    sign: int

    def at(self, i: int, t: float) -> float:
        """E[s^i e^{ts} He_k], with that sign."""
        return self.sign * sum(v**i * m * math.exp(t * v) for v, m in self.terms)

    def most(self, i: int, t: float) -> float:
        """The same with every term taken positive."""
        return sum(abs(v**i * m) * math.exp(t * v) for v, m in self.terms)


def stepped(link: Link, k: int, side: Side) -> tuple[Moments, list[str], str] | None:
    """Lemmas, and the term that proves that alpha_k is on that side of 0; None where that is not seen so."""
    found = _sum(link, k)
    if not found or found.sign != side.sign:
        return None
    top, mass = max(found.terms)
    largest = 2 * found.sign * top * mass
    far = next((t for t in _STARTS if largest * math.exp(t * top) > _CLEAR * found.most(1, float(t))), None)
    if far is None:
        return None
    near = far / 2
    while found.order > 1 and _CLEAR * float(near) * found.most(found.order + 1, float(near)) > found.at(
        found.order, 0
    ):
        near /= 2
    start = 0.0 if found.order == 1 else float(near)
    if min(found.at(1, start + n * (float(far) - start) / _GRID) for n in range(_GRID + 1)) <= 0:
        return None
    moments = Moments.of(link, k, Fraction(1), every=True)
    return moments, *_proof(moments, side.e, found, (near, far))


def _sum(link: Link, k: int) -> _Sum | None:
    known = levels(link.tree)
    if known is None or len(known) < 2 or not k or not all(v.is_Rational for _, _, v in known):
        return None
    try:
        exact = {v: m for v, m in masses(known, k).items() if decided_sign(m) and v != 0}
        signs = (decided_sign(sum(v**i * m for v, m in exact.items())) for i in range(1, _MOST_ORDER))
        order, sign = next(((i, sign) for i, sign in enumerate(signs, 1) if sign), (0, 0))
        terms = [(float(v), float(enclosure(m, _BITS))) for v, m in exact.items()]
    except ArithmeticError:
        return None
    # A larger value without a weight, unless it is 0, is nothing to algebra, and infinite on intervals of t.
    outweighs = bool(exact) and max(exact) == max(v for _, _, v in known if v != 0)
    return _Sum(terms, order, sign) if order and outweighs else None


def _proof(moments: Moments, e: str, found: _Sum, ends: tuple[Fraction, Fraction]) -> tuple[list[str], str]:
    k, cut, (near, far) = moments.k, moments.pieces, ends
    first, a, b = cut.cuts[0].at(0), number(near).at(0), number(far).at(0)
    inside = [cut.at[0] - 1, *((x + y) / 2 for x, y in pairwise(cut.at)), cut.at[-1] + 1]
    known = levels(moments.link.tree) or ()
    sizes = [Fraction(str(v)) for z in inside for low, high, v in known if float(low) < z < float(high)]
    top = number(max(size for size in sizes if size)).at(0)
    values = [number(size).at(0) for size in sizes]
    rest = "".join(f"({c.text}, {v}) :: " for c, v in zip(cut.cuts[1:], values[2:], strict=True))
    rest, whole = f"({rest}nil)%list", f"(({first}, {values[1]}) :: {rest}nil)%list"
    jumps = f"{e} * jumps (power_exp {{}} t) {k - 1} {values[0]} {whole}"
    by_piece = " | ".join(f"rewrite piece_{j} by exact inside" for j in range(1, len(values)))
    lemmas = [
        f"Lemma s_before : forall z, z < {first} -> s z = {values[0]}.\n"
        "Proof. intros z inside. rewrite piece_0 by exact inside. lra. Qed.\n",
        f"Lemma s_steps : steps s {first} {values[1]} {rest}.\nProof. simpl.\n"
        "repeat match goal with |- _ /\\ _ => split end;\n"
        f"  first [interval | intros z inside; first [{by_piece}]; lra]. Qed.\n",
    ]
    for i in range(found.order, 0, -1):
        proof = f"apply rises_from_0; [no_sum | exact near_{i + 1}]"
        if i == found.order:
            proof = "intros t range. sum_sign. interval with (i_bisect t)"
        stated = f"forall t, 0 < t <= {a} -> 0 < {jumps.format(i)}"
        lemmas.append(f"Lemma near_{i} : {stated}.\nProof. {proof}. Qed.\n")
    lemmas += [
        f"Lemma between : forall t, {a} <= t <= {b} -> 0 < {jumps.format(1)}.\n"
        "Proof. intros t range. sum_sign. interval with (i_bisect t). Qed.\n",
        f"Lemma beyond : forall t, {b} <= t -> 0 < {jumps.format(1)}.\nProof. intros t range. "
        f"apply (outweighed {e} t {top}). sum_sign. interval. Qed.\n",
        f"Lemma each : forall t, 0 < t -> 0 < {jumps.format(1)}.\nProof. intros t positive.\n"
        f"destruct (Rle_dec t {a}); [apply near_1; lra |].\n"
        f"destruct (Rle_dec t {b}); [apply between | apply beyond]; lra. Qed.\n",
    ]
    return lemmas, (
        f"steps_sign {moments.given(every=True)}\n  {e} {k - 1} {values[0]} {first} {values[1]} {rest} beta "
        "s_before s_steps positive ltac:(lra) ltac:(reflexivity) (each (/ beta))"
    )
