"""Certificates that were true until one thing in them was changed by a hand that knows the checker.

Oracle: the values named in each test, known from theory; the checker may accept none of them.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flint import arb
from tiltproof.crosscheck.certificate.check import Checked, check
from tiltproof.crosscheck.certificate.exact import LIMIT
from tiltproof.crosscheck.certificate.format import parse, read
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.link import LinkError
from tiltproof.numerics.precision import decimal_bounds

Content = dict[str, Any]


def of(link: str, signal: Any = "label", noise: str | None = None) -> Content:
    return certificate(threshold_alone(link, signal, noise))


def checked(content: Content) -> Checked:
    return check(parse(content))


def wide_t_max() -> Content:
    """The ball of sin(exp(3000)) is [-1, 1]: t_max and beta1 would be anything."""
    return of("z**2") | {
        "t_max": "1/2+sin(exp(3000))",
        "beta1": {"closed_form": None, "lower": "1000", "upper": "1001"},
    }


def merged_levels() -> Content:
    """One text whose ball holds two of the levels 0, 1, 2: a sign change less, and a zero unseen."""
    content = of("where(z>3/2,2,where(z>1/2,0,1))", "weight")
    end = content["cells"][0]["from"] if content["cells"] else content["near_zero"]["to"]
    return content | {
        "beta1": {"closed_form": "0", "lower": "0", "upper": "0"},
        "exceptional": [],
        "cells": [],
        "near_zero": content["near_zero"] | {"to": end},
        "beyond": {"levels": ["1/2+3/4*sin(10**100)", "2"]},
    }


def low_precision() -> Content:
    """E[s Z] = 10^-20 is 0 to two digits: the generative exponent is 1."""
    return of("z**2") | {"link": "z**2+z/10**20", "digits": 2}


def wrong_closed_form() -> Content:
    """The zero is 5, in a wide enclosure that also holds 51/10."""
    content = of("z**2 - 10")
    wide = {"closed_form": "51/10", "lower": "4.8", "upper": "5.3"}
    cell = next(cell for cell in content["cells"] if "zero" in cell)
    cell["zero"] = {"lower": "0.19", "upper": "0.205"}
    return content | {"beta1": wide, "exceptional": [wide, *content["exceptional"][1:]]}


def huge_number() -> Content:
    content = of("tanh(z) - 9/10")
    content["beta1"]["upper"] = "1e9999"
    return content


def a_hidden_level() -> Content:
    """Half the mass below z = 10^-60 is a level of its own, in a gap between two pieces."""
    return of("sign(z)") | {"link": "where(abs(z) < 10**-60, 5, sign(z))"}


def a_level_beyond_the_pieces() -> Content:
    return of("sign(z)") | {"link": "where(z > 100, 1 + 1/10**200, sign(z))"}


def a_level_a_little_off() -> Content:
    return of("sign(z)") | {"beyond": {"levels": ["-1", "1 + 1/10**200"]}}


def a_huge_level() -> Content:
    return of("sign(z)") | {"beyond": {"levels": ["-1e9999", "1"]}}


def a_closed_form_a_little_off() -> Content:
    content = of("z**2 - 10")
    for part in (content["beta1"], content["exceptional"][0]):
        part["closed_form"] = "5 + 1/10**60"
    return content


def a_witness_without_exponent() -> Content:
    content = of("He(3, z)")
    content["exponents"] = {
        "generative": None,
        "witness": {"power": 1, "order": 5, "moment": {"closed_form": None, "lower": "7", "upper": "8"}},
    }
    return content


def a_negative_search() -> Content:
    return of("tanh(z)") | {"searched_down_to": "-5"}


def a_t_max_a_little_off() -> Content:
    """t_max = 5/2, whose reciprocal no ball holds exactly."""
    return of("z**2/5") | {"t_max": "5/2 + 1/10**20"}


def a_t_max_off_by_less_than_balls_are_asked_for() -> Content:
    return of("z**2 - 10") | {"t_max": "1/2 + 1/10**43"}


FORGERIES: list[Callable[[], Content]] = [
    wide_t_max, merged_levels, low_precision, wrong_closed_form, huge_number, a_hidden_level,
    a_level_beyond_the_pieces, a_level_a_little_off, a_huge_level, a_closed_form_a_little_off,
    a_witness_without_exponent, a_negative_search, a_t_max_a_little_off,
    a_t_max_off_by_less_than_balls_are_asked_for,
]  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.__name__)
def test_a_forgery_is_rejected_with_a_sentence(forgery: Callable[[], Content]) -> None:
    found = checked(forgery())
    assert found.reason
    assert "\n" not in found.reason
    assert not found.accepted


@pytest.mark.parametrize(
    "link",
    ["sin(z)/z", pytest.param("sin(z)/abs(z)", marks=pytest.mark.slow),
     pytest.param("where(abs(z) > 0, sin(z)/z, 1)", marks=pytest.mark.slow)],
)  # fmt: skip
def test_a_removable_singularity_is_checked(link: str) -> None:
    content = of(link)
    assert checked(content).accepted
    # Lies: another link with such a point, one that jumps there, a moment a little off.
    for other in ("sin(2*z)/(2*z)", "(1 - cos(z))/z**2", "sin(z)/z + atan(1/z)", "sin(z)/z + z*log(abs(z))"):
        assert checked(content | {"link": other}).reason
    moment = content["exponents"]["witness"]["moment"]
    moment["upper"] = moment["lower"]
    assert checked(content).reason


@pytest.mark.parametrize("link", ["z*log(abs(z))", "tanh(z) + atan(1/z)"])
def test_where_no_power_series_is_known_nothing_is_written(link: str) -> None:
    with pytest.raises(LinkError, match="no power series on a side of z = 0"):
        of(link)


def test_what_balls_cannot_tell_is_a_condition() -> None:
    """To 100 digits the closed form is the zero: accepted on that condition alone."""
    content = of("z**2 - 10")
    for part in (content["beta1"], content["exceptional"][0]):
        part["closed_form"] = "5 + 1/10**200"
    found = checked(content)
    assert found.reason is None
    assert not found.accepted
    assert "beta1 = 5 + 1/10**200" in found.conditions


CONDITIONS = {
    # The first rests on how z^2 e^{-z^2} folds the line, the second on an integral: balls alone know them.
    "bump4": ("E[He_2 | s] = 0",),
    "z*cos(z)": ("E[s He_1] = 0",),
    "sign-cubic": (),
    "staircase": (),
    "z**2 - 10": (),
    "z**2*sqrt(2)": (),
    "z**2/3 + tanh(z)": (),
}


@pytest.mark.parametrize(
    "link", [pytest.param(link, marks=pytest.mark.slow if link == "bump4" else []) for link in CONDITIONS]
)
def test_what_a_proof_needs_is_proved_or_named(link: str) -> None:
    found = checked(of(link))
    assert found.reason is None
    assert found.conditions == CONDITIONS[link]


SCALED = {
    "tanh(z)*10**12": "0",
    "tanh(z)/10**12": "0",
    "tanh(z)*10**12 + 10**12": "0",
    "(z**2 - 10)/10**12": "1/200000000000",
    "10**12*where(z > 0, -1, -3)": "2000000000000/log(3)",
    "where(z > 0, -1, -3) + 10**12": "0",
    "tanh(z) + 10**12": None,
    "(tanh(z) - 9/10)/2**20": None,
}


@pytest.mark.parametrize(
    "link", [pytest.param(link, marks=pytest.mark.slow if "where" in link else []) for link in SCALED]
)
def test_links_of_any_scale_and_shift_write_and_check(link: str) -> None:
    content = of(link)
    assert checked(content).accepted
    assert content["beta1"]["closed_form"] == SCALED[link]


def test_two_zeros_a_millionth_apart_are_told_apart() -> None:
    """log 2 and log 2 - 1/(4 * 10^6) or so: beta1 = 1/log(2 - 5e-7) lies between both ends stated."""
    p, q = "sqrt(2*log(7000002/4000002))", "sqrt(2*log(14000004/2000001))"
    content = of(f"where(z < -{p}, -3, where(z < 0, -1, where(z < {q}, -2, 0)))")
    assert len(content["exceptional"]) == 2
    assert checked(content).accepted


def test_a_double_zero_stays_open() -> None:
    """No ball separates the double zero 2 + sqrt 6 from 0: beta1 lies below the interval's end."""
    content = of("z**2 - (5 + 2*sqrt(6))")
    assert checked(content).accepted
    low, high = (float(content["beta1"][end]) for end in ("lower", "upper"))
    assert low <= 2 + 6**0.5 <= high
    assert content["complete"] is False


