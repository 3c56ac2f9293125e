"""Where training ends: D and q there against sums and other rules, and against runs of the exact chain."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.link import Noise, Signal, Target, parse, parse_noise
from tiltproof.link.tree import Node
from tiltproof.numerics.expectation.oracle import NotIntegrable
from tiltproof.numerics.precision import Unresolved
from tiltproof.numerics.recovery.chain import run_chain
from tiltproof.numerics.recovery.ends import end, heavy_tails, step_means
from tiltproof.numerics.recovery.population import approach, means, population
from tiltproof.numerics.recovery.training import Course, Training

HALF = Fraction(1, 2)

NOISES = [
    parse_noise("none"),
    parse_noise("gaussian(1/2)"),
    parse_noise("rademacher(1/2)"),
    parse_noise("uniform(1)"),
]


def tree(text: str) -> Node:
    return parse(text).tree


def target(link: str, t: Fraction = HALF) -> Target:
    return Target(parse(link), t)


@pytest.mark.parametrize(
    ("activation", "law", "rest"), [("z", 0.00801, 0.00798), ("z + He(3, z)/6", 0.0352, 0.0337)]
)
def test_the_end_of_tanh_at_beta_two(activation: str, law: float, rest: float) -> None:
    # eta d = 0.02 at d = 1000; the next test sees 0.00799 and 0.0336 in runs.
    found = end(target("tanh"), tree(activation), 1)
    assert float(found.residual.mid()) * 0.02 * 999 / 1000 == pytest.approx(law, rel=2e-3)
    way = approach(target("tanh"), tree(activation), 1)
    assert way.balance(0.02 / 1000, 1000) == pytest.approx(rest, rel=2e-3)


@pytest.mark.parametrize(("activation", "rest"), [("z", 0.00799), ("z + He(3, z)/6", 0.0336)])
def test_the_chain_ends_there(activation: str, rest: float) -> None:
    d, eta, neurons = 100, 0.02 / 100, 200
    training = Training(target("tanh"), tree(activation), eta)
    rng = np.random.default_rng(7)
    m, means = np.full(neurons, np.sqrt(1 - rest)), []
    for _ in range(4):
        m = run_chain(training, d, m, 1.0, Course(12_000, stop_at=2.0), rng).final
        means.append(float((1 - m**2).mean()))
    # A standard error is sqrt(2/99/800) of it.
    assert np.mean(means) == pytest.approx(rest, rel=0.03)


@pytest.mark.parametrize("signal", ["label", "weight", "centered"])
@pytest.mark.parametrize("noise", NOISES, ids=str)
@pytest.mark.parametrize("side", [1, -1])
def test_the_drift_at_the_end_is_the_sum_of_its_terms(signal: str, noise: Noise, side: int) -> None:
    of_y = Target(parse("tanh(z) - 1/2"), HALF, Signal(signal), noise)
    activation = tree("z + He(2, z)/4 - He(4, z)/24")
    known = population(of_y, activation, 1)
    terms = (known.term(k) * side ** (k - 1) / [1, 1, 2, 6][k - 1] for k in range(1, 5))
    found = end(of_y, activation, side)
    assert float(found.drift.mid()) == pytest.approx(sum(terms), rel=1e-12)


@pytest.mark.parametrize("signal", ["label", "weight", "centered"])
@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_certified_means_of_a_step_agree_with_a_midpoint_rule(signal: str, noise: Noise) -> None:
    of_y, activation = (
        Target(parse("tanh(z) - 1/2"), HALF, Signal(signal), noise),
        tree("z + He(2, z)/4 + He(3, z)/6"),
    )
    found = step_means(of_y, activation, -1, Fraction(1, 5))
    others = means(of_y, activation, np.array([float(found.m)]))
    for name in ("pull", "square", "beside"):
        assert float(getattr(found, name).mid()) == pytest.approx(getattr(others, name)[0], rel=1e-10)


@pytest.mark.parametrize(
    ("link", "activation"),
    [("tanh", "tanh(z)"), ("tanh", "relu(z)"), ("abs", "relu(z)"), ("sign", "tanh(z)"), ("tanh", "gelu(z)")],
)
@pytest.mark.parametrize("side", [1, -1])
def test_either_derivative_gives_the_limit_of_the_drift(link: str, activation: str, side: int) -> None:
    of_y = Target(parse(link), Fraction(1, 4), Signal.CENTERED, NOISES[1])
    found = end(of_y, tree(activation), side)
    way = approach(of_y, tree(activation), side)
    assert way.sign == found.sign
    assert way.pull[-1] / way.rho[-1] == pytest.approx(abs(float(found.drift.mid())), rel=4e-3)
    assert way.square[-1] == pytest.approx(float(found.square.mid()), rel=1e-2)


def test_the_ends_of_a_mixed_activation_differ() -> None:
    right, left = (end(target("tanh"), tree("relu(z)"), side) for side in (1, -1))
    assert (right.sign, left.sign) == (1, -1)
    assert right.residual > 2 * left.residual


def test_an_even_link_draws_one_sign_to_both_ends() -> None:
    ends = [end(target("square", Fraction(1, 16)), tree("He(2, z)/2"), side) for side in (1, -1)]
    assert [each.sign for each in ends] == [1, 1]
    assert ends[0].residual.overlaps(ends[1].residual)


def test_two_jumps_leave_the_drift_open() -> None:
    with pytest.raises(Unresolved, match="both jump"):
        end(target("sign"), tree("relu(z)"), 1)


def test_a_product_that_grows_too_fast_is_named() -> None:
    # E T^2 and E g'^2 are finite, E T^2 g'^2 at u = z is not.
    with pytest.raises((Unresolved, NotIntegrable), match="may grow too fast"):
        end(target("z**2/8"), tree("exp(z**2/5)"), 1)


@pytest.mark.parametrize("activation", ["He(5, z)", "relu(z)", "tanh(z)", "exp(z**2/20)"])
def test_a_tame_slope_leaves_the_moment(activation: str) -> None:
    assert heavy_tails(target("z**2/8"), tree(activation)) is None


def test_the_mean_of_a_step_beyond_the_longest_rests_before() -> None:
    way = approach(target("tanh"), tree("z + He(3, z)/6"), 1)
    longest = way.longest_step(0.99, 100)
    for share, passes in ((0.98, True), (1.02, False)):
        rest = way.balance(share * longest, 100)
        assert rest is not None
        assert (rest < 1 - 0.99**2) is passes
        assert np.isfinite(way.steps(share * longest, 100, 0.99)) == passes


def test_a_way_on_which_the_drift_turns_is_closed() -> None:
    # D(m) = alpha_1 - alpha_3 m^2 with a zero between 1/2 and 1.
    way = approach(target("z"), tree("z - 4*He(3, z)/6"), 1)
    assert way.leads(0.6)
    assert not way.leads(0.9)


def test_an_activation_that_is_no_polynomial_has_no_exact_average() -> None:
    with pytest.raises(ValueError, match="no polynomial"):
        step_means(target("tanh"), tree("tanh(z)"), 1, Fraction(1, 5))


@pytest.mark.parametrize("side", [1, -1])
def test_the_step_at_which_an_overlap_rests_balances_pull_and_spread(side: int) -> None:
    found = step_means(target("tanh"), tree("z + He(3, z)/6"), side, Fraction(1, 3))
    m, pull, square, beside = (float(x) for x in (found.m, found.pull, found.square, found.beside))
    assert (m, float(found.rho)) == pytest.approx((side * 0.8, 0.36))
    assert float(found.resting_step(1, 50)) == pytest.approx(2 * m * pull / (48 * 0.64 * square + beside))
    assert float(found.resting_step(-1, 50)) == pytest.approx(-2 * m * pull / (48 * 0.64 * square + beside))


@pytest.mark.parametrize(("link", "order"), [("tanh(z) - 1/2", 1), ("tanh(He(2, z)/4)", 2)])
def test_what_a_drift_in_powers_of_m_leaves_out_is_summed(link: str, order: int) -> None:
    """sum_{j >= n} j! sqrt(E T^2 E g^2) (k-1)!/(j-1)! m^(j-k) at m = 1/2."""
    known = population(target(link), tree("tanh(z) + exp(z/3)"), order)
    first = len(known.signal_coefficients)
    assert not known.complete
    size = (float(known.second_moment) * float(known.activation_square)) ** 0.5 * [1, 1][order - 1]
    expected = size * sum(j * 2.0 ** (order - j) for j in range(first, first + 200))
    assert float(known.rest) == pytest.approx(expected, rel=1e-9)
