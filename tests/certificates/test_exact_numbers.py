"""Constants of the checker as exact sums: each is the number it stands for. Oracle: their balls."""

import math
import random
from collections.abc import Hashable
from fractions import Fraction
from itertools import pairwise, product

import pytest
from flint import arb
from tiltproof.crosscheck.certificate.exact import Exact, Unknown, equal, exact_value
from tiltproof.link import LinkError, parse
from tiltproof.link.tree import Node
from tiltproof.numerics.lowering.arb import compile_arb

ATOMS = ("2", "1/2", "-5/6", "pi", "sqrt(2)", "sqrt(3)", "log(2)", "log(6)", "exp(1/3)", "12**(1/3)")
SHAPES = (
    "({a}) + ({b})", "({a}) - ({b})", "({a})*({b})", "({a})/({b})", "({a} + {b})**(-3)", "exp({a} - {b})",
    "exp(({a})*({b}))", "log(({a})*({b}))", "sqrt(({a})*({b}))", "sqrt(({a}) + ({b}))",
    "(({a})/({b}))**(-3/2)",
)  # fmt: skip


def texts() -> list[str]:
    flat = [shape.format(a=a, b=b) for shape, a, b in product(SHAPES, ATOMS, ATOMS)]
    rng = random.Random(5)
    return flat + [rng.choice(SHAPES).format(a=rng.choice(flat), b=rng.choice(ATOMS)) for _ in range(300)]


def in_doubles(number: Exact) -> float:
    def factor(base: Hashable) -> float:
        match base:
            case Exact():
                return in_doubles(base)
            case ("exp", monomial):
                return math.exp(in_doubles(Exact({monomial: Fraction(1)})))
            case ("log", of):
                return math.log(factor(of))
            case "pi":
                return math.pi
        return float(base)  # type: ignore[arg-type]

    return math.fsum(
        float(c) * math.prod(factor(base) ** float(e) for base, e in monomial)
        for monomial, c in number.terms.items()
    )


def test_an_exact_number_is_the_number_and_no_two_that_differ_are_equal() -> None:
    numbers: list[tuple[float, arb, Node]] = []
    for text in texts():
        try:
            tree = parse(text).tree
            found = exact_value(tree)
        except (LinkError, Unknown):
            continue
        ball = compile_arb(tree)(arb(0))
        if abs(ball) < 1e6:
            numbers.append((float(ball), ball, tree))
            assert in_doubles(found) == pytest.approx(float(ball), rel=1e-9, abs=1e-9), text
    assert len(numbers) > 600
    same = 0
    for (_, x, one), (_, y, other) in pairwise(sorted(numbers, key=lambda each: each[0])):
        assert x.overlaps(y) or not equal(one, other)
        same += equal(one, other)
    assert same > 100
