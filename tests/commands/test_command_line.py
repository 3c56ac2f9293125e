"""The command line as a user meets it: exit codes, one-line refusals, JSON alone on standard output."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tiltproof.interface.cli import COMMANDS

from .in_process import example, run

HEAVY = {"sympy", "numpy", "flint", "scipy", "mpmath", "numba", "matplotlib", "rich"}


@pytest.mark.parametrize("arguments", [["--help"], ["threshold", "--help"], ["threshold", "1/z"]])
def test_help_and_refusals_load_no_heavy_library(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "tiltproof", *arguments]
    imports = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
    modules = {line.rpartition("|")[2].strip() for line in imports if line.startswith("import time:")}
    assert "tiltproof.interface.cli.main" in modules
    assert not HEAVY & modules


BAD = {
    ("threshold", "1/z"): "pole at z = 0",
    ("threshold", "clip(z,2,1)"): "lower bound",
    ("threshold",): "Missing argument 'LINK': `tiltproof threshold --help`",
    ("threshold", "z", "--jsn"): "--jsn",
    ("threshold", "z", "-json"): "No such option",
    ("exponents", "__import__('os')"): "unexpected",
    ("coefficients", "z", "--beta", "-1"): "not a positive exact number",
    ("coefficients", "z", "--beta", "1", "--k", "8:0"): "range of orders",
    ("threshold", "z", "--noise", "cauchy(1)"): "not a noise law",
    ("verify", "--claim", "Q9"): "unknown claim 'Q9'",
    ("links", "nothing"): "unknown link",
    ("nonsense",): "No such command",
    ("verify", "--claim", "-q"): "unknown claim '-q'",
    ("coefficients", "z", "--beta", "inf"): "beta 'inf' is not a positive exact number",
    ("policy", "z", "--beta", "1e-400"): "lies outside 1e-100 to 1e100: write a number in between",
    (
        "threshold",
        "z",
        "--digits",
        "-1",
    ): "--digits '-1' is not a whole number from 2 to 300: write --digits 30",
    ("verify", "--workers", "0"): "--workers '0' is not a whole number from 1 to 256",
    ("verify", "--seed", "-1"): "is not a whole number from 0",
    ("recover", "z", "--beta", "1", "--d", "9", "--step", "nan"): "step 'nan' is not a positive exact number",
    ("threshold", "z \u2212 1"): "write the minus sign as -",
    ("threshold", "z", "--certificate", "/proc/x"): "a folder that cannot be written to",
    ("coefficients", "z", "--beta", "1", "--k", "201"): "goes beyond 200",
    ("policy", "z", "--beta", "1,x"): "beta 'x' is not a positive exact number",
    ("policy", "z", "--beta", "0"): "beta '0' is not a positive exact number",
    ("admissible", "tanh", "--epsilon", "1", "--n", "10", "--proxy", "1/z"): "pole at z = 0",
}


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_input_is_refused_in_one_line_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert BAD[arguments] in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("link", ["-He(4,z)", "-z", "-z**2/3", "-3*z"])
def test_a_leading_minus_is_a_link(link: str) -> None:
    done = run("exponents", link, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["generative_exponent"]["value"] is not None


def test_a_claim_is_named_in_any_case() -> None:
    assert run("claims", "t1").stdout == run("claims", "T1").stdout


@pytest.mark.parametrize(
    "command",
    # The example of `report`, which runs every claim, makes a page that is opened in tests/html.
    [command for command in COMMANDS if command.name != "report"],
    ids=lambda command: command.name,
)
def test_the_example_in_help_runs(
    command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if command.name == "check":
        assert run("threshold", "tanh", "--certificate", str(tmp_path / "tanh.json")).returncode == 0
    done = run(*example(command))
    assert done.returncode == 0
    assert done.stdout


def test_help_fits_80_columns_and_cuts_no_sentence() -> None:
    lines = run("--help").stdout.splitlines()
    for command in COMMANDS:
        lines += run(str(command.name), "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith("...") and "Usage" not in line] == []


def test_a_closed_pipe_is_no_error_and_no_verdict() -> None:
    command = f"{sys.executable} -m tiltproof claims --json"
    done = subprocess.run(
        ["bash", "-c", f"{command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_told_in_one_sentence() -> None:
    for arguments in ("links", "links --json"):
        command = f"{sys.executable} -m tiltproof {arguments} > /dev/full"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert done.stderr.startswith("tiltproof: cannot write the output: No space left")
        assert len(done.stderr.splitlines()) == 1


def test_json_has_the_agreed_fields() -> None:
    found = json.loads(run("threshold", "tanh(z) - 9/10", "--json").stdout)
    assert found["t_max"] == "oo"
    assert found["beta1"]["status"] == "ENCLOSED"
    assert found["beta1"]["lower"].startswith("0.47720340610302870941894")
    assert found["exceptional"][1]["lower"].startswith("0.168483694102056109")
    assert {"link", "signal", "noise", "searched_down_to", "complete"} <= set(found)


def test_no_finite_temperature_works_for_he3() -> None:
    found = json.loads(run("threshold", "He(3,z)", "--json").stdout)
    assert found["t_max"] == "0"
    assert found["beta1"]["closed_form"] == "oo"
    assert found["beta1"]["lower"] == found["beta1"]["upper"] == "inf"
    assert found["beta1"]["status"] == "PROVED"


def test_coefficients_count_k_inclusively() -> None:
    found = json.loads(run("coefficients", "z - 3", "--k", "0:8", "--beta", "0.5", "--json").stdout)
    assert [entry["k"] for entry in found["coefficients"]] == list(range(9))
    assert found["coefficients"][1]["h"]["closed_form"] is not None


def test_an_infinite_expectation_is_said_not_computed() -> None:
    done = run("coefficients", "He(3,z)", "--beta", "1")
    assert done.returncode == 2
    assert "the weights e^(s/beta) have no mean" in done.stderr


def test_tables_fit_80_columns() -> None:
    for arguments in (
        ["links"],
        ["claims"],
        ["claims", "T1"],
        ["exponents", "bump4"],
        ["threshold", "tanh-9/10"],
    ):
        assert max(len(line) for line in run(*arguments).stdout.splitlines()) <= 80


def test_verify_on_one_cell() -> None:
    done = run("verify", "--claim", "H3", "--link", "z - 3", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["results"][0]["verdict"] == "PROVED"
    assert set(report["results"][0]["evidence"]) == {"symbolic", "enclosure", "quadrature", "simulation"}
