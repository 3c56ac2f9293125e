"""How an answer looks in a notebook, and that it is not mistaken for yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar


class Shown:
    """An answer that a notebook shows as the link's page does, and whose essence is one formula."""

    __slots__ = ()

    #: How an answer is laid out as HTML, and its one formula as LaTeX: set by the package, as pages are made
    #: from answers and not the other way round.
    html: ClassVar[Callable[[Shown], str]]
    essence: ClassVar[Callable[[Shown], str]]

    def __bool__(self) -> bool:
        """Raises TypeError: an answer is neither true nor false, and ``assert`` on it would always pass."""
        raise TypeError(
            f"a {type(self).__name__} is neither true nor false: compare one of its fields, or ask for "
            "the verdict on a claim about it"
        )

    def _repr_html_(self) -> str:
        return Shown.html(self)

    def _repr_latex_(self) -> str:
        return f"${Shown.essence(self)}$"
