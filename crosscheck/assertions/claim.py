"""A user's claim as a claim of the type that all claims have, on the links where its quantities exist.

What is undefined is neither equal to itself nor greater than 0, but algebra carries log(-1) along and divides
x by x as if there were no 0. So a claim holds only where each of its divisors, logarithms, roots, powers,
tangents, clips and temperatures is proved to be defined on the whole range of its parameters, or stands
behind a condition that makes up for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

import sympy
from flint import arb

from ...link import ADDITIVE, LinkError
from ...link.assertion import TEMPERED, Range, opposite, orders_by_name
from ...link.text import raised
from ...link.text import text as written
from ...link.tree import Bin, Call, Compare, Condition, Const, Logic, Node, Num, Var, Where, children, walk
from ...numerics.assertions.evaluate import Evaluator, fixed
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.expectation.tails import least_beta, moment_is_settled
from ...numerics.precision import exact, working
from ...numerics.work import allowance
from ...theory.channel import power_mean
from ...theory.exact.constants import Undecided
from ..claim import EXISTS, Assumption, Claim, Subject
from ..link_facts.exponents import exponents, require_allowed
from ..verdict import Finding, Leg, Margin, Outcome, Verdict, undecided
from .by_algebra import Algebra, symbolic
from .by_balls import WORK, enclosure
from .families import beyond_threshold, plain
from .margin import margin
from .pointwise import Points, end_ball, points_of
from .user_claim import UserClaim, latex, range_text

Decide = Callable[[Subject, UserClaim], Finding]
#: Where in a range a temperature is looked at: just inside its ends, and in the middle.
_SHARES = tuple(Fraction(share) for share in ("1/1000000", "1/2", "999999/1000000"))
_ZERO = Num(Fraction(0))
_POSITIVE = ("exp", "cosh", "sigmoid", "softplus")


@lru_cache(maxsize=64)
def as_claim(claim: UserClaim) -> Claim[UserClaim]:
    """The claim with its legs; user claims have no falsified variants of their own."""
    ranges = ", ".join(f"{name} in {range_text(values).replace(':', '..')}" for name, values in claim.ranges)
    assumptions = [Assumption(EXISTS, lambda subject: _exists(subject, claim))]
    if claim.assume:
        assumptions.insert(0, Assumption(claim.assume, lambda subject: _fails(subject, claim)))
    if claim.label != ADDITIVE:
        allowed = f"s is what {claim.label} takes it for"
        assumptions.insert(0, Assumption(allowed, lambda subject: _not_allowed(subject, claim)))
    return Claim(
        id=claim.id,
        title=claim.source or claim.id,
        formula=claim.text,
        latex=latex(claim),
        kind="law",
        sentence="user",
        source=claim.source,
        assumptions=tuple(assumptions),
        quantified=f"all {ranges}" if ranges else "no parameters",
        statement=claim,
        legs={
            "symbolic": _where_defined("symbolic", symbolic),
            "enclosure": _where_defined("enclosure", enclosure),
        },
        scopes={"symbolic": "statement", "enclosure": "statement"},
        variants=(),
        margin=_margin,
    )


def _exists(subject: Subject, claim: UserClaim) -> str | None:
    try:
        return _missing(subject, plain(claim, subject.link))
    except Undecided:
        # Left to the legs, which say what is not known.
        return None


def _margin(subject: Subject, claim: UserClaim, proved: bool) -> Margin | None:
    try:
        written = plain(claim, subject.link)
    except Undecided:
        return None
    return margin(subject, with_orders(subject, written), proved=proved)


def with_orders(subject: Subject, claim: UserClaim, *, proved: bool = False) -> UserClaim:
    """The claim with GE and IE as numbers where they are orders. Raises Undecided where they are not known.

    Such a number is a parameter of one value, which a witness names. proved: by exact algebra alone.
    """
    names = sorted({name for each in claim.combinations() for name in orders_by_name(claim.condition(each))})
    if not names:
        return claim
    both = exponents(subject.link, claim.label)
    by_name = {"IE": both.information_exponent, "GE": both.generative_exponent}
    for name in names:
        known = by_name[name].status is Verdict.PROVED or (by_name[name].status.green and not proved)
        if not known or by_name[name].value is None:
            why = "is oo" if known else f"is not {'proved by algebra' if proved else 'decided'}"
            raise Undecided(f"{name} {why} for this link, and is the order of a word")
    orders = tuple((name, (Fraction(by_name[name].value or 0),)) for name in names)
    return replace(claim, ranges=(*orders, *claim.ranges))


def _not_allowed(subject: Subject, claim: UserClaim) -> str | None:
    try:
        require_allowed(subject.link, claim.label)
    except LinkError as reason:
        return str(reason)
    return None


def _fails(subject: Subject, claim: UserClaim) -> str | None:
    """Why the link does not meet what the claim assumes."""
    assumed = claim.about(claim.assume)
    try:
        assumed = with_orders(subject, assumed)
    except Undecided as reason:
        return str(reason)
    [orders] = assumed.combinations()
    points = points_of(subject, assumed, orders)
    condition = assumed.condition(orders)
    truth = Algebra.of(subject, assumed, orders).ruling(condition).holds
    if truth is None:
        with allowance(WORK):
            truth = points.truth(condition, {}, {})
    if truth:
        return None
    return points.sides({}) or "false" if truth is False else "not decided for this link"


def _where_defined(leg: Leg, decide: Decide) -> Decide:
    """``decide``, or UNDECIDED where it is open whether a quantity of the claim exists at all."""

    def decided(subject: Subject, written: UserClaim) -> Finding:
        if leg == "enclosure" and (found := beyond_threshold(subject, written)) is not None:
            return found
        claim = with_orders(subject, plain(written, subject.link), proved=leg == "symbolic")
        reason = _open(subject, claim)
        if reason is None:
            evidence = decide(subject, claim)
            reason = _undefined(subject, claim) if evidence.outcome is Outcome.SUPPORTS else None
            if reason is None:
                return evidence
        return undecided(reason)

    return decided


def _open(subject: Subject, claim: UserClaim) -> str | None:
    """A moment of the claim that is neither proved finite nor infinite."""
    for integers in claim.combinations():
        for part in walk(claim.condition(integers)):
            tree, power = subject.link.tree, 1
            if isinstance(part, Call) and part.name == "mean":
                tree = part.args[0]
            elif isinstance(part, Call) and part.name == "mu":
                power, _ = _orders(part)
                if claim.label.variance is not None and power:
                    tree, power = power_mean(tree, claim.label.variance, power), 1
            elif part != Const("IE"):
                continue
            if not moment_is_settled(tree, power):
                return f"E abs({written(tree)}){raised(power)} is not shown to be finite"
    return None


def _orders(moment: Call) -> tuple[int, int]:
    i, k = (int(arg.value) for arg in moment.args if isinstance(arg, Num))
    return i, k


def _missing(subject: Subject, claim: UserClaim) -> str | None:
    """The first word of the claim that has no value on the range, or a range that is empty."""
    try:
        claim = with_orders(subject, claim)
    except Undecided as unknown:
        # An order that is oo is none; one that is not decided leaves the claim open.
        return str(unknown) if "is oo" in str(unknown) else None
    with allowance(WORK):
        for integers in claim.combinations():
            points = points_of(subject, claim, integers)
            for name, range_ in claim.real.items():
                if _is_empty(range_, points):
                    return f"the range {range_} of {name} is empty"
            for part in walk(claim.condition(integers)):
                try:
                    reason = _without_value(part, claim, points)
                except NotIntegrable as error:
                    reason = str(error)
                except Unresolved:
                    continue
                if reason:
                    return reason
    return None


def _without_value(part: Node | Condition, claim: UserClaim, points: Points) -> str | None:
    """Why the word has no value somewhere on the range. Raises NotIntegrable and Unresolved."""
    if part == Const("IE"):
        points.words.moment(1, 1, 5)
    elif not isinstance(part, Call):
        return None
    elif part.name == "mu":
        points.words.moment(*_orders(part), 5)
    elif part.name == "mean":
        oracle(part.args[0]).mean(5)
    elif part.name in TEMPERED:
        return _not_positive(part.args[-1], claim, points) or _no_tilt(part.args[-1], claim, points)
    return None


def _ends(range_: Range, points: Points, far: int | None = None) -> tuple[arb, arb]:
    """Both ends as balls, an infinite one replaced where ``far`` says how far out. Raises Unresolved."""
    with working(160):
        low, high = (end_ball(node, points) for node in (range_.lower, range_.upper))
        return low, far * (1 + abs(low)) if far and not high.is_finite() else high


def _is_empty(range_: Range, points: Points) -> bool:
    try:
        low, high = _ends(range_, points)
    except (NotIntegrable, Unresolved):
        return False
    # low >= high, with oo >= oo.
    return bool(low >= high or (low > 0 and not low.is_finite()))


def _not_positive(beta: Node, claim: UserClaim, points: Points) -> str | None:
    """Why the temperature is not positive, where a corner or the middle of the range shows it."""
    names = sorted({part.name for part in walk(beta) if isinstance(part, Var)})
    for shares in product(*(_looked_at(claim.real[name]) for name in names)):
        with working(160):
            values = {}
            for name, share in zip(names, shares, strict=True):
                low, high = _ends(claim.real[name], points, 2**10)
                values[name] = low + (high - low) * exact(share)
            if points.value(beta, 36, values) <= 0:
                return f"the temperature {written(beta)} is not positive on the whole range"
    return None


def _looked_at(range_: Range) -> tuple[Fraction, ...]:
    """The shares of a range, with the ends that belong to it."""
    ends = ((range_.closed_lower, Fraction(0)), (range_.closed_upper, Fraction(1)))
    return (*_SHARES, *(share for closed, share in ends if closed))


def _no_tilt(beta: Node, claim: UserClaim, points: Points) -> str | None:
    """Why the tilt does not exist at the lowest temperature, where that is a number or has one parameter."""
    limit = points.words.limit
    if isinstance(beta, Num):
        points.words.require_tilt(1 / beta.value)
    if isinstance(beta, Num) or not limit.is_finite():
        return None
    if not isinstance(beta, Var):
        return _beyond(beta, limit, claim, points)
    range_ = claim.real[beta.name]
    low, _ = _ends(range_, points)
    with working(160):
        beyond = low.is_zero() or 1 / low > limit
    if beyond:
        where = f"{beta.name} in {range_}"
        return f"the weights e^(y/beta) have no mean for some {where}: {_above(limit, beta.name)}"
    if range_.closed_lower and isinstance(range_.lower, Num):
        points.words.require_tilt(1 / range_.lower.value)
    return None


def _beyond(beta: Node, limit: arb, claim: UserClaim, points: Points) -> str | None:
    """The same for a temperature that is an expression in one occurrence of one parameter."""
    names = [part.name for part in walk(beta) if isinstance(part, Var)]
    if len(names) != 1:
        return None
    low, high = _ends(claim.real[names[0]], points, 2**40)
    with working(96):
        cell = fixed(low.union(high), 0)
        temperature = Evaluator(points.words, points.numbers.ball, {names[0]: cell}, cell).of(beta).over.value
        if not (1 / temperature).upper() > limit * arb("1.000001"):
            return None
    return f"the weights e^(y/b) have no mean for some b = {written(beta)}: {_above(limit, 'b')}"


def _above(limit: arb, name: str) -> str:
    """Which temperatures there are, where e^{ts} has a mean for t below ``limit``."""
    if limit.is_zero():
        return "t_max = 0, no temperature is high enough for this link"
    return f"t_max = {float(limit):.6g}, write a range above {name} = {least_beta(limit)}"


def _undefined(subject: Subject, claim: UserClaim) -> str | None:
    """The first part of the claim that is not shown to have a value on the whole range, or None."""
    ranges = tuple(claim.real.items())
    for integers in claim.combinations():
        points = points_of(subject, claim, integers)
        for need in dict.fromkeys(_needs(claim.condition(integers))):
            if isinstance(need, Compare) and _plain(need, claim.real, points):
                continue
            part = claim.about(written(need), ranges)
            if all(leg(subject, part).outcome is not Outcome.SUPPORTS for leg in (symbolic, enclosure)):
                return f"a side has a value only where {written(need)}, which is not shown on the whole range"
    return None


def _needs(part: Node | Condition) -> Iterator[Condition]:
    """The conditions under which every operation of ``part`` is defined, the innermost first."""
    if isinstance(part, Call) and part.name == "mean":
        # Its argument is a link, and proved to be defined when it is read.
        return
    if isinstance(part, Where):
        yield from _needs(part.condition)
        for branch, otherwise in ((part.then, opposite(part.condition)), (part.other, part.condition)):
            yield from (Logic("or", otherwise, need) for need in _needs(branch))
        return
    if isinstance(part, Logic):
        for side, other in ((part.left, part.right), (part.right, part.left)):
            needs = _needs(side)
            yield from (Logic("or", other, need) if part.op == "or" else need for need in needs)
        return
    for child in children(part):
        yield from _needs(child)
    yield from _own(part)


def _own(part: Node | Condition) -> Iterator[Compare]:
    """What the outermost operation of ``part`` asks of its arguments."""
    if isinstance(part, (Bin, Call)):
        # An infinite chi2 is a value, which no arithmetic goes on from.
        for word in (word for arg in children(part) for word in walk(arg)):
            if isinstance(word, Call) and word.name == "chi2":
                yield Compare(">", Bin("*", Const("t_max"), word.args[-1]), Num(Fraction(2)))
    if isinstance(part, Bin) and part.op == "/":
        yield Compare("!=", part.right, _ZERO)
    elif isinstance(part, Bin) and part.op == "**":
        yield from _of_power(part.left, part.right)
    elif isinstance(part, Call):
        u, *rest = part.args
        if part.name == "log":
            yield Compare(">", u, _ZERO)
        elif part.name == "sqrt":
            yield Compare(">=", u, _ZERO)
        elif part.name == "tan":
            yield Compare("!=", Call("cos", (u,)), _ZERO)
        elif part.name == "clip":
            yield Compare("<=", rest[0], rest[1])
        elif part.name in TEMPERED:
            yield Compare(">", part.args[-1], _ZERO)


def _of_power(base: Node, exponent: Node) -> Iterator[Compare]:
    if not isinstance(exponent, Num):
        yield Compare(">", base, _ZERO)
    elif exponent.value.denominator != 1:
        yield Compare(">" if exponent.value < 0 else ">=", base, _ZERO)
    elif exponent.value < 0:
        yield Compare("!=", base, _ZERO)


def _plain(need: Compare, ranges: dict[str, Range], points: Points) -> bool:
    """Whether the need is met at a glance: a number, a parameter or a word that is above 0."""
    u = need.left
    if isinstance(u, Bin) and u.left == Const("t_max"):
        return points.numbers.exactly("t_max") is sympy.oo
    if need.right != _ZERO or need.op not in ("!=", ">", ">="):
        return False
    if isinstance(u, Num):
        return u.value > 0
    if isinstance(u, Const):
        return u.name in ("pi", "E", "oo", "IE", "GE")
    if isinstance(u, Var):
        return _above_zero(ranges[u.name], points)
    # h_0 is E e^{ty}.
    return isinstance(u, Call) and (u.name in _POSITIVE or (u.name == "h" and u.args[0] == _ZERO))


def _above_zero(range_: Range, points: Points) -> bool:
    if range_.lower == Const("beta1"):
        return not range_.closed_lower
    try:
        low, _ = _ends(range_, points)
    except (NotIntegrable, Unresolved):
        return False
    return bool(low > 0 or (low >= 0 and not range_.closed_lower))
