r"""The claims in a paper itself: comments in a .tex file, beside the ``\label`` under which each is reported.

    \begin{lemma}\label{lem:sign}
    % tiltproof: assert alpha(1, beta) > 0 for beta in (0.5, 20) on tanh(z)

A comment holds clauses, each a keyword and what follows it, and goes on in the comments of the next lines.
One without ``assert`` holds for all that come after it. The label is the nearest of the same environment, or
else of the lines around.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...link import LinkError, excerpt
from . import claim_file
from .claim_file import Claims, Places, text_of
from .user_claim import UserClaim

_CLAUSES = ("assert", "for", "on", "assume", "noise", "signal", "uses")
_EXAMPLE = "assert alpha(1, beta) > 0 for beta in (0.5, 20) on tanh(z)"
_COMMENT = re.compile(r"(?<!\\)%\s*tiltproof\s*:(?P<body>.*)$", re.IGNORECASE)
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_CLAUSE = re.compile(rf"(?<![\w(])({'|'.join(_CLAUSES)})(?![\w(])")
_PARAMETER = re.compile(r"\s*(\w+)\s*(?:=|\\?\bin\b)\s*(.*?)\s*", re.DOTALL)
_NEXT = re.compile(r"[,;]\s*(?=\w+\s*(?:=|\\?\bin\b))")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{(\w+)\*?\}")
#: How many lines away a label may be.
_NEAR = 10


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    line: int
    block: int


@dataclass(frozen=True, slots=True)
class _Comment:
    line: int
    clauses: dict[str, str]


def load(path: Path) -> tuple[UserClaim, ...]:
    """The claims of a .tex file, or of a claim file. Raises LinkError with file, line and key."""
    return read(text_of(path), str(path)) if path.suffix == ".tex" else claim_file.load(path)


def read(text: str, name: str) -> tuple[UserClaim, ...]:
    """The claims of a LaTeX source. Raises LinkError with file, line and key."""
    lines = text.splitlines()
    blocks = _blocks(lines)
    labels = [
        _Label(label.strip(), number, blocks[number - 1])
        for number, line in enumerate(lines, 1)
        for label in _LABEL.findall(_code(line))
    ]
    entries: list[dict[str, Any]] = []
    places: list[int] = []
    used: list[str] = []
    shared: dict[str, str] = {}
    for comment in _comments(lines, name):
        if "assert" not in comment.clauses:
            shared |= comment.clauses
            continue
        label = _nearest(labels, comment.line, blocks[comment.line - 1], name)
        taken = sum(each == label for each in used)
        entry = _entry({**shared, **comment.clauses}, f"{label}.{taken + 1}" if taken else label)
        entries.append({**entry, "source": f"{Path(name).name}, line {comment.line}"})
        used.append(label)
        places.append(comment.line)
    if not entries:
        raise LinkError(f"{name}: there are no claims: write a comment such as % tiltproof: {_EXAMPLE}")
    return Claims(name, Places(tuple(places), {})).read(entries)


def _comments(lines: list[str], name: str) -> Iterator[_Comment]:
    """The comments, those on consecutive lines being one unless a new ``assert`` begins."""
    body, first = "", 0
    for number, line in enumerate([*lines, ""], 1):
        match = _COMMENT.search(line)
        if body and (match is None or re.match(r"\s*assert\b", match["body"])):
            yield _Comment(first, _clauses(body, f"{name}: line {first}"))
            body = ""
        if match is not None:
            first = first if body else number
            body += f" {match['body']}"


def _clauses(body: str, where: str) -> dict[str, str]:
    before, *parts = _CLAUSE.split(body)
    words = parts[::2]
    if before.strip() or not words or len(set(words)) < len(words):
        seen = excerpt(before.strip() or body.strip())
        raise LinkError(
            f"{where}: '{seen}' is not made of the clauses {', '.join(_CLAUSES)}, one of each: "
            f"write {_EXAMPLE}"
        )
    return {word: text.strip().rstrip(".") for word, text in zip(words, parts[1::2], strict=True)}


def _code(line: str) -> str:
    """A line without its comment."""
    return re.split(r"(?<!\\)%", line)[0]


def _blocks(lines: list[str]) -> list[int]:
    """For each line the number of the environment that it stands in, an outermost one, or 0."""
    numbers, depth, block = [], 0, 0
    for line in lines:
        steps = [(kind, name) for kind, name in _ENVIRONMENT.findall(_code(line)) if name != "document"]
        opened = depth
        for kind, _ in steps:
            block += kind == "begin" and depth == 0
            opened = max(opened, depth := depth + (1 if kind == "begin" else -1))
        numbers.append(block if opened > 0 else 0)
    return numbers


def _nearest(labels: list[_Label], line: int, block: int, name: str) -> str:
    """The nearest label of the same environment, or else within a few lines; above where two are as near."""

    def distance(label: _Label) -> tuple[int, bool]:
        return abs(label.line - line), label.line > line

    own = [label for label in labels if block and label.block == block]
    near = own or [label for label in labels if distance(label)[0] <= _NEAR]
    if not near:
        raise LinkError(
            f"{name}: line {line}: no \\label stands in the comment's environment, or within {_NEAR} lines: "
            "put the comment beside the \\label of its statement"
        )
    return min(near, key=distance).name


def _entry(clauses: dict[str, str], label: str) -> dict[str, Any]:
    """The clauses as the keys of a claim file."""
    entry: dict[str, Any] = {"id": label}
    entry |= {key: clauses[key] for key in ("assert", "assume", "noise", "signal") if key in clauses}
    if "for" in clauses:
        parameters = [_PARAMETER.fullmatch(part) for part in _NEXT.split(clauses["for"])]
        # What is no parameter is left as a text, which is refused with an example.
        entry["for"] = {m[1]: m[2] for m in parameters if m} if all(parameters) else clauses["for"]
    if "on" in clauses:
        links = [link.strip() for link in clauses["on"].split(";")]
        entry["links"] = "all" if links == ["all"] else links
    if "uses" in clauses:
        entry["uses"] = [each.strip() for each in clauses["uses"].split(",")]
    return entry
