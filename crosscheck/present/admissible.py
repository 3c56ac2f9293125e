"""An admissible set as a table."""

from __future__ import annotations

from rich.text import Text

from ..answers.admissible_set import AdmissibleSet
from ..answers.enclosure import Enclosed
from .tables import common_digits, pairs

_SOURCES = {
    "given": "given",
    "leverage": "at the best beta by leverage of the features",
    "clipping": "at the best beta by clipping to the range",
}


def show(found: AdmissibleSet) -> None:
    """A block of lines: the sets, the best temperature, what limits each end, and from when on."""
    rows: list[tuple[str, str | Text]] = [
        ("link, proxy", f"{found.link}, {found.proxy}"),
        ("epsilon, n, noise", f"{found.epsilon}, {found.n}, {found.noise}"),
        ("osc(Delta)", f"{_short(found.osc)}, {_SOURCES[found.osc_control]}"),
        ("target", _short(found.target)),
    ]
    none = "empty" if found.surrogate_applies else "not applicable"
    for name, intervals, otherwise in (
        ("label", found.label, "empty"),
        ("surrogate, same cost", found.surrogate, none),
        ("surrogate, own cost", found.surrogate_own, none),
    ):
        shown = [
            f"beta from {common_digits(i.lower)}{'' if i.proved_below else ' (search ends)'}"
            f" to {common_digits(i.upper)}"
            for i in intervals
        ]
        rows.append((name, "\n".join(shown) or otherwise))
    samples = "no n found" if found.nonempty_n is None else f"n = {found.nonempty_n}"
    rows += [
        ("best beta", f"{float(found.best.beta):.6g}, bound {common_digits(found.best.bound)}"),
        ("below the set", found.low),
        ("above the set", found.high),
        ("nonempty from", f"{samples}, or epsilon = {found.nonempty_epsilon}"),
        ("searched down to", f"beta = {float(found.searched_down_to):.6g}"),
    ]
    if found.note:
        rows.append(("note", found.note))
    pairs(rows)


def _short(value: Enclosed) -> str:
    return common_digits(value) if value.closed_form is None else str(value.closed_form)
