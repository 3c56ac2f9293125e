"""Claims about a family of links, for all values of its parameter.

A member of a family is s = A g + B with A > 0 and B affine in the parameter, so that each word about s is an
expression in words about g: the claim becomes one about g with one more parameter.

Beyond beta1 the signal of order k* has no zero, and for beta -> oo it has the sign of E[s^i0 He_k*], which is
that of g's: a claim about its sign there is decided for every member at once.
"""

from dataclasses import replace
from fractions import Fraction
from math import comb
from typing import cast

from ...link import Link, Signal
from ...link.assertion import Range, names_in
from ...link.build import ONE, ZERO, call, combine, negate, plus, times
from ...link.family import Affine
from ...link.text import raised
from ...link.text import text as written
from ...link.tree import Bin, Call, Compare, Condition, Const, Node, Num, Part, Var, rebuild, whole
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.precision import sign_of
from ...theory.exact.constants import Undecided
from ..claim import Subject
from ..link_facts.exponents import exponents, tilt_limit
from ..link_facts.families import family_threshold
from ..link_facts.phase_diagram import FamilyThreshold
from ..verdict import Finding, supports
from .user_claim import UserClaim

_DIGITS = 30
#: The same for s and g, or the same at beta/A.
_SAME = ("lambda2", "mean")
_SCALED = ("KL", "chi2", "ESS")


def plain(claim: UserClaim, link: Link) -> UserClaim:
    """The claim as one about ``link`` alone, a member or the core of its family.

    Raises Undecided where beta1 is meant and depends on the parameter.
    """
    if claim.members:
        values = dict(next(values for member, values in claim.members if member == link))
        named = names_in(claim.text)
        ranges = tuple(
            (name, (values[name],) if name in values else spec)
            for name, spec in claim.ranges if name not in values or name in named
        )  # fmt: skip
        return replace(claim, ranges=ranges, members=())
    if claim.family is None or claim.family.affine is None:
        return claim
    words = _Words(claim, claim.family.affine)
    [orders] = claim.combinations()
    ranges = tuple(
        (name, words.range(spec) if isinstance(spec, Range) else spec) for name, spec in claim.ranges
    )
    condition = cast(Condition, words.of(claim.condition(orders)))
    if claim.family.name not in names_in(written(condition)):
        ranges = tuple(each for each in ranges if each[0] != claim.family.name)
    return replace(claim, text=written(condition), ranges=ranges, family=None)


