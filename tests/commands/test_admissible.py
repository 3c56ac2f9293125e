"""What `tiltproof admissible` answers: nested sets, growth with n, empty sets that say why, refusals."""

import pytest
from tiltproof.crosscheck.answers.admissible_set import AdmissibleSet
from tiltproof.crosscheck.present.admissible import show
from tiltproof.link import LinkError, parse_noise

from tiltproof import admissible

ASKED = {"osc": "0.2", "noise": parse_noise("gaussian(1)")}


@pytest.fixture(scope="module")
def million() -> AdmissibleSet:
    return admissible("tanh(z)", "0.5", 10**6, **ASKED)


def test_end_points_are_certified_to_the_digits_asked(million: AdmissibleSet) -> None:
    (interval,) = million.label
    assert interval.proved_below
    for end in (interval.lower, interval.upper):
        assert float(end.upper) - float(end.lower) <= 1e-11


def test_the_surrogate_set_lies_inside_the_label_set_at_a_common_cost(million: AdmissibleSet) -> None:
    (label,), (surrogate,) = million.label, million.surrogate
    assert float(label.lower.upper) < float(surrogate.lower.lower)
    assert float(surrogate.upper.upper) < float(label.upper.lower)


def test_at_its_own_cost_the_surrogate_can_win(million: AdmissibleSet) -> None:
    # Unit Gaussian noise costs label weights the factor e^{t^2}; weights from the pilot do not pay it.
    assert float(million.surrogate_own[0].lower.upper) < float(million.label[0].lower.lower)


def test_the_note_names_the_noise_only_where_there_is_some(million: AdmissibleSet) -> None:
    assert "its weights do not pay the noise's factor" in million.note
    noiseless = admissible("sigmoid", "0.3", 10**6, digits=6).note
    assert "noise" not in noiseless
    assert "its weights' second moment is" in noiseless


def test_the_best_temperature_lies_inside(million: AdmissibleSet) -> None:
    assert (
        float(million.label[0].lower.lower) < float(million.best.beta) < float(million.label[0].upper.upper)
    )
    assert float(million.best.bound.upper) < 0.5


def test_the_set_grows_with_n(million: AdmissibleSet) -> None:
    more = admissible("tanh(z)", "0.5", 2 * 10**6, **ASKED)
    assert float(more.label[0].lower.lower) < float(million.label[0].lower.lower)


def test_an_empty_set_says_from_which_epsilon_on_it_is_not() -> None:
    empty = admissible("tanh(z)", "0.4", 1000, **ASKED)
    assert empty.label == ()
    assert empty.low
    again = admissible("tanh(z)", empty.nonempty_epsilon, 1000, **ASKED)
    assert again.label


def test_the_sample_size_it_names_is_enough(million: AdmissibleSet) -> None:
    assert million.nonempty_n is not None
    assert admissible("tanh(z)", "0.5", million.nonempty_n, **ASKED).label


def test_uniform_noise_has_end_points_too() -> None:
    found = admissible("tanh(z)", "0.5", 10**12, osc="0.2", noise=parse_noise("uniform(1)"), digits=10)
    (interval,) = found.label
    assert float(interval.upper.upper) - float(interval.upper.lower) < 1e-9


def test_a_scaled_link_has_the_scaled_set() -> None:
    small, large = (
        admissible(
            f"{scale}*tanh(z)", f"{scale}/2", 10**6, osc=f"{scale}/5", noise=f"gaussian({scale})", digits=6
        )
        for scale in ("1/1000", "1000")
    )
    (low,), (high,) = small.label, large.label
    assert low.proved_below
    assert high.proved_below
    assert float(high.lower.lower) == pytest.approx(10**6 * float(low.lower.lower), rel=1e-5)
    assert float(high.upper.lower) == pytest.approx(10**6 * float(low.upper.lower), rel=1e-5)


def test_leverage_controls_the_oscillation_of_a_large_link_too() -> None:
    assert admissible("1000*tanh(z)", "300", 10**6, digits=6).osc_control == "leverage"


def test_an_unbounded_link_is_searched_down_to_its_best_temperature(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = admissible("-z**2", "0.5", 10**6, osc="0.2", digits=6)
    assert float(found.label[0].lower.lower) < float(found.best.beta)
    assert not found.surrogate_applies
    show(found)
    assert capsys.readouterr().out.count("not applicable") == 3


@pytest.mark.parametrize(
    ("link", "extra", "said"),
    [
        ("z", {}, "--osc and the value to reach with --target"),
        ("-z**2", {}, "unbounded, so clipping does not bound .* with --osc$"),
        ("z", {"osc": 1}, "supremum"),
        ("z**3", {}, "the link 'z\\*\\*3' has t_max = 0"),
        ("tanh(z)", {"proxy": "exp(z)"}, "the proxy 'exp\\(z\\)' has t_max = 0"),
        ("z**3", {"osc": 1, "target": 1}, "no finite beta"),
        ("tanh(z)", {"target": "abc"}, "target 'abc' is not an exact number"),
        ("tanh(z)", {"osc": -1}, "osc '-1' is not a positive exact number"),
    ],
)
def test_what_cannot_be_asked_is_refused(link: str, extra: dict[str, int], said: str) -> None:
    with pytest.raises(LinkError, match=said):
        admissible(link, "0.5", 1000, **extra)
