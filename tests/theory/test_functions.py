"""Every column of theory's table of functions, tried on numbers.

The oracle is mpmath's reading of the same name, in a room that shares nothing with theory.
"""

from itertools import pairwise

import pytest
import sympy
from tiltproof.link import parse
from tiltproof.link.build import call
from tiltproof.link.tree import Var
from tiltproof.numerics.lowering.pointwise import compile_mpmath, mp
from tiltproof.theory.exact import z
from tiltproof.theory.exact.functions import FUNCTIONS, Function
from tiltproof.theory.exact.lower import lower
from tiltproof.theory.exact.polynomial import same
from tiltproof.theory.exponents import exponents
from tiltproof.theory.shape.facts import facts

UNARY = [name for name, f in FUNCTIONS.items() if name not in ("min", "max", "clip", "He")]
POINTS = sorted({mp.mpf(i) / 7 for i in range(-60, 61)} | {mp.mpf(i) for i in range(-30, 31)})
FAR = mp.mpf(400)


def values(name: str, points: list[object]) -> dict[object, object]:
    """The values where the function is defined: real and finite."""
    function = compile_mpmath(call(name, (Var(),)))
    found = {}
    for x in points:
        try:
            value = mp.mpmathify(function(x)) if name not in ("sqrt",) or x >= 0 else mp.nan
        except (ValueError, ZeroDivisionError):
            continue
        if isinstance(value, mp.mpf) and mp.isfinite(value):
            found[x] = value
    assert len(found) > 2 or len(points) < 5
    return found


def close(a: object, b: object) -> bool:
    return bool(abs(a - b) <= mp.mpf(10) ** -9 * (1 + abs(a)))  # type: ignore[operator]


@pytest.mark.parametrize("name", UNARY)
def test_the_meaning_is_the_function(name: str) -> None:
    form = lower(call(name, (Var(),)))
    for x, y in values(name, POINTS[::9]).items():
        here = form.subs(z, sympy.Rational(str(sympy.nsimplify(str(mp.nstr(x, 25))))))
        assert close(mp.mpf(str(sympy.N(here, 25))), y)


@pytest.mark.parametrize("name", UNARY)
def test_parity(name: str) -> None:
    found, function = values(name, POINTS), FUNCTIONS[name]
    signs = {"odd": -1, "even": 1, None: 0}
    mirrored = {x: found[-x] for x in found if -x in found}
    whole = len(mirrored) == len(found)
    seen = {s for s in (1, -1) if whole and all(close(mirrored[x], s * found[x]) for x in found)}
    assert seen == ({signs[function.parity]} - {0})


@pytest.mark.parametrize("name", [n for n in UNARY if FUNCTIONS[n].half != "none"])
def test_what_is_left_beside_half_of_it_is_odd_or_even(name: str) -> None:
    found, constant = values(name, POINTS), FUNCTIONS[name].half == "1/2"
    rest = {x: y - (mp.mpf(1) if constant else x) / 2 for x, y in found.items()}
    assert all(close(rest[-x], (-1 if constant else 1) * rest[x]) for x in rest)


@pytest.mark.parametrize("name", UNARY)
def test_rising(name: str) -> None:
    found, rising = values(name, POINTS), FUNCTIONS[name].rising
    for where, points in (("everywhere", list(found)), ("from 0", [x for x in found if x >= 0])):
        steps = [found[b] - found[a] for a, b in pairwise(points)]
        if rising in (where, "everywhere"):
            assert min(steps) >= 0
        elif where == "from 0" or rising == "from 0":
            assert min(steps) < 0


@pytest.mark.parametrize("name", UNARY)
def test_limits_and_reach(name: str) -> None:
    function = FUNCTIONS[name]
    for side, limit in zip((-1, 1), function.limits or (), strict=False):
        for value in values(name, [side * FAR]).values():
            reached = abs(value) > 5 and (value > 0) == (limit is sympy.oo)
            assert reached if limit.is_infinite else abs(value - mp.mpf(str(sympy.N(limit, 30)))) < 0.01
    low, high = (mp.mpf(float(end)) for end in function.reach or (-sympy.oo, sympy.oo))
    for value in values(name, POINTS).values():
        assert low <= value <= high


