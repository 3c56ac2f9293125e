"""Functions of the learned direction seen from the hidden one: means over u given z, with proved errors.

Under any law that tilts z = <theta*, x> only, the learned coordinate is u = m z + sqrt(1 - m^2) v, v ~
N(0, 1) independent of z, m the overlap. So E[A(z) q(u)] = E[A(z) (T_m q)(z)] with (T_m q)(z) = E_v q(u), and
two-dimensional integrals become the sums over z that there are for m = 1.

T_m q is a trapezoid sum over v. q being a product of tanh(u - b), it is analytic and at most 1 for |Im u| <=
pi/4, so the integrand is at most e^{a^2/2} phi in the strip |Im v| <= a, sqrt(1-m^2) a <= pi/4, and the sum
of step h errs by at most 2 e^{a^2/2}/(e^{2 pi a/h} - 1) (Trefethen and Weideman, The exponentially convergent
trapezoidal rule, 2014, theorem 5.1); what lies beyond its last node is less than that tail of the normal law.
As a function of z, T_m q is analytic where q is, and has the same bound there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_mat

from ..precision import exact

#: Strips wider than this gain nothing: e^{a^2/2} grows too fast.
_WIDEST = 9.0
_MORE = 1 + 1e-9


@dataclass(frozen=True)
class Inner:
    """The features 1, tanh(u - b) at u = m z + sqrt(1 - m^2) v for nodes z and the nodes v of the inner rule.

    psi: a row for each pair (z, v), v fastest. weights: those of the inner rule, [1] at overlap 1. error: of
    the inner mean of a function of size 1.
    """

    psi: arb_mat
    weights: tuple[arb, ...]
    error: float

    def mean(self, values: list[arb], size: float) -> list[arb]:
        """T_m q at the nodes z from q at the pairs, |q| <= ``size`` for |Im u| <= pi/4."""
        if len(self.weights) == 1:
            return values
        count = len(self.weights)
        table = arb_mat(len(values) // count, count, values)
        found: list[arb] = (table * arb_mat([[w] for w in self.weights])).entries()
        blur = arb(0, size * self.error)
        return [value + blur for value in found]


def inner(x: Sequence[arb], biases: Sequence[Fraction], overlap: Fraction, digits: int) -> Inner:
    """The features at the nodes x, inner means good to ``digits`` decimals; 0 < overlap <= 1."""
    places = [exact(b) for b in biases]
    if overlap == 1:
        return Inner(arb_mat([[arb(1), *((z - b).tanh() for b in places)] for z in x]), (arb(1),), 0.0)
    across = (1 - exact(overlap) ** 2).sqrt()
    width = min(_WIDEST, math.pi / 4 / float(across) * (1 - 1e-9))
    step = Fraction(round(512 * 2 * math.pi * width / (width**2 / 2 + digits * math.log(10) + 1)) or 1, 512)
    count = math.ceil(math.sqrt(2 * digits * math.log(10)) / step) + 1
    nodes = [exact(j * step) for j in range(-count, count + 1)]
    root = (2 * arb.pi()).sqrt()
    weights = tuple(exact(step) * (-v * v / 2).exp() / root for v in nodes)
    a, h = arb(width), exact(step)
    error = 2 * (a * a / 2).exp() / ((2 * arb.pi() * a / h).exp() - 1) + (count * h / arb(2).sqrt()).erfc()
    m = exact(overlap)
    rows = [
        [arb(1), *((u - b).tanh() for b in places)] for z in x for u in (m * z + across * v for v in nodes)
    ]
    return Inner(arb_mat(rows), weights, float(error.abs_upper()) * _MORE)
