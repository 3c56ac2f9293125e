"""A ``*.claims.toml`` file read into claims.

Every refusal names the file, the line and the key; tomllib gives no line numbers, so they are found here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...link import NOISELESS, Label, LinkError, Noise, Signal, excerpt, nearest, parse_noise
from ...link.assertion import Quantifier
from ..arguments import SIGNALS, as_label
from ..files import read_whole
from .user_claim import Linked, Ranges, UserClaim, linked, quantifier

SCHEMA = 1
MAX_MIB, MAX_CLAIMS, MAX_LINKS = 2, 2000, 200


KEYS = ("id", "source", "link", "links", "noise", "signal", "for", "assume", "assert", "uses", "label")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}")
#: The ids of built-in claims, which a claim may rest on too.
_BUILT_IN = re.compile(r"[A-Z]\d{1,2}s?")
_HEADER = re.compile(r"\s*\[\[\s*claim\s*\]\]")
_TABLE = re.compile(r"\s*\[")
_KEY = re.compile(r"""\s*["']?(?P<key>[\w-]{1,60})["']?\s*[.=]""")
#: A key of many parts, for which the parser's memory grows with their square.
_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){17}""")
_KINDS: dict[type, str] = {
    bool: "true or false", str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"
}  # fmt: skip


def load(path: Path) -> tuple[UserClaim, ...]:
    """The claims of a TOML file. Raises LinkError (a ValueError) with file, line and key."""
    return loads(text_of(path), str(path))


def text_of(path: Path) -> str:
    """A file of claims as text."""
    data = read_whole(path, MAX_MIB, f"name a claim file of at most {MAX_MIB} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LinkError(f"{path}: line {line}: a byte is not UTF-8 text: write a TOML text file") from None


def loads(text: str, name: str) -> tuple[UserClaim, ...]:
    """The claims of a TOML ``text``; ``name`` is the file named in refusals."""
    if text.count("[[claim") > MAX_CLAIMS:
        raise _too_many(name)
    if match := _DOTTED.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise LinkError(f"{name}: line {line}: a key has more than 16 parts: write a key such as id")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LinkError(f"{name}: not TOML: {excerpt(str(error), 120)}") from None
    except (RecursionError, ValueError):
        raise LinkError(f"{name}: not TOML that can be read: it nests too deep, or holds a giant") from None
    return Claims(name, places(text)).of_table(table)


def _too_many(name: str) -> LinkError:
    return LinkError(f"{name}: the file holds more than {MAX_CLAIMS} claims: split it")


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of the file ``name``, whose refusals name the ``places`` in it."""

    name: str
    places: Places

    def refuse(self, claim: int, key: str | None, why: str) -> LinkError:
        where = f"{self.name}: line {self.places.line(claim, key)}"
        return LinkError(f"{where}: {f'key {key}: ' if key else ''}{why}")

    def of_table(self, table: Mapping[str, Any]) -> tuple[UserClaim, ...]:
        for key in table:
            if key not in ("schema", "claim"):
                raise self.refuse(-1, excerpt(key), "is unknown: a file has schema and [[claim]] entries")
        if table.get("schema") is not SCHEMA:
            seen = "is missing" if "schema" not in table else f"is {excerpt(repr(table['schema']))}"
            raise self.refuse(-1, "schema", f"{seen}: write schema = {SCHEMA}")
        entries = table.get("claim")
        if not isinstance(entries, list) or not entries:
            raise self.refuse(-1, "claim", "there are no claims: write [[claim]] and its keys below it")
        return self.read(entries)

    def read(self, entries: Sequence[Any]) -> tuple[UserClaim, ...]:
        """One claim per entry, a mapping from the keys of a claim file."""
        if len(entries) > MAX_CLAIMS:
            raise _too_many(self.name)
        seen_ids: set[str] = set()
        claims = []
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict):
                raise self.refuse(number, "claim", "an entry is not a table: write [[claim]]")
            claim = _Entry(self, number, entry).claim()
            if claim.id in seen_ids:
                raise self.refuse(number, "id", f"'{claim.id}' is used twice: give every claim its own id")
            seen_ids.add(claim.id)
            claims.append(claim)
        self._require_grounds(claims)
        return tuple(claims)

    def _require_grounds(self, claims: Sequence[UserClaim]) -> None:
        """Raises LinkError where a claim rests on one that is not there, or in the end on itself."""
        by_id = {claim.id: (number, claim) for number, claim in enumerate(claims)}
        for number, claim in enumerate(claims):
            for name in claim.uses:
                if name not in by_id and not _BUILT_IN.fullmatch(name):
                    near = nearest(name, by_id)
                    remedy = f"did you mean {near}?" if near else "write the id of a claim of this file"
                    raise self.refuse(number, "uses", f"there is no claim '{excerpt(name)}': {remedy}")
        # What rests on nothing that is left may go; a circle stays.
        left = dict(by_id)
        while free := [name for name, (_, claim) in left.items() if not left.keys() & set(claim.uses)]:
            for name in free:
                del left[name]
        if left:
            number, claim = min(left.values(), key=lambda each: each[0])
            way = ", ".join(claim.uses)
            raise self.refuse(number, "uses", f"'{claim.id}' rests on itself by way of {way}: leave one out")


