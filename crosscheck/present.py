"""Answers as tables for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..link import Named
from .verdict import Verdict

if TYPE_CHECKING:
    # Not needed to draw a table, and slow to load: a command loads only what it asks for.
    from .answers.admissible import AdmissibleSet
    from .answers.coefficients import Coefficients
    from .answers.enclosure import Enclosed
    from .answers.exponents import LinkExponents
    from .answers.policy import Policy
    from .answers.threshold import Threshold
    from .claim import Claim
    from .run import Report, Result

_STYLE = {
    Verdict.PROVED: "bold green",
    Verdict.ENCLOSED: "green",
    Verdict.STATISTICAL: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.NOT_APPLICABLE: "dim",
}


def _console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _pairs(rows: Sequence[tuple[str, str | Text]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value if isinstance(value, Text) else Text(value))
    _console().print(table)


def _number(value: Enclosed) -> str:
    if value.closed_form is not None and (value.closed_form.is_Rational or value.closed_form.is_infinite):
        return str(value.closed_form)
    decimal = _interval(value.lower, value.upper)
    return decimal if value.closed_form is None else f"{value.closed_form} = {decimal}"


def _interval(lower: str, upper: str) -> str:
    """``0.4772[03, 04]``: the digits that both ends share stand once."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lower, upper, strict=False)))
    if lower == upper:
        return lower
    if len(lower) != len(upper) or shared < 4 or "e" in lower:
        return f"[{lower}, {upper}]"
    return f"{lower[:shared]}[{lower[shared:]}, {upper[shared:]}]"


def _verdict(verdict: Verdict) -> Text:
    return Text(str(verdict), style=_STYLE.get(verdict, "bold yellow"))


def exponents(found: LinkExponents) -> None:
    """A block of lines: value, verdict and reason of each exponent."""
    rows: list[tuple[str, str | Text]] = [("link", f"{found.link}  {_expression(found.link)}".strip())]
    for name, exponent in (
        ("information", found.information_exponent),
        ("generative", found.generative_exponent),
    ):
        without = "none" if exponent.status is Verdict.PROVED else "undecided"
        shown = without if exponent.value is None else str(exponent.value)
        rows += [
            (f"{name} exponent", Text.assemble(shown, "  ", _verdict(exponent.status))),
            ("", exponent.reason),
        ]
    power = "none proved" if found.witness_power is None else str(found.witness_power)
    rows.append(("witness power i0", power))
    _pairs(rows)


def _expression(link: Any) -> str:
    return f"s(z) = {link.text}" if link.name else ""


def threshold(found: Threshold) -> None:
    """A block of lines: t_max, the threshold with its reason, and every exceptional temperature."""
    beta1 = found.beta1
    rows: list[tuple[str, str | Text]] = [
        ("link", f"{found.link}  {_expression(found.link)}".strip()),
        ("signal, noise", f"{found.signal}, {found.noise}"),
        ("t_max", found.t_max),
        ("threshold beta1", Text.assemble(_number(beta1.value), "  ", _verdict(beta1.status))),
        ("", beta1.reason),
    ]
    rows += [(f"exceptional {i}", _number(zero)) for i, zero in enumerate(found.exceptional, 1)]
    complete = (
        "the list is complete" if found.complete else f"searched down to beta = {found.searched_down_to}"
    )
    rows.append(("zeros", f"{len(found.exceptional)}; {complete}"))
    bounds = (("Lambert bound", found.sufficient.lambert), ("structural bound", found.sufficient.structural))
    rows += [(name, f"beta1 <= {bound}") for name, bound in bounds if bound is not None]
    best = found.recommended
    if best is not None:
        rows += [
            ("recommended", _number(best.beta)),
            ("", best.note),
            ("SNR, efficiency", f"{_number(best.snr)}, {_number(best.efficiency)}"),
        ]
    _pairs(rows)


def coefficients(found: Coefficients) -> None:
    """A table of h_k and alpha_k."""
    for c in found.coefficients:
        rows: list[tuple[str, str | Text]] = [(f"h_{c.k}", _number(c.h)), (f"alpha_{c.k}", _number(c.alpha))]
        _pairs(rows)


def policy(found: Policy) -> None:
    """A block of lines: every quantity of the tilted policy, infinite variance in words."""
    rows: list[tuple[str, str | Text]] = [
        ("link", f"{found.link}  {_expression(found.link)}".strip()),
        ("beta, noise", f"{found.beta}, {found.noise}"),
        ("log partition K", _number(found.log_partition)),
        ("value V = K'", _number(found.value)),
        ("variance K''", _number(found.variance)),
        ("KL(pi*||gamma)", _number(found.kl)),
        ("objective K/t", _number(found.objective)),
    ]
    if found.chi2.lower == "inf":
        rows += [
            ("chi2(pi*||gamma)", "infinite: E e^(2s/beta) diverges, the weights have no variance"),
            ("ess ratio", "0: no fraction of n weighted samples is effective in the limit"),
        ]
    else:
        rows += [("chi2(pi*||gamma)", _number(found.chi2)), ("ess ratio", _number(found.ess_ratio))]
    _pairs(rows)


