"""The signal for every value of a parameter at once. Oracles: sums over a grid, growth, single members."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from flint import arb
from scipy import optimize
from tiltproof.link import parse_expression
from tiltproof.link.label import NOISELESS, Noise
from tiltproof.link.tree import Node, Num, Var, replaced
from tiltproof.numerics.expectation.tail_growth import growth
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.precision import Unresolved, working
from tiltproof.numerics.threshold.parameter_plane import Cell, Plane
from tiltproof.numerics.threshold.parameter_slopes import Parts, Slopes, _outside, slope_in
from tiltproof.numerics.work import allowance

LOW, HIGH, T = Fraction(1), Fraction(1025, 1024), 0.5
LINKS = (
    "tanh(p*z) - 9/10",
    "sin(p*z) - exp(-z**2)/2",
    "p**2*sigmoid(z - p)/3",
    "clip(z, -p, p)",
    "relu(z - p)",
)
Z = np.arange(-14, 14, 1 / 512)
DENSITY = np.exp(-(Z**2) / 2) / math.sqrt(2 * math.pi) / 512


def read(text: str) -> Node:
    return parse_expression(text, variables=("z", "p"))


def at(tree: Node, p: Fraction) -> Callable[[np.ndarray], np.ndarray]:
    return compile_numpy(replaced(tree, Var("p"), Num(p)))


def signal(tree: Node, k: int, t: float, p: Fraction, tau: float) -> np.ndarray:
    """F, F_t and F_tt by a sum over the grid."""
    s = at(tree, p)(Z)
    weight = np.exp(t * s) * np.polynomial.hermite_e.hermeval(Z, [0] * k + [1]) * DENSITY
    h = [float(np.sum(s**i * weight)) for i in range(4)]
    slope = tau * tau * t
    return np.array([h[1] + slope * h[0], h[2] + slope * h[1] + tau * tau * h[0],
                     h[3] + slope * h[2] + 2 * tau * tau * h[1]])  # fmt: skip


@pytest.mark.parametrize("tau", [0, 1])
@pytest.mark.parametrize("text", LINKS)
def test_slopes_in_the_parameter_hold_those_of_members(text: str, tau: int) -> None:
    tree, k = read(text), 1
    noise = Noise("gaussian", Fraction(tau)) if tau else NOISELESS
    found = Slopes(tree, "p", k, LOW, HIGH).over(arb(T), noise)
    seen = (signal(tree, k, T, HIGH, tau) - signal(tree, k, T, LOW, tau)) / float(HIGH - LOW)
    for ball, value in zip(found, seen, strict=True):
        # A difference quotient is a mean of slopes.
        assert ball.overlaps(arb(value, 2e-5))
        assert float(ball.rad()) < 0.25 * (1 + abs(value))


# -- jumps that move with the parameter: integrals over the pieces between them -----------------------------

STEPS = "where(z > p, 2, where(z > 0, 0, where(z > -1, 1, -1)))"
#: Two jumps meet at p = 1.
MEETING_JUMPS = "where(z > p, 1, 0)*where(z > 2*p - 1, z, 2)"
JUMPS: dict[str, Callable[[float], list[float]]] = {
    "sign(z - p) + z/2": lambda p: [p],
    "where(z > p, z, -1)": lambda p: [p],
    STEPS: lambda p: [-1, 0, p],
    "where(z**2 > p, tanh(z), -1)": lambda p: [-math.sqrt(p), math.sqrt(p)],
    "Heaviside(1 - p*z) - z/3": lambda p: [1 / p],
    "where(z > 0, p*z, -1)": lambda p: [0],
    "where(z > p, sign(z - 2*p), 0)": lambda p: [p, 2 * p],
    MEETING_JUMPS: lambda p: [p, 2 * p - 1],
}


def by_pieces(text: str, t: float, p: Fraction, tau: float = 0) -> np.ndarray:
    """F, F_t and F_tt by Gauss-Legendre sums between the jumps."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    ends = sorted({*range(-12, 13), *JUMPS[text](float(p))})
    z = np.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in pairwise(ends)])
    mass = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(ends)])
    s = at(read(text), p)(z)
    weight = np.exp(t * s - z**2 / 2) / math.sqrt(2 * math.pi) * z * mass
    h = [float(np.sum(s**i * weight)) for i in range(4)]
    slope = tau * tau * t
    return np.array([h[1] + slope * h[0], h[2] + slope * h[1] + tau * tau * h[0],
                     h[3] + slope * h[2] + 2 * tau * tau * h[1]])  # fmt: skip


