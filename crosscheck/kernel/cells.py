"""The cover of a range of temperatures by cells, on each of which alpha_k stays on one side of a number.

On a cell the value at one point, which Coq encloses, is further from the number than the slope can take it
(`value_cell`), and the slope is at most the larger of E[s^2 e^{ts} |He_k|] at two temperatures around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from flint import fmpq_poly

from ...link import Link, LinkError
from ...theory.exact import he
from ...theory.exact.polynomial import rational_polynomial
from ...theory.families.moments import vanishes_by_parity
from .terms import argument, decimal, number
from .theorem import Moments

#: How much of a value the slope may take, and how wide values are enclosed, as parts of it.
TAKEN, LOOSE = 0.85, Fraction(1, 100)
_MOST_CELLS = 400
#: Two temperatures bound the slope between them as long as its bounds there differ by this factor at most.
_STEEPER = 1.3
#: E[s He_k] is taken for 0 below that part of E[|s| |He_k|]: then there is a proof of that, or no theorem.
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Side:
    """alpha_k > level (sign 1), or alpha_k < level (sign -1); how it is stated may be weaker.

    strict: not as >= or <=. distinct: as alpha_k <> level.
    """

    sign: int
    level: Fraction = Fraction(0)
    strict: bool = True
    distinct: bool = False

    @property
    def e(self) -> str:
        return "1" if self.sign > 0 else "(- 1)"

    @property
    def least(self) -> Fraction:
        """What sign * alpha_k is above."""
        return self.sign * self.level

    def of(self, term: str) -> str:
        level, less = number(self.level).at(49), "<" if self.strict else "<="
        if self.distinct:
            return f"{term} <> {level}"
        return f"{level} {less} {term}" if self.sign > 0 else f"{term} {less} {level}"

    @property
    def last(self) -> str:
        """The tactic that concludes what is stated."""
        if not self.distinct:
            return "lra"
        return f"apply {'Rgt_not_eq' if self.sign > 0 else 'Rlt_not_eq'}; lra"


def at_most(lemma: str) -> str:
    return f"destruct {lemma} as [M [L less]]; exists M; split; [exact L | lra]"


@dataclass
class Cells:
    """The cover of ranges within 0 <= t <= T by cells."""

    moments: Moments
    T: Fraction
    #: E[s^2 e^{ts} |He_k|] at most, by t.
    steepness: dict[Fraction, float] = field(default_factory=dict)
    #: Cells and bounds of the slope so far, which number their lemmas.
    cells: int = 0
    sizes: int = 0

    @classmethod
    def of(cls, link: Link, k: int, T: Fraction) -> Cells:
        return cls(Moments.of(link, k, T), T)

    @property
    def tools(self) -> str:
        """The lemmas of ranges, said of this link once."""
        names = {
            "on_cell": "value_cell", "only_zero": "alone", "at_beta": "signal_alpha", "after_0": "from_zero",
            "zero_at_0": "even_signal",
        }  # fmt: skip
        return (
            "\n".join(
                f"Definition {name} := {lemma} {self.moments.given()}." for name, lemma in names.items()
            )
            + "\n"
        )

    def loose(self, name: str, i: int, t: Fraction, part: Fraction) -> tuple[str, str, str]:
        """A moment within that part of itself."""
        value = Fraction(self.moments.value(i, t))
        return self.moments.point(name, i, t, value, abs(value) * part)

    def cover(self, side: Side, start: Fraction, end: Fraction, name: str = "on_cells") -> Iterator[str]:
        """Lemmas that the signal is on that side of its level on [start, end], the last one of that name."""
        here, ends, tests = start, dict[int, Fraction](), list[str]()
        if start == side.level == 0 and abs(self.moments.value(1, start)) < _NOTHING * self.moments.absolute(
            1, 0
        ):
            here, first_cell = self._after_0(side, end)
            yield first_cell
            tests.append(f"destruct (Rle_dec t {argument(here)}); [apply cell_0; lra |].")
        yield self._size(here)
        while here < end:
            first, stop, block = here, self._block(side, here, end), self.sizes
            yield self._size(stop)
            slope = max(self.steepness[first], self.steepness[stop])
            while here < stop:
                if len(ends) == _MOST_CELLS:
                    raise LinkError(
                        f"alpha_{self.moments.k} of '{self.moments.link}' comes too close to {side.level} "
                        f"for {_MOST_CELLS} cells: narrow the range"
                    )
                rho = self._reach(side, slope, here, stop)
                self.cells += 1
                yield self._cell(self.cells, side, (here, rho), (first, stop, slope, block))
                here += 2 * rho
                ends[self.cells] = here
        less = "<" if tests else "<="
        tests += [f"destruct (Rle_dec t {argument(b)}); [apply cell_{i}; lra |]." for i, b in ends.items()]
        a, b = map(argument, (start, end))
        stated = f"forall t, {a} {less} t <= {b} -> {self._signal(side)}"
        proof = "\n".join(["intros t range.", *tests, "lra."])
        yield f"Lemma {name} : {stated}.\nProof.\n{proof}\nQed.\n"

    def slope(self, name: str, middle: Fraction, rho: Fraction) -> tuple[list[str], str, str, str]:
        """Lemmas on E[s^2 e^{ts} He_k] at ``middle`` and E[|s|^3 e^{ts} |He_k|] at rho on both sides of it.

        And two decimals around the first, one that the second are at most.
        """
        (left, a), (right, b) = (
            self.moments.size(f"{side}_{name}", 3, t)
            for side, t in (("left", middle - rho), ("right", middle + rho))
        )
        own, low, high = self.loose(f"middle_{name}", 2, middle, LOOSE / 4)
        return [left, right, own], low, high, decimal(Fraction(max(a, b)), 12, 1)

    def bends(self, middle: Fraction, rho: Fraction, slope: float) -> bool:
        """Whether the slope may change its sign so far from ``middle``, as far as these bounds tell."""
        worst = max(self.moments.absolute(3, float(t)) for t in (middle - rho, middle + rho))
        return not 2 * float(rho) * worst * 1.03 < TAKEN * slope

    def _after_0(self, side: Side, end: Fraction) -> tuple[Fraction, str]:
        """Where the first cell ends if alpha_k is 0 at t = 0, and its lemmas."""
        at_0, k, rho = self._at_0(), self.moments.k, end / 2
        while self.bends(rho, rho, side.sign * self.moments.value(2, rho)):
            rho = (rho * Fraction(3, 4)).limit_denominator(1000)
            if not rho:
                raise LinkError(
                    f"alpha_{k} of '{self.moments.link}' is not seen to leave 0 as beta -> oo: take a range "
                    "that ends"
                )
        lemmas, low, high, bound = self.slope("0", rho, rho)
        least, r, stop = low if side.sign > 0 else f"(- {high})", argument(rho), argument(2 * rho)
        proof = (
            f"intros t range. apply (after_0 {side.e} {r} {bound} {least}); try lra; [exact at_0 | | ].\n"
            f"- destruct middle_0 as [D [L bounds]]. exists D. split; [exact L | lra].\n"
            f"- replace (2 * {r}) with {stop} by lra. split; [{at_most('left_0')} | {at_most('right_0')}].\n"
        )
        stated = f"forall t, 0 < t <= {stop} -> {self._signal(side)}"
        lemma = f"Lemma cell_0 : {stated}.\nProof.\n{proof}Qed.\n"
        return 2 * rho, "\n".join([at_0, *lemmas, lemma])

    def _at_0(self) -> str:
        """The lemma that E[s He_k] = 0."""
        link, k = self.moments.link, self.moments.k
        stated = f"Lemma at_0 : signal s {k} 0 = 0.\nProof. "
        if vanishes_by_parity(link.tree, 1, k) and k % 2 == 0:
            odd = "Lemma s_odd : forall z, s (- z) = - s z.\nProof. intros z. unfold s. odd_by_signs. Qed.\n"
            return f"{odd}{stated}apply (zero_at_0 s_odd); [intros z; simpl; ring | lra]. Qed.\n"
        if (shape := rational_polynomial(link.tree)) is not None:
            rest, found = shape * he(k), list[str]()
            for j in range(rest.degree(), 0, -1):
                found.insert(0, number(Fraction(int(rest[j].p), int(rest[j].q))).text)
                rest -= fmpq_poly(he(j)) * rest[j]
            terms = " :: ".join(found)
            proof = f"apply (sum_signal s {k} ({terms} :: nil)%list). intros z. unfold s. simpl. ring."
            return f"{stated}{proof} Qed.\n"
        raise LinkError(
            f"E[s He_{k}] of '{link}' is 0 or next to it, so alpha_{k} is 0 at 1/beta = 0 too, which these "
            "proofs see of odd links with k even and of polynomials: take a range that ends"
        )

    def _signal(self, side: Side) -> str:
        return f"{number(side.least).at(49)} < {side.e} * signal s {self.moments.k} t"

    def _cell(
        self, index: int, side: Side, cell: tuple[Fraction, Fraction],
        block: tuple[Fraction, Fraction, float, int],
    ) -> str:  # fmt: skip
        """One cell of half width rho from ``here`` on, in a block with a bound of the slope at both ends."""
        (here, rho), (first, stop, slope, sizes) = cell, block
        lemma, low, high = self.loose(f"value_{index}", 1, here + rho, LOOSE)
        value = low if side.sign > 0 else f"(- {high})"
        ends = (here + rho, rho, here, here + 2 * rho, first, stop, side.least)
        c, r, a, b, A, B, least = map(argument, ends)
        return (
            f"{lemma}\nLemma cell_{index} : forall t, {a} <= t <= {b} -> {self._signal(side)}.\n"
            f"Proof.\nintros t range. assert (H := value_at s {self.moments.k} _ _ _ value_{index}).\n"
            f"apply (on_cell {side.e} {c} {A} {B} {decimal(Fraction(slope), 12, 1)} {value} {least} {r}); "
            f"try lra.\nsplit; [{at_most(f'size_{sizes}')} | {at_most(f'size_{sizes + 1}')}].\nQed.\n"
        )

    def _size(self, t: Fraction) -> str:
        self.sizes += 1
        lemma, self.steepness[t] = self.moments.size(f"size_{self.sizes}", 2, t)
        return lemma

    def _block(self, side: Side, here: Fraction, end: Fraction) -> Fraction:
        """How far the bounds of the slope at both ends do for all of it: about the same, or for one cell."""
        near, stop = self.moments.absolute(2, float(here)), end
        while True:
            far = self.moments.absolute(2, float(stop))
            even = 1 / _STEEPER <= far / near <= _STEEPER
            if even or self._holds(side, max(near, far) * 1.03, here, (stop - here) / 2):
                return _rounded(here, stop - here) if stop < end else end
            stop = here + (stop - here) / 2

    def _holds(self, side: Side, slope: float, here: Fraction, rho: Fraction) -> bool:
        value = side.sign * self.moments.value(1, here + rho)
        spare = value - float(LOOSE) * 1.2 * abs(value) - float(side.least)
        return float(rho) * slope <= TAKEN * spare

    def _reach(self, side: Side, slope: float, here: Fraction, end: Fraction) -> Fraction:
        """Half the width of a cell that begins here."""

        rho = (end - here) / 2
        if self._holds(side, slope, here, rho):
            return rho
        low, high = Fraction(0), rho
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if self._holds(side, slope, here, middle) else (low, middle)
        rho = (_rounded(here, 2 * low) - here) / 2 if low else low
        if not rho:
            near = float(1 / max(here, Fraction(1, 10**9)))
            raise LinkError(
                f"alpha_{self.moments.k} of '{self.moments.link}' is not seen to stay "
                f"{'above' if side.sign > 0 else 'below'} {side.level} near beta = {near:.6g}: narrow the "
                "range"
            )
        return rho


def _rounded(here: Fraction, width: Fraction) -> Fraction:
    """A short number beyond here, by at most that width."""
    step = Fraction(1, 2 ** max(0, 4 - math.floor(math.log2(width))))
    return here + max(math.floor(width / step) * step, step) if width >= step else here + width
