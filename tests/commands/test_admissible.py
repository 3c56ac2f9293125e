"""What `tiltproof admissible` answers: guaranteed sets, what is said of them, a forecast, and refusals."""

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import Integer
from tiltproof.crosscheck.arguments import as_noise
from tiltproof.interface.answers.admissible_curve import Scheme
from tiltproof.interface.answers.admissible_set import AdmissibleSet, Fit, Temperatures
from tiltproof.interface.answers.strong import stage_one
from tiltproof.interface.output.conclusions import conclusion
from tiltproof.interface.output.terminal import show
from tiltproof.interface.output.views import view
from tiltproof.link import LinkError, as_link
from tiltproof.numerics import work
from tiltproof.numerics.guarantee.bound import Range

from tiltproof import admissible, policy

from ..numerics.plain_guarantee import Plain

#: Link, noise, n and the sub-optimality at most that is to be guaranteed with the recommended fit.
TOTALS = [
    ("sigmoid(z)", "gaussian(1/4)", 10**5, "0.40"),
    ("sigmoid(z)", "gaussian(1/4)", 10**6, "0.357"),
    ("erf(z)", "gaussian(1/2)", 10**6, "0.365"),
    ("tanh(2*z) - 1/2", "gaussian(1/2)", 10**6, "0.295"),
]
FIT = {"features": "-1,0,1", "ridge": "1/1000"}
#: docs/choosing-temperatures.md: samples at which some beta loses at most 0.45, with the features for it.
ENOUGH = [
    ("sigmoid(z)", "gaussian(1/4)", 1760, "0"),
    ("tanh(z)", "gaussian(1/2)", 30_400, "0"),
    ("erf(z)", "gaussian(1/2)", 16_600, "0"),
    ("tanh(2*z) - 1/2", "gaussian(1/2)", 9670, "-1/2,0,1/2"),
    ("sin(z)", "gaussian(1/2)", 150_000, "-2,-1,0,1,2"),
    ("clip(z,-1,1)", "gaussian(1/2)", 24_200, "0"),
]


@cache
def ask(link: str, epsilon: str, n: int, noise: str = "none", **more: Any) -> AdmissibleSet:
    return admissible(link, epsilon, n, noise=noise, **more)


@pytest.fixture(scope="module")
def sigmoid() -> AdmissibleSet:
    return ask("sigmoid(z)", "0.40", 10**5, "gaussian(1/4)")


def _inside(beta: Fraction, found: tuple[Temperatures, ...]) -> bool:
    return any(
        Fraction(one.lower.lower) <= beta and (one.upper.lower == "inf" or beta <= Fraction(one.upper.lower))
        for one in found
    )


def _plain(found: AdmissibleSet, beta: Fraction, s: Any, tau: float) -> float:
    """A lower bound of the guarantee by plain sums: value lost, and second order at the mean error."""
    biases = tuple(float(b) for b in found.fit.biases)
    plain = Plain(s, float(1 / beta), biases, float(found.fit.ridge), tau)
    radius = (plain.energy / found.n) ** 0.5
    norm = (plain.bias**2 + 2 * plain.cross * radius + radius**2) ** 0.5
    low, high = found.fit.clip
    return float(high) - plain.value + plain.second_order(radius, norm, low, high)


@pytest.mark.parametrize(
    ("link", "noise", "n", "most"),
    [*TOTALS[:1], *(pytest.param(*total, marks=pytest.mark.slow) for total in TOTALS[1:])],
)
def test_what_is_lost_at_most_with_the_recommended_fit(link: str, noise: str, n: int, most: str) -> None:
    found = ask(link, most, n, noise).guaranteed
    assert found.best is not None
    assert float(found.best.bound.upper) <= float(most)
    assert _inside(found.best.beta, found.label)