@pytest.mark.parametrize("tau", [0, 1])
@pytest.mark.parametrize("text", JUMPS)
def test_slopes_hold_where_jumps_move(text: str, tau: int) -> None:
    noise = Noise("gaussian", Fraction(tau)) if tau else NOISELESS
    found = Slopes(read(text), "p", 1, LOW, HIGH).over(arb(T), noise)
    seen = (by_pieces(text, T, HIGH, tau) - by_pieces(text, T, LOW, tau)) / float(HIGH - LOW)
    for ball, value in zip(found, seen, strict=True):
        assert ball.overlaps(arb(value, 1e-9))
        # Where two jumps meet, each is bounded with the other on either side.
        assert float(ball.rad()) < (4 if text == MEETING_JUMPS else 0.08) * (1 + abs(value))


def test_jumps_in_one_place_add_up_whatever_they_are_called() -> None:
    """p < z is another switching function than z > p, and bounds of both hold with the other undecided."""
    twice = Slopes(read("sign(z - p) + where(p < z, 1, 3)"), "p", 1, LOW, HIGH).over(arb(T), NOISELESS)
    once = Slopes(read("where(z > p, 2, 2)"), "p", 1, LOW, HIGH).over(arb(T), NOISELESS)
    for ball, alone in zip(twice, once, strict=True):
        assert ball.overlaps(alone)


@pytest.mark.parametrize("lost", ["left", "sides"])
def test_slopes_without_what_jumps_add_are_refuted(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "sign(z - p) + z/2"
    seen = (by_pieces(text, T, HIGH) - by_pieces(text, T, LOW)) / float(HIGH - LOW)
    slopes = Slopes(read(text), "p", 1, LOW, HIGH)
    [(weight, left, right)] = slopes._crossings or []
    wrong = [] if lost == "left" else [(weight, right, left)]
    monkeypatch.setitem(slopes.__dict__, "_crossings", wrong)
    for ball, value in zip(slopes.over(arb(T), NOISELESS), seen, strict=True):
        assert not ball.overlaps(arb(value, 1e-3))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("sign(z**2 - p)", "0", "1/64"),  # both jumps vanish at p = 0
        ("sign(p*z - 1)", "0", "1"),  # the jump comes from infinity
        ("sign(sin(z) - p)", "0", "1"),  # jumps without end
        ("where(p > 1/2, z, -1)", "1/4", "1"),  # the whole link jumps
        ("where(sign(z - p) > 0, z, -1)", "1", "2"),  # a jump in a condition
    ],
)
def test_a_jump_that_is_not_followed_bounds_nothing(text: str, low: str, high: str) -> None:
    slopes = Slopes(read(text), "p", 1, Fraction(low), Fraction(high))
    assert not slopes.bounded
    assert not any(each.is_finite() for each in slopes.over(arb(1), NOISELESS))


def test_beside_a_jump_that_vanishes_finer_parts_serve() -> None:
    parts = Parts(read("sign(z**2 - p)"), "p", 2, Fraction(0), Fraction(1), NOISELESS)
    assert parts.around(Fraction(0), Fraction(1, 256)) is None
    beside = parts.around(Fraction(1, 128), Fraction(1, 64))
    assert beside is not None
    assert all(part.high - part.low == Fraction(1, 128) for part in beside)


@pytest.mark.parametrize(
    ("text", "p", "kept"),
    [
        (STEPS, "5/2", True),
        # F = e^t phi(p) - 3/4 e^{3t/4} phi(0) vanishes at t = 4 (log(3/4) + p^2/2): 0.8 and 10.0.
        ("where(z > p, 1, where(z > 0, 0, 3/4))", "1", True),
        ("where(z > p, 1, where(z > 0, 0, 3/4))", "236/100", False),
        ("tanh(p*z) - 9/10", "2", True),
        ("tanh(p*z) - 9/10", "1/2", False),
        ("relu(z) - p", "1", True),
        ("abs(z) - p*z/9", "1", False),
    ],
)
def test_beyond_the_search_the_largest_values_dominate(text: str, p: str, kept: bool) -> None:
    low = Fraction(p)
    slopes = Slopes(read(text), "p", 1, low, low + Fraction(1, 1024))
    assert slopes.settled(NOISELESS) is kept
    if kept:
        signs = {np.sign(signal(read(text), 1, t, low, 0)[0]) for t in np.geomspace(8, 20, 12)}
        assert len(signs) == 1


