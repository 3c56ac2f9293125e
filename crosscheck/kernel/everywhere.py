"""The sign of alpha_k at every temperature at once, as a Coq file.

Where (s(z) - c) He_k(z) has one sign, s e^{ts} - c e^{tc} has the sign of He_k too, for every t and c >= 0,
and E[He_k] = 0 (`one_sign`). So it is where s increases or decreases in z for k = 1, in abs(z) for k = 2:
tanh, sigmoid, -relu, abs, exp(-z**2).

Of a link with finitely many values and jumps alpha_k(1/t) is the sum of v m_v e^{tv} over the values v, with
m_v = E[He_k(Z); s(Z) = v], which `steps_line` proves. Where its first terms at t = 0 are 0, it rises from
there as a derivative does that has one sign (`rises_from_0`); from some t on the largest value but 0
outweighs the others (`outweighed`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, cast

from flint import arb

from ...link import Link, LinkError
from ...link.tree import Bin, Call, Neg, Node, Num, Var, Where, is_constant, rebuild, walk
from ...numerics.lowering.arb import compile_arb
from ...theory.exact import he
from ...theory.exact.constants import decided_sign, enclosure
from ...theory.families.piecewise import masses
from ...theory.shape.pieces import levels
from .cells import Side
from .link import written
from .tails import rises
from .terms import argument, decimal
from .theorem import Moments, Theorem

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
    first, a, b = cut.cuts[0].at(0), argument(near), argument(far)
    inside = [cut.at[0] - 1, *((x + y) / 2 for x, y in pairwise(cut.at)), cut.at[-1] + 1]
    known = levels(moments.link.tree) or ()
    sizes = [Fraction(str(v)) for z in inside for low, high, v in known if float(low) < z < float(high)]
    top = argument(max(size for size in sizes if size))
    values = [argument(size) for size in sizes]
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


#: Of the least (s(z) - c) He_k(z) on an interval, as balls on that many cells bound it, that part is stated.
_STATED, _CELLS = Fraction(1, 2), 64
#: What `interval` does not know, and the logarithm, which it rounds to below 0 at 1.
_UNSEEN = ("sign", "Heaviside", "log", "log1p", "softplus")
_INCREASING = (
    "tanh", "atan", "exp", "expm1", "sqrt", "sign", "Heaviside", "sigmoid", "softplus", "relu", "clip",
)  # fmt: skip
_ZERO, _ONE, _Z = Num(Fraction(0)), Num(Fraction(1)), Var("z")


class _Along(NamedTuple):
    """The term that proves `along`, and its c."""

    proof: str
    level: Node


#: What increases, or is even and increases in abs(z), with its lemma and c = f(1), as He_2(1) = 0.
_ATOMS = {
    (_Z, 1): ("along_z", _ZERO),
    (Bin("**", _Z, Num(Fraction(2))), 2): ("along_square", _ONE),
    (Call("abs", (_Z,)), 2): ("along_abs", _ONE),
}


def everywhere(
    link: Link, k: int, side: Side | None = None, over: str = "0 < beta", distinct: bool = False
) -> Theorem:
    """alpha_k is on that side of 0 for all beta > 0, on one of both where ``side`` is None.

    It is stated of those temperatures ``over`` which it is asked. Raises LinkError where it is not seen.
    """
    sides = [side] if side else [Side(1, distinct=distinct), Side(-1, distinct=distinct)]
    for chosen in sides:
        if (found := _along(link.tree, k, _ONE if chosen.sign > 0 else Neg(_ONE))) and rises(
            link, written(link.tree)
        ):
            start = 1 if k == 1 else math.ceil(2 * math.sqrt(k))
            least = _least_on(link, k, chosen.sign, found.level, start)
            if least > 0:
                moments = Moments.of(link, k, Fraction(1), every=True)
                return _signed(moments, chosen, over, *_from_sign(moments, chosen, found, (start, least)))
    for chosen in sides:
        if (steps := stepped(link, k, chosen)) is not None:
            return _signed(steps[0], chosen, over, *steps[1:])
    raise LinkError(
        f"that alpha_{k} of '{link}' has {'that' if side else 'one'} sign for all beta > 0 is not seen by "
        f"these proofs, which need (s(z) - c) He_{k}(z) to have it, part by part, with a number c >= 0, and "
        "s at most linear, or finitely many rational values of s: take a link such as tanh(z), sigmoid(z) or "
        "sign(z), or a range"
    )


def _signed(moments: Moments, side: Side, over: str, lemmas: list[str], proof: str) -> Theorem:
    """proof: of 0 < e * alpha for a ``beta`` that is ``positive``."""
    held = side.of(f"alpha s {moments.k} beta")
    statement = f"Theorem signed : forall beta, {over} ->\n  converges s {moments.k} beta /\\ {held}."
    begun = "Proof.\nintros beta range. assert (positive : 0 < beta) by lra.\n"
    whole = f"{begun}destruct ({proof}) as [C H].\nsplit; [exact C | {side.last}].\nQed."
    about = f"alpha_{moments.k} of s(z) = {moments.link} for all {over}"
    return moments.theorem(about, lemmas, statement, whole)


def _from_sign(
    moments: Moments, side: Side, found: _Along, large: tuple[int, float]
) -> tuple[list[str], str]:
    """The lemmas, and the term that proves that it converges and 0 < e * alpha."""
    k, (start, least) = moments.k, large
    c, e = written(found.level).stated.at(0), side.e
    low = decimal(Fraction(least) * _STATED, 2 - math.floor(math.log10(least)), -1)
    product = f"(s z - {c}) * ({e} * He {k} z)"
    lemmas = [
        f"Lemma s_along : along {e} {k} s {c}.\nProof. exact {found.proof}. Qed.\n",
        f"Lemma s_level : 0 <= {c}.\nProof. level. Qed.\n",
        f"Lemma s_large : forall z, {start} <= z <= {start + 1} -> {low} <= {product}.\nProof.\n"
        "intros z range. unfold s. at_0. on_piece. repeat (progress known). simpl He. simpl INR.\n"
        "interval with (i_bisect z).\nQed.\n",
    ]
    return lemmas, (
        f"one_sign {moments.given(every=True)}\n  {e} {c} {low} {start} {start + 1} beta ltac:(lia) s_along "
        "s_level ltac:(lra) ltac:(lra) s_large positive ltac:(lra)"
    )


def _least_on(link: Link, k: int, sign: int, level: Node, start: int) -> float:
    s, c, polynomial = compile_arb(link.tree), compile_arb(level)(arb(0)), he(k)
    cells = [arb(start + (n + 0.5) / _CELLS, 0.5 / _CELLS) for n in range(_CELLS)]
    if not c >= 0:
        return -math.inf
    return min(float(((s(z) - c) * polynomial(z) * sign).lower()) for z in cells)


def _along(tree: Node, k: int, w: Node) -> _Along | None:
    """(f(z) - c) He_k(z) has the sign of w for all z."""
    own, up = written(w).stated.at(0), compile_arb(w)(arb(0)) > 0
    if is_constant(tree):
        return _Along(f"(along_number {own} {written(tree).stated.at(0)} _)", tree)
    if up and (atom := _ATOMS.get((tree, k))):
        return _Along(f"({atom[0]} {own} ltac:(nowhere_below_0))", atom[1])
    if up and tree == Call("He", (Num(Fraction(k)), _Z)):
        return _Along(f"(along_He {own} _ ltac:(nowhere_below_0))", _ZERO)
    if isinstance(tree, Neg):
        return _with(f"along_opp {own} _ _ _", tree, _along(tree.arg, k, Neg(w)))
    if isinstance(tree, Bin) and tree.op in "+-":
        right = _along(tree.right, k, w if tree.op == "+" else Neg(w))
        name = "along_plus" if tree.op == "+" else "along_minus"
        return _with(f"{name} {own} _ _ _ _ _", tree, _along(tree.left, k, w), right)
    if isinstance(tree, Bin):
        return _times(tree, k, w) if tree.op in "*/" else None
    if isinstance(tree, Call) and tree.name in ("max", "min") and len(tree.args) == 2:
        return _with(f"along_{tree.name} {own} _ _ _ _ _", tree, *(_along(each, k, w) for each in tree.args))
    if isinstance(tree, Call) and tree.name in _INCREASING and all(map(is_constant, tree.args[1:])):
        h = written(replace(tree, args=(_Z, *tree.args[1:]))).stated.text
        lemma = f"along_through (fun z => {h}) {own} _ _ _ ltac:(increases)"
        return _with(lemma, tree, _along(tree.args[0], k, w))
    return None


def _with(lemma: str, tree: Node, *parts: _Along | None) -> _Along | None:
    """By a lemma on a node, from what is found of its first children, or of all."""
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    levels = iter(part.level for part in found)
    level = rebuild(tree, lambda child: next(levels, child))
    return _Along(f"({lemma} {' '.join(part.proof for part in found)})", cast(Node, level))


def _times(tree: Bin, k: int, w: Node) -> _Along | None:
    """A number times f; or f, of which c = 0, times or over what is nowhere below 0."""
    own, over = written(w).stated.at(0), tree.op == "/"
    for one, other, dash in ((tree.left, tree.right, "'"), (tree.right, tree.left, "")):
        if over and not dash:
            return None
        if is_constant(other):
            d = f"({'/ ' if over else ''}{written(other).stated.at(0)})"
            if (inner := _along(one, k, Bin(tree.op, w, other))) is None:
                return None
            level = Bin(tree.op, *((inner.level, other) if dash else (other, inner.level)))
            return _Along(f"(along_multiple{dash} {own} _ {d} _ _ {inner.proof})", level)
        inner = _along(one, k, w)
        if inner and compile_arb(inner.level)(arb(0)) == 0 and _least(other) >= (1e-300 if over else 0):
            g = f"(fun z => {'/ ' if over else ''}{written(other).stated.at(0)})"
            functions = f"{g} _" if dash == "" else f"_ {g}"
            reasons = "ltac:(vanishes) ltac:(nowhere_below_0)"
            return _Along(f"(along_times{dash} {own} _ _ {functions} {inner.proof} {reasons})", _ZERO)
    return None


def _least(tree: Node) -> float:
    """A lower bound that Coq's `interval` sees on the whole line; -oo where it does not know a function."""
    made = written(tree)
    unknown = any(
        isinstance(part, Where) or (isinstance(part, Call) and part.name in _UNSEEN) for part in walk(tree)
    )
    return -math.inf if unknown or made.stated != made.computed else made.image.lo
