"""Links without a value at single points: which are read, what is said of them, and which are refused."""

from fractions import Fraction

import pytest
from tiltproof.link import parse
from tiltproof.link.domain import rough_at, singular_points, unbounded_at, undefined_at
from tiltproof.link.text import LinkError

REMOVABLE = [
    "sin(z)/z", "(exp(z) - 1)/z", "expm1(z)/z", "(1 - cos(z))/z**2", "tanh(z)/z", "z/tanh(z)",
    "1/tanh(z) - 1/z", "sin(pi*z)/(pi*z)", "(z - sin(z))/z**3", "(sqrt(1 + z**2) - 1)/z**2", "erf(z)/z",
    "log1p(z**2)/z**2", "z/(exp(z) - 1)", "1/(exp(z) - 1) - 1/z", "(He(4, z) - 3)/z**2", "gelu(z)/z",
    "tan(tanh(z))/z", "z*log(abs(z))", "sin(z)/abs(z)", "atan(1/z)", "tanh(1/z)", "exp(-1/z**2)",
    "exp(z*log(abs(z)))",
]  # fmt: skip


@pytest.mark.parametrize("link", REMOVABLE)
def test_a_link_with_a_limit_on_both_sides_is_read(link: str) -> None:
    tree = parse(link).tree
    assert singular_points(tree) == undefined_at(tree) == (0,)
    assert unbounded_at(tree) == ()


@pytest.mark.parametrize(
    ("link", "points"),
    [("sin(z)/z", ()), ("1/tanh(z) - 1/z", ()), ("sin(z)/abs(z)", ()), ("where(z != 0, sin(z)/z, 1)", ()),
     ("z*log(abs(z))", (0,)), ("atan(1/z)", (0,)), ("exp(-1/z**2)", (0,)),
     ("sin(z)/z + tanh(1/(z - 1))", (1,))],
)  # fmt: skip
def test_a_power_series_on_both_sides_is_seen(link: str, points: tuple[int, ...]) -> None:
    assert rough_at(parse(link).tree) == points


@pytest.mark.parametrize(
    ("link", "points"),
    [("log(abs(z))", (0,)), ("-log(abs(z))", (0,)), ("log(z**2)", (0,)), ("log(abs(tanh(z)))", (0,)),
     ("log(abs(z**2 - 1))", (-1, 1)), ("log(abs(3*z - 1))", (Fraction(1, 3),)),
     ("log(abs(z))**2", (0,))],
)  # fmt: skip
def test_a_logarithm_is_unbounded_at_its_point(link: str, points: tuple[Fraction, ...]) -> None:
    assert unbounded_at(parse(link).tree) == points


@pytest.mark.parametrize(
    "link",
    ["where(abs(z) > 0, sin(z)/z, 1)", "where(z != 0, z*log(abs(z)), 0)", "where(z == 0, 1, sin(z)/z)",
     "where(z > 0, log(z), 0)"],
)  # fmt: skip
def test_a_guard_gives_the_point_a_value(link: str) -> None:
    tree = parse(link).tree
    assert singular_points(tree) == (0,)
    assert undefined_at(tree) == ()


@pytest.mark.parametrize(
    ("link", "point"),
    [("sin(3*z - 1)/(3*z - 1)", Fraction(1, 3)), ("(z**2 - 1)/(z - 1)", Fraction(1)),
     ("log(abs(z - 1.41421356))", Fraction(35355339, 25000000)),
     ("sin(z - 1/7919)/(z - 1/7919)", Fraction(1, 7919)),
     ("log(abs(7001*z + 22))", Fraction(-22, 7001))],
)  # fmt: skip
def test_a_point_is_known_exactly(link: str, point: Fraction) -> None:
    assert singular_points(parse(link).tree) == (point,)


@pytest.mark.parametrize(
    ("link", "near"),
    [("log(abs(z - sqrt(2)))", "1.41421356"), ("sin(z - pi)/(z - pi)", "3.14159265"),
     ("log(abs(z - E))", "2.71828183"), ("log(abs(z**2 - 2))", "1.41421356"),
     ("sin(z**2 - 2)/abs(z**2 - 2)", "1.41421356")],
)  # fmt: skip
def test_a_point_that_is_not_rational_is_refused_with_one_that_is(link: str, near: str) -> None:
    with pytest.raises(LinkError, match=f"must be rational, such as {near}"):
        parse(link)


@pytest.mark.parametrize("link", ["sqrt(abs(z))", "tanh(z)", "1/(1 + z**2)", "log(1 + z**2)"])
def test_a_link_with_a_value_everywhere_has_no_singular_point(link: str) -> None:
    assert singular_points(parse(link).tree) == ()


@pytest.mark.parametrize(
    ("link", "said"),
    [("1/z", "a pole at z = 0, where it grows like a power 1 of 1/distance, so that E abs.s. is infinite"),
     ("(1 - cos(z))/z**3", "power 1 of 1/distance"),
     ("abs(z)**(-1/4)", r"a power 1/4 of 1/distance, so that E abs.s.\*\*4 is infinite"),
     ("log(abs(z))/z", "so that E abs.s. is infinite"),
     ("exp(1/z)", r"where 'exp\(1/z\)' is not bounded"),
     ("sin(1/z)", r"where 'sin\(1/z\)' oscillates without end"),
     ("z*sin(1/z)", "oscillates without end"),
     ("log(z)", "takes the logarithm of a number that is not positive"),
     ("log(abs(z**2 - 2))", "at z near 1.41421"),
     ("1/log(abs(z))", "at z near 1"),
     ("where(z != 0, 1/z, 0)", "pole")],
)  # fmt: skip
def test_what_is_not_integrable_is_refused_by_its_reason(link: str, said: str) -> None:
    with pytest.raises(LinkError, match=said):
        parse(link)


def test_differences_in_each_other_are_read_once() -> None:
    # Read twice at each depth, 40 of them would never end.
    inner = "z"
    for _ in range(40):
        inner = f"(1 - {inner})"
    assert singular_points(parse(f"sin(z)/z + 1/(2 + sin({inner}))").tree) == (0,)