@pytest.mark.parametrize(
    "text",
    ["p*z**2 + z", "-(z**3) - p*z", "(z + p)*z**2*tanh(z)", "(p - 3*z)**2", "p*sin(z)", "abs(z - p)/2 - p"],
)
def test_the_growth_on_the_tails_is_a_bound(text: str) -> None:
    tree, radius = read(text), 3
    constant, m = growth(tree, radius, {"p": (LOW, Fraction(2))})
    far = np.concatenate([np.geomspace(radius, 1e6, 60), -np.geomspace(radius, 1e6, 60)])
    for p in (LOW, Fraction(3, 2), Fraction(2)):
        assert np.all(np.abs(at(tree, p)(far)) <= float(constant) * np.abs(far) ** m * (1 + 1e-12))


@pytest.mark.parametrize("n", range(7))
def test_what_is_left_beyond_the_radius_is_bounded_and_not_by_far(n: int) -> None:
    # The integral of x^n phi over [R, oo) is 2^(n/2 - 1) Gamma((n + 1)/2, R^2/2) / sqrt(pi).
    with working(128):
        radius = arb(9)
        half = arb(n + 1) / 2
        true = 2**n * arb(2) ** (half - arb(3) / 2) * (radius**2 / 2).gamma_upper(half) / arb.pi().sqrt()
        assert true < _outside(n, radius) * (1 + arb("1e-30"))
        assert _outside(n, radius) < true * 1.02


def test_a_derivative_in_the_parameter_holds_z_fast() -> None:
    assert slope_in(read("z**2 + 3*p"), "p") == Num(Fraction(3))


@pytest.mark.filterwarnings("error")
def test_bounds_that_leave_the_doubles_hold_everything() -> None:
    bounds = Slopes(read("3*p*z"), "p", 1, Fraction(2), Fraction(21, 10)).over(arb(8), NOISELESS)
    assert not any(each.is_finite() for each in bounds)


def test_a_link_without_a_value_at_a_point_is_not_bounded_there() -> None:
    with pytest.raises(Unresolved, match="has a pole"):
        Slopes(read("exp(-abs(z - p))*tanh(1/z)"), "p", 1, LOW, HIGH).over(arb(1), NOISELESS)


def test_zeros_hold_for_every_member() -> None:
    low, high = Fraction(1), Fraction(33, 32)
    plane = Plane(read("tanh(p*z) - 9/10"), "p", 1, low, high, NOISELESS)
    found = plane.zeros(low, high)
    assert not found.unresolved
    grid = np.linspace(0.01, 8, 120)
    for p in (low, high):
        values = np.array([signal(plane.tree, 1, t, p, 0)[0] for t in grid])
        (places,) = np.nonzero(values[:-1] * values[1:] < 0)
        assert len(places) == len(found.zeros) == 2
        for place, zero in zip(places, found.zeros, strict=True):
            assert zero.overlaps(arb(grid[place]).union(arb(grid[place + 1])))


def test_what_the_work_reaches_is_kept() -> None:
    plane = Plane(read("tanh(p*z) - 9/10"), "p", 1, Fraction(1, 2), Fraction(3), NOISELESS)
    with allowance(1e6):
        cells = plane.diagram()
    assert [cells[0].low, cells[-1].high] == [plane.low, plane.high]
    assert {cell.zeros is None for cell in cells} == {True, False}
    assert all(left.high == right.low for left, right in pairwise(cells))


def test_a_zero_at_the_end_of_a_search_splits_no_cells() -> None:
    """At p = 1.0278 a zero of the family passes t = 2; each cell has both, and none of them is narrow."""
    plane = Plane(read("tanh(p*z) - 9/10"), "p", 1, Fraction(1), Fraction(17, 16), NOISELESS)
    cells = plane.diagram()
    assert [len(cell.zeros or ()) for cell in cells] == [2] * len(cells)
    assert len(cells) <= 4


