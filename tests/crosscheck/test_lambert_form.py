"""T2's bound in closed form: Lambert's function of an exact number, equal to the certified decimal."""

import pytest
import sympy
from tiltproof.crosscheck.link_facts.threshold import threshold_alone

FORMS = {
    ("step", "label", None): "3/LambertW(sqrt(2)/(3*sqrt(pi)))",
    ("staircase", "label", None): "2/LambertW(3*sqrt(2)/(4*sqrt(pi)))",
    ("bump4", "label", None): "exp(-1)/LambertW(sqrt(2)*E/27)",
    ("sin", "weight", "uniform(1)"): "2/LambertW(exp(-1/2))",
    ("clip(z, -1, 1)", "label", None): "1/LambertW(erf(sqrt(2)/2))",
}


@pytest.mark.parametrize(
    ("link", "signal", "noise"),
    [pytest.param(*form, marks=pytest.mark.slow if form[0] == "bump4" else []) for form in FORMS],
)
def test_the_bound_is_written(link: str, signal: str, noise: str | None) -> None:
    found = threshold_alone(link, signal, noise, digits=8).sufficient  # type: ignore[arg-type]
    assert str(found.lambert_form) == FORMS[link, signal, noise]
    assert found.lambert is not None
    assert abs(sympy.N(found.lambert_form, 25) / sympy.Float(found.lambert, 25) - 1) < 1e-20


def test_without_an_exact_moment_there_is_a_decimal_alone() -> None:
    found = threshold_alone("tanh-9/10", digits=8).sufficient
    assert found.lambert_form is None
    assert found.lambert is not None
    assert found.lambert.startswith("7.642219149638322213")