class _Words:
    """A part of a condition about s = A g + B as one about g."""

    def __init__(self, claim: UserClaim, affine: Affine) -> None:
        self.claim = claim
        self.scale, self.shift = (self._linear(*pair) for pair in (affine.scale, affine.shift))

    def _linear(self, constant: Fraction, slope: Fraction) -> Node:
        assert self.claim.family is not None
        symbol = Var(self.claim.family.name)
        moving = times(Num(slope), symbol) if slope != -1 else negate(symbol)
        if slope == 0:
            return Num(constant)
        return moving if constant == 0 else combine("+", Num(constant), moving)

    def of(self, part: Part) -> Part:
        if isinstance(part, Const) and part.name in ("beta1", "t_max"):
            return self._number(part)
        if not isinstance(part, Call) or part.name in _SAME:
            return rebuild(part, self.of)
        if part.name == "mu":
            return self._moment(part)
        if part.name == "snr" or part.name in _SCALED:
            return Call(part.name, (self._core(cast(Node, self.of(part.args[-1]))),))
        if part.name not in ("alpha", "h", "logM", "V", "Var", "J"):
            return rebuild(part, self.of)
        beta = cast(Node, self.of(part.args[-1]))
        word = Call(part.name, (*part.args[:-1], self._core(beta)))
        if part.name in ("alpha", "h"):
            front = ONE if self.shift == ZERO else call("exp", (combine("/", self.shift, beta),))
            if part.name == "h":
                return times(front, word)
            moved = times(self.shift, Call("h", word.args))
            return times(front, plus(times(self.scale, word), moved))
        if part.name == "logM":
            return plus(word, ZERO if self.shift == ZERO else combine("/", self.shift, beta))
        if part.name == "Var":
            return times(times(self.scale, self.scale), word)
        return plus(times(self.scale, word), self.shift)

    def _core(self, beta: Node) -> Node:
        return beta if self.scale == ONE else combine("/", beta, self.scale)

    def _moment(self, part: Call) -> Node:
        """E[(A g + B)^i He_k]."""
        power, k = map(whole, part.args)
        total: Node = ZERO
        for j in range(power + 1):
            if j == 0 and k > 0:
                continue
            moment: Node = Call("mu", (Num(Fraction(j)), part.args[1])) if j else ONE
            front = Num(Fraction(comb(power, j)))
            factor = times(front, times(_power(self.scale, j), _power(self.shift, power - j)))
            total = plus(total, times(factor, moment))
        return total

    def _number(self, part: Const) -> Node:
        if part.name == "t_max":
            return part if self.scale == ONE else combine("/", part, self.scale)
        answer = _threshold(self.claim)
        limit = tilt_limit(_core_link(self.claim)).value
        if (
            answer is None
            or limit is None
            or any(each.zeros != 0 for each in answer.stretches)
            or answer.critical  # at an end of the range a zero may be double
            or not answer.complete
        ):
            assert self.claim.family is not None
            raise Undecided(f"beta1 depends on {self.claim.family.name}, or is not shown not to")
        return ZERO if limit.is_infinite else combine("/", self.scale, Const("t_max"))

    def range(self, spec: Range) -> Range:
        low, high = (cast(Node, self.of(end)) for end in (spec.lower, spec.upper))
        return Range(low, high, spec.closed_lower, spec.closed_upper)


def _power(base: Node, exponent: int) -> Node:
    if exponent == 0:
        return ONE
    return base if exponent == 1 or base == ONE else Bin("**", base, Num(Fraction(exponent)))


def _core_link(claim: UserClaim) -> Link:
    assert claim.family is not None
    assert claim.family.affine is not None
    core = claim.family.affine.core
    return Link(core, written(core))


def _threshold(claim: UserClaim) -> FamilyThreshold | None:
    assert claim.family is not None
    try:
        return family_threshold(claim.family, claim.signal, claim.noise, _DIGITS)
    except (NotIntegrable, Unresolved):
        return None


def beyond_threshold(subject: Subject, claim: UserClaim) -> Finding | None:
    """The sign of alpha_{k*} beyond beta1 for every member; None where the claim is another one."""
    if claim.family is None or claim.signal != Signal.LABEL or len(claim.ranges) != 2:
        return None
    condition = claim.condition({})
    if not isinstance(condition, Compare) or condition.right != ZERO or condition.op not in (">", "<", "!="):
        return None
    word, known = condition.left, exponents(subject.link)
    star, power = known.generative_exponent.value, known.witness_power
    if not isinstance(word, Call) or word.name != "alpha" or star is None or power is None:
        return None
    order, beta = word.args
    reach = dict(claim.ranges).get(beta.name) if isinstance(beta, Var) else None
    if order not in (Const("GE"), Num(Fraction(star))) or not isinstance(reach, Range):
        return None
    if isinstance(beta, Var) and beta.name == claim.family.name:
        return None
    if reach.lower == Const("beta1"):
        above = not reach.closed_lower
    else:
        answer = _threshold(claim)
        top = None if answer is None or answer.uniform is None else answer.uniform
        if top is None or top.upper == "inf" or not isinstance(reach.lower, Num):
            return None
        least, most = reach.lower.value, top.bounds[1]
        above = least > most or (least == most and not reach.closed_lower)
    if not above:
        return None
    side = sign_of(oracle(subject.link.tree).tilted_moments((star,), (power,), Fraction(0), 15)[power, star])
    if not side or (condition.op != "!=" and side != (1 if condition.op == ">" else -1)):
        return None
    mean = f"E[s{raised(power)} He_{star}]"
    reason = "beyond beta1 the signal of no member vanishes, and for beta -> oo it has the sign of"
    return supports(f"{reason} {mean}")
