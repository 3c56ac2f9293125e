"""What was proved checks out; a tightened bound, a missing interval or a wrong witness does not.

Oracle: the checker, which shares no search, integration or derivation with the writer.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tiltproof.crosscheck.certificate import integral
from tiltproof.crosscheck.certificate.check import check
from tiltproof.crosscheck.certificate.check_exponents import witness
from tiltproof.crosscheck.certificate.closed import Closed
from tiltproof.crosscheck.certificate.exact import LIMIT, Memory, Work
from tiltproof.crosscheck.certificate.format import Enclosure, Rejected, Witness, read
from tiltproof.crosscheck.certificate.format import parse as as_certificate
from tiltproof.crosscheck.certificate.integral import Expectations
from tiltproof.crosscheck.certificate.write import Unproved, certificate, save
from tiltproof.crosscheck.link_facts.threshold import threshold_alone
from tiltproof.link import LIBRARY, LinkError, parse

from ..commands.in_process import run

Content = dict[str, Any]


def rejected(content: Content, folder: Path) -> str | None:
    file = folder / "certificate.json"
    file.write_text(json.dumps(content))
    return check(read(file)).reason


@pytest.fixture(scope="module")
def tanh() -> Content:
    return certificate(threshold_alone("tanh(z) - 9/10"))


def changed(content: Content, change: Callable[[Content], object]) -> Content:
    copy: Content = json.loads(json.dumps(content))
    change(copy)
    return copy


# `tiltproof verify` has the checker decide all of them, for T1.
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if i % 8 != 3 else []) for i, name in enumerate(LIBRARY)],
)
def test_the_certificate_of_every_library_link_is_accepted(name: str, tmp_path: Path) -> None:
    assert rejected(certificate(threshold_alone(name)), tmp_path) is None


@pytest.mark.parametrize(
    ("link", "signal", "noise"),
    [
        ("tanh(z) - 9/10", "centered", "gaussian(1)"),
        ("tanh(z) - 9/10", "label", "uniform(1/2)"),
        ("z**2 - 10", "weight", None),
        ("z**2 - (5 + 2*sqrt(6))", "label", None),
        ("2*tanh(z) - 1", "label", None),
        pytest.param("z**2*(2 + cos(z))/10", "label", None, marks=pytest.mark.slow),
        ("2**z", "label", None),
        ("(tanh(z) - 9/10)/2**20", "label", None),
    ],
)
def test_signals_and_noise_are_covered(link: str, signal: Any, noise: str | None, tmp_path: Path) -> None:
    assert rejected(certificate(threshold_alone(link, signal, noise)), tmp_path) is None


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


def _cut(content: Content, below: str) -> None:
    content["cells"] = [cell for cell in content["cells"] if Fraction(cell["to"]) < Fraction(below)]
    content["exceptional"] = []
    content["beta1"] = {"closed_form": "0", "lower": "0", "upper": "0"}


def _open_with_a_zero(content: Content) -> None:
    """An interval without a zero is left open, and a zero is named in it."""
    first = content["cells"][0]
    middle = (Fraction(first["from"]) + Fraction(first["to"])) / 2
    content["cells"][0] = {"from": first["from"], "to": first["to"], "reason": "not decided"}
    content["beta1"] = {"closed_form": None, "lower": str(1 / middle), "upper": str(1 / middle)}
    content["exceptional"].insert(0, content["beta1"])
    content["complete"] = False


def _open_alone(content: Content) -> None:
    """The same, with a list that is not called complete and a threshold that ignores the open interval."""
    first = next(i for i, cell in enumerate(content["cells"]) if "zero" in cell)
    cell = content["cells"][first]
    content["cells"][first] = {"from": cell["from"], "to": cell["to"], "reason": "not decided"}
    content["beta1"] = content["exceptional"].pop(0)
    content["complete"] = False


FALSE |= {
    "zeros cut off, beyond empty": lambda c: (_cut(c, "1"), c.update(beyond=None)),
    "zeros cut off, dominance kept": lambda c: _cut(c, "1"),
    "zeros cut off, levels made up": lambda c: (_cut(c, "1"), c.update(beyond={"levels": ["-1", "1"]})),
    "a zero made up where nothing is stated": _open_with_a_zero,
    "complete with an open interval": lambda c: (_open_alone(c), c.update(complete=True)),
    "a threshold inside an open interval": _open_alone,
    "a closed form of beta1": lambda c: c["beta1"].update(closed_form="12/25"),
    "a closed form in a wide enclosure": lambda c: c["beta1"].update(closed_form="1/2", lower="0", upper="1"),
    "a closed form of the moment": lambda c: c["exponents"]["witness"]["moment"].update(
        closed_form="3/5", lower="0.5", upper="0.7"
    ),
    "t_max left out of the growth": lambda c: c.update(t_max="0"),
    "no witness": lambda c: c["exponents"].update(witness=None),
    "searched lower than the cells": lambda c: c.update(
        complete=False, beyond=None, searched_down_to="0.001"
    ),
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


def test_a_closed_form_without_a_zero_is_checked(tmp_path: Path) -> None:
    content = certificate(threshold_alone("tanh(z)"))
    content["beta1"] = {"closed_form": "7", "lower": "0", "upper": "10"}
    assert "closed form 7" in (rejected(content, tmp_path) or "")


def test_the_levels_of_a_step_are_counted(tmp_path: Path) -> None:
    content = certificate(threshold_alone("step"))
    assert content["complete"] is True
    assert content["beyond"] == {"levels": ["-3", "-1"]}
    for texts in (["-1", "-3"], ["-3"], ["-3", "1"], "-3", [3]):
        content["beyond"] = {"levels": texts}
        with suppress(LinkError):
            assert rejected(content, tmp_path)


def test_only_what_the_checker_confirms_is_written(tmp_path: Path) -> None:
    """The checker has no bound of -cosh; a centre below 0 takes off the signal near t = 0."""
    with pytest.raises(Unproved, match="would not confirm the certificate: E e"):
        save(certificate(threshold_alone("-cosh(z)", digits=6), 6), tmp_path / "open.json")
    assert not (tmp_path / "open.json").exists()
    save(certificate(threshold_alone("where(z > 3, 5, -1)", digits=6), 6), tmp_path / "centre.json")
    assert check(read(tmp_path / "centre.json")).accepted


def test_without_data_beyond_the_cells_nothing_is_claimed_there(tmp_path: Path) -> None:
    """That sin has no zero at all rests on a series, which no ball re-proves."""
    content = certificate(threshold_alone("sin(z)"))
    assert content["complete"] is False
    assert content["beta1"] == {"closed_form": None, "lower": "0", "upper": "0.125"}
    for lie in ({"complete": True}, {"beta1": {"closed_form": "0", "lower": "0", "upper": "0"}}):
        assert rejected(content | lie, tmp_path)


def test_a_generative_exponent_that_low_moments_do_not_refute_is_refuted_by_the_tilt() -> None:
    """Odd levels -5, -3, 4 with E[s^i Z] = 0 for every i < 5: GE = 1, and E[s^2 He_2] is not 0."""
    p, q = "sqrt(2*log(6/5))", "sqrt(2*log(21/10))"
    tree = parse(f"sign(z)*where(abs(z) < {p}, -5, where(abs(z) < {q}, -3, 4))").tree
    stated = Witness(2, 2, Enclosure(Fraction(-100), Fraction(100)))
    expectations, closed = Expectations(tree, Work()), Closed(None, None)
    assert witness(expectations, closed, stated, []) == ["E[He_1 | s] = 0"]
    with pytest.raises(Rejected, match="He_1"):
        witness(expectations, closed, stated, [Fraction(1)])


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
    if (key, value) == ("digits", 7):
        return  # fewer digits are still true
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


def test_a_check_pays_for_what_an_earlier_one_worked_out() -> None:
    texts = [certificate(threshold_alone("tanh(z) - 9/10", kind)) for kind in ("label", "weight")]
    stated = [as_certificate(text) for text in texts]
    integral._memory.cache_clear()
    first = [check(each) for each in stated]
    integral._memory.cache_clear()
    assert [check(each) for each in reversed(stated)] == first[::-1]
    assert [check(each) for each in stated] == first
    assert first[0].work > 0


def test_an_integral_that_took_most_of_the_work_left_is_not_kept() -> None:
    memory, work = Memory(), Work(LIMIT - 100)

    def wide(operations: int) -> str:
        work.spend(operations)
        return f"within {operations}"

    assert memory.recall("z", work, lambda: wide(60)) == "within 60"
    work.spent = 0
    assert memory.recall("z", work, lambda: wide(80)) == "within 80"
    assert memory.recall("z", work, lambda: wide(90)) == "within 80"
    assert work.spent == 160
    work.spent = LIMIT - 100
    assert memory.recall("z", work, lambda: wide(70)) == "within 70"
