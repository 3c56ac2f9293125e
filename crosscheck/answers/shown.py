"""How an answer looks in a notebook."""

from __future__ import annotations


class Shown:
    """An answer that a notebook shows as the link's page does, and whose essence is one formula."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from ..reports.sections import section

        return section(self)

    def _repr_latex_(self) -> str:
        from ..reports.essence import essence

        return f"${essence(self)}$"
