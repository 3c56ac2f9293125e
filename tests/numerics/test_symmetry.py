"""Parity read off a tree, and both sides of a link from one pass, against point by point evaluation."""

import pytest
from flint import acb, arb
from hypothesis import given
from hypothesis import strategies as st
from tiltproof.link import LIBRARY, parse
from tiltproof.numerics.lowering.arb import both_sides, compile_arb, symmetry, values
from tiltproof.numerics.precision import working


@pytest.mark.parametrize(
    ("link", "sign"),
    [("tanh(3*z)", -1), ("z*cos(z)", -1), ("He(4, z)", 1), ("He(3, sin(z))", -1), ("abs(z)**(1/2)", 1),
     ("tanh(z) - 9/10", 0), ("exp(z)", 0), ("z/(1 + z**2)", -1), ("-sign(z)*abs(z)", -1), ("z**0", 1),
     ("where(abs(z) < 1, 1, z**2)", 1), ("where(z**2 > 1 and z**2 < 4, z, sin(z))", -1),
     ("where(z > 1, 1, 0)", 0), ("where(abs(z) < 1, 1, z)", 0)],
)  # fmt: skip
def test_parity(link: str, sign: int) -> None:
    assert symmetry(parse(link).tree) == sign


@given(link=st.sampled_from(sorted(LIBRARY)), numerator=st.integers(1, 400))
def test_both_sides_are_what_single_evaluations_give(link: str, numerator: int) -> None:
    tree, x = parse(link).tree, arb(numerator) / 101
    with working(96):
        function = compile_arb(tree)
        right, left = both_sides(tree, [x, x + 1])
        assert all(got.overlaps(arb(function(at))) for got, at in zip(right, (x, x + 1), strict=True))
        assert all(got.overlaps(arb(function(-at))) for got, at in zip(left, (x, x + 1), strict=True))
        assert [y.overlaps(z) for y, z in zip(values(tree, [x, x + 1]), right, strict=True)] == [True] * 2


def test_constant_parts_among_complex_boxes() -> None:
    found = values(parse("tanh(z) + tanh(exp(1/2)) - pi").tree, [acb(1, 2), acb(0)])
    assert found[1].overlaps(acb(arb("0.5").exp().tanh() - arb.pi()))
