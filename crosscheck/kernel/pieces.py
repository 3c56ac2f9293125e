"""Where a link is cut, what it is between the cuts, and the lemmas that say so in Coq.

It is cut where a comparison, or the argument of sign or Heaviside, changes its side: between two such cuts
all of them are decided, and what is left is continuous. And about where the argument of tanh, sigmoid,
softplus or silu changes its sign: on each side another exponential falls, which is smooth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from .link import TURN, TURNED, Written, written
from .terms import Coq

_ZERO = Num(Fraction(0))
_EVEN = (Call("abs", (Var("z"),)), Bin("**", Var("z"), Num(Fraction(2))))
_MOST_CUTS = 12
#: Changes of sign are looked for so far out, and so finely.
_FAR, _STEP = 8, Fraction(1, 16)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The cuts from left to right, as terms and as numbers, and the link on each of the pieces between."""

    cuts: tuple[Coq, ...]
    at: tuple[float, ...]
    links: tuple[Written, ...]
    #: The lemmas by which functions are computed on that piece.
    turned: tuple[tuple[str, ...], ...]
    #: The link on that piece alone, 0 elsewhere.
    alone: tuple[Node, ...]

    @property
    def reach(self) -> float:
        return max(map(abs, self.at), default=0.0)

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
            where = f"{low}z{high} -> " if ends else ""
            turns = "".join(f"rewrite ?({lemma}). " for lemma in self.turned[index])
            yield (
                f"Lemma piece_{index} : forall z, {where}s z = {link.computed.text}.\n"
                f"Proof. intros z{' range' if ends else ''}. unfold s. {facts}on_piece.\n"
                f"{turns}repeat (progress known{rewritten}).\n"
                "first [reflexivity | ring | lra | field; not_zero]. Qed.\n"
            )

    def _tame(self) -> str:
        ends, last = [cut.at(0) for cut in self.cuts], len(self.links) - 1
        if not ends:
            tame = f"apply (tame_ext s (fun z => {self.links[0].computed.text}) piece_0). now_tame"
            return f"Lemma s_tame : tame s.\nProof. {tame}. Qed.\n"
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

    def integral(self, term: str, end: str, bounds: Sequence[str], options: str) -> list[str]:
        """The steps that bound RInt (fun z => term (s z) z) (- end) end, cut by cut.

        bounds: what is said of each piece's integral {}. CoqInterval computes them at Qed, once.
        """
        ends, steps = [f"(Ropp {end})", *(cut.at(0) for cut in self.cuts), end], list[str]()
        name = term.partition(" ")[0]
        for index, link in enumerate(self.links[:-1]):
            side = "(fun z range => piece_0 z (proj2 range))" if index == 0 else f"piece_{index}"
            steps += [
                f"  rewrite (cut s (fun z => {link.computed.text}) ({term}) {ends[index]} {ends[index + 1]}",
                f"    {end} ({name}_joint {term.partition(' ')[2]}) s_tame ltac:(interval) {side}).",
            ]
        last, x, given = len(self.links) - 1, ends[-2], " by apply range" if self.cuts else ""
        steps += [
            f"  rewrite (RInt_ext (fun z => {term} (s z) z)",
            f"    (fun z => {term} ({self.links[-1].computed.text}) z) {x} {end}) by (intros z;",
            f"    rewrite Rmin_left by interval; intros range; rewrite piece_{last}{given};",
            "    reflexivity).",
            f"  unfold {name}, weighted. simpl He. simpl INR.",
        ]
        for index, (a, b) in enumerate(pairwise(ends)):
            own = f"on_{index}"
            by = f"unfold {own}; integral with ({options}, i_delay)"
            steps += [
                f"  match goal with |- context [RInt ?f {a} {b}] => set ({own} := RInt f {a} {b});",
                f"    assert ({bounds[index].format(own)}) by ({by}); clearbody {own} end.",
            ]
        return [*steps, "  lra."]


def pieces(link: Link) -> Pieces:
    """The pieces of a link, a single one where it is not cut. Raises LinkError where a cut is not found."""
    found = dict[Node, float]()
    for part in walk(link.tree):
        for left, right in _switches(part):
            for node in _roots(left, right):
                found[node] = _value(node)
    for turn in _turns(link.tree):
        if all(abs(turn - value) > _STEP for value in found.values()):
            found[Num(turn)] = float(turn)
    cuts = sorted(found, key=lambda node: found[node])
    at = tuple(found[node] for node in cuts)
    if len(cuts) > _MOST_CUTS or any(y - x < 1e-9 for x, y in pairwise(at)):
        raise LinkError(
            f"'{link}' is cut at places that these proofs do not tell apart, or at more than {_MOST_CUTS}"
        )
    between = (at[0] - 1, *((x + y) / 2 for x, y in pairwise(at)), at[-1] + 1) if at else (0.0,)
    trees = [_decided(link.tree, arb(z)) for z in between]
    return Pieces(
        tuple(written(node).stated for node in cuts), at, tuple(map(written, trees)),
        tuple(tuple(_lemmas(tree)) for tree in trees),
        tuple(_alone(link.tree, x, y) for x, y in pairwise([None, *cuts, None])),
    )  # fmt: skip


def _alone(tree: Node, x: Node | None, y: Node | None) -> Node:
    """The link where x < z < y, and 0 elsewhere."""
    left = Where(Compare("<", Var("z"), x), _ZERO, tree) if x else tree
    return Where(Compare("<", Var("z"), y), left, _ZERO) if y else left


def _lemmas(tree: Node) -> Iterator[str]:
    for part in walk(tree):
        if isinstance(part, Call) and part.name.endswith(TURN):
            yield f"{TURNED[part.name.rstrip(TURN)][1]} {written(part.args[0]).stated.at(0)}"


def _turns(tree: Node) -> list[Fraction]:
    """About where arguments of functions that turn change their sign; none of them where they are many."""
    inner = {part.args[0] for part in walk(tree) if isinstance(part, Call) and part.name in TURNED}
    found = set[Fraction]()
    for argument in inner:
        x = compile_arb(argument)
        grid = [n * _STEP for n in range(int(-_FAR / _STEP), int(_FAR / _STEP) + 1)]
        values = [x(arb(z.numerator) / z.denominator) for z in grid]
        for low, y0, y1 in zip(grid, values, values[1:], strict=False):
            if y0 == 0:
                found.add(low)
            elif (y0 < 0 and y1 > 0) or (y0 > 0 and y1 < 0):
                found.add(low + _STEP / 2)
    return sorted(found) if len(found) < _MOST_CUTS / 2 else []


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
    if isinstance(node, Call) and node.name in TURNED:
        (argument,) = node.args
        turned = bool(TURNED[node.name][0] * compile_arb(argument)(z) > 0)
        return Call(node.name + (TURN if turned else ""), (_decided(argument, z),))
    return cast(Node, rebuild(node, lambda child: _decided(cast(Node, child), z)))


def _holds(condition: Condition, z: arb) -> bool:
    """On the side of z, which is well away from every cut."""
    with working(96):
        return bool(holds(condition, z))
