"""Whether a link stays within bounds on the whole line: by cells near 0, by its growth on both tails."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from flint import arb

from ...link.tree import Neg, Node, Var, substitute
from ..lowering.arb import compile_arb
from ..precision import exact, working
from .tails import limits

_RADIUS, _CELLS, _BITS = 16, 4000, 96


@lru_cache(maxsize=128)
def stays_within(tree: Node, low: Fraction | None, high: Fraction | None) -> bool:
    """Whether low <= tree <= high everywhere is proved; None for no bound."""
    with working(_BITS):
        least = arb.neg_inf() if low is None else exact(low)
        most = arb.pos_inf() if high is None else exact(high)
        for side in (tree, substitute(tree, Neg(Var()))):
            bottom, top = limits(side, arb(_RADIUS))
            if (low is not None and (bottom is None or not bottom >= least)) or (
                high is not None and (top is None or not top <= most)
            ):
                return False
        return _on_cells(tree, least, most)


def _on_cells(tree: Node, least: arb, most: arb) -> bool:
    function = compile_arb(tree)
    waiting = [(float(-_RADIUS), float(_RADIUS))]
    for _ in range(_CELLS):
        if not waiting:
            return True
        low, high = waiting.pop()
        value = function(arb((low + high) / 2, (high - low) / 2))
        if not (least <= value and value <= most):
            middle = (low + high) / 2
            waiting += [(low, middle), (middle, high)]
    return False
