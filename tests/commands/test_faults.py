"""A fault of the tool is told in one line with exit code 70, never with the code that means REFUTED."""

import subprocess
import sys

import pytest
from tiltproof.interface.cli.main import main

import tiltproof


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            RuntimeError("broken\nin two lines"),
            "a fault of tiltproof itself (RuntimeError: broken in two lines)",
        ),
        (RecursionError("too deep"), "RecursionError"),
        (MemoryError(), "the memory is used up"),
    ],
    ids=lambda x: type(x).__name__,
)
def test_one_line_and_exit_code_70(
    fault: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("tiltproof.interface.answers.exponents.exponents", fail)
    with pytest.raises(SystemExit) as ended:
        main(["exponents", "tanh"])
    assert ended.value.code == 70
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


#: Libraries fail in their own ways, one of them with the code that says REFUTED.
LITTLE = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20,) * 2)
sys.argv = ["tiltproof", "recover", "tanh", "--beta", "2", "--d", "100"]
runpy.run_module("tiltproof", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit addresses")
def test_too_little_memory_is_told_before_the_libraries_fail() -> None:
    done = subprocess.run([sys.executable, "-c", LITTLE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tiltproof: only 400 MiB of memory are allowed")
    assert done.stderr.count("\n") == 1


def test_the_tangent_of_a_constant_is_a_number() -> None:
    found = tiltproof.policy("z - sinh(tan(200))", 2)
    assert found.value.lower.startswith("3.41903557199263361105757431548")
    assert str(tiltproof.threshold("tan(sign(z))").beta1.value.closed_form) == "0"


def test_numbers_that_nearly_cancel_are_compared() -> None:
    beta1 = tiltproof.threshold("-(tanh(z) + tanh(1000))").beta1
    assert beta1.value.lower.startswith("0.68387879729272684780807")
