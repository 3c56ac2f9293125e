"""The answer of a certificate: t_max, beta1 and the list of zeros must follow from what the cells confirm."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb

from ...link import LinkError
from ...link.parse import parse_expression
from ...numerics.lower_arb import compile_arb
from ...numerics.precision import exact, working
from .shape import Away, Certificate, Enclosure, Rejected, Zero

#: Enough for numbers of 300 digits.
_BITS = 1400


@dataclass
class Conclusion:
    """What the certificate ``stated`` answers, with t_max as a ball; conditions: what balls cannot prove."""

    stated: Certificate
    t_max: arb
    conditions: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises Rejected when an answer does not follow."""
        with working(_BITS):
            self._completeness()
            self._zeros()
            self._beta1()

    def _completeness(self) -> None:
        c = self.stated
        if c.complete and c.beyond is None:
            raise Rejected("the list is called complete, but nothing excludes zeros beyond the last cell")
        if c.complete and c.opens:
            raise Rejected("the list is called complete, but an interval of t is left open")
        if c.beyond is None and c.searched_down_to is not None and c.searched_down_to < 1 / c.end:
            raise Rejected(
                f"zeros are said to be searched down to beta = {decimal(c.searched_down_to)}, "
                f"but the cells end at {decimal(1 / c.end)}"
            )

    def _zeros(self) -> None:
        """The list, decreasing in beta, names the isolated zeros, each once."""
        waiting = list(self.stated.zeros)
        for i, zero in enumerate(self.stated.exceptional):
            if not waiting or not _holds(zero, waiting[0]):
                raise Rejected(
                    f"exceptional temperature {i + 1} does not enclose the zero that the cells isolate"
                )
            place = decimal(1 / waiting[0].lower)
            self._closed_form(zero, _ball(waiting.pop(0)), f"the exceptional temperature {place}")
        if waiting:
            raise Rejected(f"the zero at beta = {decimal(1 / waiting[0].lower)} is not in the list")

    def _beta1(self) -> None:
        c = self.stated
        first = next((cell for cell in c.cells if not isinstance(cell, Away)), None)
        if isinstance(first, Zero):
            if not _holds(c.beta1, first):
                raise Rejected(
                    f"beta1 is wrong: the largest exceptional temperature is {decimal(1 / first.lower)}"
                )
            self._closed_form(c.beta1, _ball(first), "beta1")
            return
        low, high = self._least(), self._most(None if first is None else first.start)
        if c.beta1.lower is None or c.beta1.upper is None:
            raise Rejected("beta1 is stated to be infinite, but it is at most a finite temperature")
        slack = abs(high) * arb(10) ** -300
        if exact(c.beta1.lower) > low + slack or exact(c.beta1.upper) < high - slack:
            ends = f"[{low.str(10, radius=False)}, {high.str(10, radius=False)}]"
            raise Rejected(f"beta1 is wrong: it is only known to lie in {ends}")
        self._closed_form(c.beta1, low if low.overlaps(high) else arb.nan(), "beta1")

    def _least(self) -> arb:
        """The largest isolated zero, or else 1/t_max where that is known: beta1 lies no lower."""
        if self.stated.zeros:
            return 1 / exact(self.stated.zeros[0].upper)
        return arb(0) if self.t_max.is_nan() or not self.t_max.is_finite() else 1 / self.t_max

    def _most(self, opened: Fraction | None) -> arb:
        """Where the signal is seen to be free of zeros from there on, in beta."""
        if opened is not None:
            return 1 / exact(opened)
        if self.stated.beyond is None or self.t_max.is_nan():
            return 1 / exact(self.stated.end)
        return self._least()

    def _closed_form(self, stated: Enclosure, value: arb, what: str) -> None:
        """A closed form has to agree with the value as it is known; that it is exact no ball can tell."""
        if stated.closed_form is not None:
            agrees(stated, value, what)
            if not (_number(stated.closed_form) - value).is_zero():
                self.conditions.append(
                    f"that {what} is exactly {stated.closed_form} (the balls agree with it)"
                )


def agrees(stated: Enclosure, value: arb, what: str) -> None:
    """Raises Rejected when the closed form is not in its enclosure, or not in the ball of ``value``."""
    assert stated.closed_form is not None
    form = _number(stated.closed_form)
    if not inside(form, stated):
        raise Rejected(f"the closed form {stated.closed_form[:60]} of {what} is not in its enclosure")
    if not value.overlaps(form) or value.is_nan():
        seen = "no single value is known" if value.is_nan() else f"the balls give {value.str(12)}"
        raise Rejected(f"the closed form {stated.closed_form[:60]} of {what} is not confirmed: {seen}")


def inside(value: arb, stated: Enclosure) -> bool:
    """Whether the whole ball lies in the enclosure."""
    if stated.lower is None or stated.upper is None:
        return False
    return bool(exact(stated.lower) <= value) and bool(value <= exact(stated.upper))


def no_temperature(c: Certificate) -> None:
    """Raises Rejected unless a certificate with t_max = 0 names no temperature."""
    finite = c.beta1.upper is not None or c.beta1.lower is not None or c.beta1.closed_form not in (None, "oo")
    if finite or c.cells or c.exceptional or c.searched_down_to is not None:
        raise Rejected("t_max = 0 leaves no finite temperature, but the certificate names some")


def stated_t_max(text: str) -> arb:
    """The stated t_max as a ball; not a number where it is left open. Raises LinkError."""
    if text == "oo":
        return arb.pos_inf()
    return arb.nan() if text == "unknown" else _number(text)


def _number(text: str) -> arb:
    with working(_BITS):
        value = compile_arb(parse_expression(text, variables=()))(arb(0))
    if not isinstance(value, arb) or not value.is_finite():
        raise LinkError(f"'{text[:60]}' is not a number")
    return value


def _ball(zero: Zero) -> arb:
    """The temperature of an isolated zero."""
    return (1 / exact(zero.upper)).union(1 / exact(zero.lower))


def _holds(stated: Enclosure, zero: Zero) -> bool:
    """Whether the enclosure of beta holds 1/t for every t in the zero's bracket."""
    if stated.lower is None or stated.upper is None:
        return False
    return stated.lower * zero.upper <= 1 and stated.upper * zero.lower >= 1


def decimal(value: Fraction) -> str:
    try:
        return f"{float(value):.9g}"
    except OverflowError:
        return "a huge number"
