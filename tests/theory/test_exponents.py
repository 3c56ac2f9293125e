"""Exponents against the worked values, against each other, and against the definition."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from tiltproof.link import LIBRARY, parse, parse_expression
from tiltproof.theory.exponents import _shown, exponents, rising_order
from tiltproof.theory.families.moments import moment
from tiltproof.theory.shape.composition import Composition, _by_balls

#: (information exponent, generative exponent, witness power), typed in from the theory; None: not exact.
WORKED = {
    "z - 3": (1, 1, 1),
    "z**2 - 10": (2, 2, 1),
    "step": (1, 1, 1),
    "staircase": (3, 1, 3),
    "sign-cubic": (3, 3, 1),
    "bump4": (4, 4, 1),
    "tanh": (1, 1, 1),
    "tanh-9/10": (1, 1, 1),
    "He(3, z)": (3, 1, 3),
    "He(4, z)": (4, 2, 2),
    "z*cos(z)": (3, 1, 3),
    "sin(z)": (1, 1, 1),
    "cos(z)": (2, 2, 1),
    "z**3*exp(-z**2/3)": (1, 1, 1),
    # Functions of z^2 e^(-z^2) that are injective on its range, or monotone there.
    "tanh(z**2*exp(-z**2))": (4, 4, 1),
    "log(1 + z**2*exp(-z**2))": (4, 4, 1),
    "abs(z)*exp(-z**2/2)": (4, 4, 1),
    "where(z**2*exp(-z**2) > 0.2, 1, 0)": (4, 4, 1),
    "z**2*exp(-z**2) + z**4*exp(-2*z**2)": (4, 4, 1),
    "z**2*exp(-z**2) - z**4*exp(-2*z**2)": (4, 4, 1),
    "cos(z**2*exp(-z**2))": (4, 4, 1),
    "relu(z+2) - 2*relu(z+1) + 2*relu(z-1) - relu(z-2)": (1, 1, 1),
    "log(cosh(z**2))": (2, 2, 1),
    # s(z) = p(w), s(-z) = p(1 - w), w = e^(-z^2/2).
    "sign(z)*(1 - 2*exp(-z**2/2))": (3, 2, 2),
}


@pytest.mark.parametrize("link", WORKED)
def test_worked_exponents(link: str) -> None:
    found = exponents(parse(link).tree)
    assert found.witness is not None
    assert (found.information.value, found.generative.value, found.witness.power) == WORKED[link]


@pytest.mark.parametrize(
    "link",
    [
        "3",
        "z - z",
        "relu(z) - z/2 - abs(z)/2",
        "where(z == 0, 1, 0)",
        "tanh(z) - tanh(z)",
        "sin(z)**2 + cos(z)**2",
        "z - z + 2",
        "where(z > 0, 1, 1)",
        "sign(z)**2",
        "where(z > 0, sin(1)**2 + cos(1)**2, 1)",
    ],
)
def test_a_constant_link_has_no_exponent(link: str) -> None:
    found = exponents(parse(link).tree)
    assert found.generative.infinite
    assert found.information.infinite


@pytest.mark.parametrize(
    ("link", "stated"),
    [("tanh(z)", "E[T(s) He_1] > 0"), ("-tanh(z)", "E[T(s) He_1] < 0"), ("exp(-z**2)", "E[T(s) He_2] < 0")],
)
def test_the_reason_of_a_monotone_link_states_the_sign(link: str, stated: str) -> None:
    assert stated in exponents(parse(link).tree).generative.reason


def test_levels_that_are_not_told_apart_prove_nothing() -> None:
    # Both are 1/4, by an identity that no rule here knows.
    link = "where(z > 0, 1/4, (4*atan(1/5) - atan(1/239))/pi)"
    assert exponents(parse(link).tree).generative.status == "UNDECIDED"


@pytest.mark.parametrize("name", LIBRARY)
def test_generative_is_at_most_information(name: str) -> None:
    found = exponents(parse(name).tree)
    if found.information.value and found.generative.value:
        assert found.generative.value <= found.information.value


@pytest.mark.parametrize("outer", ["tanh({})", "exp({})", "-2*({}) + 1", "({})**3", "atan({}/4)"])
@pytest.mark.parametrize("inner", ["He(3, z)", "He(4, z)", "sign-cubic"])
def test_injective_maps_keep_the_generative_exponent(outer: str, inner: str) -> None:
    base = parse(inner)
    composed = exponents(parse(outer.format(base.text)).tree).generative
    assert composed.value == exponents(base.tree).generative.value
    assert composed.status == "PROVED"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-12, 12), min_size=1, max_size=4, unique=True), st.data())
def test_random_step_links_against_linear_algebra(cuts: list[int], data: st.DataObject) -> None:
    """zeta_k on a level is E[He_k; s = v]: the first k with a nonzero one, by the error function."""
    ends = sorted(cuts)
    values = data.draw(st.lists(st.integers(-2, 2), min_size=len(ends) + 1, max_size=len(ends) + 1))
    text = str(values[-1])
    for cut, value in zip(reversed(ends), reversed(values[:-1]), strict=True):
        text = f"where(z < {Fraction(cut, 4)}, {value}, {text})"
    found = exponents(parse(text).tree).generative
    if len(set(values)) == 1:
        assert found.infinite
        return
    points = [-np.inf, *(cut / 4 for cut in ends), np.inf]
    for k in range(1, 9):
        masses = dict.fromkeys(set(values), 0.0)
        for low, high, value in zip(points, points[1:], values, strict=False):
            masses[value] += _upper(k, low) - _upper(k, high)
        if max(map(abs, masses.values())) > 1e-9:
            assert found.value == k
            return


def _upper(k: int, x: float) -> float:
    return 0.0 if np.isinf(x) else float(special.eval_hermitenorm(k - 1, x) * np.exp(-x * x / 2))


@pytest.mark.parametrize(
    ("link", "i", "k", "value"),
    [
        ("sin(z)", 1, 1, np.exp(-0.5)),
        ("cos(z)", 1, 2, -np.exp(-0.5)),
        # E[Z^4 e^{iaZ}] = (a^4 - 6a^2 + 3) e^{-a^2/2} and cos^3 = (3 cos z + cos 3z)/4.
        ("z*cos(z)", 3, 1, 7.5 * np.exp(-4.5) - 1.5 * np.exp(-0.5)),
        ("exp(z)", 1, 3, np.exp(0.5)),
        ("bump4", 1, 4, -4 * 3**-2.5),
        ("sign(z)", 1, 1, np.sqrt(2 / np.pi)),
    ],
)
def test_exact_moments(link: str, i: int, k: int, value: float) -> None:
    found = moment(parse(link).tree, i, k)
    assert found is not None
    assert float(found) == pytest.approx(value, rel=1e-12)


#: Links of which one rule alone decides the information exponent, or the generative one.
FOLLOWS_Z = ("z*exp(-z**4)", "z*(z - 1)**2*exp(-z**4)", "z*(z - 1)**2*(z + 2)**2*exp(-z**4)",
             "z*(z - 2)**2*(z + 1)**2*exp(-z**4)")  # fmt: skip
COMPOSED = {"-2*tanh(He(4, z)/5)": 2, "tanh(He(3, z)/3)/(-4)": 1, "tanh(He(4, z)/5)**3": 2,
            "3 - tanh(He(4, z)/5)": 2, "-atan(tanh(He(3, z)))": 1, "tanh(He(4, z)/5)**1": 2}  # fmt: skip


@pytest.mark.parametrize("link", FOLLOWS_Z)
def test_a_link_with_the_sign_of_z_has_information_exponent_1(link: str) -> None:
    assert exponents(parse(link).tree).information.value == 1


@pytest.mark.parametrize("link", COMPOSED)
def test_injective_steps_are_taken_one_at_a_time(link: str) -> None:
    assert exponents(parse(link).tree).generative.value == COMPOSED[link]


def test_where_no_moment_is_exact_the_moments_that_would_decide_are_named() -> None:
    odd, even = (exponents(parse(link).tree) for link in ("relu(z) - abs(sin(z) - 1/2)/2", "abs(sin(z))"))
    assert odd.information.needs == ((1, 1),)
    assert odd.generative.needs == ((1, 1), (2, 1), (3, 1), (4, 1))
    assert even.information.needs == ((1, 2),)
    assert even.information.reason.startswith("E[s He_j] = 0 for 1 <= j < 2; ")
    assert even.generative.needs == ((1, 2), (2, 2), (3, 2), (4, 2))


def test_a_reason_says_that_the_orders_below_vanish() -> None:
    bump = exponents(parse("z**2*exp(-z**2/5)").tree).generative
    assert bump.value == 2
    assert bump.reason.endswith("E[s^i He_j] = 0 identically in i for 1 <= j < 2")


@pytest.mark.parametrize(
    ("link", "order"),
    [
        ("min(z, -2)", 1),
        ("max(z, 3)", 1),
        ("clip(z, -1/2, 0)", 1),
        ("clip(z, 0, 1/2)", 1),
        ("max(abs(z), 3)", 2),
        ("min(abs(z), 3/2)", 2),
        ("clip(z, 2, 2)", None),
        ("clip(abs(z), 2, 2)", None),
        ("sin(z)", None),
    ],
)
def test_the_order_of_a_monotone_link_that_is_not_constant(link: str, order: int | None) -> None:
    assert rising_order(parse(link).tree) == order


#: What is a function of z^2 e^(-z^2), but neither injective nor monotone on its range, and what is none.
NOT_INJECTIVE = {
    "sin(20*z**2*exp(-z**2))": 4,
    "abs(z**2*exp(-z**2) - 1/5)": 4,
    "where(z**2*exp(-z**2) > 0.2, 1, 0) - z**2*exp(-z**2)": 4,
    "z**2*exp(-z**2) + z**2": 2,
    "z**2*exp(-z**2) + z**4*exp(-z**2)": 2,
    "abs(tanh(He(3, z)))": 2,
}


@pytest.mark.parametrize("link", NOT_INJECTIVE)
def test_any_function_of_a_link_has_its_generative_exponent_for_a_lower_bound(link: str) -> None:
    found = exponents(parse(link).tree)
    assert found.generative.status == "UNDECIDED" or found.generative.value == NOT_INJECTIVE[link]
    assert found.generative.lower == found.information.lower == NOT_INJECTIVE[link]


@pytest.mark.parametrize("v", [0.05, 0.15, 0.25, 0.35])
def test_the_conditional_moments_of_the_critical_bump(v: float) -> None:
    """On z^2 e^{-z^2} = v: E[He_2 | v] = 0, and E[He_4 | v] = |x||y| - 2; by Lambert's function."""
    squares = np.array([-special.lambertw(-v, branch).real for branch in (0, -1)])
    z = np.sqrt(squares)
    weight = np.exp(-squares / 2) / np.abs(2 * z * (1 - squares) * np.exp(-squares))
    mean = {k: float(special.eval_hermitenorm(k, z) @ weight / weight.sum()) for k in (2, 4)}
    assert abs(mean[2]) < 1e-12
    assert mean[4] == pytest.approx((1 - squares[0]) * (squares[1] - 1) - 2)


