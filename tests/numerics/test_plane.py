"""The Gaussian pair (z, u): means given u, values of policies, draws, by mpmath and plain sampling."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from tiltproof.link import parse
from tiltproof.numerics.deployment.readout import Recipe, log_mean, measures, unweighted, values
from tiltproof.numerics.estimates.plane import Plane
from tiltproof.numerics.lowering.pointwise import compile_numpy

from tiltproof import policy

MODEL = Recipe((Fraction(-1), Fraction(0), Fraction(1)), Fraction(0), (-1.0, 1.0))
#: A fit that leaves [-1, 1] on both sides.
STEEP = np.array([0.1, 0.3, 1.5, -0.4])


def _clipped(u: float) -> float:
    fit = STEEP[0] + sum(c * mpmath.tanh(u - b) for c, b in zip(STEEP[1:], (-1, 0, 1), strict=True))
    return max(-1.0, min(1.0, fit))


def _link_mean(name: str, plane: Plane) -> np.ndarray:
    s = compile_numpy(parse(name).tree)
    return plane.given(lambda z: s(z)[None])[0]


def _gamma(name: str, plane: Plane) -> np.ndarray:
    return measures(plane, parse(name).tree, [])[0]


@pytest.mark.parametrize("name", ["tanh", "sign", "hardtanh", "abs(sin(3*z))"])
@pytest.mark.parametrize("overlap", [0.3, 0.97, 0.9999])
def test_the_mean_of_the_link_given_u(name: str, overlap: float) -> None:
    plane = Plane.of(parse(name).tree, overlap, 1.0, 2.0, 2**8)
    s, across = compile_numpy(parse(name).tree), np.sqrt(1 - overlap**2)
    found = _link_mean(name, plane)
    for i in (110, 126, 131, 160):
        ends = [(k - overlap * plane.u[i]) / across for k in plane.kinks]
        cuts = [-9, *sorted(float(e) for e in ends if abs(e) < 9), 9]
        exact = mpmath.quad(
            lambda v, i=i: float(s(np.array([overlap * plane.u[i] + across * float(v)]))[0]) * mpmath.npdf(v),
            sorted({*cuts, *((a + b) / 2 for a, b in pairwise(cuts))}),
        )
        assert found[i] == pytest.approx(float(exact), abs=1e-9)


def test_a_plane_of_one_direction_is_the_line() -> None:
    plane = Plane.of(parse("hardtanh").tree, 1.0, 1.0, 2.0)
    assert plane.given(lambda z: np.stack([z, z**2]))[1] == pytest.approx(plane.u**2)
    assert {-1.0, 1.0} <= set(np.round(plane.kinks, 12))


@pytest.mark.parametrize("overlap", [0.5, 0.99, 1 - 1e-5, 1 - 1e-9, 1.0])
def test_a_jump_is_seen_through_any_overlap(overlap: float) -> None:
    plane = Plane.of(parse("sign(z-1)").tree, overlap, 1.0, 2.0, 2**10)
    # E[sign(z - 1) u] = m E[sign(z - 1) z].
    exact = overlap * np.sqrt(2 / np.pi) * np.exp(-1 / 2)
    assert plane.mass * plane.u @ _link_mean("sign(z-1)", plane) == pytest.approx(exact, abs=1e-8)


def test_the_kinks_of_a_proxy_are_looked_at_too() -> None:
    proxy = parse("sign(z-1)").tree
    plane = Plane.of(parse("tanh").tree, 0.9, 1.0, 2.0, 2**10, proxy)
    s = compile_numpy(proxy)
    found = plane.mass * plane.u @ plane.given(lambda z: s(z)[None])[0]
    assert found == pytest.approx(0.9 * np.sqrt(2 / np.pi) * np.exp(-1 / 2), abs=1e-8)


@pytest.mark.parametrize("name", ["tanh", "sign"])
def test_the_value_of_a_clipped_fit_on_the_line(name: str) -> None:
    t, plane = 3.0, Plane.of(parse(name).tree, 1.0, 3.0, 2.0)
    law = unweighted(MODEL)
    found = float(values(_gamma(name, plane), t, law.reward(MODEL.features(plane.u), STEEP)))
    s = mpmath.tanh if name == "tanh" else mpmath.sign
    cuts = [mpmath.findroot(lambda u, e=e: _fit(u) - e, start) for e, start in ((-1, -0.8), (1, 0.9))]
    marks = sorted([-11, -5, *cuts, 0, 2, 5, 11])
    top, bottom = (
        mpmath.quad(lambda u, f=f: f(u) * mpmath.exp(t * _clipped(u)) * mpmath.npdf(u), marks)
        for f in (s, lambda u: 1)
    )
    assert found == pytest.approx(float(top / bottom), abs=1e-8)


def _fit(u: float) -> float:
    return STEEP[0] + sum(c * mpmath.tanh(u - b) for c, b in zip(STEEP[1:], (-1, 0, 1), strict=True))


def test_the_value_seen_through_an_overlap_by_a_double_sum() -> None:
    t, overlap = 2.0, 0.8
    plane = Plane.of(parse("tanh").tree, overlap, t, 2.0)
    law = unweighted(MODEL)
    found = float(values(_gamma("tanh", plane), t, law.reward(MODEL.features(plane.u), STEEP)))
    # A rule in (z, v) that knows nothing of E[s|u].
    z, v = np.linspace(-9, 9, 6001)[:, None], np.linspace(-9, 9, 801)
    weight = np.exp(-(z**2 + v**2) / 2)
    u = overlap * z + 0.6 * v
    weight = weight * np.exp(t * law.reward(MODEL.features(u.ravel()), STEEP).reshape(u.shape))
    assert found == pytest.approx(float((weight * np.tanh(z)).sum() / weight.sum()), abs=1e-7)


@pytest.mark.parametrize("overlap", [1.0, 0.9])
def test_the_value_is_that_of_weighted_draws(overlap: float) -> None:
    t, plane = 1.0, Plane.of(parse("sign").tree, overlap, 1.0, 2.0, 2**12)
    law = unweighted(MODEL)
    found = float(values(_gamma("sign", plane), t, law.reward(MODEL.features(plane.u), STEEP)))
    z, u = plane.draw((200_000,), np.random.default_rng(0))
    w = np.exp(t * law.reward(MODEL.features(u), STEEP))
    s = np.sign(z)
    mean = float(w @ s / w.sum())
    error = float(np.sqrt((w**2 * (s - mean) ** 2).mean() / len(w)) / w.mean())
    assert abs(found - mean) < 4 * error
    assert float(
        log_mean(_gamma("sign", plane), t, law.reward(MODEL.features(plane.u), STEEP))
    ) == pytest.approx(float(np.log(w.mean())), abs=0.01)


def test_the_reward_itself_has_the_value_of_the_best_policy() -> None:
    plane = Plane.of(parse("tanh").tree, 1.0, 2.0, 2.0)
    found = float(values(_gamma("tanh", plane), 2.0, np.tanh(plane.u)))
    assert found == pytest.approx(float(policy("tanh", "1/2").value.lower), abs=1e-12)


def test_draws_have_the_overlap() -> None:
    z, u = Plane.of(parse("tanh").tree, 0.7, 1.0, 2.0, 2**8).draw((100_000,), np.random.default_rng(1))
    assert np.corrcoef(z, u)[0, 1] == pytest.approx(0.7, abs=0.01)
    assert (z.std(), u.std()) == pytest.approx((1, 1), abs=0.02)


def test_a_tilt_that_does_not_decay_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="does not decay"):
        Plane.of(parse("z**2").tree, 1.0, 0.6, 2.0)