def test_beside_a_member_without_a_signal_narrow_cells_are_left_open() -> None:
    """abs(z) is even, so alpha_1 is 0 there for every t; no member is lost where the work ends."""
    plane = Plane(read("abs(z - p) - 1"), "p", 1, Fraction(0), Fraction(1, 16), NOISELESS)
    with allowance(1e6):
        cells = plane.diagram()
    assert [cells[0].low, cells[-1].high] == [plane.low, plane.high]
    assert all(left.high == right.low for left, right in pairwise(cells))
    assert cells[0].zeros is None
    assert plane.high / 2**8 <= cells[0].high - cells[0].low


# -- F(t, p) of tanh(p z) - 9/10: two zeros meet at p = 1.165947..., t = 3.1489...; one passes t = 8 ---

FAMILY = read("tanh(p*z) - 9/10")
MEETING, AT = 1.16594764276740, 3.14893565120569


def passes_at() -> float:
    return float(optimize.brentq(lambda p: signal(FAMILY, 1, 8.0, Fraction(p), 0)[0], 0.7, 1.0, xtol=1e-13))


def narrow(p: float, bits: int = 12) -> tuple[Fraction, Fraction]:
    below = math.floor(p * 2**bits)
    return Fraction(below, 2**bits), Fraction(below + 1, 2**bits)


@pytest.mark.parametrize("tau", [0, 1])
def test_slopes_in_t_are_those_of_sums_over_a_grid(tau: int) -> None:
    noise = Noise("gaussian", Fraction(tau)) if tau else NOISELESS
    plane = Plane(FAMILY, "p", 1, LOW, HIGH, noise)
    at, half = Fraction(1, 2), Fraction(1, 64)
    with working(128):
        found = plane._derivatives(plane.member(LOW), at)
        hull = plane._derivatives(plane.member(LOW), at - half, at + half)
    for j, (ball, over) in enumerate(zip(found, hull, strict=True)):
        assert float(ball) == pytest.approx(signal(FAMILY, 1, 0.5, LOW, tau)[j], rel=1e-9)
        for t in (0.5 - 1 / 64, 0.5, 0.5 + 1 / 64):
            assert over.overlaps(arb(signal(FAMILY, 1, t, LOW, tau)[j], 1e-9))
        assert over.rad() < 0.2 * (1 + abs(ball))


def test_two_zeros_meet_where_newton_and_the_grid_say() -> None:
    plane = Plane(FAMILY, "p", 1, *narrow(MEETING), NOISELESS)
    near = Fraction(round(AT * 64) - 8, 64), Fraction(round(AT * 64) + 8, 64)
    found = plane.fold(plane.low, plane.high, near)
    assert found is not None
    assert not found.passing
    assert abs(found.p - MEETING) < 1e-13
    assert abs(found.t - AT) < 1e-12
    value, slope, _ = signal(FAMILY, 1, AT, Fraction(MEETING), 0)
    assert abs(value) < 1e-12
    assert abs(slope) < 1e-12


@pytest.mark.parametrize("shift", [-0.01, 0.01])
def test_no_two_zeros_meet_beside(shift: float) -> None:
    """F is convex and of one sign at both ends, but no member of the range touches 0."""
    plane = Plane(FAMILY, "p", 1, *narrow(MEETING + shift), NOISELESS)
    near = Fraction(round(AT * 64) - 8, 64), Fraction(round(AT * 64) + 8, 64)
    if shift < 0:
        # The zeros lie inside ``near`` for all p, so that the ends agree and no p is found.
        assert signal(FAMILY, 1, AT, plane.low, 0)[0] < 0
    with pytest.raises(Unresolved, match="leaves the box"):
        plane.fold(plane.low, plane.high, near)


