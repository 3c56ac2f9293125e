"""How the claims on recovery are tried on a link: temperature, activation, and neurons of good sign."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice
from math import factorial
from typing import TypeVar

import numpy as np
from flint import arb

from ...link import ADDITIVE, NOISELESS, Label, Link, LinkError, Node, Noise, Signal, parse, parse_label
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, t_range
from ...numerics.precision import exact, working
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.forecast import NotSolved
from ...numerics.recovery.gradient import gradient_noise, signal_to_noise
from ...numerics.recovery.population import population
from ...numerics.recovery.scaling import Steps
from ...numerics.recovery.training import Course, random_signs, random_starts, run_direct
from ...numerics.work import remembered
from ...theory.exact.polynomial import polynomial
from ...theory.shape.monotone import parity
from ...theory.shape.pieces import levels
from ..claim import Subject
from ..link_facts.exponents import exponents, tilt_limit
from ..link_facts.zeros import zeros
from ..number import ball
from ..verdict import Finding, absent, first_failure, supports
from .sgd_setting import PLAIN, LabelLaw, Setting, setting

Case = TypeVar("Case")
S = TypeVar("S")
#: Inverse temperatures tried, the one with the largest signal-to-noise ratio is taken.
_TILTS = tuple(Fraction(2, 2**n) for n in range(7))
#: The claims use a longer step than the command does: shrinking is this share of the drift. The forecast
#: that they are compared with accounts for it.
_SHRINKING = 4.0
#: The noise that every link is tried under besides none.
NOISY = Noise("gaussian", Fraction(1, 2))
#: Digits of an exceptional temperature: more than the simulators keep.
_DIGITS = 30


def chosen_tilt(link: Link, order: int, law: LabelLaw = PLAIN) -> Fraction | None:
    """The t of largest SNR among a few with 4t < t_max, where T^2 has a variance; None when there is none."""
    limit = _finite_below(link, law.label)
    with working(96):
        tried = [t for t in _TILTS if exact(4 * t) < limit]
    all_ratios = {t: signal_to_noise(law.target(link, t), order) for t in tried}
    ratios = {t: ratio for t, ratio in all_ratios.items() if ratio}
    return max(ratios, key=ratios.__getitem__, default=None)


def _finite_below(link: Link, label: Label) -> arb:
    """E e^{ty} < oo is shown below it."""
    if label == ADDITIVE:
        return t_range(link.tree).finite_below
    limit = tilt_limit(link, label).value
    with working(96):
        return arb(0) if limit is None else arb.pos_inf() if limit.is_infinite else ball(limit)


def _tilt(link: Link, law: LabelLaw) -> tuple[int, Fraction] | str:
    """The generative exponent and a temperature at which it leads, or why there is none."""
    star = exponents(link, law.label).generative_exponent.value
    if star is None:
        return "the generative exponent is infinite or undecided"
    at = chosen_tilt(link, star, law)
    if at is not None:
        return star, at
    limit = t_range(link.tree)
    if limit.infinite_from.is_zero():
        return f"E|T(y)|^(2+eps) = oo at every finite beta, as t_max = 0 ({limit.reason})"
    return "no t is found at which E|T(y)|^(2+eps) < oo is shown"


@remembered(64)
def single_term(link: Link, law: LabelLaw = PLAIN) -> Setting | str:
    """The link trained with He_{k*}/k!, whose drift has one term; or why it is not."""
    tilt = _tilt(link, law)
    if isinstance(tilt, str):
        return tilt
    star, at = tilt
    try:
        setup = setting(law.target(link, at), parse(f"He({star}, z)/{factorial(star)}"))
    except ArithmeticError as reason:
        return str(reason)
    return longer(setup) if setup.settled else setup.reason


@remembered(64)
def contrast(link: Link, law: LabelLaw = PLAIN) -> tuple[Setting, Setting] | str:
    """With weights and without, one activation with b_{k*}, b_IE != 0 for both; or why there is none.

    He_k/k! + C He_IE/IE! with the first C of 1, -1, 1/8, -1/8 for which both drifts are certified not to
    vanish on the way: where alpha_k and alpha_IE have opposite signs, b_k and b_IE must have so too.
    """
    tilt = _tilt(link, law)
    if isinstance(tilt, str):
        return tilt
    star, at = tilt
    first = exponents(link, law.label).information_exponent.value
    if first is None:
        return "the information exponent is infinite or undecided"
    reason = ""
    for sign, divisor in (("+", 1), ("-", 1), ("+", 8), ("-", 8)):
        bent = f"He({star}, z)/{factorial(star)} {sign} He({first}, z)/{divisor * factorial(first)}"
        try:
            pair = tuple(setting(law.target(link, t), parse(bent)) for t in (at, Fraction(0)))
        except ArithmeticError as refusal:
            return str(refusal)
        reason = next((each.lawless for each in pair if each.lawless), "")
        if not reason:
            return longer(pair[0]), longer(pair[1])
    return f"with every activation tried {reason}"


@remembered(64)
def at_threshold(link: Link, place: Fraction, law: LabelLaw = PLAIN) -> tuple[Setting, Setting] | str:
    """The link at beta = ``place`` beta1 and at 2 beta1, with He_{k*}/k*! and the step that suits 2 beta1.

    Or the reason, where alpha_{k*} has no zero, or T^4 has no mean at one of the two.
    """
    star = exponents(link, law.label).generative_exponent.value
    if star is None:
        return "the generative exponent is infinite or undecided"
    zero_list = zeros(link, Signal.LABEL, law.noise, _DIGITS, law.label).exceptional
    if not zero_list:
        return "no zero of alpha_{k*} is known"
    first = 2 / (Fraction(zero_list[0].lower) + Fraction(zero_list[0].upper))
    at = first / place
    with working(96):
        if not exact(4 * max(first, at)) < _finite_below(link, law.label):
            return f"E T(y)^4 is not shown to be finite at beta1 = {float(1 / first):.6g}"
    target, activation = law.target(link, at), parse(f"He({star}, z)/{factorial(star)}")
    try:
        above = setting(law.target(link, first / 2), activation)
        there = population(target, activation.tree, star)
    except (NotIntegrable, Unresolved) as reason:
        return str(reason)
    gradient = gradient_noise(target, activation.tree)
    return replace(above, target=target, reason="", population=there, gradient=gradient), above


def longer(setup: Setting) -> Setting:
    """With the step of the claims; at orders 1 and 2 the default is long already."""
    return replace(setup, delta=_SHRINKING * setup.delta) if setup.order >= 3 else setup


def laws(subject: Subject) -> list[LabelLaw]:
    """The noises under which a link is tried: the subject's own; without one, none and a Gaussian one."""
    return [LabelLaw(subject.noise)] if subject.noise != NOISELESS else [PLAIN, LabelLaw(NOISY)]


