"""The sign of alpha_k at every temperature at once, as a Coq file.

Where (s(z) - c) He_k(z) has one sign, s e^{ts} - c e^{tc} has the sign of He_k too, for every t and c >= 0,
and E[He_k] = 0 (`one_sign`). So it is where s increases or decreases in z for k = 1, in abs(z) for k = 2:
tanh, sigmoid, -relu, abs, exp(-z**2). And of links with steps, as `stepped` sees it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, cast

from flint import arb

from ...link import Link, LinkError
from ...link.tree import Bin, Call, Neg, Node, Num, Var, Where, is_constant, rebuild, walk
from ...numerics.lowering.arb import compile_arb
from ...theory.exact import he
from .cells import Side
from .link import written
from .steps import stepped
from .tails import rises
from .terms import decimal
from .theorem import Moments, Theorem

#: Of the least (s(z) - c) He_k(z) on an interval, as balls on that many cells bound it, that part is stated.
_STATED, _GRID = Fraction(1, 2), 64
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
    cells = [arb(start + (n + 0.5) / _GRID, 0.5 / _GRID) for n in range(_GRID)]
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
