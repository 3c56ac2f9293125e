"""The symbols shared by every exact expression of this room."""

from __future__ import annotations

import sympy

#: The argument of the link, distributed as N(0, 1).
z = sympy.Symbol("z", real=True)
#: The inverse temperature t = 1/beta > 0.
t = sympy.Symbol("t", positive=True)
#: The order k of a Hermite coefficient where a form holds for every k.
order = sympy.Symbol("k", integer=True, nonnegative=True)
