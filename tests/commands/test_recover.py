"""The command ``recover``: the fields of its answer, its figure, and the input that it refuses."""

import json
from pathlib import Path

import pytest
from tiltproof.link import LinkError

from tiltproof import recover

from .in_process import run


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


def test_near_an_exceptional_temperature_the_chain_answers_and_no_law_is_claimed() -> None:
    # alpha_1 = -3e-13 and alpha_3 = 0.06 of the other sign: the zero of D lies far below d^{-1/2}.
    found = recover("tanh(z) - 9/10", "0.4772034061", [12, 24], replicas=60)
    assert [run.order for run in found.runs] == [3, 3]
    for each in found.runs:
        low, high = each.fraction_interval
        assert each.forecast_fraction is not None
        assert low < each.forecast_fraction < high
        assert each.forecast_fraction > 0.25
    assert all(each.predicted_fraction is None for each in found.runs)
    assert found.exponent.predicted is None
    assert "changes sign on the way to m = 1/2 and to m = -1/2" in (found.lawless or "")


def test_the_law_is_claimed_where_its_order_leads() -> None:
    found = recover("tanh(z) - 9/10", "1/2", [8, 64], replicas=2)
    assert [(run.order, run.predicted_fraction) for run in found.runs] == [(3, None), (1, 1.0)]
    assert found.step is None


@pytest.mark.parametrize(
    ("replicas", "said"),
    [("14", "a fit needs the medians of two dimensions"),
     ("20", "no 95% interval, as resampled medians are censored")],
)  # fmt: skip
def test_a_censored_median_leaves_the_interval_open(replicas: str, said: str) -> None:
    done = run("recover", "He(3, z)", "--beta", "oo", "--d", "100,200", "--replicas", replicas)
    assert "inf" not in done.stdout
    assert said in " ".join(done.stdout.split())


def test_without_weights_the_default_activation_carries_the_information_exponent() -> None:
    found = recover("He(4, z)", "oo", 8, replicas=4)
    assert found.activation.text == "z + He(3, z)/6 + He(4, z)/24"
    assert found.order == 4


@pytest.mark.parametrize(("link", "beta", "ds"), [("tanh", 2, [8, 16, 32]), ("staircase", "1/2", [8, 16, 32]),
                                                  ("cos", 2, [16, 32]), ("tanh", "oo", [8, 32])])  # fmt: skip
def test_the_exponent_at_small_dimensions_holds_the_law(link: str, beta: object, ds: list[int]) -> None:
    slope = recover(link, beta, ds, replicas=400).exponent  # type: ignore[arg-type]
    assert slope.predicted is not None
    assert slope.lower is not None
    assert slope.upper is not None
    assert slope.lower <= slope.predicted <= slope.upper
    assert slope.upper - slope.lower < 1.1


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
        (["--beta", "2", "--d", "100", "--activation", "where(z > 0, z + 1, z)/10**9"], "jump"),
        (["--beta", "2", "--d", "100", "--activation", "sign(z)*abs(z)**(1/8)/20000"], "E g'(Z)^2 is inf"),
        (["--beta", "2", "--d", "100", "--activation", "sin(exp(z**2))"], "E g'(Z)^2 is not shown"),
        (["--beta", "2", "--d", "100", "--activation", "exp(z**2/3)"], "E g'(Z)^2 = oo"),
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


def test_a_run_of_many_days_is_refused_at_once() -> None:
    # The link barely leaves a step function: its signal is 1e-6 of that, and the horizon grows accordingly.
    with pytest.raises(LinkError, match="which takes days: write smaller dimensions"):
        recover("sign(clip(where(z - 5 > 1/2, z, -1) - sqrt(2)*1e-6*z, -2, 2))", 2, [8, 16], replicas=2)
