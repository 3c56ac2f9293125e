"""Closed forms of the tilted Hermite coefficients, one family per file.

=================== ============================================ ==========================
family              link                                         file
=================== ============================================ ==========================
affine              a z + b                                      affine.py
quadratic           a z^2 + b z + c, a != 0                      quadratic.py
piecewise constant  finitely many levels, exact end points       piecewise_constant.py
piecewise quadratic degree <= 2 on each piece, exact end points  piecewise_quadratic.py
=================== ============================================ ==========================

Any other link has no closed form here, and the certified enclosure answers alone.
"""

from __future__ import annotations

from functools import lru_cache

from ...link.tree import Node
from . import affine, piecewise_constant, piecewise_quadratic, quadratic
from .form import ClosedForm

_FAMILIES = (affine, quadratic, piecewise_constant, piecewise_quadratic)


@lru_cache(maxsize=512)
def closed_form(tree: Node) -> ClosedForm | None:
    """The closed form of a link's tilted coefficients, or None when no family holds it."""
    for family in _FAMILIES:
        form: ClosedForm | None = family.closed_form(tree)
        if form is not None:
            return form
    return None


__all__ = ["ClosedForm", "closed_form"]
