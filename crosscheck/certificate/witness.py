"""The exponents of a certificate: the witness moment, and what must vanish below it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from flint import arb

from ...link.text import raised
from ...link.tree import Bin, Const, Logic, Neg, Node, Num, Part, Var, Where
from ...numerics.precision import exact, working
from .conclusion import agrees, inside
from .integral import Expectations
from .shape import Rejected, Witness

Parity = Literal["even", "odd"] | None
_ODD = ("sin", "tan", "sinh", "tanh", "atan", "erf", "sign")
_EVEN = ("cos", "cosh", "abs")
#: Powers up to which the moments of lower order are looked at.
_POWERS = 4


def named(power: int, order: int) -> str:
    """E[s^power He_order] as it is written."""
    return f"E[s{raised(power)} He_{order}]"


def witness(expectations: Expectations, stated: Witness, digits: int, tilts: Sequence[Fraction]) -> list[str]:
    """Raise Rejected unless the moment is in its enclosure and not 0; return what is left unproved.

    tilts: some t > 0 at which e^{ts} is integrable.
    """
    shown = named(stated.power, stated.order)
    with working(4 * digits + 200):
        value = _placed(expectations, stated, digits)
        if value.contains(0):
            raise Rejected(f"the witness is wrong: {shown} = {value.str(8)} is not shown to differ from 0")
        if not inside(value, stated.moment):
            raise Rejected(f"the witness is wrong: {shown} = {value.str(12)} is not seen in its enclosure")
        unproved = []
        if stated.moment.closed_form is not None:
            agrees(stated.moment, value, shown)
            unproved.append(f"that {shown} is exactly {stated.moment.closed_form} (the balls agree with it)")
    return unproved + _below(expectations, stated, digits, tilts)


def _placed(e: Expectations, stated: Witness, digits: int) -> arb:
    """The moment, sharp enough to lie in or outside of its enclosure if it is not at an end of it."""
    low, high = stated.moment.lower, stated.moment.upper
    for times in (1, 2, 4):
        value = _moment(e, stated.power, stated.order, digits * times)
        if low is None or high is None or not value.overlaps(exact(low).union(exact(high))):
            break
        if inside(value, stated.moment) and not value.contains(0):
            break
    return value


def _below(expectations: Expectations, stated: Witness, digits: int, tilts: Sequence[Fraction]) -> list[str]:
    parity = symmetry(expectations.tree)
    unproved = []
    for power in range(1, stated.power):
        if _moment_vanishes(expectations, power, stated.order, parity, digits):
            unproved.append(f"that {named(power, stated.order)} is exactly 0 (it is 0 to {digits} digits)")
    orders = [k for k in range(1, stated.order) if not (parity == "even" and k % 2)]
    for k in orders:
        for power in range(1, _POWERS + 1):
            _moment_vanishes(expectations, power, k, parity, digits)
        for t in tilts:
            _tilt_vanishes(expectations, t, k, digits)
    if orders:
        at = f" and E[e^(ts) He_k] at {len(tilts)} values of t" if tilts else ""
        unproved.append(
            f"that E[He_k | s] = 0 for k = {', '.join(map(str, orders))} (checked: E[s^i He_k], i <= 4{at})"
        )
    return unproved


def _moment_vanishes(e: Expectations, power: int, k: int, parity: Parity, digits: int) -> bool:
    """True when the moment is 0 as far as balls can tell, False when symmetry proves it; else Rejected."""
    if (parity == "even" and k % 2) or (parity == "odd" and (power + k) % 2):
        return False
    value = _moment(e, power, k, digits)
    if not value.contains(0):
        shown = value.str(8, radius=False)
        raise Rejected(f"the exponents are wrong: {named(power, k)} = {shown} is not 0")
    return True


def _tilt_vanishes(e: Expectations, t: Fraction, k: int, digits: int) -> None:
    """E[e^{ts} He_k] has isolated zeros unless E[He_k | s] = 0, so single values of t tell."""
    bits = 4 * digits + 20
    with working(bits + 40):
        value = e.value(0, k, exact(t), bits)
    if not value.contains(0):
        raise Rejected(
            f"the exponents are wrong: E[e^(ts) He_{k}] = {value.str(8, radius=False)} is not 0 at t = {t}"
        )


def _moment(e: Expectations, power: int, k: int, digits: int) -> arb:
    return e.value(power, k, arb(0), 4 * digits + 20)


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
        assert isinstance(node.args[0], Num)
        return "odd" if node.args[0].value % 2 else "even"
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
