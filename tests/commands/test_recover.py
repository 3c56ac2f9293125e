"""The command ``recover``: the fields of its answer, its figure, and the input that it refuses."""

import json
from pathlib import Path

import pytest
from tiltproof.interface.output.conclusions import conclusion
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


def test_networks_on_shared_samples_tell_how_their_fraction_spreads() -> None:
    found = recover("cos(z)", 2, 30, replicas=60, neurons=6)
    (run,) = found.runs
    assert (found.together, run.replicas) == (6, 360)
    assert run.spread is not None
    assert run.independent_spread == pytest.approx((run.fraction * (1 - run.fraction) / 6) ** 0.5)
    assert 0.6 < run.spread / run.independent_spread < 1.6
    low, high = run.fraction_interval
    assert low < 0.5 < high
    # Sixty networks, and not 360 independent neurons.
    assert high - low > 0.3


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        (("--neurons", "0"), "neurons"),
        (("--neurons", "40"), "holds no 40 neurons"),
        (("--neurons", "2", "--until", "0.9"), "leave --until out"),
    ],
)
def test_networks_that_cannot_be_trained_are_refused(more: tuple[str, ...], seen: str) -> None:
    done = run("recover", "tanh", "--beta", "2", "--d", "32", *more)
    assert done.returncode == 2
    assert seen in done.stderr


def test_two_steps_on_each_sample_need_no_weights() -> None:
    found = recover("staircase", "oo", [4000, 32_000], replicas=40, passes=2)
    assert [run.fraction for run in found.runs] == [1.0, 1.0]
    slope = found.exponent
    assert slope.lower is not None
    assert slope.upper is not None
    # Used once, samples of order d^2 are needed.
    assert slope.lower < 1.05 < slope.upper + 0.15
    assert slope.upper < 1.4
    assert 0 < found.recovered_at < 0.5


def test_vectors_take_two_steps_on_each_sample_too() -> None:
    chain, direct = (
        recover("tanh", "oo", 400, replicas=40, passes=2, activation="z", direct=direct)
        for direct in (False, True)
    )
    ratio = (chain.runs[0].median_samples or 0) / (direct.runs[0].median_samples or 1)
    assert 0.8 < ratio < 1.25


