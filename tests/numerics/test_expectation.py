"""The certified oracle against literal values, closed forms typed in here, and mpmath's own quadrature."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb
from tiltproof.link import LIBRARY, parse
from tiltproof.numerics.expectation.oracle import Interval, NotIntegrable, Unresolved, oracle
from tiltproof.numerics.expectation.tails import least_beta
from tiltproof.numerics.precision import relative_digits, working

ONE = Fraction(1)


def moment(link: str, k: int, power: int, t: Fraction | int, digits: int = 30) -> arb:
    return oracle(parse(link).tree).tilted_moments((k,), (power,), t, digits)[power, k]


@pytest.mark.parametrize("digits", [10, 30, 100, 300])
def test_requested_digits_are_reached(digits: int) -> None:
    assert relative_digits(moment("tanh", 1, 1, 1, digits)) >= digits


@pytest.mark.parametrize("link", ["tanh", "clip-He3", "relu", "staircase", "gelu", "tanh-He4", "z-cos"])
def test_enclosure_contains_the_value_at_higher_precision(link: str) -> None:
    coarse, fine = moment(link, 2, 1, ONE / 2, 12), moment(link, 2, 1, ONE / 2, 45)
    with working(400):
        assert coarse.contains(fine) or (coarse - fine).contains(0)


@pytest.mark.parametrize(
    ("link", "k", "t", "closed"),
    [
        # Shift: h_k = e^{tc + t^2/2} t^k for s = z + c.
        ("z - 3", 2, "1/2", lambda t: mpmath.exp(-3 * t + t * t / 2) * t**2),
        # Completed square: h_2 = e^{-tc} (1 - 2t)^{-3/2} 2t for s = z^2 - c.
        ("z**2 - 10", 2, "1/4", lambda t: mpmath.exp(-10 * t) * (1 - 2 * t) ** mpmath.mpf("-1.5") * 2 * t),
        # Levels: h_1 = (e^t - e^-t) phi(0) for s = sign z.
        ("sign(z)", 1, "1/3", lambda t: 2 * mpmath.sinh(t) / mpmath.sqrt(2 * mpmath.pi)),
        # Truncated moments: h_0 = (1 + e^{t^2/2}(1 + erf(t/sqrt 2)))/2 for relu.
        ("relu(z)", 0, "2", lambda t: (1 + mpmath.exp(t * t / 2) * (1 + mpmath.erf(t / mpmath.sqrt(2)))) / 2),
    ],
)
def test_closed_forms_lie_inside(link: str, k: int, t: str, closed: object) -> None:
    value = moment(link, k, 0, Fraction(t))
    with mpmath.workdps(45), working(180):
        exact = closed(mpmath.mpf(Fraction(t).numerator) / Fraction(t).denominator)  # type: ignore[operator]
        assert value.overlaps(arb(mpmath.nstr(exact, 42), "1e-40"))


@pytest.mark.parametrize(
    ("link", "k", "value"),
    [
        # mpmath.quad of |z - 1|^{1/2} e^{|z - 1|^{1/2}/2} He_k phi, cut at 1, and the like.
        ("sqrt(abs(z - 1))", 1, "-0.2785217151296726659678459"),
        ("sqrt(abs(z - 1))", 2, "0.1773288653561576311513519"),
        ("abs(z)**(1/2)", 2, "0.3382846345090643619317355"),
    ],
)
def test_a_branch_point_is_reached_wherever_it_lies(link: str, k: int, value: str) -> None:
    ball = moment(link, k, 0, ONE / 2)
    assert abs(ball - arb(value)) < arb("1e-14")
    assert relative_digits(ball) >= 30


def test_an_interval_of_t_gives_a_hull() -> None:
    table = oracle(parse("tanh").tree).tilted_moments((1,), (1,), Interval(ONE / 2, ONE), 12)
    for t in (ONE / 2, ONE * 3 / 4, ONE):
        assert table[1, 1].contains(moment("tanh", 1, 1, t))


@pytest.mark.parametrize("link", ["He(3, z)", "exp(z)", "exp(exp(z))", "z**2", "z**3*tanh(z)"])
def test_divergence_is_proved_before_truncation(link: str) -> None:
    with pytest.raises(NotIntegrable, match="have no mean"):
        moment(link, 0, 0, 1)


def test_the_temperature_to_take_is_no_lower_than_allowed() -> None:
    with working(100):
        limits = [(arb(3) / 2).log(), arb(3) / 2, arb(1) / 2]
    # 1/log(3/2) = 2.466303...
    assert [least_beta(limit) for limit in limits] == ["2.46631", "0.666667", "2"]
    with pytest.raises(NotIntegrable, match=r"as fast as z\^2 as z -> \+oo\): take beta > 2$"):
        moment("z**2", 0, 0, 1)


@pytest.mark.parametrize("link", ["-exp(z**2)", "-z**4", "-cosh(z)"])
def test_links_that_fall_fast_are_integrable_at_every_t(link: str) -> None:
    assert moment(link, 0, 1, 1) < 0


def test_a_moment_that_does_not_exist_is_not_a_number() -> None:
    with pytest.raises(NotIntegrable, match="infinite"):
        moment("-exp(z**2)", 0, 1, 0)


def test_zero_is_never_claimed() -> None:
    value = moment("z**2*exp(-z**2)", 2, 1, 1)
    assert value.contains(0)
    assert value.rad() > 0
    assert value.rad() < arb("1e-40")


@pytest.mark.parametrize("link", list(LIBRARY))
def test_library_moments_agree_with_mpmath(link: str) -> None:
    """Oracle: mpmath.quad on unit panels of the library's expression, lowered by mpmath's own code path."""
    from tiltproof.numerics.estimates.quadrature import tilted_moment

    tree = parse(link).tree
    estimate = tilted_moment(tree, 1, 1, Fraction(0), 15)
    value = moment(link, 1, 1, 0, 20)
    assert abs(float(value.mid()) - float(estimate.value)) < 1e-6 + float(estimate.error)


def test_many_orders_share_one_request() -> None:
    table = oracle(parse("tanh").tree).tilted_moments(tuple(range(9)), (0, 1), ONE, 30)
    assert table[1, 3].overlaps(moment("tanh", 3, 1, 1))
    assert len(table) == 18


def test_a_steep_tilt_puts_a_narrow_peak_far_out() -> None:
    # e^{256 s - z^2/2} peaks near |z| = 520, on a scale of 0.04.
    def integrand(x: mpmath.mpf) -> mpmath.mpf:
        s = 2 * mpmath.sin(x) + 2 * abs(x)
        return s * mpmath.exp(256 * s - x * x / 2) / mpmath.sqrt(2 * mpmath.pi)

    value = moment("2*sin(z) + 2*abs(z)", 0, 1, 256, 10)
    with mpmath.workdps(30):
        peaks = [[side * (505 + j / 4) for j in range(121)] for side in (1, -1)]
        rough = sum(mpmath.quad(integrand, sorted(points), maxdegree=4) for points in peaks)
        assert abs(mpmath.mpf(value.mid().str(20, radius=False)) / rough - 1) < 1e-9


@pytest.mark.slow
def test_a_link_that_bends_too_fast_is_given_up() -> None:
    with pytest.raises(Unresolved, match="near z"):
        moment("sin(5000*z)*abs(z)", 1, 1, 3, 30)


def test_a_zero_among_enormous_terms_is_given_up() -> None:
    link = oracle(parse("300*sign(z)").tree)
    assert link.tilted_moments((2,), (0,), Fraction(1, 2), 20)[0, 2].contains(0)
    with pytest.raises(Unresolved, match="digits that cancel: take a larger beta"):
        link.tilted_moments((2,), (0,), 4, 20)
