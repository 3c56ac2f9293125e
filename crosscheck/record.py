"""Data classes as JSON: written field by field, and read back with a check of every type."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import EnumType
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints


class Record:
    """A data class whose JSON has a key for every field."""

    __slots__ = ()

    def as_json(self) -> dict[str, Any]:
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """What JSON has no type for is written as its text."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
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
