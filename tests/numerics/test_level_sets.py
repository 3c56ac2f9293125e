"""Level sets against a grid of z: which points each bin of values holds, and where branches meet."""

import numpy as np
import pytest
from flint import arb
from numpy.polynomial import hermite_e
from tiltproof.link import parse, parse_expression
from tiltproof.link.tree import Node
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.precision import working
from tiltproof.numerics.threshold.branches import branches, core, rising_tail, settled_beyond
from tiltproof.numerics.threshold.level_sets import Bin, Part, level_sets
from tiltproof.numerics.threshold.sign_changes import continuous_at

#: The values to which the ends of the grid are no matter: a kink of the grid is told by its gap of 2^-100.
_NEAR = 1e-8


def _random(seed: int) -> str:
    """Lines, parabolas and constants between random cuts."""
    rng = np.random.default_rng([41, seed])
    cuts = np.sort(rng.choice(np.arange(-12, 13), size=3, replace=False))
    text = ""
    for cut in [*cuts, None]:
        a, b, c = (int(x) for x in rng.integers(-3, 4, size=3))
        piece = (f"({a}*z/2 + ({c}))", f"({b or 1}*z**2/3 + ({c}))", f"({c}/2 + {seed})")[
            int(rng.integers(3))
        ]
        text += piece if cut is None else f"where(z < {cut}/4, {piece}, "
    return text + ")" * len(cuts)


LINKS = [
    "He(3, z)", "tanh(z**3 - z)", "clip(z**2, 1/2, 4)", "where(z < 0, 1, where(z < 2, 0, 1))",
    "abs(z - 1) - z/2", "where(z < -1, z + 2, where(z < 1, -z, z/2 - 1))", *map(_random, range(8)),
]  # fmt: skip


def _held(part: Part, z: np.ndarray) -> np.ndarray:
    return (float(part.left) + _NEAR < z) & (z < float(part.right) - _NEAR)


def _on_line(found_bin: Bin, z: np.ndarray) -> np.ndarray:
    return np.any([_held(part, z) for part in found_bin.parts], axis=0)


@pytest.mark.parametrize("link", LINKS)
def test_a_bin_holds_the_points_whose_values_lie_in_it(link: str) -> None:
    found = level_sets(parse(link).tree, 8)
    z = np.linspace(-9.98, 9.97, 3001)
    y = compile_numpy(found.core)(z)
    count = np.zeros(len(z), dtype=int)
    rests = [(float(b.lower), float(b.upper)) for b in found.branches if not b.direction]
    flat = np.any([np.zeros(len(z), dtype=bool), *((low <= z) & (z <= high) for low, high in rests)], axis=0)
    for each in found.bins:
        held, low, high = _on_line(each, z), float(each.low), float(each.high)
        slack = _NEAR * (1 + np.abs(y))
        assert np.all(((low - slack < y) & (y < high + slack))[held])
        count += held
        if each.atom:
            assert low == high
        elif not each.thin:
            assert np.all((held | flat)[(low + 100 * slack < y) & (y < high - 100 * slack)])
    # Each point of the line lies in one bin, but for those next to an edge.
    assert count.max() == 1
    assert np.mean(count == 0) < 0.01


@pytest.mark.parametrize("link", ["He(3, z)", "abs(z - 1) - z/2", _random(3)])
def test_the_halves_of_a_bin_share_it_at_the_middle_value(link: str) -> None:
    found = level_sets(parse(link).tree, 8)
    z = np.linspace(-9.98, 9.97, 3001)
    y = compile_numpy(found.core)(z)
    for each in [b for b in found.bins if not (b.thin or b.atom)][::7]:
        lower, upper = each.halves()
        middle = (float(each.low) + float(each.high)) / 2
        assert float(lower.high) == float(upper.low) == pytest.approx(middle)
        assert np.all(y[_on_line(lower, z)] <= middle + _NEAR)
        assert np.all(y[_on_line(upper, z)] >= middle - _NEAR)
        assert np.sum(_on_line(each, z)) - np.sum(_on_line(lower, z)) - np.sum(_on_line(upper, z)) in (
            0,
            1,
            2,
        )


@pytest.mark.parametrize("link", ["clip(z**2, 1/4, 4)", "z**2", "abs(z)*exp(-z**2/8)", "clip(abs(z), 2, 3)"])
def test_half_of_an_even_link_is_all_of_the_right_half_line(link: str) -> None:
    found = level_sets(parse(link).tree, 8, half=True)
    z = np.linspace(0.001, 9.97, 2001)
    count = sum(_on_line(each, z).astype(int) for each in found.bins)
    assert np.mean(count == 1) > 0.99
    assert min(float(b.lower) for b in found.branches) >= 0


