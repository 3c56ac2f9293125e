"""The cover of a range of temperatures by cells, on each of which alpha_k stays on one side of a number.

On a cell the value at one point, which Coq encloses, is further from the number than the slope can take it
(`value_cell`), and the slope is at most the larger of E[s^2 e^{ts} |He_k|] at two temperatures around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ...link import Link, LinkError
from .link import number
from .theorem import Moments, decimal

#: How much of a value the slope may take, and how wide values are enclosed, as parts of it.
TAKEN, LOOSE = 0.85, Fraction(1, 100)
_MOST_CELLS = 400
#: Two temperatures bound the slope between them as long as its bounds there differ by this factor at most.
_STEEPER = 1.3


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
        own, T = self.moments.tails, number(self.moments.T).at(0)
        given = (
            f"s {self.moments.k} {own.degree} {T} {own.size} {own.a} {own.b} {own.end}\n"
            "  s_tame ltac:(lra) ltac:(interval) ltac:(lra) s_grows"
        )
        names = {
            "on_cell": "value_cell", "only_zero": "alone", "at_beta": "signal_alpha",
        }  # fmt: skip
        return "\n".join(f"Definition {name} := {lemma} {given}." for name, lemma in names.items()) + "\n"

    def loose(self, name: str, i: int, t: Fraction, part: Fraction) -> tuple[str, str, str]:
        """A moment within that part of itself."""
        value = Fraction(self.moments.value(i, t))
        return self.moments.point(name, i, t, value, abs(value) * part)

    def cover(self, side: Side, start: Fraction, end: Fraction, name: str = "on_cells") -> Iterator[str]:
        """Lemmas that the signal is on that side of its level on [start, end], the last one of that name."""
        here, ends = start, dict[int, Fraction]()
        yield self._size(start)
        while True:
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
            if here == end:
                break
        tests = "\n".join(
            f"destruct (Rle_dec t {number(b).at(0)}); [apply cell_{i}; lra |]." for i, b in ends.items()
        )
        a, b = (number(x).at(0) for x in (start, end))
        stated = f"forall t, {a} <= t <= {b} -> {self._signal(side)}"
        yield f"Lemma {name} : {stated}.\nProof.\nintros t range.\n{tests}\nlra.\nQed.\n"

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
        c, r, a, b, A, B, least = (number(x).at(0) for x in ends)
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
