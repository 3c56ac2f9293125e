"""Exponents as a table."""

from __future__ import annotations

from rich.text import Text

from ....crosscheck.link_facts.exponents import LinkExponents
from ....crosscheck.verdict import Verdict
from .tables import expression, pairs, verdict


def show(found: LinkExponents) -> None:
    """A block of lines: value, verdict and reason of each exponent."""
    rows: list[tuple[str, str | Text]] = [("link", f"{found.link}  {expression(found.link)}".strip())]
    for name, exponent in (
        ("information", found.information_exponent),
        ("generative", found.generative_exponent),
    ):
        without = "none" if exponent.status is Verdict.PROVED else "undecided"
        shown = without if exponent.value is None else str(exponent.value)
        rows += [
            (f"{name} exponent", Text.assemble(shown, "  ", verdict(exponent.status))),
            ("", exponent.reason),
        ]
    power = "none proved" if found.witness_power is None else str(found.witness_power)
    rows.append(("witness power i0", power))
    pairs(rows)