def test_an_even_power_is_not_injective() -> None:
    assert exponents(parse("tanh(He(3, z))**2").tree).generative.lower == 2


def test_the_reason_says_what_parity_excludes() -> None:
    even, neither = (exponents(parse(link).tree).generative for link in ("cos(z)", "sin(2*z) - cos(z)"))
    assert even.reason.startswith("s is even, so E[He_1 | s] = 0; E[s")
    assert "even" not in neither.reason


def test_a_long_number_is_shown_in_decimals() -> None:
    assert _shown(sympy.sqrt(2) / 3) == "sqrt(2)/3"
    long = sum(sympy.sqrt(p) * sympy.exp(-sympy.Rational(1, p)) for p in (2, 3, 5, 7, 11, 13, 17))
    text = _shown(long)
    assert text.endswith(".. (exact)")
    assert float(text.split("..")[0]) == pytest.approx(float(long), rel=1e-5)


@pytest.mark.parametrize(
    ("outer", "low", "high", "direction"),
    [
        ("sin(z)", 0, 1, 1),
        ("cos(z)", 0, 1, -1),  # flat at 0, and bent downwards
        ("sin(z)", 0, 2, None),
        ("sin(z)", -2, 2, None),
        ("exp(z) - 3*z", 0, 1, -1),
        ("exp(z) - 3*z", 0, 2, None),
        ("exp(-z**2)", -1, 0, 1),
        ("exp(-z**2)", -1, 1, None),
    ],
)
def test_a_function_of_a_link_is_monotone_on_its_range_by_balls(
    outer: str, low: int, high: int, direction: int | None
) -> None:
    inner = parse_expression("tanh(z)")
    composed = Composition(inner, parse_expression(outer), sympy.Integer(low), sympy.Integer(high))
    assert _by_balls(composed) == direction


def test_the_last_order_that_is_tried_is_the_64th() -> None:
    found = [exponents(parse(f"He({k}, z)").tree).information for k in (64, 65)]
    assert [(each.value, each.lower, each.status) for each in found] == [
        (64, 64, "PROVED"), (None, 65, "UNDECIDED"),
    ]  # fmt: skip
