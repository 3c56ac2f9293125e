"""Certified zeros of the signal coefficient, against the worked values of the theory."""

from fractions import Fraction

import pytest
from flint import arb
from tiltproof.link import NOISELESS, parse, parse_noise
from tiltproof.numerics.expectation.labels import cumulants
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.precision import working
from tiltproof.numerics.threshold.signal import SignalCoefficient

# beta of every zero found, typed in from the theory's table.
WORKED = {
    ("tanh(z) - 9/10", 1): ["0.47720340610302870941894", "0.168483694102056109"],
    ("tanh(He(3, z)/sqrt(6))", 1): ["0.30619091457514471038782"],
    ("tanh(He(4, z)/5)", 2): ["0.58606158052793600369"],
    ("clip(He(3, z), -4, 4)", 1): ["2.178721056535516768793"],
}


@pytest.mark.parametrize(("link", "k"), list(WORKED), ids=lambda x: str(x))
def test_worked_zeros_are_isolated(link: str, k: int) -> None:
    found = SignalCoefficient(oracle(parse(link).tree), k, "label", NOISELESS).isolate_zeros(
        Fraction(8), 1, 30
    )
    assert not found.unresolved
    with working(140):
        for zero, beta in zip(found.zeros, WORKED[link, k], strict=False):
            assert abs(1 / zero - arb(beta)) < arb(10) ** -(len(beta) - 3)
    assert found.zeros


def test_quadratic_zeros_are_rational() -> None:
    found = SignalCoefficient(oracle(parse("z**2 - 10").tree), 2, "label", NOISELESS).isolate_zeros(
        Fraction(2, 5), 1, 30
    )
    with working(140):
        assert [(1 / zero).unique_fmpz() for zero in found.zeros] == [5, 4]


def test_centered_zeros_do_not_depend_on_noise() -> None:
    source, noises = oracle(parse("clip(He(3, z), -4, 4)").tree), map(parse_noise, (None, "gaussian(1)"))
    noisy = [
        SignalCoefficient(source, 1, "centered", noise).isolate_zeros(Fraction(4), 1, 20).zeros
        for noise in noises
    ]
    assert all(a.overlaps(b) for a, b in zip(*noisy, strict=True))


@pytest.mark.parametrize("spec", ["gaussian(1/2)", "uniform(2)", "rademacher(3/4)"])
@pytest.mark.parametrize("at", ["0.01", "0.7", "2"])
def test_noise_cumulants_are_derivatives(spec: str, at: str) -> None:
    law, step = parse_noise(spec), arb("1e-12")
    with working(200):
        t = arb(at)
        here, ahead = cumulants(law, t), cumulants(law, t + step)
        for order in range(3):
            slope = (ahead[order] - here[order]) / step
            assert abs(slope - here[order + 1]) < 1e-9
        assert cumulants(law, arb(0))[0].contains(0)


def test_uniform_cumulant_near_zero_holds_the_exact_one() -> None:
    law = parse_noise("uniform(2)")
    with working(200):
        t = arb("0.0004")
        assert cumulants(law, t)[0].overlaps(((2 * t).sinh() / (2 * t)).log())
        assert cumulants(law, t)[1].overlaps(2 / (2 * t).tanh() - 1 / t)
