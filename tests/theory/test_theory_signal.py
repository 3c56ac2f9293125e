"""Noise and signal kinds in closed form, with the noise law sampled by the oracle as a link of its own."""

from fractions import Fraction

import pytest
import sympy
from flint import arb
from tiltproof.link import NOISELESS, Signal, parse, parse_noise
from tiltproof.numerics.expectation.oracle import oracle
from tiltproof.numerics.precision import working
from tiltproof.theory.exact import t
from tiltproof.theory.exact.constants import Undecided
from tiltproof.theory.families import piecewise
from tiltproof.theory.families.form import Expansion
from tiltproof.theory.signal import cumulant, cumulant_slope, noisy_series, rational_ratio, signal, variance

from .agreement import enclosed, form_of, series_of

#: Links of a standard Gaussian with the law of the noise.
PUSHED = {"gaussian(3/4)": "3*z/4", "uniform(2)": "2*erf(z/sqrt(2))", "rademacher(1/2)": "sign(z)/2"}
AT = Fraction(2, 3)


def moments(text: str, k: int) -> tuple[arb, arb]:
    """E e^{ts} He_k and E s e^{ts} He_k by the oracle."""
    table = oracle(parse(text).tree).tilted_moments((k,), (0, 1), AT, 30)
    return table[0, k], table[1, k]


def expected(link: str, noise: str, k: int, kind: Signal) -> arb:
    (h, alpha), (mass, first) = moments(link, k), moments(PUSHED[noise], 0)
    base, slope = moments(link, 0)
    if kind == "label":
        return alpha * mass + h * first
    return h * mass if kind == "weight" else mass * (alpha - h * slope / base)


@pytest.mark.parametrize("noise", PUSHED)
@pytest.mark.parametrize("kind", ["label", "weight", "centered"])
@pytest.mark.parametrize("link", ["z - 3", "relu(z)", "where(z > 0, -1, -3)", "clip(z**2, 0, 4)"])
def test_signals_lie_in_the_oracles_enclosures(link: str, kind: Signal, noise: str) -> None:
    for k in (0, 1, 2):
        with working(200):
            found = enclosed(signal(form_of(link), k, kind, parse_noise(noise)), AT)
            assert found.overlaps(expected(link, noise, k, kind))


@pytest.mark.parametrize("noise", PUSHED)
@pytest.mark.parametrize("link", ["3*sin(2*z + 1) - 1", "z**2*exp(-z**2)"])
def test_noisy_series_lie_in_the_oracles_enclosures(link: str, noise: str) -> None:
    form = noisy_series(series_of(link), parse_noise(noise))
    for k in (0, 1, 2):
        with working(200):
            assert enclosed(form.alpha(k), AT).overlaps(expected(link, noise, k, "label"))
            assert enclosed(form.h(k), AT).overlaps(expected(link, noise, k, "weight"))


@pytest.mark.parametrize(
    ("noise", "typed"),
    [
        ("gaussian(3)", 9 * t**2 / 2),
        ("uniform(2)", sympy.log(sympy.sinh(2 * t) / (2 * t))),
        ("rademacher(1/2)", sympy.log(sympy.cosh(t / 2))),
        ("none", sympy.S.Zero),
    ],
)
def test_cumulant_generating_functions(noise: str, typed: sympy.Expr) -> None:
    assert cumulant(parse_noise(noise)) == typed


def test_gaussian_noise_on_a_line_is_one_gaussian() -> None:
    found = signal(form_of("z - 3"), 2, "weight", parse_noise("gaussian(2)"))
    assert found == t**2 * sympy.exp(sympy.Rational(5, 2) * t**2 - 3 * t)


def test_gaussian_noise_joins_the_exponentials_of_a_piece() -> None:
    found = signal(form_of("relu(z)"), 1, "weight", parse_noise("gaussian(1)"))
    assert found == t * (sympy.erf(sympy.sqrt(2) * t / 2) + 1) * sympy.exp(t**2) / 2


def coefficient(text: str, k: int, name: str) -> sympy.Expr | Expansion:
    try:
        return getattr(form_of(text), name)(k)
    except AssertionError:
        return getattr(series_of(text), name)(k)


@pytest.mark.parametrize(
    "core", ["z", "z**2 - z", "sign(z)", "relu(z)", "clip(z**2, 0, 4)", "sin(z)", "z**2*exp(-z**2)"]
)
@pytest.mark.parametrize(("c", "d"), [("1/3", "-2"), ("2", "1/2")])
@pytest.mark.parametrize("k", [0, 1, 2, 4])
def test_affine_images(core: str, c: str, d: str, k: int) -> None:
    """h_k of c s + d at t is e^{dt} h_k of s at ct."""
    at = Fraction(1, 5)
    with working(200):
        left = enclosed(coefficient(f"({c})*({core}) + ({d})", k, "h"), at)
        growth = enclosed(sympy.exp(sympy.Rational(d) * t), at)
        inner = enclosed(coefficient(core, k, "h"), Fraction(c) * at)
        assert left.overlaps(growth * inner)


def test_a_line_has_one_form_for_every_order() -> None:
    form = form_of("2*z - 3")
    assert form.general is not None
    (symbol,) = form.general.free_symbols - {t}
    for k in range(5):
        assert sympy.expand(form.general.subs(symbol, k) - form.h(k)) == 0


def test_without_noise_nothing_is_added() -> None:
    assert (cumulant(NOISELESS), cumulant_slope(NOISELESS), variance(NOISELESS)) == (0, 0, 0)


def test_levels_that_are_not_told_apart_leave_the_centred_signal_by_its_definition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def undecided(*_: object) -> None:
        raise Undecided

    tree = parse("where(z > 0, -1, -3)").tree
    written = form_of("where(z > 0, -1, -3)").centered(1)
    monkeypatch.setattr(piecewise, "apart", undecided)
    assert sympy.simplify(written - piecewise.constant_form(tree).centered(1)) == 0


LEVEL = sympy.Symbol("L", real=True)


@pytest.mark.parametrize(
    ("link", "noise", "level", "count"),
    [
        ("z - 3", "none", LEVEL, 2),
        ("2*z + 1", "gaussian(1/2)", LEVEL, 2),
        ("z**2 - 10", "none", LEVEL, 2),
        # (L + 7) t = 1 where L = -9, as t^2 has the factor -4 L - 36.
        ("2*z**2 - 9", "none", sympy.S(-9), 1),
    ],
)
def test_temperatures_at_a_level_are_where_the_ratio_has_it(
    link: str, noise: str, level: sympy.Expr, count: int
) -> None:
    ratio = rational_ratio(parse(link).tree, parse_noise(noise))
    assert ratio is not None
    found = ratio.temperatures(level)
    assert len(found) == count
    assert all(sympy.simplify(ratio.ratio.subs(t, 1 / beta) - level) == 0 for beta in found)
