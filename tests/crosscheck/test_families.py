"""beta1 of a family as a function of its parameter: stretches, critical values, what serves all members."""

import math
import re
from fractions import Fraction as F

import mpmath
import numpy as np
import pytest
import sympy
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.crosscheck.number import Number
from tiltproof.interface.output.conclusions import conclusion
from tiltproof.interface.output.view import Table
from tiltproof.interface.output.views import view
from tiltproof.numerics import work

import tiltproof
from tiltproof import FamilyThreshold


def family(link: str, spec: str, noise: str | None = None, signal: str = "label") -> FamilyThreshold:
    name, _, values = spec.partition("=")
    found = tiltproof.threshold(link, signal, noise, ranges={name: values})  # type: ignore[call-overload]
    assert isinstance(found, FamilyThreshold)
    return found


def holds(number: Number, decimal: str, digits: int = 20) -> bool:
    """Whether the enclosure is that narrow and of this value."""
    low, high = number.bounds
    near = F(decimal)
    return high - low <= abs(near) / 10**digits and abs(low - near) <= abs(near) / 10**digits


TANH = "0.872074930231275297775227873919"


def test_the_critical_shifts_of_tanh() -> None:
    found = family("tanh(z) - c", "c=[0, 2]")
    double, limit = found.critical
    assert holds(double.value, TANH)
    assert holds(double.beta, "0.320135230686839531202947455108")
    assert (limit.value.closed_form, limit.beta.closed_form) == (1, 0)
    assert [each.zeros for each in found.stretches] == [0, 2, 1]
    assert [double.zeros, limit.zeros] == [1, 1]
    assert found.complete


@pytest.mark.parametrize(("noise", "variance"), [(None, 0), ("gaussian(1/2)", mpmath.mpf(1) / 4)])
def test_the_critical_shift_of_tanh_by_another_road(noise: str | None, variance: mpmath.mpf) -> None:
    """R(t) = E[z tanh e^{t tanh}]/E[z e^{t tanh}] + K_e'(t) by mpmath's sums: R and t where R' = 0."""
    with mpmath.workdps(40):
        nodes = [mpmath.mpf(i) / 32 for i in range(-448, 449)]
        rows = [(mpmath.tanh(z), z * mpmath.exp(-z * z / 2)) for z in nodes]

        def moment(i: int, t: mpmath.mpf) -> mpmath.mpf:
            return mpmath.fsum(w * s**i * mpmath.exp(t * s) for s, w in rows)

        def slope(t: mpmath.mpf) -> mpmath.mpf:
            least, first, second = (moment(i, t) for i in range(3))
            return second / least - (first / least) ** 2 + variance

        t = mpmath.findroot(slope, (1.5, 1.55) if noise else (3.1, 3.15), tol=1e-60)
        level, beta = moment(1, t) / moment(0, t) + variance * t, 1 / t
        double = family("tanh(z) - c", "c=[0, 2]", noise).critical[0]
        assert holds(double.value, mpmath.nstr(level, 30))
        assert holds(double.beta, mpmath.nstr(beta, 30))


def test_noise_moves_the_critical_shift() -> None:
    found = family("tanh(z) - c", "c=[0, 2]", "gaussian(1/2)")
    [double] = found.critical
    assert holds(double.value, "1.36465185431959263330852641609")
    assert holds(double.beta, "0.657712288921861047194705673163")
    assert [each.zeros for each in found.stretches] == [0, 2]


def test_the_critical_shift_of_the_square_is_exact() -> None:
    found = family("z**2 - c", "c=[0, 30]")
    [double] = found.critical
    c = sympy.Symbol("c")
    assert double.value.closed_form == 5 + 2 * sympy.sqrt(6)
    assert double.beta.closed_form == 2 + sympy.sqrt(6)
    assert found.stretches[0].closed_form == 2
    t0 = (c - 1 - sympy.sqrt((c - 1) ** 2 - 8 * c)) / (4 * c)
    form = found.stretches[1].closed_form
    assert form is not None
    assert all(abs((form - 1 / t0).subs(c, value).evalf(30)) < 1e-25 for value in (10, 17, 30))
    assert found.uniform is not None
    assert sympy.expand(found.uniform.closed_form - (29 + sympy.sqrt(601)) / 2) == 0


