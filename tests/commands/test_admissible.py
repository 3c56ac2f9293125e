"""What `tiltproof admissible` answers: a forecast whose statements agree with each other, and refusals."""

import json
import random
from fractions import Fraction
from itertools import pairwise

import pytest
from tiltproof.interface.answers.admissible_set import AdmissibleSet, Interval
from tiltproof.interface.output.terminal import show
from tiltproof.interface.output.views import view
from tiltproof.link import LinkError, parse_noise

from tiltproof import admissible

ASKED = {"osc": "0.2", "noise": parse_noise("gaussian(1)")}
#: Queries whose least B lies between the points of a coarse grid: link, epsilon, n, noise.
BETWEEN_POINTS = [
    ("tanh", "0.19", 10**6, None),
    ("sin", "0.2777", 10**5, None),
    ("tanh", "0.4619", 10**6, "gaussian(1/2)"),
    ("clip(z**3,-1,1)", "0.3", 10**5, None),
    ("sigmoid(4*z)", "0.1", 10**4, "gaussian(1/2)"),
]


@pytest.fixture(scope="module")
def million() -> AdmissibleSet:
    return admissible("tanh(z)", "0.5", 10**6, **ASKED)


def _inside(beta: Fraction, intervals: tuple[Interval, ...]) -> bool:
    return any(
        Fraction(i.lower.lower) <= beta and (i.upper.upper == "inf" or beta <= Fraction(i.upper.upper))
        for i in intervals
    )


OSCILLATIONS = {
    "tanh(z)": 2.0, "sin(z)": 2.0, "sigmoid(z)": 1.0, "erf(z)": 2.0, "clip(z,-1,1)": 2.0, "exp(-z**2)": 1.0,
    "clip(z**2,0,2)": 2.0,
}  # fmt: skip


def consistent(found: AdmissibleSet) -> None:
    """Every statement of an answer against every other."""
    forecast, epsilon = found.forecast, found.epsilon
    best, looked = forecast.best, forecast.looked["label"]
    within = Fraction(best.loss.upper) <= epsilon
    assert within or Fraction(best.loss.lower) > epsilon
    assert best.beta >= looked.down_to
    assert _inside(best.beta, forecast.label + looked.undecided) or not within
    assert within or not _inside(best.beta, forecast.label)
    assert within or not forecast.label
    assert (forecast.nonempty_n is not None and forecast.nonempty_n <= found.n) == within
    assert (Fraction(forecast.nonempty_epsilon) <= epsilon) == within
    for name, where in forecast.looked.items():
        intervals = getattr(forecast, name)
        assert all(Fraction(i.lower.upper) >= where.down_to for i in intervals)
        assert not (where.empty and intervals)
    for i in forecast.surrogate:
        for end in (i.lower.upper, i.upper.lower):
            assert end == "inf" or _inside(Fraction(end), forecast.label)
    for name, fits in forecast.estimators.items():
        assert fits[0].lower == pytest.approx(float(forecast.looked[name].down_to))
        assert all(a.upper == b.lower and a.estimator != b.estimator for a, b in pairwise(fits))
        assert fits[-1].upper == float("inf")
    for t, total, *_ in forecast.curve:
        beta = Fraction(1 / t)
        if abs(total - float(epsilon)) < 1e-6 * float(epsilon) or _inside(beta, looked.undecided):
            continue
        if beta >= looked.down_to:
            assert _inside(beta, forecast.label) == (total < epsilon)
        elif total < epsilon:
            assert forecast.label
            assert not forecast.label[0].ends_below


@pytest.mark.parametrize(("link", "epsilon", "n", "noise"), BETWEEN_POINTS, ids=lambda x: str(x))
def test_a_dip_between_the_points_of_a_grid_is_found(
    link: str, epsilon: str, n: int, noise: str | None
) -> None:
    consistent(admissible(link, epsilon, n, noise=noise, digits=6))


def test_the_set_of_tanh_holds_its_best_temperature() -> None:
    found = admissible("tanh", "0.19", 10**6, digits=6).forecast
    assert float(found.label[0].lower.upper) < 0.20751 < float(found.label[0].upper.lower)
    assert float(found.best.loss.upper) == pytest.approx(0.185428, abs=1e-6)


