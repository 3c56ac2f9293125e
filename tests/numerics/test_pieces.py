"""The oracle's own kinks, against points worked out by hand."""

import math

import pytest
from flint import arb
from tiltproof.link import parse, text
from tiltproof.numerics.lowering.pieces import pieces, without_null_sets
from tiltproof.numerics.precision import Unresolved, working
from tiltproof.numerics.work import Exhausted


def cut(link: str) -> list[tuple[float, str]]:
    with working(140):
        found = pieces(parse(link).tree, arb(-25) / 2, arb(25) / 2, 120)
    return [(round(float(piece.upper), 9), text(piece.tree)) for piece in found]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("relu(z)", [(0.0, "0"), (12.5, "z")]),
        ("clip(z**2, 0, 4)", [(-2.0, "4"), (0.0, "z**2"), (2.0, "z**2"), (12.5, "4")]),
        ("where(z > 1 and z < 2, z, 0)", [(1.0, "0"), (2.0, "z"), (12.5, "0")]),
        ("where(relu(z) > 0, 1, 2)", [(0.0, "2"), (12.5, "1")]),
        ("max(z, -z)", [(0.0, "-z"), (12.5, "z")]),
        ("tanh(z)", [(12.5, "tanh(z)")]),
    ],
)
def test_pieces_carry_the_branch_that_holds(link: str, expected: list[tuple[float, str]]) -> None:
    assert cut(link) == expected


def test_irrational_jumps_are_isolated() -> None:
    jumps = [end for end, _ in cut("staircase")][:-1]
    a = math.sqrt(2 * math.log(3))
    assert jumps == pytest.approx([-a, 0.0, a], abs=1e-9)


def test_a_tangency_without_exact_factor_is_refused() -> None:
    with pytest.raises(Unresolved, match="kink near"):
        cut("max(z, sin(z))")


def test_a_branch_on_a_null_set_is_no_kink() -> None:
    assert without_null_sets(parse("where(z == 1/3, 5, tanh(z))").tree) == parse("tanh(z)").tree
    assert without_null_sets(parse("where(z**2 != 2, z, 0)").tree) == parse("z").tree
    kept = parse("where(abs(z) == z, 1, 0)").tree
    assert without_null_sets(kept) == kept


def test_a_kink_is_found_where_the_slope_overflows_on_wide_cells() -> None:
    # 1/(1 + x^2) over [1, 8] once gave no number, and the kink at tan(513/512) was lost without a word.
    (first, _), (last, _) = cut("where(atan(z) - 1 > 1/512, 0, atan(z) - 1)")
    assert (first, last) == (pytest.approx(math.tan(513 / 512), abs=1e-8), 12.5)


def test_a_condition_that_holds_everywhere_cuts_nothing() -> None:
    with working(64):
        found = pieces(parse("where(He(0, z) >= E, z, exp(z))").tree, arb(-3), arb(3), 64)
    assert [piece.tree for piece in found] == [parse("exp(z)").tree]


@pytest.mark.parametrize("place", [0, 1])
def test_kinks_as_close_as_the_link_is_steep_are_told_apart(place: int) -> None:
    # tanh(1e12 u)^2 = 1/4 at u = -+atanh(1/2)/1e12.
    tree = parse(f"where(tanh(10**12*(z - {place}))**2 > 1/4, 1, 0)").tree
    with working(400):
        found = pieces(tree, arb(-4), arb(4), 300)
    assert [text(piece.tree) for piece in found] == ["1", "0", "1"]
    assert float(found[1].upper - found[1].lower) == pytest.approx(2 * math.atanh(0.5) / 1e12, rel=1e-9)


def test_many_kinks_of_a_long_link_end_with_the_work_allotted() -> None:
    inner = "sin(7*z)"
    for j in range(30):
        inner = f"abs(sin({9 + j}*z) - {inner})"
    with working(140), pytest.raises(Exhausted):
        pieces(parse(inner).tree, arb(-40), arb(40), 120)


def test_a_kink_at_the_end_of_the_range_is_found() -> None:
    """z/3 - 37/6 = -2 at z = 25/2, where the range ends."""
    assert cut("clip(z/3 - 37/6, -4, -2)") == [(6.5, "-4"), (12.5, "z/3 - 37/6")]
