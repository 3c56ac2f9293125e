"""alpha_k above or below a number on a range of temperatures, and its zeros alone, as Coq files.

A range in t = 1/beta is covered by cells. Near a zero the slope has one sign (`alone`); as the cells begin at
t = 0, every temperature above beta1 is covered, up to infinity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ...link import Link, LinkError
from ..link_facts.exponents import exponents
from ..link_facts.threshold import threshold_alone
from .cells import Cells, Side, at_most
from .everywhere import everywhere
from .terms import argument, decimal, number
from .theorem import Moments, Theorem


@dataclass(frozen=True, slots=True)
class Temperatures:
    """From low to high, which may be None for oo; an end belongs to it where it is closed."""

    low: Fraction
    high: Fraction | None
    closed: tuple[bool, bool] = (True, True)

    def __str__(self) -> str:
        low, high = argument(self.low), "" if self.high is None else argument(self.high)
        first, second = ("<=" if closed else "<" for closed in self.closed)
        return f"{low} {first} beta" + (f" {second} {high}" if high else "")


def on_range(link: Link, k: int, side: Side | None, over: Temperatures, said: str = "") -> Theorem:
    """alpha_k above or below a number for all those temperatures; not 0 where ``side`` is None.

    Or, if something is ``said`` of b, for all temperatures above some b, which is their lower end. Raises
    LinkError where the link grows too fast, or this is not seen to hold.
    """
    start, end = Fraction(0) if over.high is None else 1 / over.high, 1 / over.low
    if over.high is None and not said and (side is None or not side.level):
        with suppress(LinkError):
            return everywhere(link, k, side, str(over), distinct=side is None)
    cells = Cells.of(link, k, end)
    if side is None:
        side = Side(1 if cells.moments.value(1, (start + end) / 2) > 0 else -1, distinct=True)
    lemmas = [cells.tools, *cells.cover(side, start, end)]
    these = f"exists b, {said} /\\ forall beta, b < beta" if said else f"forall beta, {over}"
    held = side.of(f"alpha s {k} beta")
    statement = f"Theorem signed : {these} ->\n  converges s {k} beta /\\ {held}."
    some = [f"exists {argument(over.low)}. split; [lra |]."] if said else []
    proof = [
        "Proof.", *some, "intros beta range.", *_in_t(over.low, over.high),
        f"assert (here := on_cells (/ beta) ltac:(lra)). split; [exact C | {side.last}].", "Qed.",
    ]  # fmt: skip
    about = f"alpha_{k} of s(z) = {link} for {over}".replace("(", "").replace(")", "")
    return cells.moments.theorem(about, lemmas, statement, "\n".join(proof))


def sign_on_range(link: Link, k: int, over: Temperatures) -> Theorem:
    """The sign of alpha_k for all those temperatures. Raises LinkError as ``on_range``."""
    middle = Fraction(0 if over.high is None else 1 / over.high) + 1 / over.low
    sign = 1 if Moments.of(link, k, 1 / over.low).value(1, middle / 2) > 0 else -1
    return on_range(link, k, Side(sign), over)


def _in_t(low: Fraction, high: Fraction | None = None) -> list[str]:
    """From a temperature ``beta`` in that ``range`` to t = 1/beta, of which the lemmas speak."""
    steps = ["assert (positive : 0 < / beta) by (apply Rinv_0_lt_compat; lra)."]
    for end, name, ordered in ((low, "above", "/ beta <= / {}"), (high, "below", "/ {} <= / beta")):
        if end is not None:
            own, t = argument(end), argument(1 / end)
            steps += [
                f"assert ({name} : {ordered.format(own)}) by (apply Rinv_le_contravar; lra).",
                f"replace (/ {own}) with {t} in {name} by field.",
            ]
    return [*steps, "destruct (at_beta beta ltac:(lra) ltac:(lra)) as [C ->]."]


@dataclass(frozen=True, slots=True)
class Zero:
    """A zero of alpha_k between two numbers, as the other legs know it, and the order of the signal."""

    k: int
    lower: Fraction
    upper: Fraction

    def bracket(self, digits: int) -> tuple[str, str]:
        """Two decimals of ``digits`` digits around it."""
        places = digits - 1 - math.floor(math.log10(self.upper))
        margin = Fraction(1, 4 * 10**places)
        return decimal(self.lower - margin, places, -1), decimal(self.upper + margin, places, 1)


def zeros_of(link: Link) -> list[Zero]:
    """beta1 and the zeros below it, where E[s He_k] != 0. Raises LinkError where beta1 is no zero."""
    known, found = exponents(link), threshold_alone(link)
    k = known.generative_exponent.value
    if k is None or known.witness_power != 1 or not found.exceptional:
        raise LinkError(
            f"beta1 of '{link}' is no zero of the signal with E[s He_k] != 0, as these proofs need: take "
            "a link such as tanh(z) - 9/10"
        )
    return [Zero(k, Fraction(each.lower), Fraction(each.upper)) for each in found.exceptional]


def _always(link: Link) -> Theorem | None:
    """The theorem that there is no zero, where beta1 is 0."""
    beta1, k = threshold_alone(link).beta1.value, exponents(link).generative_exponent.value
    return everywhere(link, k) if k and str(beta1.closed_form) == "0" else None


def largest_zero(link: Link, digits: int) -> Theorem:
    """beta1 between two decimals of ``digits`` digits: a zero of alpha_k, and one sign at every larger beta.

    Raises LinkError where the link grows too fast, or beta1 is no simple zero of this kind.
    """
    if (always := _always(link)) is not None:
        return always
    zero = zeros_of(link)[0]
    below, above = zero.bracket(digits)
    return isolated(link, zero, Fraction(below), Fraction(above), (f"{below} <= beta1 <= {above}",))


def isolated(link: Link, zero: Zero, below: Fraction, above: Fraction, said: tuple[str, ...]) -> Theorem:
    """That beta1 lies between two numbers is proved, what is ``said`` of it follows from that."""
    proof = Stretches.of(link, zero.k, [(below, above)])
    held = " /\\ ".join([*said, _zero(zero.k, "beta1")])
    statement = f"Theorem beta1_isolated : exists beta1, {held} /\\\n  {proof.stated(0)}."
    about = f"beta1 of s(z) = {link}: the largest zero of alpha_{zero.k}, with every larger temperature"
    return proof.theorem(about, statement, [0])


def every_zero(link: Link, digits: int) -> Theorem:
    """All exceptional temperatures that are known, between decimals, and the signs of alpha_k between them.

    Down to a temperature a little below the last. Raises LinkError as ``largest_zero``.
    """
    if (always := _always(link)) is not None:
        return always
    zeros = zeros_of(link)
    brackets = [zero.bracket(digits) for zero in zeros]
    proof = Stretches.of(link, zeros[0].k, [(Fraction(a), Fraction(b)) for a, b in brackets])
    names = [f"beta{j}" for j in range(1, len(zeros) + 1)]
    said = [f"{a} <= {name} <= {b}" for name, (a, b) in zip(names, brackets, strict=True)]
    said += [_zero(zeros[0].k, name) for name in names]
    signs = [f"({proof.stated(j)})" for j in range(len(zeros) + 1)]
    statement = f"Theorem zeros_isolated : exists {' '.join(names)},\n  "
    statement += " /\\\n  ".join([" /\\ ".join(said), *signs]) + "."
    about = f"the zeros of alpha_{zeros[0].k} for s(z) = {link}, with every temperature above the last"
    return proof.theorem(about, statement, range(len(zeros) + 1))


def _zero(k: int, name: str) -> str:
    """That it converges is said too: ``RInt_gen`` is some number where an integral diverges."""
    return f"converges s {k} {name} /\\ alpha s {k} {name} = 0"


class Near(NamedTuple):
    """A zero of the signal between first and last, in t; it is monotone from start to end."""

    first: Fraction
    last: Fraction
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Stretches:
    """Zeros of the signal and the stretches between, with the lemmas; sign: the signal's before the first."""

    cells: Cells
    sign: int
    zeros: tuple[Near, ...]
    lemmas: tuple[str, ...]

    @classmethod
    def of(cls, link: Link, k: int, brackets: Sequence[tuple[Fraction, Fraction]]) -> Stretches:
        last = 1 / brackets[-1][0]
        limit = threshold_alone(link).t_max
        T = (
            last * Fraction(3, 2)
            if limit.is_infinite
            else min(last * Fraction(3, 2), (last + Fraction(str(limit))) / 2)
        )
        cells = Cells.of(link, k, T)
        sign, here = 1 if cells.moments.value(1, Fraction(0)) > 0 else -1, Fraction(0)
        zeros, lemmas = list[Near](), [cells.tools]
        for j, (below, above) in enumerate(brackets):
            side = Side(sign * (-1) ** j)
            zero, own = _near(cells, side, j, (1 / above, 1 / below), here)
            lemmas += [*cells.cover(side, here, zero.start, f"on_stretch_{j}"), *own]
            zeros.append(zero)
            here = zero.end
        return cls(cells, sign, tuple(zeros), tuple(lemmas))

    def side(self, index: int) -> Side:
        return Side(self.sign * (-1) ** index)

    def lowest(self, index: int) -> tuple[Fraction, str]:
        """A number that the temperatures of a stretch are above, and how its lower end is written."""
        if index < len(self.zeros):
            return 1 / self.zeros[index].last, f"beta{index + 1} <"
        end, last = self.zeros[-1].end, self.zeros[-1].last
        for places in range(9):
            low = Fraction(math.ceil(10**places / end), 10**places)
            if low * last < 1:
                return low, f"{number(low).at(49)} <="
        raise LinkError("the zeros are too close to the end of what is seen: ask for fewer digits")

    def stated(self, index: int) -> str:
        k, (_, low) = self.cells.moments.k, self.lowest(index)
        high = f" < beta{index}" if index else ""
        held = self.side(index).of(f"alpha s {k} beta")
        return f"forall beta, {low} beta{high} -> converges s {k} beta /\\ {held}"

    def theorem(self, about: str, statement: str, stretches: Sequence[int]) -> Theorem:
        steps = ["Proof."]
        for j, zero in enumerate(self.zeros, 1):
            u1, u2 = (argument(1 / x) for x in (zero.first, zero.last))
            t1, t2 = map(argument, (zero.first, zero.last))
            steps += [
                f"destruct zero_{j} as [beta{j} [range{j} [C{j} [zero{j} [before{j} after{j}]]]]].",
                f"replace (/ {t1}) with {u1} in range{j} by field.",
                f"replace (/ {t2}) with {u2} in range{j} by field.",
            ]
        steps.append(f"exists {', '.join(f'beta{j}' for j in range(1, len(self.zeros) + 1))}.")
        steps.append("repeat match goal with |- _ /\\ _ => split end; try first [assumption | lra].")
        for index in stretches:
            steps += ["-" if len(stretches) > 1 else "", *self._sign(index)]
        moments, proof = self.cells.moments, "\n".join([*filter(None, steps), "Qed."])
        return moments.theorem(about, self.lemmas, statement, proof)

    def _sign(self, index: int) -> list[str]:
        """The steps for one stretch: near the zero above it, in the cells, or near the zero below it."""
        low = self.lowest(index)[0]
        steps = ["intros beta range.", *_in_t(low), "split; [exact C |]."]
        if index:
            end = argument(self.zeros[index - 1].end)
            near = f"assert (H := after{index} beta ltac:(lra) ltac:(lra)); lra"
            steps.append(f"destruct (Rle_dec (/ beta) {end}); [{near} |].")
        if index < len(self.zeros):
            start = argument(self.zeros[index].start)
            near = f"assert (H := before{index + 1} beta ltac:(lra) ltac:(lra)); lra"
            steps.append(f"destruct (Rle_dec {start} (/ beta)); [{near} |].")
            steps.append(f"assert (H := on_stretch_{index} (/ beta) ltac:(lra)); lra.")
        else:
            steps.append("lra.")
        return steps


