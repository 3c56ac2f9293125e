"""The policy's quantities from a log partition function typed in."""

import sympy
from tiltproof.theory.policy import from_log_partition
from tiltproof.theory.symbols import t


def test_without_noise_the_samples_are_those_of_the_link() -> None:
    # s = z: weights e^{tz} keep e^{2K(t) - K(2t)} = e^{-t^2} of the samples.
    forms = from_log_partition(t**2 / 2)
    assert sympy.simplify(forms.ess_ratio - sympy.exp(-(t**2))) == 0
    assert sympy.simplify(forms.chi2 - sympy.exp(t**2) + 1) == 0


def test_noise_costs_samples_and_leaves_the_policy() -> None:
    forms, noisy = from_log_partition(t**2 / 2), from_log_partition(t**2 / 2, t**2 / 8)
    assert sympy.simplify(noisy.ess_ratio - sympy.exp(-5 * t**2 / 4)) == 0
    assert (noisy.value, noisy.kl, noisy.chi2) == (forms.value, forms.kl, forms.chi2)