@dataclass(frozen=True, slots=True)
class _Entry:
    file: Claims
    number: int
    table: Mapping[str, Any]

    def claim(self) -> UserClaim:
        for key in self.table:
            if key not in KEYS:
                raise self.refuse(excerpt(key), f"is unknown: the keys are {', '.join(KEYS)}")
        ranges = self.ranges()
        links, members, family = self.links(ranges)
        claim = UserClaim(
            self.id(),
            self.text("assert", required=True),
            self.text("source"),
            self.text("assume"),
            ranges,
            links,
            self.noise(),
            self.signal(),
            self.uses(),
            (self.file.name, self.file.places.line(self.number, None)),
            self.label(),
            members,
            family,
        )
        for key, check in (("assert", claim.validate), ("assume", claim.validate_assumption)):
            try:
                check()
            except LinkError as error:
                raise self.refuse(key, str(error)) from None
        return claim

    def refuse(self, key: str | None, why: str) -> LinkError:
        return self.file.refuse(self.number, key, why)

    def text(self, key: str, *, required: bool = False) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise self.refuse(key, f"is {_kind(value)}: write text in quotes")
        if required and not value.strip():
            raise self.refuse(key, 'is missing: write assert = "alpha(1, beta) > 0"')
        return value

    def id(self) -> str:
        name = self.text("id")
        if not _ID.fullmatch(name):
            seen = f"'{excerpt(name)}' is not an id" if name else "is missing"
            raise self.refuse("id", f'{seen}: write letters, digits and . _ : / -, such as id = "lemma-2"')
        return name

    def ranges(self) -> tuple[tuple[str, Quantifier], ...]:
        table = self.table.get("for", {})
        if not isinstance(table, dict):
            raise self.refuse("for", f'is {_kind(table)}: write for = {{ beta = "(0.5, 20)" }}')
        if len(table) > 8:
            raise self.refuse("for", "has more than 8 parameters: write fewer")
        try:
            return tuple((name, quantifier(name, spec)) for name, spec in table.items())
        except LinkError as error:
            raise self.refuse("for", str(error)) from None

    def uses(self) -> tuple[str, ...]:
        listed = self.table.get("uses", [])
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise self.refuse("uses", 'is not a list of ids: write uses = ["lemma-1"]')
        return tuple(dict.fromkeys(listed))

    def links(self, ranges: Ranges) -> Linked:
        if "link" in self.table and "links" in self.table:
            raise self.refuse("links", "stands beside link: write one of the two")
        key = "link" if "link" in self.table else "links"
        value = self.table.get(key)
        if value is None:
            raise self.refuse(None, 'has neither link nor links: write link = "tanh(z)"')
        if key == "links" and value == "all":
            return (), (), None
        listed = [value] if key == "link" else value
        if not isinstance(listed, list) or not listed or not all(isinstance(each, str) for each in listed):
            wanted = 'link = "tanh(z)"' if key == "link" else 'links = ["z", "sin(z)"] or links = "all"'
            raise self.refuse(key, f"is not {'text' if key == 'link' else 'a list of texts'}: write {wanted}")
        if len(listed) > MAX_LINKS:
            raise self.refuse(key, f"names {len(listed)} links: write at most {MAX_LINKS}")
        try:
            return linked(listed, ranges)
        except LinkError as error:
            remedy = ', or links = "all" for the library' if listed == ["all"] else ""
            raise self.refuse(key, f"{error}{remedy}") from None

    def label(self) -> Label:
        try:
            return as_label(self.text("label") or None, self.noise())
        except LinkError as error:
            raise self.refuse("label", str(error)) from None

    def noise(self) -> Noise:
        text = self.text("noise")
        try:
            return parse_noise(text) if text else NOISELESS
        except LinkError as error:
            raise self.refuse("noise", str(error)) from None

    def signal(self) -> Signal:
        kind = self.text("signal") or "label"
        if kind not in SIGNALS:
            raise self.refuse("signal", f"'{excerpt(kind)}' is unknown: write {', '.join(SIGNALS)}")
        return Signal(kind)


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date or time")


@dataclass(frozen=True, slots=True)
class Places:
    """Line numbers from 1: of each ``[[claim]]`` and of the keys in it, and of the keys before the first."""

    headers: tuple[int, ...]
    keys: dict[tuple[int, str], int]

    def line(self, claim: int, key: str | None) -> int:
        """The line of a key of claim number ``claim`` (-1: above all claims), or else of its header."""
        if key is not None and (claim, key) in self.keys:
            return self.keys[claim, key]
        return self.headers[claim] if 0 <= claim < len(self.headers) else 1


def places(text: str) -> Places:
    headers: list[int] = []
    keys: dict[tuple[int, str], int] = {}
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not fence:
            if _HEADER.match(line):
                headers.append(number)
            elif _TABLE.match(line):
                # [claim.for] belongs to the claim above it.
                keys.setdefault((len(headers) - 1, "for"), number)
            elif match := _KEY.match(line):
                keys.setdefault((len(headers) - 1, match["key"]), number)
        fence = _still_open(line, fence)
    return Places(tuple(headers), keys)


def _still_open(line: str, fence: str) -> str:
    """The quotes of a multi-line string that is open after ``line``."""
    for mark in re.findall(r"\"\"\"|\'\'\'", line):
        fence = "" if fence == mark else fence or mark
    return fence
