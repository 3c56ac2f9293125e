"""Drift, hitting time and the diffusion's forecast against exact algebra and against R3's law."""

from fractions import Fraction
from math import factorial

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from scipy.integrate import quad
from tiltproof.link import NOISELESS, Target, parse, parse_noise
from tiltproof.numerics.precision import rounded
from tiltproof.numerics.recovery.forecast import (
    SHRINKING,
    Schedule,
    _bernoulli,
    _rest,
    default_delta,
    forecast,
    fraction,
    log_median,
)
from tiltproof.numerics.recovery.gradient import GradientNoise, gradient_noise
from tiltproof.numerics.recovery.population import Population, population
from tiltproof.theory import recovery

HALF = sympy.Rational(1, 2)
#: Link, activation, t and order.
CASES = [
    ("sign-cubic", "z + He(3, z)/6", "1/4", 3),
    ("staircase", "z + He(3, z)/6", "1", 1),
    ("staircase", "z + He(3, z)/6", "0", 3),
    ("square", "He(2, z)/2", "1/16", 2),
    ("bump4", "He(4, z)", "0", 4),
]


def setting(link: str, activation: str, t: str, order: int, noise: str | None = None) -> Population:
    law = parse_noise(noise) if noise else NOISELESS
    return population(Target(parse(link), Fraction(t), noise=law), parse(activation).tree, order)


def schedule(case: tuple[str, str, str, int], d: int, share: float = 1.0) -> Schedule:
    link, activation, t, _ = case
    noise = gradient_noise(Target(parse(link), Fraction(t)), parse(activation).tree)
    known = setting(*case)
    return Schedule(known, noise, d, share * default_delta(known, noise))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_enclosed_hitting_time_holds_the_exact_one(case: tuple[str, str, str, int]) -> None:
    link, activation, t, order = case
    start = sympy.S.Zero if order == 1 else sympy.Rational(1, 20)
    exact = recovery.drift(Target(parse(link), Fraction(t)), parse(activation).tree).hitting_time(start, HALF)
    enclosed = setting(*case).hitting_time(arb(0) if order == 1 else arb(1) / 20)
    assert enclosed.rad() < 1e-8 * enclosed.mid()
    assert abs(float(exact.evalf(20)) - float(enclosed.mid())) < 1e-8 * float(exact)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_drift_keeps_its_sign(case: tuple[str, str, str, int]) -> None:
    assert setting(*case).sign_kept(1) is True
    assert setting(*case).sign_kept(-1) is True


def test_a_drift_that_vanishes_on_the_way_is_seen() -> None:
    # D(m) = c_1 + c_2 m with c_2 = -6 c_1 vanishes at m = 1/6, and not for m < 0.
    found = setting("exp(-exp(z))", "z + He(2, z)", "1", 1)
    ratio = found.signal_coefficients[1] / found.signal_coefficients[2] * 6
    scaled = Fraction(float(ratio.mid())).limit_denominator(10**6)
    bent = setting("exp(-exp(z))", f"z - ({scaled})*He(2, z)/2", "1", 1)
    assert bent.sign_kept(1) is False
    assert bent.sign_kept(-1) is True


def test_independent_noise_scales_signal_and_second_moment_as_gaussian_algebra_says() -> None:
    # y = z + e, e ~ N(0, 1): alpha_1 = d/dt (t e^{t^2}), E y^2 e^{2ty} = (2 + 16 t^2) e^{4 t^2}.
    found = setting("z", "z", "1/4", 1, "gaussian(1)")
    t = 0.25
    assert float(found.c.mid()) == pytest.approx((1 + 2 * t**2) * np.exp(t**2), rel=1e-12)
    assert float(found.second_moment.mid()) == pytest.approx((2 + 16 * t**2) * np.exp(4 * t**2), rel=1e-12)
    target = Target(parse("z"), Fraction(1, 4), noise=parse_noise("gaussian(1)"))
    noise = gradient_noise(target, parse("z").tree)
    assert float(noise.at(0.3)) == pytest.approx(float(found.second_moment.mid()), rel=1e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_two_roads_to_the_gradient_noise(case: tuple[str, str, str, int]) -> None:
    found = schedule(case, 100)
    assert float(found.noise.at(0.0)) == pytest.approx(found.population.noise, rel=5e-3)


def test_the_default_step_is_the_one_of_exact_algebra() -> None:
    made = schedule(CASES[0], 100)
    c, square = (sympy.Float(float(x)) for x in (made.population.c.mid(), made.noise.at(0.0)))
    # At sqrt(d) |m| = 1 the drift is |c|/2! and the shrinking (delta/2) E G^2, in units of eta/d.
    assert made.delta == rounded(float(SHRINKING * sympy.Abs(c) / (square / 2) / 2), 4)


@pytest.mark.parametrize(("case", "tolerance"), [(CASES[0], 0.01), (CASES[4], 0.01)], ids=str)
def test_the_forecast_tends_to_the_law_of_r3(case: tuple[str, str, str, int], tolerance: float) -> None:
    made = schedule(case, 10**8, share=0.01)
    u = 0.6
    law = recovery.fraction(case[3], sympy.Float(float(made.population.c.mid())), sympy.Float(made.kappa(u)))
    assert float(law) == pytest.approx(float(sympy.erfc(u / sympy.sqrt(2)) / 2), rel=1e-9)
    assert forecast(made, made.horizon(u)).fraction == pytest.approx(float(law), abs=tolerance)


def test_at_orders_1_and_2_everyone_of_good_sign_recovers() -> None:
    for case in (CASES[1], CASES[3]):
        made = schedule(case, 1000)
        assert forecast(made, made.horizon()).good[-1] > 0.998


def test_the_forecast_median_is_the_hitting_time_where_steps_are_short() -> None:
    made = schedule(CASES[1], 10**6, share=0.01)
    steps = float(made.population.hitting_time(arb(0)).mid()) / made.step
    assert forecast(made, made.horizon()).median == pytest.approx(steps, rel=0.01)


def test_the_weight_of_a_jump_is_x_over_expm1_at_every_size() -> None:
    x = np.array([side * size for size in (1e-12, 9e-9, 2e-8, 1e-3, 1.0, 50.0, 600.0) for side in (1, -1)])
    with mpmath.workdps(40):
        exact = [float(v / mpmath.expm1(v)) for v in map(mpmath.mpf, x)]
    assert _bernoulli(x) == pytest.approx(exact, rel=1e-14)
    assert list(_bernoulli(np.array([0.0, -900.0]))) == [1, 900]


def test_a_step_that_is_too_long_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="step is so long"):
        schedule(CASES[1], 100, share=50).horizon()