def test_a_zero_passes_the_last_temperature_at_one_parameter() -> None:
    p = passes_at()
    plane = Plane(FAMILY, "p", 1, *narrow(p), NOISELESS)
    found = plane.passing(plane.low, plane.high, (Fraction(15, 2), Fraction(8)))
    assert found is not None
    assert found.passing
    assert found.t == 8
    assert abs(found.p - p) < 1e-11
    low, high = narrow(p + 0.01)
    beside = Plane(FAMILY, "p", 1, low, high, NOISELESS)
    assert beside.passing(low, high, (Fraction(15, 2), Fraction(8))) is None


@pytest.mark.slow
def test_a_cell_between_two_numbers_of_zeros_has_its_fold() -> None:
    low, high = narrow(MEETING, 12)
    plane = Plane(FAMILY, "p", 1, low - Fraction(1, 1024), high + Fraction(1, 1024), NOISELESS)
    outside = [Cell(plane.low, low, (arb(2), arb(4))), Cell(high, plane.high, ())]
    found = plane._folded(Cell(low, high, None), *outside)
    assert found.fold is not None
    assert found.fold.p.overlaps(arb(MEETING, 1e-13))
    assert found.fold.p.rad() < 1e-3
    # Where the numbers do not differ by two, or a side is open, nothing is said.
    same = plane._folded(Cell(low, high, None), outside[1], outside[1])
    assert same.fold is None
    assert plane._folded(Cell(low, high, None), None, outside[1]).fold is None
    solved = Cell(low, high, (arb(1),))
    assert plane._folded(solved, *outside) is solved


# -- F(t, p) of steps: sums of exponentials ---------------------------------------------------------------


def test_two_zeros_of_steps_meet_where_their_cubic_has_a_double_root() -> None:
    """F = 2 e^{2t} phi(p) - e^t (phi(0) - phi(1)) + e^{-t} phi(1), a cubic in e^t over e^t."""
    bump = 1 - math.exp(-0.5)
    p = math.sqrt(-math.log(bump**3 * math.exp(0.5) / 27))
    t = math.log(bump / (3 * math.exp(-(p**2) / 2)))
    plane = Plane(read(STEPS), "p", 1, *narrow(p), NOISELESS)
    near = Fraction(11, 16), Fraction(27, 32)
    found = plane.fold(plane.low, plane.high, near)
    assert found is not None
    assert abs(found.p - p) < 1e-12
    assert abs(found.t - t) < 1e-11
    beside = Plane(read(STEPS), "p", 1, *narrow(p + 0.01), NOISELESS)
    with pytest.raises(Unresolved, match="leaves the box"):
        beside.fold(beside.low, beside.high, near)


def test_a_zero_comes_in_at_t_0_where_the_mean_slope_vanishes() -> None:
    """E[s Z] = 3 phi(p) - phi(0) for these steps."""
    tree, p = read("where(z > p, 2, where(z > 0, -1, 0))"), math.sqrt(2 * math.log(3))
    plane = Plane(tree, "p", 1, *narrow(p), NOISELESS)
    found = plane.passing(plane.low, plane.high, (Fraction(0), Fraction(1, 8)))
    assert found is not None
    assert found.t.is_zero()
    assert abs(found.p - p) < 1e-11
    low, high = narrow(p + 0.01)
    assert Plane(tree, "p", 1, low, high, NOISELESS).passing(low, high, (Fraction(0), Fraction(1, 8))) is None


def test_two_zeros_meet_beside_a_jump_where_sums_over_pieces_say() -> None:
    text = "tanh(z) - 9/10 + where(z < -p, 1, 0)"
    JUMPS[text] = lambda p: [-p]

    def least(p: float) -> float:
        return float(optimize.minimize_scalar(
            lambda t: by_pieces(text, t, Fraction(p))[0], bounds=(3, 6), options={"xatol": 1e-9}
        ).fun)  # fmt: skip

    p = float(optimize.brentq(least, 1, 1.2, xtol=1e-13))
    plane = Plane(read(text), "p", 1, *narrow(p), NOISELESS)
    found = plane.fold(
        plane.low, plane.high, (Fraction(9, 2) - Fraction(1, 8), Fraction(9, 2) + Fraction(1, 4))
    )
    assert found is not None
    assert abs(found.p - p) < 1e-9
    value, slope, _ = by_pieces(text, float(found.t), Fraction(float(found.p)))
    assert abs(value) < 1e-11
    assert abs(slope) < 1e-10
