"""The answer of a certificate: beta1 and the list of zeros must follow from what the cells confirm."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from ...numerics.precision import exact, working
from .arithmetic.exact import Exact, Unknown
from .format import Away, Certificate, Enclosure, Rejected, Zero
from .number import BITS, Number, decimal, number

#: Whether a closed form is the zero of a cell: True proved, None not told apart; raises Rejected.
IsZero = Callable[[Number, Zero], bool | None]


def conclude(stated: Certificate, t_max: Number | None, is_zero: IsZero) -> list[str]:
    """Raise Rejected unless the answer follows; return the conditions that are left.

    t_max: None where it is infinite or left open.
    """
    with working(BITS):
        return _Conclusion(stated, t_max, is_zero).conditions()


class _Conclusion:
    def __init__(self, stated: Certificate, t_max: Number | None, is_zero: IsZero) -> None:
        self.stated, self.t_max, self.is_zero = stated, t_max, is_zero

    def conditions(self) -> list[str]:
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
        return [] if self.is_zero(form, cell) else [f"{what} = {form.text}"]

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
        try:
            if form.exact is not None and self.t_max.exact is not None:
                one = form.exact * self.t_max.exact - Exact.of(1)
                return [] if one.is_zero else [f"beta1 = {form.text}"]
        except Unknown:
            pass
        return [f"beta1 = {form.text}"]

    def _form(self, stated: Enclosure, what: str) -> Number:
        assert stated.closed_form is not None
        form = number(stated.closed_form)
        if not form.lies_in(stated):
            raise Rejected(f"the closed form {form.text[:60]} of {what} is not in its enclosure")
        return form


def no_temperature(c: Certificate) -> None:
    """Raises Rejected unless a certificate with t_max = 0 names no temperature."""
    finite = c.beta1.upper is not None or c.beta1.lower is not None or c.beta1.closed_form not in (None, "oo")
    if finite or c.cells or c.exceptional or c.searched_down_to is not None or c.near_zero or c.beyond:
        raise Rejected("t_max = 0 leaves no finite temperature, but the certificate names some")


def _holds(stated: Enclosure, zero: Zero) -> bool:
    """Whether the enclosure of beta holds 1/t for every t in the zero's bracket."""
    if stated.lower is None or stated.upper is None:
        return False
    return stated.lower * zero.upper <= 1 and stated.upper * zero.lower >= 1
