"""Whether E|g'|^{2+eps} is finite: by hand, |z|^p has it iff p > 1/2, and e^{q z^2} iff q < 1/4."""

import pytest
from tiltproof.link import parse
from tiltproof.numerics.recovery.gradient import unbounded_slope

FINITE = (
    "z + He(3, z)/6", "tanh(z)", "relu(z - 1)", "gelu(z)", "softplus(z)", "abs(z)**(3/4)", "sqrt(1 + z**2)",
    "abs(tanh(z))**(2/3)", "(z**2)**(1/3)", "exp(z**2/5)", "sin(exp(z))", "2**z", "clip(z**3, -1, 1)",
)  # fmt: skip
INFINITE = {
    "sign(z)*abs(z)**(1/8)/20000": "z = 0",
    "sqrt(abs(z))": "z = 0",
    "(z**2)**(1/4)": "z = 0",
    "abs(z - 1)**(1/3)": "z = 1",
    "sqrt(sqrt(abs(z)) + 1)": "z = 0",
    "exp(z**2/3)": "z -> +oo",
    "exp(z**2/4)": "z -> +oo",
    "sin(exp(z**2))": "z -> +oo",
    "where(z < 0, exp(z**2/3), 1)": "z -> -oo",
}


@pytest.mark.parametrize("activation", FINITE)
def test_a_moment_beyond_the_second_is_shown(activation: str) -> None:
    assert unbounded_slope(parse(activation).tree) is None


@pytest.mark.parametrize("activation", INFINITE)
def test_the_place_is_named_where_it_is_not(activation: str) -> None:
    assert INFINITE[activation] in (unbounded_slope(parse(activation).tree) or "")
