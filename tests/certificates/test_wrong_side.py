"""Each inequality of the checker from both sides: what is true by a hair is accepted, what is false is not.

Oracle: Gauss-Legendre quadrature in double precision on links written a second time in NumPy.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import factorial, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from tiltproof.crosscheck.certificate.check import Checked, check
from tiltproof.crosscheck.certificate.check_signal import dominance
from tiltproof.crosscheck.certificate.closed import polynomial
from tiltproof.crosscheck.certificate.exact import Work, exact_value
from tiltproof.crosscheck.certificate.format import Dominance, Rejected, parse
from tiltproof.crosscheck.certificate.integral import Expectations
from tiltproof.crosscheck.certificate.signal import Coefficient
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.link import NOISELESS, parse_expression, parse_noise
from tiltproof.link.build import combine
from tiltproof.link.tree import Num

Content = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """s and what is known of it: the sign of s He_k above ``level``, the point where s takes that level."""

    s: Callable[[Any], Any]
    k: int
    weight: bool
    sign: int
    level: Fraction
    cut: float
    centre: int = 0


LINES = {
    "z - 3": Line(lambda z: z - 3, 1, False, 1, Fraction(1, 2), 3.5),
    "z + 2": Line(lambda z: z + 2, 1, False, 1, Fraction(5, 2), 0.5, 2),
    "z - 2": Line(lambda z: z - 2, 1, False, 1, Fraction(1, 4), 2.25, -2),
    "1 - z/2": Line(lambda z: 1 - z / 2, 1, True, -1, Fraction(6, 5), -0.4, 1),
    "2*z": Line(lambda z: 2 * z, 2, True, 1, Fraction(5, 2), 1.25),
}


def margin(line: Line, t: float) -> float:
    """What the top of s has over the rest at t, by Cauchy and Schwarz: positive from a temperature on."""
    x, w = np.polynomial.legendre.leggauss(40)
    ends = np.unique(np.append(np.linspace(-16, 16, 33), line.cut))
    middles, halves = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    z = (middles[:, None] + halves[:, None] * x).ravel()
    mass = (halves[:, None] * w).ravel() * np.exp(-z * z / 2) / sqrt(2 * np.pi)
    y = line.s(z)
    he = z if line.k == 1 else z * z - 1
    front = 1.0 if line.weight else y
    top = y > float(line.level)
    right = np.sum((mass * front * np.exp(t * y) * he)[top]) * line.sign
    wrong = np.sum((mass * front**2 * np.exp(2 * t * y))[~top])
    return float(right - sqrt(wrong * factorial(line.k)))


def dominated(text: str, line: Line, start: Fraction, level: Fraction | None = None) -> None:
    tree = parse_expression(text)
    centred = combine("-", tree, Num(Fraction(line.centre)))
    kind = "weight" if line.weight else "label"
    signal = Coefficient(Expectations(centred, Work()), line.k, kind, NOISELESS, Fraction(line.centre))
    dominance(signal, tree, Dominance(start, line.sign, {kind: line.level if level is None else level}))


@pytest.mark.parametrize("text", LINES)
def test_dominance_begins_where_the_top_outweighs_the_rest(text: str) -> None:
    line = LINES[text]
    begins = brentq(lambda t: margin(line, t), 0.05, 5.0, xtol=1e-13)
    dominated(text, line, Fraction(begins * (1 + 1e-9)))
    with pytest.raises(Rejected, match="does not outweigh"):
        dominated(text, line, Fraction(begins * (1 - 1e-9)))


@pytest.mark.parametrize(
    ("text", "line", "least"),
    [
        ("tanh(z)", Line(np.tanh, 1, True, 1, Fraction(0), 0.0), 0.0),
        ("tanh(-z)", Line(lambda z: np.tanh(-z), 1, True, -1, Fraction(0), 0.0), 0.0),
        ("exp(-z**2)", Line(lambda z: np.exp(-z * z), 2, False, -1, Fraction(0), 0.0), float(np.exp(-1))),
        ("where(z < -3, 2, tanh(z))", Line(np.tanh, 1, True, 1, Fraction(0), 0.0), 2.0),
        ("where(z > 3, 2, tanh(-z))", Line(np.tanh, 1, True, -1, Fraction(0), 0.0), 2.0),
        ("where(abs(z + 5) < 1, 2, tanh(z))", Line(np.tanh, 1, True, 1, Fraction(0), 0.0), 2.0),
        ("where(abs(z - 5) < 1, 2, tanh(-z))", Line(np.tanh, 1, True, -1, Fraction(0), 0.0), 2.0),
    ],
)
def test_the_level_is_the_largest_value_where_the_sign_is_wrong(text: str, line: Line, least: float) -> None:
    """Far out in t the top outweighs all: only the sign above the level is in question."""
    with pytest.raises(Rejected, match="above the level"):
        dominated(text, line, Fraction(30), Fraction(least) - Fraction(1, 1000))
    try:
        dominated(text, line, Fraction(30), Fraction(least) + Fraction(1, 1000))
    except Rejected as reason:
        assert "outweigh" in str(reason)  # noqa: PT017 - the sign was seen


@cache
def _written(link: str) -> str:
    return json.dumps(certificate(threshold_alone(link, "label", None)))


def of(link: str) -> Content:
    found: Content = json.loads(_written(link))
    return found


def checked(content: Content) -> Checked:
    return check(parse(content))


def beta1(content: Content, lower: str, upper: str) -> Content:
    return content | {"beta1": {"closed_form": None, "lower": lower, "upper": upper}}


HAIR = Fraction(1, 10**40)


@pytest.mark.parametrize("link", ["z**2", "sqrt(2)*z**2"])
def test_beta1_at_t_max_is_compared_to_the_last_digit(link: str) -> None:
    """beta1 = 1/t_max, 2 and 2 sqrt 2: an end may lie on its side of it, and by no hair on the other."""
    content = of(link)
    true = Fraction(2) if link == "z**2" else Fraction("2.8284271247461900976033774484193961571393")
    below, above = true - HAIR, true + HAIR
    assert checked(beta1(content, str(below), str(above))).reason is None
    assert "beta1 is wrong" in str(checked(beta1(content, str(above), str(above + 1))).reason)
    assert "beta1 is wrong" in str(checked(beta1(content, "0", str(below))).reason)


def opened() -> Content:
    """z - 3 with a stretch before its zero left open: beta1 is then only known to be in a range."""
    content = of("z - 3")
    zero = next(cell for cell in content["cells"] if "zero" in cell)
    first = content["near_zero"]["to"]
    rest = content["cells"][content["cells"].index(zero) :]
    gap = {"from": first, "to": zero["from"], "reason": "left open"}
    return content | {
        "cells": [gap, *rest],
        "complete": False,
        "searched_down_to": content["searched_down_to"],
    }


def test_before_an_open_stretch_beta1_lies_between_the_zero_and_the_stretch() -> None:
    content = opened()
    zero = next(cell for cell in content["cells"] if "zero" in cell)["zero"]
    least, most = 1 / Fraction(zero["upper"]), 1 / Fraction(content["near_zero"]["to"])
    assert checked(beta1(content, str(least), str(most))).reason is None
    assert checked(beta1(content, "0", str(most + 1))).reason is None
    assert "beta1 is wrong" in str(checked(beta1(content, str(least + HAIR), str(most))).reason)
    assert "beta1 is wrong" in str(checked(beta1(content, str(least), str(most - HAIR))).reason)


def test_an_open_stretch_is_no_complete_list() -> None:
    assert "left open" in str(checked(opened() | {"complete": True}).reason)


def test_an_exceptional_temperature_holds_the_whole_bracket() -> None:
    content = of("z - 3")
    cell = next(cell for cell in content["cells"] if "zero" in cell)
    low, high = 1 / Fraction(cell["zero"]["upper"]), 1 / Fraction(cell["zero"]["lower"])
    for lower, upper, held in ((low, high, True), (low + HAIR, high, False), (low, high - HAIR, False)):
        stated = {"closed_form": None, "lower": str(lower), "upper": str(upper)}
        listed = [stated, *content["exceptional"][1:]]
        found = checked(content | {"beta1": stated, "exceptional": listed})
        assert (found.reason is None) == held


@pytest.mark.parametrize("noise", [None, "gaussian(1/2)", "uniform(1/2)", "rademacher(1/2)"])
@pytest.mark.parametrize("signal", ["label", "weight", "centered"])
@pytest.mark.parametrize(
    ("text", "s"), [("tanh(z) + 3", lambda z: np.tanh(z) + 3), ("z - 2", lambda z: z - 2)]
)
def test_the_signal_is_that_of_quadrature(
    text: str, s: Callable[[Any], Any], signal: str, noise: str
) -> None:
    x, w = np.polynomial.hermite_e.hermegauss(120)
    w, y, t, k, centre = w / w.sum(), s(x), 0.75, 1, 2
    h, g = ([float(np.sum(w * y**n * np.exp(t * y) * he)) for n in (0, 1)] for he in (x, np.ones_like(x)))
    # K_e' for scale a = 1/2 at t.
    slope = {None: 0.0, "gaussian(1/2)": t / 4, "rademacher(1/2)": np.tanh(t / 2) / 2}.get(
        noise, 0.5 / np.tanh(t / 2) - 1 / t
    )
    expected = {"label": h[1] + slope * h[0], "weight": h[0], "centered": h[1] * g[0] - h[0] * g[1]}[signal]
    # Divided by e^{centre t} once a factor.
    expected *= np.exp(-centre * t * (2 if signal == "centered" else 1))
    law = parse_noise(noise) if noise and signal == "label" else NOISELESS
    tree = combine("-", parse_expression(text), Num(Fraction(centre)))
    found = Coefficient(Expectations(tree, Work()), k, signal, law, Fraction(centre)).at(Fraction(3, 4), 100)
    assert float(found) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He(3, z)", [0, -3, 0, 1]),
        ("He(2, z + 1)", [0, 2, 1]),
        ("-(z - 2)**2/4 + 1", [0, 1, Fraction(-1, 4)]),
        ("z*(z + 3) - 7", [-7, 3, 1]),
    ],
)
def test_a_polynomial_has_the_coefficients_worked_out_by_hand(text: str, expected: list[Fraction]) -> None:
    found = polynomial(parse_expression(text))
    wanted = [exact_value(Num(Fraction(c))) for c in expected]
    assert len(found) == len(wanted)
    assert all((a - b).is_zero for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("shift", [10**6, pytest.param(-(10**4), marks=pytest.mark.slow), -(10**6)])
def test_the_centre_lies_within_the_values_of_a_link_far_from_zero(shift: int) -> None:
    content = of(f"tanh(z) + ({shift})")
    assert abs(Fraction(content["centre"]) - shift) <= 1
    assert checked(content).accepted
