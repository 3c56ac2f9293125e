"""A threshold as a table."""

from __future__ import annotations

from rich.text import Text

from ....crosscheck.link_facts.threshold import Threshold
from .tables import expression, number, pairs, verdict


def show(found: Threshold) -> None:
    """A block of lines: t_max, the threshold with its reason, and every exceptional temperature."""
    beta1 = found.beta1
    rows: list[tuple[str, str | Text]] = [
        ("link", f"{found.link}  {expression(found.link)}".strip()),
        ("signal, noise", f"{found.signal}, {found.noise}"),
        ("t_max", found.t_max),
        ("threshold beta1", Text.assemble(number(beta1.value), "  ", verdict(beta1.status))),
        ("", beta1.reason),
    ]
    rows += [(f"exceptional {i}", number(zero)) for i, zero in enumerate(found.exceptional, 1)]
    complete = (
        "the list is complete" if found.complete else f"searched down to beta = {found.searched_down_to}"
    )
    rows.append(("zeros", f"{len(found.exceptional)}; {complete}"))
    lambert, form = found.sufficient.lambert, found.sufficient.lambert_form
    shown = lambert if form is None else f"{form} = {lambert}"
    bounds = (("Lambert bound", lambert and shown), ("structural bound", found.sufficient.structural))
    rows += [(name, f"beta1 <= {bound}") for name, bound in bounds if bound is not None]
    best = found.recommended
    if best is not None:
        rows += [
            ("recommended", number(best.beta)),
            ("", best.note),
            ("SNR", number(best.snr)),
            ("efficiency", number(best.efficiency)),
        ]
    pairs(rows)