def test_a_check_ends_within_its_work() -> None:
    content = of("tanh(z)") | {"link": "tanh(sin(tanh(5*sin(5*z))))+z/9"}
    content["near_zero"]["at_least"] = "1e9"
    content["exponents"]["witness"]["moment"] = {"closed_form": None, "lower": "-9", "upper": "9"}
    found = checked(content)
    assert found.reason
    assert found.work < LIMIT + 200_000


def test_forty_clips_end_within_the_work_of_a_check() -> None:
    text = "z"
    for i in range(40):
        text = f"clip(sin(7*({text})) + z/{i + 2}, -{i + 2}, {i + 2})"
    content = of("tanh(z)") | {"link": text}
    found = checked(content)
    assert found.reason
    assert found.work < LIMIT + 200_000


def test_many_different_keys_are_read_in_one_pass(tmp_path: Any) -> None:
    """A quadratic look-up of doubled keys takes minutes at this size; only the last one is double."""
    file = tmp_path / "keys.json"
    keys = [f'"{i:06}":0' for i in range(150_000)] + ['"149999":0']
    file.write_text("{" + ",".join(keys) + "}")
    with pytest.raises(LinkError, match="149999"):
        read(file)


#: What `check` loads of this project: its trusted base, as docs/certificates.md lists it.
BASE = {
    "link": "build domain functions interval label link parse text tree",
    "numerics": "precision",
    "numerics.lowering": "arb balls",
    "crosscheck.certificate": "check check_exponents check_signal closed exact format growth integral signal",
    "crosscheck": "files record",
}  # fmt: skip


#: And for a link with a removable singularity.
BESIDE = {
    "link": "beside power_series",
    "numerics.lowering": "functions removable series tail_algebra",
}  # fmt: skip


@pytest.mark.parametrize(("link", "more"), [("tanh(z)", {}), ("sin(z)/z", BESIDE)])
def test_the_trusted_base_does_not_grow(link: str, more: dict[str, str]) -> None:
    script = (
        "import sys; from flint import arb; from tiltproof.link import parse;"
        "from tiltproof.crosscheck.certificate import check, format, integral;"
        f"integral.compile_link(parse({link!r}).tree)(arb(0));"
        "print('\\n'.join(m for m in sys.modules if m.startswith('tiltproof.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    modules = {name.removeprefix("tiltproof.") for name in loaded.split()}
    stated = {f"{room}.{name}" for base in (BASE, more) for room in base for name in base[room].split()}
    assert modules - BASE.keys() <= stated
    assert stated <= modules, "the list names what is no longer used"


def test_a_certificate_survives_json() -> None:
    content = of("tanh(z)")
    assert checked(json.loads(json.dumps(content))).accepted


def test_an_exact_zero_is_written_as_zero() -> None:
    assert decimal_bounds(arb(0), 30) == ("0", "0")