def _near(
    cells: Cells, side: Side, index: int, ends: tuple[Fraction, Fraction], here: Fraction
) -> tuple[Near, list[str]]:
    """The lemma that the signal, on that side before it, has one zero between two t and falls around it."""
    moments, (first, last), j = cells.moments, ends, index + 1
    middle = ((first + last) / 2).limit_denominator(10**6)
    slope = side.sign * moments.value(2, middle)
    if slope >= 0:
        raise LinkError(f"a zero of '{moments.link}' is not simple as far as these proofs see")
    rho = Fraction(min(middle - here, cells.T - middle, middle / 2))
    for _ in range(40):
        rho = Fraction(rho * Fraction(3, 4)).limit_denominator(1000)
        if not cells.bends(middle, rho, -slope):
            break
    start, end = middle - rho, middle + rho
    if not here < start < first < last < end:
        raise LinkError(f"a zero of '{moments.link}' is not isolated by so few digits: ask for more --digits")
    lemmas, low, high, bound = cells.slope(str(j), middle, rho)
    for name, t in ((f"first_{j}", first), (f"last_{j}", last)):
        lemmas.append(cells.loose(name, 1, t, Fraction(1, 4))[0])
    top = high if side.sign > 0 else f"(- {low})"
    c, r, t1, t2, A, B = map(argument, (middle, rho, first, last, start, end))
    k = moments.k
    signal = f"{side.e} * signal s {k} (/ beta)"
    lemmas.append(
        f"Lemma zero_{j} : exists beta0, / {t2} < beta0 < / {t1} /\\ {_zero(k, 'beta0')} /\\\n"
        f"  (forall beta, beta0 < beta -> {A} <= / beta -> 0 < {signal}) /\\\n"
        f"  (forall beta, 0 < beta < beta0 -> / beta <= {B} -> {signal} < 0).\nProof.\n"
        f"replace {A} with ({c} - {r}) by field. replace {B} with ({c} + {r}) by field.\n"
        f"apply (only_zero {side.e} {c} {r} {top} {bound} {t1} {t2}); try lra.\n"
        f"- replace ({c} - {r}) with {A} by field. replace ({c} + {r}) with {B} by field.\n"
        f"  split; [{at_most(f'left_{j}')} | {at_most(f'right_{j}')}].\n"
        f"- destruct middle_{j} as [D [L bounds]]. exists D. split; [exact L | lra].\n"
        f"- assert (H := value_at s {k} _ _ _ first_{j}). lra.\n"
        f"- assert (H := value_at s {k} _ _ _ last_{j}). lra.\nQed.\n"
    )
    return Near(first, last, start, end), lemmas
