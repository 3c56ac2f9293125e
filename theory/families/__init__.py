"""Closed forms of the tilted Hermite coefficients, by family of links.

=================== ============================================ ==========================
family              link                                         file
=================== ============================================ ==========================
affine              a z + b                                      smooth.py
quadratic           a z^2 + b z + c, a != 0                      smooth.py
piecewise constant  finitely many levels, exact end points       piecewise.py
piecewise quadratic degree <= 2 on each piece, exact end points  piecewise.py
=================== ============================================ ==========================

Series in t with an explicit bound of what is left out:

=================== ============================================ ==========================
periodic            A cos(a z + b) + d, A sin(a z + b) + d       smooth.py
powered Gaussian    A z^m e^{-c z^2} + d, c > 0                  smooth.py
=================== ============================================ ==========================

Any other link has no closed form here, and the certified enclosure answers alone.
"""

from functools import lru_cache

from ...link.tree import Node
from . import piecewise, smooth
from .form import ClosedForm, SeriesForm


@lru_cache(maxsize=512)
def closed_form(tree: Node) -> ClosedForm | None:
    """The closed form of a link's tilted coefficients, or None when no family holds it."""
    forms = (smooth.polynomial_form, piecewise.constant_form, piecewise.quadratic_form)
    return next((form for of_family in forms if (form := of_family(tree)) is not None), None)


@lru_cache(maxsize=512)
def series_form(tree: Node) -> SeriesForm | None:
    """The series form of a link's tilted coefficients, or None when no family holds it."""
    return smooth.periodic_form(tree) or smooth.powered_form(tree)


__all__ = ["ClosedForm", "SeriesForm", "closed_form", "series_form"]