def test_a_linear_link_has_exceptional_temperatures_from_shift_2_on() -> None:
    found = family("z - c", "c=[-1, 5]")
    [double] = found.critical
    c = sympy.Symbol("c")
    assert (double.value.closed_form, double.beta.closed_form) == (2, 1)
    assert [each.zeros for each in found.stretches] == [0, 2]
    form = found.stretches[1].closed_form
    assert form is not None
    assert sympy.simplify(form - (c + sympy.sqrt(c**2 - 4)) / 2) == 0


@pytest.mark.parametrize("bound", ["1/2", "9/10", "2"])
def test_an_output_offset_of_either_sign_is_served_by_the_largest(bound: str) -> None:
    found = family("tanh(z) - c", f"c=[-{bound}, {bound}]")
    assert found.uniform == threshold_alone(f"tanh(z) - {bound}").beta1.value


def test_a_factor_moves_the_level_too() -> None:
    """R(t) = c at beta = a/t: a tanh(z) - 1/2 is critical where 1/(2a) is critical for tanh."""
    found = family("a*tanh(z) - 1/2", "a=[1/4, 2]")
    assert [each.zeros for each in found.stretches] == [1, 2, 0]
    limit, double = found.critical
    assert limit.value.closed_form == sympy.Rational(1, 2)
    assert holds(double.value, str(F(1, 2) / F(TANH)))
    for each in found.stretches:
        for between in each.between:
            middle = (F(between.start) + F(between.end)) / 2
            there = threshold_alone(f"({middle})*tanh(z) - 1/2").beta1.value
            assert F(between.lower) <= there.bounds[0]
            assert there.bounds[1] <= F(between.upper)


def test_a_shift_moves_nothing_of_a_centred_signal() -> None:
    found = family("tanh(z) - c", "c=[0, 2]", signal="centered")
    [stretch] = found.stretches
    assert (stretch.zeros, found.critical) == (0, ())


def test_a_range_that_ends_at_a_critical_value() -> None:
    found = family("tanh(z) - c", "c=[9/10, 1]")
    assert [each.zeros for each in found.stretches] == [2]
    assert [each.value.closed_form for each in found.critical] == [1]


def test_integers_are_answered_one_by_one() -> None:
    found = family("tanh(He(k, z))", "k=1:3")
    assert [each.beta1[0].at for each in found.stretches] == ["1", "2", "3"]
    for k, each in zip((1, 2, 3), found.stretches, strict=True):
        alone = threshold_alone(f"tanh(He({k}, z))").beta1.value
        assert (each.beta1[0].lower, each.beta1[0].upper) == (alone.lower, alone.upper)


@pytest.mark.parametrize(
    ("link", "spec", "said"),
    [
        ("He(3, z) - c", "c=[0, 1]", "for any c"),
        ("c*z**3", "c=[1, 2]", "for any c"),
        ("He(k, z)", "k=1:4", "some k"),
    ],
)
def test_a_family_with_members_without_temperatures_has_no_largest(link: str, spec: str, said: str) -> None:
    found = family(link, spec)
    assert said in conclusion(found)
    assert found.uniform is not None
    assert found.uniform.lower == "inf"
    assert found.critical == ()


