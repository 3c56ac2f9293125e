"""What `tiltproof policy` answers: known policies, infinite variance, and no policy at all."""

from fractions import Fraction

import pytest
import sympy
from tiltproof.link import parse_noise
from tiltproof.numerics.expectation import NotIntegrable

from tiltproof import policy


def test_a_linear_link_is_shifted() -> None:
    found = policy("z", beta=2)
    assert found.value.closed_form == Fraction(1, 2)
    assert found.kl.closed_form == sympy.Rational(1, 8)
    assert found.chi2.closed_form == sympy.exp(sympy.Rational(1, 4)) - 1


@pytest.mark.parametrize("beta", [4, 3])
def test_infinite_variance_is_said_from_half_of_t_max_on(beta: int) -> None:
    found = policy("z**2", beta=beta, digits=10)
    assert (found.chi2.lower, found.chi2.upper) == ("inf", "inf")
    assert found.ess_ratio.upper == "0"


def test_a_finite_mass_at_t_max_is_not_called_infinite() -> None:
    # E e^{2s} is finite here, which the growth of the link does not show: the answer stays open above.
    found = policy("z**2/2 - 2*log(1 + z**2)", beta=2, digits=8)
    assert float(found.chi2.lower) > 0
    assert found.ess_ratio.lower == "0"


def test_there_is_no_policy_from_t_max_on() -> None:
    with pytest.raises(NotIntegrable):
        policy("z**2", beta=2)


def test_noise_lowers_the_effective_sample_share_by_its_own_amplification() -> None:
    clean, noisy = (policy("tanh(z)", 1, noise=n, digits=12) for n in (None, parse_noise("gaussian(1)")))
    # K_e(2) - 2 K_e(1) = 1 for unit Gaussian noise.
    assert float(noisy.ess_ratio.lower) == pytest.approx(float(clean.ess_ratio.lower) / 2.718281828459045)
    assert noisy.chi2 == clean.chi2


def test_the_enclosure_of_a_link_without_a_closed_form_is_tight() -> None:
    found = policy("tanh(z)", beta=1, digits=30)
    lower, upper = (sympy.Rational(x) for x in (found.kl.lower, found.kl.upper))
    assert 0 < upper - lower < lower * sympy.Rational(10) ** -30
