"""Re-checking a certificate: every statement in it, and that together they leave nothing out.

Whatever is not proved rejects the certificate, or is a condition that the answer names. Precision, points and
pieces are chosen here, never by the certificate. What is trusted besides is listed in docs/certificates.md.
"""

from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from typing import ClassVar

from flint import arb

from ...link import NOISELESS, LinkError, Noise, parse, parse_noise
from ...link.build import MAX_BITS
from ...link.domain import rough_at
from ...link.tree import Bin, Node, Num
from ...numerics.precision import exact, working
from ..record import Record
from . import check_signal
from .check_exponents import named, witness
from .check_signal import confirm, dominance, stated_t_max
from .closed import Closed, most_zeros, steps_of
from .exact import Exact, NotConfirmed, Unknown, Work
from .format import Away, Certificate, Dominance, Enclosure, Rejected, Zero
from .integral import Expectations
from .signal import BITS, Coefficient, Constant, decimal, number


@dataclass(frozen=True, slots=True)
class Checked(Record):
    """The outcome, one of three: accepted; accepted if the ``conditions`` hold; rejected for a ``reason``.

    accepted: every statement is proved, on no condition. reason: what is false or not confirmed, or None.
    work: operations on balls, of which a check may take ``certificate.work.LIMIT``.
    """

    link: str
    signal: str
    noise: str
    beta1: tuple[str, str]
    reason: str | None
    conditions: tuple[str, ...]
    confirmed: tuple[str, ...]
    work: int

    @property
    def accepted(self) -> bool:
        return self.reason is None and not self.conditions

    keys: ClassVar = "link signal noise beta1=ends accepted conditions reason confirmed work"

    @property
    def ends(self) -> dict[str, str]:
        return dict(zip(("lower", "upper"), self.beta1, strict=True))


def check(stated: Certificate) -> Checked:
    """Re-check every statement of a certificate; what cannot be read in its texts is rejected too."""
    work = Work()
    reason, conditions, confirmed = None, [], list[str]()
    try:
        _moderate(stated)
        link, noise = parse(stated.link), parse_noise(stated.noise)
        if points := rough_at(link.tree):
            raise NotConfirmed(f"the link has no power series on a side of z = {points[0]}")
        # The zeros of the other signals do not depend on independent noise.
        noise = noise if stated.signal == "label" else NOISELESS
        checker = _Checker(stated, link.tree, noise, work, Closed.of(link.tree, work), confirmed)
        conditions = checker.run()
    except (LinkError, Rejected, NotConfirmed) as error:
        reason = str(error)
    ends = ["inf" if end is None else decimal(end) for end in (stated.beta1.lower, stated.beta1.upper)]
    return Checked(
        stated.link, stated.signal, stated.noise, (ends[0], ends[1]), reason,
        tuple(conditions), tuple(confirmed), work.spent,
    )  # fmt: skip


def _moderate(part: object) -> None:
    """Raises Rejected when a number in the certificate has more than about 900 digits."""
    if isinstance(part, Fraction):
        if max(part.numerator.bit_length(), part.denominator.bit_length()) > MAX_BITS:
            raise Rejected("a number has more than 900 digits, which no certificate needs")
    elif isinstance(part, dict | tuple):
        for each in part.values() if isinstance(part, dict) else part:
            _moderate(each)
    elif is_dataclass(part):
        for each in fields(part):
            _moderate(getattr(part, each.name))


