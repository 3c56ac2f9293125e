"""What the legs add up themselves, against NumPy, SciPy and quadrature: errors, slopes, integrals, laws."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import sympy
from flint import arb
from numpy.polynomial import hermite_e
from scipy import integrate, stats
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS, g1, g3, h3, h4, v9
from tiltproof.crosscheck.claims.v3 import LearningCurve, Mean
from tiltproof.crosscheck.legs import ends as ends_leg
from tiltproof.crosscheck.legs.equation import Moment, simulated
from tiltproof.crosscheck.legs.recovery import Trial, _trend
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import NOISELESS, parse, parse_noise
from tiltproof.numerics.experiments.readouts import RUNGS
from tiltproof.theory.exact import t, z
from tiltproof.theory.families.piecewise import Quadratic


def curve(risk: np.ndarray) -> LearningCurve:
    return LearningCurve("label", Fraction(1, 2), NOISELESS, 1.0, risk)


def test_the_error_of_a_mean_is_that_of_scipy() -> None:
    batches = np.array([1.0, 2.0, 4.0, 7.0, 7.5])
    found = Mean.of(batches)
    assert found.value == pytest.approx(4.3)
    assert found.error == pytest.approx(stats.sem(batches))


def test_a_cost_that_approaches_its_limit_like_one_over_m() -> None:
    """c(m) = 3 + 5/m at m in RUNGS: the limit is 3, c'(m) m/c -> 0 and the slope of log(c/m) is near -1."""
    m = np.array(RUNGS, dtype=float)
    noise = np.random.default_rng(1).normal(0, 1e-3, size=(24, len(m)))
    found = curve(3 + 5 / m + noise - noise.mean(axis=0))
    assert found.largest.value == pytest.approx(3 + 5 / m[-1])
    assert found.limit.value == pytest.approx(3)
    assert found.slope.value == pytest.approx(np.polyfit(np.log(m), np.log((3 + 5 / m) / m), 1)[0])
    last, before = ((3 + 5 / m[-1 - i]) - (3 + 5 / m[-2 - i]) for i in (0, 1))
    assert found.final_slope.value == pytest.approx((2 * last - before) / (3 * np.log(2)) - 1)


def test_the_error_of_a_slope_is_that_of_slopes_fitted_batch_by_batch() -> None:
    m = np.array(RUNGS, dtype=float)
    risk = 3 + np.random.default_rng(2).normal(0, 1e-3, size=(24, len(m)))
    fits = [np.polyfit(np.log(m), np.log(each / m), 1)[0] for each in risk]
    assert curve(risk).slope.value == pytest.approx(np.mean(fits), abs=1e-6)
    assert curve(risk).slope.error == pytest.approx(stats.sem(fits), rel=0.01)


def test_the_trend_of_shares_is_a_weighted_line() -> None:
    trials = [
        Trial(d, False, count, n, claimed, 0.0)
        for d, count, n, claimed in [(100, 40, 200, 0.25), (1000, 90, 400, 0.25), (10000, 20, 50, 0.3)]
    ]
    x, y = np.log10([100, 1000, 10000]), np.array([0.2 - 0.25, 0.225 - 0.25, 0.4 - 0.3])
    weight = np.array([200 / (0.25 * 0.75), 400 / (0.25 * 0.75), 50 / (0.3 * 0.7)])
    slope, covariance = np.polyfit(x, y, 1, w=np.sqrt(weight), cov="unscaled")
    assert _trend(trials) == pytest.approx((slope[0], covariance[0, 0] ** 0.5))


ROOMS = [(0.0, 1.0), (0.05, 1.04), (0.05, 0.96)]


