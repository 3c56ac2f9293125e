"""P3. Deploying a learned reward costs exactly its divergence from the optimal policy.

Quantity:    J(pi) = E_pi r* - beta KL(pi||gamma) at pi* and at the policy pi_rhat of another reward rhat.
Statement:   J(pi*) - J(pi_rhat) = beta KL(pi_rhat||pi*).
Kind:        equal
Source:      Gibbs variational principle (Donsker-Varadhan). Abstract, S1.
Assumptions: t_max > 0.
Checks:      symbolic (pointwise under E_{pi_rhat}, both rewards abstract), enclosure, quadrature, simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link.build import call, combine
from ...link.tree import Node, Num, Var
from ...numerics import policy as certified
from ...numerics.importance import tilted_means
from ...numerics.lower_numpy import compile_numpy
from ...numerics.precision import working
from ..claim import Assumption, Claim, Formula, Variant
from ..identity import Identity, Reader, Real, by_balls, by_estimates
from ..sampled import DIMENSION, SAMPLES, Row, judged
from ..subject import Subject
from ..temperatures import gentle_tilt, tilts
from ..verdict import Evidence, Outcome
from .p1 import no_tilt

#: The learned reward is rhat = _SHRINK s + Delta/4 with Delta = cos(z): wrong in scale and in shape.
_SHRINK = Fraction(4, 5)
_PART = Fraction(1, 4)
_SHAPE = call("cos", (Var(),))


@dataclass(frozen=True, slots=True)
class Statement:
    """J(pi*) - J(pi_rhat) = factor beta^power KL, with the arguments of KL ``swapped`` or not."""

    factor: Fraction = Fraction(1)
    power: int = 1
    swapped: bool = False


def learned(tree: Node) -> Node:
    """The learned reward rhat of the claim, as a tree."""
    return combine("+", combine("*", Num(_SHRINK), tree), combine("*", Num(_PART), _SHAPE))


class _Pair:
    """Expectations under the policies of s and of rhat, at t, from moments of trees alone.

    E[s e^{t rhat}] is a derivative in the weight of s; it is read as a moment of the product tree.
    """

    def __init__(self, tree: Node, t: Fraction) -> None:
        self.tree, self.t, self.learned = tree, t, learned(tree)

    def log_masses(self, read: Reader) -> tuple[Real, Real]:
        return tuple(read.log(read.moments(side, self.t, (0,))[0]) for side in (self.tree, self.learned))  # type: ignore[return-value]

    def means(self, read: Reader, under: Node) -> tuple[Real, Real]:
        """E s and E rhat under the policy of ``under``."""
        other = self.learned if under is self.tree else self.tree
        mass, own = read.moments(under, self.t, (0, 1))
        across = read.product(under, other, self.t)
        means = (own / mass, across / mass)
        return means if under is self.tree else means[::-1]
