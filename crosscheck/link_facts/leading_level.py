"""A link with finitely many levels: from which t on the highest one outweighs all others.

The signal is sum_v (v + K) m_v e^{vt} with m_v = E[He_k; s = v] and K = K_e'(t), which grows with t from
K(T) to some K(oo) (``weight``: without the factor; ``centered``: a sum over pairs of levels, without noise).
Let ``top`` be the largest exponent whose weight is not 0, and top + K not 0 on [K(T), K(oo)]. Then the ratio
|v + K|/|top + K| is largest at one end, q_v say, as it is the size of a monotone function of K, and

    |m_top| > sum over v < top of |m_v| q_v e^{(v - top)T}

at one T holds at every t > T too: the signal has no zero there.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from ...link import NOISELESS, Link, Noise, Signal
from ...numerics.expectation.noise import cumulants
from ...numerics.precision import exact, working
from ...theory.exact.constants import decided_sign, enclosure, increasing
from ...theory.families.piecewise_constant import apart, masses
from ...theory.shape.pieces import levels

_BITS = 320


def outweighed_from(
    link: Link, star: int, signal: Signal, noise: Noise, starts: Sequence[Fraction | int]
) -> Fraction | None:
    """The first of the increasing ``starts`` from which on the signal is not 0; None where none is shown."""
    steps = levels(link.tree)
    if steps is None:
        return None
    try:
        weights = masses(steps, star)
        if signal == "centered":
            weights = apart(weights, masses(steps, 0))
        signs = {v: decided_sign(weights[v]) for v in increasing(weights)}
        weighted = signal == "label" and noise == NOISELESS
        kept = [v for v, side in signs.items() if side and not (weighted and decided_sign(v) == 0)]
        with working(_BITS):
            terms = [(enclosure(v, _BITS), enclosure(weights[v], _BITS)) for v in kept]
            found = (at for at in starts if _outweighs(terms, signal, noise, exact(Fraction(at))))
            return next(map(Fraction, found), None)
    except ArithmeticError:
        return None


def _outweighs(terms: Sequence[tuple[arb, arb]], signal: Signal, noise: Noise, t: arb) -> bool:
    *others, (top, most) = terms
    slopes: list[arb] = []
    if signal == "label":
        slopes = [cumulants(noise, t)[1]]
        # Gaussian noise has K(oo) = oo, where the ratio is 1.
        slopes += [] if noise.kind in ("none", "gaussian") else [exact(noise.scale)]
        if not (all(top + slope > 0 for slope in slopes) or all(top + slope < 0 for slope in slopes)):
            return False
        if noise.kind == "gaussian" and not top + slopes[0] > 0:
            return False
    rest = arb(0)
    for v, mass in others:
        ratio = arb(1 if noise.kind == "gaussian" or signal != "label" else 0)
        for slope in slopes:
            ratio = ratio.max(abs((v + slope) / (top + slope)))
        rest += abs(mass) * ratio * ((v - top) * t).exp()
    return bool(abs(most) > rest)