@pytest.mark.parametrize(
    ("case", "d"), [(CASES[1], 320_000), (CASES[1], 1000), (CASES[3], 1000), (CASES[0], 100)], ids=str
)
def test_what_the_grid_costs_holds_the_difference_to_a_finer_one(
    case: tuple[str, str, str, int], d: int
) -> None:
    made = schedule(case, d)
    horizon = made.horizon(0.3)
    finer = forecast(made, horizon, 6400)
    median, share = log_median(made, horizon), fraction(made, horizon)
    assert abs(np.log(finer.median) - median.value) <= median.error < 0.01
    assert abs(finer.fraction - share.value) <= share.error < 1e-3


@pytest.mark.parametrize(
    ("values", "error"),
    [((1.0, 0.5, 0.25), 0.25), ((1.0, 0.4, 0.04), 0.54), ((1.0, 0.5, 0.5), 0.25), ((0.5, 0.5, 0.5), 5e-7),
     ((np.inf, np.inf, np.inf), 0.0), ((1.0, 0.5, 0.0), None), ((1.0, 1.1, 1.0), None),
     ((np.inf, 1.0, 1.0), None)],
)  # fmt: skip
def test_the_limit_of_three_grids_is_told_only_where_they_converge(
    values: tuple[float, float, float], error: float | None
) -> None:
    assert _rest(*values) == (error if error is None else pytest.approx(error))


#: alpha_k, b_k and E G^2 in powers of m, of drifts whose orders are 1, 2 and 3: of one side and of both.
MADE = {
    1: ((0, 0.5, 0.3, -0.2), (0, 1, 0.5, 1), (1.2, 0.3, 0.5)),
    2: ((0, 0, -0.8, 0.1, 0.6), (0, 1, 0.5, 0, 2), (0.9, 0, 0.4)),
    3: ((0, 0, 0, 1.5, 0.2), (0, 1, 0.5, 0.4, 1), (0.7, 0.1, 0.2)),
}


@pytest.mark.parametrize("order", MADE)
@pytest.mark.parametrize("overlap", [0.01, 0.2])
def test_the_steps_are_the_time_of_the_slower_side_over_the_step(order: int, overlap: float) -> None:
    """tau solves dm/dtau = (1 - m^2) |D(m)| - (eta d/2) E G^2 m from the overlap to 1/2."""
    alpha, b, square = MADE[order]
    known = Population(tuple(map(arb, alpha)), tuple(map(arb, b)), arb(1), arb(1), 1.0, order, complete=True)
    made = Schedule(known, GradientNoise(square, (0.0,), 0.1, (1.0, 1.0)), 1000, 0.05)
    eta = 0.05 * 1000 ** (-max(order, 2) / 2)
    assert made.step == pytest.approx(eta, rel=1e-11)

    def speed(m: float, side: int) -> float:
        drift = sum(a * c * (side * m) ** (k - 1) / factorial(k - 1)
                    for k, (a, c) in enumerate(zip(alpha, b, strict=True)) if k)  # fmt: skip
        shrinking = eta * 1000 / 2 * np.polynomial.polynomial.polyval(side * m, square) * m
        return float((1 - m * m) * abs(drift) - shrinking)

    tau = quad(lambda m: 1 / min(speed(m, side) for side in (1, -1)), overlap, 0.5, points=[0.05])[0]
    assert made.steps_from(overlap) == pytest.approx(tau / eta, rel=1e-4)
