"""The claims as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ....crosscheck.claim import Claim
from .tables import console, pairs


def show_all(chosen: Sequence[Claim[Any]]) -> None:
    """One line per claim."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("id", "from"):
        table.add_column(column, no_wrap=True)
    table.add_column("statement", overflow="fold")
    for item in chosen:
        table.add_row(item.id, item.sentence, Text(item.formula.text))
    console().print(table)


def show_one(item: Claim[Any]) -> None:
    """Everything about one claim."""
    rows = [
        ("claim", f"{item.id}  {item.title}"),
        ("statement", item.formula.text),
        ("kind", item.kind),
        ("for all", item.quantified),
        ("abstract", item.sentence),
        ("rests on", item.source),
        ("assumes", "; ".join(a.text for a in item.assumptions) or "nothing"),
        ("legs", ", ".join(f"{leg} ({item.scopes[leg]})" for leg in item.legs)),
        *[("falsified", f"{v.change} (on {v.link})") for v in item.variants],
    ]
    pairs(rows)


def as_json(item: Claim[Any]) -> dict[str, Any]:
    """One claim as data."""
    return {
        "id": item.id,
        "title": item.title,
        "statement": item.formula.text,
        "latex": item.formula.latex,
        "kind": item.kind,
        "sentence": item.sentence,
        "source": item.source,
        "assumptions": [a.text for a in item.assumptions],
        "quantified": item.quantified,
        "legs": list(item.legs),
        "scopes": dict(item.scopes),
        "variants": [{"change": v.change, "link": v.link} for v in item.variants],
    }
