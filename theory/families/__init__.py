"""Closed forms of the tilted Hermite coefficients, one family per file.

=================== ============================================ ==========================
family              link                                         file
=================== ============================================ ==========================
affine              a z + b                                      quadratic.py
quadratic           a z^2 + b z + c, a != 0                      quadratic.py
piecewise constant  finitely many levels, exact end points       piecewise_constant.py
piecewise quadratic degree <= 2 on each piece, exact end points  piecewise_quadratic.py
=================== ============================================ ==========================

Series in t with an explicit bound of what is left out:

=================== ============================================ ==========================
periodic            A cos(a z + b) + d, A sin(a z + b) + d       periodic.py
powered Gaussian    A z^m e^{-c z^2} + d, c > 0                  powered_gaussian.py
=================== ============================================ ==========================

Any other link has no closed form here, and the certified enclosure answers alone.
"""

from __future__ import annotations

from functools import lru_cache

from ...link.tree import Node
from . import periodic, piecewise_constant, piecewise_quadratic, powered_gaussian, quadratic
from .form import ClosedForm, SeriesForm


@lru_cache(maxsize=512)
def closed_form(tree: Node) -> ClosedForm | None:
    """The closed form of a link's tilted coefficients, or None when no family holds it."""
    for family in (quadratic, piecewise_constant, piecewise_quadratic):
        form: ClosedForm | None = family.closed_form(tree)
        if form is not None:
            return form
    return None


@lru_cache(maxsize=512)
def series_form(tree: Node) -> SeriesForm | None:
    """The series form of a link's tilted coefficients, or None when no family holds it."""
    for family in (periodic, powered_gaussian):
        form: SeriesForm | None = family.series_form(tree)
        if form is not None:
            return form
    return None


__all__ = ["ClosedForm", "SeriesForm", "closed_form", "series_form"]
