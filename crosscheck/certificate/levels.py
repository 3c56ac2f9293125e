"""A link of finitely many levels: how often the weights of its exponential sum change sign.

The signal of order k is the sum of w_v e^{tv} over the levels v, with w_v = E[He_k; s = v] for ``weight``
and v E[He_k; s = v] for ``label``. Such a sum has no more real zeros in t, counted with multiplicity, than
the w_v change sign in the order of v (Polya and Szego, part V, problem 77).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from flint import arb

from ...link.parse import parse_expression
from ...link.tree import Node, is_constant
from ...numerics.lower_arb import compile_arb, hermite
from ...numerics.precision import working
from .growth import Tail
from .pieces import stretches
from .shape import Levels, Rejected

_BITS, _RADIUS = 160, 64


def sign_changes(tree: Node, k: int, kind: str, noisy: bool, stated: Levels) -> int:
    """The number of sign changes. Raises Rejected where the levels are wrong, or a sign is not seen."""
    if kind == "centered" or noisy:
        raise Rejected("levels settle the label signal without noise and the weight signal alone")
    with working(_BITS):
        levels = [compile_arb(parse_expression(text, variables=()))(arb(0)) for text in stated.texts]
        if not all(a < b for a, b in pairwise(levels)):
            raise Rejected("the levels are not stated in increasing order")
        masses = _Masses(tree, k, levels).found()
        weights = [m if kind == "weight" else v * m for v, m in zip(levels, masses, strict=True)]
        if any(w.contains(0) and not w.is_zero() for w in weights):
            raise Rejected("the sign of the weight of a level is not seen")
        signs = [bool(w > 0) for w in weights if not w.is_zero()]
        return sum(a != b for a, b in pairwise(signs))


@dataclass(frozen=True, slots=True)
class _Masses:
    tree: Node
    k: int
    levels: list[arb]

    def found(self) -> list[arb]:
        """E[He_k; s = v] for every level v, from -He_{k-1} phi, whose derivative is He_k phi."""
        total = [arb(0)] * len(self.levels)
        for side, outer in ((-1, arb.neg_inf()), (1, arb.pos_inf())):
            low, high = Tail(side, arb(_RADIUS)).of(self.tree)
            if low is None or low is not high or len(low) > 1:
                raise Rejected("s is not seen to be constant far out")
            ends = (outer, arb(side * _RADIUS)) if side < 0 else (arb(side * _RADIUS), outer)
            self._add(total, low[0], self._mass(*ends))
        for stretch in stretches((self.tree,), _RADIUS, _BITS - 20):
            mass = self._mass(stretch.low, stretch.high)
            if stretch.trees is None:
                # A sliver around a jump: it belongs to some of the levels.
                inside = abs(hermite(self.k, stretch.low.union(stretch.high))) * (stretch.high - stretch.low)
                total = [each + arb(0, inside.upper()) for each in total]
            elif not is_constant(stretch.trees[0]):
                raise Rejected("s is not constant between its jumps")
            else:
                self._add(total, compile_arb(stretch.trees[0])(arb(0)), mass)
        return total

    def _add(self, total: list[arb], value: arb, mass: arb) -> None:
        places = [i for i, level in enumerate(self.levels) if level.overlaps(value)]
        if len(places) != 1:
            raise Rejected(f"s takes the value {value.str(10, radius=False)}, which is no stated level")
        total[places[0]] += mass

    def _mass(self, low: arb, high: arb) -> arb:
        return self._primitive(low) - self._primitive(high)

    def _primitive(self, z: arb) -> arb:
        if not z.is_finite():
            return arb(0)
        polynomial: arb = hermite(self.k - 1, z)
        return polynomial * (-z * z / 2).exp() / (2 * arb.pi()).sqrt()
