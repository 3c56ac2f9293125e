"""Re-checking a certificate: every statement in it, and that together they leave nothing out.

Shared with the rest: the link parser and the ball evaluation of an expression, nothing else. Integration,
pieces, tails, growth and the cover of (0, T] are done here, in a second and simpler way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

from flint import arb

from ...link import NOISELESS, LinkError, parse, parse_noise
from ...link.parse import parse_expression
from ...numerics.lower_arb import compile_arb
from ...numerics.precision import exact, working
from . import beyond, cells
from .cells import Rejected
from .integral import Expectations
from .pieces import NotConfirmed
from .shape import Away, Certificate, Enclosure, Open, Zero
from .signal import Coefficient
from .tail import tilt_range
from .witness import inside, named, witness

_FAR = (8, 64, 4096, 2**20)


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome: ``rejected`` says what is wrong, or is None; uncovered: what no ball can confirm."""

    link: str
    signal: str
    noise: str
    beta1: tuple[str, str]
    rejected: str | None
    confirmed: tuple[str, ...]
    uncovered: tuple[str, ...]
    integrals: int

    def as_json(self) -> dict[str, Any]:
        return {
            "link": self.link,
            "signal": self.signal,
            "noise": self.noise,
            "beta1": {"lower": self.beta1[0], "upper": self.beta1[1]},
            "accepted": self.rejected is None,
            "rejected": self.rejected,
            "confirmed": list(self.confirmed),
            "uncovered": list(self.uncovered),
            "integrals": self.integrals,
        }


def check(stated: Certificate) -> Checked:
    """Re-check every statement. Raises LinkError when the link, noise or a closed form is no expression."""
    link = parse(stated.link)
    checker = _Checker(stated, Expectations(link.tree), _t_max(stated.t_max))
    rejected = None
    try:
        checker.run()
    except (Rejected, NotConfirmed) as error:
        rejected = str(error)
    ends = tuple(
        "inf" if end is None else f"{float(end):.12g}" for end in (stated.beta1.lower, stated.beta1.upper)
    )
    return Checked(
        stated.link, stated.signal, stated.noise, (ends[0], ends[1]), rejected,
        tuple(checker.confirmed), tuple(checker.uncovered), checker.expectations.spent,
    )  # fmt: skip


def _t_max(text: str) -> arb:
    """The stated t_max as a ball."""
    if text == "oo":
        return arb.pos_inf()
    if text == "unknown":
        return arb.nan()
    return _number(text)


def _number(text: str) -> arb:
    with working(1400):
        value = compile_arb(parse_expression(text, variables=()))(arb(0))
    if not isinstance(value, arb) or not value.is_finite():
        raise LinkError(f"'{text[:60]}' is not a number")
    return value


