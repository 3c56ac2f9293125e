"""Closed thresholds and structural proofs against the worked values and against sampled signs."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.link import parse, parse_noise
from tiltproof.theory.exact import t
from tiltproof.theory.families import closed_form
from tiltproof.theory.threshold import (
    _quadratic_factor,
    _signal,
    _spread,
    closed_threshold,
    vanishes_at,
    zero_count,
    zeros_before,
)
from tiltproof.theory.zero_bounds import sign_changes, structural

S5, S6 = sympy.sqrt(5), sympy.sqrt(6)

#: Exceptional temperatures beta, decreasing, typed in from the theory.
WORKED = {
    "z": [],
    "z - 3": [(3 + S5) / 2, (3 - S5) / 2],
    "z**2 - 10": [5, 4],
    "z**2 - 9": [],
    "z**2 - 100": [(99 + sympy.sqrt(9001)) / 2, (99 - sympy.sqrt(9001)) / 2],
    "2*z**2 - 50": [24 + 2 * sympy.sqrt(94), 24 - 2 * sympy.sqrt(94)],
    "z**2 - (5 + 2*sqrt(6))": [2 + S6],
    # 1 - 11t - 20t^2, and t_max = oo.
    "-z**2 - 10": [(11 + sympy.sqrt(201)) / 2],
    # -5/2 e^{-5t/2}, -1/2 e^{-t/2} and nothing at -3/2, by symmetry; then the same with twice the levels.
    "where(z > 1, -1/2, where(z > -1, -3/2, -5/2))": [2 / sympy.log(5)],
    "where(z > 1, -1, where(z > -1, -3, -5))": [4 / sympy.log(5)],
    "where(z > 0, -1, -3)": [2 / sympy.log(3)],
    "where(z > 1, -5, -2)": [3 / sympy.log(sympy.Rational(5, 2))],
    "staircase": [],
    "sign-cubic": [],
    "z**2 + z": [],
}


@pytest.mark.parametrize("link", WORKED)
def test_worked_thresholds(link: str) -> None:
    found = closed_threshold(parse(link).tree, "label")
    assert found is not None
    assert len(found.zeros) == len(WORKED[link])
    for zero, beta in zip(found.zeros, WORKED[link], strict=True):
        assert sympy.simplify(1 / zero - beta) == 0


def test_the_floor_is_the_end_of_the_admissible_temperatures() -> None:
    found = closed_threshold(parse("z**2 - 9").tree, "label")
    assert found is not None
    assert found.floor == 2


@pytest.mark.parametrize("kind", ["weight", "centered"])
@pytest.mark.parametrize("link", ["z - 3", "z**2 - 10", "where(z > 0, -1, -3)"])
def test_shift_invariant_signals_have_no_zero_here(link: str, kind: str) -> None:
    found = closed_threshold(parse(link).tree, kind)
    assert found is not None
    assert found.zeros == ()


@pytest.mark.parametrize(
    ("link", "kind", "reason"),
    [
        ("z - 3", "label", "alpha_1 is a positive multiple of t^2 - 3 t + 1"),
        ("z - 3", "weight", "h_1 = at e^(bt + a^2 t^2/2) has no zero"),
        ("z - 3", "centered", "h_1/h_0 = at has no critical point"),
        ("z**2 - 10", "weight", "h_2/h_0 is a multiple of t/(1 - 2at), which has no zero"),
        ("z**2 + z", "weight", "h_1/h_0 is a multiple of t/(1 - 2at), which has no zero"),
        ("z**2 - 10", "centered", "h_2/h_0 is a multiple of t/(1 - 2at), whose derivative has no zero"),
    ],
)
def test_the_reason_names_what_vanishes_nowhere(link: str, kind: str, reason: str) -> None:
    found = closed_threshold(parse(link).tree, kind)
    assert found is not None
    assert found.reason == reason


def test_zeros_beyond_the_admissible_temperatures_are_not_counted() -> None:
    # The cubic vanishes at 0.06056, 0.38438 and 0.53037, and t_max = 1/2.
    assert zero_count(parse("z**2 + z - 20").tree) == 2


@settings(deadline=None, max_examples=30)
@given(st.fractions(-4, 4, max_denominator=5), st.fractions(-9, 9, max_denominator=5))
def test_quadratic_zeros_are_all_found(b: float, c: float) -> None:
    """Sign changes of alpha_{k*} on a fine grid of t, from h_k of a tilted Gaussian in doubles."""
    found = closed_threshold(parse(f"z**2 + ({b})*z + ({c})").tree, "label")
    if found is None:
        return
    t = np.linspace(1e-4, 0.4999, 40_001)
    room = 1 - 2 * t
    slope = float(c) + float(b) ** 2 * t / room + float(b) ** 2 * t**2 / room**2
    signal = 1 / t + 3 / room + slope
    crossings = int(np.sum(np.diff(np.sign(signal)) != 0))
    inside = [x for x in found.zeros if 2e-4 < float(x) < 0.4998]
    assert crossings in (len(inside), len(inside) - 1) if len(inside) == 1 else crossings == len(inside)


STRUCTURAL = {
    "tanh(z)": 0,
    "gelu(z)": 0,
    "softplus(z) + 1": 0,
    "sigmoid(z)": 0,
    "bump4": 0,
    "exp(-z**2/2)": 0,
    "tanh(z) - 9/10": sympy.Rational(19, 10),
    "z**2 - 10": 10,
    "tanh(He(3, z))": None,
    "cos(z)": 0,
    "sin(z)": 0,
    "sin(z/2)": None,
    "sin(z + 1)": None,
    "z": 0,
}


@pytest.mark.parametrize("link", STRUCTURAL)
def test_structural_bounds(link: str) -> None:
    found = structural(parse(link).tree, "label")
    assert (None if found is None else found.beta) == STRUCTURAL[link]


@pytest.mark.parametrize(
    ("link", "noise", "zeros"),
    [
        # h_1 = t e^{-3t + t^2} with the noise: alpha_1 vanishes with 1 - 3t + 2t^2.
        ("z - 3", "gaussian(1)", [sympy.Rational(1, 2), 1]),
        # h_1 is a multiple of (e^{-t} - e^{-3t}) cosh(t/2): levels -1 +- 1/2 and -3 +- 1/2.
        ("where(z > 0, -1, -3)", "rademacher(1/2)", [sympy.log(2 * sympy.sqrt(2) - 1)]),
        ("-1*Heaviside(z) - 3*Heaviside(-z)", "rademacher(1)", []),
    ],
)
def test_noise_that_keeps_the_closed_form(link: str, noise: str, zeros: list[object]) -> None:
    found = closed_threshold(parse(link).tree, "label", parse_noise(noise))
    assert found is not None
    assert [sympy.simplify(x - y) for x, y in zip(found.zeros, zeros, strict=True)] == [0] * len(zeros)


def test_a_sine_has_no_zero_when_its_terms_are_shown_to_fall() -> None:
    # 3 e^{-4a^2} < 1 from a^2 = (log 3)/4 = 0.2746... on.
    shown = structural(parse("sin(11*z/20)").tree, "label")
    assert shown is not None
    assert shown.beta == 0
    assert structural(parse("sin(z/2)").tree, "label") is None


def test_levels_that_noise_lets_meet_are_added() -> None:
    w, v = sympy.symbols("w v", positive=True)
    one = sympy.Integer(1)
    assert _spread({-one: w, one: v}, one) == {-2: w / 2, 0: w / 2 + v / 2, 2: v / 2}


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("label", {-1: 2, 2: 10, 3: -21}),
        ("weight", {-1: -2, 2: 5, 3: -7}),
        # (v - u)(m_v p_u - m_u p_v) at u + v.
        ("centered", {1: 3 * (5 * 4 + 2 * 3), 2: 4 * (-7 * 4 + 2 * 5), 5: -7 * 3 - 5 * 5}),
    ],
)
def test_the_signal_of_three_levels(kind: str, terms: dict[int, int]) -> None:
    weights = {-1: -2, 2: 5, 3: -7}
    base = {-1: 4, 2: 3, 3: 5}
    exact = [{sympy.Integer(u): sympy.Integer(m) for u, m in each.items()} for each in (weights, base)]
    assert _signal(*exact, kind) == terms


def test_terms_with_one_exponent_are_added() -> None:
    # Pairs (-1, 1) and (-2, 2) meet at exponent 0.
    weights = {sympy.Integer(u): sympy.Integer(m) for u, m in ((-2, 1), (-1, 3), (1, 4), (2, 9))}
    base = dict.fromkeys(weights, sympy.Integer(1))
    assert _signal(weights, base, "centered")[sympy.S.Zero] == 2 * (4 - 3) + 4 * (9 - 1)


def test_gaussian_noise_adds_its_variance_times_t() -> None:
    found = closed_threshold(parse("z**2").tree, "label", parse_noise("gaussian(3)"))
    assert found is not None
    # 1 - 2t + 3t + 9 t^2 (1 - 2t)
    assert found.reason.startswith("alpha_2 is a nonzero multiple of -18 t^3 + 9 t^2 + t + 1")


@pytest.mark.parametrize(
    ("link", "label"),
    [("tanh(z)", 0), ("tanh(z) - 9/10", 2), ("tanh(z) + 1", 1), ("tanh(z) + 3", 1), ("tanh(z) - 1", 1)],
)
def test_sign_changes_of_a_monotone_link(link: str, label: int) -> None:
    """zeta_1 changes sign at s(0), and y at 0 unless it has one sign: at one place, both cancel."""
    found = sign_changes(parse(link).tree)
    assert found is not None
    assert (found.label, found.weight) == (label, 1)


@pytest.mark.parametrize("link", ["tanh(z) - 9/10", "z**2 - 5 + abs(z)", "gelu(z)", "z*exp(-z)"])
def test_a_link_that_is_monotone_or_has_the_sign_of_z_never_loses_its_weight_signal(link: str) -> None:
    found = structural(parse(link).tree, "weight")
    assert found is not None
    assert found.beta == 0


def test_the_polynomial_of_a_parabola_is_its_signal_without_the_factors_that_do_not_vanish() -> None:
    a, b, c = map(sympy.Integer, (3, 2, -5))
    form = closed_form(parse("3*z**2 + 2*z - 5").tree)
    assert form is not None
    factor = _quadratic_factor(c, b, a).as_expr()
    assert sympy.simplify(form.alpha(1) * (1 - 2 * a * t) ** 3 / (b * form.h(0)) - factor) == 0


#: Functions of t and their zeros in (0, oo), by hand or (None) by NumPy.
E = sympy.exp(t)
COUNTED = {
    t**2 - 3: [sympy.sqrt(3)],
    (t - 1) * (E - 2) * (E**2 + 1): [sympy.log(2), sympy.S.One],
    E**3 - 6 * E**2 + 11 * E - 6: [sympy.log(2), sympy.log(3)],
    E**2 - 3 * E + 2: [sympy.log(2)],
    sympy.exp(t / 2) * t - 3 * t: [2 * sympy.log(3)],
    (1 + E) * E / (t + 1): [],
    1 - sympy.exp(-3 * t) - E / 5: None,
}


@pytest.mark.parametrize("f", COUNTED, ids=str)
def test_zeros_of_sums_of_exponentials_and_polynomials_are_counted(f: sympy.Expr) -> None:
    known = COUNTED[f]
    for end in (sympy.Rational(1, 2), sympy.log(2), sympy.S.One, sympy.log(3), sympy.Integer(3), sympy.oo):
        count = zeros_before(f, end)
        if known is None:
            # In x = e^t it is x^4 - 5 x^3 + 5 = 0.
            roots = np.roots([1, -5, 0, 0, 5])
            assert count == sum(abs(x.imag) < 1e-9 and 1 < x.real < np.exp(float(end)) for x in roots)
            continue
        assert count == sum(bool(place < end) for place in known)
        if end is not sympy.oo:
            assert vanishes_at(f, end) is (end in known)
