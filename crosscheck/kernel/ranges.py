"""alpha_k above or below a number on a range of temperatures, and the largest zero alone, as Coq files.

A range in t = 1/beta is cut into cells: on each the value at one point, which Coq encloses, is further from
the number than the slope can take it (`value_cell`), and the slope is at most the larger of
E[s^2 e^{ts} |He_k|] at two temperatures around. Near beta1 the slope has one sign (`isolated`); as the cells
begin at t = 0, every larger temperature is covered, up to infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count

from ...link import Link, LinkError
from ..link_facts.exponents import exponents
from ..link_facts.threshold import threshold_alone
from .link import number
from .theorem import Moments, Theorem, decimal

#: How much of a value the slope may take, and how wide values are enclosed, as parts of it.
_TAKEN, _LOOSE = 0.85, Fraction(1, 100)
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


@dataclass(frozen=True, slots=True)
class Temperatures:
    """From low to high, which may be None for oo; an end belongs to it where it is closed."""

    low: Fraction
    high: Fraction | None
    closed: tuple[bool, bool] = (True, True)

    def __str__(self) -> str:
        low, high = number(self.low).at(0), "" if self.high is None else number(self.high).at(0)
        first, second = ("<=" if closed else "<" for closed in self.closed)
        return f"{low} {first} beta" + (f" {second} {high}" if high else "")


def on_range(link: Link, k: int, side: Side | None, over: Temperatures) -> Theorem:
    """alpha_k above or below a number for all those temperatures; not 0 where ``side`` is None.

    Raises LinkError where the link grows too fast, or this is not seen to hold.
    """
    cells, side, lemmas, holds = _covered(link, k, side, over)
    statement = f"Theorem signed : forall beta, {over} ->\n  {holds}."
    proof = ["Proof.", "intros beta range.", *_at_beta(over), f"split; [exact C | {side.last}].", "Qed."]
    about = f"alpha_{k} of s(z) = {link} for {over}".replace("(", "").replace(")", "")
    return cells.moments.theorem(about, lemmas, statement, "\n".join(proof))


def sign_on_range(link: Link, k: int, over: Temperatures) -> Theorem:
    """The sign of alpha_k for all those temperatures. Raises LinkError as ``on_range``."""
    middle = Fraction(0 if over.high is None else 1 / over.high) + 1 / over.low
    sign = 1 if Moments.of(link, k, 1 / over.low).value(1, middle / 2) > 0 else -1
    return on_range(link, k, Side(sign), over)


def on_some_range(link: Link, k: int, low: Fraction, said: str) -> Theorem:
    """alpha_k has one sign above a temperature b = low of which something is ``said``."""
    over = Temperatures(low, None, (False, False))
    cells, side, lemmas, holds = _covered(link, k, None, over)
    side = replace(side, distinct=False)
    statement = f"Theorem signed : exists b, {said} /\\ forall beta, b < beta ->\n  {holds}."
    proof = [
        "Proof.", f"exists {number(low).at(0)}. split; [lra |]. intros beta range.",
        *_at_beta(over), f"split; [exact C | {side.last}].", "Qed.",
    ]  # fmt: skip
    about = f"alpha_{k} of s(z) = {link} from a temperature on"
    return cells.moments.theorem(about, lemmas, statement, "\n".join(proof))


def _covered(link: Link, k: int, side: Side | None, over: Temperatures) -> tuple[Cells, Side, list[str], str]:
    """The cells of a range, and what is stated of one of its temperatures."""
    start, end = Fraction(0) if over.high is None else 1 / over.high, 1 / over.low
    cells = Cells.of(link, k, end)
    if side is None:
        side = Side(1 if cells.moments.value(1, (start + end) / 2) > 0 else -1, distinct=True)
    lemmas = [cells.tools, *cells.cover(side, start, end)]
    return cells, side, lemmas, f"converges s {k} beta /\\ {side.of(f'alpha s {k} beta')}"


def _at_beta(over: Temperatures) -> list[str]:
    """From the cells in t to the temperature ``beta`` that ``range`` is said of."""
    low, top = number(over.low).at(0), number(1 / over.low).at(0)
    steps = [
        "assert (positive : 0 < / beta) by (apply Rinv_0_lt_compat; lra).",
        f"assert (above : / beta <= / {low}) by (apply Rinv_le_contravar; lra).",
        f"replace (/ {low}) with {top} in above by field.",
    ]
    if over.high is not None:
        high, bottom = number(over.high).at(0), number(1 / over.high).at(0)
        steps += [
            f"assert (below : / {high} <= / beta) by (apply Rinv_le_contravar; lra).",
            f"replace (/ {high}) with {bottom} in below by field.",
        ]
    return [
        *steps,
        "destruct (at_beta beta ltac:(lra) ltac:(lra)) as [C ->].",
        "assert (here := on_cells (/ beta) ltac:(lra)).",
    ]


@dataclass(frozen=True, slots=True)
class Zero:
    """beta1 between two numbers, as the other legs know it, and the order of the signal."""

    k: int
    lower: Fraction
    upper: Fraction

    def bracket(self, digits: int) -> tuple[str, str]:
        """Two decimals of ``digits`` digits around it."""
        places = digits - 1 - math.floor(math.log10(self.upper))
        margin = Fraction(1, 4 * 10**places)
        return decimal(self.lower - margin, places, -1), decimal(self.upper + margin, places, 1)


def zero_of(link: Link) -> Zero:
    """beta1 where it is a zero with E[s He_k] != 0. Raises LinkError where it is none."""
    known, found = exponents(link), threshold_alone(link)
    k = known.generative_exponent.value
    if k is None or known.witness_power != 1 or not found.exceptional:
        raise LinkError(
            f"beta1 of '{link}' is no zero of the signal with E[s He_k] != 0, as these proofs need: take "
            "a link such as tanh(z) - 9/10"
        )
    first = found.exceptional[0]
    return Zero(k, Fraction(first.lower), Fraction(first.upper))


def largest_zero(link: Link, digits: int) -> Theorem:
    """beta1 between two decimals of ``digits`` digits: a zero of alpha_k, and one sign at every larger beta.

    Raises LinkError where the link grows too fast, or beta1 is no simple zero of this kind.
    """
    zero = zero_of(link)
    below, above = zero.bracket(digits)
    return isolated(link, zero, Fraction(below), Fraction(above), (f"{below} <= beta1 <= {above}",))


def isolated(link: Link, zero: Zero, below: Fraction, above: Fraction, said: tuple[str, ...]) -> Theorem:
    """That beta1 lies between two numbers is proved, what is ``said`` of it follows from that."""
    k, first, last = zero.k, 1 / above, 1 / below
    middle = ((first + last) / 2).limit_denominator(10**6)
    cells = Cells.of(link, k, last * Fraction(3, 2))
    moments = cells.moments
    sign = 1 if moments.value(1, Fraction(0)) > 0 else -1
    side, slope = Side(sign), sign * moments.value(2, middle)
    if slope >= 0:
        raise LinkError(f"the zero beta1 of '{link}' is not simple as far as these proofs see")
    rho = Fraction(last / 2)
    for _ in range(40):
        rho = Fraction(rho * Fraction(3, 4)).limit_denominator(1000)
        worst = max(moments.absolute(3, float(t)) for t in (middle - rho, middle + rho) if t >= 0)
        if middle > rho and 2 * float(rho) * worst * 1.03 < -_TAKEN * slope:
            break
    near, end = middle - rho, middle + rho
    if not 0 < near < first < last < end:
        raise LinkError(f"beta1 of '{link}' is not isolated by so few digits: ask for more --digits")
    (left, a), (right, b) = moments.size("curve_left", 3, near), moments.size("curve_right", 3, end)
    lemmas = [cells.tools, *cells.cover(side, Fraction(0), near), left, right]
    for name, t in (("at_first", first), ("at_last", last)):
        lemmas.append(cells.loose(name, 1, t, Fraction(1, 4))[0])
    slope_lemma, low, high = cells.loose("at_middle", 2, middle, _LOOSE / 4)
    lemmas.append(slope_lemma)
    top = high if sign > 0 else f"(- {low})"
    c, r, t1, t2, u1, u2 = (number(x).at(0) for x in (middle, rho, first, last, 1 / first, 1 / last))
    bound = decimal(Fraction(max(a, b)), 12, 1)
    held = " /\\ ".join([*said, f"alpha s {k} beta1 = 0"])
    statement = (
        f"Theorem beta1_isolated : exists beta1, {held} /\\\n"
        f"  forall beta, beta1 < beta -> converges s {k} beta /\\ {side.of(f'alpha s {k} beta')}."
    )
    steps = [
        f"destruct (only_zero {side.e} {c} {r} {top} {bound} {t1} {t2})",
        "  as [beta1 [range [zero beyond]]]; try lra.",
        f"- replace ({c} - {r}) with {number(near).at(0)} by field.",
        f"  replace ({c} + {r}) with {number(end).at(0)} by field.",
        f"  split; [{_at_most('curve_left')} | {_at_most('curve_right')}].",
        "- destruct at_middle as [D [L bounds]]. exists D. split; [exact L | lra].",
        f"- assert (H := value_at s {k} _ _ _ at_first). lra.",
        f"- assert (H := value_at s {k} _ _ _ at_last). lra.",
        "- intros t inside. apply on_cells. lra.",
        f"- replace (/ {t1}) with {u1} in range by field. replace (/ {t2}) with {u2} in range by field.",
        "  exists beta1. repeat match goal with |- _ /\\ _ => split end; try lra.",
        "  intros beta above. destruct (beyond beta above) as [C H]. split; [exact C | lra].",
    ]
    proof = "\n".join(["Proof.", *steps, "Qed."])
    about = f"beta1 of s(z) = {link}: the largest zero of alpha_{k}, with every larger temperature"
    return moments.theorem(about, lemmas, statement, proof)


def _at_most(lemma: str) -> str:
    return f"destruct {lemma} as [M [L less]]; exists M; split; [exact L | lra]"


@dataclass
class Cells:
    """The cover of ranges within 0 <= t <= T by cells."""

    moments: Moments
    T: Fraction
    #: E[s^2 e^{ts} |He_k|] at most, by t.
    steepness: dict[Fraction, float] = field(default_factory=dict)

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
            "on_cell": "value_cell", "only_zero": "isolated", "any_zero": "zero_between",
            "at_beta": "signal_alpha",
        }  # fmt: skip
        return "\n".join(f"Definition {name} := {lemma} {given}." for name, lemma in names.items()) + "\n"

    def loose(self, name: str, i: int, t: Fraction, part: Fraction) -> tuple[str, str, str]:
        """A moment within that part of itself."""
        value = Fraction(self.moments.value(i, t))
        return self.moments.point(name, i, t, value, abs(value) * part)

    def cover(self, side: Side, start: Fraction, end: Fraction) -> Iterator[str]:
        """Lemmas that the signal is on that side of its level on [start, end]."""
        here, ends = start, list[Fraction]()
        yield self._size(0, start)
        for block in count():
            first, stop = here, self._block(side, here, end)
            yield self._size(block + 1, stop)
            slope = max(self.steepness[first], self.steepness[stop])
            while here < stop:
                if len(ends) == _MOST_CELLS:
                    raise LinkError(
                        f"alpha_{self.moments.k} of '{self.moments.link}' comes too close to {side.level} "
                        f"for {_MOST_CELLS} cells: narrow the range"
                    )
                rho = self._reach(side, slope, here, stop)
                yield self._cell(len(ends) + 1, side, (here, rho), (first, stop, slope, block))
                here += 2 * rho
                ends.append(here)
            if here == end:
                break
        tests = "\n".join(
            f"destruct (Rle_dec t {number(b).at(0)}); [apply cell_{i}; lra |]." for i, b in enumerate(ends, 1)
        )
        a, b = (number(x).at(0) for x in (start, end))
        stated = f"forall t, {a} <= t <= {b} -> {self._signal(side)}"
        yield f"Lemma on_cells : {stated}.\nProof.\nintros t range.\n{tests}\nlra.\nQed.\n"

    def _signal(self, side: Side) -> str:
        return f"{number(side.least).at(49)} < {side.e} * signal s {self.moments.k} t"

    def _cell(
        self, index: int, side: Side, cell: tuple[Fraction, Fraction],
        block: tuple[Fraction, Fraction, float, int],
    ) -> str:  # fmt: skip
        """One cell of half width rho from ``here`` on, in a block with a bound of the slope at both ends."""
        (here, rho), (first, stop, slope, sizes) = cell, block
        lemma, low, high = self.loose(f"value_{index}", 1, here + rho, _LOOSE)
        value = low if side.sign > 0 else f"(- {high})"
        ends = (here + rho, rho, here, here + 2 * rho, first, stop, side.least)
        c, r, a, b, A, B, least = (number(x).at(0) for x in ends)
        return (
            f"{lemma}\nLemma cell_{index} : forall t, {a} <= t <= {b} -> {self._signal(side)}.\n"
            f"Proof.\nintros t range. assert (H := value_at s {self.moments.k} _ _ _ value_{index}).\n"
            f"apply (on_cell {side.e} {c} {A} {B} {decimal(Fraction(slope), 12, 1)} {value} {least} {r}); "
            f"try lra.\nsplit; [{_at_most(f'size_{sizes}')} | {_at_most(f'size_{sizes + 1}')}].\nQed.\n"
        )

    def _size(self, index: int, t: Fraction) -> str:
        lemma, self.steepness[t] = self.moments.size(f"size_{index}", 2, t)
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
        spare = value - float(_LOOSE) * 1.2 * abs(value) - float(side.least)
        return float(rho) * slope <= _TAKEN * spare

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
