"""The functions of the language: other names, refusals, and intervals that hold all values.

The oracle of the intervals is mpmath, at random points of random intervals.
"""

import math

import numpy as np
import pytest
from tiltproof.link import parse, parse_expression
from tiltproof.link.build import call
from tiltproof.link.functions import FUNCTIONS
from tiltproof.link.interval import Interval
from tiltproof.link.text import LinkError
from tiltproof.link.tree import Var
from tiltproof.numerics.lowering.pointwise import compile_mpmath, mp

UNARY = [name for name, function in FUNCTIONS.items() if function.arity == 1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("arctan(z)", "atan(z)"), ("ln(2 + z**2)", "log(2 + z**2)"), ("swish(z)", "silu(z)"),
     ("ArcTan(z)", "atan(z)"), ("LN(E)", "log(E)")],
)  # fmt: skip
def test_another_name_is_read_as_the_function(written: str, meant: str) -> None:
    assert parse(written).tree == parse(meant).tree
    assert parse(written).text == parse(meant).text


@pytest.mark.parametrize(
    ("written", "said"),
    [("arctn(z)", "did you mean arctan?"), ("silou(z)", "did you mean silu?"),
     ("expml(z)", "did you mean expm1?"), ("ln", "log is a function, write log(z)"),
     ("swish", "silu is a function, write silu(z)")],
)  # fmt: skip
def test_a_slip_is_met_with_the_nearest_name(written: str, said: str) -> None:
    with pytest.raises(LinkError, match=said.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        parse(written)


@pytest.mark.parametrize("name", ["floor", "ceil", "round"])
def test_a_staircase_is_refused_with_what_to_write_instead(name: str) -> None:
    with pytest.raises(LinkError, match=r"jumps at infinitely many places: write .*where") as refused:
        parse(f"{name}(z)")
    instead = str(refused.value).partition("such as ")[2]
    assert parse(instead).text == instead


@pytest.mark.parametrize("link", ["log1p(z)", "log1p(-2 - z**2)"])
def test_log1p_is_refused_where_its_argument_is_not_above_minus_one(link: str) -> None:
    with pytest.raises(LinkError, match="1 plus a number that is not above -1"):
        parse(link)


@pytest.mark.parametrize("link", ["log1p(z**2)", "1/silu(exp(z))", "log(expm1(exp(z)))", "log1p(tanh(z)/2)"])
def test_the_interval_shows_that_a_link_is_defined(link: str) -> None:
    assert parse(link).text == link


@pytest.mark.parametrize("name", UNARY)
def test_the_interval_holds_the_values(name: str) -> None:
    rng = np.random.default_rng(7)
    tree = call(name, (Var(),))
    value = compile_mpmath(tree)
    tried = 0
    for low, high in np.sort(rng.normal(0, 6, (60, 2)), axis=1):
        cell = Interval(float(low), float(high))
        outside = FUNCTIONS[name].outside
        if outside is not None and outside(tree, [cell]):
            continue
        tried += 1
        image = FUNCTIONS[name].image([cell])
        values = [float(value(mp.mpf(float(x)))) for x in (low, high, *rng.uniform(low, high, 20))]
        assert all(image.lo <= v <= image.hi for v in values)
        assert not image.positive or min(values) > 0
    assert tried > 3


@pytest.mark.parametrize("name", UNARY)
def test_what_keeps_the_degree_grows_no_faster_than_its_argument(name: str) -> None:
    image = FUNCTIONS[name].image([Interval(50.0, 50.0)])
    assert not FUNCTIONS[name].keeps_degree or max(abs(image.lo), abs(image.hi)) <= 51


def test_the_image_of_the_line_is_the_line_or_less() -> None:
    line = Interval(-math.inf, math.inf)
    assert FUNCTIONS["silu"].image([line]).lo > -0.28
    assert FUNCTIONS["expm1"].image([line]).lo >= -1.0000001
    assert parse_expression("silu(z)") == parse_expression("Swish(z)")
