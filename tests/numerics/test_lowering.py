"""The NumPy and mpmath lowerings: values, kinks, stability, and what they must leave alone.

Oracles: 40-digit values at z = 1/3 from FLINT's ball arithmetic, the definition of the kinks, and the
literal table of He_0..He_9.
"""

from collections.abc import Callable
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.link import LIBRARY, parse, parse_expression
from tiltproof.numerics.lowering.pointwise import compile_mpmath, compile_numpy, mp

AT_ONE_THIRD = {
    "tanh(z)": "0.321512737531634344719406222425206466005292003",
    "erf(z)": "0.362648111766062933408178640147865879692141590",
    "atan(z)": "0.321750554396642193401404614358661319020755296",
    "exp(z)": "1.39561242508608952862812531960258683759790652",
    "log(z + 2)": "0.847297860387203613710107506520654024989594172",
    "sinh(z)": "0.339540557256150139101260611338603585072397228",
    "cosh(z)": "1.05607186782993938952686470826398325252550929",
    "sin(z)": "0.327194696796152244173344085267620606064301407",
    "cos(z)": "0.944956946314737664388284007675880607845852700",
    "abs(z)**(1/3)": "0.693361274350634704843352274785961795445935113",
    "softplus(z)": "0.873638908022741787492761488248804001221261953",
    "sigmoid(z)": "0.582570206462314676866394613961229559052846510",
    "gelu(z)": "0.210186219939412120575735905976808805557248543",
}

#: Values at z = -2, -1, 0, 1, 2.
AT_KINKS = {
    "abs(z)": (2, 1, 0, 1, 2),
    "sign(z)": (-1, -1, 0, 1, 1),
    "Heaviside(z)": (0, 0, 0.5, 1, 1),
    "relu(z)": (0, 0, 0, 1, 2),
    "clip(z, -1, 1)": (-1, -1, 0, 1, 1),
    "min(z, 0, z + 1)": (-2, -1, 0, 0, 0),
    "max(z, 0, -z)": (2, 1, 0, 1, 2),
    "z**0": (1, 1, 1, 1, 1),
    "abs(z)**(1/2)*abs(z)**(1/2)": (2, 1, 0, 1, 2),
    "sqrt(z**2)": (2, 1, 0, 1, 2),
    "where(z > 0 and z < 2 or z == -1, 5, 7)": (7, 5, 7, 5, 7),
    "where(z >= 1, 1, where(z != 0, 2, 3))": (2, 2, 3, 1, 1),
    "where(z <= 0, 4, z)": (4, 4, 4, 1, 2),
}  # fmt: skip

#: Coefficients of He_k, constant term first (Abramowitz and Stegun, table 22.13).
HERMITE = (
    (1,), (0, 1), (-1, 0, 1), (0, -3, 0, 1), (3, 0, -6, 0, 1), (0, 15, 0, -10, 0, 1),
    (-15, 0, 45, 0, -15, 0, 1), (0, -105, 0, 105, 0, -21, 0, 1),
    (105, 0, -420, 0, 210, 0, -28, 0, 1), (0, 945, 0, -1260, 0, 378, 0, -36, 0, 1),
)  # fmt: skip

EXTREME = ("exp(exp(z))", "softplus(z**3)", "sigmoid(-z**3)", "gelu(z)", "cosh(z)**9", "log(1 + exp(z))",
           "He(20, z**3)", "where(z > 0, 1, exp(-z**3))", "exp(-exp(z))", "3")  # fmt: skip


def numpy_of(source: str) -> Callable[..., np.ndarray]:
    return compile_numpy(parse_expression(source))


@pytest.mark.parametrize("source", AT_ONE_THIRD)
def test_numpy_value_is_correct_to_rounding(source: str) -> None:
    found = numpy_of(source)(np.array([1 / 3]))
    assert found == pytest.approx([float(AT_ONE_THIRD[source])], rel=1e-15)