@dataclass
class _Checker:
    stated: Certificate
    expectations: Expectations
    t_max: arb
    confirmed: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)

    def run(self) -> None:
        self._check_t_max()
        c = self.stated
        if c.generative is not None:
            self._check_exponents(c.generative)
        if self.t_max.is_zero():
            self._check_no_temperature()
            return
        if c.generative is None or c.witness is None or c.near_zero is None:
            self._reject(
                "the generative exponent, its witness and the bound near t = 0 are needed, and are missing"
            )
        noise = parse_noise(c.noise) if c.signal == "label" else NOISELESS
        coefficient = Coefficient(self.expectations, c.generative, c.signal, noise)
        self._check_cover(c.near_zero.end)
        cells.near_zero(self.expectations, c.generative, c.witness.power, c.signal, c.near_zero)
        for cell in c.cells:
            if isinstance(cell, Away):
                cells.away(coefficient, cell)
            elif isinstance(cell, Zero):
                cells.simple_zero(coefficient, cell, c.digits)
            else:
                self.uncovered.append(f"beta in {_betas(cell.start, cell.end)}: {cell.reason}")
        self.confirmed.append(
            f"the order-{c.generative} signal for beta >= {_decimal(1 / self._end)}: {self._count}"
        )
        self._check_beyond(noise != NOISELESS)
        self._check_zeros()
        self._check_beta1()

    def _reject(self, why: str) -> NoReturn:
        raise Rejected(why)

    @property
    def _end(self) -> Fraction:
        """T: the cells cover (0, T]."""
        assert self.stated.near_zero is not None
        return self.stated.cells[-1].end if self.stated.cells else self.stated.near_zero.end

    @property
    def _zeros(self) -> list[Zero]:
        return [cell for cell in self.stated.cells if isinstance(cell, Zero)]

    @property
    def _count(self) -> str:
        found = len(self._zeros)
        return {0: "no zero", 1: "one zero, which is simple"}.get(found, f"{found} zeros, all simple")

    def _check_t_max(self) -> None:
        finite, infinite = arb(0), arb.pos_inf()
        with working(96):
            for start in _FAR:
                found = tilt_range(self.expectations.tree, arb(start))
                finite, infinite = finite.max(found[0]), infinite.min(found[1])
        if self.t_max.is_nan():
            self.uncovered.append("t_max, which the certificate leaves open")
        elif self.t_max < finite or self.t_max > infinite:
            seen = finite if self.t_max < finite else infinite
            self._reject(
                f"t_max = {self.stated.t_max} is wrong: the growth of s gives {seen.str(10, radius=False)}"
            )
        elif finite < infinite - arb("1e-9") and finite.is_finite():
            self.uncovered.append(f"that t_max is {self.stated.t_max}")
        else:
            self.confirmed.append(f"t_max = {self.stated.t_max}, from the growth of s")

    def _check_exponents(self, generative: int) -> None:
        stated = self.stated.witness
        if stated is None:
            self.uncovered.append(f"that the generative exponent is {generative}: no witness is given")
            return
        if stated.order != generative:
            self._reject(
                f"the witness is of order {stated.order}, the generative exponent stated is {generative}"
            )
        self.uncovered += witness(self.expectations, stated, self.stated.digits)
        if stated.moment.closed_form is not None:
            self._check_closed_form(stated.moment, "the witness moment")
        self.confirmed.append(f"{named(stated.power, stated.order)} lies in its enclosure, without 0")

    def _check_no_temperature(self) -> None:
        c = self.stated
        if c.beta1.upper is not None or c.beta1.lower is not None or c.cells or c.exceptional:
            self._reject("t_max = 0 leaves no finite temperature, but the certificate names some")
        self.confirmed.append("no finite temperature works: beta1 is infinite")

    def _check_cover(self, start: Fraction) -> None:
        at = start
        for cell in self.stated.cells:
            if cell.start != at:
                what = "is missing" if cell.start > at else "is stated twice"
                self._reject(
                    f"the sub-interval of t between {_decimal(at)} and {_decimal(cell.start)} {what}"
                )
            at = cell.end

    def _check_beyond(self, noisy: bool) -> None:
        c = self.stated
        if c.beyond is None:
            if c.complete:
                self._reject("the list is called complete, but nothing excludes zeros beyond the last cell")
            if c.searched_down_to is not None and c.searched_down_to < 1 / self._end:
                self._reject(f"zeros are said to be searched down to beta = {_decimal(c.searched_down_to)}, "
                             f"but the cells end at {_decimal(1 / self._end)}")  # fmt: skip
            return
        if c.beyond.dominance is None:
            self.uncovered.append(f"beta below {_decimal(1 / self._end)}: {c.beyond.reason}")
            return
        if c.beyond.dominance.start > self._end:
            self._reject(f"dominance starts at t = {_decimal(c.beyond.dominance.start)}, above the last cell")
        assert c.generative is not None
        beyond.dominance(self.expectations.tree, c.generative, c.signal, noisy, c.beyond.dominance)
        self.confirmed.append(
            f"no zero for beta <= {_decimal(1 / c.beyond.dominance.start)}: the top of s dominates"
        )

    def _check_zeros(self) -> None:
        """The list, decreasing in beta, names the isolated zeros, each once."""
        waiting = list(self._zeros)
        opens = [cell for cell in self.stated.cells if isinstance(cell, Open)]
        for i, zero in enumerate(self.stated.exceptional):
            if waiting and _holds(zero, waiting[0]):
                self._check_closed_form(
                    zero, f"the exceptional temperature {_decimal(1 / waiting.pop(0).lower)}"
                )
            elif not any(_meets(zero, cell) for cell in opens):
                self._reject(
                    f"exceptional temperature {i + 1} does not enclose the zero that the cells isolate"
                )
        if waiting:
            self._reject(f"the zero at beta = {_decimal(1 / waiting[0].lower)} is not in the list")

    def _check_beta1(self) -> None:
        c = self.stated
        first = next((cell for cell in c.cells if not isinstance(cell, Away)), None)
        if isinstance(first, Zero):
            if not _holds(c.beta1, first):
                self._reject(
                    f"beta1 is wrong: the largest exceptional temperature is {_decimal(1 / first.lower)}"
                )
            self._check_closed_form(c.beta1, "beta1")
        elif isinstance(first, Open):
            if not _meets(c.beta1, first):
                self._reject("beta1 lies outside the interval on which nothing is stated")
        else:
            self._check_floor()

    def _check_floor(self) -> None:
        """Without a zero beta1 is 1/t_max when no zero lies beyond, else between 1/t_max and 1/T."""
        c = self.stated
        with working(1400):
            floor = 1 / self.t_max if self.t_max.is_finite() else arb(0)
            low = arb(0) if self.t_max.is_nan() else floor
            high = floor if c.beyond is not None and not self.t_max.is_nan() else exact(1 / self._end)
            slack = abs(high) * arb(10) ** -300
            if c.beta1.lower is None or c.beta1.upper is None:
                self._reject(
                    "beta1 is stated to be infinite, but no zero is found down to a finite temperature"
                )
            if exact(c.beta1.lower) > low + slack or exact(c.beta1.upper) < high - slack:
                ends = f"[{low.str(10, radius=False)}, {high.str(10, radius=False)}]"
                self._reject(f"beta1 is wrong: without a zero it is only known to lie in {ends}")
        if c.beyond is None:
            self._check_closed_form(c.beta1, "beta1")

    def _check_closed_form(self, stated: Enclosure, what: str) -> None:
        """A closed form has to lie in its enclosure; that it is the exact value no ball can tell."""
        if stated.closed_form is None:
            return
        with working(1400):
            if not inside(_number(stated.closed_form), stated):
                self._reject(f"the closed form {stated.closed_form[:60]} of {what} is not in its enclosure")
        self.uncovered.append(f"that {what} is exactly {stated.closed_form} (the balls agree with it)")


def _holds(stated: Enclosure, zero: Zero) -> bool:
    """Whether the enclosure of beta holds 1/t for every t in the zero's bracket."""
    if stated.lower is None or stated.upper is None:
        return False
    return stated.lower * zero.upper <= 1 and stated.upper * zero.lower >= 1


def _meets(stated: Enclosure, cell: Open) -> bool:
    if stated.lower is None or stated.upper is None:
        return False
    return stated.lower * cell.start <= 1 and stated.upper * cell.end >= 1


def _betas(start: Fraction, end: Fraction) -> str:
    return f"[{_decimal(1 / end)}, {_decimal(1 / start)}]"


def _decimal(value: Fraction) -> str:
    try:
        return f"{float(value):.9g}"
    except OverflowError:
        return "a huge number"
