"""The signal of a certificate, one statement at a time: signs on intervals of t, and both ends of the
temperatures.

t_max comes from the growth of s; that no zero lies beyond the last cell, from dominance.

Dominance: let the integrand s He_k (He_k for ``weight``) have the sign sigma wherever s > y. If at t = T the
part of sigma E[s e^{Ts} He_k] on {s > y} outweighs the absolute rest, it does so at every t > T: there
e^{(t-T)s} is larger than e^{(t-T)y} on the first part and smaller on the second.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import factorial

from flint import arb, arb_poly

from ...link import NOISELESS
from ...link.tree import Bin, Compare, Neg, Node, Num, Where
from ...numerics.lowering.arb import compile_link, hermite
from ...numerics.precision import as_fraction, exact, working
from .closed import Closed, plus, polynomial
from .exact import Exact, NotConfirmed, Unknown, Work, nodes
from .format import Away, Dominance, NearZero, Rejected, Zero
from .growth import Tail
from .integral import Expectations
from .signal import BITS, Coefficient, Constant, Expansion, Model, decimal, number

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


#: Beyond these |z| the growth of s is looked at.
_STARTS = (8, 64, 4096, 2**20)
_NARROW = 2.0**-16


def stated_t_max(text: str) -> Constant | None:
    """The number t_max; None where it is left open. Raises Rejected."""
    return None if text in ("oo", "unknown") else number(text)


def confirm(tree: Node, text: str) -> list[str]:
    """Raise Rejected unless the growth of s shows the stated t_max; return the conditions that are left."""
    if text == "unknown":
        return []
    with working(BITS):
        finite, infinite = _tilt_range(tree)
        if text == "oo":
            shown = finite == arb.pos_inf()
        else:
            stated = number(text)
            # t_max = 0 where no tilt is integrable.
            if (stated.ball.is_zero() and infinite.is_zero()) or _is_quadratic(tree, stated):
                return []
            width = arb(2) ** -100 * abs(stated.ball)
            shown = abs(finite - stated.ball) < width and abs(infinite - stated.ball) < width
            shown = shown and not (finite > stated.ball or infinite < stated.ball)
    if not shown:
        least, most = (end.str(10, radius=False) if end.is_finite() else "oo" for end in (finite, infinite))
        raise Rejected(
            f"t_max = {text[:60]} is not confirmed: the growth of s shows t_max in [{least}, {most}]"
        )
    return [] if text == "oo" else [f"t_max = {text}"]


def _tilt_range(tree: Node) -> tuple[arb, arb]:
    """(a, b): E e^{ts} is finite for 0 <= t < a and infinite for t > b; t_max lies between both."""
    finite, infinite = arb(0), arb.pos_inf()
    with working(1000):
        for start in _STARTS:
            below = arb.pos_inf()
            for tail in (Tail(1, arb(start)), Tail(-1, arb(start))):
                low, high = tail.of(tree)
                below = below.min(_limit(tail, high, unknown=arb(0)))
                infinite = infinite.min(_limit(tail, low, unknown=arb.pos_inf()))
            finite = finite.max(below)
    return finite, infinite


def _limit(tail: Tail, p: arb_poly | None, unknown: arb) -> arb:
    """t_max of a bound p of s on one side: 1/(2a) for a x^2 + ..."""
    if p is None:
        return unknown
    if tail.highest(p) is not None or p.degree() < 2:
        return arb.pos_inf()
    if not p[p.degree()] > 0:
        return unknown
    return arb(0) if p.degree() > 2 else 1 / (2 * p[2])


def _is_quadratic(tree: Node, stated: Constant) -> bool:
    """Whether s = a z^2 + O(z) at both ends with a = 1/(2 t_max) > 0, exactly."""
    total = [Exact({})]
    for sign, term in _terms(tree, 1):
        try:
            total = plus(total, [Exact.of(sign) * a for a in polynomial(term)])
        except Unknown:
            if not _at_most_linear(term):
                return False
    if len(total) != 3 or stated.exact is None or not stated.ball > 0:
        return False
    return (Exact.of(2) * total[2] * stated.exact - Exact.of(1)).is_zero


def _terms(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    if isinstance(node, Neg):
        yield from _terms(node.arg, -sign)
    elif isinstance(node, Bin) and node.op in ("+", "-"):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if node.op == "+" else -sign)
    else:
        yield sign, node


def _at_most_linear(term: Node) -> bool:
    ranges = [Tail(side, arb(64)).of(term) for side in (1, -1)]
    return all(p is not None and p.degree() <= 1 for v in ranges for p in v)


def dominance(signal: Coefficient, tree: Node, stated: Dominance) -> None:
    """Raise Rejected unless lemma 2 of docs/certificates.md applies; with noise to both integrands.

    signal: that of the link ``tree``.
    """
    noisy = signal.noise != NOISELESS
    needed = {"weight"} if signal.kind == "weight" else {"label", "weight"} if noisy else {"label"}
    if signal.kind == "centered" or set(stated.levels) != needed:
        raise Rejected(
            f"dominance for the {signal.kind} signal needs a level for {' and '.join(sorted(needed))}"
        )
    for name, level in stated.levels.items():
        weight = name == "weight"
        _keeps_sign(tree, signal.expectations.work, signal.k, stated.sign, weight, level)
        _outweighs(signal, tree, stated, weight, level)


def _keeps_sign(tree: Node, work: Work, k: int, sign: int, weight: bool, level: Fraction) -> None:
    with working(_BITS):
        y, radius = exact(level), 4 * k + 8
        for side in (1, -1):
            tail = Tail(side, arb(radius))
            v = tail.of(tree)
            top, own = tail.highest(v[1]), 1 if weight else tail.sign(v)
            below = top is not None and top <= y
            # All zeros of He_k lie inside (-2 sqrt(k), 2 sqrt(k)).
            if not below and (own is None or own * sign * side**k < 0):
                raise Rejected(f"above the level {decimal(level)} the integrand's sign is not seen far out")
        s = compile_link(tree)
        waiting = [(arb(-radius), arb(radius))]
        while waiting:
            work.spend(nodes(tree) + k)
            low, high = waiting.pop()
            z = low.union(high)
            value = s(z)
            factor = hermite(k, z) * sign
            # Where the factor is positive, s > y >= 0 is enough, however s jumps.
            if value <= y or (factor > 0 and y >= 0) or factor * (1 if weight else value) >= 0:
                continue
            if high - low < _NARROW:
                raise Rejected(
                    f"above the level {decimal(level)} the integrand is not shown to keep its sign"
                )
            middle = ((low + high) / 2).mid()
            waiting += [(middle, high), (low, middle)]


def _outweighs(signal: Coefficient, tree: Node, stated: Dominance, weight: bool, level: Fraction) -> None:
    above = Compare(">", tree, Num(level))
    one, zero = Num(Fraction(1)), Num(Fraction(0))
    centred, work, bits = signal.expectations.tree, signal.expectations.work, _BITS + 80
    with working(bits + 40):
        t, m = exact(stated.start), exact(signal.centre)
        top = Expectations(centred, work, Where(above, one, zero))
        rest = Expectations(centred, work, Where(above, zero, one))
        # s = m + r under e^{tr}, which is e^{-tm} e^{ts}.
        right = top.value(0, signal.k, t, bits) * (1 if weight else m)
        wrong = rest.value(0, 0, 2 * t, bits) * (1 if weight else m**2)
        if not weight:
            right += top.value(1, signal.k, t, bits)
            wrong += rest.value(2, 0, 2 * t, bits) + 2 * m * rest.value(1, 0, 2 * t, bits)
        # Cauchy-Schwarz: E|f He_k| <= sqrt(E f^2 k!).
        if not right * stated.sign > (wrong.upper() * factorial(signal.k)).sqrt():
            raise Rejected(
                f"at t = {decimal(stated.start)} the top of s does not outweigh the rest: no dominance beyond"
            )
