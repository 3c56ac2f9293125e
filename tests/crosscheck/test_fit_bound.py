"""The legs of V8, V8s and V9: each against numbers worked out by hand, and each able to refute."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.claims.v9 import least_bias
from tiltproof.crosscheck.legs import fit_bound
from tiltproof.crosscheck.legs.explicit_law import TwoValues, explicit_laws
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome, Verdict, first_failure, refutes, supports, undecided
from tiltproof.link import parse
from tiltproof.numerics.guarantee.bound import Guarantee
from tiltproof.theory import policy

TANH = Subject(parse("tanh"))


def test_the_law_of_two_values_is_that_of_a_binomial_count() -> None:
    law = TwoValues(Fraction(1, 4), Fraction(2, 3))
    assert law.weights == (Fraction(8, 3), Fraction(4, 9))
    assert law.mean(law.weights, 1) == 1
    assert law.mean(law.scores, 1) == 0
    # One of two samples at 1: theta_hat = (8/3)/(8/3 + 4/9) = 6/7.
    assert law.error(2, 1) == Fraction(6, 7) - Fraction(2, 3)
    assert law.probability(2, 1) == Fraction(3, 8)


def test_explicit_laws_hold_the_bound_and_break_both_altered_ones() -> None:
    assert explicit_laws().outcome is Outcome.SUPPORTS
    assert explicit_laws(fourth=False).outcome is Outcome.REFUTES
    assert explicit_laws(margin=False).outcome is Outcome.REFUTES


@pytest.mark.parametrize(
    "equations",
    [policy.coefficients, policy.score_moments, policy.tail_exponents, policy.conditional_law],
    ids=lambda f: f.__name__,
)
def test_each_step_is_an_identity_that_a_change_of_its_right_side_breaks(equations) -> None:  # type: ignore[no-untyped-def]
    for name, left, right in equations():
        assert policy.differ((name, left, right)) == 0
        assert policy.differ((name, left, right + sympy.Rational(1, 10**6))) != 0


def test_no_direction_knows_z_better_than_its_overlap() -> None:
    """s = z: under pi* z is N(t, 1) and Var(z given u) = 1 - m^2, so the lower bound is sharp."""
    m = Fraction(4, 5)
    found = least_bias(parse("z").tree, Fraction(1), m, smooth=True)
    assert abs(float(found) - 0.36) < 1e-10


def test_kinked_links_have_a_lower_bound_too() -> None:
    """a = 1 for sign at t = 1: eps^2 E|z|^2/(cosh(1)^2 (m^2 + eps^2)), E|z| = sqrt(2/pi)."""
    found = least_bias(parse("sign(z)").tree, Fraction(1), Fraction(4, 5), smooth=False)
    assert abs(float(found) - 0.36 * 2 / math.pi / math.cosh(1) ** 2) < 1e-10


def test_constants_of_another_temperature_are_refuted_by_quadrature() -> None:
    (fit, *_) = fit_bound.fits(TANH)
    assert fit_bound.compared(fit).outcome is Outcome.SUPPORTS
    for name in ("b", "F", "sigma^2", "sd(s)", "E rho^2 e_2"):
        assert fit_bound.compared(fit, {name: 0.99}).outcome is Outcome.REFUTES
        assert fit_bound.compared(fit, {name: 1.05}).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("link", "surrogate"), [("tanh", False), ("sign", False), ("sigmoid", True)])
def test_the_bound_in_sums_is_the_enclosed_one_at_the_same_errors(link: str, surrogate: bool) -> None:
    (fit, *_) = fit_bound.fits(Subject(parse(link)), surrogate=surrogate)
    found, moments = fit.guarantee(10_000, fit_bound.DELTA), fit.moments[0]
    assert moments.loss(found.radius, found.norm, *fit.clip) == pytest.approx(found.bound, rel=5e-3)
    assert moments.radius(10_000, fit_bound.DELTA) > found.radius
    assert moments.loss(math.inf, math.inf, *fit.clip) == pytest.approx(fit.osc)


class Bold(fit_bound.Fit):
    """A readout with a fifth of the radius that is proved."""

    def guarantee(self, n: int, delta: float) -> Guarantee:
        found = super().guarantee(n, delta)
        return replace(found, radius=found.radius / 5)


def test_trained_readouts_refute_a_radius_that_is_too_small() -> None:
    (fit, *_) = fit_bound.fits(TANH)
    bold = Bold(fit.link, fit.span, fit.t, fit.noise, fit.biases, fit.ridge)
    found = fit_bound.covered(TANH, "V8", [bold])
    assert found.outcome is Outcome.REFUTES
    assert "exceeds" in str(found.witness)


def test_a_refutation_is_found_behind_what_is_undecided() -> None:
    open_, false = undecided("wide"), refutes("low", "1 < 2")
    assert first_failure([supports(""), open_, false]) is false
    assert first_failure([open_]) is open_
    assert first_failure([]) is None


@pytest.mark.slow
@pytest.mark.parametrize("link", ["tanh", "sigmoid", "erf", "hardtanh"])
@pytest.mark.parametrize("name", ["V8", "V8s", "V9"])
def test_a_thousand_readouts_of_ten_thousand_samples_keep_the_bound(name: str, link: str) -> None:
    assert check(CLAIMS[name], Subject(parse(link), full=True)).verdict is Verdict.CHECKED


@pytest.mark.parametrize(
    ("link", "size"),
    [("tanh(z)/1000", Fraction(1, 64)), ("tanh(z)", Fraction(2)), ("3*tanh(z)/7", Fraction(6, 7))],
)
def test_the_scale_of_a_link_is_a_short_number_near_its_oscillation(link: str, size: Fraction) -> None:
    assert fit_bound.scale(Subject(parse(link))) == size


def test_the_three_bounds_of_a_mean_score_are_their_formulas() -> None:
    """Scores 5/2 with chance 1/10 and -5/18 else."""
    n, delta = 40, Fraction(1, 50)
    found = {name: float(q) for name, q in TwoValues(Fraction(1, 10), Fraction(1, 2)).score_bounds(n, delta)}
    # w = 5 and 5/9, s - theta = 1/2 and -1/2.
    high, low = 2.5, -5 / 18
    energy, quartic = (0.1 * high**j + 0.9 * low**j for j in (2, 4))
    x, mean = math.log(50), math.sqrt(energy / n)
    assert found["Markov"] == pytest.approx(math.sqrt(energy / (n * 0.02)))
    assert found["fourth moment"] == pytest.approx(((3 * energy**2 + quartic / n) / (n * n * 0.02)) ** 0.25)
    bousquet = mean + math.sqrt(2 * x * (energy + 2 * high * mean) / n) + high * x / (3 * n)
    assert found["Bousquet"] == pytest.approx(bousquet)
