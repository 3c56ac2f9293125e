"""How an answer looks in a notebook, and that it is not mistaken for yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

#: The list of an answer's JSON that gives the rows of its frame.
_ROWS = {
    "Coefficients": "coefficients", "Formulas": "formulas", "Policies": "policies", "Recovery": "runs",
    "Report": "results", "TwoStage": "label",
}  # fmt: skip


class Shown:
    """An answer that a notebook shows as the link's page does, and whose essence is one formula."""

    __slots__ = ()

    #: How an answer is laid out as HTML, its one formula as LaTeX, its one sentence, and how it is drawn: set
    #: by the package, as pages are made from answers and not the other way round.
    html: ClassVar[Callable[[Shown], str]]
    essence: ClassVar[Callable[[Shown], str]]
    sentence: ClassVar[Callable[[Shown], str]]
    drawing: ClassVar[Callable[[Shown, Any], Any]]

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

    def __repr__(self) -> str:
        """One line: what is asked of, and what the answer comes to."""
        link = getattr(self, "link", None)
        told = ": ".join(filter(None, (None if link is None else str(link), Shown.sentence(self))))
        return f"<{type(self).__name__} {told}>" if told else f"<{type(self).__name__}>"

    def plot(self, ax: Any = None) -> Any:
        """The answer's figure drawn into ``ax``, or into new axes, which are returned.

        Raises TypeError where the answer has no figure.
        """
        return Shown.drawing(self, ax)

    def to_frame(self) -> Any:
        """A pandas.DataFrame: a row per coefficient, dimension or verdict where there are several, else one.

        An enclosure takes three columns, such as ``alpha.lower``; bounds stay exact decimals, as text.
        Raises ImportError where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_frame needs pandas, which tiltproof does not: pip install pandas") from None
        name = _ROWS.get(type(self).__name__)
        rows = getattr(self, name) if name else [self]
        # A coefficient's JSON stands below its temperature.
        at = ({"beta": str(row.beta)} if hasattr(row, "beta") else {} for row in rows)
        pairs = zip(at, rows, strict=True)
        return pandas.DataFrame([{**above, **dict(_flat(row.as_json()))} for above, row in pairs])


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