@dataclass
class _Checker:
    stated: Certificate
    tree: Node
    noise: Noise
    work: Work
    closed: Closed
    confirmed: list[str]
    expectations: Expectations = field(init=False)

    def __post_init__(self) -> None:
        self.expectations = Expectations(self.tree, self.work)

    def run(self) -> list[str]:
        """The conditions on which the certificate is accepted. Raises Rejected or NotConfirmed."""
        c = self.stated
        t_max = stated_t_max(c.t_max)
        conditions = confirm(self.tree, c.t_max)
        growth = f"t_max = {c.t_max}, from the growth of s"
        self._confirmed("t_max is left open" if c.t_max == "unknown" else growth)
        none = t_max is not None and t_max.ball.is_zero()
        conditions += self._exponents(none)
        if none:
            _no_temperature(c)
            self._confirmed("no finite temperature works: beta1 is infinite")
            return conditions
        if c.witness is None or c.near_zero is None:
            raise Rejected("the witness of the generative exponent and the bound near t = 0 are needed")
        centred = Bin("-", self.tree, Num(c.centre)) if c.centre else self.tree
        coefficient = Coefficient(
            Expectations(centred, self.work), c.witness.order, c.signal, self.noise, c.centre
        )
        self._check_cover(c.near_zero.end)
        check_signal.near_zero(coefficient, c.witness.power, c.near_zero)
        for cell in c.cells:
            if isinstance(cell, Away):
                check_signal.away(coefficient, cell)
            elif isinstance(cell, Zero):
                check_signal.simple_zero(coefficient, cell)
        self._say_cells(c.witness.order)
        self._check_beyond(coefficient, c.witness.power)
        return conditions + _Answer(c, t_max, coefficient, self.closed).conditions()

    def _confirmed(self, text: str) -> None:
        self.confirmed.append(text)

    def _exponents(self, none: bool) -> list[str]:
        """The witness and what vanishes below it; without tilts where no temperature works."""
        c = self.stated
        if (c.generative is None) != (c.witness is None) or (c.witness and c.witness.order != c.generative):
            raise Rejected("the generative exponent and the order of its witness are not one number")
        if c.witness is None:
            return []
        tilts = [] if none or c.near_zero is None else [c.near_zero.end, c.end / 3, c.end]
        conditions = witness(self.expectations, self.closed, c.witness, tilts)
        self._confirmed(f"{named(c.witness.power, c.witness.order)} lies in its enclosure, without 0")
        return conditions

    def _say_cells(self, k: int) -> None:
        c = self.stated
        found = len(c.zeros)
        count = {0: "no zero", 1: "one zero, which is simple"}.get(found, f"{found} zeros, all simple")
        known = "" if not c.opens else ", apart from what is left open"
        self._confirmed(f"the order-{k} signal for beta >= {decimal(1 / c.end)}: {count}{known}")
        for cell in c.opens:
            self._confirmed(f"left open: beta in [{decimal(1 / cell.end)}, {decimal(1 / cell.start)}]")

    def _check_cover(self, start: Fraction) -> None:
        at = start
        for cell in self.stated.cells:
            if cell.start != at:
                what = "is missing" if cell.start > at else "is stated twice"
                raise Rejected(
                    f"the sub-interval of t between {decimal(at)} and {decimal(cell.start)} {what}"
                )
            at = cell.end

    def _check_beyond(self, signal: Coefficient, power: int) -> None:
        c = self.stated
        if isinstance(c.beyond, Dominance):
            if c.beyond.start > c.end:
                raise Rejected(f"dominance starts at t = {decimal(c.beyond.start)}, above the last cell")
            dominance(signal, self.tree, c.beyond)
            self._confirmed(f"no zero for beta <= {decimal(1 / c.beyond.start)}: the top of s dominates")
        elif c.beyond is not None:
            steps = self.closed.steps or steps_of(self.tree, self.work)
            most = most_zeros(steps, signal, power, c.beyond)
            if c.opens or len(c.zeros) < most:
                raise Rejected(
                    f"by the weights of the levels {most} zeros are possible, {len(c.zeros)} are isolated"
                )
            self._confirmed("no further zero: the weights of the levels change sign no more often")


