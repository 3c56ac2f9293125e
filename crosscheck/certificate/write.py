"""Writing a certificate: the answer of ``threshold`` turned into statements that a ball can confirm."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import sympy
from flint import arb

from ...link import NOISELESS, Bin, Link, LinkError, Node, Noise, Num, Signal, excerpt
from ...link.domain import rough_at
from ...numerics.expectation.oracle import Oracle, oracle
from ...numerics.lowering.arb import compile_arb
from ...numerics.lowering.balls import Dual
from ...numerics.precision import NotIntegrable, Unresolved, as_fraction, exact, working
from ...numerics.threshold.signal import SignalCoefficient, spread
from ...theory.exact.constants import Undecided, increasing
from ...theory.families.moments import moment
from ...theory.shape.pieces import levels as exact_levels
from ..files import write_whole
from ..link_facts.beyond import dominance, dominance_starts, search_end
from ..link_facts.exponents import exponents
from ..link_facts.threshold import Threshold
from ..number import Number, from_exact
from .check import check
from .check_signal import confirm
from .closed import Closed, most_zeros, steps_of
from .exact import Exact, NotConfirmed, Unknown, Work, exact_value
from .format import KIND, SCHEMA, Levels, Rejected, parse
from .integral import Expectations
from .signal import Coefficient, number

_STRETCHES, _CELLS = 400, 300
#: How far the cells reach where no dominance takes over.
_REACH = Fraction(8)
#: Links of a spread beyond this, or beyond one over it, have temperatures of their own scale.
_ORDINARY = Fraction(1, 64)
#: Spreads of s from 0 to its middle from which on the middle is taken as the centre.
_FAR_OFF = 64


def require_power_series(link: Link) -> None:
    """Raise LinkError for log(abs(z)) and its like: the checker has no arithmetic beside such a point."""
    if points := rough_at(link.tree):
        raise LinkError(
            f"'{excerpt(link.text)}' has no power series on a side of z = {points[0]}, beside which the "
            "checker of certificates encloses nothing: ask without a certificate"
        )


class Unproved(ArithmeticError):
    """Nothing was proved that a certificate could state."""


def certificate(answer: Threshold, digits: int = 30) -> dict[str, Any]:
    """The certificate of an answer of ``digits`` digits, as JSON.

    Raises Unproved when the threshold is not enclosed at all, LinkError where the link has no power series.
    """
    from ... import __version__

    require_power_series(answer.link)
    known = exponents(answer.link)
    star, power = known.generative_exponent.value, known.witness_power
    blank: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": KIND,
        "version": __version__,
        "link": answer.link.text,
        "signal": answer.signal,
        "noise": str(answer.noise),
        "centre": str(_centre(answer.link.tree)),
        "digits": digits,
        "t_max": _t_max(answer),
        "beta1": answer.beta1.value.as_json(),
        "exceptional": [],
        "searched_down_to": answer.searched_down_to,
        "complete": answer.complete,
        "exponents": {"generative": star, "witness": None},
        "near_zero": None,
        "cells": [],
        "beyond": None,
    }
    if star is not None and power is not None:
        blank["exponents"]["witness"] = _witness(answer, star, power, digits)
    if blank["t_max"] == "0":
        return blank
    if star is None or power is None or answer.beta1.value.upper == "inf":
        raise Unproved(f"there is nothing to certify: {answer.beta1.reason}")
    try:
        return blank | _Writer(answer, star, power, digits).written()
    except (Unresolved, NotIntegrable) as error:
        raise Unproved(f"the cells of a certificate are not found: {error}") from None


@lru_cache(maxsize=64)
def _t_max(answer: Threshold) -> str:
    """t_max where the growth of s shows it as the checker looks at it, else ``unknown``."""
    t_max = str(answer.t_max)
    try:
        return "unknown" if confirm(answer.link.tree, t_max) else t_max
    except Rejected:
        return "unknown"


def save(content: dict[str, Any], path: Path) -> None:
    """Write the file whole or not at all, if ``check`` confirms what it states, be it on a condition.

    Raises Unproved where it does not, LinkError when the file cannot be written.
    """
    if refused := check(parse(content)).reason:
        raise Unproved(f"`tiltproof check` would not confirm the certificate: {refused}")
    write_whole(path, (json.dumps(content, indent=2) + "\n").encode())


def _centre(tree: Node) -> Fraction:
    """A whole number in the middle of s where s is far from 0 for its spread, else 0."""
    s = compile_arb(tree)
    with working(64):
        values = [as_fraction(value) for i in range(-8, 9) if (value := s(arb(i) / 4)).is_finite()]
    low, high = min(values, default=Fraction(0)), max(values, default=Fraction(0))
    middle = round((low + high) / 2)
    return Fraction(middle) if abs(middle) > _FAR_OFF * max(high - low, Fraction(1, 2**40)) else Fraction(0)


@lru_cache(maxsize=64)
def _closed(tree: Node) -> Closed:
    return Closed.of(tree, Work())


def _witness(answer: Threshold, star: int, power: int, digits: int) -> dict[str, Any]:
    value = oracle(answer.link.tree).tilted_moments((star,), (power,), 0, digits + 5)[power, star]
    with working(4 * digits + 100):
        middle, radius = as_fraction(value), as_fraction(value.rad())
    low, high = _widened(middle - radius, middle + radius, digits)
    form = Number(moment(answer.link.tree, power, star), "", "").readable
    form = _proved(form, lambda value: _closed(answer.link.tree).moment(power, star) - value)
    return {"power": power, "order": star, "moment": {"closed_form": form, "lower": low, "upper": high}}


def _proved(form: str | None, gap: Callable[[Exact], Exact]) -> str | None:
    """A closed form stays where exact arithmetic shows it: there its ``gap`` is 0."""
    try:
        return form if form and gap(exact_value(number(form).node)).is_zero else None
    except (Unknown, Rejected):
        return None


def _widened(low: Fraction, high: Fraction, digits: int) -> tuple[str, str]:
    """Two decimals around [low, high], further out by one unit of the last of ``digits`` digits."""
    slack = max(abs(low), abs(high)) / 10 ** (digits + 1)
    return _decimal(low - slack, digits + 3, ROUND_FLOOR), _decimal(high + slack, digits + 3, ROUND_CEILING)


def _decimal(value: Fraction, digits: int, rounding: str) -> str:
    return str(
        Context(prec=digits, rounding=rounding).divide(Decimal(value.numerator), Decimal(value.denominator))
    )


@dataclass(frozen=True)
class _Writer:
    answer: Threshold
    star: int
    power: int
    digits: int

    @property
    def tree(self) -> Node:
        return self.answer.link.tree

    @property
    def noise(self) -> Noise:
        return self.answer.noise if self.answer.signal == Signal.LABEL else NOISELESS

    @cached_property
    def centre(self) -> Fraction:
        return _centre(self.tree)

    def written(self) -> dict[str, Any]:
        beyond = self._dominance() or self._levels()
        end = Fraction(beyond["dominance"]["from"]) if beyond and "dominance" in beyond else self._end()
        if end <= 0:
            raise Unproved("no temperature above 1/t_max was searched")
        start, leading = self._near_zero(end)
        known = [zero.bounds for zero in self.answer.exceptional]
        brackets = [_widened(1 / high, 1 / low, self.digits) for low, high in known]
        cells = list(self._cells(start, end, brackets, whole=beyond is not None))
        end = Fraction(cells[-1]["to"]) if cells else start
        isolated = [(cell["zero"]["lower"], cell["zero"]["upper"]) for cell in cells if "zero" in cell]
        listed = [
            self._listed(zero, ends)
            for zero, ends in zip(self.answer.exceptional, brackets, strict=True)
            if ends in isolated
        ]
        opened = [cell for cell in cells if "reason" in cell]
        if opened and beyond and "levels" in beyond:
            beyond = None
        return {
            "exceptional": listed,
            "beta1": self._beta1(cells, listed, end, settled=beyond is not None),
            "searched_down_to": self._searched() if beyond else str(1 / end),
            "complete": beyond is not None and not opened,
            "near_zero": {"to": str(start), **_bounded(leading)},
            "cells": cells,
            "beyond": beyond,
        }

    def _beta1(
        self, cells: list[dict[str, Any]], listed: list[dict[str, Any]], end: Fraction, *, settled: bool
    ) -> dict[str, Any]:
        """beta1 as far as the data of a certificate show it: a proof in words shows nothing here."""
        first = next((cell for cell in cells if "at_least" not in cell), None)
        if first is not None and "zero" in first:
            return listed[0]
        known = _t_max(self.answer) != "unknown"
        if first is None and settled and known:
            return self.answer.beta1.value.as_json()
        floor = from_exact(1 / self.answer.t_max, self.digits).lower if known else "0"
        top = 1 / (end if first is None else Fraction(first["from"]))
        lower = listed[0]["lower"] if listed else floor
        return {"closed_form": None, "lower": lower, "upper": _decimal(top, self.digits, ROUND_CEILING)}

    def _listed(self, zero: Number, bracket: tuple[str, str]) -> dict[str, Any]:
        low, high = _widened(1 / Fraction(bracket[1]), 1 / Fraction(bracket[0]), self.digits)
        closed, kind = _closed(self.tree), self.answer.signal
        form = _proved(zero.readable, lambda beta: closed.signal(self.star, kind, self.noise, beta.power(-1)))
        return {"closed_form": form, "lower": low, "upper": high}

    @property
    def _of_centred(self) -> Oracle:
        return oracle(Bin("-", self.tree, Num(self.centre)) if self.centre else self.tree)

    def _near_zero(self, end: Fraction) -> tuple[Fraction, arb]:
        coefficient = SignalCoefficient(self._of_centred, self.star, self.answer.signal, self.noise)
        start, leading = coefficient.zero_free_start(min(end, self._reach), self.power)
        centre = min(self.centre, Fraction(0))
        if not centre or self.answer.signal != Signal.LABEL:
            return start, leading
        with working(64):
            # h_k' of s is that of s - centre plus centre h_k: by lemma 1 two values of one hull.
            def moved() -> arb:
                return leading + arb(0).union(exact(start)) * exact(centre) * leading / self.power

            while moved().contains(0):
                start /= 2
            return start, moved()

    def _searched(self) -> str:
        """As a decimal, where it is 1/t_max with a root in it."""
        try:
            return str(Fraction(self.answer.searched_down_to))
        except ValueError:
            return from_exact(sympy.sympify(self.answer.searched_down_to), self.digits).upper

    @property
    def _reach(self) -> Fraction:
        """In proportion for tiny and for huge links: t s is what counts."""
        size = spread(self.tree)
        return _REACH / size if not _ORDINARY < size < 1 / _ORDINARY else _REACH

    def _end(self) -> Fraction:
        """T, where the cells stop when dominance does not take over."""
        if not self.answer.complete:
            return 1 / Fraction(self.answer.searched_down_to)
        top, reach = search_end(self.answer.link), self._reach
        least = max(
            (Fraction(5, 4) / Fraction(zero.lower) for zero in self.answer.exceptional), default=reach
        )
        return min(top, max(least, reach))

    def _levels(self) -> dict[str, Any] | None:
        """The levels of a step function, where their weights leave room for no further zero."""
        steps = exact_levels(self.tree)
        if steps is None or not self.answer.complete or self.answer.signal == Signal.CENTERED:
            return None
        if self.noise != NOISELESS:
            return None
        try:
            ordered = increasing({value for _, _, value in steps})
        except Undecided:
            return None
        stated = Levels(tuple(str(value) for value in ordered))
        of_link = Expectations(self.tree, Work())
        signal = Coefficient(of_link, self.star, self.answer.signal, NOISELESS, Fraction(0))
        try:
            most = most_zeros(steps_of(self.tree, Work()), signal, self.power, stated)
        except (Rejected, NotConfirmed):
            return None
        return {"levels": list(stated.texts)} if most <= len(self.answer.exceptional) else None

    def _dominance(self) -> dict[str, Any] | None:
        if self.answer.signal == Signal.CENTERED or not self.answer.complete:
            return None
        names = ("label", "weight") if self.noise != NOISELESS else (self.answer.signal,)
        starts = dominance_starts(self.answer.link)
        if self.answer.t_max != sympy.oo:
            # Fifteen sixteenths of t_max is where searches end.
            starts = tuple(search_end(self.answer.link) * Fraction(i, 16) for i in (8, 12, 14, 16))
        dominant = dominance(self.tree, self.star, [name == "weight" for name in names], starts)
        if dominant is None:
            return None
        levels = {name: str(each.level) for name, each in zip(names, dominant, strict=True)}
        start = str(max(each.start for each in dominant))
        return {"dominance": {"from": start, "sign": dominant[0].sign, "levels": levels}}

    def _cells(
        self, start: Fraction, end: Fraction, brackets: list[tuple[str, str]], *, whole: bool
    ) -> Iterator[dict[str, Any]]:
        """[start, end] cell by cell, each from one Taylor model that decides it.

        Unless the ``whole`` is needed it ends where little is decided and no zero is known further on.
        """
        width = start
        last = end if whole else max((Fraction(high) for _, high in brackets), default=Fraction(0))
        for _ in range(_STRETCHES):
            if start >= end:
                return
            stop = min(start + width, end)
            cells = self._stretch(start, stop, brackets)
            if cells is None and stop - start > end / (2**16 if start <= last else 2**8):
                width = (stop - start) / 2
                continue
            if cells is None and start > last:
                return
            yield from cells or [_open(start, stop)]
            start, width = stop, 2 * (stop - start)
        raise Unproved(f"the cells of a certificate do not reach beta = {float(1 / end):.6g}")

    def _signal(self, start: Fraction, end: Fraction) -> Callable[[arb], Dual]:
        """The signal without the centre: e^{-centre t} signal."""
        of_link, kind, centre = self._of_centred, self.answer.signal, self.centre
        own = SignalCoefficient(of_link, self.star, kind, self.noise).modelled(start, end)
        if kind != Signal.LABEL or not centre:
            return own
        weight = SignalCoefficient(of_link, self.star, Signal.WEIGHT, NOISELESS).modelled(start, end)
        return lambda cell: own(cell) + weight(cell) * exact(centre)

    def _stretch(
        self, start: Fraction, end: Fraction, brackets: list[tuple[str, str]]
    ) -> list[dict[str, Any]] | None:
        """The cells of one stretch, neighbours of one sign joined; None when they are not decided."""
        signal = self._signal(start, end)
        cells: list[dict[str, Any]] = []
        with working(64):
            waiting = [(start, end)]
            for _ in range(_CELLS):
                if not waiting:
                    return cells
                low, high = waiting.pop()
                cell = _decided(signal, low, high, brackets)
                if cell is None:
                    middle = (low + high) / 2
                    waiting += [(middle, high), (low, middle)]
                elif cells and cells[-1].get("sign") == cell.get("sign") is not None:
                    lesser = min(cells[-1]["at_least"], cell["at_least"], key=Fraction)
                    cells[-1] |= {"to": cell["to"], "at_least": lesser}
                else:
                    cells.append(cell)
        return None


def _decided(
    signal: Callable[[arb], Dual], low: Fraction, high: Fraction, brackets: list[tuple[str, str]]
) -> dict[str, Any] | None:
    image = signal(exact(low).union(exact(high)))
    ends = {"from": str(low), "to": str(high)}
    if image.value.is_finite() and not image.value.contains(0):
        return ends | _bounded(image.value)
    if not image.slope.is_finite() or image.slope.contains(0):
        return None
    inside = [b for b in brackets if low < Fraction(b[0]) and Fraction(b[1]) < high]
    if len(inside) != 1:
        return None
    return ends | {"zero": {"lower": inside[0][0], "upper": inside[0][1]}, "slope": _bounded(image.slope)}


def _bounded(value: arb) -> dict[str, Any]:
    """The sign of a ball without 0, and half of how far it stays away."""
    half = as_fraction(value.abs_lower()) / 2
    return {"sign": 1 if value > 0 else -1, "at_least": _decimal(half, 3, ROUND_FLOOR)}


def _open(start: Fraction, end: Fraction) -> dict[str, Any]:
    reason = "the signal is not separated from 0 by balls: a zero of higher multiplicity, or none"
    return {"from": str(start), "to": str(end), "reason": reason}
