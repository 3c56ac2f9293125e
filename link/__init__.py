"""Link functions as text and as syntax trees; the leaf that every other room may import.

``parse(text)`` is the way in: a library name or an expression in ``z`` becomes a :class:`Link`
that is proved to be defined on the whole real line. For what builds trees the door is enough; what
walks them takes ``link.tree``. Nothing here imports an algebra system.
"""

import sys
from types import ModuleType

from .build import call, combine, negate
from .domain import singular_points
from .label import ADDITIVE, NOISELESS, Label, Noise, Signal, Target, parse_label, parse_noise
from .link import LIBRARY, Link, Named, as_link, parse, positive, rational
from .parse import parse_expression
from .text import LinkError, decimal, excerpt, nearest, printable, raised, text
from .tree import Bin, Call, Node, Num, Var, substitute

__all__ = [
    "ADDITIVE",
    "LIBRARY",
    "NOISELESS",
    "Bin",
    "Call",
    "Label",
    "Link",
    "LinkError",
    "Named",
    "Node",
    "Noise",
    "Num",
    "Signal",
    "Target",
    "Var",
    "as_link",
    "call",
    "combine",
    "decimal",
    "excerpt",
    "nearest",
    "negate",
    "parse",
    "parse_expression",
    "parse_label",
    "parse_noise",
    "positive",
    "printable",
    "raised",
    "rational",
    "singular_points",
    "substitute",
    "text",
]


class _Verb(ModuleType):
    """``tiltproof.link`` is this room and also the verb ``tiltproof.link("tanh(z)")``."""

    def __call__(self, text: str) -> Link:
        return as_link(text)

    __call__.__doc__ = as_link.__doc__


sys.modules[__name__].__class__ = _Verb