@pytest.mark.parametrize(("room", "share"), ROOMS)
def test_a_simulation_refutes_what_is_off_by_more_than_room_and_noise(room: float, share: float) -> None:
    """What is stated within a room holds; what is a fifth off, or less than stated, does not."""
    subject, moment = Subject(parse("tanh(z)")), Moment(parse("tanh(z)").tree, 1, 1, Fraction(1, 2))
    nodes, weights = hermite_e.hermegauss(80)
    y = np.tanh(nodes)
    true = float(weights @ (y * np.exp(y / 2) * nodes) / weights.sum())
    stated = arb(true * share, true * room)
    kept = simulated(subject, "x", [(moment, stated)])
    assert kept.outcome in (Outcome.SUPPORTS, Outcome.UNDECIDED)
    wrong = simulated(subject, "x", [(moment, arb(true * 1.2, true * room))])
    assert wrong.outcome is Outcome.REFUTES
    least = simulated(subject, "x", [], [(moment, arb(true * 0.9))])
    assert least.outcome is Outcome.SUPPORTS
    assert simulated(subject, "x", [], [(moment, arb(true * 1.2))]).outcome is Outcome.REFUTES


PIECES = [
    Quadratic(sympy.S.Zero, sympy.Rational(3, 2), sympy.S(-1), sympy.Rational(-1, 3), sympy.S(2)),
    Quadratic(sympy.Rational(1, 3), sympy.S(-1), sympy.Rational(1, 2), sympy.S(-2), sympy.Rational(1, 2)),
    Quadratic(sympy.Rational(-1, 2), sympy.S(2), sympy.S.Zero, sympy.Rational(1, 2), sympy.oo),
    Quadratic(sympy.Rational(1, 4), sympy.S.Zero, sympy.S(1), -sympy.oo, sympy.S(-1)),
]


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("piece", PIECES, ids=str)
def test_the_antiderivative_of_a_tilted_piece(piece: Quadratic, k: int) -> None:
    """F_k between the ends of the piece is the integral of e^{ts} He_k phi over it."""
    at = 0.4
    a, b, c, low, high = (float(x) for x in (piece.a, piece.b, piece.c, piece.low, piece.high))

    def integrand(x: float) -> float:
        tilt = np.exp(at * (a * x * x + b * x + c) - x * x / 2)
        return float(tilt * hermite_e.hermeval(x, [0] * k + [1]) / np.sqrt(2 * np.pi))

    expected = integrate.quad(integrand, max(low, -40), min(high, 40), limit=200, epsabs=1e-12)[0]
    found = h3._at(piece, k, piece.high) - h3._at(piece, k, piece.low)
    assert float(found.subs(t, sympy.Rational(2, 5))) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("expression", "zero"),
    [
        ((1 - t) ** sympy.Rational(3, 2) - (1 - t) * sympy.sqrt(1 - t), True),
        ((1 - t) ** sympy.Rational(-5, 2) * (1 - t) ** 3 - sympy.sqrt(1 - t), True),
        ((1 - t) ** sympy.Rational(5, 2) - (1 - t) * sympy.sqrt(1 - t), False),
        (sympy.erf(t) + sympy.erf(-t), True),
        (sympy.erf(t * (t + 1)) - sympy.erf(t**2 + t), True),
        (sympy.erf(t) + sympy.erf(t), False),
        (sympy.exp(t) * t - sympy.exp(t), False),
        (sympy.exp(t) * (t + 1) - sympy.exp(t) * t - sympy.exp(t), True),
    ],
)
def test_what_cancels_is_shown_to_vanish(expression: sympy.Expr, zero: bool) -> None:
    assert h3.shown_to_vanish(expression) is zero


@pytest.mark.parametrize("text", ["gaussian(3/4)", "uniform(2)", "rademacher(3/2)"])
def test_the_transform_of_each_law_is_its_integral(text: str) -> None:
    noise, at, mean = parse_noise(text), 0.7, Fraction(1, 3)
    if noise.kind == "rademacher":
        expected = np.exp(at / 3) * np.cosh(at * 1.5)
    else:
        law = stats.norm(scale=0.75) if noise.kind == "gaussian" else stats.uniform(-2, 4)
        expected = integrate.quad(lambda e: law.pdf(e) * np.exp(at * (e + 1 / 3)), -8, 8, points=[-2, 2])[0]
    assert float(h4._laplace(noise, mean).subs(t, sympy.Rational(7, 10))) == pytest.approx(float(expected))