@dataclass(frozen=True, slots=True)
class _Answer:
    """beta1 and the list of zeros, which must follow from what the cells confirm.

    t_max: None where it is infinite or left open.
    """

    stated: Certificate
    t_max: Constant | None
    coefficient: Coefficient
    closed: Closed

    def conditions(self) -> list[str]:
        """The conditions that are left. Raises Rejected unless the answer follows."""
        with working(BITS):
            self._completeness()
            return list(dict.fromkeys([*self._zeros(), *self._beta1()]))

    def _completeness(self) -> None:
        c = self.stated
        if c.complete and c.beyond is None:
            raise Rejected("the list is called complete, but nothing excludes zeros beyond the last cell")
        if c.complete and c.opens:
            raise Rejected("the list is called complete, but an interval of t is left open")
        if c.searched_down_to is None:
            raise Rejected("zeros are said to be searched nowhere, but there are temperatures")
        if c.searched_down_to < (0 if c.beyond else 1 / c.end):
            raise Rejected(
                f"zeros are said to be searched down to beta = {decimal(c.searched_down_to)}, "
                f"but the cells end at {decimal(1 / c.end)}"
            )

    def _zeros(self) -> list[str]:
        """The list, decreasing in beta, names the isolated zeros, each once."""
        isolated, listed = self.stated.zeros, self.stated.exceptional
        conditions = []
        if len(listed) != len(isolated):
            raise Rejected(
                f"the list names {len(listed)} exceptional temperatures, the cells isolate {len(isolated)}"
            )
        for i, (zero, cell) in enumerate(zip(listed, isolated, strict=True)):
            if not _holds(zero, cell):
                raise Rejected(
                    f"exceptional temperature {i + 1} does not enclose the zero that the cells isolate"
                )
            conditions += self._form_of_zero(
                zero, cell, f"the exceptional temperature {decimal(1 / cell.lower)}"
            )
        return conditions

    def _beta1(self) -> list[str]:
        c = self.stated
        first = next((cell for cell in c.cells if not isinstance(cell, Away)), None)
        if c.beta1.lower is None or c.beta1.upper is None:
            raise Rejected("beta1 is stated to be infinite, but it is at most a finite temperature")
        if isinstance(first, Zero):
            if not _holds(c.beta1, first):
                raise Rejected(
                    f"beta1 is wrong: the largest exceptional temperature is {decimal(1 / first.lower)}"
                )
            return self._form_of_zero(c.beta1, first, "beta1")
        # beta1 is at least the largest isolated zero and 1/t_max, and at most where the cells leave off.
        settled = first is None and c.beyond is not None and c.t_max != "unknown"
        top = None if settled else 1 / (c.end if first is None else first.start)
        least = 1 / c.zeros[0].upper if c.zeros else None
        if not (self._at_least(c.beta1.lower, least) and self._at_most(c.beta1.upper, top)):
            low, high = ("1/t_max" if end is None else decimal(end) for end in (least, top))
            raise Rejected(f"beta1 is wrong: it is only known to lie in [{low}, {high}]")
        return self._form_at_the_end(c.beta1, settled and least is None)

    def _at_least(self, lower: Fraction, zero: Fraction | None) -> bool:
        """Whether beta1 >= lower is shown, by a zero or by 1/t_max."""
        return lower <= 0 or (zero is not None and lower <= zero) or self._compare(lower, 1)

    def _at_most(self, upper: Fraction, top: Fraction | None) -> bool:
        if top is not None:
            return top <= upper
        return upper >= 0 if self.t_max is None else self._compare(upper, -1)

    def _compare(self, value: Fraction, sign: int) -> bool:
        """Whether sign * value <= sign / t_max."""
        if self.t_max is None:
            return False
        rational = None if self.t_max.exact is None else self.t_max.exact.rational
        if rational is not None:
            return sign * value * rational <= sign
        return bool(exact(sign * value) * self.t_max.ball <= sign)

    def _form_of_zero(self, stated: Enclosure, cell: Zero, what: str) -> list[str]:
        if stated.closed_form is None:
            return []
        form = self._form(stated, what)
        return (
            []
            if check_signal.is_zero(self.coefficient, self.closed, form, cell)
            else [f"{what} = {form.text}"]
        )

    def _form_at_the_end(self, stated: Enclosure, settled: bool) -> list[str]:
        """A closed form of beta1 = 1/t_max, or of 0 where t_max is infinite."""
        if stated.closed_form is None:
            return []
        form = self._form(stated, "beta1")
        wrong = Rejected(f"the closed form {form.text[:60]} of beta1 is not confirmed")
        if not settled:
            raise wrong
        if self.t_max is None:
            if not form.ball.is_zero():
                raise wrong
            return []
        if not (form.ball * self.t_max.ball).overlaps(arb(1)):
            raise wrong
        with suppress(Unknown):
            one = form.exact * self.t_max.exact if form.exact and self.t_max.exact else None
            if one is not None and (one - Exact.of(1)).is_zero:
                return []
        return [f"beta1 = {form.text}"]

    def _form(self, stated: Enclosure, what: str) -> Constant:
        assert stated.closed_form is not None
        form = number(stated.closed_form)
        if not form.lies_in(stated):
            raise Rejected(f"the closed form {form.text[:60]} of {what} is not in its enclosure")
        return form


def _no_temperature(c: Certificate) -> None:
    """Raises Rejected unless a certificate with t_max = 0 names no temperature."""
    finite = c.beta1.upper is not None or c.beta1.lower is not None or c.beta1.closed_form not in (None, "oo")
    if finite or c.cells or c.exceptional or c.searched_down_to is not None or c.near_zero or c.beyond:
        raise Rejected("t_max = 0 leaves no finite temperature, but the certificate names some")


def _holds(stated: Enclosure, zero: Zero) -> bool:
    """Whether the enclosure of beta holds 1/t for every t in the zero's bracket."""
    if stated.lower is None or stated.upper is None:
        return False
    return stated.lower * zero.upper <= 1 and stated.upper * zero.lower >= 1
