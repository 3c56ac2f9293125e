"""What is said when a text is not a link function."""

from __future__ import annotations


class LinkError(ValueError):
    """A text that is not a valid link, noise or temperature; the message says what to write instead."""


def excerpt(text: str, limit: int = 40) -> str:
    """``text`` short enough for one sentence, control characters shown as escapes."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)
