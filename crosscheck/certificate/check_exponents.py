"""The exponents of a certificate: the witness moment, and what must vanish below it."""

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Literal

from flint import arb

from ...link.text import raised
from ...link.tree import Bin, Const, Logic, Neg, Node, Num, Part, Var, Where, whole
from ...numerics.precision import exact, working
from .closed import Closed
from .exact import Unknown
from .format import Enclosure, Rejected, Witness
from .integral import Expectations, Infinite
from .signal import Constant, decimal, inside, number

Parity = Literal["even", "odd"] | None
_ODD = ("sin", "tan", "sinh", "tanh", "atan", "erf", "sign")
_EVEN = ("cos", "cosh", "abs")
#: Powers up to which the moments of lower order are looked at.
_POWERS = 4
_BITS = 333


def named(power: int, order: int) -> str:
    """E[s^power He_order] as it is written."""
    return f"E[s{raised(power)} He_{order}]"


def witness(e: Expectations, closed: Closed, stated: Witness, tilts: Sequence[Fraction]) -> list[str]:
    """Raise Rejected unless the moment is in its enclosure and not 0; return the conditions that are left.

    tilts: some t > 0 at which e^{ts} is integrable. Lemma 1 needs E[s^i He_k] = 0 for i below the power, and
    the generative exponent E[He_j | s] = 0 for every order j below k.
    """
    _not_zero(e, stated)
    parity = symmetry(e.tree)
    conditions = []
    if (text := stated.moment.closed_form) is not None:
        conditions += _exactly(e, closed, stated, number(text))
    for power in range(1, stated.power):
        if not (_by_parity(parity, power, stated.order) or _vanishes(closed, power, stated.order)):
            _not_refuted(e, power, stated.order)
            conditions.append(f"{named(power, stated.order)} = 0")
    for j in range(1, stated.order):
        if not ((parity == "even" and j % 2) or closed.carries_no(j)):
            _order_not_refuted(e, closed, j, tilts)
            conditions.append(f"E[He_{j} | s] = 0")
    return conditions


def _not_zero(e: Expectations, stated: Witness) -> None:
    shown = named(stated.power, stated.order)
    for bits in (_BITS, 2 * _BITS, 4 * _BITS):
        value = e.value(stated.power, stated.order, arb(0), bits)
        if inside(value, stated.moment) and not value.contains(0):
            return
        if not value.overlaps(_hull(stated.moment)):
            break
    what = "is not shown to differ from 0" if value.contains(0) else "is not seen in its enclosure"
    raise Rejected(f"the witness is wrong: {shown} = {value.str(12)} {what}")


def _hull(stated: Enclosure) -> arb:
    if stated.lower is None or stated.upper is None:
        raise Rejected("the enclosure of the witness is infinite")
    return exact(stated.lower).union(exact(stated.upper))


def _exactly(e: Expectations, closed: Closed, stated: Witness, form: Constant) -> list[str]:
    """The closed form of the moment: proved by exact arithmetic, or a condition."""
    shown = named(stated.power, stated.order)
    if not form.lies_in(stated.moment):
        raise Rejected(f"the closed form {form.text[:60]} of {shown} is not in its enclosure")
    with suppress(Unknown):
        if form.exact is not None and (closed.moment(stated.power, stated.order) - form.exact).is_zero:
            return []
    if not e.value(stated.power, stated.order, arb(0), _BITS).overlaps(form.ball):
        raise Rejected(f"the closed form {form.text[:60]} of {shown} is wrong")
    return [f"{shown} = {form.text}"]


def _by_parity(parity: Parity, power: int, k: int) -> bool:
    return (parity == "even" and k % 2 == 1) or (parity == "odd" and (power + k) % 2 == 1)


def _vanishes(closed: Closed, power: int, k: int) -> bool:
    """Whether the moment is exactly 0; Rejected where it is exactly another number."""
    try:
        moment = closed.moment(power, k)
    except Unknown:
        return False
    if moment.rational:
        raise Rejected(f"the exponents are wrong: {named(power, k)} is not 0")
    return moment.is_zero


def _not_refuted(e: Expectations, power: int, k: int) -> None:
    value = e.value(power, k, arb(0), _BITS)
    if not value.contains(0):
        raise Rejected(f"the exponents are wrong: {named(power, k)} = {value.str(8, radius=False)} is not 0")


def _order_not_refuted(e: Expectations, closed: Closed, j: int, tilts: Sequence[Fraction]) -> None:
    """Looks for a sign that E[He_j | s] is not 0: it would show in a moment, or at almost every t."""
    for power in range(1, _POWERS + 1):
        _vanishes(closed, power, j)
        with suppress(Infinite):
            _not_refuted(e, power, j)
    for t in tilts:
        with working(_BITS + 40):
            value = e.value(0, j, exact(t), _BITS)
        if not value.contains(0):
            raise Rejected(f"the exponents are wrong: E[e^(ts) He_{j}] is not 0 at t = {decimal(t)}")


def symmetry(node: Node) -> Parity:
    """``even`` or ``odd`` where the way the expression is written shows it."""
    if isinstance(node, Var):
        return "odd"
    if isinstance(node, (Num, Const)):
        return "even"
    if isinstance(node, Neg):
        return symmetry(node.arg)
    if isinstance(node, Bin):
        return _of_operation(node)
    if isinstance(node, Where):
        same = symmetry(node.then) if symmetry(node.then) == symmetry(node.other) else None
        return same if _even_condition(node.condition) else None
    parities = {symmetry(arg) for arg in node.args if not (node.name == "He" and arg is node.args[0])}
    if parities == {"even"}:
        return "even"
    if parities != {"odd"}:
        return None
    if node.name == "He":
        return "odd" if whole(node.args[0]) % 2 else "even"
    return "odd" if node.name in _ODD else "even" if node.name in _EVEN else None


def _of_operation(node: Bin) -> Parity:
    left, right = symmetry(node.left), symmetry(node.right)
    if node.op in "+-" or left is None or right is None:
        return left if left == right else None
    if node.op != "**":
        return "even" if left == right else "odd"
    if left == "even" and right == "even":
        return "even"
    whole = isinstance(node.right, Num) and node.right.value.denominator == 1
    return None if not whole else "odd" if node.right.value % 2 else "even"  # type: ignore[union-attr]


def _even_condition(part: Part) -> bool:
    if isinstance(part, Logic):
        return _even_condition(part.left) and _even_condition(part.right)
    sides = (part.left, part.right)  # type: ignore[union-attr]
    return all(symmetry(side) == "even" for side in sides)
