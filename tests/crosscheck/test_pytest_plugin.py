"""The pytest plugin, run as a user runs it: in a pytest of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FILE = """schema = 1
[[claim]]
id = "holds"
link = "tanh(z)"
for = { beta = "(0.5, 20)" }
assert = "alpha(1, beta) > 0"
[[claim]]
id = "fails"
source = "Our paper, Lemma 3"
link = "z"
assert = "mu(1, 1) == 1.01"
[[claim]]
id = "mixed"
links = ["z", "z**2"]
assume = "GE == 2"
assert = "mu(1, 2) == 2"
"""


def run(folder: Path, *options: str) -> str:
    plugin = ("-p", "tiltproof.interface.pytest_plugin", "-p", "no:cacheprovider", "-p", "xdist.plugin")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-rA", *options],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    return done.stdout + done.stderr


#: A file each: what is read, is vacuous, hangs, would write to the terminal, and is refused.
OWNED = FILE.replace("Our paper", "\\u001b]0;owned\\u0007Our paper")
FILES = {
    "paper": FILE,
    "vacuous": FILE.replace("GE == 2", "GE == 3").replace("mu(1, 1) == 1.01", "mu(1, 1) == 1"),
    # The first takes half a minute of a processor.
    "slow": """schema = 1
[[claim]]
id = "slow"
link = "tanh(z)"
for = { beta = "(0.2, 5)", a = "(1, 2]" }
assert = "V(beta/a) > V(beta)**1.0000001"
[[claim]]
id = "quick"
link = "z"
assert = "mu(1, 1) == 1"
""",
    "owned": OWNED,
    "owned_bad": OWNED.replace("mu(1, 1)", "\\u001b[2J(1, 1)"),
    "bad": FILE.replace("mu(1, 1) ==", "mu(1) =="),
}
LIMITED = """
from tiltproof.crosscheck.run import scheduler
scheduler.TIME_LIMITS["fast"] = 3.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "paper.claims.toml").write_text(FILE)
    return tmp_path


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one session says of all the files."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(LIMITED)
    for name, text in FILES.items():
        (folder / f"{name}.claims.toml").write_text(text)
    return run(folder, "--continue-on-collection-errors")


def summary(output: str, file: str) -> list[str]:
    """How the tests of one file ended, but for what was skipped: in order, failures last."""
    return re.findall(rf"^(\w+) {file}.claims.toml::", output, re.M)


def test_each_claim_on_each_link_is_a_test(output: str) -> None:
    assert "4 failed, 17 passed, 4 skipped, 2 errors" in output
    assert summary(output, "paper") == ["PASSED"] * 5 + ["FAILED"]
    assert "PASSED paper.claims.toml::mixed: applies" in output
    assert "PASSED paper.claims.toml::holds[tanh(z)]" in output
    assert "REFUTED: mu(1, 1) == 1.01" in output
    assert "source: Our paper, Lemma 3" in output
    assert "witness: mu(1, 1) == 101/100 is false, mu(1, 1) = 1" in output
    assert "symbolic: refutes" in output
    assert "GE == 2" in output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-x", "-k", "fails or mixed"], "1 failed, 2 deselected"),
        (["-n", "2"], "1 failed, 5 passed, 1 skipped"),
    ],
    ids=["the first failure of those selected", "two workers"],
)
def test_selection_stopping_and_workers(folder: Path, options: list[str], said: str) -> None:
    assert said in run(folder, *options)


def test_a_claim_that_applies_to_no_link_fails_as_vacuous(output: str) -> None:
    assert summary(output, "vacuous") == ["PASSED"] * 4 + ["FAILED"]
    assert "FAILED vacuous.claims.toml::mixed: applies" in output
    assert "VACUOUS: mu(1, 2) == 2" in output


def test_a_claim_that_hangs_or_eats_memory_fails_alone(output: str) -> None:
    assert "TIMEOUT: V(beta/a) > V(beta)**1.0000001" in output
    assert "no answer within 3 s" in output
    assert "PASSED slow.claims.toml::quick[z]" in output


def test_no_control_character_of_a_claim_reaches_the_terminal(output: str) -> None:
    assert "\\x1b]0;owned\\x07Our paper" in output
    assert "ERROR owned_bad.claims.toml" in output
    assert all(c.isprintable() or c == "\n" for c in output)


def test_a_bad_file_is_a_collection_error_with_its_line(output: str) -> None:
    assert "line 11: key assert: mu takes 2 arguments" in output
    assert "ERROR bad.claims.toml" in output
    assert "Traceback" not in output


def test_without_claim_files_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    assert not {'sympy', 'flint', 'numpy', 'click'} & set(sys.modules)\n"
    )
    assert "1 passed" in run(tmp_path)


def test_a_verdict_worse_than_the_baseline_fails(folder: Path) -> None:
    from ..commands.in_process import run as tiltproof

    path = folder / "paper.claims.toml"
    path.write_text(FILE.replace("mu(1, 1) == 1.01", "mu(1, 1) == 1"))
    assert (
        tiltproof("verify", str(path), "--json-out", str(folder / "base.json"), "--workers", "1").returncode
        == 0
    )
    settings = "[pytest]\ntiltproof_baseline = base.json\ntiltproof_seed = 3\ntiltproof_workers = 2\n"
    (folder / "pytest.ini").write_text(settings)
    assert "6 passed, 1 skipped" in run(folder)
    earlier = (folder / "base.json").read_text()
    (folder / "base.json").write_text(earlier.replace('"verdict": "ENCLOSED"', '"verdict": "PROVED"'))
    output = run(folder)
    assert "1 failed, 5 passed, 1 skipped" in output
    assert "PROVED -> ENCLOSED" in output


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("tiltproof_workers = none", "tiltproof_workers = 'none' is not a whole number from 1 to 256"),
        ("tiltproof_baseline = no.json", "cannot be read"),
    ],
)
def test_a_bad_setting_is_refused_in_one_sentence(folder: Path, setting: str, said: str) -> None:
    (folder / "pytest.ini").write_text(f"[pytest]\n{setting}\n")
    output = run(folder)
    assert said in output
    assert "Traceback" not in output