def drawn(link: Link) -> list[LabelLaw]:
    """The first label that suits the link and can be trained on, if there is one."""
    return list(islice(_drawn(link), 1))


def _drawn(link: Link) -> Iterator[LabelLaw]:
    for text in _suited(link.tree):
        law = LabelLaw(label=parse_label(text))
        with suppress(LinkError, ArithmeticError):
            if isinstance(single_term(link, law), Setting):
                yield law


def _suited(tree: Node) -> Iterator[str]:
    """Labels by what they ask of a link. Those that it does not allow are refused later."""
    yield from ("bernoulli", "poisson")
    line = polynomial(tree)
    if levels(tree) is not None or (line is not None and len(line) == 2):
        yield "preference(1)"
    if parity(tree).value == "odd":
        # The fair flip hides an odd link: the exponent is that of abs(s).
        yield "flip(1/2)"
    yield from ("heteroscedastic(exp(-z**2))", "flip(1/4)")


def trainings(subject: Subject) -> list[Setting]:
    """The setting of :func:`single_term` under each of the :func:`laws`, and on a label that is drawn.

    :func:`not_tried` says that those without a draw exist.
    """
    settings = [single_term(subject.link, law) for law in [*laws(subject), *drawn(subject.link)]]
    return [setup for setup in settings if isinstance(setup, Setting)]


def tried(subject: Subject) -> tuple[Subject, list[Setting]]:
    """What the simulations train: without noise alone, in the full tier all of it, the alarm shared."""
    settings = trainings(subject)[: None if subject.full else 1]
    return replace(subject, alarm=subject.alarm / len(settings)), settings


def of_each(judge: Callable[[Case], Finding], cases: Iterable[Case]) -> Finding:
    """One finding for several settings: the first that does not support, else what all of them say."""
    findings = [solved(partial(judge, case)) for case in cases]
    if not findings:
        return absent("no setting is tried here")
    return first_failure(findings) or supports("; ".join(finding.detail for finding in findings))


def over(
    cases: Callable[[Subject], Iterable[Case]], judge: Callable[[S, Case], Finding]
) -> Callable[[Subject, S], Finding]:
    """The leg that judges each of a link's cases by the statement."""
    return lambda subject, statement: of_each(partial(judge, statement), cases(subject))


def solved(solve: Callable[[], Finding]) -> Finding:
    """The finding of a leg that solves the diffusion, absent where that fails."""
    try:
        return solve()
    except NotSolved as reason:
        return absent(str(reason))


def not_tried(subject: Subject) -> str | None:
    """Why recovery cannot be tried on a link with weights, or None."""
    return next(
        (setup for n in laws(subject) if isinstance(setup := single_term(subject.link, n), str)), None
    )


def good_steps(setup: Setting, d: int, horizon: int, n: int, rng: np.random.Generator) -> Steps:
    """Steps to recovery of ``n`` neurons of good sign, by the exact chain; -1 when not within the horizon."""
    starts = random_starts(d, n, rng)
    signs = np.full(n, np.sign(float(setup.population.c.mid())))
    if setup.order == 1:
        signs = random_signs(n, rng)
    elif setup.order % 2:
        starts = np.abs(starts)
    return run_chain(setup.training(setup.schedule(d).step), d, starts, signs, Course(horizon), rng).steps


def any_steps(
    setup: Setting, d: int, horizon: int, n: int, rng: np.random.Generator, *, direct: bool = False
) -> Steps:
    """The same for neurons with random signs; ``direct``: by vectors of R^d."""
    starts, signs = random_starts(d, n, rng), random_signs(n, rng)
    run = run_direct if direct else run_chain
    return run(setup.training(setup.schedule(d).step), d, starts, signs, Course(horizon), rng).steps
