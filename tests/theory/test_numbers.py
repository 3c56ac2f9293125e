"""Signs of exact numbers, zeros of polynomials and the pieces of a link, by values typed in."""

import pytest
import sympy
from sympy import E, Rational, atan, cos, cosh, erf, exp, log, oo, pi, sin, sinh, sqrt, tanh
from tiltproof.link import parse
from tiltproof.theory.exact.constants import (
    Undecided,
    collected,
    compare,
    decided_sign,
    decimals,
    differ,
    increasing,
    is_zero,
    sign,
)
from tiltproof.theory.exact.lower import lower
from tiltproof.theory.exact.polynomial import real_zeros
from tiltproof.theory.shape.pieces import exact_pieces, levels

SIGNS = [
    (oo, 1), (-oo, -1), (0, 0), (Rational(-2, 7), -1), (Rational(22, 7) - pi, 1),
    (pi - Rational(355, 113), -1), (E - Rational(2718, 1000), 1), (exp(-50), 1), (-exp(Rational(1, 2)), -1),
    (2**pi - 9, -1), (sqrt(2) ** 3 - 2, 1), (sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2), 0),
    (log(4) - 2 * log(2), 0), ((1 + sqrt(2)) ** 2 - 3 - 2 * sqrt(2), 0), (sin(1) - cos(1), 1),
    (tanh(2) - 1, -1), (erf(1) - Rational(4, 5), 1), (erf(1) - Rational(6, 7), -1),
    (cosh(2) - 2 * cosh(1) ** 2 + 1, 0), (cos(2) - 2 * cos(1) ** 2 + 1, 0),
    (sin(3) - 3 * sin(1) + 4 * sin(1) ** 3, 0), (sinh(3) - 3 * sinh(1) - 4 * sinh(1) ** 3, 0),
    (tanh(2) - 2 * tanh(1) / (1 + tanh(1) ** 2), 0), (abs(1 - pi) - 3, -1), (pi**-2 - Rational(1, 9), -1),
    (log(6) - log(2) - log(3), 0), (sqrt(log(6)) - sqrt(log(2) + log(3)), 0),
    (log(3 + 2 * sqrt(2)) - 2 * log(1 + sqrt(2)), 0), (erf(sqrt(3 + 2 * sqrt(2))) - erf(1 + sqrt(2)), 0),
    (pi * sqrt(3 + 2 * sqrt(2)) - pi - sqrt(2) * pi, 0), (erf(-sqrt(log(6))) + erf(sqrt(log(2) + log(3))), 0),
    (sqrt(5 - 2 * sqrt(6)) + sqrt(2) - sqrt(3), 0), (log(Rational(3, 2)) - log(6) + 2 * log(2), 0),
    (sqrt(2) + sqrt(5 - 2 * sqrt(6)) - sqrt(3) - Rational(1, 10**390), -1),
    ((2 ** Rational(1, 3) - 1) ** Rational(1, 3) - (1 - 2 ** Rational(1, 3) + 4 ** Rational(1, 3))
     / 9 ** Rational(1, 3), 0),
    (exp(-400) - exp(-401), 1), (sqrt(2) - Rational(1414213562373095048801688724209698, 10**33), 1),
]  # fmt: skip


@pytest.mark.parametrize(("number", "known"), SIGNS, ids=str)
def test_signs_of_numbers(number: sympy.Expr, known: int) -> None:
    assert sign(number) == decided_sign(number) == known
    assert is_zero(number) is (known == 0)
    assert (
        differ(sympy.sympify(number), sympy.S.Zero)
        is differ(sympy.S.Zero, sympy.sympify(number))
        is (known != 0)
    )


