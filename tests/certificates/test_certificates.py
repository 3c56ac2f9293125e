"""What was proved checks out; a tightened bound, a missing interval or a wrong witness does not.

Oracle: the checker, which shares no search, integration or derivation with the writer.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.certificate.check import check
from tiltproof.crosscheck.certificate.shape import read
from tiltproof.crosscheck.certificate.write import certificate
from tiltproof.link import LIBRARY, LinkError

from tiltproof import threshold

from ..commands.test_command_line import run

Content = dict[str, Any]


def rejected(content: Content, folder: Path) -> str | None:
    file = folder / "certificate.json"
    file.write_text(json.dumps(content))
    return check(read(file)).rejected


@pytest.fixture(scope="module")
def tanh() -> Content:
    return certificate(threshold("tanh(z) - 9/10"))


def changed(content: Content, change: Callable[[Content], object]) -> Content:
    copy: Content = json.loads(json.dumps(content))
    change(copy)
    return copy


@pytest.mark.parametrize("name", LIBRARY)
def test_the_certificate_of_every_library_link_is_accepted(name: str, tmp_path: Path) -> None:
    assert rejected(certificate(threshold(name)), tmp_path) is None


@pytest.mark.parametrize(
    ("link", "signal", "noise"),
    [
        ("tanh(z) - 9/10", "centered", "gaussian(1)"),
        ("tanh(z) - 9/10", "label", "uniform(1/2)"),
        ("z**2 - 10", "weight", None),
        ("z**2 - (5 + 2*sqrt(6))", "label", None),
        ("2*tanh(z) - 1", "label", None),
    ],
)
def test_signals_and_noise_are_covered(link: str, signal: Any, noise: str | None, tmp_path: Path) -> None:
    assert rejected(certificate(threshold(link, signal, noise)), tmp_path) is None


def _zero(content: Content) -> Content:
    return next(cell for cell in content["cells"] if "zero" in cell)


def _tighten(content: Content) -> None:
    """Move the lower end of beta1 up by one part in 10^20, past the true value."""
    for part in (content["beta1"], content["exceptional"][0]):
        part["lower"] = str(Decimal(part["lower"]) * (1 + Decimal("1e-20")))
        part["upper"] = str(Decimal(part["upper"]) * (1 + Decimal("2e-20")))


def _forget_a_zero(content: Content) -> None:
    content["exceptional"].pop()


def _call_a_zero_none(content: Content) -> None:
    cell = _zero(content)
    del cell["zero"], cell["slope"]
    cell.update({"sign": 1, "at_least": "0.001"})


FALSE: dict[str, Callable[[Content], object]] = {
    "beta1 moved": _tighten,
    "a zero forgotten": _forget_a_zero,
    "a zero declared away": _call_a_zero_none,
    "an interval dropped": lambda c: c["cells"].pop(0),
    "the last interval dropped": lambda c: c["cells"].pop(),
    "a sign turned": lambda c: c["cells"][0].update(sign=-1),
    "a bound too large": lambda c: c["cells"][0].update(at_least="9.9"),
    "the stretch near 0 turned": lambda c: c["near_zero"].update(sign=-1),
    "the stretch near 0 longer than proved": lambda c: c["near_zero"].update(to="40"),
    "another witness moment": lambda c: c["exponents"]["witness"]["moment"].update(
        lower="0.61", upper="0.62"
    ),
    "another generative exponent": lambda c: c["exponents"].update(generative=2),
    "a finite t_max": lambda c: c.update(t_max="1/2"),
    "no proof beyond the cells": lambda c: c.update(beyond=None),
    "another link": lambda c: c.update(link="tanh(z) - 8/10"),
    "another signal": lambda c: c.update(signal="weight"),
    "noise that was not there": lambda c: c.update(noise="gaussian(1)"),
}


@pytest.mark.parametrize("what", FALSE)
def test_a_false_certificate_is_rejected(what: str, tanh: Content, tmp_path: Path) -> None:
    assert rejected(changed(tanh, FALSE[what]), tmp_path)


def test_a_wider_ball_that_is_still_true_is_accepted(tanh: Content, tmp_path: Path) -> None:
    def widen(content: Content) -> None:
        for part in (content["beta1"], content["exceptional"][0]):
            part["lower"] = str(Decimal(part["lower"]) - Decimal("1e-9"))
            part["upper"] = str(Decimal(part["upper"]) + Decimal("1e-9"))
        content["cells"][0]["at_least"] = "0.0001"
        content["exponents"]["witness"]["moment"].update(lower="0.60", upper="0.61")

    assert rejected(changed(tanh, widen), tmp_path) is None


MALFORMED: dict[str, str] = {
    "not JSON": "{",
    "another kind": '{"schema": 1, "kind": "recipe"}',
    "a list": "[1, 2]",
    "a key twice": '{"schema": 1, "schema": 1}',
    "not a number": '{"schema": NaN}',
    "deep": "[" * 100_000,
    "binary": "\x00\x01\ufffd" * 50,
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_file_that_is_no_certificate_is_refused(what: str, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(MALFORMED[what])
    with pytest.raises(LinkError):
        read(file)


@pytest.mark.parametrize("key", ["link", "cells", "t_max", "beta1", "digits", "exponents"])
@pytest.mark.parametrize("value", [None, 7, "no", [], {}, True, 1e400, -1])
def test_values_of_the_wrong_type_are_refused_or_rejected(
    key: str, value: object, tanh: Content, tmp_path: Path
) -> None:
    content = changed(tanh, lambda c: c.update({key: value}))
    try:
        reason = rejected(content, tmp_path)
    except LinkError as refusal:
        reason = str(refusal)
    assert reason
    assert "\n" not in reason


def test_the_commands_write_check_and_reject(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    assert run("threshold", "tanh(z)", "--certificate", str(file)).returncode == 0
    done = run("check", str(file), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["accepted"] is True
    file.write_text(file.read_text().replace('"sign": 1', '"sign": -1'))
    assert run("check", str(file)).returncode == 1
    file.write_bytes(b"x" * (3 * 2**20))
    done = run("check", str(file))
    assert done.returncode == 2
    assert "larger than" in done.stderr
    assert run("check", str(tmp_path / "missing.json")).returncode == 2


def test_verify_writes_a_folder_of_certificates(tmp_path: Path) -> None:
    folder = tmp_path / "proofs"
    done = run("verify", "--claim", "L1", "--link", "sign(z)", "--link", "3", "--certificates", str(folder))
    assert done.returncode == 0
    assert [file.name for file in folder.iterdir()] == ["sign_z.json"]
    assert "no certificate for 3" in done.stderr
    assert run("check", str(folder / "sign_z.json")).returncode == 0
