"""How each leg decides where the signal first vanishes: the claims T1, T13, T14 and T15.

What is claimed is what ``threshold`` prints. No leg asks the code that found it: algebra counts the zeros of
the closed form anew, balls come from a certificate that its own checker confirms, quadrature and samples see
the signal itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from ...link import ADDITIVE, NOISELESS, Link, LinkError, Node, Noise, Num, Signal, combine, negate
from ...numerics.estimates import quadrature, sampling
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, t_range
from ...numerics.precision import as_fraction, exact, working
from ...numerics.threshold.signal import spread
from ...numerics.work import remembered
from ...theory.exact import t
from ...theory.exact.constants import Undecided, compare, decimals
from ...theory.exact.lower import rational
from ...theory.signal import signal
from ...theory.threshold import vanishes_at, zeros_before
from ..certificate import check as checker
from ..certificate.format import Away, Certificate, Zero
from ..certificate.format import parse as parse_certificate
from ..certificate.write import Unproved, certificate
from ..claim import Subject, legs
from ..link_facts.beyond import counted
from ..link_facts.exponents import tilt_limit
from ..link_facts.threshold import UNKNOWN, Beta1, Sufficient, Threshold
from ..link_facts.zeros import Zeros, no_zero, zeros
from ..number import Number, from_exact, show
from ..verdict import Finding, Leg, Scope, Verdict, absent, refutes, supports, undecided
from .trials import normal_limit, order_and_power, tilts
from .zero_count import Count, combined, noise_slope

_SAMPLES = 60_000
#: A quadrature contradicts only what it misses by so many of its errors.
_SURE = 100
#: Digits of a zero in closed form, where fewer are asked for.
_EXACT = 30


@dataclass(frozen=True, slots=True)
class Statement:
    """``factor`` times the ``which``-th exceptional temperature is the threshold of ``signal``.

    instead: claim a zero at this beta where there is none. none: claim that there is no zero.
    """

    signal: Signal = Signal.LABEL
    noise: Noise = NOISELESS
    factor: Fraction = Fraction(1)
    which: int = 0
    instead: Fraction | None = None
    none: bool = False

    def answer(self, subject: Subject) -> Zeros:
        return zeros(subject.link, self.signal, self.noise, subject.digits)

    def claimed(self, subject: Subject) -> Number | None:
        """The zero that is claimed to be the threshold, or None where none is claimed."""
        zeros = self.answer(subject).exceptional
        if self.instead is not None:
            exactly = rational(self.instead)
            return Number(exactly, str(self.instead), str(self.instead))
        if self.none or not zeros:
            return None
        zero = zeros[self.which]
        form = None if zero.closed_form is None else zero.closed_form * sympy.Rational(self.factor)
        return Number(form, *(str(Fraction(end) * self.factor) for end in (zero.lower, zero.upper)))


def _bracket(zero: Number) -> tuple[Fraction, Fraction]:
    """The claimed zero in t."""
    return 1 / Fraction(zero.upper), 1 / Fraction(zero.lower)


# -- algebra -----------------------------------------------------------------------------------------


def derive(subject: Subject, statement: Statement) -> Finding:
    """The closed form of the signal vanishes at the claimed place and, as counted, nowhere before it."""
    form, limit, claimed = subject.closed_form, tilt_limit(subject.link).value, statement.claimed(subject)
    if form is None or limit is None:
        return _by_shape(subject, statement, claimed)
    f = signal(form, order_and_power(subject)[0], statement.signal, statement.noise)
    if claimed is None:
        return _nowhere(subject, statement, f, limit)
    if claimed.closed_form is None:
        return _bracketed(subject, statement, f, claimed)
    place = sympy.radsimp(1 / claimed.closed_form)
    if vanishes_at(f, place) is False:
        witness = f"t = {place}: the signal is {decimals(f.subs(t, place), 8)}"
        return refutes("the closed form is not 0 at the claimed zero", witness)
    before = zeros_before(f, place, _later(statement.answer(subject), place))
    if before is None or not vanishes_at(f, place):
        return _by_shape(subject, statement, claimed)
    if before:
        return refutes("the claimed zero is not the first", f"{in_words(before)} in 0 < t < {place}")
    value = from_exact(claimed.closed_form, subject.digits).as_value("beta1")
    detail = f"the closed form vanishes at t = {place}, and nowhere before it by a count of its zeros"
    return supports(detail, values=(value,))


def _later(answer: Zeros, place: sympy.Expr) -> list[sympy.Expr]:
    known = [zero.closed_form for zero in answer.exceptional if zero.closed_form is not None]
    forms = [sympy.radsimp(1 / form) for form in known]
    try:
        return [form for form in forms if compare(form, place) >= 0]
    except Undecided:
        return []


def _nowhere(subject: Subject, statement: Statement, f: sympy.Expr, limit: sympy.Expr) -> Finding:
    count = zeros_before(f, limit)
    if count is None:
        return _by_shape(subject, statement, None)
    if count:
        return refutes("the closed form has zeros", f"{in_words(count)} in 0 < t < {limit}")
    return supports(f"the closed form has no zero in 0 < t < {limit}, as counted")


def _bracketed(subject: Subject, statement: Statement, f: sympy.Expr, claimed: Number) -> Finding:
    """A zero without a closed form: counted up to both ends of its enclosure."""
    low, high = (rational(end) for end in _bracket(claimed))
    before, upto = zeros_before(f, low), zeros_before(f, high)
    if before is None or upto is None:
        return _by_shape(subject, statement, claimed)
    if before or not upto:
        witness = f"{in_words(before)} in 0 < t < {float(low):.8g}, {upto} up to {float(high):.8g}"
        return refutes("the first zero lies elsewhere", witness)
    detail = "counted by algebra, the first zero of the closed form lies in the enclosure of the claimed one"
    return supports(detail)


def _by_shape(subject: Subject, statement: Statement, claimed: Number | None) -> Finding:
    proof = no_zero(subject.link, statement.signal, statement.noise)
    if proof is None:
        return absent("the zeros of the signal are not counted by algebra, and no shape excludes them")
    if claimed is None:
        return supports(f"no zero at any beta: {proof.reason}")
    return refutes(proof.reason, f"beta1 = {claimed.lower} is claimed, but the signal has no zero")


# -- balls -------------------------------------------------------------------------------------------

#: Of the checked zero, and how far a check reaches beyond it or where no zero is known, in spreads of s.
_DIGITS, _BEYOND, _REACH = 12, Fraction(5, 4), Fraction(1)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the checker proves: the first zero in t, or none on (0, end], on (0, t_max) with ``complete``."""

    first: tuple[Fraction, Fraction] | None
    end: Fraction
    complete: bool
    conditions: tuple[str, ...]