def admissible(found: AdmissibleSet) -> None:
    """A block of lines: the sets, the best temperature, what limits each end, and from when on."""
    rows: list[tuple[str, str | Text]] = [
        ("link, proxy", f"{found.link}, {found.proxy}"),
        ("epsilon, n, noise", f"{found.epsilon}, {found.n}, {found.noise}"),
        ("osc(Delta), target", f"{found.osc.closed_form}, {found.target.closed_form}"),
    ]
    for name, intervals in (
        ("label", found.label),
        ("surrogate, same cost", found.surrogate),
        ("surrogate, own cost", found.surrogate_own),
    ):
        shown = [
            f"beta from {_one(i.lower)}{'' if i.proved_below else ' (search ends)'} to {_one(i.upper)}"
            for i in intervals
        ]
        rows.append((name, "\n".join(shown) or "empty"))
    samples = "no n is enough" if found.nonempty_n is None else f"n = {found.nonempty_n}"
    rows += [
        ("best beta", f"{float(found.best.beta):.6g}, bound {_one(found.best.bound)}"),
        ("below the set", found.low),
        ("above the set", found.high),
        ("nonempty from", f"{samples}, or epsilon = {found.nonempty_epsilon}"),
        ("searched down to", f"beta = {float(found.searched_down_to):.6g}"),
    ]
    if found.note:
        rows.append(("note", found.note))
    _pairs(rows)


def _one(value: Enclosed) -> str:
    """The digits on which both ends of an enclosure agree."""
    if value.lower == value.upper or "inf" in (value.lower, value.upper):
        return value.lower
    shared = 0
    while value.lower[: shared + 1] == value.upper[: shared + 1]:
        shared += 1
    return value.lower[:shared] + "..."


#: One letter per verdict in the table; the words stand below it.
_LETTER = {
    Verdict.PROVED: "P",
    Verdict.ENCLOSED: "E",
    Verdict.STATISTICAL: "S",
    Verdict.REFUTED: "R",
    Verdict.NOT_APPLICABLE: "-",
}
_COLUMNS = 16


def report(found: Report) -> None:
    """Links against claims, one letter per cell; then whatever is not green, in full; then the summary."""
    console = _console()
    cells = {(r.link, r.claim): r.verdict for r in found.results}
    ids = list(dict.fromkeys(r.claim for r in found.results))
    names = list(dict.fromkeys(r.link for r in found.results))
    for start in range(0, len(ids), _COLUMNS):
        console.print(_matrix(cells, names, ids[start : start + _COLUMNS]))
    console.print("P proved  E enclosed  S statistical  R refuted  ? open  - not applicable\n")
    for result in found.results:
        if not result.verdict.green and result.verdict is not Verdict.NOT_APPLICABLE:
            console.print(Text.assemble(f"{result.claim} on {result.link}: ", _verdict(result.verdict)))
            console.print(Text(f"  {_why(result)}"))
    for name in found.vacuous:
        console.print(f"{name}: VACUOUS, no link met its assumptions")
    counts = "  ".join(f"{word} {count}" for word, count in found.summary.items() if count)
    console.print(f"{counts}\n{found.seconds:.1f} s, seed {found.seed}")


def _matrix(cells: dict[tuple[str, str], Verdict], names: Sequence[str], ids: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("link", overflow="ellipsis", no_wrap=True, max_width=26)
    for name in ids:
        table.add_column(name, no_wrap=True)
    for link in names:
        row = [cells[link, name] for name in ids]
        table.add_row(
            Text(link), *(Text(_LETTER.get(v, "?"), style=_STYLE.get(v, "bold yellow")) for v in row)
        )
    return table


def _why(result: Result) -> str:
    if result.verdict is Verdict.REFUTED:
        return result.witness or ""
    if result.reason:
        return result.reason
    supports = [str(e.leg) for e in result.evidence if e.outcome == "supports"]
    if result.verdict.green:
        return ", ".join(supports)
    return "; ".join(f"{e.leg}: {e.detail}" for e in result.evidence if e.outcome in ("undecided", "error"))


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Result], None]]:
    """A progress bar on standard error, drawn only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
    with bar:
        task = bar.add_task("checking", total=None)

        def step(result: Result) -> None:
            bar.update(task, advance=1, description=f"{result.claim} {result.link}")

        yield step


def claims(chosen: Sequence[Claim[Any]]) -> None:
    """One line per claim."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("id", "from"):
        table.add_column(column, no_wrap=True)
    table.add_column("statement", overflow="fold")
    for item in chosen:
        table.add_row(item.id, item.sentence, Text(item.formula.text))
    _console().print(table)


def claim(item: Claim[Any]) -> None:
    """Everything about one claim."""
    rows = [
        ("claim", f"{item.id}  {item.title}"),
        ("statement", item.formula.text),
        ("kind", item.kind),
        ("for all", item.quantified),
        ("abstract", item.sentence),
        ("rests on", item.source),
        ("assumes", "; ".join(a.text for a in item.assumptions) or "nothing"),
        ("legs", ", ".join(item.legs)),
        *[("falsified", f"{v.change} (on {v.link})") for v in item.variants],
    ]
    _pairs(rows)


def claim_json(item: Claim[Any]) -> dict[str, Any]:
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
        "variants": [{"change": v.change, "link": v.link} for v in item.variants],
    }


def links(chosen: Sequence[Named]) -> None:
    """Name, expression and sentence of each link."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("s(z)", overflow="fold", ratio=2)
    table.add_column("what it is", overflow="fold", ratio=3)
    for entry in chosen:
        table.add_row(entry.name, Text(entry.text), Text(entry.about))
    _console().print(table)
