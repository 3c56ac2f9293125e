"""Exact moments and exponents of random links against quadrature, which knows none of the families."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from tiltproof.link.tree import Node
from tiltproof.numerics.estimates.quadrature import Divergent, tilted_moments
from tiltproof.theory.exponents import exponents
from tiltproof.theory.families.moments import moment

from ..link.strategies import trees


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(trees())
def test_moments_and_exponents_of_random_links(tree: Node) -> None:
    try:
        table = tilted_moments(tree, (1, 2, 3, 4), (1, 2), Fraction(0), 12)
    except Divergent:
        return
    known = exponents(tree)
    for (i, k), estimate in table.items():
        exact = moment(tree, i, k)
        if exact is not None:
            assert not estimate.refutes(sympy.N(exact, 20))
        if k < known.generative.lower or known.generative.infinite:
            assert not estimate.refutes(0)
        if i == 1 and k < known.information.lower:
            assert not estimate.refutes(0)
