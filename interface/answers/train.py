"""The two-stage reward model trained on data, as a user would train it, and deployed at one or more beta2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import numpy as np

from ...crosscheck.arguments import as_noise
from ...crosscheck.legs.neurons import chosen_tilt
from ...crosscheck.legs.sgd_setting import setting
from ...crosscheck.link_facts.exponents import exponents
from ...crosscheck.record import Record
from ...crosscheck.shown import Shown
from ...link import Link, LinkError, Noise, as_link, parse, positive
from ...numerics.deployment.readout import deploy
from ...numerics.precision import rounded
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.training import Training, random_starts
from ...theory.shape.range import extremes

#: Stage 1 goes on past weak recovery, with a shorter step, until the overlap is close to 1.
_SHORTER, _LONGER = 1 / 16, 60
_MOST, _WIDEST = 10**8, 10**4
_PENALTY = 1e-4
#: Significant digits of what a run gives; the last ones of a double depend on the processor.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Deployed(Record):
    """One fit deployed at beta2.

    value: V(pi_rhat). gap: V(pi*) - V(pi_rhat). bound: V2 for label weights, V5 for surrogate ones, with the
    error of this very fit. effective: the effective sample size of its weights.
    """

    beta: float
    value: float
    gap: float
    bound: float
    effective: float


@dataclass(frozen=True, slots=True)
class TwoStage(Shown, Record):
    """A two-stage reward model.

    beta1, n1, overlap: temperature, samples and <w, theta*> of stage 1. n2: samples of the readouts. label,
    surrogate: the readouts by their weights, one entry for each beta2.
    """

    link: Link
    d: int
    beta1: Fraction
    n1: int
    n2: int
    noise: Noise
    penalty: float
    seed: int
    overlap: float
    label: tuple[Deployed, ...]
    surrogate: tuple[Deployed, ...]


def train(
    link: Link | str,
    beta2: int | float | str | Fraction | Sequence[int | float | str | Fraction],
    *,
    d: int = 200,
    beta1: int | float | str | Fraction | None = None,
    n1: int | None = None,
    n2: int = 10_000,
    noise: Noise | str | None = None,
    penalty: float = _PENALTY,
    seed: int = 0,
) -> TwoStage:
    """Train a two-stage reward model of x in R^d and deploy it at each temperature in ``beta2``.

    Stage 1: spherical SGD with the activation He_{k*}/k!, one fresh sample a step and weights e^{y/beta1},
    simulated by the exact chain of R2. beta1 and n1, when left out: the temperature of largest SNR, and 60
    times the samples of weak recovery at the default step. Stage 2, on n2 fresh samples in R^d: a pilot is
    fitted without weights, then ridge (``penalty``) on 1 and tanh(<w, x> - b), 12 biases b on [-3, 3], with
    weights e^{y/beta2} (label) and e^{pilot/beta2} (surrogate). Fits are clipped to the range of the link.
    The result depends on the seed alone.

    Raises LinkError when the link is not bounded or a size makes no sense, ArithmeticError where it is not
    settled which order leads.
    """
    link = as_link(link)
    law = as_noise(noise)
    betas = [beta2] if isinstance(beta2, int | float | str | Fraction) else list(beta2)
    ts = [1 / float(positive(beta, "beta2")) for beta in betas]
    if not 3 <= d <= _WIDEST:
        raise LinkError(f"d = {d} is out of range: write a dimension from 3 to {_WIDEST}")
    if not 2 <= n2 * d <= 10 * _MOST:
        raise LinkError(f"n2 = {n2} samples in d = {d} are out of range: write at most {10 * _MOST // d}")
    span = extremes(link.tree)
    if span is None or not (span[0].is_finite and span[1].is_finite):
        shown = "not shown to be bounded" if span is None else "not bounded"
        raise LinkError(f"'{link}' is {shown}, so fits cannot be clipped: wrap it in tanh or clip")
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
    made = setting(link, at, parse(f"He({star}, z)/{factorial(star)}"), "label", law)
    schedule = made.schedule(d)
    steps = int(_LONGER * schedule.horizon()) if n1 is None else n1
    if not 1 <= steps <= _MOST:
        raise LinkError(f"stage 1 on n1 = {steps} samples is out of range: write n1 from 1 to {_MOST}")
    training = Training(link.tree, "label", float(at), law, made.activation.tree, _SHORTER * schedule.step)
    # The sign of the output that lets the neuron leave 0 (at odd orders above 1 the start decides as well).
    start, sign = random_starts(d, 1, rng), np.sign(made.leading)
    sign = sign * np.sign(start) if star >= 3 and star % 2 else np.full(1, sign)
    final = run_chain(training, d, start, sign, steps, rng, stop_at=2.0).final[0]
    overlap = rounded(abs(float(final)), _DIGITS)
    found = deploy(
        link.tree, (float(span[0]), float(span[1])), overlap, ts, law, d=d, n=n2, penalty=penalty, rng=rng
    )
    names = ("value", "gap", "bound", "effective")
    fits = [
        tuple(
            Deployed(1 / t, *(rounded(float(getattr(found, name)[i, j]), _DIGITS) for name in names))
            for j, t in enumerate(ts)
        )
        for i in range(2)
    ]
    return TwoStage(link, d, 1 / at, steps, n2, law, penalty, seed, overlap, fits[0], fits[1])