@remembered(256)
def confirmed(link: Link, kind: Signal, noise: Noise, digits: int) -> Confirmed | str:
    """A certificate for the answer of so many digits, checked; or why nothing is confirmed."""
    answer = zeros(link, kind, noise, max(digits, _DIGITS))
    try:
        stated = parse_certificate(certificate(_asked(link, kind, noise, answer), _DIGITS))
        result = checker.check(_without_closed_forms(stated))
    except (Unproved, Unresolved, NotIntegrable, LinkError) as reason:
        return str(reason)
    if result.reason is not None:
        return f"a certificate is not confirmed: {result.reason}"
    cell = next((cell for cell in stated.cells if not isinstance(cell, Away)), None)
    first = (cell.lower, cell.upper) if isinstance(cell, Zero) else None
    end = stated.end if cell is None else cell.start
    return Confirmed(first, end, stated.complete, result.conditions)


def _asked(link: Link, kind: Signal, noise: Noise, answer: Zeros) -> Threshold:
    """The answer as far as T1 needs it: up to the first zero, or as far as nothing proves the rest."""
    t_max, listed = tilt_limit(link).value, answer.exceptional[:1]
    complete = answer.complete and not listed and kind != Signal.CENTERED
    # What lies beyond the first zero does not matter.
    first = 1 / Fraction(listed[0].lower) if listed else Fraction(0)
    reach = first * _BEYOND if listed else _REACH / spread(link.tree)
    if len(answer.exceptional) > 1:
        reach = min(reach, (first + 1 / Fraction(answer.exceptional[1].upper)) / 2)
    if not answer.complete:
        reach = min(reach, 1 / Fraction(answer.searched_down_to))
    limit = t_range(link.tree).finite_below
    if limit.is_finite():
        reach = min(reach, (as_fraction(limit.lower()) + first) / 2)
    return Threshold(
        link, kind, noise, ADDITIVE, UNKNOWN if t_max is None else t_max,
        Beta1(answer.beta1, answer.status, answer.reason), listed,
        answer.searched_down_to if complete else str(1 / reach), complete, Sufficient(), None,
    )  # fmt: skip