@pytest.mark.parametrize(
    ("link", "more", "seen"),
    [
        ("tanh", ("--beta", "2"), "--passes 2 --beta oo"),
        ("tanh", ("--beta", "oo", "--noise", "gaussian(1)"), "--passes 2 --beta oo"),
        ("cos", ("--beta", "oo"), "generative exponent 1"),
        ("staircase", ("--beta", "oo"), "write dimensions from"),
        ("tanh", ("--beta", "oo", "--activation", "tanh(z)"), "no polynomial"),
    ],
)
def test_second_passes_that_are_not_understood_are_refused(
    link: str, more: tuple[str, ...], seen: str
) -> None:
    done = run("recover", link, "--d", "100", "--passes", "2", *more)
    assert done.returncode == 2
    assert seen in done.stderr


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
        (["--beta", "2", "--d", "2"], "d = 2 is not a whole number from 3"),
        (["--beta", "2", "--d", "100,50"], "not increasing"),
        (["--beta", "2", "--d", "ten"], "not a list of dimensions"),
        (["--beta", "2", "--d", "1000000000000"], "is not a whole number from 3"),
        (["--beta", "0", "--d", "100"], "not a positive exact number"),
        (["--beta", "2", "--d", "100", "--step", "0"], "step '0' is not a positive exact number"),
        (["--beta", "2", "--d", "100", "--activation", "sign(z)"], "jump"),
        (["--beta", "2", "--d", "100", "--activation", "where(z > 0, z + 1, z)/10**9"], "jump"),
        (["--beta", "2", "--d", "100", "--activation", "sign(z)*abs(z)**(1/8)/20000"], "E g'(Z)^2 is inf"),
        (["--beta", "2", "--d", "100", "--activation", "sin(exp(z**2))"], "E g'(Z)^2 is not shown"),
        (["--beta", "2", "--d", "100", "--activation", "exp(z**2/3)"], "E g'(Z)^2 = oo"),
        (["--beta", "2", "--d", "100", "--activation", "1"], "shares no Hermite order"),
        (["--beta", "oo", "--d", "20", "--contrast"], "write a finite beta"),
        (["--beta", "2", "--d", "100", "--plot", "x.gif"], "none of .svg, .png and .pdf"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(arguments: list[str], message: str) -> None:
    done = run("recover", "tanh(z)", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("link", "activation", "size"),
    [("1e-200*tanh(z)", "z", "small"), ("1e-400*z", "z", "small"), ("tanh(z)", "1e200*z", "large")],
)
def test_steps_beyond_double_precision_are_told(link: str, activation: str, size: str) -> None:
    with pytest.raises(ArithmeticError, match=f"is too {size} for double precision"):
        recover(link, 2, 50, activation=activation)


def test_gradients_of_infinite_variance_are_refused() -> None:
    done = run("recover", "z**2", "--beta", "3", "--d", "50")
    assert done.returncode == 2
    assert "2/t_max = 4" in done.stderr


def test_a_run_of_many_days_is_refused_at_once() -> None:
    # The link barely leaves a step function: its signal is 1e-6 of that, and the horizon grows accordingly.
    with pytest.raises(LinkError, match="which takes days: write smaller dimensions"):
        recover("sign(clip(where(z - 5 > 1/2, z, -1) - sqrt(2)*1e-6*z, -2, 2))", 2, [8, 16], replicas=2)


def test_the_way_on_to_an_overlap_is_told_beside_weak_recovery() -> None:
    done = run(
        "recover", "tanh(z)", "--beta", "2", "--d", "50,200", "--replicas", "60", "--until", "0.99", "--json"
    )
    assert done.returncode == 0
    first, second = json.loads(done.stdout)["runs"]
    for each in (first, second):
        strong = each["strong"]
        assert strong["overlap"] == 0.99
        assert strong["median_samples"] > 3 * each["median_samples"]
        assert strong["median_samples"] == pytest.approx(strong["forecast_samples"], rel=0.1)
        assert strong["fraction_interval"][0] <= strong["fraction"] <= strong["fraction_interval"][1]
        assert strong["censored"] == 0
        assert [rest["end"] for rest in strong["rests"]] == [1, -1]
        for rest in strong["rests"]:
            assert rest["no_law"] is None
            # q/(2|D|) of tanh with z + He_3/6 at beta = 2, in balls.
            assert rest["law"] == pytest.approx(1.7600226 * each["step"] * (each["d"] - 1), rel=1e-5)
            assert rest["forecast"] < rest["law"] < 1 - 0.99**2
    assert second["strong"]["median_samples"] == pytest.approx(4 * first["strong"]["median_samples"], rel=0.1)


def test_weak_recovery_is_the_same_with_an_overlap_to_go_on_to() -> None:
    plain, onward = (
        recover("tanh(z)", 2, 60, replicas=30, step=0.005, until=until) for until in (None, "0.99")
    )
    assert plain.runs[0].strong is None
    assert onward.runs[0].strong is not None
    assert plain.runs[0].median_samples == onward.runs[0].median_samples
    assert (plain.neurons[0].steps == onward.neurons[0].steps).all()
    reached = onward.neurons[0].reached
    assert reached is not None
    assert (reached > onward.neurons[0].steps).all()


def test_chain_and_vectors_go_on_alike() -> None:
    chain, direct = (
        recover("cos(z)", 2, 24, replicas=80, until=0.95, direct=which) for which in (False, True)
    )
    strong = [found.runs[0].strong for found in (chain, direct)]
    medians = [each.median_samples or 0 for each in strong if each is not None]
    assert 0.7 < medians[0] / medians[1] < 1.4
    # An even link: one output sign, both ends.
    assert all({rest.end for rest in each.rests} == {1, -1} for each in strong if each is not None)


def test_a_step_that_suits_the_overlap_stays_as_it_is() -> None:
    usual, onward = recover("tanh(z)", 2, 50, replicas=4), recover("tanh(z)", 2, 50, replicas=4, until=0.6)
    assert usual.step == onward.step


def test_the_step_that_is_advised_gets_there() -> None:
    with pytest.raises(
        LinkError, match=r"ends at 1 - m\^2 = .* at d = 40, .*: write --step (.*) or less"
    ) as refusal:
        recover("tanh(z)", 2, [40, 80], replicas=20, step=0.1, until="0.98")
    advised = float(str(refusal.value).split("--step ")[-1].split()[0])
    found = recover("tanh(z)", 2, [40, 80], replicas=20, step=advised, until="0.98")
    assert [each.strong.fraction for each in found.runs if each.strong] == [1.0, 1.0]


def test_no_law_of_the_end_is_claimed_where_it_is_not_shown() -> None:
    done = run("recover", "tanh(z)", "--beta", "2", "--d", "20", "--replicas", "4", "--until", "0.9",
               "--activation", "relu(z)")  # fmt: skip
    assert "no law of the end" in done.stdout
    strong = recover("sign(z)", 2, 20, replicas=4, until=0.9, activation="relu(z)").runs[0].strong
    assert strong is not None
    assert all(rest.law is None and rest.no_law and rest.forecast for rest in strong.rests)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--until", "0.5"], "until 1/2 is no overlap beyond 1/2: write one above 1/2"),
        (["--until", "1"], "write one above 1/2, at most 0.9999"),
        (["--until", "much"], "until 'much' is not a positive exact number"),
        (["--until", "0.99", "--step", "0.1"], "write --step 0.0058 or less"),
        (["--until", "0.99", "--step", "3"], "stays near |m| = 1/2"),
        (["--until", "0.9", "--activation", "z + 5*He(3, z)/6"], "changes sign before |m| = 0.9"),
    ],
)
def test_an_overlap_that_is_not_reached_is_refused_in_one_sentence(
    arguments: list[str], message: str
) -> None:
    done = run("recover", "tanh(z)", "--beta", "2", "--d", "100", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_product_without_the_moment_is_refused() -> None:
    done = run(
        "recover", "7*z**2/20", "--beta", "2", "--d", "20", "--until", "0.9", "--activation", "exp(z**2/12)"
    )
    assert done.returncode == 2
    assert "E|T(y) g'(u)|^(2+eps) is not shown to be finite at u = z" in done.stderr


def test_a_notebook_shows_the_way_on_too() -> None:
    shown = recover("tanh(z)", 2, 20, replicas=4, until=0.9)._repr_html_()
    for words in ("go on to abs(m) = 0.9", "further", "its law"):
        assert words in shown


def test_the_first_line_says_what_a_person_would() -> None:
    said = conclusion(recover("z", 2, [50, 200], replicas=40))
    assert said.startswith("all neurons find the direction at d = 200; samples grow like d^a, a from ")
    assert " d^a log d, a from " in conclusion(recover("abs(z)", 1, [50, 100], replicas=40))
    # The drift changes sign on the way: beta lies below the threshold.
    none = conclusion(recover("tanh(z) - 9/10", "1/5", 100, replicas=4))
    assert none == "no neuron finds the direction at d = 100 within 173,000 samples"


def test_a_narrow_terminal_breaks_no_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = run("recover", "z", "--beta", "2", "--d", "50", "--replicas", "4").stdout.splitlines()
    heads = " ".join(line for line in lines if line.split()[:1] == ["d"])
    assert [name for name in ("horizon", "fraction", "99.9% interval", "forecast") if name not in heads] == []