def test_what_is_neither_proved_nor_refuted_is_undecided() -> None:
    # Machin's formula, which no rule here knows; and an identity too long to be simplified.
    machin = 4 * atan(Rational(1, 5)) - atan(Rational(1, 239))
    hidden = machin - pi / 4
    assert sign(hidden) is is_zero(hidden) is differ(machin, pi / 4) is None
    long = sum((sin(j) ** 2 + cos(j) ** 2 - 1 for j in range(1, 21)), sympy.S.Zero)
    assert sign(long) is None
    with pytest.raises(Undecided, match="the sign of"):
        compare(machin, pi / 4)


def test_weights_of_equal_keys_are_added() -> None:
    root, sum_of_two = sqrt(3 + 2 * sqrt(2)), 1 + sqrt(2)
    assert collected([(root, sympy.Integer(2)), (pi, sympy.Integer(1)), (sum_of_two, sympy.Integer(3))]) == {
        root: 5,
        pi: 1,
    }


def test_equal_numbers_are_kept_once_and_in_order() -> None:
    one, same = 1 + sqrt(2), sqrt(3 + 2 * sqrt(2))
    found = increasing([pi, one, Rational(-1, 2), same, oo, sympy.S.Zero])
    assert found[0] == Rational(-1, 2)
    assert found[1] == 0
    assert found[2] in (one, same)
    assert found[3:] == [pi, oo]


#: Coefficients from the constant term on, and the distinct real zeros; None where they are not written down.
ZEROS = [
    ((3,), []), ((1, 2), [Rational(-1, 2)]), ((-2, 0, 1), [-sqrt(2), sqrt(2)]), ((1, 0, 1), []),
    ((1, 2, 1), [-1]), ((-1, -1, 1), [(1 - sqrt(5)) / 2, (1 + sqrt(5)) / 2]),
    ((3, -7, 2), [Rational(1, 2), 3]), ((0, 0, -1, 1), [0, 1]), ((0, -6, 1, 1), [-3, 0, 2]),
    ((-6, 11, -6, 1), [1, 2, 3]),
    ((1, 0, -3, 0, 1), [(-1 - sqrt(5)) / 2, (1 - sqrt(5)) / 2, (-1 + sqrt(5)) / 2, (1 + sqrt(5)) / 2]),
    ((-2, 0, 1, 0, 1), [-1, 1]), ((-pi, 0, 1), [-sqrt(pi), sqrt(pi)]), ((-1, pi), [1 / pi]),
    ((-pi, 0, 0, 0, 1), [-(pi ** Rational(1, 4)), pi ** Rational(1, 4)]),
    ((-3 * pi**2, 0, -2 * pi, 0, 1), [-sqrt(3 * pi), sqrt(3 * pi)]), ((1, 1, 0, 1), None),
    ((pi, 1, 0, 1), None), ((0, 0, pi), [0]),
]  # fmt: skip


@pytest.mark.parametrize(("coefficients", "zeros"), ZEROS, ids=str)
def test_real_zeros(coefficients: tuple[sympy.Expr, ...], zeros: list[sympy.Expr] | None) -> None:
    found = real_zeros(tuple(map(sympy.sympify, coefficients)))
    assert (found is None) == (zeros is None)
    if found is not None and zeros is not None:
        assert [sympy.simplify(a - b) for a, b in zip(found, zeros, strict=True)] == [0] * len(zeros)


#: The end points between pieces, and the branch on each.
PIECES = {
    "abs(z)": ([0], ["-z", "z"]), "relu(z - 1)": ([1], ["0", "z - 1"]),
    "sign(z**2 - 2)": ([-sqrt(2), sqrt(2)], ["1", "-1", "1"]), "Heaviside(-z)": ([0], ["1", "0"]),
    "clip(z, -1, 2)": ([-1, 2], ["-1", "z", "2"]), "max(z, 1, -z)": ([-1, 1], ["-z", "1", "z"]),
    "min(z, z**2)": ([0, 1], ["z", "z**2", "z"]),
    "abs(abs(z) - 1)": ([-1, 0, 1], ["-z - 1", "z + 1", "1 - z", "z - 1"]),
    "where(z > 1 or z < -1, z, 2)": ([-1, 1], ["z", "2", "z"]),
    "where(z >= 0 and z <= 1, z, 2)": ([0, 1], ["2", "z", "2"]),
    "where(z**2 <= 3, 1, 0)": ([-sqrt(3), sqrt(3)], ["0", "1", "0"]), "where(z == 0, 5, z)": ([], ["z"]),
    "where(z != 0, z, 5)": ([], ["z"]), "exp(abs(z))": ([0], ["exp(-z)", "exp(z)"]),
}  # fmt: skip


