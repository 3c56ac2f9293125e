"""Making nodes: exact arithmetic folded at once, and every size bounded before it is computed."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from .functions import CANONICAL, FUNCTIONS
from .text import LinkError
from .tree import (
    Bin,
    Call,
    Const,
    Node,
    Num,
    Operator,
    Part,
    Var,
    Where,
    children,
    is_constant,
    rebuild,
    shared,
)
from .tree import Neg as _Neg

#: Bounds that keep every later computation small; a text beyond them is refused by name.
MAX_BITS = 3000
MAX_DEGREE = 200
ZERO, ONE = Num(Fraction(0)), Num(Fraction(1))


def number(value: Fraction) -> Num:
    """``value`` as a node. Raises LinkError when it has more than about 900 digits."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise LinkError("a number has more than 900 digits, which is too large: write a smaller number")
    return Num(value)


def negate(arg: Node) -> Node:
    """``-arg``, folded when ``arg`` is a number."""
    return Num(-arg.value) if isinstance(arg, Num) else _Neg(arg)


def combine(op: Operator, left: Node, right: Node) -> Node:
    """``left op right``; two numbers are folded exactly. Raises LinkError beyond the size bounds."""
    if isinstance(left, Num) and isinstance(right, Num):
        folded = _fold(op, left.value, right.value)
        if folded is not None:
            return folded
    if op == "/" and right == Num(Fraction(0)):
        raise LinkError("a division by 0 is undefined everywhere: write a divisor that is not 0")
    if op == "**" and isinstance(right, Num) and abs(right.value) > MAX_DEGREE:
        raise LinkError(f"an exponent is beyond {MAX_DEGREE} in size: write a smaller exponent")
    return Bin(op, left, right)


def _fold(op: Operator, left: Fraction, right: Fraction) -> Node | None:
    if op == "+":
        return number(left + right)
    if op == "-":
        return number(left - right)
    if op == "*":
        return number(left * right)
    if op == "/":
        if right == 0:
            raise LinkError("a division by 0 is undefined everywhere: write a divisor that is not 0")
        return number(left / right)
    if right.denominator != 1:
        return None
    size = max(left.numerator.bit_length(), left.denominator.bit_length())
    if size > 1 and abs(right) * size > MAX_BITS:
        raise LinkError("a power of two numbers has more than 900 digits: write a smaller exponent")
    if left == 0 and right < 0:
        raise LinkError("a division by 0 is undefined everywhere: write a divisor that is not 0")
    # With |left| <= 1 the size bound does not bite, but such a power depends on parity alone.
    exponent = int(right) if size > 1 else int(right % 2) + 2 * (right > 0)
    return number(left**exponent) if left != 0 or right != 0 else number(Fraction(1))


def plus(left: Node, right: Node) -> Node:
    """``left + right`` without a term that is 0."""
    if ZERO in (left, right):
        return right if left == ZERO else left
    return combine("-", left, right.arg) if isinstance(right, _Neg) else combine("+", left, right)


def times(left: Node, right: Node) -> Node:
    """``left * right`` without a factor that is 1, and 0 where one of them is."""
    if ZERO in (left, right):
        return ZERO
    if isinstance(left, _Neg):
        return negate(times(left.arg, right))
    return right if left == ONE else left if right == ONE else combine("*", left, right)


def call(name: str, args: tuple[Node, ...]) -> Call:
    """The function ``name`` (any case) of ``args``.

    Raises LinkError when the number of arguments is wrong, or the order of a Hermite polynomial
    is not an integer from 0 to 200.
    """
    name = CANONICAL[name.lower()]
    arity = FUNCTIONS[name].arity
    if arity is None and len(args) < 2:
        raise LinkError(f"{name} needs two or more arguments: write {name}(z, 1)")
    if arity is not None and len(args) != arity:
        plural = "argument" if arity == 1 else "arguments"
        form = {1: "z", 2: "3, z", 3: "z, -1, 1"}[arity]
        raise LinkError(f"{name} takes {arity} {plural}, not {len(args)}: write {name}({form})")
    if name == "He":
        order = args[0]
        if not isinstance(order, Num) or order.value.denominator != 1 or not 0 <= order.value <= MAX_DEGREE:
            raise LinkError(
                f"the order of a Hermite polynomial must be an integer from 0 to {MAX_DEGREE}: write He(3, z)"
            )
    return Call(name, args)


def chosen(node: Call, sign: Callable[[Node], int]) -> Node:
    """The argument that ``clip``, ``max`` or ``min`` equals where ``sign`` tells the signs of differences."""
    if node.name == "clip":
        x, bottom, top = node.args
        if sign(combine("-", x, bottom)) < 0:
            return bottom
        return top if sign(combine("-", x, top)) > 0 else x
    best, wanted = node.args[0], 1 if node.name == "max" else -1
    for other in node.args[1:]:
        if wanted * sign(combine("-", other, best)) > 0:
            best = other
    return best


def with_branches(part: Part, branches: Mapping[Call | Where, Node]) -> Part:
    """The same with the branch in the place of each function that switches, and numbers folded."""
    if isinstance(part, (Call, Where)) and part in branches:
        return branches[part]
    if isinstance(part, (Var, Num, Const)):
        return part
    if isinstance(part, Bin):
        left, right = (with_branches(side, branches) for side in (part.left, part.right))
        return combine(part.op, left, right)  # type: ignore[arg-type]
    return rebuild(part, lambda child: with_branches(child, branches))


def only_part(tree: Node) -> Node | None:
    """The one operand of the node that is no constant: a nest of functions is taken apart by it."""
    parts = [] if isinstance(tree, Where) else [part for part in children(tree) if not is_constant(part)]
    return cast(Node, parts[0]) if len(parts) == 1 else None


def with_part(tree: Node, old: Node, new: Node) -> Node:
    """The node with ``new`` for its operand ``old``, and numbers folded."""
    changed = cast(Node, rebuild(tree, lambda part: new if part is old else part))
    return shared(combine(changed.op, changed.left, changed.right) if isinstance(changed, Bin) else changed)


def degree(node: Node) -> int:
    """An upper bound of the polynomial degree met anywhere in the tree, for refusing giants."""
    return _degree(node)[1]


def _degree(node: Node) -> tuple[int, int]:
    """The degree of ``node`` as a polynomial (0 when it is none) and the largest one inside it."""
    if isinstance(node, Var):
        return 1, 1
    parts = [_degree(child) for child in children(node)]  # type: ignore[arg-type]
    inside = max((peak for _, peak in parts), default=0)
    own = 0
    if isinstance(node, _Neg):
        own = parts[0][0]
    elif isinstance(node, Bin):
        (a, _), (b, _) = parts
        if node.op == "**" and isinstance(node.right, Num):
            own = a * int(abs(node.right.value)) if node.right.value.denominator == 1 else a
        else:
            own = a + b if node.op in "*/" else max(a, b)
    elif isinstance(node, Call) and node.name == "He":
        order = node.args[0]
        own = parts[1][0] * int(order.value) if isinstance(order, Num) else 0
    elif isinstance(node, Call) and node.name in FUNCTIONS and FUNCTIONS[node.name].keeps_degree:
        own = max(a for a, _ in parts)
    return own, max(own, inside)
