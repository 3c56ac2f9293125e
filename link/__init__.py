"""Link functions as text and as syntax trees; the leaf that every other room may import.

``parse(text)`` is the way in: a library name or an expression in ``z`` becomes a :class:`Link`
that is proved to be defined on the whole real line. Nothing here imports an algebra system.
"""

import sys
from types import ModuleType

from .errors import LinkError
from .library import LIBRARY, Named
from .link import Link, as_link, parse, positive
from .noise import NOISELESS, Noise, parse_noise
from .parse import parse_expression
from .signal import Signal
from .text import text

__all__ = [
    "LIBRARY",
    "NOISELESS",
    "Link",
    "LinkError",
    "Named",
    "Noise",
    "Signal",
    "as_link",
    "parse",
    "parse_expression",
    "parse_noise",
    "positive",
    "text",
]


class _Verb(ModuleType):
    """``tiltproof.link`` is this room and also the verb ``tiltproof.link("tanh(z)")``."""

    def __call__(self, text: str) -> Link:
        return parse(text)


sys.modules[__name__].__class__ = _Verb
