"""The pytest plugin, run as a user runs it: in a pytest of its own."""

import os
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "paper.claims.toml").write_text(FILE)
    return tmp_path


def test_each_claim_on_each_link_is_a_test(folder: Path) -> None:
    output = run(folder)
    assert "1 failed, 5 passed, 1 skipped" in output
    assert "PASSED paper.claims.toml::mixed: applies" in output
    assert "PASSED paper.claims.toml::holds[tanh(z)]" in output
    assert "REFUTED: mu(1, 1) == 1.01" in output
    assert "source: Our paper, Lemma 3" in output
    assert "witness: mu(1, 1) == 101/100 is false, mu(1, 1) = 1" in output
    assert "symbolic: refutes" in output
    assert "GE == 2" in output


@pytest.mark.parametrize(
    ("options", "summary"),
    [
        (["-k", "holds"], "2 passed, 5 deselected"),
        (["-x", "-k", "fails or mixed"], "1 failed, 2 deselected"),
        (["-n", "2"], "1 failed, 5 passed, 1 skipped"),
    ],
)
def test_selection_stopping_and_workers(folder: Path, options: list[str], summary: str) -> None:
    assert summary in run(folder, *options)


def test_a_claim_that_applies_to_no_link_fails_as_vacuous(folder: Path) -> None:
    text = FILE.replace("GE == 2", "GE == 3").replace("mu(1, 1) == 1.01", "mu(1, 1) == 1")
    (folder / "paper.claims.toml").write_text(text)
    output = run(folder)
    assert "1 failed, 4 passed, 2 skipped" in output
    assert "FAILED paper.claims.toml::mixed: applies" in output
    assert "VACUOUS: mu(1, 2) == 2" in output


def test_a_claim_that_hangs_or_eats_memory_fails_alone(folder: Path) -> None:
    (folder / "conftest.py").write_text(LIMITED)
    (folder / "paper.claims.toml").write_text(SLOW)
    output = run(folder)
    assert "TIMEOUT: V(beta/a) > V(beta)**1.0000001" in output
    assert "no answer within 3 s" in output
    assert "PASSED paper.claims.toml::quick[z]" in output


LIMITED = """
from tiltproof.crosscheck.run import scheduler
scheduler.TIME_LIMITS["fast"] = 3.0
"""
#: The first takes half a minute of a processor.
SLOW = """schema = 1
[[claim]]
id = "slow"
link = "tanh(z)"
for = { beta = "(0.2, 5)", a = "(1, 2]" }
assert = "V(beta/a) > V(beta)**1.0000001"
[[claim]]
id = "quick"
link = "z"
assert = "mu(1, 1) == 1"
"""


def test_no_control_character_of_a_claim_reaches_the_terminal(folder: Path) -> None:
    text = FILE.replace("Our paper", "\\u001b]0;owned\\u0007Our paper")
    (folder / "paper.claims.toml").write_text(text)
    (folder / "bad.claims.toml").write_text(text.replace("mu(1, 1)", "\\u001b[2J(1, 1)"))
    output = run(folder, "paper.claims.toml") + run(folder, "bad.claims.toml")
    assert "\\x1b]0;owned\\x07Our paper" in output
    assert all(c.isprintable() or c == "\n" for c in output)


def test_a_bad_file_is_a_collection_error_with_its_line(folder: Path) -> None:
    (folder / "bad.claims.toml").write_text(FILE.replace("mu(1, 1) ==", "mu(1) =="))
    output = run(folder, "bad.claims.toml")
    assert "line 11: key assert: mu takes 2 arguments" in output
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
