"""The base of all answers: to JSON and back, with every type checked, and their look in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import EnumType
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints


class Record:
    """A data class whose JSON has a key for every field, or those of ``keys``."""

    __slots__ = ()

    #: The keys in their order; ``key=attribute`` where the attribute has another name, ``key?`` where the key
    #: is left out when the value is None or False.
    keys: ClassVar[str] = ""

    def as_json(self) -> dict[str, Any]:
        names = self.keys.split() or [field.name for field in fields(self)]  # type: ignore[arg-type]
        content = {}
        for name in names:
            key, _, attribute = name.rstrip("?").partition("=")
            value = attrgetter(attribute or key)(self)
            if not name.endswith("?") or value not in (None, False):
                content[key] = _plain(value)
        return content


def _plain(value: Any) -> Any:
    """What JSON has no type for is written as its text."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if hasattr(value, "as_json"):
        return value.as_json()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


class Malformed(Exception):
    """What is wrong in a JSON value, and where."""


@cache
def _types(kind: Any) -> dict[str, Any]:
    """The types of the fields; a report holds many thousands of objects of one class."""
    return get_type_hints(kind)


def record(kind: Any, entry: Any, where: str = "") -> Any:
    """The JSON object ``entry`` as a data class; other keys are passed over. Raises Malformed.

    A field of a later version than the first, which its metadata says, may be missing.

    where: the place in the file, empty for the whole of it.
    """
    types = _types(kind)
    present = [
        field
        for field in fields(kind)
        if not field.metadata.get("later") or (isinstance(entry, dict) and field.name in entry)
    ]
    for field in present:
        if not isinstance(entry, dict) or field.name not in entry:
            raise Malformed(f"{where or 'the report'} has no '{field.name}'")
    values = {
        field.name: _value(types[field.name], entry[field.name], field.name, where) for field in present
    }
    try:
        return kind(**values)
    except ValueError as error:
        raise Malformed(f"{where}: {error}") from None


def _value(kind: Any, value: Any, name: str, where: str) -> Any:
    here = f"{where}.{name}" if where else name
    options = get_args(kind)
    wrong = Malformed(f"'{name}' of {where or 'the report'} has the wrong type")
    if type(None) in options:
        return None if value is None else _value(options[0], value, name, where)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise wrong
        return tuple(_value(options[0], each, f"{name}[{i}]", where) for i, each in enumerate(value))
    if is_dataclass(kind):
        return record(kind, value, here)
    expected = str if get_origin(kind) is Literal or isinstance(kind, EnumType) else kind
    if type(value) is not expected and not (expected is float and type(value) is int):
        raise wrong
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed(f"'{name}' of {where or 'the report'} holds half a character") from None
    if kind is str:
        return value
    words = {str(word): word for word in options or kind}
    if value not in words:
        raise Malformed(f"{here} is '{value[:40]}', which is none of its words")
    return words[value]


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
