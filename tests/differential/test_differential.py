"""Every answer on random links against an oracle of NumPy and SciPy alone.

No false zero, no simple zero missed above the oracle's resolution, no number outside its enclosure. Shifts
of a thousand and scales of 10^12 are among the links, as a tolerance that is not relative shows only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from decimal import Context, Decimal
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import pytest
from scipy import optimize
from tiltproof.crosscheck.link_facts.exponents import exponents
from tiltproof.crosscheck.link_facts.threshold import Threshold, threshold
from tiltproof.crosscheck.workers.processes import worker_pool
from tiltproof.interface.answers.coefficients import coefficients
from tiltproof.interface.answers.policy import policy
from tiltproof.link import Link, parse

from .links import Drawn, Piece, draw, draw_with_a_limit
from .oracle import Oracle, Rule

LINKS, LIMITS, SECONDS = 1000, 100, 120
_CONTEXT = Context(prec=60, Emax=10**15, Emin=-(10**15))
_HIGHEST = 6
#: Relative: how far the oracle's zeros are from exact; masses on its grid; what bins of y leave of lambda^2.
_NEAR, _GRAIN, _BINS = 1e-7, 1e-3, 0.03


@pytest.fixture(scope="module")
def worker() -> Iterator[Callable[[int], list[str]]]:
    """A process of its own, so that a link that hangs fails alone."""
    with worker_pool(1) as pool:

        def ask(seed: int) -> list[str]:
            future: Future[list[str]] = pool.schedule(complaints, args=[seed], timeout=SECONDS)
            return future.result()

        yield ask


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(LINKS + LIMITS))
def test_a_random_link_agrees_with_numpy_and_scipy(seed: int, worker: Callable[[int], list[str]]) -> None:
    assert worker(seed) == []


def test_the_oracle_sees_both_zeros_of_a_line() -> None:
    for scale in (Fraction(1), Fraction(10**12), Fraction(1, 10**12)):
        drawn = Drawn(Piece("z", lambda z: z, 1), scale, -3 * scale)
        found = Oracle(drawn)
        assert found.zeros("label", 1) == pytest.approx([(3 - 5**0.5) / 2, (3 + 5**0.5) / 2], rel=1e-9)
        assert found.zeros("weight", 1) == found.zeros("centered", 1) == []
        assert list(_zeros(drawn, found, threshold(drawn.text), 1)) == []
        assert any("is missed" in each for each in _zeros(drawn, found, threshold("z"), 1))


def test_a_zero_that_is_none_and_a_number_outside_its_enclosure_are_complained_of() -> None:
    drawn = Drawn(Piece("tanh(z)", np.tanh, 0), Fraction(1), Fraction(-9, 10))
    moved = Drawn(drawn.core, drawn.scale, drawn.shift * Fraction(10**4 + 1, 10**4))
    oracle, link = Oracle(drawn), parse(moved.text)
    for ask in (_coefficients, _policy):
        assert list(ask(drawn, oracle, parse(drawn.text))) == []
        assert any("lies outside" in each for each in ask(drawn, oracle, link))
    assert list(_zeros(drawn, oracle, threshold(drawn.text), 1)) == []
    assert any("is none" in each for each in _zeros(drawn, oracle, threshold(link), 1))


def complaints(seed: int) -> list[str]:
    """What is wrong with the answers on the link of ``seed``."""
    drawn = draw(seed) if seed < LINKS else draw_with_a_limit(seed)
    oracle = Oracle(drawn)
    if oracle.deviation < 1e-6:
        return []
    link = parse(drawn.text)
    return [
        f"{drawn.text}: {each}"
        for ask in (_exponents, _coefficients, _policy, _thresholds)
        for each in ask(drawn, oracle, link)
    ]


def _standard(oracle: Oracle, rule: Rule) -> Any:
    return (rule.u - oracle.mean) / oracle.deviation


def _transforms(oracle: Oracle) -> Iterator[Callable[[Rule], Any]]:
    for power in (1, 2, 3, 4):
        yield lambda rule, power=power: _standard(oracle, rule) ** power
    for wave in (np.sin, np.cos, np.tanh):
        for speed in (1.0, 2.5):
            yield lambda rule, wave=wave, speed=speed: wave(speed * _standard(oracle, rule))


def _exponents(drawn: Drawn, oracle: Oracle, link: Link) -> Iterator[str]:
    found = exponents(link)
    information, generative = found.information_exponent, found.generative_exponent
    orders = range(1, _HIGHEST + 1)
    seen = [k for k in orders if oracle.of(lambda rule: rule.u - oracle.mean, k).sign]
    if seen and information.status.green and (information.value is None or information.value > seen[0]):
        yield f"IE {information.value}, but E[y He_{seen[0]}] is not 0"
    carried = [k for k in orders if any(oracle.of(T, k).sign for T in _transforms(oracle))]
    if carried and generative.status.green and (generative.value is None or generative.value > carried[0]):
        yield f"GE {generative.value}, but a transform of y carries order {carried[0]}"
    if generative.value is not None and generative.value < min(carried, default=1):
        yield f"GE {generative.value}, but no transform of y carries an order below {carried[0]}"


def _temperatures(drawn: Drawn, oracle: Oracle) -> Iterator[tuple[Fraction, float]]:
    """beta, exact and short, and t of the core."""
    for tau in np.array([0.1, 0.4, 1.0]) * min(2.7, oracle.reach):
        beta = Fraction(f"{float(drawn.scale) * oracle.deviation / tau:.3g}")
        yield beta, float(drawn.scale / beta)


def _coefficients(drawn: Drawn, oracle: Oracle, link: Link) -> Iterator[str]:
    for beta, t in _temperatures(drawn, oracle):
        growth = _CONTEXT.divide(Decimal(drawn.shift.numerator), Decimal(drawn.shift.denominator))
        growth = _CONTEXT.exp(
            _CONTEXT.divide(_CONTEXT.multiply(growth, Decimal(beta.denominator)), Decimal(beta.numerator))
        )
        for each in coefficients(link, range(5), beta, digits=20).coefficients:
            for name, enclosed, factor, function in (
                ("h", each.h, 1.0, lambda rule: np.ones_like(rule.u)),
                ("alpha", each.alpha, float(drawn.scale), lambda rule: rule.u + oracle.offset),
            ):
                value, error, top = oracle.raw(function, each.k, t)
                ends = (_CONTEXT.divide(Decimal(end), growth) for end in (enclosed.lower, enclosed.upper))
                shrink = _CONTEXT.exp(Decimal(-top))
                low, high = (float(_CONTEXT.multiply(end, shrink)) / factor for end in ends)
                if not low - 10 * error <= value <= high + 10 * error:
                    yield f"{name}_{each.k} at {beta}: {value} lies outside [{low}, {high}]"


def _policy(drawn: Drawn, oracle: Oracle, link: Link) -> Iterator[str]:
    for beta, t in _temperatures(drawn, oracle):
        found = policy(link, beta, digits=20)
        (m, m_error, top), (first, first_error, _), (twice, _, twice_top) = (
            oracle.raw(lambda rule, p=p: rule.u**p, 0, factor * t) for p, factor in ((0, 1), (1, 1), (0, 2))
        )
        k, value = log(m) + top, first / m
        log_chi2 = log(twice) + twice_top - 2 * k
        error = 10 * (m_error / m + first_error / max(abs(first), m_error) + _NEAR / 1e4)
        shift, scale = oracle.offset, float(drawn.scale)
        for name, number, size in (
            ("log_partition", k + t * shift, 1 + abs(k) + abs(t * shift)),
            ("value", scale * (value + shift), scale * (abs(value) + abs(shift))),
            ("kl", t * value - k, abs(t * value) + abs(k)),
            ("chi2", np.expm1(log_chi2), 1 + np.exp(log_chi2)),
        ):
            enclosed = getattr(found, name)
            low, high = float(enclosed.lower), float(enclosed.upper)
            if not low - error * size <= number <= high + error * size:
                yield f"{name} at {beta}: {number} lies outside [{low}, {high}]"


def _thresholds(drawn: Drawn, oracle: Oracle, link: Link) -> Iterator[str]:
    star = exponents(link).generative_exponent.value
    if star is None:
        return
    for signal in ("label", "weight", "centered"):
        found = threshold(link, signal)  # type: ignore[arg-type]
        yield from (f"{signal}: {each}" for each in _zeros(drawn, oracle, found, star))
        yield from (f"{signal}: {each}" for each in _recommended(drawn, oracle, found, star))


def _zeros(drawn: Drawn, oracle: Oracle, found: Threshold, star: int) -> Iterator[str]:
    scale = float(drawn.scale)
    boxes = [(float(zero.lower), float(zero.upper)) for zero in found.exceptional]
    searched = np.inf if found.searched_down_to == "inf" else float(Fraction(found.searched_down_to))
    for t in oracle.zeros(found.signal, star):
        beta = scale / t
        if found.beta1.status.green and beta > float(found.beta1.value.upper) * (1 + _NEAR):
            yield f"beta1 <= {found.beta1.value.upper}, but there is a zero at {beta}"
        looked_at = found.complete or beta > searched * (1 + _NEAR)
        if looked_at and not any(a * (1 - _NEAR) <= beta <= b * (1 + _NEAR) for a, b in boxes):
            yield f"the zero at {beta} is missed: searched down to {searched}, complete {found.complete}"
    for low, high in boxes:
        t, wide = 2 * scale / (low + high), (high - low) / high
        if not 1e-2 <= t * oracle.deviation <= oracle.reach or wide > _NEAR:
            continue
        at, before, after = (oracle.signal(found.signal, star, t * (1 + d)) for d in (0, -1e-6, 1e-6))
        if abs(at.value) > 10 * at.error + abs(after.value - before.value):
            yield f"the zero at {(low + high) / 2} is none: {at} there"


def _recommended(drawn: Drawn, oracle: Oracle, found: Threshold, star: int) -> Iterator[str]:
    best = found.recommended
    if best is None or best.beta.upper == "inf" or float(best.snr.upper) < 1e-9:
        return
    low, high = (float(drawn.scale) / float(end) for end in (best.beta.upper, best.beta.lower or "1"))
    if not high * oracle.deviation <= oracle.reach / 2:
        return
    peak = optimize.minimize_scalar(
        lambda t: -oracle.snr(found.signal, star, t), bounds=(low, high), method="bounded"
    )
    ends = (oracle.snr(found.signal, star, t) for t in (low, high))
    top = max(-peak.fun, *ends)
    snr, efficiency = ([float(end) for end in (x.lower, x.upper)] for x in (best.snr, best.efficiency))
    if not snr[0] * (1 - _NEAR) <= top <= snr[1] * (1 + _NEAR):
        yield f"SNR {top} at {best.beta.lower} lies outside {snr}"
    coarse, fine = oracle.lambda_squared(star)
    if efficiency[0] > (1 + _GRAIN) * top / coarse:
        yield f"efficiency {efficiency} exceeds {top / coarse}"
    if abs(fine - coarse) < _BINS / 3 * fine and efficiency[1] < (1 - _BINS) * top / fine:
        yield f"efficiency {efficiency} lies below {top / fine}"