def test_between_two_values_beta1_is_enclosed() -> None:
    found = family("tanh(z) - c", "c=[0, 2]")
    assert all(len(each.between) == len(each.beta1) - 1 for each in found.stretches)
    for each in found.stretches[1].between:
        middle = (F(each.start) + F(each.end)) / 2
        there = threshold_alone(f"tanh(z) - {middle}").beta1.value
        assert F(each.lower) < there.bounds[0]
        assert there.bounds[1] < F(each.upper)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("link", "spec", "noise", "counts", "kinds"),
    [
        ("tanh(a*z) - 9/10", "a=[1/2, 3]", None, [1, 2, 0], ["searched", "double"]),
        ("tanh(a*z) - 9/10", "a=[1/2, 1]", "gaussian(1/4)", [2, 0], ["double"]),
        # A zero passes 1/8 and two meet within 1e-4: that is left open.
        ("clip(z, -c, c) - 1/2", "c=[1/2, 2]", None, [1, None, 0], []),
    ],
)
def test_a_parameter_that_bends_the_link(
    link: str, spec: str, noise: str | None, counts: list[int | None], kinds: list[str]
) -> None:
    """Counts on both sides of each critical value, and beta1 within cells, by single members."""
    found = family(link, spec, noise)
    assert [each.zeros for each in found.stretches] == counts
    assert [each.kind for each in found.critical] == kinds
    assert not found.complete

    def member(value: F) -> list[Number]:
        text = re.sub(rf"\b{spec[0]}\b", f"({value})", link)
        return [
            each for each in threshold_alone(text, noise=noise, digits=8).exceptional
            if each.bounds[0] > F(1, 8)
        ]  # fmt: skip

    for place, each in enumerate(found.critical):
        low, high = each.value.bounds
        assert high - low < F(1, 10**10)
        sides = [len(member(end)) for end in (low - F(1, 10**6), high + F(1, 10**6))]
        assert sides == counts[place : place + 2]
    for value, count in zip((F(5001, 10000), F(51, 100)), (1, 0), strict=True):
        assert spec[0] != "c" or len(member(value)) == count
    for cell in found.stretches[0].between[::12]:
        first = member((F(cell.start) + F(cell.end)) / 2)[0]
        assert F(cell.lower) <= first.bounds[0]
        assert first.bounds[1] <= F(cell.upper)


@pytest.mark.slow
def test_all_members_but_those_beside_an_even_one_are_settled() -> None:
    """At c = 0 the link is even, and alpha_1 is 0 for every t."""
    found = family("abs(z - c) - 1", "c=[0, 2]")
    assert [each.zeros for each in found.stretches] == [None, 0]
    assert found.stretches[1].lower.bounds[1] <= F(1, 128)


@pytest.mark.slow
def test_a_graph_that_takes_all_its_work_leaves_enough_for_members() -> None:
    found = family("sin(3*z) + abs(z)/2 - c", "c=[0, 3]")
    [stretch] = found.stretches
    assert stretch.zeros == 6
    assert found.uniform is not None
    assert holds(found.uniform, "5.89147797079", 10)


def test_steps_that_move() -> None:
    found = family("where(z > a, 1, -1) - 9/10", "a=[0, 1/8]")
    assert [each.zeros for each in found.stretches] == [0]
    assert found.complete
    assert found.uniform is not None
    assert found.uniform.upper == "0"


def test_an_even_window_that_grows() -> None:
    """alpha_2 = -2 c phi(c) e^t; alpha_1 is 0."""
    found = family("where(abs(z) < c, 1, 0)", "c=[1/2, 9/10]")
    assert [each.zeros for each in found.stretches] == [0]
    assert found.complete


@pytest.mark.parametrize(
    "link", ["exp(-(z - c + 1/3)**2)", pytest.param("abs(z - c + 1/3) - 1", marks=pytest.mark.slow)]
)
def test_a_family_with_one_even_member_is_searched_in_order_1(link: str) -> None:
    found = family(link, "c=[1, 5/4]")
    assert [each.zeros for each in found.stretches] == [0]


@pytest.mark.slow
def test_a_jump_that_vanishes_leaves_that_end_open() -> None:
    found = family("where(z**2 < c, 2, 0) + z/2", "c=[0, 1/4]")
    assert [each.zeros for each in found.stretches] == [None, 0]
    assert found.stretches[1].lower.bounds[1] <= F(1, 500)
    assert not found.complete


STEPS = "where(z > c, 2, where(z > 0, 0, where(z > -1, 1, -1)))"


