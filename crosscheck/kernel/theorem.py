"""alpha_k at a temperature, enclosed, as a Coq file: what is stated, and its proof.

The integral over [-r, r] is CoqInterval's, the tails are those of `formal/tilt.v`. The numbers come from the
oracle; where one is wrong, the file does not compile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from flint import arb

from ...link import Link
from ...link.tree import Call, Node, walk, whole
from ...numerics.expectation.oracle import Unresolved, oracle
from ...numerics.lowering.arb import compile_arb
from ...numerics.lowering.balls import natural
from ...numerics.precision import as_fraction, working
from ...theory.exact import he
from ..record import Record
from .link import Written, written
from .pieces import Pieces, pieces
from .tails import Tails, tails
from .terms import Coq, argument, decimal, hermite, number

_PACKAGE = Path(__file__).resolve().parents[2]
#: What the package proves once; every file holds it whole.
LEMMAS = _PACKAGE / "formal" / "tilt.v"
#: Takes longer than the proof.
_ASSUMED = "(* What it rests on, a list of Coq's own axioms: Print Assumptions {}. *)"
#: Tails take at most this part of a width that is stated, the integral this one.
_TAIL, _INTEGRAL = 1 / 30, Fraction(9, 4)
#: The part of that error which pieces have by their integrals of the absolute value, not alike.
_SHARED, _ROOT = 0.7, math.sqrt(2 * math.pi)
#: Doubles err by so much, relative to the integral of the absolute value; below it more bits are taken.
_DOUBLES, _MORE_BITS = 8e-12, 80
#: Below this part of that integral digits are counted from it.
_SMALL = Fraction(1, 10)
#: Pieces that CoqInterval may cut each integral into; it stops where the bounds are seen to hold.
_FUEL = 2000
#: Above 1/beta, so that 0 <= t <= T is seen by interval arithmetic.
_ABOVE = Fraction(1001, 1000)


@dataclass(frozen=True, slots=True)
class Theorem(Record):
    """A Coq file about ``link``; statement: its theorem alone."""

    link: Link
    statement: str
    text: str

    keys: ClassVar = "link theorem=statement"


@dataclass(frozen=True, slots=True)
class Moments:
    """Lemmas on E[s^i e^{ts} He_k] for one link and order and 0 <= t <= T, or for ``every`` T."""

    link: Link
    made: Written
    k: int
    T: Fraction
    tails: Tails
    pieces: Pieces

    @classmethod
    def of(cls, link: Link, k: int, T: Fraction, every: bool = False) -> Moments:
        with working(96):
            oracle(link.tree).tilted_moments((k,), (1,), T, 1)  # raises NotIntegrable
        made, T = written(link.tree), T * _ABOVE
        return cls(link, made, k, T, tails(link, made, T, every), pieces(link))

    def theorem(self, about: str, lemmas: Sequence[str], statement: str, proof: str) -> Theorem:
        """The file: definitions and lemmas of ours, the link, what is proved about it, the statement."""
        own = LEMMAS.read_text(encoding="utf-8")
        link, rests = _link(self.link, self.made, self.pieces), _ASSUMED.format(statement.split()[1])
        parts = [_heading(about), own, link, self.tails.lemma, *lemmas, statement, proof, "", rests, ""]
        return Theorem(self.link, statement, "\n".join(parts))

    def given(self, every: bool = False) -> str:
        """What `Section Range` of the lemmas asks of the link: for t up to T, or up to 1/beta."""
        own, T = self.tails, "(/ beta)" if every else argument(self.T)
        a, b = (f"((fun T => {x}) (/ beta))" if every else x for x in (own.a, own.b))
        return (
            f"s {self.k} {own.degree} {T} {own.size} {argument(own.spread)} {a} {b} {own.end}\n"
            "  s_tame ltac:(lra) ltac:(interval) ltac:(cbv beta; split; lra) "
            + ("(s_grows (/ beta))" if every else "s_grows")
        )

    def value(self, i: int, t: Fraction) -> float:
        """E[s^i e^{ts} He_k] to some digits."""
        return float(self.enclosed(self.link.tree, i, t, 12).mid())

    def enclosed(self, tree: Node, i: int, t: Fraction, digits: int) -> arb:
        """The same of the link or of one of its pieces."""
        with working(96):
            return oracle(tree).tilted_moments((self.k,), (i,), t, digits)[i, self.k]

    def absolute(self, i: int, t: float) -> float:
        """E[|s|^i e^{ts} |He_k|] by a plain sum; what is stated of it is proved."""
        return sum(self._contents(i, t))

    def _contents(self, i: int, t: float) -> list[float]:
        """The same piece by piece."""
        s, polynomial, found = compile_arb(self.link.tree), he(self.k), list[float]()
        far = max(float(self.tails.radius(self.k, i, 1e-9)), self.pieces.reach + 1)
        for low, high in pairwise([-far, *self.pieces.at, far]):
            count, size = math.ceil(32 * (high - low)), 0.0
            step = (high - low) / count
            with working(160):
                for j in range(count):
                    z = arb(low + (j + 0.5) * step)
                    y = s(z)
                    # A power of a ball around 0 is no number.
                    size += float(natural(abs(y), i) * abs(polynomial(z)) * (t * y - z * z / 2).exp())
            found.append(size * step / _ROOT)
        if not 1e-250 < sum(found) < 1e250:
            raise Unresolved(f"E[abs(s)^{i} e^(ts) abs(He_{self.k})] is out of the reach of doubles")
        return found

    def point(
        self, name: str, i: int, t: Fraction, value: Fraction, margin: Fraction, bits: str = ""
    ) -> tuple[str, str, str]:
        """The lemma that E[s^i e^{ts} He_k] is within ``margin`` of ``value``, and its two decimals."""
        contents = self._contents(i, float(t))
        places, whole = math.ceil(-math.log10(2 * margin)) + 1, sum(contents)
        digits, parts, ends = math.ceil(-math.log10(margin / whole)) + 4, list[str](), list[Fraction]()
        for tree, content in zip(self.pieces.alone, contents, strict=True):
            # Doubles err by parts of what is integrated, so each piece may.
            own = Fraction(_SHARED * content / whole + (1 - _SHARED) / len(contents))
            with working(160):
                middle = as_fraction((self.enclosed(tree, i, t, digits) * (2 * arb.pi()).sqrt()).mid())
            ends += [middle - own * margin * _INTEGRAL, middle + own * margin * _INTEGRAL]
            parts.append(f"{decimal(ends[-2], places + 3, 1)} <= {{}} <= {decimal(ends[-1], places + 3, -1)}")
        low, high = (decimal(value + side * margin, places, side) for side in (-1, 1))
        inside = [decimal(sum(ends[side::2], Fraction(0)), places + 2, 2 * side - 1) for side in (0, 1)]
        numbers = [*self._numbers(i, t, float(2 * margin) * _TAIL), *inside, low, high]
        at = argument(t)
        return (
            f"Lemma {name} : exists l, on_line (tilted s {self.k} {i} {at}) l /\\ {low} <= l <= {high}.\n"
            f"Proof.\napply (tilted_enclosed {self._apart} s\n  {' '.join(numbers)}).\n"
            + self._steps(f"term {self._apart} {self.k} {i} {at}", numbers[11], parts, bits),
            low,
            high,
        )

    def size(self, name: str, i: int, t: Fraction) -> tuple[str, float]:
        """The lemma that E[|s|^i e^{ts} |He_k|] is at most a number a little above it, and that number."""
        contents = self._contents(i, float(t))
        value = sum(contents)
        places = 3 - math.floor(math.log10(value))
        bound = decimal(Fraction(value * 1.02), places, 1)
        ends = [_ROOT * (1.005 * each + 0.005 * value / len(contents)) for each in contents]
        parts = [f"{{}} <= {decimal(Fraction(each), places + 2, -1)}" for each in ends]
        high = decimal(Fraction(sum(ends)), places + 1, 1)
        numbers = [*self._numbers(i, t, value / 1000), high, bound]
        at = argument(t)
        return (
            f"Lemma {name} : exists M, on_line (size s {self.k} {i} {at}) M /\\ M <= {bound}.\n"
            f"Proof.\napply (size_enclosed {self._apart} s\n  {' '.join(numbers)}).\n"
            + self._steps(f"size_term {self._apart} {self.k} {i} {at}", numbers[11], parts)
        ), float(bound)

    @property
    def _apart(self) -> str:
        """Whether e^{ts} and the weight are integrated as two factors: where the link is bounded."""
        return "true" if self.made.bounds else "false"

    def _numbers(self, i: int, t: Fraction, least: float) -> list[str]:
        """The arguments of `tilted_enclosed` from k to r."""
        own, (c, d) = self.tails, self.tails.rates(i)
        end = max(own.radius(self.k, i, least), Fraction(math.ceil(self.pieces.reach) + 1))
        at, q, *rates = map(argument, (t, own.spread, c, d, end))
        powers = str(own.powers(self.k, i))
        return [str(self.k), str(i), str(own.degree), powers, at, own.size, q, own.a, own.b, *rates]

    def _steps(self, term: str, end: str, parts: Sequence[str], bits: str = "") -> str:
        """The proof from the numbers. end: where the integral ends; parts: what is said of the pieces."""
        steps = [
            "- exact s_tame.", "- lra.", "- interval.", "- lra.", "- lra.", "- simpl; lra.", "- simpl; lia.",
            "- intros z far. apply s_grows; lra.", "-",
            *self.pieces.integral(term, end, parts, f"{bits}i_fuel {_FUEL}"),
            *["- tail_is_small."] * (1 if term.startswith("size") else 2),
        ]  # fmt: skip
        return "\n".join([*steps, "Qed.", ""])


def enclosure(link: Link, k: int, beta: Fraction, digits: int) -> Theorem:
    """lo <= alpha_k(beta) <= hi, of relative width 10^-digits.

    Raises LinkError where Coq cannot be told of the link, NotIntegrable where alpha_k is infinite.
    """
    moments = Moments.of(link, k, 1 / beta)
    with working(160):
        middle = as_fraction(oracle(link.tree).tilted_moments((k,), (1,), 1 / beta, digits + 8)[1, k].mid())
    scale = Fraction(moments.absolute(1, float(1 / beta)))
    width = max(abs(middle), _SMALL * scale) / 10**digits
    bits = f"i_prec {_MORE_BITS}, " if width < _DOUBLES * scale else ""
    lemma, low, high = moments.point("value", 1, 1 / beta, middle, width / 2, bits)
    at, t = argument(beta), argument(1 / beta)
    statement = f"Theorem enclosed : converges s {k} {at} /\\ {low} <= alpha s {k} {at} <= {high}."
    proof = f"Proof. apply (alpha_at s {k} {at} {t}); [field | exact value]. Qed."
    about = f"alpha_{k} of s(z) = {link} at beta = {beta}"
    return moments.theorem(about, [lemma], statement, proof)


def _heading(about: str) -> str:
    return (
        f"(** {about}.\n\n"
        '    To read: the definitions of He, phi, converges and alpha right below, then, from "The link"\n'
        "    on, those of s and the theorem. The rest is proof, which Coq checks; nothing is assumed.\n"
        "    Needs Coq with CoqInterval and Coquelicot: coqc FILE. *)\n"
    )


def _link(link: Link, made: Written, cut: Pieces) -> str:
    polynomials = (part for part in walk(link.tree) if isinstance(part, Call) and part.name == "He")
    orders = sorted({whole(part.args[0]) for part in polynomials})
    lines = ["(** * The link *)", "", f"Definition s (z : R) : R := {made.stated.text}.", ""]
    lines += [polynomial_lemma(order) for order in orders]
    lines.append(cut.lemmas("".join(f" || rewrite He_{order}" for order in orders)))
    if bounds := made.bounds:
        low, high = (number(each).at(49) for each in bounds)
        lines += [
            f"Lemma s_between : forall z, {low} <= s z <= {high}.",
            "Proof. unfold s. between_two. Qed.",
            "",
        ]
    return "\n".join(lines)


def polynomial_lemma(k: int) -> str:
    stated = f"Lemma He_{k} : forall z, He {k} z = {hermite(k, Coq('z', 0)).text}."
    return f"{stated}\nProof. intros z. simpl. ring. Qed.\n"