@pytest.mark.parametrize("source", AT_ONE_THIRD)
def test_mpmath_value_is_correct_to_the_working_precision(source: str) -> None:
    with mp.workdps(45):
        found = compile_mpmath(parse_expression(source))(mp.mpf(1) / 3)
        assert abs(found - mp.mpf(AT_ONE_THIRD[source])) < mp.mpf(10) ** -42


@pytest.mark.parametrize("source", AT_KINKS)
def test_numpy_at_kinks(source: str) -> None:
    assert numpy_of(source)(np.arange(-2.0, 3.0)) == pytest.approx(AT_KINKS[source], abs=1e-15)


@pytest.mark.parametrize("source", AT_KINKS)
def test_mpmath_at_kinks(source: str) -> None:
    function = compile_mpmath(parse_expression(source))
    assert [float(function(mp.mpf(z))) for z in range(-2, 3)] == pytest.approx(AT_KINKS[source], abs=1e-15)


@pytest.mark.parametrize("k", range(10))
def test_hermite_agrees_with_the_table(k: int) -> None:
    tree = parse_expression(f"He({k}, 2*z)")
    expected = [sum(c * (2 * z) ** i for i, c in enumerate(HERMITE[k])) for z in (-2, 0, 1, 3)]
    assert compile_numpy(tree)(np.array([-2.0, 0.0, 1.0, 3.0])) == pytest.approx(expected, rel=1e-14)
    assert [compile_mpmath(tree)(mp.mpf(z)) for z in (-2, 0, 1, 3)] == expected


@pytest.mark.parametrize("name", LIBRARY)
def test_the_two_lowerings_agree_on_library_links(name: str) -> None:
    tree = parse(name).tree
    points = np.random.default_rng(5).normal(0, 2, 40)
    with mp.workdps(30):
        expected = [float(compile_mpmath(tree)(mp.mpf(float(z)))) for z in points]
    assert compile_numpy(tree)(points) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("source", EXTREME)
def test_numpy_overflows_without_warning_or_nan(source: str) -> None:
    found = numpy_of(source)(np.array([-1e3, -40.0, 0.0, 40.0, 1e3]))
    assert found.dtype == np.float64
    assert found.shape == (5,)
    assert not np.isnan(found).any()


def test_numpy_keeps_the_error_state_of_the_caller() -> None:
    before = np.geterr()
    numpy_of("exp(z)")(np.array([1e4]))
    assert np.geterr() == before


@pytest.mark.parametrize(
    ("source", "z", "value"),
    [
        ("softplus(z)", -40, 4.24835425529158899e-18),
        ("sigmoid(z)", -40, 4.24835425529158898e-18),
        ("softplus(z)", 1000, 1000),
        ("gelu(z)", -10, -7.61985302416052606597e-23),
    ],
)
def test_small_tails_keep_their_relative_accuracy(source: str, z: int, value: float) -> None:
    tree = parse_expression(source)
    assert compile_numpy(tree)(np.array([float(z)])) == pytest.approx([value], rel=1e-14)
    assert float(compile_mpmath(tree)(mp.mpf(z))) == pytest.approx(value, rel=1e-13)


@given(st.fractions(max_denominator=10**6, min_value=-(10**6), max_value=10**6))
@settings(max_examples=50, deadline=None)
def test_rationals_are_rounded_once_at_the_working_precision(number: Fraction) -> None:
    tree = parse_expression(f"z*0 + ({number})")
    with mp.workdps(60):
        value = compile_mpmath(tree)(mp.mpf(7))
        assert abs(value * number.denominator - number.numerator) <= abs(value) * mp.mpf(10) ** -52


def test_the_users_mpmath_precision_is_left_alone() -> None:
    before = mpmath.mp.prec
    with mp.workdps(80):
        compile_mpmath(parse_expression("gelu(z) + pi"))(mp.mpf(2))
        assert mpmath.mp.prec == before


@pytest.mark.parametrize("shape", [(0,), (3,), (2, 3)])
def test_numpy_keeps_the_shape(shape: tuple[int, ...]) -> None:
    x = np.full(shape, 0.25)
    assert all(numpy_of(source)(x).shape == shape for source in ("z", "2", "z + pi", "where(z > 0, 1, 2)"))
