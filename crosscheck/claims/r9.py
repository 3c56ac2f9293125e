"""R9. Samples used twice: the contrast of R5 is one of online SGD.

Two steps in a row on each sample, no weights (T(y) = y), eta = gamma/d, a polynomial g: as d -> oo the second
step sees u' = u + gamma G, so that both together have F = a y (g'(u) + g'(u + a gamma y g'(u))).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import sqrt

import numpy as np
import sympy
from flint import arb
from numpy.polynomial.hermite_e import hermegauss

from ...link import Link, Node, Target
from ...numerics.estimates.quadrature import rounded_nodes
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle
from ...numerics.lowering.derivative import derivative
from ...numerics.lowering.pointwise import Array, compile_numpy
from ...numerics.precision import exact, working
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.scaling import share_interval
from ...numerics.recovery.training import Course, Training, random_signs, random_starts
from ...theory.exact import hermite
from ...theory.exact.constants import is_zero
from ...theory.families.moments import moment, vanishes
from ..claim import Assumption, Claim, Subject, Variant, legs
from ..legs.trials import GENERATIVE, Row, judged
from ..link_facts.exponents import exponents
from ..link_facts.second_pass import (
    BITS,
    PLAIN,
    TRUE,
    A,
    Choice,
    PairLaw,
    U,
    Y,
    bounded,
    choice_for,
    contrasts,
    drift,
    mean,
    own_coefficients,
    rest,
    slope_of,
    square,
    terms_of,
    time_to,
    twice,
)  # fmt: skip
from ..number import show
from ..verdict import Finding, Outcome, absent, refutes, supports, together, undecided

_M, _G = sympy.symbols("m gamma", real=True)
_OVERLAPS = (Fraction(0), Fraction(1, 4))
_DIGITS = 20
#: Of the exact pair of steps: d, and how far its mean may be off, beside the spread of F.
_VAST, _CLOSE = 10**9, 1e-4
#: Pairs of steps by the chain, and their d.
_PAIRS, _LARGE = 200_000, 10**6
#: Of the shares: dimensions, neurons, time in units of the average one, and the overlap as a share of where
#: the drift vanishes.
_DS, _NEURONS, _PATIENCE, _WAY = (20_000, 80_000), 40, 3, Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a pair of steps does on average, and the order that leads."""

    pair: PairLaw = TRUE
    order: str = "GE"

    def claimed_order(self, subject: Subject) -> int | None:
        orders = exponents(subject.link)
        return (orders.generative_exponent if self.order == "GE" else orders.information_exponent).value


def derive(subject: Subject, statement: Statement) -> Finding:
    if (derivation := _derived(statement.pair)) is not None:
        return derivation
    order = statement.claimed_order(subject)
    if order is None:
        return absent(f"{statement.order} is infinite or undecided")
    tree, choice = subject.link.tree, choice_for(subject.link)
    for k in range(1, order):
        value = _leading(tree, statement.pair, k, choice)
        gone = None if value is None else is_zero(value)
        if gone is None:
            return absent(f"no exact moments of order {k}")
        if not gone:
            witness = f"c_{k} = {sympy.N(value, 8)} at gamma = {choice[1]}, claimed order {order}"
            return refutes("another order leads", witness)
    value = _leading(tree, statement.pair, order, choice)
    return supports(
        "the second step at u + gamma G as d -> oo, Taylor's terms of F, Mehler's expansion; c_j = 0 below "
        f"{order}" + ("" if value is None else f" and c_{order} = {sympy.N(value, 8)}")
    )


