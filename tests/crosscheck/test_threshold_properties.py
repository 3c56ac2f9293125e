"""What G1, H2, H4, T2, T3, T4 and T6 say, on random links: the oracle of each test is the theorem."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.crosscheck.arguments import as_noise
from tiltproof.crosscheck.link_facts.beyond import sign_changes
from tiltproof.crosscheck.link_facts.threshold import sufficient
from tiltproof.crosscheck.link_facts.zeros import Zeros, zeros
from tiltproof.link import Signal, parse
from tiltproof.numerics.expectation.oracle import Interval, oracle
from tiltproof.numerics.precision import exact, working

import tiltproof

quarters = st.fractions(min_value=-2, max_value=2, max_denominator=4)
SHAPES = (
    "({c})*tanh(({a})*z + {b}) + {d}",
    "({c})*clip(({a})*z + {b}, -1, 2) + {d}",
    "where(z < {b}, {c}, where(z < {b} + 1, {d}, {a}))",
    "({c})*exp(-(z - {b})**2) + {d}",
    "({c})*sigmoid(z**2 - {b}) + {d}",
    "({c})*tanh(He(3, z)/({a})) + {d}",
)
OUTER = ("{}", "tanh({})", "({})**3", "-exp({})")


@st.composite
def bounded_links(draw: st.DrawFn) -> str:
    nonzero = quarters.filter(bool)
    numbers = {"a": draw(nonzero), "b": draw(quarters), "c": draw(nonzero), "d": draw(quarters)}
    return draw(st.sampled_from(SHAPES)).format(**numbers)


def answered(link: str, signal: Signal = "label", noise: str | None = None) -> Zeros:
    return zeros(parse(link), signal, as_noise(noise), 8)


def decided(*answers: Zeros) -> bool:
    return all(a.status in ("PROVED", "ENCLOSED") and a.beta1.upper != "inf" for a in answers)


def bound(text: str) -> float:
    """A bound as printed, a decimal or a closed form."""
    return float(sympy.N(sympy.sympify(text), 20))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(bounded_links(), st.sampled_from(["label", "weight"]))
def test_sufficient_bounds_lie_above_the_threshold(link: str, signal: Signal) -> None:
    found, bounds = answered(link, signal), sufficient(parse(link), signal, as_noise(None))
    for text in (bounds.lambert, bounds.structural):
        if text is not None and decided(found):
            assert float(found.beta1.lower) <= bound(str(text)) * (1 + 1e-9)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(bounded_links())
def test_no_more_zeros_than_sign_changes(link: str) -> None:
    found, changes = answered(link), sign_changes(parse(link))
    power = tiltproof.exponents(link).witness_power
    if changes is not None and power is not None:
        assert len(found.exceptional) + power - 1 <= changes.label


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(bounded_links(), st.sampled_from(["label", "weight", "centered"]), st.sampled_from(["3", "1/2"]))
def test_thresholds_scale_with_the_link(link: str, signal: Signal, c: str) -> None:
    found, scaled = answered(link, signal), answered(f"({c})*({link})", signal)
    if decided(found, scaled):
        low, high = (Fraction(c) * Fraction(x) for x in (found.beta1.lower, found.beta1.upper))
        assert Fraction(scaled.beta1.lower) <= high
        assert low <= Fraction(scaled.beta1.upper)


@settings(max_examples=8, deadline=None)
@given(bounded_links(), st.sampled_from(["weight", "centered"]), quarters)
def test_a_shift_leaves_weight_and_centred_signals_alone(link: str, signal: Signal, b: Fraction) -> None:
    found, moved = answered(link, signal), answered(f"({link}) + ({b})", signal)
    if decided(found, moved):
        assert Fraction(moved.beta1.lower) <= Fraction(found.beta1.upper)
        assert Fraction(found.beta1.lower) <= Fraction(moved.beta1.upper)


@settings(max_examples=6, deadline=None)
@given(bounded_links(), st.sampled_from(["gaussian(1/2)", "uniform(1)", "rademacher(1/2)"]))
def test_noise_lowers_the_label_threshold_and_leaves_the_centred_zeros(link: str, noise: str) -> None:
    clean, noisy = answered(link), answered(link, "label", noise)
    if decided(clean, noisy):
        assert Fraction(noisy.beta1.lower) <= Fraction(clean.beta1.upper)
    clean, noisy = answered(link, "centered"), answered(link, "centered", noise)
    assert [z.lower for z in clean.exceptional] == [z.lower for z in noisy.exceptional]


@settings(max_examples=20, deadline=None)
@given(
    bounded_links(),
    quarters.filter(bool),
    quarters,
    st.sampled_from(["{}", "tanh({})", "({})**3", "-exp({})"]),
)
def test_injective_maps_keep_the_generative_exponent(link: str, c: Fraction, d: Fraction, outer: str) -> None:
    image = outer.format(f"({c})*({link}) + ({d})")
    one, other = (tiltproof.exponents(each).generative_exponent.value for each in (link, image))
    assert None in (one, other) or one == other


@settings(max_examples=20, deadline=None)
@given(bounded_links(), st.integers(0, 4), st.fractions("1/8", 2, max_denominator=8))
def test_the_label_signal_is_the_slope_of_the_weight_signal(link: str, k: int, t: Fraction) -> None:
    """By the mean value theorem h(t + w) - h(t) lies in w times the hull of alpha on [t, t + w]."""
    s, w = oracle(parse(link).tree), Fraction(1, 64)
    ends = [s.tilted_moments((k,), (0,), at, 20)[0, k] for at in (t, t + w)]
    slope = s.tilted_moments((k,), (1,), Interval(t, t + w), 5)[1, k]
    with working(200):
        assert (ends[1] - ends[0]).overlaps(exact(w) * slope)
