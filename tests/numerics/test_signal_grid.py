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


@pytest.mark.parametrize("c", [1e4, 1e6])
def test_a_steep_layer_between_all_nodes_is_an_error_that_is_stated(c: float) -> None:
    """Of tanh(cz), E[s Z] = 2 phi(0) and E s^2 = 1 - 2 phi(0)/c, but for terms in c^-2."""
    found = ratio(parse(f"tanh({c:.0f}*z)").tree, 1, 0.0, Signal.LABEL)
    assert abs(found.value - 2 / np.pi * (1 + np.sqrt(2 / np.pi) / c)) <= found.error + c**-2
    assert found.error < 1e-3


#: They jump at -c and c alike, where grids that share edges or middles agree on what is wrong.
@pytest.mark.parametrize(
    ("link", "k", "t", "kind", "value"),
    [
        ("sign-cubic", 3, 0.0, Signal.LABEL, 4 * np.log(2) ** 2 / (3 * np.pi)),
        # Of two levels the SNR is the same at every temperature, however steep.
        ("sign", 1, 100.0, Signal.CENTERED, 2 / np.pi),
        ("sign-cubic", 3, 100.0, Signal.CENTERED, 0.2039105922359489),
        ("staircase", 2, 3.0, Signal.CENTERED, 0.3268658245786451),
        # A peak between all nodes of even panels.
        ("z + exp(-1000000*(z - 1/10)**2)", 1, 0.0, Signal.LABEL, 0.9995028160859671),
    ],
)
def test_jumps_are_summed_as_sharply_as_smooth_links(
    link: str, k: int, t: float, kind: Signal, value: float
) -> None:
    found = ratio(parse(link).tree, k, t, kind)
    assert abs(found.value - value) <= found.error < 1e-9 * value