def _without_closed_forms(stated: Certificate) -> Certificate:
    """What a number is exactly is for algebra; balls are asked where it lies."""
    assert stated.witness is not None
    return replace(
        stated,
        beta1=replace(stated.beta1, closed_form=None),
        exceptional=tuple(replace(zero, closed_form=None) for zero in stated.exceptional),
        witness=replace(stated.witness, moment=replace(stated.witness.moment, closed_form=None)),
    )


def enclosed(subject: Subject, statement: Statement) -> Finding:
    """The claimed zero against what the checker of certificates proves."""
    check = confirmed(subject.link, statement.signal, statement.noise, subject.digits)
    claimed = statement.claimed(subject)
    if isinstance(check, str):
        if claimed is None and _no_change_left(subject, statement):
            return supports(_NO_CHANGE)
        return undecided(check)
    if claimed is None and check.first is None:
        return _seen_free(subject, statement, check)
    place = None if claimed is None else _bracket(claimed)
    if place is not None and check.first is not None and _overlap(place, check.first):
        detail = f"checked: the first zero of the signal is isolated at beta = {_beta(check.first)}"
        return _supports(detail, check, whole=True)
    claims = "no zero" if place is None else f"a first zero at beta = {_beta(place)}"
    if check.first is not None:
        witness = f"first zero at beta = {_beta(check.first)}; {claims} is claimed"
    elif place is not None and (check.complete or place[1] <= check.end):
        witness = f"no zero at any beta >= {_number(1 / check.end)}; {claims} is claimed"
    else:
        return undecided(f"no zero for beta >= {_number(1 / check.end)}")
    return refutes("a checked certificate says otherwise", witness)


_NO_CHANGE = "isolated level sets leave the signal no change of sign, so it has no zero (T6)"


def _seen_free(subject: Subject, statement: Statement, check: Confirmed) -> Finding:
    """No zero is claimed and none is seen: the whole statement only where none is proved to lie beyond."""
    if check.complete:
        return _supports("checked: the signal has no zero at any beta", check, whole=True)
    seen = f"checked: no zero for beta >= {_number(1 / check.end)}"
    if _no_change_left(subject, statement):
        return _supports(f"{seen}; {_NO_CHANGE}", check, whole=True)
    return _supports(f"{seen}; lower temperatures are open", check, whole=False)


def _supports(detail: str, check: Confirmed, *, whole: bool) -> Finding:
    if check.conditions:
        detail = f"{detail}, if {'; '.join(check.conditions)}"
    scope: Scope = "steps" if check.conditions else "statement" if whole else "instances"
    return supports(detail, scope=scope)


def _no_change_left(subject: Subject, statement: Statement) -> bool:
    """T6 from the level sets: all changes of sign of the measure are used up at t = 0."""
    if statement.signal == Signal.CENTERED or (
        statement.signal == Signal.LABEL and statement.noise != NOISELESS
    ):
        return False
    changes, power = counted(subject.link), order_and_power(subject)[1]
    if changes is None:
        return False
    both_sides = t_range(negate(subject.link.tree)).finite_below > 0
    if statement.signal == Signal.WEIGHT:
        return changes.weight <= (power if both_sides else 0)
    return changes.label <= (power - 1 if both_sides else 0)