@pytest.mark.parametrize(
    ("tree", "inner"),
    [
        ("-(2*tanh(z**2) - 5)", "z**2"),
        ("(z**2 + z)**3", "z**2 + z"),
        ("(z**2 + z)**5/7", "z**2 + z"),
        ("(z**2 + z)**2", "(z**2 + z)**2"),
        ("(1 + z**2)**(-1)", "(1 + z**2)**(-1)"),
        ("3/(1 + z**2)", "3/(1 + z**2)"),
        ("0*z**2", "0*z**2"),
        ("cos(z) + 1", "cos(z)"),
    ],
)
def test_what_is_injective_is_left_out(tree: str, inner: str) -> None:
    assert core(parse_expression(tree)) == parse_expression(inner)


def test_branches_rise_fall_or_rest() -> None:
    found = branches(parse_expression("where(z < -1, 2, where(z < 0, z, -z))"), 3, 100)
    assert [b.direction for b in found] == [0, 1, -1]
    assert [(round(float(b.lower), 9), round(float(b.upper), 9)) for b in found[1:2]] == [(-1, 0)]
    assert [(round(float(b.bottom), 2), round(float(b.top), 2)) for b in found] == [
        (2, 2),
        (-1, 0),
        (-3.04, 0),
    ]


@pytest.mark.parametrize(
    ("tree", "end", "expected"),
    [
        ("z**3 - 303*z", 10, False),
        ("z**3 - 297*z", 10, True),
        ("z**3 - 297*z", -10, True),
        ("(z - 11)**2", 10, False),
        ("(z - 11)**2", -10, True),
        ("(z + 11)**2", -10, False),
        ("tanh(z)", 10, False),
    ],
)
def test_a_tail_rises_where_no_critical_point_lies_beyond(tree: str, end: int, expected: bool) -> None:
    assert rising_tail(parse_expression(tree), end) is expected


@pytest.mark.parametrize(
    ("tree", "settled"),
    [
        ("where(z < 9, 0, z)", True),
        ("where(z < 11, 0, z)", False),
        ("where(z < -11, 0, z)", False),
        ("where(z**2 > 90, where(z < -12, 1, 2), z)", False),
        # The inner case is never met where the outer one does not hold.
        ("where(z**2 < 90, where(z < -12, 1, 2), z)", True),
        ("where(z**2 < 90, where(z < 2, 1, 2), z)", True),
        ("where(sin(z) < 0, 0, z)", False),
    ],
)
def test_no_switch_is_thrown_beyond_the_radius(tree: str, settled: bool) -> None:
    assert settled_beyond(parse_expression(tree), 10) is settled


def _joined(tree: Node) -> bool:
    found = level_sets(tree, 8)
    one, other = found.branches[0], found.branches[1]
    with working(found.bits):
        return continuous_at(found, [Part(one, one.lower, one.upper), Part(other, other.lower, other.upper)])


@pytest.mark.parametrize(
    ("link", "continuous"),
    [
        ("where(z < 0, -z, z**2)", True),
        ("where(z < 1/2, -z, z**2 - 3/4)", True),
        ("where(z < 1/2, -z, z**2 - 1/2)", False),
        ("where(z < 0, z, z + 1)", False),
        ("where(z < 0, exp(z), 2*exp(z))", False),
        ("where(z < 0, 1, z + 2)", False),
        ("abs(z)", True),
    ],
)
def test_a_jump_is_no_kink(link: str, continuous: bool) -> None:
    assert _joined(parse(link).tree) is continuous


@pytest.mark.parametrize(
    "link", ["He(3, z)", "tanh(z**3 - z)", "where(z < -1, z + 2, where(z < 1, -z, z/2 - 1))"]
)
def test_the_parts_of_the_bins_have_the_mass_of_their_values(link: str) -> None:
    """E[He_2; y in bin] by the ends of its parts and by a sum over a fine grid."""
    found = level_sets(parse(link).tree, 4)
    z = np.linspace(-8, 8, 400_001)
    density = np.exp(-z * z / 2) * (z[1] - z[0]) / np.sqrt(2 * np.pi) * hermite_e.hermeval(z, [0, 0, 1])
    y = compile_numpy(found.core)(z)
    for each in [b for b in found.bins if not b.thin][::5]:
        ends = [(np.clip(float(p.left), -8, 8), np.clip(float(p.right), -8, 8)) for p in each.parts]
        exact = sum(a * np.exp(-a * a / 2) - b * np.exp(-b * b / 2) for a, b in ends) / np.sqrt(2 * np.pi)
        inside = (float(each.low) < y) & (y < float(each.high))
        assert exact == pytest.approx(float(density[inside].sum()), abs=1e-4)


def test_the_middle_of_a_branch_is_found_to_the_last_bits() -> None:
    [falling, rising] = branches(parse_expression("z**2"), 4, 100)
    for branch, side in ((falling, -1), (rising, 1)):
        [point] = branch.preimages([arb("2.25")])
        assert float(point) == pytest.approx(side * 1.5, abs=1e-12)
