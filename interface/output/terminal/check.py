"""What came of re-checking a certificate."""

from __future__ import annotations

from rich.text import Text

from ....crosscheck.certificate.check import Checked
from .tables import pairs


def show(found: Checked) -> None:
    """The outcome, then what was confirmed."""
    if found.reason is not None:
        outcome = Text("rejected", "bold red")
    else:
        outcome = Text("accepted", "bold green") if found.accepted else Text("accepted if", "bold yellow")
    rows: list[tuple[str, str | Text]] = [
        ("certificate", outcome),
        ("", found.reason or ""),
        *(("", condition) for condition in found.conditions),
        ("link", found.link),
        ("signal, noise", f"{found.signal}, {found.noise}"),
        ("states beta1 in", f"[{found.beta1[0]}, {found.beta1[1]}]"),
    ]
    rows += [("confirmed" if i == 0 else "", text) for i, text in enumerate(found.confirmed)]
    pairs([row for row in rows if row != ("", "")])