@lru_cache(maxsize=16)
def _derived(law: PairLaw) -> Finding | None:
    """For every link: the pair of steps, Taylor's terms, Mehler's expansion; None where all are as stated."""
    d, g1, g2, square = sympy.symbols("d G1 G2 |x|^2", positive=True)
    # The first step turns u into (u + eta G1 |x|^2)/|w + eta G1 x|.
    eta = _G / d
    norm = 1 + 2 * eta * g1 * U + eta**2 * g1**2 * square
    seen = sympy.limit(((U + eta * g1 * square) / sympy.sqrt(norm)).subs(square, d), d, sympy.oo)
    if sympy.simplify(seen - (U + _G * g1)) != 0:
        raise ArithmeticError(f"the second step sees {seen}")
    # m'' - m = d/gamma times the first order in 1/d.
    total = 1 + 2 * eta * (g1 + g2) * U + eta**2 * (g1 + g2) ** 2 * d
    moved = ((_M + eta * (g1 + g2) * A) / sympy.sqrt(total) - _M) * d / _G
    limit = sympy.series(moved.subs(d, 1 / square), square, 0, 1).removeO()
    stated = (g1 + g2) * (A - _M * U) - sympy.Rational(law.shrunk) * _G * _M * (g1 + g2) ** 2 / 2
    if sympy.simplify(limit - stated) != 0:
        gap = sympy.simplify((limit - stated).subs({g1: 1, g2: 1, A: 1, U: 1, _M: 1, _G: 1}))
        return refutes("another mean of a pair of steps", f"off by {gap} where all letters are 1")
    activation, gamma = PLAIN
    for a in (1, -1):
        claimed = a * Y * slope_of(activation).as_expr() + sum(
            sympy.Rational(law.factor(i, a, gamma)) * Y**i * p.as_expr()
            for i, p in terms_of(activation).items()
        )
        gap = sympy.expand(twice(activation, gamma, a).as_expr() - claimed)
        if gap != 0:
            witness = f"g = {activation}, gamma = {gamma}, a = {a}: F is off by {gap}"
            return refutes("other terms of F", witness)
    if not _mehler():
        raise ArithmeticError("Mehler's terms of (A - m u) F are others")
    return None


def _mehler() -> bool:
    """(A - m u) sum_k m^k/k! He_k(A) He_k(u) = (1 - m^2) sum_j m^{j-1}/(j-1)! He_j(A) He_{j-1}(u), to m^6."""
    last = 7
    he = [hermite(k, A) for k in range(last + 2)]
    there = [hermite(k, U) for k in range(last + 2)]
    left = (A - _M * U) * sum(_M**k * he[k] * there[k] / sympy.factorial(k) for k in range(last + 1))
    right = (1 - _M**2) * sum(
        _M ** (j - 1) * he[j] * there[j - 1] / sympy.factorial(j - 1) for j in range(1, last + 2)
    )
    gap = sympy.Poly(sympy.expand(left - right), _M)
    return all(gap.coeff_monomial(_M**n) == 0 for n in range(last))


def _leading(tree: Node, law: PairLaw, k: int, choice: Choice) -> sympy.Expr | None:
    """c_k for a = 1 in exact moments, or None."""
    total = sympy.S.Zero
    for i, own in own_coefficients(law, choice, k).items():
        if own == 0 or vanishes(tree, i, k):
            continue
        value = moment(tree, i, k)
        if value is None:
            return None
        total += sympy.Rational(own) * value
    return total


def enclosed(subject: Subject, statement: Statement) -> Finding:
    link, report, choice = subject.link, "", choice_for(subject.link)
    for m, a in product(_OVERLAPS, (1, -1)):
        moved = mean(link, (A - sympy.Rational(m) * U) * twice(*choice, a).as_expr(), m)
        with working(BITS):
            left = moved - exact(choice[1] * m / 2) * square(link, m, a, choice)
        right = drift(link, statement.pair, m, a, choice)
        line = f"m = {m}, a = {a}, gamma = {choice[1]}: drift {show(left, 10)}, stated {show(right, 10)}"
        if not left.overlaps(right):
            return refutes("another drift of a pair of steps", line)
        if not (left - right).abs_upper() < max(1e-9, 1e-9 * float(abs(left).upper())):
            return undecided(f"known too roughly: {line}")
        report = line
    order = statement.claimed_order(subject)
    for k in range(1, order or 1):
        if not (c := _coefficient(link, k, choice)).contains(0):
            return refutes("another order leads", f"c_{k} = {show(c, 10)} is not 0, claimed order {order}")
    return supports(f"{2 * len(_OVERLAPS)} drifts agree to 9 digits; {report}")


