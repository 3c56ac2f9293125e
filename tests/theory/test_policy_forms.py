"""The policy's quantities from log partition functions typed in, and where these come from."""

import sympy
from tiltproof.link import parse
from tiltproof.theory.exact import t, z
from tiltproof.theory.policy import (
    abstract_moment,
    abstract_reward,
    closed_policy,
    from_log_partition,
    path_slope,
)


def test_without_noise_the_samples_are_those_of_the_link() -> None:
    # s = z: weights e^{tz} keep e^{2K(t) - K(2t)} = e^{-t^2} of the samples.
    forms = from_log_partition(t**2 / 2)
    assert sympy.simplify(forms.ess_ratio - sympy.exp(-(t**2))) == 0
    assert sympy.simplify(forms.chi2 - sympy.exp(t**2) + 1) == 0


def test_noise_costs_samples_and_leaves_the_policy() -> None:
    forms, noisy = from_log_partition(t**2 / 2), from_log_partition(t**2 / 2, t**2 / 8)
    assert sympy.simplify(noisy.ess_ratio - sympy.exp(-5 * t**2 / 4)) == 0
    assert (noisy.value, noisy.kl, noisy.chi2) == (forms.value, forms.kl, forms.chi2)


def test_the_moments_of_a_reward_of_which_nothing_is_known() -> None:
    assert abstract_moment(1).subs(abstract_reward, z).doit().equals(t * sympy.exp(t**2 / 2))


def test_a_log_partition_is_a_sum_of_logarithms() -> None:
    forms = closed_policy(parse("z**2 + 3").tree)
    assert forms is not None
    assert sympy.expand(forms.log_partition - 3 * t + sympy.log(1 - 2 * t) / 2) == 0


def test_a_form_that_nobody_could_read_is_not_carried_on() -> None:
    ramps = [f"relu(z - {k}/10)" for k in range(60)]
    assert closed_policy(parse(" + ".join(ramps[:10])).tree) is not None
    assert closed_policy(parse(" + ".join(ramps)).tree) is None


def test_the_objective_is_the_log_partition_over_t() -> None:
    forms = from_log_partition(t**2 / 2 + 3 * t)
    assert sympy.simplify(forms.objective - t / 2 - 3) == 0
    assert sympy.simplify(forms.kl - t**2 / 2) == 0


def test_the_path_of_policies_tilts_the_gaussian() -> None:
    slope, covariance = path_slope()
    reward, delta = (sympy.Function(name, real=True)(z) for name in ("r", "Delta"))
    mass = sympy.exp(t * (reward + sympy.Symbol("u", real=True) * delta) - z**2 / 2)
    assert slope.has(mass)
    assert covariance.has(mass)