def roots_of_steps(c: float) -> list[float]:
    """beta = 1/log x with 2 phi(c) x^3 - (phi(0) - phi(1)) x^2 + phi(1) = 0."""
    x = np.roots([2 * math.exp(-(c**2) / 2), math.exp(-0.5) - 1, 0, math.exp(-0.5)])
    return sorted(
        (1 / math.log(each.real) for each in x if abs(each.imag) < 1e-7 and each.real > 1), reverse=True
    )


@pytest.mark.slow
def test_steps_are_sums_of_exponentials() -> None:
    """Every number of the phase diagram by the cubic in e^t, whose double root is known."""
    found = family(STEPS, "c=[2, 3]")
    bump = 1 - math.exp(-0.5)
    [meeting] = found.critical
    assert found.complete
    assert [each.zeros for each in found.stretches] == [0, 2]
    assert float(meeting.value) == pytest.approx(
        math.sqrt(-math.log(bump**3 * math.exp(0.5) / 27)), abs=1e-10
    )
    lift = math.exp(float(meeting.value) ** 2 / 2)
    assert float(meeting.beta) == pytest.approx(1 / math.log(bump * lift / 3), abs=1e-8)
    assert (meeting.kind, meeting.zeros) == ("double", 1)
    assert found.uniform is not None
    low, high = map(float, found.uniform.bounds)
    assert low - 1e-9 <= max(roots_of_steps(3.0)) <= high
    for stretch in found.stretches:
        for each in stretch.beta1:
            assert [float(beta) for beta in each.exceptional] == pytest.approx(
                roots_of_steps(float(F(each.at)))
            )
        for cell in stretch.between:
            for share in (0.01, 0.5, 0.99):
                c = float(F(cell.start)) + share * float(F(cell.end) - F(cell.start))
                first = max(roots_of_steps(c), default=0.0)
                assert float(F(cell.lower)) <= first <= float(F(cell.upper))
    # The bounds meet from one end of the range to the other, also where two zeros meet.
    cells = [cell for stretch in found.stretches for cell in stretch.between]
    assert [cell.end for cell in cells[:-1]] == [cell.start for cell in cells[1:]]


@pytest.mark.slow
def test_a_first_zero_that_comes_from_t_0_has_no_largest() -> None:
    """F(0) = 3 phi(c) - phi(0) for these steps, and e^{3t} = (phi(0)/phi(c) - 1)/2 at the zero."""
    found = family("where(z > c, 2, where(z > 0, -1, 0))", "c=[1, 2]")
    assert found.complete
    assert [each.zeros for each in found.stretches] == [0, 1]
    [limit] = found.critical
    assert (limit.kind, limit.zeros, limit.beta.lower) == ("limit", 0, "inf")
    assert float(limit.value) == pytest.approx(math.sqrt(2 * math.log(3)), abs=1e-10)
    assert found.uniform is not None
    assert found.uniform.lower == "inf"
    assert "no beta1 serves every c" in conclusion(found)
    for cell in found.stretches[1].between:
        for c in (float(F(cell.start)) + 1e-9, float(F(cell.end))):
            beta = 3 / math.log((math.exp(c**2 / 2) - 1) / 2)
            assert float(F(cell.lower)) <= beta <= float(F(cell.upper))


def test_a_count_says_down_to_where_it_counts() -> None:
    found = family("sin(z) - c", "c=[0, 1]")
    assert not found.complete
    stretches = next(block for block in view(found).blocks if isinstance(block, Table))
    assert "of each member above beta = 1/64" in stretches.legend


def test_every_listed_member_has_the_work_of_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the workers of a cluster, which know of no other member."""
    monkeypatch.setattr(work, "_QUESTION", 5e4)
    before = work._METER.taken
    found = family("tanh(z) + z/3 - c", "c=1:6")
    assert work._METER.taken - before > 2 * work._QUESTION
    assert [stretch.zeros for stretch in found.stretches] == [0, 1, 1, 1, 1, 1]