def _overlap(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _beta(place: tuple[Fraction, Fraction]) -> str:
    with working(96):
        return show((1 / exact(place[1])).union(1 / exact(place[0])))


def _number(x: Fraction) -> str:
    return f"{float(x):.8g}"


# -- quadrature --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """The signal at one t, with its estimated error."""

    at: Fraction
    value: float
    error: float

    @property
    def sign(self) -> int:
        """The sign where it is beyond doubt, else 0."""
        return 0 if abs(self.value) <= _SURE * self.error else 1 if self.value > 0 else -1

    def __str__(self) -> str:
        return f"{self.value:.4g} at t = {_number(self.at)}"


def integrated(subject: Subject, statement: Statement) -> Finding:
    """mpmath: the signal is 0 within the claimed bracket, to within its error, and of one sign before it."""
    claimed = statement.claimed(subject)
    if claimed is None:
        return _of_one_sign(subject, statement, tilts(subject), "no zero is claimed")
    if claimed.closed_form is not None:
        claimed = from_exact(claimed.closed_form, max(subject.digits, _EXACT))
    ends = _bracket(claimed)
    zero = sum(ends, Fraction(0)) / 2
    at = _value(subject, statement, zero)
    # Few digits leave a bracket wider than what is seen.
    if at.sign and {at.sign} == {_value(subject, statement, end).sign for end in ends}:
        return refutes("the claimed zero is none", f"the signal is {at}")
    before = tuple(zero * Fraction(n, 100) for n in (1, 20, 50, 90))
    return _of_one_sign(subject, statement, before, f"at the claimed zero it is {at.value:.1g}")


def _of_one_sign(subject: Subject, statement: Statement, points: Sequence[Fraction], detail: str) -> Finding:
    estimates = [_value(subject, statement, at) for at in points]
    signs = {each.sign for each in estimates}
    if {1, -1} <= signs:
        return refutes("a change of sign before the claimed threshold", "; ".join(map(str, estimates)))
    if 0 in signs:
        return undecided(f"{detail}; a sign before it is not seen")
    return supports(f"{detail}; one sign at {len(estimates)} t before")


def _value(subject: Subject, statement: Statement, at: Fraction) -> _Seen:
    """The signal at t = ``at``: h_k' + K_e' h_k, h_k, or M h_k' - M' h_k, with its error."""
    k, count = order_and_power(subject)[0], Count(statement.signal, 0, statement.noise)
    table = quadrature.tilted_moments(subject.link.tree, (0, k), (0, 1), at, 15)
    return _Seen(at, *combined(table, k, at, count))


# -- samples -----------------------------------------------------------------------------------------


def simulated(subject: Subject, statement: Statement) -> Finding:
    """The signal estimated at two temperatures above the claimed threshold: the signs must agree."""
    claimed = statement.claimed(subject)
    inside = tilts(subject)[0]
    if claimed is not None:
        inside = min(inside, Fraction(9, 10) * _bracket(claimed)[0])
    limit = normal_limit(subject, 2)
    scores = [_score(subject, statement, at) for at in (inside / 4, inside)]
    detail = (
        f"n = {_SAMPLES}: the signal is {scores[0]:.1f} and {scores[1]:.1f} standard errors from 0 "
        f"(limit {limit:.2f})"
    )
    if not min(map(abs, scores)) > limit:
        return undecided(f"{detail}: too few samples to tell the sign")
    if scores[0] * scores[1] < 0:
        return refutes("opposite signs above the claimed threshold", detail)
    return supports(detail)


def _score(subject: Subject, statement: Statement, at: Fraction) -> float:
    """The estimate in standard errors; `centered` as the label signal of s - K_y'(t), a positive multiple."""
    tree: Node = subject.link.tree
    if statement.signal == Signal.CENTERED:
        table = quadrature.tilted_moments(tree, (0,), (0, 1), at, 15)
        mean = table[1, 0].value / table[0, 0].value + noise_slope(statement.noise, float(at))
        tree = combine("-", tree, Num(Fraction(float(mean))))
    star, _ = order_and_power(subject)
    sample = sampling.simulate(
        tree, (star,), (0 if statement.signal == Signal.WEIGHT else 1,), (float(at),), d=8, n=_SAMPLES,
        noise=statement.noise, rng=subject.rng(f"T1|{statement.signal}|{statement.noise}|{at}"),
    )  # fmt: skip
    return float((sample.mean / sample.standard_error).ravel()[0])


Check = Callable[[Subject, Statement], Finding]


def _when_decided(check: Check) -> Check:
    """``check``, or UNDECIDED where the threshold itself is: then there is no statement to test."""

    def checked(subject: Subject, statement: Statement) -> Finding:
        answer = statement.answer(subject)
        if answer.status is Verdict.UNDECIDED:
            return undecided(answer.reason)
        return check(subject, statement)

    return checked


LEGS = legs(*map(_when_decided, (derive, enclosed, integrated, simulated)))
SCOPES: dict[Leg, Scope] = {
    "symbolic": "statement", "enclosure": "statement", "quadrature": "instances", "simulation": "instances"
}  # fmt: skip


def in_words(zeros: int) -> str:
    return "1 zero" if zeros == 1 else f"{zeros} zeros"
