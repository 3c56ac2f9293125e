"""A forecast of the admissible temperatures as a table."""

from __future__ import annotations

from rich.text import Text

from ....crosscheck.number import Enclosed
from ...answers.admissible.admissible_set import AdmissibleSet, Looked
from .tables import common_digits, pairs

_SOURCES = {
    "given": "given",
    "leverage": "at the best beta by leverage of the features",
    "clipping": "at the best beta by clipping to the range",
}


def show(found: AdmissibleSet) -> None:
    """A block of lines: the sets, the best temperature, what limits each end, and from when on."""
    forecast = found.forecast
    rows: list[tuple[str, str | Text]] = [
        ("link, proxy", f"{found.link}, {found.proxy}"),
        ("epsilon, n, noise", f"{found.epsilon}, {found.n}, {found.noise}"),
        ("target", _short(found.target)),
        ("guaranteed at this n", "nothing: what follows is a forecast, by the mean learning cost as n -> oo"),
    ]
    for title, name in (
        ("label", "label"),
        ("surrogate, same cost", "surrogate"),
        ("surrogate, own cost", "surrogate_own"),
    ):
        shown = [
            f"beta from {common_digits(i.lower)}{'' if i.ends_below else ' (search ends)'}"
            f" to {common_digits(i.upper)}"
            for i in getattr(forecast, name)
        ]
        rows.append((title, forecast.words(name, shown)))
    samples = "no n found" if forecast.nonempty_n is None else f"n = {forecast.nonempty_n}"
    rows += [
        *((f"fit, {cost}", "\n".join(shown)) for cost, shown in forecast.fits),
        ("osc(Delta)", f"{_short(forecast.osc)}, {_SOURCES[forecast.osc_source]}"),
        ("best beta found", f"{float(forecast.best.beta):.6g}, forecast {common_digits(forecast.best.loss)}"),
        ("below the set", forecast.low),
        ("above the set", forecast.high),
        ("not empty from", f"{samples}, or epsilon = {forecast.nonempty_epsilon}"),
        ("looked down to", _looked(forecast.looked["label"])),
    ]
    if forecast.note:
        rows.append(("note", forecast.note))
    pairs(rows)


def _looked(found: Looked) -> str:
    below = f"below, down to {found.scanned_to:.4g}, in doubles at a few temperatures only"
    return f"beta = {float(found.down_to):.6g}; {below}"


def _short(value: Enclosed) -> str:
    return common_digits(value) if value.closed_form is None else str(value.closed_form)
