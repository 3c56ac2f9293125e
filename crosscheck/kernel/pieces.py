"""Links that jump: where they are cut, what they are between the cuts, and the lemmas that say so in Coq.

A cut is where a comparison, or the argument of sign or Heaviside, changes its side. Between two cuts all of
them are decided, and what is left is continuous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import cast

from flint import arb

from ...link import Link, LinkError
from ...link.text import excerpt
from ...link.text import text as written_text
from ...link.tree import (
    Bin,
    Call,
    Compare,
    Condition,
    Neg,
    Node,
    Num,
    Part,
    Var,
    Where,
    is_constant,
    rebuild,
    walk,
)  # fmt: skip
from ...numerics.lowering.arb import compile_arb, holds
from ...numerics.precision import working
from ...theory.exact.polynomial import rational_polynomial
from .link import Coq, Written, written

_ZERO = Num(Fraction(0))
_EVEN = (Call("abs", (Var("z"),)), Bin("**", Var("z"), Num(Fraction(2))))
_MOST_CUTS = 12


@dataclass(frozen=True, slots=True)
class Pieces:
    """The cuts from left to right, as terms and as numbers, and the link on each of the pieces between."""

    cuts: tuple[Coq, ...]
    at: tuple[float, ...]
    links: tuple[Written, ...]
    stated: Coq

    @property
    def reach(self) -> float:
        return max(map(abs, self.at))

    def lemmas(self, rewritten: str) -> str:
        """Lemmas ``piece_i``, and ``s_tame`` from them."""
        return "\n".join([*self._pieces(rewritten), self._tame()])

    def _pieces(self, rewritten: str) -> Iterator[str]:
        ends = [cut.at(49) for cut in self.cuts]
        facts = "".join(f"assert ({x} < {y}) by interval. " for x, y in pairwise(ends))
        facts += "".join(
            f"assert (0 <= {x.text}) by interval. assert (square := sqrt_sqrt ({x.text[5:].strip()}) "
            "ltac:(interval)). "
            for x in self.cuts
            if x.text.startswith("sqrt ")
        )
        for index, link in enumerate(self.links):
            low = f"{ends[index - 1]} < " if index else ""
            high = f" < {ends[index]}" if index < len(ends) else ""
            yield (
                f"Lemma piece_{index} : forall z, {low}z{high} -> s z = {link.computed.text}.\n"
                f"Proof. intros z range. unfold s. {facts}on_piece.\n"
                f"repeat (progress known{rewritten}). first [reflexivity | ring | field | lra]. Qed.\n"
            )

    def _tame(self) -> str:
        ends, last = [cut.at(0) for cut in self.cuts], len(self.links) - 1
        steps = [
            f"apply (first_piece s (fun z => {self.links[0].computed.text}) {ends[0]});",
            "[now_tame | exact piece_0 |].",
        ]
        for index in range(1, last):
            x, y = ends[index - 1], ends[index]
            steps += [
                f"apply (next_piece s (fun z => {self.links[index].computed.text}) {x} {y});",
                f"[now_tame | interval | exact piece_{index} |].",
            ]
        steps += [
            f"apply (last_piece s (fun z => {self.links[last].computed.text}) {ends[-1]});",
            f"[now_tame | exact piece_{last}].",
        ]
        return "Lemma s_tame : tame s.\nProof.\n" + "\n".join(steps) + "\nQed.\n"

    def integral(self, term: str, end: str, bits: int, fuel: int) -> list[str]:
        """The steps that bound RInt (fun z => term (s z) z) (- end) end, cut by cut."""
        ends, steps = [f"(Ropp {end})", *(cut.at(0) for cut in self.cuts)], list[str]()
        name = term.partition(" ")[0]
        for index, link in enumerate(self.links[:-1]):
            side = "(fun z range => piece_0 z (proj2 range))" if index == 0 else f"piece_{index}"
            steps += [
                f"  rewrite (cut s (fun z => {link.computed.text}) ({term}) {ends[index]} {ends[index + 1]}",
                f"    {end} ({name}_joint {term.partition(' ')[2]}) s_tame ltac:(interval) {side}).",
            ]
        last, x = len(self.links) - 1, ends[-1]
        steps += [
            f"  rewrite (RInt_ext (fun z => {term} (s z) z)",
            f"    (fun z => {term} ({self.links[-1].computed.text}) z) {x} {end}) by (intros z;",
            f"    rewrite Rmin_left by interval; intros range; rewrite piece_{last} by apply range;",
            "    reflexivity).",
            f"  unfold {name}. simpl He. simpl INR.",
            "  repeat match goal with |- context [RInt ?f ?a ?b] => let H := fresh in",
            f"    integral_intro (RInt f a b) with (i_width ({bits}), i_fuel {fuel}) as H; revert H;",
            "    generalize (RInt f a b); intros ? ? end; lra.",
        ]
        return steps


def jumps(tree: Node) -> bool:
    """Whether the link is cut."""
    return any(True for part in walk(tree) for _ in _switches(part))


def pieces(link: Link) -> Pieces:
    """The pieces of a link that jumps. Raises LinkError where a cut is not found."""
    found = dict[Node, float]()
    for part in walk(link.tree):
        for left, right in _switches(part):
            for node in _roots(left, right):
                found[node] = _value(node)
    cuts = sorted(found, key=lambda node: found[node])
    at = tuple(found[node] for node in cuts)
    if not 0 < len(cuts) <= _MOST_CUTS or any(y - x < 1e-9 for x, y in pairwise(at)):
        raise LinkError(
            f"'{link}' is cut at places that these proofs do not tell apart, or at more than {_MOST_CUTS}"
        )
    between = (at[0] - 1, *((x + y) / 2 for x, y in pairwise(at)), at[-1] + 1)
    links = tuple(written(_decided(link.tree, arb(z))) for z in between)
    return Pieces(tuple(written(node).stated for node in cuts), at, links, written(link.tree).stated)


def _switches(part: Part) -> Iterator[tuple[Node, Node]]:
    if isinstance(part, Compare):
        yield part.left, part.right
    elif isinstance(part, Call) and part.name in ("sign", "Heaviside"):
        yield part.args[0], _ZERO


def _value(node: Node) -> float:
    with working(96):
        return float(compile_arb(node)(arb(0)))


def _roots(left: Node, right: Node) -> list[Node]:
    """Where left = right, for what is linear or a square in z, abs(z), and products of those."""
    if is_constant(left):
        left, right = right, left
    if isinstance(left, Neg):
        return _roots(left.arg, Neg(right))
    if isinstance(left, Var) and is_constant(right):
        return [right]
    if is_constant(right) and left in _EVEN:
        value = _value(right)
        if value < 0:
            return []
        size = right if isinstance(left, Call) else Call("sqrt", (right,))
        return [size, Neg(size)] if value else [_ZERO]
    shape = rational_polynomial(Bin("-", left, right))
    if shape is not None and shape.degree() == 1:
        root = -shape[0] / shape[1]
        return [Num(Fraction(int(root.p), int(root.q)))]
    if isinstance(left, Bin) and left.op == "*" and right == _ZERO:
        return [*_roots(left.left, _ZERO), *_roots(left.right, _ZERO)]
    if isinstance(left, Bin) and left.op in "+-" and is_constant(left.right):
        moved = left.right if left.op == "-" else Neg(left.right)
        return _roots(left.left, moved if right == _ZERO else Bin("+", right, moved))
    raise LinkError(
        f"where '{excerpt(written_text(left))}' is '{excerpt(written_text(right))}' is not seen by these "
        "proofs: compare z, abs(z) or z**2 with a number"
    )


def _decided(node: Node, z: arb) -> Node:
    """The link near z, with every comparison decided."""
    if isinstance(node, Where):
        return _decided(node.then if _holds(node.condition, z) else node.other, z)
    if isinstance(node, Call) and node.name in ("sign", "Heaviside"):
        above = _holds(Compare(">", node.args[0], _ZERO), z)
        return Num(Fraction(1)) if above else Num(Fraction(-1 if node.name == "sign" else 0))
    return cast(Node, rebuild(node, lambda child: _decided(cast(Node, child), z)))


def _holds(condition: Condition, z: arb) -> bool:
    """On the side of z, which is well away from every cut."""
    with working(96):
        return bool(holds(condition, z))
