"""How the claims on recovery are tried on a link: temperature, activation, and neurons of good sign."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import factorial

import numpy as np

from ..link import NOISELESS, Link, parse
from ..numerics.expectation import NotIntegrable, Unresolved, t_range
from ..numerics.precision import exact, working
from ..numerics.recovery.chain import run_chain
from ..numerics.recovery.direct import run_direct
from ..numerics.recovery.gradient import gradient_noise, signal_to_noise
from ..numerics.recovery.population import population
from ..numerics.recovery.record import Array, random_signs, random_starts
from ..numerics.recovery.scaling import Steps
from ..numerics.recovery.training import Training
from .answers.exponents import exponents
from .answers.zeros import zeros
from .setting import Setting, setting
from .subject import Subject

#: Inverse temperatures tried, the one with the largest signal-to-noise ratio is taken.
_TILTS = tuple(Fraction(2, 2**n) for n in range(7))
#: The claims use a longer step than the command does: shrinking is this share of the drift. The forecast
#: that they are compared with accounts for it.
_SHRINKING = 4.0
#: Digits of an exceptional temperature: more than the simulators keep.
_DIGITS = 30


def chosen_tilt(link: Link, order: int) -> Fraction | None:
    """The t of largest SNR among a few with 4t < t_max, where T^2 has a variance; None when there is none."""
    limit = t_range(link.tree).finite_below
    with working(96):
        tried = [t for t in _TILTS if exact(4 * t) < limit]
    return max(tried, key=lambda t: signal_to_noise(link.tree, order, t), default=None)


@lru_cache(maxsize=64)
def single_term(link: Link) -> Setting | None:
    """The link trained with He_{k*}/k!, whose drift has one term; None without a tilt or an exponent."""
    star = exponents(link).generative_exponent.value
    at = None if star is None else chosen_tilt(link, star)
    if star is None or at is None:
        return None
    try:
        return longer(setting(link, at, parse(f"He({star}, z)/{factorial(star)}")))
    except (NotIntegrable, Unresolved):
        return None


@lru_cache(maxsize=64)
def contrast(link: Link) -> tuple[Setting, Setting] | None:
    """With weights and without, one activation He_k/k! + He_IE/IE! for both; None without such a setting."""
    found = exponents(link)
    star, first = found.generative_exponent.value, found.information_exponent.value
    at = None if star is None else chosen_tilt(link, star)
    if star is None or first is None or at is None:
        return None
    activation = parse(f"He({star}, z)/{factorial(star)} + He({first}, z)/{factorial(first)}")
    try:
        return longer(setting(link, at, activation)), longer(setting(link, Fraction(0), activation))
    except (NotIntegrable, Unresolved):
        return None


@lru_cache(maxsize=64)
def at_threshold(link: Link, place: Fraction) -> tuple[Setting, Setting] | None:
    """The link at beta = ``place`` beta1 and at 2 beta1, with He_{k*}/k*! and the step that suits 2 beta1.

    None when alpha_{k*} has no zero, or when T^4 has no mean at one of the two.
    """
    star = exponents(link).generative_exponent.value
    found = () if star is None else zeros(link, "label", NOISELESS, _DIGITS).exceptional
    if star is None or not found:
        return None
    first = 2 / (Fraction(found[0].lower) + Fraction(found[0].upper))
    at = first / place
    with working(96):
        if not exact(4 * max(first, at)) < t_range(link.tree).finite_below:
            return None
    activation = parse(f"He({star}, z)/{factorial(star)}")
    try:
        above = setting(link, first / 2, activation)
        there = population(link.tree, activation.tree, at, star, "label", NOISELESS)
    except (NotIntegrable, Unresolved):
        return None
    noise = gradient_noise(link.tree, activation.tree, at, "label", NOISELESS)
    return replace(above, at=at, reason="", population=there, gradient=noise), above


def longer(made: Setting) -> Setting:
    """With the step of the claims; at orders 1 and 2 the default is long already."""
    return replace(made, delta=_SHRINKING * made.delta) if made.order >= 3 else made


def not_tried(subject: Subject) -> str | None:
    """Why recovery cannot be tried on a link with weights, or None."""
    if exponents(subject.link).generative_exponent.value is None:
        return "the generative exponent is infinite or undecided"
    if single_term(subject.link) is None:
        return "no temperature is known at which gradients have a finite variance"
    return None


def good_steps(made: Setting, d: int, horizon: int, n: int, rng: np.random.Generator) -> Steps:
    """Steps to recovery of ``n`` neurons of good sign, by the exact chain; -1 when not within the horizon."""
    starts = random_starts(d, n, rng)
    signs = np.full(n, np.sign(float(made.population.c.mid())))
    if made.order == 1:
        signs = random_signs(n, rng)
    elif made.order % 2:
        starts = np.abs(starts)
    return train(made, d, starts, signs, horizon, rng)


def any_steps(
    made: Setting, d: int, horizon: int, n: int, rng: np.random.Generator, *, direct: bool = False
) -> Steps:
    """The same for neurons with random signs; ``direct``: by vectors of R^d."""
    starts, signs = random_starts(d, n, rng), random_signs(n, rng)
    return train(made, d, starts, signs, horizon, rng, direct=direct)


def train(
    made: Setting,
    d: int,
    starts: Array,
    signs: Array,
    horizon: int,
    rng: np.random.Generator,
    *,
    direct: bool = False,
) -> Steps:
    """Steps from the given overlaps and output signs, by the exact chain or by vectors of R^d."""
    training = Training(
        made.link.tree, made.signal, float(made.at), made.noise, made.activation.tree, made.schedule(d).step
    )
    run = run_direct if direct else run_chain
    return run(training, d, starts, signs, horizon, rng).steps
