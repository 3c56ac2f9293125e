"""Numbers and polynomials of SymPy that would end the process, against those that may be formed."""

import pytest
import sympy
from sympy import Rational, exp, log, sqrt
from tiltproof.interface.cli.main import main
from tiltproof.link import parse
from tiltproof.theory.exact.constants import sign
from tiltproof.theory.exact.lower import lower
from tiltproof.theory.exact.sympy_limits import TooLarge
from tiltproof.theory.signal import in_lowest_terms

x, y = sympy.symbols("x y")
#: Close to exp(-1), and a power 2*10^12 + 1 of exp(-1/(2*10^12)).
NEAR = exp(-1 - Rational(1, 2 * 10**12))


def test_powers_of_a_root_of_e_beyond_all_numbers_are_cancelled() -> None:
    ratio = (NEAR - exp(-Rational(3, 2 * 10**12))) ** 2 / (exp(-2) + sqrt(5) * NEAR)
    assert sign(in_lowest_terms(ratio) - ratio) in (0, None)
    assert sympy.cancel((x**2 - NEAR**2) / (x - NEAR)).subs(x, 1).equals(1 + NEAR)


@pytest.mark.parametrize("number", [lambda: exp(10**12 * log(3)), lambda: Rational(2, 3) ** -(10**12),
                                    lambda: sympy.Integer(3) ** Rational(10**12 + 1, 2)])  # fmt: skip
def test_a_power_that_fills_the_memory_is_not_formed(number: object) -> None:
    with pytest.raises(TooLarge):
        number()  # type: ignore[operator]


def test_a_long_power_that_fits_is_formed() -> None:
    assert sympy.Integer(3) ** 1000 == 3**1000
    assert Rational(2, 3) ** -1000 == Rational(3**1000, 2**1000)


def test_a_link_has_no_number_longer_than_its_language() -> None:
    with pytest.raises(TooLarge, match="900 digits"):
        lower(parse("exp(20000*log(2))*tanh(z)").tree)


@pytest.mark.parametrize(
    ("f", "g"),
    [((x - y) ** 2 * (x + 3), 6 * (y - x) * (x * y + 1)), (2 * x * y - 4, 3 * x - 3),
     (-(x**40) * y + y, (x**20 + 1) * (y - 1)), ((x + y) ** 3, (x + y) ** 2 / 7)],
)  # fmt: skip
def test_common_factors_are_found_with_a_positive_leading_term(f: sympy.Expr, g: sympy.Expr) -> None:
    common = sympy.gcd(f, g)
    rest = [sympy.div(p, common, x, y) for p in (f, g)]
    assert all(r == 0 for _, r in rest)
    assert sympy.gcd(*(q for q, _ in rest)).is_number
    assert sympy.Poly(common, x, y).LC() > 0
    assert sympy.expand(sympy.factor(f) - f) == 0
    assert sympy.expand(sympy.cancel(f / g) * g - f).simplify() == 0


@pytest.mark.parametrize(
    ("question", "code"),
    [(["threshold", "exp(-(where(z > 1e-6, z, -1))**2)"], 0),
     (["threshold", "exp(1000000000000*log(3))*z"], 3),
     (["exponents", "exp(20000*log(2))*tanh(z)"], 3),
     (["threshold", "where(z > 1000000000000*log(2) - 1000000000000*log(3), 1, -2)"], 3),
     (["coefficients", "where(z > 12345678901234567890123456/10**25, 1, 0)", "--k", "200", "--beta", "2"], 0),
     (["claim", "h(1, 1/log(2)) > 0", "--link", "where(z > 1, 1000000000000, where(z > -1, -2, -3))"], 3)],
)  # fmt: skip
def test_a_question_is_answered_or_refused(
    question: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(question)
    assert ended.value.code == code
    assert "fault" not in capsys.readouterr().err
