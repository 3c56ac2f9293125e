"""How an answer looks in a notebook, and that it is not mistaken for yes."""

from __future__ import annotations


class Shown:
    """An answer that a notebook shows as the link's page does, and whose essence is one formula."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Raises TypeError: an answer is neither true nor false, and ``assert`` on it would always pass."""
        raise TypeError(
            f"a {type(self).__name__} is neither true nor false: compare one of its fields, or ask for "
            "the verdict on a claim about it"
        )

    def _repr_html_(self) -> str:
        from ..reports.sections import section

        return section(self)

    def _repr_latex_(self) -> str:
        from ..reports.essence import essence

        return f"${essence(self)}$"
