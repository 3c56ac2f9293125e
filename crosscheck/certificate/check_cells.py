"""One statement of a certificate at a time: on this interval of t the signal, or its slope, has this sign."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from ...numerics.precision import as_fraction, exact, working
from .arithmetic.exact import Unknown
from .arithmetic.integral import Expectations
from .arithmetic.work import NotConfirmed
from .closed import Closed
from .format import Away, NearZero, Rejected, Zero
from .signal import BITS, Coefficient, Constant, Expansion, Model, decimal

#: Models are no wider than so many paces, nor than this part of t.
_WIDEST, _PART = 2, Fraction(1, 32)
_DEPTH, _BALLS = 14, 80
_BITS = 64
#: How near a closed form must come to a zero, relatively.
_CLOSE = Fraction(1, 2**333)
Read = Callable[[tuple[arb, arb]], arb]


def away(coefficient: Coefficient, cell: Away) -> None:
    """sign * signal >= at_least on the whole cell."""
    _everywhere(coefficient, cell, "the signal", lambda both: both[0])


def simple_zero(coefficient: Coefficient, cell: Zero) -> None:
    """One zero in the cell, simple, between the ends of the bracket."""
    _everywhere(coefficient, cell, "the slope of the signal", lambda both: both[1])
    for t, sign in ((cell.lower, -cell.sign), (cell.upper, cell.sign)):
        side = _sign_at(coefficient, t)
        if side != sign:
            seen = (
                "has no sign that can be seen" if side is None else f"has the sign {side:+d}, not {sign:+d},"
            )
            raise Rejected(f"the bracket of the zero is wrong: the signal {seen} at t = {decimal(t)}")


def is_zero(coefficient: Coefficient, closed: Closed, form: Constant, cell: Zero) -> bool | None:
    """Whether the temperature ``form`` is the zero of the cell: True when exact arithmetic shows it.

    None when the two agree to 100 digits: a bracket of that width about the closed form holds the zero.
    Raises Rejected when it does not.
    """
    with working(BITS):
        t = 1 / form.ball
        inside = bool(exact(cell.start) <= t) and bool(t <= exact(cell.end))
        middle = as_fraction(t)
    wrong = Rejected(f"the closed form {form.text[:60]} is not the zero that the cells isolate")
    if not inside:
        raise wrong
    try:
        if form.exact is not None:
            point = form.exact.power(-1)
            if closed.signal(coefficient.k, coefficient.kind, coefficient.noise, point).is_zero:
                return True
    except Unknown:
        pass
    for sign, t_near in ((-1, middle * (1 - _CLOSE)), (1, middle * (1 + _CLOSE))):
        if _sign_at(coefficient, t_near) != sign * cell.sign:
            raise wrong
    return None


def _sign_at(coefficient: Coefficient, t: Fraction) -> int | None:
    for bits in (160, 400, 1000):
        value = coefficient.at(t, bits)
        if value > 0 or value < 0:
            return 1 if value > 0 else -1
    return None


def _everywhere(coefficient: Coefficient, cell: Away | Zero, what: str, read: Read) -> None:
    waiting = [(cell.start, cell.end, 0)]
    while waiting:
        start, end, depth = waiting.pop()
        middle = (start + end) / 2
        if end - start <= max(_WIDEST * coefficient.pace, end * _PART) and _on_stretch(
            coefficient.model(start, end), start, end, cell, what, read
        ):
            continue
        if depth == _DEPTH:
            raise Rejected(f"{_statement(cell, what)} is not confirmed near t = {decimal(middle)}")
        waiting += [(middle, end, depth + 1), (start, middle, depth + 1)]


def _on_stretch(
    model: Model, start: Fraction, end: Fraction, cell: Away | Zero, what: str, read: Read
) -> bool:
    """Whether the statement is confirmed on [start, end]. Raises Rejected where it is refuted."""
    waiting = [(start, end)]
    for _ in range(_BALLS):
        if not waiting:
            return True
        low, high = waiting.pop()
        middle = (low + high) / 2
        with working(_BITS):
            bound = exact(cell.at_least)
            if read(model.on(low, high)) * cell.sign >= bound:
                continue
            if read(model.on(middle, middle)) * cell.sign < bound.lower():
                raise Rejected(f"{_statement(cell, what)} is false at t = {decimal(middle)}")
        waiting += [(middle, high), (low, middle)]
    return False


def near_zero(coefficient: Coefficient, power: int, stated: NearZero) -> None:
    """The signal over its power of t has one sign on (0, end]: lemma 1 of docs/certificates.md.

    With H the hull of E[s^power e^{ts} He_k] for s without its centre: h_k = t^power H/power! and
    h_k' = t^(power-1) H/(power-1)!, each for some value in H.
    """
    expectations, k, kind = coefficient.expectations, coefficient.k, coefficient.kind
    wrong = Rejected(
        f"the sign or the bound near t = 0 is wrong or not confirmed on (0, {decimal(stated.end)}]"
    )
    if not stated.sign * expectations.value(power, k, arb(0), _BITS) >= exact(stated.at_least):
        raise wrong
    for parts in (1, 2, 4, 8, 16, 32, 64):
        with working(_BITS):
            hull = _hull(expectations, k, power, stated.end, parts)
            ts = arb(0).union(exact(stated.end))
            # A positive centre adds what has the sign of h_k, as symmetric noise does.
            if kind == "label" and coefficient.centre < 0:
                hull += ts * exact(coefficient.centre) * hull / power
            elif kind == "centered":
                base = _hull(expectations, 0, 0, stated.end, parts)
                slope = _hull(expectations, 0, 1, stated.end, parts)
                hull = hull * base - ts * hull * slope / power
            if stated.sign * hull >= exact(stated.at_least):
                return
    raise wrong


def _hull(expectations: Expectations, k: int, power: int, end: Fraction, parts: int) -> arb:
    hull = None
    for i in range(parts):
        start, stop = end * i / parts, end * (i + 1) / parts
        whole = exact(start).union(exact(stop))
        # Where moments grow like factorials the plain hull is the better one.
        ball = expectations.value(power, k, whole, 30)
        ball = ball.intersection(Expansion(expectations, k, power, start, stop).derivative(0, whole))
        hull = ball if hull is None else hull.union(ball)
    if hull is None or not hull.is_finite():
        raise NotConfirmed("the moments near t = 0 are not enclosed")
    return hull


def _statement(cell: Away | Zero, what: str) -> str:
    side = "at least " if cell.sign > 0 else "at most -"
    stretch = f"[{decimal(cell.start)}, {decimal(cell.end)}]"
    return f"'{what} is {side}{decimal(cell.at_least)} for t in {stretch}'"
