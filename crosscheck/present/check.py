"""What came of re-checking a certificate."""

from __future__ import annotations

from rich.text import Text

from ..certificate.check import Checked
from .tables import pairs


def show(found: Checked) -> None:
    """The outcome, then what was confirmed and what no check by balls can confirm."""
    outcome = Text("accepted", "bold green") if found.rejected is None else Text("rejected", "bold red")
    rows: list[tuple[str, str | Text]] = [
        ("certificate", outcome),
        ("", found.rejected or ""),
        ("link", found.link),
        ("signal, noise", f"{found.signal}, {found.noise}"),
        ("states beta1 in", f"[{found.beta1[0]}, {found.beta1[1]}]"),
    ]
    rows += [("confirmed" if i == 0 else "", text) for i, text in enumerate(found.confirmed)]
    rows += [("not covered" if i == 0 else "", text) for i, text in enumerate(found.uncovered)]
    pairs([row for row in rows if row != ("", "")])
