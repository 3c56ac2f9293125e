"""What is known of a link, against values typed in and against sampling."""

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from tiltproof.link import LIBRARY, parse
from tiltproof.link.tree import Node
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.theory.shape.facts import facts
from tiltproof.theory.shape.monotone import has_the_sign_of_z, nonnegative
from tiltproof.theory.shape.range import bounds

from ..link.strategies import trees

GRID = np.linspace(-6, 6, 2401)
oo = sympy.oo

#: link: (parity, shape, infimum, supremum, t_max).
KNOWN = {
    "z - 3": (None, "increasing", -oo, oo, oo),
    "z**2 - 10": ("even", "increasing in |z|", -10, oo, sympy.Rational(1, 2)),
    "-z**2/3": ("even", "decreasing in |z|", -oo, 0, oo),
    "z**2 + z": (None, None, sympy.Rational(-1, 4), oo, sympy.Rational(1, 2)),
    "He(3, z)": ("odd", None, -oo, oo, 0),
    "-He(4, z)": ("even", None, -oo, 6, oo),
    "tanh(z) - 9/10": (None, "increasing", sympy.Rational(-19, 10), sympy.Rational(1, 10), oo),
    "tanh(He(4, z)/5)": ("even", None, -sympy.tanh(sympy.Rational(6, 5)), 1, oo),
    "clip(z**2, 0, 4)": ("even", "increasing in |z|", 0, 4, oo),
    "bump4": ("even", None, 0, sympy.exp(-1), oo),
    "staircase": ("odd", None, -2, 2, oo),
    "exp(z)": (None, "increasing", 0, oo, 0),
    "-exp(z**2)": ("even", "decreasing in |z|", -oo, -1, oo),
    "sin(z)": ("odd", None, -1, 1, oo),
    "abs(z)": ("even", "increasing in |z|", 0, oo, oo),
    "where(z > 0, z**2, -z)": (None, None, None, None, sympy.Rational(1, 2)),
    "max(z, z**2/4)": (None, None, None, None, 2),
    "z**2*Heaviside(exp(-z**2))": ("even", None, None, None, sympy.Rational(1, 2)),
    "log(exp(-z**2))": ("even", "decreasing in |z|", -oo, 0, oo),
    "where(z > 0, z**3, 1)": (None, None, None, None, 0),
    "where(z > 1, sqrt(1 + (He(3, z) + 1)**2), 0)": (None, None, None, None, 0),
    "where(z > 1, sqrt(1 + z**4/9), z**2/4)": (None, None, None, None, sympy.Rational(3, 2)),
    "exp(exp(z))": (None, "increasing", 1, oo, 0),
    "sqrt(abs(z))": ("even", "increasing in |z|", 0, oo, oo),
    "z**2/2 - 2*log(1 + z**2)": ("even", None, None, None, 1),
    "pi*z**2 - abs(z)": ("even", None, None, None, 1 / (2 * sympy.pi)),
    "z**2/2 + sqrt(1 + z**2)": ("even", "increasing in |z|", 1, oo, 1),
    "3*softplus(z**2) - sqrt(1 + z**4)**(1/2)": ("even", None, None, None, sympy.Rational(1, 6)),
    "-abs(z**2 - z) + z": (None, None, None, None, oo),
    "relu(z**4 - 3)": ("even", "increasing in |z|", 0, oo, 0),
    "He(3, tanh(z))": ("odd", None, None, None, oo),
    "sin(z)**2": ("even", None, None, None, oo),
    "softplus(z**2) + softplus(z**2/4)": (
        "even",
        "increasing in |z|",
        2 * sympy.log(2),
        oo,
        sympy.Rational(2, 5),
    ),
    "abs(z)**(3/2) - 2": ("even", "increasing in |z|", -2, oo, oo),
    "z**2/4 - abs(z)**(3/2)": ("even", None, None, None, 2),
    "sqrt(1 + z**4) - 10": ("even", "increasing in |z|", -9, oo, sympy.Rational(1, 2)),
    "z**2*tanh(z)": ("odd", None, None, None, sympy.Rational(1, 2)),
    "log(cosh(2*z))**2": ("even", None, None, None, sympy.Rational(1, 8)),
    "z**3/(1 + z**2)": ("odd", None, None, None, oo),
    "z**6/(1 + z**2)": ("even", None, None, None, 0),
    "gelu(z) - z/2": ("even", None, None, None, oo),
    "3*(softplus(-z) - relu(z))": (None, "decreasing", -oo, oo, oo),
    "(2*softplus(-z) + z)**2": ("even", None, None, None, sympy.Rational(1, 2)),
    "gelu(z + 1) - z/2": (None, None, None, None, oo),
    "(1 - 2*sigmoid(z))/3 - Heaviside(z) + 1/2": (
        "odd",
        "decreasing",
        -sympy.Rational(5, 6),
        sympy.Rational(5, 6),
        oo,
    ),
    "exp(z)/2 - z": (None, None, None, None, 0),
    "softplus(z**2) - softplus(z**2/4)": ("even", None, None, None, sympy.Rational(2, 3)),
}


