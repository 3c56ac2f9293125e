"""SNR and lambda_k^2 by sums over a grid: closed values lie within the stated errors, which are small."""

import numpy as np
import pytest
from tiltproof.link import Signal, parse
from tiltproof.numerics.estimates.quadrature import Divergent
from tiltproof.numerics.estimates.signal_grid import ceiling, ratio


@pytest.mark.parametrize(
    ("link", "k", "value", "error"),
    [
        ("sign(z)", 1, 2 / np.pi, 1e-8),
        ("relu(z)", 1, 1 / 2 + 1 / np.pi, 1e-3),
        ("z/1000 - 3", 1, 1.0, 2e-3),
        ("sin(z)", 1, 0.85874, 1e-4),
        ("cos(pi*z)", 2, 0.00503909036, 1e-4),
        ("tanh(3*cos(pi*z))", 2, 0.00503909036, 1e-4),
    ],
)
def test_what_no_signal_exceeds(link: str, k: int, value: float, error: float) -> None:
    found = ceiling(parse(link).tree, k)
    assert abs(found.value - value) < found.error + 1e-5
    assert found.error < error


def test_values_that_doubles_do_not_tell_apart_are_left_open() -> None:
    """tanh(20 z) is 1 to double precision for z > 1, yet y tells z there: lambda_1^2 = 1."""
    found = ceiling(parse("tanh(20*z)").tree, 1)
    assert found.value + found.error > 1 > found.value


#: z - c: alpha_1 = e^{t^2/2 - ct}(1 + t^2 - ct), E y^2 e^{2ty} = e^{2t^2 - 2ct}(1 + (2t - c)^2).
@pytest.mark.parametrize("t", [0.25, 1.0, 30.0])
def test_the_ratio_of_a_line(t: float) -> None:
    found = ratio(parse("z - 3").tree, 1, t, "label")
    value = (1 + t * t - 3 * t) ** 2 * np.exp(-t * t) / (1 + (2 * t - 3) ** 2)
    assert abs(found.value - value) <= found.error + 1e-12
    assert found.error <= 1e-8 * value + 1e-19


def test_infinite_variance_is_not_summed() -> None:
    with pytest.raises(Divergent):
        ratio(parse("z**2").tree, 2, 0.3, "label")


def test_the_error_of_a_step_function_is_not_hidden_by_where_its_jumps_lie() -> None:
    """It jumps at -c and c alike, c^2 = 2 log 2: grids that are shifted or share edges agree there."""
    found = ratio(parse("sign-cubic").tree, 3, 0.0, Signal.LABEL)
    assert abs(found.value - 4 * np.log(2) ** 2 / (3 * np.pi)) <= found.error < 1e-2
