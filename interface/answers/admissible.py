"""The admissible deployment temperatures: guaranteed at n samples, and forecast as n grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy
from flint import arb

from ...crosscheck.arguments import Number, as_biases, as_clip, as_noise, as_ridge, as_whole
from ...crosscheck.number import ball, from_exact
from ...link import Link, LinkError, Node, Noise, Num, as_link, combine, excerpt, positive, rational, text
from ...numerics.expectation.oracle import Interval
from ...numerics.expectation.tails import t_range
from ...numerics.guarantee.bound import Range
from ...numerics.guarantee.estimate import CENTERS, COUNTS, RIDGES, SPACINGS, recommended
from ...numerics.precision import working
from ...numerics.work import allowance, question
from ...theory.exact.lower import rational as in_algebra
from ...theory.shape.range import bounds, extremes
from .admissible_curve import Scheme
from .admissible_guarantee import forecast, guaranteed
from .admissible_set import AdmissibleSet, Fit

if TYPE_CHECKING:
    from .strong import StageOne

DIGITS = 6
DELTA = Fraction(1, 20)
_SHRINK = Fraction(9, 10)
#: Features that may be asked for, and how far out: beyond, tanh(u - b) hardly differs from a constant.
_MOST, _FURTHEST = 12, 8
_LEAST_DELTA = Fraction(1, 10**12)
#: A range of overlaps is looked at in dozens of cells, and may take the work of so many questions.
_CELLS = 8
#: The share of the work that the choice of a fit takes.
_CHOSEN = 0.3
_EXHAUSTED = "not looked at: the work allotted to this question is used up"


def admissible(
    link: Link | str,
    epsilon: Number,
    n: int,
    *,
    delta: Number = DELTA,
    features: Sequence[Number] | str | None = None,
    ridge: Number | None = None,
    overlap: Number | Sequence[Number] = 1,
    clip: Sequence[Number] | str | None = None,
    target: Number | None = None,
    proxy: Link | str | None = None,
    noise: Noise | str | None = None,
    d: int | None = None,
    n1: int | None = None,
    beta1: Number | None = None,
    replicas: int = 0,
    seed: int = 0,
    digits: int = DIGITS,
    progress: Callable[[float], object] | None = None,
) -> AdmissibleSet:
    """The temperatures beta2 at which at most ``epsilon`` of the target is lost.

    Guaranteed: for every beta in the set, chosen before the data, V(pi_rhat) >= target - epsilon with
    probability at least 1 - ``delta``, pi_rhat the policy of the reward fitted to n samples by

        fhat = psi'(sum_i w_i psi psi' + n ridge M P)^{-1} sum_i w_i y_i psi,   psi = (1, tanh(u - b)),

    M the mean of the weights, P the identity without the intercept, K_e'(1/beta) taken off and clipped.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    epsilon
        What may be lost, > 0.
    n
        Samples of the second stage.
    delta
        The probability with which the guarantee may fail.
    features
        The biases b, at most 12; recommended where left out.
    ridge
        Recommended where left out.
    overlap
        m, the inner product of the learned direction with that of the link; two numbers such as
        ``("0.97", 1)`` for every m between them.
    clip
        The range LO, HI of the fit, by default that of the link; a link without an upper end needs one.
    target
        The value v, by default ess sup s; a link without an upper end needs one.
    proxy
        The pilot reward of the surrogate weights, fixed before the samples; by default 9/10 of the link.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    d
        With ``n1``, both stages: the dimension in which the direction is learned. The answer is then for
        every overlap from the one that stage 1 is forecast to reach; that it does is not guaranteed.
    n1
        Samples of stage 1, others than the n of stage 2.
    beta1
        The temperature of stage 1; left out, the one of largest SNR of those tried.
    replicas
        Neurons that are trained on n1 samples each, to try the forecast.
    seed
        Of those neurons.
    digits
        Digits of the ends.
    progress
        Called with the share that is done.

    Returns
    -------
    AdmissibleSet
        ``guaranteed`` at n, with the best beta2; and ``forecast``, which guarantees nothing.

    Raises
    ------
    LinkError
        Where an argument is not usable, or the link is not bounded below.
    ArithmeticError
        Where a certified integral resists.

    Examples
    --------
    >>> import tiltproof
    >>> found = tiltproof.admissible("tanh(z)", epsilon="1/2", n=10**6)
    >>> [(one.lower.lower, one.upper.lower) for one in found.guaranteed.label]
    [('0.06666667', '0.66126099')]

    Source
    ------
    Claims V8, V8s and V9; V3 to V6 for the forecast, R3 and R7 for that of stage 1.
    """
    link, noise = as_link(link), as_noise(noise)
    goal, chance = positive(epsilon, "epsilon"), _delta(delta)
    biases = None if features is None else _biases(features)
    penalty = None if ridge is None else as_ridge(ridge)
    m, learned = _overlap(overlap), None
    if d is not None or n1 is not None:
        learned = _stage_one(link, noise, d, n1, beta1, replicas, seed)
        if m != 1:
            raise LinkError("the overlap is forecast from d and n1: leave --overlap out, or these")
        m = Interval(learned.overlap, Fraction(1))
    elif beta1 is not None or replicas:
        raise LinkError("stage 1 is asked for by its dimension and its samples: write --d and --n1")
    least = 1 + (max(COUNTS) if biases is None else len(biases))
    n = as_whole(n, "n", 1, 10**18, 100000)
    if n < least:
        raise LinkError(
            f"n = {n} samples do not determine the {least} coefficients of the fit: write n such as 100000"
        )
    pilot = as_link(proxy, "proxy") if proxy is not None else _linked(_shrunk(link.tree))
    low, high, v = _range(link, target, clip is not None)
    for tree, name in ((link, "link"), (pilot, "proxy")):
        known = t_range(tree.tree)
        if not known.finite_below > 0:
            has = "has t_max = 0" if known.infinite_from.is_zero() else "is not shown to have t_max > 0"
            raise LinkError(f"the {name} '{tree}' {has}: clip it or wrap it in tanh")
    span = Range(_below(low), _above(high), (_below(low), _above(high)), _above(high))
    if clip is not None:
        first, last = (float(end) for end in as_clip(clip))
        span = replace(span, clip=(first, last))
    # A double that is not above delta.
    most = math.nextafter(float(chance), 0.0) if Fraction(float(chance)) > chance else float(chance)
    label = Scheme(link.tree, noise, m, span, n, most, v, low)
    surrogate = _surrogate(label, pilot, high - low)
    choice = recommended(label.estimate, float(label.limit), biases, penalty)
    told = progress or bool
    told(_CHOSEN)
    fit = Fit(choice.biases, choice.ridge, m, label.span.clip, _source(biases, penalty))
    free = biases is None and penalty is None
    with question(parts=_CELLS if isinstance(m, Interval) else 1), allowance(math.inf) as account:
        found = guaranteed(label, surrogate, fit, free, goal, digits, told)
        if account.exhausted and found.low is None:
            found = replace(found, low=_EXHAUSTED, high=_EXHAUSTED)
    return AdmissibleSet(
        link, goal, n, chance, noise, fit, from_exact(label.target, digits), pilot, found,
        forecast(label, surrogate, fit, goal), learned,
    )  # fmt: skip


def _stage_one(
    link: Link, noise: Noise, d: int | None, n1: int | None, beta1: Number | None, replicas: int, seed: int
) -> StageOne:
    # It loads all that trains neurons.
    from .strong import stage_one

    if d is None or n1 is None:
        raise LinkError("stage 1 has a dimension and samples: write --d and --n1, such as --d 1000 --n1 1e6")
    asked = (
        as_whole(d, "d", 3, 10**9, 1000),
        as_whole(n1, "n1", 1, 10**15, 10**6),
        None if beta1 is None else positive(beta1, "beta1"),
        as_whole(replicas, "replicas", 0, 10**6, 100),
        as_whole(seed, "seed", 0, 2**63 - 1, 0),
    )
    with question():
        return stage_one(link, noise, *asked)


def _surrogate(label: Scheme, pilot: Link, width: sympy.Expr) -> Scheme | None:
    """The scheme of surrogate weights, where osc(s - proxy) is finite."""
    if pilot.tree == _shrunk(label.link):
        gap: sympy.Expr = (1 - in_algebra(_SHRINK)) * width
    else:
        below, above = range_of(combine("-", label.link, pilot.tree))
        gap = above - below
    if not gap.is_finite:
        return None
    span = replace(label.span, ceiling=_above(range_of(pilot.tree)[1]), away=_above(gap))
    return replace(label, pilot=pilot.tree, span=span)


def _range(link: Link, target: Number | None, clipped: bool) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """ess inf and ess sup of the link, or bounds of them from outside, and the target."""
    low, high = range_of(link.tree)
    shown = "is not" if extremes(link.tree) else "is not shown to be"
    if not low.is_finite:
        raise LinkError(
            f"'{link}' {shown} bounded below, so that no fit's error is bounded above: clip the link "
            "itself, as in clip(z,-3,3), or wrap it in tanh"
        )
    if not high.is_finite and not (clipped and target is not None):
        raise LinkError(
            f"'{link}' {shown} bounded above, so a fit needs a range and a value to reach: write "
            "--clip LO,HI and --target V, or clip the link itself"
        )
    if high == low:
        raise LinkError(f"'{link}' is constant: every temperature is the same; write a link that varies")
    return low, high, high if target is None else in_algebra(rational(target, "target"))


def range_of(tree: Node) -> tuple[sympy.Expr, sympy.Expr]:
    """Exact ess inf and ess sup, or bounds of them."""
    found = extremes(tree)
    return bounds(tree) if found is None else found[:2]


def _below(value: sympy.Expr) -> float:
    """A double at most ``value``, which is it where it can be."""
    return 0.0 - _above(-value)


def _above(value: sympy.Expr) -> float:
    if not value.is_finite:
        return math.inf if value > 0 else -math.inf
    with working(200):
        found = ball(value)
        near = float(found.mid())
        return near if found <= arb(near) else math.nextafter(near, math.inf)


def _biases(features: Sequence[Number] | str) -> tuple[Fraction, ...]:
    found = as_biases(features)
    if len(found) > _MOST:
        raise LinkError(f"{len(found)} biases are too many: write at most {_MOST} such as -1,0,1")
    if far := [b for b in found if abs(b) > _FURTHEST]:
        raise LinkError(f"bias {far[0]} is too far out: write biases from -{_FURTHEST} to {_FURTHEST}")
    return found


def _overlap(overlap: Number | Sequence[Number]) -> Fraction | Interval:
    parts = overlap.split(",") if isinstance(overlap, str) else overlap
    several = list(parts) if isinstance(parts, Sequence) else [parts]
    found = [positive(each, "overlap") for each in several]
    shown = excerpt(",".join(map(str, several)))
    if max(found, default=2) > 1:
        raise LinkError(f"overlap '{shown}' is above 1: write a number such as 0.97")
    if len(found) == 1:
        return found[0]
    if len(found) != 2 or not found[0] < found[1]:
        raise LinkError(f"overlap '{shown}' is no range: write two numbers that increase, such as 0.97,1")
    return Interval(*found)


def _delta(delta: Number) -> Fraction:
    found = positive(delta, "delta")
    if not _LEAST_DELTA <= found < 1:
        raise LinkError(
            f"delta '{excerpt(str(delta))}' is no failure probability from 1e-12 to below 1: write 0.05"
        )
    return found


def _source(biases: tuple[Fraction, ...] | None, ridge: Fraction | None) -> str:
    """Where features and ridge come from, with the grid that was searched."""
    counts, spacings = (", ".join(map(str, each)) for each in (COUNTS, SPACINGS))
    grid = f"{counts} biases {spacings} apart about {CENTERS[0]}, ..., {CENTERS[-1]}"
    ridges = f"ridge {', '.join(map(str, RIDGES))}"
    if biases is not None and ridge is not None:
        return "given"
    if biases is not None:
        return f"features given; least bound of {ridges}"
    if ridge is not None:
        return f"ridge given; least bound of {grid}"
    return f"least bound of {grid}, {ridges}"


def _linked(tree: Node) -> Link:
    return Link(tree, text(tree))


def _shrunk(tree: Node) -> Node:
    return combine("*", Num(_SHRINK), tree)