def test_expansions_of_s_times_a_hermite_polynomial() -> None:
    piece = Quadratic(sympy.Rational(1, 3), sympy.S(-2), sympy.Rational(5, 7), sympy.S.Zero, sympy.oo)
    for k in range(4):
        total = sum(weight * h3._he(j) for j, weight in h3._weights(piece, k).items())
        s = sympy.Rational(1, 3) * z**2 - 2 * z + sympy.Rational(5, 7)
        assert sympy.expand(total - s * h3._he(k)) == 0


#: Links none of whose constants is 0 or 1, on which a factor in the wrong place shows.
SYMBOLIC = [
    ("T12", "where(z > 1/2, 3, -1/2)"),
    ("T12", "where(z > 0, 5/2, 1/3)"),
    ("H3", "where(z < 1/3, z**2/3 + 2*z, 5*z/2)"),
    ("H3", "z**2/5 - 3*z + 7"),
    ("H2", "where(z > 1/2, 3, -2)"),
    ("H4", "where(z > 1/2, 3, -2)"),
    ("P4", "z**2/6"),
    ("T3", "where(z > 1/2, -3, -5)"),
    ("T5", "z**2/3 - 2"),
    ("G2", "z**2/3 - 2"),
]


@pytest.mark.parametrize(("claim", "link"), SYMBOLIC)
def test_algebra_proves_the_claim_on_a_link_of_odd_constants(claim: str, link: str) -> None:
    made, subject = CLAIMS[claim], Subject(parse(link))
    assert made.inapplicable(subject) is None
    assert made.legs["symbolic"](subject, made.statement).outcome is Outcome.SUPPORTS


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("side", [1, -1])
def test_the_slope_of_a_drift_of_two_terms_is_told_by_its_ends(order: int, side: int) -> None:
    """D = p m^{k-1} + r m^k with p = 7/8, r = -1/4."""
    ends = {
        m: SimpleNamespace(side=m, drift=arb(0.875 * m ** (order - 1) - 0.25 * m**order)) for m in (1, -1)
    }
    trial = SimpleNamespace(setup=SimpleNamespace(order=order), here=ends[side], other=ends[-side])
    slope = 0.875 * (order - 1) * side**order - 0.25 * order * side ** (order - 1)
    assert ends_leg.Trial.bend.fget(trial) == slope  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statement", "orders"),
    [(g1.TiltedStatement(), [1]), (g1.TiltedStatement(beyond=1), [1, 2]),
     (g1.TiltedStatement(vanishes_at_star=True), [1, 2]), (g1.TiltedStatement(information=True), [1])],
)  # fmt: skip
def test_every_order_below_the_exponent_is_looked_at_at_two_temperatures(
    statement: g1.TiltedStatement, orders: list[int]
) -> None:
    """tanh(He_4/5): IE = GE = 2."""
    found = g1.equations(Subject(parse("tanh(He(4, z)/5)")), statement)
    assert [each.label for each in found] == [f"k = {k}, t = {at}" for k in orders for at in ("1/4", "1")]


@pytest.mark.parametrize("text", ["z - 3", "2*z", "z/2"])
def test_a_leading_coefficient_of_any_size_is_enclosed(text: str) -> None:
    """mu = 1 too, which is no more special than 2 or 1/2."""
    claim = CLAIMS["G3"]
    assert g3.enclosed(Subject(parse(text)), claim.statement).outcome is Outcome.SUPPORTS


@pytest.mark.parametrize(("short", "outcome"), [(0.5e-9, Outcome.SUPPORTS), (2e-9, Outcome.REFUTES)])
def test_rounding_refutes_no_bound_and_a_little_more_does(short: float, outcome: Outcome) -> None:
    """s = z at m = 3/5 leaves (1 - m^2) E s'^2 of its variance, exactly what the lower bound says."""
    rule = SimpleNamespace(unexplained=0.64 - short, bias=1.0, slopes=(1.0, 1.0))
    fit = SimpleNamespace(moments=(rule, rule), overlap=Fraction(3, 5), t=Fraction(1, 2), osc=2.0)
    assert v9._between(Subject(parse("z")), v9.Statement(), fit).outcome is outcome