@pytest.mark.parametrize("link", PIECES)
def test_pieces(link: str) -> None:
    found = exact_pieces(parse(link).tree)
    assert found is not None
    ends, branches = PIECES[link]
    assert [piece.low for piece in found] == [-oo, *ends]
    assert [piece.high for piece in found] == [*ends, oo]
    wrong = [sympy.expand(lower(p.tree) - lower(parse(b).tree)) for p, b in zip(found, branches, strict=True)]
    assert wrong == [0] * len(branches)


def test_a_nest_is_cut_from_the_pieces_of_what_it_stands_around() -> None:
    """From the innermost abs again, each of the parts that are asked for in turn took most of a second."""
    pieces = exact_pieces(parse("abs(" * 40 + "z" + "-1/7)" * 40).tree)
    assert pieces is not None
    assert [piece.high for piece in pieces[:-1]] == [sympy.Rational(k, 7) for k in range(-38, 41)]


def test_levels_are_the_pieces_of_a_link_with_finitely_many_values() -> None:
    assert levels(parse("where(z > 1, -5, 2)").tree) == ((-oo, 1, 2), (1, oo, -5))
    assert levels(parse("where(z > 1, z, 2)").tree) is None
    assert levels(parse("sign(sin(z))").tree) is None


def test_cut_points_that_are_equal_logarithms_leave_no_piece_between() -> None:
    inner = "where(z < log(2) + log(3), 5, 2)"
    found = levels(parse(f"where(z < log(6), 1, {inner})").tree)
    assert found is not None
    assert [value for _, _, value in found] == [1, 2]


#: 0, written so that no precision tells.
NOTHING = "(sqrt(6) + 3)**2 - 15 - 6*sqrt(6)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [(f"min({NOTHING}, 1)", 0), (f"max({NOTHING}, -1, -2)", 0), (f"relu({NOTHING})", 0),
     (f"sign({NOTHING})", 0), (f"Heaviside({NOTHING})", sympy.S.Half),
     (f"where({NOTHING} == 0, 3, 4)", 3), (f"max(1, {NOTHING} + 1, sqrt(2))", sympy.sqrt(2))],
)  # fmt: skip
def test_a_number_that_is_secretly_0_is_compared(text: str, expected: sympy.Expr) -> None:
    assert sign(lower(parse(text).tree) - expected) == 0


def test_a_link_is_evaluated_in_its_own_kinks() -> None:
    kink = sympy.sqrt(3 + sympy.sqrt(6))
    assert sign(lower(parse("min(0, He(4, z))").tree, kink)) == 0
    assert sign(lower(parse("where(He(4, z) < 0, 5, 6)").tree, kink) - 6) == 0
    assert lower(parse("where(z == 0, 5, abs(z))").tree, sympy.S.Zero) == 5


def test_what_is_no_real_number_has_no_sign() -> None:
    assert sign(sympy.log(-1)) is None
    assert sign(sympy.Symbol("a") / sympy.Symbol("b")) is None


def test_a_number_that_hardly_differs_from_0_is_shown_at_once() -> None:
    # SymPy would work out erf(354) to the digits that separate it from 1.
    assert decimals(exp(-125000) + 1 - erf(354), 6) == "1.54797e-54287"
    assert decimals(sympy.sqrt(2), 6) == "1.41421"
    assert decimals(sympy.Symbol("x") + 1, 6) is None