def _coefficient(link: Link, k: int, choice: Choice) -> arb:
    """c_k for a = 1 as a ball."""
    own = own_coefficients(TRUE, choice, k)
    table = oracle(link.tree).tilted_moments((k,), tuple(own), Fraction(0), _DIGITS)
    with working(BITS):
        return sum((exact(weight) * table[i, k] for i, weight in own.items()), arb(0))


def integrated(subject: Subject, statement: Statement) -> Finding:
    """The mean of the pair of steps as it is written down, |x|^2 = d, over A by panels and B by Gauss."""
    choice, report, order = choice_for(subject.link), "", statement.claimed_order(subject)
    z, mass, s = (part.ravel() for part in rounded_nodes(subject.link.tree, 14, 6, Fraction(0)))
    b, weights = hermegauss(24)
    for m, a in product(_OVERLAPS, (1, -1)):
        early, moved = (
            float(mass @ _pair(float(m), a, choice, d, z[:, None], b, s[:, None]) @ weights / weights.sum())
            for d in (_VAST // 10, _VAST)
        )
        with working(BITS):
            stated = float(drift(subject.link, statement.pair, m, a, choice).mid())
            room = _CLOSE * (1 + float(square(subject.link, m, a, choice).mid()) ** 0.5)
        if not abs(early - moved) < room / 4:
            return absent(f"at d = {_VAST} the mean of a pair of steps still moves with d")
        line = f"m = {m}, a = {a}, d = {_VAST}: {moved:.6f} in units of eta, stated {stated:.6f}"
        if not abs(moved - stated) < room:
            return refutes("another mean of a pair of steps", line)
        if m == 0 and abs(moved) > room and order is not None and order > 1:
            return refutes("another order leads", f"{line}, claimed order {order}")
        report = line
    return supports(f"{2 * len(_OVERLAPS)} means agree; {report}")


def _pair(m: float, a: int, choice: Choice, d: int, x: Array, b: Array, y: Array) -> Array:
    """(m'' - m)/eta of two normalised steps on one sample, |x|^2 = d."""
    slope, gamma = compile_numpy(derivative(choice[0].tree)), float(choice[1])
    eta, aside = gamma / d, sqrt(1 - m * m)
    across = sqrt(d) * np.ones_like(x * b)
    p, q, rest = m * np.ones_like(across), aside * np.ones_like(across), np.zeros_like(across)
    for _ in range(2):
        u = p * x + q * b + rest * across
        c = eta * a * y * slope(u)
        p, q, rest = p + c * x, q + c * b, rest + c * across
        norm = np.sqrt(p * p + q * q + rest * rest)
        p, q, rest = p / norm, q / norm, rest / norm
    return np.asarray((p - m) / eta)


def simulated(subject: Subject, statement: Statement) -> Finding:
    """Means of single pairs of steps by the chain; then, where reuse brings an order, shares that recover."""
    link, choice = subject.link, choice_for(subject.link)
    if not bounded(link):
        return absent("s is unbounded, or large where it is rare: means of F have heavy tails")
    rng, rows = subject.rng("R9"), []
    training = _training(link, choice, _LARGE, 2)
    for m, a in product(_OVERLAPS, (1, -1)):
        starts, once = np.full(_PAIRS, float(m)), Course(1, stop_at=2.0)
        final = run_chain(training, _LARGE, starts, float(a), once, rng).final
        stated = float(drift(link, statement.pair, m, a, choice).mid())
        moves = (final - float(m)) / training.step
        rows.append(Row.of(f"m = {m}, a = {a}: a pair of steps", moves, stated))
    evidence = judged(subject, rows, _PAIRS, f" pairs of steps, d = {_LARGE}")
    if evidence.outcome is not Outcome.SUPPORTS or not contrasts(link):
        return evidence
    return together([evidence, _shares(subject, statement, choice, rng)])


def _shares(subject: Subject, statement: Statement, choice: Choice, rng: np.random.Generator) -> Finding:
    """k* = 1 < IE: all neurons within a multiple of d samples used twice, none with samples used once."""
    link, end = subject.link, rest(subject.link, choice) * float(_WAY)
    level, report = 1 - subject.alarm / (2 * len(_DS)), []
    for d in _DS:
        horizon = round(_PATIENCE * d * time_to(link, choice, end) / float(choice[1]))
        starts, signs = random_starts(d, _NEURONS, rng), random_signs(_NEURONS, rng)
        for passes in (2, 1):
            training, course = _training(link, choice, d, passes), Course(horizon, stop_at=end)
            steps = run_chain(training, d, starts, signs, course, rng).steps
            count = int(np.count_nonzero(steps >= 0))
            lower, upper = share_interval(count, _NEURONS, level)
            claimed = float(passes == 2 and statement.claimed_order(subject) == 1)
            line = (
                f"d = {d}, {passes} steps on each of {horizon} samples: {count} of {_NEURONS} reach |m| = "
                f"{end:.3g}, claimed {claimed:.0%}"
            )
            # Shares tend to 0 and 1: half of the neurons may be on their way.
            if (claimed and upper < 0.5) or (not claimed and lower > 0.5):
                return refutes("another order", line)
            if not (lower > 0.5 if claimed else upper < 0.5):
                return undecided(line)
            report.append(line)
    return supports("; ".join(report))


def _training(link: Link, choice: Choice, d: int, passes: int) -> Training:
    return Training(Target(link, Fraction(0)), choice[0].tree, float(choice[1]) / d, 1, passes)


def _no_moments(subject: Subject) -> str | None:
    try:
        oracle(subject.link.tree).tilted_moments((0,), (6,), Fraction(0), 6)
    except (NotIntegrable, Unresolved) as reason:
        return str(reason)
    return None


CLAIM: Claim[Statement] = Claim(
    id="R9",
    title="Samples used twice: the contrast is one of online SGD",
    formula="two steps in a row on each sample, no weights, eta = gamma/d, g a polynomial, d -> oo: "
    "E[m'' - m]/eta -> (1-m^2) sum_j c_j m^(j-1)/(j-1)! - gamma m E F^2/2, c_j = a mu_(1,j) b_j + "
    "sum_i a (a gamma)^(i-1)/(i-1)! mu_(i,j) E[g'^(i-1) g^(i) He_(j-1)]: c_j = 0 for j < k*, and at "
    "k* = 1 every neuron with c_1 != 0 leaves 0 within O(d) samples, whatever IE",
    latex=r"\frac{\mathbb{E}[m''-m]}{\eta}\to(1-m^2)\sum_j\frac{c_jm^{j-1}}{(j-1)!}-"
    r"\frac{\gamma m}{2}\mathbb{E}F^2,\quad c_j=a\mu_{1,j}b_j+\sum_i\frac{a(a\gamma)^{i-1}}{(i-1)!}"
    r"\mu_{i,j}\,\mathbb{E}[g'^{\,i-1}g^{(i)}\mathrm{He}_{j-1}]",
    kind="law",
    sentence="S6",
    source="Dandi et al. 2024; Arnaboldi et al. 2024 (reuse of samples)",
    assumptions=(Assumption("E y^6 < oo", _no_moments), GENERATIVE),
    quantified="every polynomial g in the derivation; g = z + C He_3/6, m = 0, 1/4 and a = +-1 in the tests",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("reuse brings nothing: IE leads still", Statement(order="IE"), "staircase"),
        Variant("without 1/(i-1)!", Statement(PairLaw(divided=False)), "tanh"),
        Variant("gamma^i in place of gamma^(i-1)", Statement(PairLaw(power=1)), "sign"),
        Variant("no shrinking by the norm", Statement(PairLaw(shrunk=Fraction(0))), "relu"),
        Variant("twice the shrinking", Statement(PairLaw(shrunk=Fraction(2))), "hardtanh"),
    ),
)
