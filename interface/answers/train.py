"""The two-stage reward model trained on data, as a user would train it, and deployed at one or more beta2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import numpy as np

from ...crosscheck.arguments import Number, as_biases, as_clip, as_noise, as_ridge, as_whole
from ...crosscheck.legs.neurons import chosen_tilt
from ...crosscheck.legs.sgd_setting import setting
from ...crosscheck.link_facts.exponents import exponents
from ...crosscheck.record import Record, Shown
from ...link import Link, LinkError, Noise, Target, as_link, parse, positive
from ...numerics.deployment.learning import BIASES
from ...numerics.deployment.readout import Recipe, deploy
from ...numerics.expectation.tails import least_beta, t_range
from ...numerics.precision import rounded
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.training import Course, random_starts
from ...numerics.work import question
from ...theory.shape.range import extremes

#: Stage 1 goes on past weak recovery, with a shorter step, until the overlap is close to 1.
_SHORTER, _LONGER = 1 / 16, 60
_MOST, _WIDEST, _LARGEST = 10**8, 10**4, 10**7
_RIDGE = Fraction(1, 10**4)
#: Significant digits of what a run gives; the last ones of a double depend on the processor.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Deployed(Record):
    """One fit deployed at beta2.

    value: V(pi_rhat). gap: V(pi*) - V(pi_rhat). bound: V2 for label weights, V5 for surrogate ones, with the
    error of this very fit; None where they give none. effective: the effective sample size of its weights.
    """

    beta: float
    value: float
    gap: float
    bound: float | None
    effective: float


@dataclass(frozen=True, slots=True, repr=False)
class TwoStage(Shown, Record):
    """A two-stage reward model.

    beta1, n1, overlap: temperature, samples and <w, theta*> of stage 1. n2: samples of the label-weighted
    readout; the first half of them trains the pilot, the second half the surrogate-weighted readout.
    biases, ridge, clip: of the readouts. label, surrogate: the readouts by their weights, one entry for each
    beta2.
    """

    link: Link
    d: int
    beta1: Fraction
    n1: int
    n2: int
    noise: Noise
    biases: tuple[Fraction, ...]
    ridge: Fraction
    clip: tuple[float, float]
    seed: int
    overlap: float
    label: tuple[Deployed, ...]
    surrogate: tuple[Deployed, ...]


def train(
    link: Link | str,
    beta2: Number | Sequence[Number],
    *,
    d: int = 200,
    beta1: Number | None = None,
    n1: int | None = None,
    n2: int = 10_000,
    noise: Noise | str | None = None,
    features: Sequence[Number] | str | None = None,
    ridge: Number = _RIDGE,
    clip: Sequence[Number] | str | None = None,
    seed: int = 0,
) -> TwoStage:
    """Train a two-stage reward model of x in R^d and deploy it at each temperature in ``beta2``.

    Stage 1: spherical SGD with the activation He_{k*}/k!, one fresh sample a step and weights e^{y/beta1},
    simulated by the exact chain of R2. Stage 2: n2 fresh samples of u = w'x and y, and with t = 1/beta2,
    psi = (1, tanh(u - b))

        fhat = psi'(sum_i w_i psi psi' + n ridge M P)^{-1} sum_i w_i y_i psi,

    M the mean of the weights in the population, P the identity without the intercept. Label weights
    w_i = e^{t y_i} on all n2 samples, K_e'(t) taken off; surrogate weights e^{t r_a0(u_i)} on the second half
    of them, the pilot r_a0 being the unweighted fit to the first half.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    beta2
        Temperatures of the second stage and of the deployed policy.
    d
        The dimension of x.
    beta1
        The temperature of stage 1; the one of largest SNR when left out.
    n1
        Samples of stage 1; 60 times those of weak recovery at the default step when left out.
    n2
        Samples of stage 2.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    features
        The biases b of the features; 12 on [-3, 3] when left out.
    ridge
        At least 0.
    clip
        The range of fits, by default that of the link.
    seed
        The result depends on it alone.

    Returns
    -------
    TwoStage
        At each beta2 the value, the gap and its bound, with label and with surrogate weights.

    Raises
    ------
    LinkError
        Where the link is not bounded and no clip is given, no policy exists at a beta2, or a size makes no
        sense.
    ArithmeticError
        Where it is not settled which order leads.

    Examples
    --------
    >>> import tiltproof
    >>> found = tiltproof.train("tanh(z)", [1], d=10, n1=2000, n2=2000)
    >>> 0 < found.label[0].value <= 1
    True

    Source
    ------
    Claims V7 and R2.
    """
    link = as_link(link)
    law = as_noise(noise)
    betas = [beta2] if isinstance(beta2, int | float | str | Fraction) else list(beta2)
    ts = [1 / positive(beta, "beta2") for beta in betas]
    d, n2 = as_whole(d, "d", 3, _WIDEST, 200), as_whole(n2, "n2", 2, _LARGEST, 10_000)
    seed, n1 = (
        as_whole(seed, "seed", 0, 2**63 - 1, 0),
        None if n1 is None else as_whole(n1, "n1", 1, _MOST, 10_000),
    )
    span = _span(link)
    if clip is None and not (math.isfinite(span[0]) and math.isfinite(span[1])):
        shown = "not shown to be bounded" if extremes(link.tree) is None else "not bounded"
        raise LinkError(f"'{link}' is {shown}, so fits need a range: give clip=(LO, HI)")
    ends = span if clip is None else (float(as_clip(clip)[0]), float(as_clip(clip)[1]))
    model = Recipe(BIASES if features is None else as_biases(features), as_ridge(ridge), ends)
    top = t_range(link.tree).finite_below
    if not max(ts) < float(top):
        why = f"the weights e^(s/beta2) of '{link}' have no mean at beta2 = {1 / max(ts)}"
        instead = (
            f"write beta2 above {least_beta(top)}, or clip the link" if top > 0 else "clip the link itself"
        )
        raise LinkError(f"{why}: {instead}")
    with question():
        exponent = exponents(link).generative_exponent
        star = exponent.value
        if star is None:
            raise LinkError(
                f"the generative exponent of '{link}' is not known ({exponent.reason}), so stage 1 has no "
                "activation: write a link such as tanh(z)"
            )
        at = chosen_tilt(link, star) if beta1 is None else 1 / positive(beta1, "beta1")
        if at is None:
            raise LinkError(f"no temperature of stage 1 is at hand for '{link}': give beta1")
        rng = np.random.default_rng(seed)
        setup = setting(Target(link, at, noise=law), parse(f"He({star}, z)/{factorial(star)}"))
        schedule = setup.schedule(d)
    steps = int(_LONGER * schedule.horizon()) if n1 is None else n1
    if not 1 <= steps <= _MOST:
        raise LinkError(f"stage 1 on n1 = {steps} samples is out of range: write n1 from 1 to {_MOST}")
    training, start = setup.training(_SHORTER * schedule.step), random_starts(d, 1, rng)
    course = Course(steps, stop_at=2.0)
    final = run_chain(training, d, start, setup.good_signs(start), course, rng).final[0]
    overlap = rounded(abs(float(final)), _DIGITS)
    deployed = deploy(model, link.tree, span, overlap, ts, law, n=n2, rng=rng)
    fits = [
        tuple(
            Deployed(
                float(1 / t), _shown(deployed.value[i, j]), _shown(deployed.gap[i, j]),
                _shown(deployed.bound[i, j]) if math.isfinite(deployed.bound[i, j]) else None,
                _shown(deployed.effective[i, j]),
            )
            for j, t in enumerate(ts)
        )
        for i in range(2)
    ]  # fmt: skip
    return TwoStage(
        link, d, 1 / at, steps, n2, law, model.biases, model.ridge, model.clip, seed, overlap, *fits
    )  # fmt: skip


def _shown(value: float) -> float:
    return rounded(float(value), _DIGITS)


def _span(link: Link) -> tuple[float, float]:
    """The range of the link, infinite where it is not known."""
    ends = extremes(link.tree)
    return (-math.inf, math.inf) if ends is None else (float(ends[0]), float(ends[1]))
