"""The guarantee at finite n: constants against a plain grid, cells against points, sets against both."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat, arb_series
from tiltproof.link import parse, parse_noise
from tiltproof.numerics.deployment import overlap as bending
from tiltproof.numerics.deployment.columns import Doubles
from tiltproof.numerics.deployment.overlap import curvatures, inner
from tiltproof.numerics.expectation.oracle import Interval
from tiltproof.numerics.guarantee.bound import Guarantee, Guarantees, Range, guarantee
from tiltproof.numerics.guarantee.clipping import Pointwise
from tiltproof.numerics.guarantee.constants import Model, largest_eigenvalue
from tiltproof.numerics.guarantee.estimate import Estimate, Question, recommended
from tiltproof.numerics.precision import Unresolved, dyadic_below, working

from .plain_guarantee import Plain

ONE = Fraction(1)
SIGMOID = Range(0.0, 1.0, (0.0, 1.0), 1.0)
TANH = Range(-1.0, 1.0, (-1.0, 1.0), 1.0)


def fraction(*values: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, values))


CASES = {
    "ridge": (("sigmoid(z)", "gaussian(1/4)", fraction("-2", "0", "2"), Fraction(1, 100), ONE), 4, SIGMOID,
              Plain(lambda z: 1 / (1 + np.exp(-z)), 4.0, (-2, 0, 2), 0.01, 0.25)),
    "plain least squares": (("tanh(z)", "gaussian(1/2)", fraction("-1", "1"), Fraction(0), ONE), 1, TANH,
                            Plain(np.tanh, 1.0, (-1, 1), 0.0, 0.5)),
    "a kink": (("clip(z,-1,1)", "none", fraction("0", "1/2"), Fraction(1, 1000), ONE), 2, TANH,
               Plain(lambda z: np.clip(z, -1, 1), 2.0, (0, 0.5), 0.001)),
    "overlap": (("tanh(z)", "gaussian(1/2)", fraction("-1", "1"), Fraction(1, 1000), Fraction(97, 100)), 1,
                TANH, Plain(np.tanh, 1.0, (-1, 1), 0.001, 0.5, 0.97)),
    "surrogate": (("tanh(z)", "gaussian(1/2)", fraction("-1", "1"), Fraction(1, 1000), ONE, "9*tanh(z)/10"),
                  2, Range(-1.0, 1.0, (-1.0, 1.0), 0.9, away=0.2),
                  Plain(np.tanh, 2.0, (-1, 1), 0.001, 0.5, 1.0, lambda z: 0.9 * np.tanh(z))),
}  # fmt: skip


def model(link: str, noise: str, biases: tuple[Fraction, ...], ridge: Fraction, overlap: Fraction,
          pilot: str | None = None, top: int = 8) -> Model:  # fmt: skip
    tree = None if pilot is None else parse(pilot).tree
    return Model(parse(link).tree, parse_noise(noise), biases, ridge, overlap, Fraction(top), tree)


@pytest.mark.parametrize("name", CASES)
def test_constants_are_those_of_a_plain_grid(name: str) -> None:
    args, t, _, plain = CASES[name]
    of = model(*args)
    found = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    accuracy = 1e-4 if name == "a kink" else 2e-6
    assert found.bias == pytest.approx(plain.bias, rel=accuracy)
    assert found.cross == pytest.approx(plain.cross, rel=accuracy, abs=1e-12)
    assert found.noise_energy**2 == pytest.approx(plain.energy, rel=accuracy)
    assert float(found.value) == pytest.approx(plain.value, rel=accuracy)
    # The largest eigenvalue is bounded by a trace of powers.
    assert plain.fourth * (1 - accuracy) <= found.fourth <= plain.fourth * of.size ** (1 / 64)


@pytest.mark.parametrize("name", CASES)
def test_the_second_order_bound_is_that_of_a_plain_grid(name: str) -> None:
    args, t, span, plain = CASES[name]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    found = guarantee(constants, span, 10**6, 0.05, arb(1))
    assert found.form == "second order"
    expected = plain.second_order(found.radius, found.norm, span.low, span.high)
    assert expected * (1 - 1e-6) <= found.learning <= expected * (1.05 if name == "overlap" else 1.03)
    assert found.lost == pytest.approx(1 - plain.value, rel=1e-4)


def test_the_failure_probability_is_spent_as_stated() -> None:
    args, t, span, plain = CASES["ridge"]
    of = model(*args)
    found = guarantee(of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge)), span, 10**5,
                      0.05, arb(1))  # fmt: skip
    n, p = 10**5, 4
    gram = p * math.exp(-n * found.kappa**2 / (2 * plain.fourth))
    moment = plain.energy**2 + 2 * plain.spread * plain.energy + plain.high / n
    score = moment / (n * n * ((1 - found.kappa) * found.radius) ** 4)
    assert 0.98 * 0.05 < gram + score <= 0.05


@pytest.mark.parametrize("name", ["ridge", "plain least squares", "overlap", "surrogate"])
def test_a_cell_of_temperatures_is_bounded_at_all_its_points(name: str) -> None:
    args, t, span, _ = CASES[name]
    of = Guarantees(model(*args), span, 10**5, 0.05, arb(1))
    low, high = Fraction(t), Fraction(t) * Fraction(33, 32)
    cell = of.at(Interval(low, high))
    assert cell is not None
    points = [of.at(low + (high - low) * k / 4) for k in range(5)]
    assert all(one is not None and one.bound <= cell.bound for one in points)
    assert cell.bound < max(one.bound for one in points if one is not None) + 0.06


@pytest.mark.parametrize("name", ["ridge", "a kink", "overlap", "surrogate"])
def test_hulls_over_a_cell_hold_the_constants_of_fits_between_its_ends(name: str) -> None:
    args, t, span, _ = CASES[name]
    of, law = model(*args), model(*args).weighting
    low, high = Fraction(t), Fraction(t) * Fraction(9, 8)
    frame = law.refitted(law.frame(low, of.ridge), Interval(low, high), of.ridge)
    cell = of.constants(Interval(low, high), frame)
    room, inside = (
        arb(span.high),
        ("cross", "noise_energy", "noise_spread", "fourth", "covariance", "direction"),
    )
    for x in (0.0, 0.25, 0.625, 1.0):
        first, last = frame.thetas
        theta = Doubles((1 - x) * first.value + x * last.value, np.zeros(of.size))
        one = of.constants(low + (high - low) * Fraction(x), replace(frame, thetas=(theta,)))
        part, more = min(int(16 * x), 15), 1 + 1e-9
        assert all(getattr(one, each) <= getattr(cell, each) * more + 1e-12 for each in (*inside, "eta"))
        assert one.squares[0] <= cell.squares[part] * more
        assert one.policy_squares[0] <= cell.policy_squares[part] * more
        assert one.value.overlaps(cell.parts[part][0])
        pairs = zip(one.remainders(room, 0.1)[0], cell.remainders(room, 0.1)[part], strict=True)
        assert all(a <= b * more for a, b in pairs)


def test_what_a_cell_adds_to_the_bound_falls_faster_than_its_width() -> None:
    biases = fraction("0", "1/2", "1", "3/2", "2")
    of = Guarantees(model("clip(z,-1,1)", "none", biases, Fraction(1, 10**4), ONE, top=12), TANH, 10**5, 0.05,
                    arb(1))  # fmt: skip
    t, excess = Fraction(8), []
    for share in (Fraction(1, 64), Fraction(1, 128)):
        bounds = [
            of.at(t * (1 - share)),
            of.at(t * (1 + share)),
            of.at(Interval(t * (1 - share), t * (1 + share))),
        ]
        one, other, cell = (each.bound for each in bounds if each is not None)
        excess.append(cell - max(one, other))
    assert 0 < excess[1] < 0.45 * excess[0] < 0.005


@pytest.mark.parametrize("beta", ["1/4", "2/5", "1"])
def test_the_forecast_of_a_link_with_jumps_is_below_its_guarantee(beta: str) -> None:
    of, span = (
        model("where(abs(z) < 1, 1, 0)", "none", fraction("-1", "0", "1"), Fraction(1, 1000), ONE),
        SIGMOID,
    )
    t = 1 / Fraction(beta)
    found = Guarantees(of, span, 10**6, 0.05, arb(1)).at(t)
    estimate = Estimate(Question(of.link, of.noise, ONE, span, 10**6, 0.05, 1.0))
    assert found is not None
    assert estimate.bound(of.biases, 1e-3, float(t), mean=True) <= found.bound
    assert estimate.lost(float(t)) == pytest.approx(found.lost, abs=2e-4)


def test_a_smaller_failure_probability_or_sample_guarantees_less() -> None:
    args, t, span, _ = CASES["ridge"]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))

    def learning(n: int, delta: float) -> float:
        return guarantee(constants, span, n, delta, arb(1)).learning

    assert learning(10**6, 0.05) < learning(10**5, 0.05) < learning(10**5, 0.01)


def test_labels_without_tails_are_bounded_and_gain_by_it() -> None:
    of = model("tanh(z)", "rademacher(1/2)", fraction("-1", "1"), Fraction(1, 1000), ONE)
    constants = of.constants(ONE, of.weighting.frame(ONE, of.ridge))
    z = np.linspace(-6, 6, 2001)
    gamma = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    psi = np.column_stack([np.ones_like(z), np.tanh(z + 1), np.tanh(z - 1)])
    law = gamma * np.exp(np.tanh(z)) / (gamma @ np.exp(np.tanh(z)))
    penalty = np.diag([0, 1e-3, 1e-3])
    gram = psi.T @ (law[:, None] * psi) + penalty
    theta = np.linalg.solve(gram, psi.T @ (law * np.tanh(z)))
    root = np.linalg.inv(np.linalg.cholesky(gram))
    mass = float(gamma @ np.exp(np.tanh(z))) * math.cosh(0.5)
    found = 0.0
    for e in (-0.5, 0.5):
        y = np.tanh(z) + e
        off = y - psi @ theta - 0.5 * math.tanh(0.5)
        xi = (np.exp(y) / mass * off)[:, None] * psi - penalty @ theta
        found = max(found, float(np.linalg.norm(xi @ root.T, axis=1).max()))
    points = Pointwise(constants, -1, 1)
    assert found <= points.largest(1) <= 1.5 * found
    assert points.largest(math.inf) == math.inf
    # Bousquet's inequality: a radius below what Markov's gives.
    bound = guarantee(constants, TANH, 10**6, 0.05, arb(1))
    assert bound.radius < constants.noise_energy / math.sqrt(10**6 * 0.05)


@pytest.mark.parametrize(
    ("link", "noise", "biases", "ridge", "beta", "span", "most", "whole"),
    [
        ("sigmoid(z)", "gaussian(1/4)", ("-1", "0", "1"), 1000, "0.2688", SIGMOID, 0.4032, 0.4037),
        ("tanh(z)", "gaussian(1/2)", ("0",), 10_000, "0.5556", TANH, 0.6238, 0.6252),
        pytest.param(
            "erf(z)",
            "gaussian(1/2)",
            ("-1/4", "0", "1/4"),
            1000,
            "0.5714",
            TANH,
            0.5867,
            0.5884,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["sigmoid", "tanh", "erf"],
)
def test_a_learned_direction_is_guaranteed_what_the_guide_says(
    link: str, noise: str, biases: tuple[str, ...], ridge: int, beta: str, span: Range, most: float,
    whole: float,
) -> None:  # fmt: skip
    for overlap, limit in ((Fraction(97, 100), most), (Interval(Fraction(97, 100), ONE), whole)):
        of = replace(model(link, noise, fraction(*biases), Fraction(1, ridge), ONE), overlap=overlap)
        found = Guarantees(of, span, 10**6, 0.05, arb(1)).at(1 / Fraction(beta))
        assert found is not None
        assert limit - 2e-4 <= found.bound <= limit


@pytest.mark.parametrize("ends", [("9/10", "19/20"), ("24/25", "1")], ids=str)
def test_a_cell_of_overlaps_bounds_what_lies_in_it(ends: tuple[str, str]) -> None:
    low, high = map(Fraction, ends)
    cell = replace(model("sin(2*z)", "gaussian(1/2)", fraction("-1", "1"), Fraction(1, 1000), ONE),
                   overlap=Interval(low, high))  # fmt: skip
    frame = cell.weighting.frame(ONE, cell.ridge)
    whole = cell.constants(ONE, cell.weighting.refitted(frame, ONE, cell.ridge))
    for k in (0, 1, 2, 4):
        m = low + (high - low) * k / 4
        plain = Plain(lambda z: np.sin(2 * z), 1.0, (-1, 1), 0.001, 0.5, float(m))
        assert plain.bias <= whole.bias
        assert plain.energy <= whole.noise_energy**2
        assert plain.fourth <= whole.fourth


@pytest.mark.parametrize(("features", "fits"), [(0, 1), (1, 0), (1, 2), (2, 0), (3, 1), (4, 2)])
def test_more_than_the_ends_of_a_range_of_overlaps_is_looked_at(features: int, fits: int) -> None:
    # (T_m q)(z) is not monotone in m at every z: the hull of its ends misses it, the bend makes it up.
    # Oracle: power series at 401 points, of products of features and fits with two biases.
    turned, theta = np.array([[0.2, -1.0], [1.0, 0.5], [-0.3, 0.8]]), np.array([0.3, 1.0, -2.0])
    sides = [np.array([math.cos(a), math.sin(a)]) for a in (0.4, 1.3, 2.2, 2.9)]
    weights = [turned @ side for side in sides[:features]] + [theta] * fits
    most = 0.0
    for u in np.linspace(-6, 6, 401):
        series = arb_series([arb(u), arb(1)], 6)
        tanh = [1 - 2 / ((2 * (series - b)).exp() + 1) for b in (-1, 2)]
        q = arb_series([arb(1)], 6)
        for w in weights:
            q = q * (float(w[0]) + float(w[1]) * tanh[0] + float(w[2]) * tanh[1])
        one, two, three, four = (float(q[n]) * math.factorial(n) for n in range(1, 5))
        most = max(most, abs(four - 2 * u * three + (u * u - 2) * two + u * one))
    found = curvatures(turned, theta[:, None], fraction("-1", "2"))[features, fits]
    assert most <= found <= 30 * most, found / most


def test_too_few_samples_guarantee_the_range_and_no_more() -> None:
    args, t, span, _ = CASES["ridge"]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    found = guarantee(constants, span, 50, 0.05, arb(1))
    assert found.form == "range"
    assert list(found.terms) == ["range"]
    assert found.radius == math.inf
    assert 1 <= found.bound <= 1 + 1e-9


@pytest.mark.parametrize("target", ["3/4", "2"])
def test_no_guarantee_is_worse_than_that_of_the_range(target: str) -> None:
    args, t, span, _ = CASES["ridge"]
    of = model(*args)
    constants = of.constants(Fraction(t), of.weighting.frame(Fraction(t), of.ridge))
    v = Fraction(target)
    bounds = [guarantee(constants, span, n, 0.05, arb(v.numerator) / v.denominator) for n in (50, 10**7)]
    assert [one.form for one in bounds] == ["range", "second order"]
    assert bounds[0].bound == pytest.approx(float(v), abs=1e-9)
    assert bounds[1].bound < float(v)


@pytest.mark.parametrize("t", [24, 64])
def test_where_weights_leave_the_doubles_the_range_is_guaranteed_and_no_more(t: int) -> None:
    of = model("z**2*exp(-z**2)", "gaussian(3)", fraction("0"), Fraction(1, 1000), ONE, top=80)
    span = Range(0.0, 0.37, (0.0, 0.37), 0.37)
    question = Question(of.link, of.noise, ONE, span, 10**5, 0.05, 0.37)
    estimate = Estimate(question)
    assert estimate.bound(of.biases, 1e-3, t) == estimate.most == 0.37
    found = Guarantees(of, span, 10**5, 0.05, arb(1)).at(Fraction(t))
    assert found is None or found.form == "range"


def test_dependent_features_are_not_inverted() -> None:
    of = model("tanh(z)", "none", fraction("0", "0"), Fraction(0), ONE)
    with pytest.raises(Unresolved, match="invertible"):
        of.constants(ONE, of.weighting.frame(ONE, of.ridge))


@pytest.mark.parametrize("overlap", ["97/100", "1/2"])
def test_inner_means_are_those_of_gauss(overlap: str) -> None:
    m = Fraction(overlap)
    with working(128):
        found = inner([arb(-2), arb(0), arb(1)], fraction("1/2"), m, 18)
        tanh = found.psi.transposed[1:]
        mean = found.mean(tanh * tanh * tanh, 1.0)[0]
    v, chance = np.polynomial.hermite_e.hermegauss(181)
    for z, value, off in zip((-2, 0, 1), mean.value, mean.off, strict=True):
        u = float(m) * z + math.sqrt(1 - float(m) ** 2) * v
        expected = float(chance @ np.tanh(u - 0.5) ** 3 / chance.sum())
        assert off < 1e-13
        assert value == pytest.approx(expected, abs=1e-9)


def test_largest_eigenvalue_is_an_upper_bound_and_close() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        root = rng.standard_normal((5, 5))
        matrix = root @ root.T
        found = largest_eigenvalue(arb_mat(matrix.tolist()))
        assert 1 - 1e-12 <= found / np.linalg.eigvalsh(matrix)[-1] <= 5 ** (1 / 64)


def test_a_stretch_of_temperatures_ends_where_the_bound_does() -> None:
    args, _, span, _ = CASES["ridge"]
    of = Guarantees(model(*args), span, 10**6, 0.05, arb(1))
    found = of.stretch(Fraction(4), Fraction(2, 5), Fraction(1, 8))
    assert found is not None
    for t, inside in ((found.lower, True), (found.upper, True), (found.lower * Fraction(99, 100), False),
                      (found.upper * Fraction(101, 100), False)):  # fmt: skip
        at = of.at(t)
        assert isinstance(at, Guarantee)
        assert (at.bound <= 0.4) == inside
    assert found.below is not None
    assert found.below.lost > 0.36
    assert of.stretch(Fraction(4), Fraction(1, 3), Fraction(1, 8)) is None


@pytest.mark.parametrize(
    ("link", "noise", "low", "high", "n", "most"),
    [
        ("sigmoid(z)", "gaussian(1/4)", 0, 1, 10**5, 0.363),
        ("sigmoid(z)", "gaussian(1/4)", 0, 1, 10**6, 0.33),
        ("erf(z)", "gaussian(1/2)", -1, 1, 10**6, 0.29),
        ("tanh(2*z)-1/2", "gaussian(1/2)", -1.5, 0.5, 10**6, 0.235),
    ],
)
def test_recommended_features_make_the_guarantee_tell_something(
    link: str, noise: str, low: float, high: float, n: int, most: float
) -> None:
    span = Range(low, high, (low, high), high)
    question = Question(parse(link).tree, parse_noise(noise), ONE, span, n, 0.05, high)
    choice = recommended(Estimate(question), math.inf)
    of = model(link, noise, choice.biases, choice.ridge, ONE)
    found = Guarantees(of, span, n, 0.05, arb(high)).at(dyadic_below(choice.t, 12))
    assert found is not None
    assert found.bound <= most
    assert found.bound == pytest.approx(choice.bound, rel=0.01)


@pytest.mark.parametrize("steep", [50, 400])
def test_a_steep_link_is_clipped_no_more_than_its_cells_are_coarse(steep: int) -> None:
    def link(z: np.ndarray) -> np.ndarray:
        return np.tanh(steep * z)

    of = model(f"tanh({steep}*z)", "none", fraction("-1/4", "1/4"), Fraction(1, 1000), ONE)
    constants = of.constants(ONE, of.weighting.frame(ONE, of.ridge))
    z = np.linspace(-8, 8, 400_001)
    law = np.exp(-(z**2) / 2 + link(z))
    law /= law.sum()
    psi = np.column_stack([np.ones_like(z), np.tanh(z + 0.25), np.tanh(z - 0.25)])
    gram = psi.T @ (law[:, None] * psi) + np.diag([0, 1e-3, 1e-3])
    rho = link(z) - psi @ np.linalg.solve(gram, psi.T @ (law * link(z)))
    length = np.linalg.norm(psi @ np.linalg.inv(np.linalg.cholesky(gram)).T, axis=1)
    over = np.maximum(np.abs(rho) + 0.01 * length - (1 - np.abs(link(z))), 0)
    plain = float(law @ (np.abs(link(z) - law @ link(z)) * over))
    assert plain <= Pointwise(constants, -1, 1).clipped(0.01, -1, 1) <= 1.1 * plain


def test_weights_too_large_for_doubles_leave_the_bound_of_the_range() -> None:
    of = model("tanh(z - 20)", "none", fraction("0"), Fraction(1, 1000), ONE, top=100)
    found = Guarantees(of, TANH, 10**6, 0.05, arb(1)).at(Fraction(100))
    assert found is not None
    assert found.form == "range"
    assert 2 <= found.bound < 2 + 1e-9


def test_the_bend_of_one_feature_is_bounded_cell_by_cell() -> None:
    """The parts of |L^2 q| for q = tanh, each at its largest on a cell."""
    half, v = 0.5 / bending._CELLS, np.polynomial.Polynomial([0, 1])
    u = np.arange(-8 * bending._CELLS, 8 * bending._CELLS + 1) / bending._CELLS
    orders = [v]
    for _ in range(6):
        orders.append(orders[-1].deriv() * (1 - v * v))
    at = [np.abs(order(np.tanh(u))) for order in orders]
    bent = [at[k] + at[k + 1] * half + half**2 / 2 * bending._SUPREMA[k + 2] for k in range(5)]
    far = np.abs(u) + half
    expected = (far * bent[1] + np.maximum(2, far**2 - 2) * bent[2] + 2 * far * bent[3] + bent[4]).max()
    theta = np.array([[0.0], [1.0]])
    assert curvatures(np.eye(2)[:, :1], theta, fraction("0"))[0, 1] == pytest.approx(expected, rel=1e-5)
