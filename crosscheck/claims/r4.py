"""R4. Weak recovery takes d^{(k*-1) v 1} samples, d log d at k* = 2: the generative exponent rules.

Quantity:    n(d), the median over neurons of good sign of the samples until |m| >= 1/2.
Statement:   log n(d)/log d -> (k*-1) v 1; at k* = 2 n(d)/(d log d) tends to a constant.
Kind:        law
Source:      Ben Arous, Gheissari, Jagannath 2021 with k* in place of the information exponent. Abstract, S6.
Assumptions: k* decided; gradients of finite variance at the temperature used.
Checks:      symbolic (growth of the exact passage time in d), enclosure (certified passage times of the
             link's own drift against the exact ones, and at two huge d), quadrature (medians of the
             diffusion), simulation (slope of the exact chain's medians with a bootstrap error, less the
             diffusion's finite-size correction).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log

import sympy
from flint import arb

from ...link import Link
from ...numerics.precision import exact, working
from ...numerics.recovery.diffusion import forecast
from ...theory.recovery import drift, m, power_integral, samples_constant
from ..answers.exponents import exponents
from ..claim import Assumption, Claim, Formula, Variant
from ..compare import show
from ..neurons import not_tried, single_term
from ..setting import Setting
from ..slopes import compared, slope
from ..subject import Subject
from ..verdict import Evidence, Outcome

#: Powers of ten at which certified passage times are compared.
_HUGE = (40, 80)
_TYPICAL = "0.6745"
_CLOSE, _HEURISTIC = 0.002, 0.05
#: Relative distance of an exact passage time from the certified one.
_AGREE = 1e-12


@dataclass(frozen=True, slots=True)
class Statement:
    """Exponent (order - 1 + ``shift``) v 1 for the order k*, or the information exponent; a log at 2."""

    information: bool = False
    shift: int = 0
    logarithm: bool = True

    def order(self, link: Link) -> int:
        found = exponents(link)
        chosen = found.information_exponent if self.information else found.generative_exponent
        assert chosen.value is not None
        return chosen.value

    def slope(self, order: int) -> int:
        """The claimed power of d."""
        return max(order - 1 + self.shift, 1)

    def has_log(self, order: int) -> bool:
        return order == 2 and self.logarithm

    def described(self, order: int) -> str:
        return f"d^{self.slope(order)}{' log d' if self.has_log(order) else ''}"

    def growth(self, order: int, low: float, high: float) -> float:
        """The claimed slope of log n on log d between two values of log d."""
        logs = (log(high) - log(low)) / (high - low) if self.has_log(order) else 0.0
        return self.slope(order) + logs


def _setting(subject: Subject) -> Setting:
    made = single_term(subject.link)
    assert made is not None
    return made


def derive(subject: Subject, statement: Statement) -> Evidence:
    return _derived(_setting(subject).order, statement.order(subject.link), statement)


@lru_cache(maxsize=64)
def _derived(order: int, claimed: int, statement: Statement) -> Evidence:
    """n(d) = (passage time from N_0/sqrt d)/eta over the claimed rate: the limit must be positive, finite."""
    d, start = sympy.symbols("d N_0", positive=True)
    inner = sympy.factorial(order - 1) * power_integral(order - 1)
    begin = sympy.S.Zero if order == 1 else start / sympy.sqrt(d)
    passage = inner.subs(m, sympy.Rational(1, 2)) - inner.subs(m, begin)
    samples = passage * d ** sympy.Rational(max(order, 2), 2)
    rate = d ** statement.slope(claimed) * (sympy.log(d) if statement.has_log(claimed) else 1)
    limit = sympy.limit(sympy.expand(sympy.expand_log(samples / rate)), d, sympy.oo)
    if limit.is_finite and limit.is_positive:
        if sympy.simplify(limit - samples_constant(order, start)) != 0:
            return Evidence("symbolic", Outcome.ERROR, f"the limit {limit} is not the constant of the theory")
        detail = f"delta |c| n(d)/({rate}) -> {limit}"
        return Evidence("symbolic", Outcome.SUPPORTS, detail)
    witness = f"k* = {order}: delta |c| n(d)/({rate}) -> {limit}"
    return Evidence("symbolic", Outcome.REFUTES, "not the rate of the passage time", witness)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    made = _setting(subject)
    claimed = statement.order(subject.link)
    if None in made.kept:
        return Evidence("enclosure", Outcome.UNDECIDED, "the drift is not separated from 0 on the way")
    if (apart := _apart(made)) is not None:
        return Evidence("enclosure", Outcome.REFUTES, "exact and certified passage times differ", apart)
    with working(160):
        logs = [_log_samples(made, power) for power in _HUGE]
        gap = arb(10).log() * (_HUGE[1] - _HUGE[0])
        power = (logs[1] - logs[0]) / gap
        if statement.has_log(claimed):
            power -= (arb(_HUGE[1]) / _HUGE[0]).log() / gap
        where = f"from d = 1e{_HUGE[0]} to 1e{_HUGE[1]} n(d){'/log d' if statement.has_log(claimed) else ''}"
        found = f"{where} grows like d^{show(power, 8)}"
    if abs(power - statement.slope(claimed)) < _CLOSE:
        return Evidence("enclosure", Outcome.SUPPORTS, f"certified passage times: {found}")
    witness = f"{found}, certified; claimed {statement.described(claimed)}"
    return Evidence("enclosure", Outcome.REFUTES, "the passage time of this drift grows otherwise", witness)


def _apart(made: Setting) -> str | None:
    """The exact passage time to 1/2 against the certified one, where the link has a closed form."""
    exact_drift = drift(made.link.tree, made.activation.tree, made.at, made.signal, made.noise)
    start = sympy.S.Zero if made.order == 1 else sympy.Rational(1, 20)
    time = None if exact_drift is None else exact_drift.hitting_time(start, sympy.Rational(1, 2))
    if time is None:
        return None
    with working(110):
        certified = made.population.hitting_time(exact(Fraction(int(start.p), int(start.q))))
        closed = arb(str(sympy.N(time, 25)))
        if abs(closed / certified - 1) < _AGREE:
            return None
        return f"from m = {start} it takes {show(closed)} exactly, {show(certified)} certified"


def _log_samples(made: Setting, power: int) -> arb:
    """log(delta n) at d = 10^power for the neuron that starts at sqrt(d) |m_0| = 0.6745, the median."""
    order = made.order
    log_d = arb(10).log() * power
    start = arb(0) if order == 1 else arb(_TYPICAL) * (-log_d / 2).exp()
    time = made.population.hitting_time(start)
    return time.log() + log_d * exact(max(order, 2)) / 2


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """The slope between medians of the diffusion at d = 10^5 and 10^7."""
    made = _setting(subject)
    order = statement.order(subject.link)
    ds = (10**5, 10**7)
    medians = [forecast(made.schedule(d), made.schedule(d).horizon()).median for d in ds]
    low, high = (log(d) for d in ds)
    found = log(medians[1] / medians[0]) / (high - low)
    claimed = statement.growth(order, low, high)
    detail = (
        f"diffusion from d = 1e5 to 1e7: slope {found:.3f}, {statement.described(order)} has {claimed:.3f}"
    )
    if not abs(found - claimed) < _HEURISTIC:
        return Evidence("quadrature", Outcome.REFUTES, "another slope", detail)
    return Evidence("quadrature", Outcome.SUPPORTS, detail)


def simulated(subject: Subject, statement: Statement) -> Evidence:
    order = statement.order(subject.link)
    found = slope(subject, _setting(subject), "R4")
    return compared(subject, [("", found, lambda low, high: statement.growth(order, low, high))])


CLAIM: Claim[Statement] = Claim(
    id="R4",
    title="The generative exponent sets the number of samples",
    formula=Formula(
        "n(d) of order d^((k*-1) v 1), d log d at k* = 2",
        r"n(d)\asymp d^{(k^*-1)\vee1},\quad d\log d\text{ at }k^*=2",
    ),
    kind="law",
    sentence="S6",
    source="Ben Arous, Gheissari, Jagannath 2021, with k* in place of the information exponent",
    assumptions=(Assumption("k* decided and E T^2 finite", not_tried),),
    quantified="activation He_k*/k*!, the t of largest SNR among a few; two d in each leg",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    scopes={
        "symbolic": "steps",
        "enclosure": "instances",
        "quadrature": "instances",
        "simulation": "instances",
    },
    variants=(
        Variant("the information exponent", Statement(information=True), "staircase"),
        Variant("k* - 2 in place of k* - 1", Statement(shift=-1), "sign-cubic"),
        Variant("k* in place of k* - 1", Statement(shift=1), "sign-cubic"),
        Variant("no logarithm at k* = 2", Statement(logarithm=False), "square"),
    ),
)
