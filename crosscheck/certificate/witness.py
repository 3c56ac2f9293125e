"""The exponents of a certificate: the witness moment, and what must vanish below it."""

from __future__ import annotations

from typing import Literal

from flint import arb

from ...link.text import raised
from ...link.tree import Bin, Const, Logic, Neg, Node, Num, Part, Var, Where
from ...numerics.precision import exact, working
from .cells import Rejected
from .integral import Expectations
from .shape import Enclosure, Witness

Parity = Literal["even", "odd"] | None
_ODD = ("sin", "tan", "sinh", "tanh", "atan", "erf", "sign")
_EVEN = ("cos", "cosh", "abs")
#: Powers up to which the moments of lower order are looked at.
_POWERS = 4


def named(power: int, order: int) -> str:
    """E[s^power He_order] as it is written."""
    return f"E[s{raised(power)} He_{order}]"


def witness(expectations: Expectations, stated: Witness, digits: int) -> list[str]:
    """Raise Rejected unless the moment is in its enclosure and not 0; return what is left unproved."""
    shown = named(stated.power, stated.order)
    value = _moment(expectations, stated.power, stated.order, digits)
    with working(4 * digits + 60):
        if value.contains(0):
            raise Rejected(f"the witness is wrong: {shown} = {value.str(8)} is not shown to differ from 0")
        if not inside(value, stated.moment):
            raise Rejected(f"the witness is wrong: {shown} = {value.str(12)} is not in its stated enclosure")
    return _below(expectations, stated, digits)


def inside(value: arb, stated: Enclosure) -> bool:
    """Whether the whole ball lies in the enclosure."""
    if stated.lower is None or stated.upper is None:
        return False
    return bool(exact(stated.lower) <= value) and bool(value <= exact(stated.upper))


def _below(expectations: Expectations, stated: Witness, digits: int) -> list[str]:
    parity = symmetry(expectations.tree)
    unproved = []
    for power in range(1, stated.power):
        if _moment_vanishes(expectations, power, stated.order, parity, digits):
            unproved.append(f"that {named(power, stated.order)} is exactly 0 (it is 0 to {digits} digits)")
    orders = [k for k in range(1, stated.order) if not (parity == "even" and k % 2)]
    for k in orders:
        for power in range(1, _POWERS + 1):
            _moment_vanishes(expectations, power, k, parity, digits)
    if orders:
        unproved.append(
            f"that E[He_k | s] = 0 for k = {', '.join(map(str, orders))} (checked: E[s^i He_k], i <= 4)"
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
