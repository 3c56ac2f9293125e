"""Reading a report back from the JSON that an earlier run wrote."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

from ...link import LinkError
from ...link.text import excerpt
from ..files import read_whole
from ..verdict import DECIMAL, LEGS, Evidence, Outcome, Scope, Value, Verdict
from .claimed import Claimed
from .report import SCHEMA, Report, Result

T = TypeVar("T")

_REMEDY = "give a file that `verify --json-out` of this version wrote"
#: MiB.
_LARGEST = 256


def load(path: Path) -> Report:
    """The report in ``path``, as ``verify --json`` wrote it.

    Raises LinkError when the file cannot be read, is no such report or has another schema version.
    """
    found = _read(path)
    if not isinstance(found, dict) or "schema" not in found:
        raise LinkError(f"'{path}' has no schema version: {_REMEDY}")
    if found["schema"] is not SCHEMA:
        seen = json.dumps(found["schema"])[:40]
        raise LinkError(f"'{path}' has schema {seen}, this version reads {SCHEMA}: {_REMEDY}")
    try:
        return _report(found)
    except _Malformed as problem:
        raise LinkError(f"'{path}' is no report of verify, as {problem}: {_REMEDY}") from None


def _read(path: Path) -> Any:
    data = read_whole(path, _LARGEST, _REMEDY)
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_no_number)
    except _Malformed as problem:
        raise LinkError(f"'{path}' is no report of verify, as {problem}: {_REMEDY}") from None
    except (ValueError, RecursionError):
        raise LinkError(f"'{path}' is not JSON: {_REMEDY}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: of two alike, one would be overlooked."""
    found = dict(pairs)
    if len(found) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise _Malformed(f"the key '{excerpt(key)}' stands twice in one object")
    return found


def _no_number(text: str) -> NoReturn:
    raise _Malformed(f"{text} is no number")


class _Malformed(Exception):
    """What is wrong, and where in the file."""


def _report(found: dict[str, Any]) -> Report:
    results = tuple(
        _result(entry, f"results[{place}]")
        for place, entry in enumerate(_get(found, "results", list, "the report"))
    )
    if not results:
        raise _Malformed("it holds no result, and nothing can be worse than nothing")
    if found.get("interrupted"):
        raise _Malformed("its run was interrupted, so what it lacks would not be missed")
    (claim, link), count = Counter((result.claim, result.link) for result in results).most_common(1)[0]
    if count > 1:
        pair = excerpt(f"{claim} on {link}", 120)
        raise _Malformed(f"{pair} stands there {'twice' if count == 2 else f'{count} times'}")
    return Report(
        version=_get(found, "version", str, "the report"),
        seed=_get(found, "seed", int, "the report"),
        results=results,
        seconds=_get(found, "seconds", (int, float), "the report"),
        vacuous=tuple(
            _get({"name": name}, "name", str, f"vacuous[{place}]")
            for place, name in enumerate(_get(found, "vacuous", list, "the report"))
        ),
    )


def _result(entry: Any, where: str) -> Result:
    legs = _get(entry, "evidence", dict, where)
    return Result(
        claim=_get(entry, "claim", str, where),
        link=_get(entry, "link", str, where),
        verdict=_word(Verdict, _get(entry, "verdict", str, where), f"{where}.verdict"),
        evidence=tuple(_evidence(leg, legs[leg], f"{where}.evidence.{leg}") for leg in LEGS if legs.get(leg)),
        witness=_optional(entry, "witness", where),
        seconds=_get(entry, "seconds", (int, float), where),
        reason=_get(entry, "reason", str, where),
        claimed=_claimed(_get(entry, "claimed", dict, where), f"{where}.claimed"),
    )


def _claimed(entry: Any, where: str) -> Claimed:
    return Claimed(**{name: _get(entry, name, str, where) for name in Claimed.names()})


def _evidence(leg: Any, entry: Any, where: str) -> Evidence:
    outcome = _word(Outcome, _get(entry, "outcome", str, where), f"{where}.outcome")
    witness = _optional(entry, "witness", where)
    if outcome is Outcome.REFUTES and not witness:
        raise _Malformed(f"{where} refutes without a witness")
    values = tuple(
        _value(each, f"{where}.values[{place}]")
        for place, each in enumerate(_get(entry, "values", list, where))
    )
    scope = _optional(entry, "scope", where)
    if scope is not None and scope not in get_args(Scope):
        raise _Malformed(f"{where}.scope is '{scope[:40]}', which is none of its words")
    return Evidence(leg, outcome, _get(entry, "detail", str, where), witness, values, scope)


def _value(entry: Any, where: str) -> Value:
    lower, upper = (_get(entry, end, str, where) for end in ("lower", "upper"))
    for end in (lower, upper):
        if not DECIMAL.fullmatch(end):
            raise _Malformed(f"{where} has the bound '{end[:40]}', which is no decimal")
    return Value(_get(entry, "quantity", str, where), lower, upper, _optional(entry, "closed_form", where))


def _word(kind: type[T], text: str, where: str) -> T:
    try:
        return kind(text)  # type: ignore[call-arg]
    except ValueError:
        raise _Malformed(f"{where} is '{text[:40]}', which is none of its words") from None


def _get(entry: Any, name: str, kind: Any, where: str) -> Any:
    if not isinstance(entry, dict) or name not in entry:
        raise _Malformed(f"{where} has no '{name}'")
    if not isinstance(entry[name], kind) or isinstance(entry[name], bool):
        raise _Malformed(f"'{name}' of {where} has the wrong type")
    if isinstance(entry[name], str):
        try:
            entry[name].encode()
        except UnicodeEncodeError:
            raise _Malformed(f"'{name}' of {where} holds half a character") from None
    return entry[name]


def _optional(entry: Any, name: str, where: str) -> Any:
    return None if isinstance(entry, dict) and entry.get(name) is None else _get(entry, name, str, where)
