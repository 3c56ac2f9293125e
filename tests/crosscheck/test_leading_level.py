"""Links with finitely many levels: all zeros are found, against signs of the exponential sum in doubles."""

from itertools import combinations

import numpy as np
import pytest
from scipy import special
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.link_facts.beyond import outweighed_from
from tiltproof.crosscheck.link_facts.zeros import zeros
from tiltproof.crosscheck.run.scheduler import check
from tiltproof.crosscheck.verdict import Outcome
from tiltproof.link import Signal, parse, parse_noise

#: Cuts that have no common measure, and levels likewise.
CUTS = (-np.sqrt(2), np.log(2), np.pi / 2)
WHOLE = ("where(z < -sqrt(2), -1, where(z < log(2), 2, where(z < pi/2, -3, 1)))", (-1, 2, -3, 1))
MIXED = (
    "where(z < -sqrt(2), -sqrt(3), where(z < log(2), -2/3, where(z < pi/2, -3, -pi/5)))",
    (-np.sqrt(3), -2 / 3, -3, -np.pi / 5),
)
T = np.geomspace(1e-3, 120, 60_001)
SLOPES = {
    "none": lambda t: 0 * t,
    "gaussian(1/2)": lambda t: t / 4,
    "uniform(1/3)": lambda t: 1 / (3 * np.tanh(t / 3)) - 1 / t,
    "rademacher(1/2)": lambda t: np.tanh(t / 2) / 2,
    "uniform(2/3)": lambda t: 2 / (3 * np.tanh(2 * t / 3)) - 1 / t,
}


def sign_changes(levels: tuple[float, ...], signal: Signal, noise: str) -> np.ndarray:
    """Where the signal of order 1 changes sign on T, by sums over levels, or pairs of them."""
    ends = np.array([-np.inf, *CUTS, np.inf])
    m, p = -np.diff(np.exp(-(ends**2) / 2)), np.diff(special.ndtr(ends))
    v = np.array(levels)
    if signal == "centered":
        pairs = [
            (v[i] + v[j], (v[j] - v[i]) * (m[j] * p[i] - m[i] * p[j])) for i, j in combinations(range(4), 2)
        ]
        v, m = np.array(pairs).T
    grown = np.exp((v - v.max()) * T[:, None])
    h, slope = grown @ m, grown @ (m * v)
    if signal == "label":
        h = slope + SLOPES[noise](T) * h
    return T[1:][np.diff(np.sign(h)) != 0]


@pytest.mark.parametrize(("text", "levels"), [WHOLE, MIXED], ids=["integers", "no common measure"])
@pytest.mark.parametrize(
    ("signal", "noise"),
    [*(("label", noise) for noise in SLOPES), ("weight", "none"), ("centered", "none")],
)  # fmt: skip
def test_every_zero_is_found_and_none_lies_beyond(
    text: str, levels: tuple[float, ...], signal: Signal, noise: str
) -> None:
    found = zeros(parse(text), signal, parse_noise(noise), 10)
    seen = sign_changes(levels, signal, noise)
    assert [1 / float(zero.lower) for zero in found.exceptional] == pytest.approx(list(seen), rel=1e-3)
    assert found.complete


def test_a_highest_level_that_noise_takes_to_zero_outweighs_nothing() -> None:
    step = parse("where(z < 0, -2, where(z < 1, -1, -1/2))")
    assert outweighed_from(step, 1, "label", parse_noise("uniform(1/2)"), (2, 4096)) is None
    assert outweighed_from(step, 1, "label", parse_noise("uniform(1/4)"), (2, 64)) == 64
    assert outweighed_from(parse("tanh(z)"), 1, "label", parse_noise("none"), (2, 64)) is None


def test_the_checker_proves_what_lies_beyond_in_its_own_way() -> None:
    found = check(CLAIMS["T1"], Subject(parse(WHOLE[0])))
    scopes = {each.leg: (each.outcome, each.scope) for each in found.evidence}
    assert scopes["symbolic"] == scopes["enclosure"] == (Outcome.SUPPORTS, "statement")
