"""What `tiltproof policy` answers: known policies, infinite variance, and no policy at all."""

import json
from fractions import Fraction

import pytest
import sympy
from tiltproof.link import parse_noise
from tiltproof.numerics.expectation.oracle import NotIntegrable

from tiltproof import policy

from .in_process import run


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


@pytest.mark.parametrize("link", ["z**2/2 - abs(z)", "z**2/2 - 2*log(1 + z**2)"])
def test_a_finite_mass_at_t_max_gives_a_finite_chi2(link: str) -> None:
    """M(1) = 2/sqrt(2 pi) and sqrt(pi/8); M(1/2) = sqrt(2) c and sqrt(pi/2) c, c = e^{1/4} erfc(1/2)."""
    found = policy(link, beta=2, digits=20)
    c = sympy.exp(sympy.Rational(1, 4)) * sympy.erfc(sympy.Rational(1, 2))
    value = sympy.N(1 / (sympy.sqrt(2 * sympy.pi) * c**2), 40) - 1
    assert sympy.Float(found.chi2.lower, 40) < value < sympy.Float(found.chi2.upper, 40)
    assert float(found.ess_ratio.lower) == pytest.approx(float(1 / (1 + value)), rel=1e-12)


def test_a_mass_that_diverges_at_t_max_gives_an_infinite_chi2() -> None:
    assert policy("z**2/2 + log(1 + z**2)", beta=2, digits=8).chi2.lower == "inf"


def test_what_is_not_settled_at_t_max_stays_open_above() -> None:
    """E e^{2s} phi decays like 1/|z|^(1/2) here: neither by balls nor as a rational function."""
    found = policy("z**2/2 - log(1 + z**2)/4", beta=2, digits=8)
    assert 0 < float(found.chi2.lower) < float(found.chi2.upper) == float("inf")
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


def test_a_share_of_samples_that_is_not_resolved_stays_below_1() -> None:
    share = policy("clip(z, -2, 2)**4 - 1e6*cosh(z) - 3*exp(-z**2) + 3*sqrt(2)*z", beta=2).ess_ratio
    assert 0 <= Fraction(share.lower) <= Fraction(share.upper) <= 1


def test_several_temperatures_have_a_row_each_in_the_order_they_were_asked_for() -> None:
    lines = run("policy", "z", "--beta", "2,1/2,1,2").stdout.splitlines()
    assert lines[0].split(maxsplit=2)[2] == "the value falls from 2 at beta = 1/2 to 0.5 at beta = 2"
    heads = [line.split()[0] for line in lines if line]
    assert heads == ["in", "link", *["beta", "2", "1/2", "1"] * (heads.count("beta"))]
    assert all(len(line) <= 80 for line in lines)


def test_the_json_of_several_temperatures_is_a_list_of_that_of_each() -> None:
    several = json.loads(run("policy", "z", "--beta", "1/2,2", "--json").stdout)["temperatures"]
    alone = [json.loads(run("policy", "z", "--beta", beta, "--json").stdout) for beta in ("1/2", "2")]
    assert several == alone


def test_a_temperature_among_several_at_which_there_is_no_policy_is_named() -> None:
    found = run("policy", "z**2", "--beta", "3,1")
    assert (found.returncode, found.stdout) == (2, "")
    assert "beta = 1" in found.stderr


def test_a_number_beyond_double_precision_is_named() -> None:
    found = run("policy", "1e400*tanh(z)", "--beta", "2")
    assert found.returncode == 3
    assert found.stderr.startswith("tiltproof: a number beyond 10^308 is written")
