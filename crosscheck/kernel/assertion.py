"""A claim of the user as a theorem for Coq: bounds of alpha at temperatures, and of beta1."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ...link import Link, LinkError
from ...link.assertion import Quantifier, Range
from ...link.text import excerpt
from ...link.text import text as written
from ...link.tree import Call, Compare, Condition, Const, Node, Var
from ...theory.exact.polynomial import rational_polynomial
from ..link_facts.exponents import exponents
from ..link_facts.threshold import threshold_alone
from .cells import Side
from .everywhere import everywhere
from .ranges import Temperatures, isolated, on_range, zeros_of
from .terms import argument, decimal, number
from .theorem import Moments, Theorem

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "==": "=="}
#: Digits to which beta1 is bracketed, until the bracket is on one side of the number.
_DIGITS = (4, 6, 9, 12)
_OO = Const("oo")
EXPORTED = (
    'for Coq claim "alpha(1, beta) > 0" at a temperature or with --for "beta=[1/2,20]", another number in '
    'place of 0, or "beta1 < 1/2"'
)


def claimed(link: Link, condition: Condition, ranges: Mapping[str, Quantifier]) -> Theorem:
    """The theorem that states the condition, for all real parameters in their ranges.

    Raises LinkError where it is none of the assertions that are exported, where these proofs do not reach
    the link, and where it is not seen to hold.
    """
    if isinstance(condition, Compare):
        left, right, op = condition.left, condition.right, str(condition.op)
        if _number(left) is not None:
            left, right, op = right, left, _MIRRORED[op]
        level = _number(right)
        if level is not None and op != "==":
            if left == Const("beta1") and op != "!=":
                return _beta1(link, op, level)
            if isinstance(left, Call) and left.name == "alpha" and (op != "!=" or level == 0):
                return _alpha(link, left, op, level, ranges)
    raise _refused(written(condition))


def _refused(what: str) -> LinkError:
    return LinkError(f"'{excerpt(what)}' is no theorem that is written: {EXPORTED}")


def _number(node: Node) -> Fraction | None:
    if node == _OO or isinstance(node, (Var, Call)):
        return None
    found = rational_polynomial(node)
    if found is None or found.degree() > 0:
        return None
    return Fraction(int(found[0].p), int(found[0].q))


def _alpha(link: Link, alpha: Call, op: str, level: Fraction, ranges: Mapping[str, Quantifier]) -> Theorem:
    order, at = alpha.args
    k = _number(order)
    if k is None and isinstance(order, Const):
        found = exponents(link)
        known = found.generative_exponent if order.name == "GE" else found.information_exponent
        k = None if known.value is None else Fraction(known.value)
    if k is None:
        raise _refused(written(alpha))
    beta, over = _number(at), ranges.get(at.name) if isinstance(at, Var) else None
    if beta is not None and beta > 0:
        return _at_point(link, int(k), beta, op, level)
    if not isinstance(over, Range):
        raise _refused(written(alpha))
    low, high = _number(over.lower), None if over.upper == _OO else _number(over.upper)
    if low == 0 and over.upper == _OO and not over.closed_lower and k >= 1 and not level:
        return everywhere(link, int(k), None if op == "!=" else _side(op, level), distinct=op == "!=")
    if not low or low <= 0 or (high is None and over.upper != _OO):
        raise LinkError(
            f"the range {over} has an end that is no positive number, which these proofs need: write "
            '"[1/2,20]" or "[1/2,oo)"'
        )
    side = None if op == "!=" else _side(op, level)
    closed = over.closed_lower, over.closed_upper
    return on_range(link, int(k), side, Temperatures(low, high, closed))


def _side(op: str, level: Fraction) -> Side:
    return Side(1 if op[0] == ">" else -1, level, strict=len(op) == 1)


def _at_point(link: Link, k: int, beta: Fraction, op: str, level: Fraction) -> Theorem:
    """alpha_k at one temperature against a number, which it is far enough from."""
    moments = Moments.of(link, k, 1 / beta)
    value = Fraction(moments.value(1, 1 / beta))
    side = _side(op, level) if op != "!=" else Side(1 if value > 0 else -1, distinct=True)
    gap = side.sign * (value - level)
    if gap * 10**10 <= max(Fraction(1), abs(level)):
        raise LinkError(
            f"alpha_{k} of '{link}' at beta = {beta} is {float(value):.10g}, which is not seen to be "
            f"{'above' if side.sign > 0 else 'below'} {level}"
        )
    # No finer than what is claimed needs, nor than a tenth of the value.
    finest = abs(value) / 10 if abs(value) > gap else gap / 10
    margin = min(gap / 2, finest)
    lemma, _, _ = moments.point("value", 1, 1 / beta, value, margin)
    at, t = argument(beta), argument(1 / beta)
    statement = f"Theorem claimed : converges s {k} {at} /\\ {side.of(f'alpha s {k} {at}')}."
    proof = (
        f"Proof.\ndestruct (alpha_at s {k} {at} {t} _ _ ltac:(field) value) as [C bounds].\n"
        f"split; [exact C | {side.last}].\nQed."
    )
    about = f"alpha_{k} of s(z) = {link} at beta = {beta}"
    return moments.theorem(about, [lemma], statement, proof)


def _beta1(link: Link, op: str, level: Fraction) -> Theorem:
    """beta1 against a number: a zero there with none above; or none at all, from below the number on."""
    term, relation = number(level).at(49), op
    if op in ("<", "<=") and (k := _without_zero(link)) is not None:
        if level <= 0:
            raise LinkError(f"beta1 of '{link}' is not below {level}")
        over = Temperatures(level * Fraction(9, 10), None, (False, False))
        return on_range(link, k, None, over, f"b {relation} {term}")
    zero = zeros_of(link)[0]
    said = f"beta1 {relation} {term}" if op[0] == "<" else f"{term} {_MIRRORED[op]} beta1"
    for digits in _DIGITS:
        below, above = zero.bracket(digits)
        low, high = Fraction(below), Fraction(above)
        if high <= level if op[0] == "<" else level <= low:
            return isolated(link, zero, low, high, (said,))
    raise LinkError(
        f"beta1 of '{link}' is between {decimal(zero.lower, 13, -1)} and {decimal(zero.upper, 13, 1)}, which "
        f"is not seen to be {'below' if op[0] == '<' else 'above'} {level}"
    )


def _without_zero(link: Link) -> int | None:
    """The order of the signal where it has no zero: beta1 is the end of its range."""
    found = threshold_alone(link)
    return None if found.exceptional else exponents(link).generative_exponent.value