@pytest.mark.parametrize("name", UNARY)
def test_sign(name: str) -> None:
    for x, y in values(name, POINTS).items():
        shown = {
            "of x": mp.sign(x) == mp.sign(y),
            "positive": y > 0,
            "positive off 0": y >= 0 and (y > 0) == (x != 0),
            "positive above 0": y >= 0 and (x <= 0 or y > 0),
            "unknown": True,
        }
        assert shown[FUNCTIONS[name].sign]


@pytest.mark.parametrize("name", UNARY)
def test_growth_and_what_follows_its_argument(name: str) -> None:
    function: Function = FUNCTIONS[name]
    for x, y in values(name, [*POINTS, FAR, -FAR]).items():
        bound = {
            "linear": 3 + abs(x), "root": 1 + mp.sqrt(abs(x)), "exponential": 3 * mp.exp(abs(x)),
            "logarithm": 5 + abs(x), "unknown": mp.inf,
        }  # fmt: skip
        assert abs(y) <= bound[function.growth]
    end = values(name, [FAR]).get(FAR, mp.inf)
    assert function.follows == (abs(end - FAR) < 1)


@pytest.mark.parametrize("name", UNARY)
def test_jumps(name: str) -> None:
    sides = values(name, [mp.mpf(10) ** -12, -(mp.mpf(10) ** -12)])
    gap = max(sides.values()) - min(sides.values())
    assert FUNCTIONS[name].jumps == (name not in ("log",) and gap > 0.25)


@pytest.mark.parametrize("name", [n for n in UNARY if FUNCTIONS[n].branch is not None])
def test_branch(name: str) -> None:
    branch = FUNCTIONS[name].branch
    assert branch is not None
    for x, y in values(name, POINTS).items():
        assert close(compile_mpmath(branch(Var(), int(mp.sign(x))))(x), y)


@pytest.mark.parametrize("name", [n for n in UNARY if FUNCTIONS[n].written_out is not None])
def test_a_shorthand_is_what_it_stands_for(name: str) -> None:
    written_out = FUNCTIONS[name].written_out
    assert written_out is not None
    assert same(call(name, (Var(),)), written_out(Var()))
    for x, y in values(name, POINTS).items():
        assert close(compile_mpmath(written_out(Var()))(x), y)


@pytest.mark.parametrize(
    ("link", "other"),
    [("silu(z)", "z*sigmoid(z)"), ("log1p(z**2)", "log(1 + z**2)"), ("expm1(z)/2", "(exp(z) - 1)/2"),
     ("-swish(2*z - 1)", "(1 - 2*z)*sigmoid(2*z - 1)"), ("z*expm1(-z**2)", "z*exp(-z**2) - z")],
)  # fmt: skip
def test_two_ways_to_write_one_link_are_the_same(link: str, other: str) -> None:
    assert same(parse(link).tree, parse(other).tree) or link.startswith("z*")
    assert exponents(parse(link).tree).information.value == exponents(parse(other).tree).information.value


@pytest.mark.parametrize(
    ("link", "t_max", "supremum", "parity"),
    [("silu(z)", "oo", None, None), ("expm1(z)", "0", "oo", None), ("-expm1(z)", "oo", "1", None),
     ("log1p(z**2)", "oo", "oo", "even"), ("silu(z) - z/2", "oo", None, "even"),
     ("expm1(-z**2)", "oo", "0", "even"), ("log1p(tanh(z)/2)", "oo", "log(3/2)", None)],
)  # fmt: skip
def test_facts_of_the_new_functions(link: str, t_max: str, supremum: str | None, parity: str | None) -> None:
    known = facts(parse(link).tree)
    assert known.t_max.value == sympy.sympify(t_max)
    assert known.supremum.value == (None if supremum is None else sympy.sympify(supremum))
    assert known.parity.value == parity
