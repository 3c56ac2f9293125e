"""alpha_1 > 0 at every temperature at once, where s(z) z >= 0 for every z, as a Coq file.

Then every value of s e^{ts} z is at least 0, whatever t is, and on [1, 2] it is above 0 (`one_sign`).
"""

from __future__ import annotations

import math
from fractions import Fraction

from flint import arb

from ...link import Link, LinkError
from ...link.tree import Bin, Call, Node, Num, Var, Where, walk
from ...numerics.lowering.arb import compile_arb
from .cells import Side
from .link import number, written
from .theorem import Moments, Theorem, decimal

#: Of the least value of s(z) z on [1, 2], as balls on that many cells bound it, that part is stated.
_STATED, _GRID = Fraction(1, 2), 64
#: What `interval` does not know, and the logarithm, which it rounds to below 0 at 1.
_UNSEEN = ("sign", "Heaviside", "log", "log1p", "softplus")


def everywhere(link: Link, side: Side) -> Theorem:
    """alpha_1 is on that side of 0 for all beta > 0.

    Raises LinkError where the link is neither bounded nor of linear growth, or these proofs do not see that
    s(z) has the sign of z.
    """
    moments, s = Moments.of(link, 1, Fraction(1)), compile_arb(link.tree)
    cells = [arb(1 + (n + 0.5) / _GRID, 0.5 / _GRID) for n in range(_GRID)]
    least = min(float((s(z) * z).lower()) for z in cells)
    if side.sign < 0 or not _along(link.tree) or not least > 0:
        raise LinkError(
            f"that alpha_1 of '{link}' has that sign for all beta > 0 is not seen by these proofs, which "
            "need s(z) z >= 0, part by part: take a link such as tanh(z), or a range"
        )
    made = moments.made
    if bounds := made.bounds:
        low, high, size = (number(each).at(0) for each in (*bounds, max(map(abs, bounds))))
        growth = f"(bounded_at_all_T s {low} {high} {size} s_between ltac:(lra) ltac:(lra))"
    elif made.growth and made.growth.degree <= 1:
        growth = f"(linear_at_all_T s {made.growth.size} {made.growth.degree} {made.growth.proof} ltac:(lia))"
    else:
        raise LinkError(f"'{link}' is not of linear growth, which these proofs need for all beta > 0")
    c = decimal(Fraction(least) * _STATED, 2 - math.floor(math.log10(least)), -1)
    lemmas = [
        "Lemma s_along : along s.\nProof. unfold s. along_by_parts. Qed.\n",
        f"Lemma s_large : forall z, 1 <= z <= 2 -> {c} <= s z * z.\nProof.\n"
        "intros z range. unfold s. on_piece. repeat (progress known). interval with (i_bisect z).\nQed.\n",
    ]
    statement = (
        f"Theorem signed : forall beta, 0 < beta ->\n  converges s 1 beta /\\ {side.of('alpha s 1 beta')}."
    )
    proof = (
        f"Proof.\nintros beta positive.\ndestruct (one_sign s _ {c} _ s_tame {growth}\n"
        "  s_along ltac:(lra) s_large beta positive) as [C H].\n"
        f"split; [exact C | {side.last}].\nQed."
    )
    return moments.theorem(f"alpha_1 of s(z) = {link} for every beta > 0", lemmas, statement, proof)


def _along(tree: Node) -> bool:
    """Whether `along_by_parts` sees that s(0) = 0 and s(z) z >= 0."""
    if isinstance(tree, Var):
        return True
    if isinstance(tree, Bin) and tree.op == "+":
        return _along(tree.left) and _along(tree.right)
    if isinstance(tree, Bin) and tree.op == "*":
        return any(
            _along(one) and _least(other) >= 0
            for one, other in ((tree.left, tree.right), (tree.right, tree.left))
        )
    if isinstance(tree, Bin) and tree.op == "/":
        return _along(tree.left) and _least(tree.right) > 0
    if isinstance(tree, Call) and tree.name in ("tanh", "atan", "sign", "relu"):
        return _along(tree.args[0])
    if isinstance(tree, Call) and tree.name == "clip":
        inner, low, high = tree.args
        ends = isinstance(low, Num) and isinstance(high, Num) and low.value <= 0 <= high.value
        return ends and _along(inner)
    return False


def _least(tree: Node) -> float:
    """A lower bound that Coq's `interval` sees on the whole line; -oo where it does not know a function."""
    made = written(tree)
    unknown = any(
        isinstance(part, Where) or (isinstance(part, Call) and part.name in _UNSEEN) for part in walk(tree)
    )
    return -math.inf if unknown or made.stated != made.computed else made.image.lo
