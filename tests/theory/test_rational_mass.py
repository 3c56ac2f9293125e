"""M(t_max) where e^{ts} phi is rational, against SciPy's quadrature of the rational function."""

import numpy as np
import pytest
import sympy
from scipy.integrate import quad
from tiltproof.link import parse
from tiltproof.theory.policy import rational_mass


@pytest.mark.parametrize(
    ("link", "t", "density"),
    [
        ("z**2/2 - 2*log(1 + z**2)", 1, lambda z: (1 + z**2) ** -2),
        ("z**2/2 - log(1 + (z - 1)**2)", 1, lambda z: 1 / (1 + (z - 1) ** 2)),
        ("z**2 - 2*log(1 + z**4)", sympy.Rational(1, 2), lambda z: 1 / (1 + z**4)),
    ],
)
def test_finite(link: str, t: sympy.Rational, density: object) -> None:
    found = rational_mass(parse(link).tree, sympy.Rational(t))
    seen = quad(density, -np.inf, np.inf)[0] / np.sqrt(2 * np.pi)  # type: ignore[call-overload]
    assert found is not None
    assert float(found) == pytest.approx(seen, rel=1e-8)


def test_infinite() -> None:
    assert rational_mass(parse("z**2/2 + log(1 + z**2)").tree, sympy.S.One) is sympy.oo


@pytest.mark.parametrize("link", ["tanh(z)", "z**2/2 - abs(z)", "z**2/2 - log(1 + z**2)/3"])
def test_not_rational(link: str) -> None:
    assert rational_mass(parse(link).tree, sympy.S.One) is None
