"""Where in a TOML text a key stands: the standard parser tells values, not lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"\s*\[\[\s*claim\s*\]\]")
_TABLE = re.compile(r"\s*\[")
_KEY = re.compile(r"""\s*["']?(?P<key>[\w-]{1,60})["']?\s*[.=]""")


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
