"""Certified sign changes against a fine histogram of the label."""

import re
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from numpy.polynomial import hermite_e
from tiltproof.link import parse
from tiltproof.numerics.expectation.oracle import Unresolved
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.threshold.level_sets import level_sets
from tiltproof.numerics.threshold.sign_changes import Changes, _at_edge, sign_changes

Parity = Literal["odd", "even"] | None
LINKS: dict[str, tuple[int, Parity, Changes]] = {
    "z - 3": (1, None, Changes(2, 1)),
    "tanh(z) - 9/10": (1, None, Changes(2, 1)),
    "tanh(He(3, z)/sqrt(6))": (1, "odd", Changes(2, 3)),
    "clip(He(3, z), -4, 4)": (1, "odd", Changes(2, 3)),
    "clip(He(3, z), -4, 4) - 1": (1, None, Changes(4, 3)),
    "tanh(He(4, z)/5)": (2, "even", Changes(3, 2)),
    "z**2 - 10": (2, "even", Changes(2, 1)),
    "relu(z) - 1/2": (1, None, Changes(2, 1)),
    "tanh(He(3, z) - 1)": (1, None, Changes(4, 3)),
    "He(5, z)": (1, "odd", Changes(4, 5)),
    # s' and He_k vanish together, at +-1 and at 0.
    "clip((z**2 - 1)**2, 0, 4) - 39999999/10**7": (2, "even", Changes(2, 1)),
    "tanh(z**3 + z**2) - 1/3": (1, None, Changes(2, 1)),
}
#: Written so that neither a factor nor a term stands outermost, where it would be left out at once.
SCALED = {
    "min(c*(z**2 - 1)**2 + d, 4*c + d)": (2, "even", 1),
    "max(c*(z - 1) + d, d) + c*z/2 + c/3": (1, None, 1),
    "max(min(c*He(3, z) + d, 4*c + d), d - 4*c) + c*relu(z - 3) + c/3": (1, None, 3),
}


def seen(link: str, k: int) -> Changes:
    """Sign changes of E[y He_k; bin] and E[He_k; bin] over bins of equal mass, where they are not tiny."""
    z = np.linspace(-8, 8, 2_000_001)
    mass = np.exp(-z * z / 2)
    y, he = compile_numpy(parse(link).tree)(z), hermite_e.hermeval(z, [0] * k + [1])
    order = np.argsort(y, kind="stable")
    bins = np.empty(len(z), dtype=int)
    bins[order] = np.minimum(np.cumsum(mass[order]) / mass.sum() * 997, 996)
    counts = []
    for weights in (mass * he * y, mass * he):
        sums, sizes = np.bincount(bins, weights), np.bincount(bins, np.abs(weights))
        signs = np.sign(sums[np.abs(sums) > 0.01 * sizes])
        counts.append(sum(a != b for a, b in pairwise(signs)))
    return Changes(*counts)


@pytest.mark.parametrize("link", LINKS)
def test_as_many_as_a_histogram_shows(link: str) -> None:
    k, parity, expected = LINKS[link]
    assert sign_changes(parse(link).tree, k, parity) == expected == seen(link, k)


@pytest.mark.parametrize("shift", ["0", "10**12"])
@pytest.mark.parametrize("scale", ["10**-12", "1", "10**12"])
@pytest.mark.parametrize("link", SCALED)
def test_scale_and_shift_change_no_count(link: str, scale: str, shift: str) -> None:
    k, parity, expected = SCALED[link]
    text = re.sub(r"\b[cd]\b", lambda name: f"({scale if name[0] == 'c' else shift})", link)
    assert sign_changes(parse(text).tree, k, parity).weight == expected


@pytest.mark.parametrize(("link", "label"), [("z + 100", 2), ("exp(z) + 100", 1), ("tanh(z) + 1", 1)])
def test_the_label_may_change_sign_far_out(link: str, label: int) -> None:
    assert sign_changes(parse(link).tree, 1, None) == Changes(label, 1)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("z**2 + z", "both tails"),
        ("z*cos(z)", "monotone beyond"),
        ("where(z > 12, -z, z)", "monotone beyond"),
        ("where(z < -1, -z, where(z < 1/10**33, z/2, z/3 - 5))", "tail"),
        ("where(z < 0, z, where(z < 1/10**33, 5, z))", "not told apart"),
    ],
)
def test_what_is_not_settled_is_said(link: str, reason: str) -> None:
    with pytest.raises(Unresolved, match=reason):
        sign_changes(parse(link).tree, 1, None)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("link", ["He(3, z)", "-z**3 + z", "z**2 - 10"])
def test_the_preimages_of_an_edge_have_its_value(link: str, up: bool) -> None:
    found = level_sets(parse(link).tree, 8)
    s = compile_numpy(found.core)
    # The outermost bins end at the last radius, beyond which there is no edge.
    inner = [b for b in found.bins[2:-2] if not b.thin]
    for each in inner:
        for part in _at_edge(each, up):
            place = float(part.hull.mid())
            assert abs(place) > 9 or s(np.array(place)) == pytest.approx(float(each.high if up else each.low))
