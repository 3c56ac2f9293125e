"""The readout that is trained is the one of the finite-sample bound: its constants, as simulated."""

from fractions import Fraction

import numpy as np
import pytest
from tiltproof.link import Noise, parse
from tiltproof.numerics.deployment.readout import Recipe
from tiltproof.numerics.experiments.readouts import Experiment, train_many
from tiltproof.numerics.guarantee.constants import Model as Bounded

NOISE, T = Noise("gaussian", Fraction(1, 2)), Fraction(1)
BIASES = (Fraction(-1), Fraction(1, 2))
LINK, PROXY = parse("tanh").tree, parse("9/10*tanh(z)").tree
N, REPLICAS = 10_000, 300


@pytest.mark.parametrize("pilot", [None, PROXY], ids=["label", "surrogate"])
@pytest.mark.parametrize("ridge", [pytest.param("0", marks=pytest.mark.slow), "1/10"])
@pytest.mark.parametrize("overlap", ["1", "97/100"])
def test_trained_readouts_have_the_misfit_and_fluctuation_of_the_bound(overlap, ridge, pilot) -> None:  # type: ignore[no-untyped-def]
    m, penalty = Fraction(overlap), Fraction(ridge)
    bounded = Bounded(LINK, NOISE, BIASES, penalty, m, T, pilot)
    known = bounded.constants(T, bounded.weighting.frame(T, penalty))
    model = Recipe(BIASES, penalty, (-1.0, 1.0))
    setting = Experiment(model, LINK, NOISE, T, float(m), pilot)
    trained = train_many(setting, N, REPLICAS, np.random.default_rng(0))
    square = N * trained.deviation**2
    # F is the energy of w psi (y - f), whose mean Lambda theta the fluctuation is free of.
    expected = known.noise_energy**2 - known.pull**2
    assert square.mean() == pytest.approx(
        expected, abs=4 * square.std() / np.sqrt(REPLICAS) + 0.02 * expected
    )
    assert square.std() / np.sqrt(REPLICAS) < 0.1 * expected
    # The mean fit has the misfit b of f, up to terms of order 1/n.
    assert np.sqrt((trained.error**2 - trained.deviation**2).mean()) == pytest.approx(known.bias, rel=0.01)