@pytest.mark.parametrize(
    ("link", "noise", "n", "features"),
    # One feature and three.
    [pytest.param(*row, marks=[] if i in (0, 3) else pytest.mark.slow) for i, row in enumerate(ENOUGH)],
    ids=str,
)
def test_the_samples_that_the_guide_names_are_enough_for_some_beta(
    link: str, noise: str, n: int, features: str
) -> None:
    found = ask(link, "0.45", n, noise, features=features, ridge="1/10000").guaranteed
    assert found.best is not None
    assert float(found.best.bound.upper) <= 0.45
    assert _inside(found.best.beta, found.label)
    assert found.nonempty.n is not None
    assert 0.98 * n <= found.nonempty.n <= n


def test_no_beta_is_best_where_samples_show_no_more_than_the_range(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = ask("tanh(z)", "1/2", 6, "gaussian(1/2)", **FIT)
    assert found.guaranteed.label == ()
    assert found.guaranteed.best is not None
    assert list(found.guaranteed.best.terms) == ["range"]
    show(view(found))
    assert "every policy loses at most 2" in " ".join(capsys.readouterr().out.split())


def test_features_that_depend_on_each_other_leave_the_bound_by_the_range(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = ask("tanh(z)", "1.2", 10**6, features=("0", "1/1000000000000"), ridge="0")
    best = found.guaranteed.best
    assert best is not None
    assert (found.guaranteed.label, found.guaranteed.empty, list(best.terms)) == ((), "", ["range"])
    assert best.bound.upper == "2"
    assert best.lost == pytest.approx(1 - float(policy("tanh", best.beta).value.lower), abs=1e-6)
    show(view(found))
    assert "Gram matrix is not shown to be invertible" in " ".join(capsys.readouterr().out.split())


def test_a_loss_of_the_whole_range_is_guaranteed_at_every_beta() -> None:
    for epsilon in ("2", "2.01"):
        found = ask("tanh(z)", epsilon, 6, "gaussian(1/2)", **FIT).guaranteed
        for [one] in (found.label, found.surrogate):
            assert (one.lower.lower, one.upper.upper) == ("0", "inf")
        assert found.low is not None
        assert found.low.startswith("none: no policy loses more")
    assert not ask("tanh(z)", "1.999", 6, "gaussian(1/2)", **FIT).guaranteed.label


def test_the_parts_of_the_bound_make_it_up(sigmoid: AdmissibleSet) -> None:
    best = sigmoid.guaranteed.best
    assert best is not None
    assert best.lost + sum(best.terms.values()) == pytest.approx(float(best.bound.upper), rel=1e-5)
    assert best.lost == pytest.approx(1 - float(policy("sigmoid", best.beta).value.lower), abs=1e-6)
    said = best.as_json()
    assert float(said["failure_probability"]) == 0.05
    assert sum(float(part) for part in said["split"].values()) == pytest.approx(0.05)


def test_a_guarantee_is_no_smaller_than_the_mean_error_makes_it(sigmoid: AdmissibleSet) -> None:
    best = sigmoid.guaranteed.best
    assert best is not None
    plain = _plain(sigmoid, best.beta, lambda z: 1 / (1 + np.exp(-z)), 0.25)
    assert plain <= float(best.bound.upper) <= plain + 0.05


def test_every_end_is_guaranteed_when_it_is_asked_for_alone(sigmoid: AdmissibleSet) -> None:
    [label] = sigmoid.guaranteed.label
    for end in (label.lower, label.upper):
        assert end.lower == end.upper
        assert _plain(sigmoid, Fraction(end.lower), lambda z: 1 / (1 + np.exp(-z)), 0.25) <= 0.4
    # Not much beyond: at the hot end almost all of epsilon is value lost.
    lost = 1 - float(policy("sigmoid", Fraction(label.upper.lower) * Fraction(103, 100)).value.lower)
    assert lost > 0.396


def test_surrogate_weights_have_a_guaranteed_set_too(sigmoid: AdmissibleSet) -> None:
    # They do not pay the noise's factor e^{K_e(2t) - 2K_e(t)}.
    [label], [surrogate] = sigmoid.guaranteed.label, sigmoid.guaranteed.surrogate
    assert float(surrogate.lower.lower) < float(label.lower.lower)


def test_a_set_of_surrogate_weights_alone_is_not_called_nothing(sigmoid: AdmissibleSet) -> None:
    alone = replace(sigmoid, guaranteed=replace(sigmoid.guaranteed, label=()))
    said = conclusion(alone)
    assert said.startswith("with surrogate weights beta2 from 0.103 to 0.406; for label weights take n = ")
    nothing = replace(sigmoid, guaranteed=replace(sigmoid.guaranteed, label=(), surrogate=()))
    assert conclusion(nothing).startswith("nothing is guaranteed at n = 100000: take n = ")


def test_what_limits_each_end_is_said(sigmoid: AdmissibleSet) -> None:
    found = sigmoid.guaranteed
    assert found.low is not None
    assert found.high is not None
    assert found.low.startswith("learning may lose")
    assert found.high.startswith("too little tilt")


def test_a_guarantee_that_takes_too_much_work_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_QUESTION", 1e3)
    found = admissible("tanh(z)", "1/2", 10**6, features="0", ridge="1/1000").guaranteed
    assert (found.label, found.best) == ((), None)
    assert "work" in str(found.low)
    assert "work" in str(found.high)


@pytest.mark.parametrize(
    ("n", "delta"), [(10**6, "0.01"), pytest.param(10**5, "0.05", marks=pytest.mark.slow)], ids=["n", "delta"]
)
def test_the_sets_grow_with_n_and_with_delta(n: int, delta: str) -> None:
    less, more = (
        ask("tanh(z)", "0.5", size, "gaussian(1/2)", delta=chance, **FIT).guaranteed.label[0]
        for size, chance in ((10**5, "0.01"), (n, delta))
    )
    assert float(less.lower.lower) > float(more.lower.lower)
    assert float(less.upper.lower) < float(more.upper.lower)


@pytest.mark.slow
def test_the_sample_size_that_is_named_is_enough_and_little_fewer_are_not() -> None:
    named = ask("tanh(z)", "0.5", 10**5, "gaussian(1/2)", **FIT).guaranteed.nonempty.n
    assert named is not None
    assert ask("tanh(z)", "0.5", named, "gaussian(1/2)", **FIT).guaranteed.label
    fewer = ask("tanh(z)", "0.5", int(0.98 * named), "gaussian(1/2)", **FIT).guaranteed
    assert not fewer.label
    assert fewer.nonempty.n == named
    assert not fewer.empty


def test_the_epsilon_that_is_named_is_enough() -> None:
    none = ask("tanh(z)", "0.3", 10**4, "gaussian(1/2)", **FIT).guaranteed
    assert none.label == ()
    assert none.low is none.high is None
    assert none.nonempty.epsilon is not None
    assert ask("tanh(z)", none.nonempty.epsilon, 10**4, "gaussian(1/2)", **FIT).guaranteed.label


@pytest.mark.slow
def test_other_features_are_named_where_no_n_is_enough_for_these() -> None:
    found = ask("sin(z)", "0.35", 1000)
    nonempty = found.guaranteed.nonempty
    assert not found.guaranteed.label
    assert nonempty.n is not None
    again = admissible("sin(z)", "0.35", nonempty.n, features=nonempty.biases, ridge=nonempty.ridge)
    assert again.guaranteed.label


def test_empty_is_said_only_where_no_policy_is_good_enough(capsys: pytest.CaptureFixture[str]) -> None:
    beyond = ask("tanh(z)", "0.1", 1000, target=2, **FIT)
    assert beyond.guaranteed.empty
    assert beyond.guaranteed.nonempty.n is None
    show(view(beyond))
    assert "empty: no policy comes within epsilon" in capsys.readouterr().out.replace("\n", " ")
    show(view(ask("tanh(z)", "0.01", 1000, **FIT)))
    said = capsys.readouterr().out
    assert "empty:" not in said
    assert "no beta found" in said


def test_where_no_tilt_is_enough_every_high_temperature_is_in_the_set() -> None:
    found = ask("tanh(z)", "2", 10**4, **FIT).guaranteed
    assert [one.upper.upper for one in found.label + found.surrogate] == ["inf", "inf"]
    assert found.high is not None
    assert found.high.startswith("none:")


@pytest.mark.slow
def test_a_scaled_link_has_the_scaled_set() -> None:
    one, four = (
        ask(f"{k}*tanh(z)", f"{k}/2", 10**5, f"gaussian({k}/2)", **FIT).guaranteed.label[0] for k in (1, 4)
    )
    assert float(four.lower.lower) == pytest.approx(4 * float(one.lower.lower), rel=5e-3)
    assert float(four.upper.lower) == pytest.approx(4 * float(one.upper.lower), rel=5e-3)


@pytest.mark.slow
def test_a_link_far_from_zero_has_the_same_set() -> None:
    near, far = (
        ask(link, "0.45", 10**5, "gaussian(1/2)", **FIT).guaranteed for link in ("tanh(z)", "tanh(z) + 10**6")
    )
    for scheme in ("label", "surrogate"):
        (one,), (other,) = getattr(near, scheme), getattr(far, scheme)
        assert float(other.lower.lower) == pytest.approx(float(one.lower.lower), rel=5e-3)
        assert float(other.upper.lower) == pytest.approx(float(one.upper.lower), rel=5e-3)


@pytest.mark.parametrize(
    ("link", "clip", "epsilon"),
    [
        ("z**2", "0,6", "0.47"),
        pytest.param("relu", "0,4", "1.05", marks=pytest.mark.slow),
        pytest.param("tanh(z)", "-1,0.9", "0.8", marks=pytest.mark.slow),
    ],
)
def test_a_clip_range_may_cut_into_that_of_the_link(link: str, clip: str, epsilon: str) -> None:
    found = ask(link, epsilon, 10**6, clip=clip, target="1.5" if link != "tanh(z)" else 1, **FIT).guaranteed
    assert found.best is not None
    assert set(found.best.terms) == {"first order"}
    assert found.label
    assert found.surrogate_applies == (link == "tanh(z)")


def test_a_clip_range_far_from_zero_does_not_bound_the_weights() -> None:
    t, radii = Fraction(1), []
    for far in (0, 1000):
        span = Range(far - 10.0, far + 10.0, (far, far + 1.0), far + 10.0)
        link = as_link(f"{far} + 10*tanh(3*z)").tree
        scheme = Scheme(link, as_noise(None), t, span, 1000, 1e-3, Integer(far + 10), Integer(far - 10))
        guarantee = scheme.guarantees(Fit((Fraction(0),), Fraction(1, 100), t, span.clip, "given"), t).at(t)
        assert guarantee is not None
        radii.append(guarantee.radius)
    assert radii[1] == pytest.approx(radii[0], rel=1e-6)


@pytest.mark.slow
def test_a_clip_range_that_holds_the_links_own_costs_little() -> None:
    own, wide = (
        ask("tanh(z)", "0.5", 10**5, "gaussian(1/2)", **FIT, **more).guaranteed.best
        for more in ({}, {"clip": "-1.25,1.25"})
    )
    assert own is not None
    assert wide is not None
    assert float(wide.bound.upper) == pytest.approx(float(own.bound.upper), rel=0.2)


def test_stage_one_reaches_further_with_more_samples_and_simulation_agrees() -> None:
    less, more = (
        stage_one(as_link("tanh(z)"), as_noise("gaussian(1/2)"), 100, n1, Fraction(1), 40, 0)
        for n1 in (20_000, 100_000)
    )
    assert Fraction(1, 2) < less.overlap < more.overlap < 1
    for found in (less, more):
        assert found.samples <= found.n1
        assert (found.threshold, found.signal) == ("0", True)
        assert found.simulated is not None
        assert found.simulated.median_overlap == pytest.approx(float(found.overlap), abs=0.03)
        assert found.simulated.fraction_interval[0] <= found.simulated.fraction


def test_a_beta1_below_the_threshold_is_not_said_to_have_a_signal() -> None:
    found = stage_one(as_link("z - 3"), as_noise(None), 100, 10**6, Fraction(1), 0, 0)
    assert not found.signal
    assert float(Fraction(found.threshold)) == pytest.approx((3 + 5**0.5) / 2, abs=1e-9)
    with pytest.raises(LinkError, match="at beta1 = 1/4 no number of samples is forecast to lead past"):
        stage_one(as_link("tanh(z) - 9/10"), as_noise(None), 100, 10**8, Fraction(1, 4), 0, 0)


@pytest.mark.slow
def test_both_stages_are_one_answer_that_says_what_is_a_guarantee(capsys: pytest.CaptureFixture[str]) -> None:
    found = ask("tanh(z)", "0.7", 10**6, "gaussian(1/2)", features="0", ridge="1/10000", d=1000, n1=10**6)
    assert found.stage1 is not None
    said = json.loads(json.dumps(found.as_json()))
    assert said["stage1"]["overlap"] == said["overlap"]["from"] == str(found.stage1.overlap)
    assert said["overlap"]["to"] == "1"
    show(view(found))
    for shown in (capsys.readouterr().out, found._repr_html_()):
        words = " ".join(shown.split())
        assert "forecast, by steps of" in words
        assert "any overlap from" in words
    # No overlap in the range is guaranteed less than all of them.
    best = found.guaranteed.best
    assert best is not None
    for m in ("0.99", "1"):
        alone = ask("tanh(z)", "0.7", 10**6, "gaussian(1/2)", features="0", ridge="1/10000", overlap=m)
        assert alone.guaranteed.best is not None
        assert float(alone.guaranteed.best.bound.upper) <= float(best.bound.upper)


@pytest.mark.slow
def test_a_smaller_overlap_is_guaranteed_less() -> None:
    full, part = (
        ask("tanh(z)", "0.75", 10**5, "gaussian(1/2)", features="0", ridge="1/100", overlap=m).guaranteed.best
        for m in ("1", "0.97")
    )
    assert full is not None
    assert part is not None
    assert float(full.bound.upper) < float(part.bound.upper)


def test_a_pilot_at_infinite_distance_has_no_set(capsys: pytest.CaptureFixture[str]) -> None:
    found = ask("tanh(z)", "0.5", 10**5, proxy="z", **FIT)
    assert not found.guaranteed.surrogate_applies
    show(view(found))
    assert capsys.readouterr().out.count("not applicable") == 2


def test_a_forecast_is_named_one_and_reaches_further(
    sigmoid: AdmissibleSet, capsys: pytest.CaptureFixture[str]
) -> None:
    [label], [forecast] = sigmoid.guaranteed.label, sigmoid.forecast.label
    assert float(forecast.lower.upper) < float(label.lower.lower)
    assert float(label.upper.lower) < float(forecast.upper.lower)
    show(view(sigmoid))
    for said in (capsys.readouterr().out, sigmoid._repr_html_()):
        assert "guaranteed at n = 100000" in " ".join(said.split())
        assert "only forecast" in said
    assert "guaranteed" in str(sigmoid._repr_latex_())


def test_a_forecast_is_the_bound_at_the_mean_error(sigmoid: AdmissibleSet) -> None:
    assert sigmoid.forecast.best is not None
    beta, loss = sigmoid.forecast.best
    plain = _plain(sigmoid, Fraction(beta), lambda z: 1 / (1 + np.exp(-z)), 0.25)
    assert loss == pytest.approx(plain, rel=1e-3)


def test_at_one_error_the_surrogates_forecast_set_is_the_smaller_one(sigmoid: AdmissibleSet) -> None:
    [label], [surrogate] = sigmoid.forecast.label, sigmoid.forecast.surrogate
    assert float(label.lower.upper) < float(surrogate.lower.lower)
    assert float(surrogate.upper.upper) < float(label.upper.lower)


def test_the_json_has_what_is_documented(sigmoid: AdmissibleSet) -> None:
    found = json.loads(json.dumps(sigmoid.as_json()))
    names = "link epsilon n delta noise features ridge overlap clip target proxy label surrogate best limits"
    assert {*names.split(), "nonempty_from", "forecast"} <= set(found)
    assert found["features"]["kind"] == "tanh"
    assert all(isinstance(bias, str) for bias in found["features"]["biases"])
    assert set(found["best"]) >= {"beta", "bound", "failure_probability"}
    assert set(found["limits"]) == {"low", "high"}
    assert set(found["nonempty_from"]) >= {"n", "epsilon"}
    assert set(found["forecast"]) == {"label", "surrogate", "label_own", "surrogate_own", "best"}
    assert (found["overlap"], found["clip"]) == ("1", ["0.0", "1.0"])


def test_the_grid_that_was_searched_is_printed(sigmoid: AdmissibleSet) -> None:
    assert sigmoid.fit.source.startswith("least bound of 1, 3, 5 biases")
    assert ask("tanh(z)", "2", 10**4, **FIT).fit.source == "given"


@pytest.mark.parametrize(
    ("link", "extra", "said"),
    [
        ("z", {}, "'z' is not bounded below"),
        ("-z**2", {"clip": "-3,0"}, "'-z\\*\\*2' is not bounded below"),
        ("z**2", {}, "not bounded above, so a fit needs a range and a value to reach: write --clip LO,HI"),
        ("z**2", {"clip": "0,6"}, "not bounded above"),
        ("z**4", {"clip": "0,6", "target": 2}, "the link 'z\\*\\*4' has t_max = 0"),
        ("tanh(z)", {"proxy": "exp(z)"}, "the proxy 'exp\\(z\\)' has t_max = 0"),
        ("tanh(z)", {"proxy": "exp(z) - exp(2*z)"}, "is not shown to have t_max > 0: clip it"),
        ("tanh(z)", {"target": "abc"}, "target 'abc' is not an exact number"),
        ("tanh(z)", {"delta": 1}, "delta '1' is no failure probability"),
        ("tanh(z)", {"delta": 0}, "delta '0' is not a positive exact number"),
        ("tanh(z)", {"features": "0,x"}, "bias 'x' is not an exact number"),
        ("tanh(z)", {"features": "0,0"}, "2 biases, 1 of them different"),
        ("tanh(z)", {"features": range(-6, 7)}, "13 biases are too many: write at most 12"),
        ("tanh(z)", {"features": "50"}, "bias 50 is too far out"),
        ("tanh(z)", {"ridge": -1}, "ridge '-1' is negative"),
        ("tanh(z)", {"overlap": 0}, "overlap '0' is not a positive exact number"),
        ("tanh(z)", {"overlap": "1.01"}, "overlap '1.01' is above 1"),
        ("tanh(z)", {"overlap": "1,0.97"}, "overlap '1,0.97' is no range: write two numbers that increase"),
        ("tanh(z)", {"overlap": "0.9,0.95,1"}, "is no range"),
        ("tanh(z)", {"d": 100}, "stage 1 has a dimension and samples: write --d and --n1"),
        ("tanh(z)", {"n1": 100}, "stage 1 has a dimension and samples"),
        ("tanh(z)", {"beta1": 1}, "stage 1 is asked for by its dimension and its samples"),
        ("tanh(z)", {"d": 100, "n1": 10**5, "overlap": "0.9"}, "leave --overlap out"),
        ("tanh(z)", {"d": 1000, "n1": 1000}, "n1 = 1000 samples are forecast not to lead past"),
        ("tanh(z)", {"clip": "1,-1"}, "clip '1,-1' is no range"),
        ("3", {}, "'3' is constant"),
    ],
)
def test_what_cannot_be_asked_is_refused(link: str, extra: dict[str, Any], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        admissible(link, "0.5", 1000, **extra)


def test_a_fourth_power_beyond_double_precision_bounds_nothing_and_warns_of_nothing() -> None:
    found = ask("1e100*sin(z)", "1/2", 10**6).guaranteed
    assert (found.label, found.surrogate) == ((), ())


def test_fewer_samples_than_coefficients_are_refused() -> None:
    with pytest.raises(LinkError, match="n = 3 samples do not determine the 4 coefficients"):
        admissible("tanh", "0.5", 3, **FIT)
