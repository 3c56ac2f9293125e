"""The bounds of the checker on a tail: true for every function of the language, nothing for any other."""

from pathlib import Path

import pytest
from flint import arb
from tiltproof.crosscheck.certificate.growth import Tail
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.link import parse_expression
from tiltproof.link.build import call
from tiltproof.link.functions import FUNCTIONS
from tiltproof.link.tree import Call, Node, Var
from tiltproof.numerics.lowering.arb import compile_arb
from tiltproof.numerics.precision import working

from .test_certificates import rejected

UNARY = [name for name, function in FUNCTIONS.items() if function.arity == 1]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("argument", ["z", "-z", "z - 5", "z**2/40", "-1/(2 + z**2)", "1/(1 + z**2)"])
@pytest.mark.parametrize("side", [1, -1])
def test_the_bounds_hold(name: str, argument: str, side: int) -> None:
    tree = call(name, (parse_expression(argument),))
    _holds(tree, side)


#: Of every operation that is no function of one argument; the conditions change for ever.
COMPOUND = (
    "where(sin(z) > 0, 1, -z/3)", "where(cos(z) > 0 and z < sin(z), z**2/9, -2)", "min(z, sin(z))",
    "max(-z, cos(z))", "clip(z*sin(z), -2, 3)", "He(3, sin(z)) - z", "z*tanh(z) - sin(z)**3",
    "(z + sin(z))/(2 + cos(z))", "exp(sin(z))*z", "(2 + sin(z))**(3/2)", "z**2*exp(-z) + 1/(1 + z**2)",
    "-(z - 1)**3/(1 + z**2)", "sqrt(1 + z**2) - z", "softplus(z)*sigmoid(-z)", "tanh(z)/z - exp(-z**2)/3",
)  # fmt: skip


@pytest.mark.parametrize("text", COMPOUND)
@pytest.mark.parametrize("side", [1, -1])
def test_the_bounds_of_a_composition_hold(text: str, side: int) -> None:
    _holds(parse_expression(text), side)


def _holds(tree: Node, side: int) -> None:
    with working(100):
        low, high = Tail(side, arb(2)).of(tree)
        for x in (2, 3, 5.5, 11, 40):
            value = compile_arb(tree)(arb(side * x))
            slack = abs(value) * arb(10) ** -20 + arb(10) ** -20
            if value.is_finite():
                assert low is None or low(arb(x)) <= value + slack
                assert high is None or high(arb(x)) >= value - slack


def test_nothing_is_known_of_a_function_that_the_checker_does_not_know() -> None:
    assert Tail(1, arb(2)).of(Call("bump", (Var(),))) == (None, None)


@pytest.mark.parametrize("link", ["silu(z)", "log1p(z**2)", "expm1(-z**2)", "expm1(z)"])
def test_certificates_of_the_newest_functions_are_accepted(link: str, tmp_path: Path) -> None:
    assert rejected(certificate(threshold_alone(link)), tmp_path) is None
