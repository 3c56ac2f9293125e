"""What is said when a text is not a link function."""

from __future__ import annotations


class LinkError(ValueError):
    """A text that is not a valid link, noise or temperature; the message says what to write instead."""


def excerpt(text: str, limit: int = 40) -> str:
    """``text`` short enough for one sentence, control characters shown as escapes."""
    return printable(text if len(text) <= limit else text[: limit - 3] + "...").replace("\n", "\\n")


def printable(text: str) -> str:
    """``text`` with all that could steer a terminal shown as escapes; lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