@pytest.mark.parametrize("link", KNOWN)
def test_known_facts(link: str) -> None:
    found = facts(parse(link).tree)
    seen = (found.parity.value, found.monotone.value, found.infimum.value, found.supremum.value)
    assert (*seen, found.t_max.value) == KNOWN[link]


@pytest.mark.parametrize(
    ("link", "tame"),
    [
        ("exp(-z**2)", True), ("cosh(2*z + 1)", True), ("exp(3 - z)*z**2", True), ("tanh(z)*He(3, z)", True),
        ("z/(1 + 2**2)", True), ("tanh(z)**3", True), ("exp(-z**3)", None), ("exp(z**2)", None),
        ("sinh(z**2)", None), ("exp(sin(z))", None), ("sinh(-z**2)", None), ("cosh(1 - z**4)", None),
        ("expm1(-z**2)", True), ("(1 + z**2)**(-1)", True), ("1/(1 + z**2)", True),
        ("sin(z)/z", True), ("(exp(z) - 1)/z", True), ("(1 - cos(z))/z**2", True), ("tanh(z)/z", True),
        ("1/tanh(z) - 1/z", True), ("1/(1 + exp(-z**2))", True), ("atan(1/z)", None), ("z*log(abs(z))", None),
        ("exp(-z**2)/(2 + sin(exp(z)))", None),
    ],
)  # fmt: skip
def test_derivatives_that_grow_at_most_exponentially(link: str, tame: bool | None) -> None:
    assert facts(parse(link).tree).tame_derivatives.value is tame


@pytest.mark.parametrize(("link", "smooth"), [("sin(z)/z", True), ("atan(1/z)", None), ("tanh(1/z)", None)])
def test_a_removable_singularity_is_smooth_and_a_jump_is_not(link: str, smooth: bool | None) -> None:
    assert facts(parse(link).tree).smooth.value is smooth


def test_kinks_are_exact() -> None:
    ends = facts(parse("sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)").tree).kinks.value
    root = sympy.sqrt(2 * sympy.log(3))
    assert ends is not None
    assert [sympy.simplify(a - b) for a, b in zip(ends, (-root, 0, root), strict=True)] == [0, 0, 0]


@pytest.mark.parametrize("name", LIBRARY)
def test_every_fact_has_a_reason(name: str) -> None:
    found = facts(parse(name).tree)
    assert all(x.reason for x in (found.parity, found.monotone, found.kinks, found.t_max, found.smooth))


def test_a_power_that_is_constant_has_a_finite_limit() -> None:
    assert bounds(parse("z**0 + exp(z)").tree) == (1, oo)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(depth=3))
def test_facts_hold_on_samples_of_random_links(tree: Node) -> None:
    with np.errstate(all="ignore"):
        values = compile_numpy(tree)(GRID) + 0 * GRID
    if not np.all(np.isfinite(values)) or np.max(np.abs(values)) > 1e8:
        return
    room = 1e-7 * (1 + np.max(np.abs(values)))
    found = facts(tree)
    # A single point may break a rule that holds almost everywhere, as sign(z)^2 does at 0.
    most = lambda ok: np.mean(ok) > 0.99  # noqa: E731 - one short test of many points
    if found.parity.value == "even":
        assert most(np.abs(values - values[::-1]) <= room)
    if found.parity.value == "odd":
        assert most(np.abs(values + values[::-1]) <= room)
    half = values[1201:]
    steps = {"increasing": np.diff(values), "decreasing": -np.diff(values),
             "increasing in |z|": np.diff(half), "decreasing in |z|": -np.diff(half)}  # fmt: skip
    if found.monotone.value:
        assert np.all(steps[found.monotone.value] >= -room)
    low, high = bounds(tree)
    assert most(values >= float(low) - room)
    assert most(values <= float(high) + room)
    if nonnegative(tree):
        assert most(values >= -room)
    if has_the_sign_of_z(tree):
        assert most(values * GRID >= -6 * room)


@pytest.mark.parametrize("link", ["where(z > 0, z**2*sin(z), 1)", "where(z > 0, 1, z**2*sin(z))"])
def test_t_max_is_open_where_an_outer_piece_is_not_classified(link: str) -> None:
    assert facts(parse(link).tree).t_max.value is None


@pytest.mark.parametrize("name", ["exp", "expm1", "sinh", "cosh"])
def test_an_exponential_of_a_square_has_no_tame_derivatives(name: str) -> None:
    assert facts(parse(f"{name}(z**2/8)").tree).tame_derivatives.value is not True