def _random(seed: int) -> AdmissibleSet:
    draw = random.Random(seed)
    link, osc = draw.choice(list(OSCILLATIONS.items()))
    inner = f"{draw.choice((1, 2, '1/3'))}*z + {draw.choice((0, '1/2', '-1', 2))}"
    scale = draw.choice(("1", "1/1000", "50"))
    text, osc = f"{scale}*{link.replace('z', f'({inner})')}", osc * float(Fraction(scale))
    epsilon = Fraction(osc * draw.uniform(0.02, 0.6)).limit_denominator(10**6)
    noise = draw.choice((None, f"gaussian({osc / 4:.3g})", f"rademacher({osc / 4:.3g})"))
    return admissible(text, epsilon, int(10 ** draw.uniform(2, 7)), noise=noise, digits=6)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_statement_of_an_answer_agrees_with_every_other(seed: int) -> None:
    consistent(_random(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_every_statement_agrees_for_many_links(seed: int) -> None:
    consistent(_random(seed))


def test_nothing_is_said_to_be_guaranteed_at_finite_n(
    million: AdmissibleSet, capsys: pytest.CaptureFixture[str]
) -> None:
    as_json = million.as_json()
    assert [as_json[name] for name in ("label", "surrogate", "best", "limits", "nonempty_from")] == [None] * 5
    assert {"label", "surrogate", "label_own", "surrogate_own", "best"} <= set(as_json["forecast"])
    show(view(million))
    said = capsys.readouterr().out + json.dumps(as_json) + million._repr_html_() + str(million._repr_latex_())
    assert "forecast" in said
    assert not any(word in said for word in ("certified", "bound ", "lose at most"))


def test_which_estimator_is_meant_is_said_at_each_temperature() -> None:
    found = admissible("tanh", "0.4619", 10**6, noise="gaussian(1/2)", digits=6).forecast
    cold, hot = found.estimators["label"]
    assert (cold.estimator, hot.estimator) == ("clipped", "unclipped")
    assert cold.upper == hot.lower == pytest.approx(0.5327, abs=1e-4)


def test_empty_is_said_only_where_no_policy_is_good_enough(capsys: pytest.CaptureFixture[str]) -> None:
    proved = admissible("tanh", "0.1", 1000, target=2, digits=6)
    assert proved.forecast.looked["label"].empty
    open_ = admissible("tanh", "0.01", 1000, digits=6)
    assert not open_.forecast.looked["label"].empty
    show(view(open_))
    said = capsys.readouterr().out
    assert "empty:" not in said
    assert "no beta >= " in said


def test_end_points_are_enclosed_to_the_digits_asked(million: AdmissibleSet) -> None:
    (interval,) = million.forecast.label
    assert interval.ends_below
    for end in (interval.lower, interval.upper):
        assert float(end.upper) - float(end.lower) <= 1e-11


def test_the_surrogate_set_lies_inside_the_label_set_at_a_common_cost(million: AdmissibleSet) -> None:
    (label,), (surrogate,) = million.forecast.label, million.forecast.surrogate
    assert float(label.lower.upper) < float(surrogate.lower.lower)
    assert float(surrogate.upper.upper) < float(label.upper.lower)


def test_at_its_own_cost_the_surrogate_can_win(million: AdmissibleSet) -> None:
    # Unit Gaussian noise costs label weights the factor e^{t^2}; weights from the pilot do not pay it.
    own, label = million.forecast.surrogate_own, million.forecast.label
    assert float(own[0].lower.upper) < float(label[0].lower.lower)


def test_the_note_names_the_noise_only_where_there_is_some(million: AdmissibleSet) -> None:
    assert "its weights do not pay the noise's factor" in million.forecast.note
    noiseless = admissible("sigmoid", "0.3", 10**6, digits=6).forecast.note
    assert "noise" not in noiseless
    assert "its weights' second moment is" in noiseless


def test_the_set_grows_with_n(million: AdmissibleSet) -> None:
    more = admissible("tanh(z)", "0.5", 2 * 10**6, **ASKED)
    assert float(more.forecast.label[0].lower.lower) < float(million.forecast.label[0].lower.lower)


@pytest.mark.parametrize("factor", ["101/100", pytest.param("1", marks=pytest.mark.slow)])
def test_where_nothing_is_found_it_says_from_which_epsilon_on_there_is_something(factor: str) -> None:
    none = admissible("tanh(z)", "0.4", 1000, **ASKED).forecast
    assert none.label == ()
    assert none.low
    # At the very edge almost every temperature near the best has to be told from it.
    again = admissible("tanh(z)", Fraction(none.nonempty_epsilon) * Fraction(factor), 1000, **ASKED)
    assert again.forecast.label


def test_the_sample_size_it_names_is_enough(million: AdmissibleSet) -> None:
    assert million.forecast.nonempty_n is not None
    assert admissible("tanh(z)", "0.5", million.forecast.nonempty_n, **ASKED).forecast.label


def test_uniform_noise_has_end_points_too() -> None:
    found = admissible("tanh(z)", "0.5", 10**12, osc="0.2", noise=parse_noise("uniform(1)"), digits=10)
    (interval,) = found.forecast.label
    assert float(interval.upper.upper) - float(interval.upper.lower) < 1e-9


def test_a_scaled_link_has_the_scaled_set() -> None:
    small, large = (
        admissible(
            f"{scale}*tanh(z)", f"{scale}/2", 10**6, osc=f"{scale}/5", noise=f"gaussian({scale})", digits=6
        ).forecast
        for scale in ("1/1000", "1000")
    )
    (low,), (high,) = small.label, large.label
    assert low.ends_below
    assert high.ends_below
    assert float(high.lower.lower) == pytest.approx(10**6 * float(low.lower.lower), rel=1e-5)
    assert float(high.upper.lower) == pytest.approx(10**6 * float(low.upper.lower), rel=1e-5)


def test_leverage_controls_the_oscillation_of_a_large_link_too() -> None:
    assert admissible("1000*tanh(z)", "300", 10**6, digits=6).forecast.osc_source == "leverage"


def test_a_pilot_at_infinite_distance_has_no_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    found = admissible("tanh", "0.5", 10**6, proxy="z", digits=6)
    assert not found.forecast.surrogate_applies
    show(view(found))
    assert capsys.readouterr().out.count("not applicable") == 3


@pytest.mark.parametrize(
    ("link", "extra", "said"),
    [
        ("z", {}, "'z' has an infinite range and the features are bounded"),
        ("z", {"osc": 1, "target": 1}, "osc\\(rhat - r\\*\\) is infinite for every fit"),
        ("-z**2", {"osc": "0.2"}, "infinite range"),
        ("z**3", {"osc": 1, "target": 1}, "clip the link"),
        ("tanh(z)", {"proxy": "exp(z)"}, "the proxy 'exp\\(z\\)' has t_max = 0"),
        ("tanh(z)", {"target": "abc"}, "target 'abc' is not an exact number"),
        ("tanh(z)", {"osc": -1}, "osc '-1' is not a positive exact number"),
        ("3", {}, "'3' is constant"),
    ],
)
def test_what_cannot_be_asked_is_refused(link: str, extra: dict[str, int], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        admissible(link, "0.5", 1000, **extra)


def test_a_range_known_by_bounds_only_is_said_to_be_so() -> None:
    found = admissible("sin(z) + sin(2*z)/3", "1.5", 1000, digits=3)
    assert "bounds from above" in found.forecast.note


def test_fewer_samples_than_coefficients_are_refused() -> None:
    with pytest.raises(LinkError, match="n = 12 samples do not determine the 13 coefficients"):
        admissible("tanh", "0.5", 12)


@pytest.mark.slow
def test_cells_side_by_side_that_stay_open_are_one_stretch() -> None:
    # epsilon is the least forecast, so that the forecast touches it.
    found = admissible("clip(z, -1, 1)", epsilon="0.71727581", n=1000, osc="0.2", noise="gaussian(1)")
    stretches = found.as_json()["forecast"]["looked"]["label"]["undecided"]
    ends = [(float(part["from"]["lower"]), float(part["to"]["upper"])) for part in stretches]
    assert len(ends) <= 2
    assert any(low < 1.0568 < high for low, high in ends)
