"""The command ``recover``: the fields of its answer, its figure, and the input that it refuses."""

import json
from pathlib import Path

import pytest

from tiltproof import recover

from .test_command_line import run


def test_the_answer_has_the_fields_that_were_promised() -> None:
    done = run("recover", "tanh(z)", "--beta", "2", "--d", "50,200", "--replicas", "40", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["generative_exponent"]["value"] == 1
    assert found["activation"] == "z + He(3, z)/6"
    first, second = found["runs"]
    assert (first["d"], second["d"], first["replicas"]) == (50, 200, 40)
    assert first["fraction_interval"][0] <= first["fraction"] <= first["fraction_interval"][1]
    assert first["predicted_fraction"] == 1.0
    assert second["median_samples"] > 2 * first["median_samples"]
    slope = found["exponent"]
    assert slope["lower"] <= slope["fitted"] <= slope["upper"]
    assert slope["predicted"] == 1
    assert done.stderr == ""


def test_chain_and_vectors_agree() -> None:
    chain, direct = (recover("sign(z)", 1, 64, replicas=60, direct=direct) for direct in (False, True))
    ratio = (chain.runs[0].median_samples or 0) / (direct.runs[0].median_samples or 1)
    assert 0.6 < ratio < 1.6


def test_half_of_the_neurons_recover_at_order_two() -> None:
    found = recover("cos(z)", 2, 100, replicas=200)
    assert found.order == 2
    low, high = found.runs[0].fraction_interval
    assert low < 0.5 < high


def test_weights_lower_the_order_of_the_staircase() -> None:
    found = recover("staircase", "1/2", [16, 32], replicas=30, contrast=True)
    assert found.plain is not None
    assert (found.order, found.plain.order) == (1, 3)
    assert (found.plain.runs[1].median_samples or 0) > 10 * (found.runs[1].median_samples or 1)


def test_the_figure_is_written(tmp_path: Path) -> None:
    file = tmp_path / "figure.svg"
    done = run("recover", "tanh(z)", "--beta", "2", "--d", "20,40", "--replicas", "10", "--plot", str(file))
    assert done.returncode == 0
    assert b"</svg>" in file.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beta", "2", "--d", "2"], "write dimensions from 3"),
        (["--beta", "2", "--d", "100,50"], "not increasing"),
        (["--beta", "2", "--d", "ten"], "not a list of dimensions"),
        (["--beta", "2", "--d", "1000000000000"], "out of range"),
        (["--beta", "0", "--d", "100"], "not a positive exact number"),
        (["--beta", "2", "--d", "100", "--step", "0"], "step '0' is not a positive exact number"),
        (["--beta", "2", "--d", "100", "--activation", "sign(z)"], "jump"),
        (["--beta", "2", "--d", "100", "--activation", "1"], "shares no Hermite order"),
        (["--beta", "oo", "--d", "20", "--contrast"], "write a finite beta"),
        (["--beta", "2", "--d", "100", "--plot", "x.gif"], "neither .svg nor .png"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(arguments: list[str], message: str) -> None:
    done = run("recover", "tanh(z)", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_gradients_of_infinite_variance_are_refused() -> None:
    done = run("recover", "z**2", "--beta", "3", "--d", "50")
    assert done.returncode == 2
    assert "2/t_max = 4" in done.stderr
