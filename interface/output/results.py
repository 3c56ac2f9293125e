"""The views of verdicts and of runs, and the words for a result wherever it is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...crosscheck.claim import EXISTS
from ...crosscheck.claims import IDS, SENTENCES
from ...crosscheck.run.report import Comparison, Report, Result
from ...crosscheck.verdict import Evidence, Outcome, Verdict
from ...link.label import Signal
from .conclusions import conclusion
from .view import Block, Changes, Coloured, Column, Lines, Piece, Row, Rows, Table, View, kind, rounded

if TYPE_CHECKING:
    from ...crosscheck.certificate.check import Checked
    from ...crosscheck.claim import Claim
    from ...link import Named
    from ..answers.listed import Blueprint, Node

#: One sign per verdict; every table explains them.
MARKS = {
    Verdict.PROVED: "P",
    Verdict.ENCLOSED: "E",
    Verdict.CHECKED: "C",
    Verdict.STATISTICAL: "S",
    Verdict.REFUTED: "R",
    Verdict.UNDECIDED: "?",
    Verdict.VACUOUS: "V",
    Verdict.ERROR: "!",
    Verdict.TIMEOUT: "T",
    Verdict.NOT_APPLICABLE: "-",
}
_OUTCOMES = {Outcome.SUPPORTS: "proved", Outcome.REFUTES: "refuted", Outcome.ABSENT: "not-applicable"}


@dataclass(frozen=True, slots=True)
class Matrix:
    """The claims and links of a report in their order; a pair that was not checked is NOT_APPLICABLE."""

    claims: tuple[str, ...]
    links: tuple[str, ...]
    cells: dict[tuple[str, str], Verdict]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Matrix:
        return cls(
            tuple(dict.fromkeys(result.claim for result in results)),
            tuple(dict.fromkeys(result.link for result in results)),
            {(result.claim, result.link): result.verdict for result in results},
        )

    def __getitem__(self, pair: tuple[str, str]) -> Verdict:
        return self.cells.get(pair, Verdict.NOT_APPLICABLE)

    @property
    def legend(self) -> dict[Verdict, str]:
        """The marks that occur, in the order of the verdicts."""
        return {verdict: mark for verdict, mark in MARKS.items() if verdict in self.cells.values()}


def why(result: Result) -> str:
    """Why a result is what it is: its witness, its reason, or what its legs found."""
    if result.verdict is Verdict.REFUTED and result.witness:
        return result.witness
    if result.reason:
        return result.reason
    if result.verdict.green:
        return ", ".join(f"{e.leg} ({e.scope})" for e in result.evidence if e.outcome is Outcome.SUPPORTS)
    kinds = (Outcome.UNDECIDED, Outcome.ERROR)
    return "; ".join(f"{e.leg}: {e.detail}" for e in result.evidence if e.outcome in kinds)


def margin(result: Result) -> str:
    """How far an inequality holds, in few characters; nothing where that is not known."""
    gap = result.margin
    if gap is None or "inf" in gap.upper:
        return ""
    if gap.lower == "-inf":
        return f"<= {rounded(gap.upper, 3, up=True)}" if gap.upper != "0" else "0"
    return f">= {rounded(gap.lower, 3, up=False)}"


def tightest(result: Result) -> str:
    """The margin in words, with the place where the inequality is tightest."""
    gap = result.margin
    if gap is None or "inf" in gap.upper:
        return ""
    low, high = rounded(gap.lower, 4, up=False), rounded(gap.upper, 4, up=True)
    ends = gap.at.replace("->", "towards")
    where = f", where {ends}" if ends and "towards" not in ends else f", for {ends}" if ends else ""
    if gap.lower == "-inf":
        return (
            f"fails by {high.removeprefix('-')} or more{where}"
            if high != "0"
            else f"0: both sides meet{where}"
        )
    if Decimal(gap.upper) <= Decimal(gap.lower) * Decimal("1.001"):
        return f"{rounded(f'{Decimal(gap.upper):.4g}', 4, up=True)}{where}"
    return f"from {low} to {high}; tightest{where.removeprefix(',')}"


def content(result: Result) -> dict[str, str]:
    """What a claim of the user says, by the keys of a claim file; empty for a built-in claim."""
    said = result.claimed
    if said is None or result.claim in IDS:
        return {}
    assume = "; ".join(each for each in said.assume.split("; ") if each != EXISTS)
    parameters = said.quantified.removeprefix("all ") if said.quantified != "no parameters" else ""
    rows = {
        "assert": said.statement, "for": parameters, "assume": assume, "link": said.link,
        "noise": said.noise if said.noise != "none" else "",
        "signal": said.signal if said.signal != Signal.LABEL else "", "source": said.source,
    }  # fmt: skip
    return {key: text for key, text in rows.items() if text}


def by_verdict(node: Node) -> list[tuple[Verdict, int]]:
    """On how many links a claim came to each verdict."""
    counted = [(verdict, sum(each.verdict is verdict for each in node.results)) for verdict in Verdict]
    return [(verdict, count) for verdict, count in counted if count]


def blueprint(answer: Blueprint) -> View:
    """One line per claim: where it comes from, what it rests on, its worst verdict."""
    names = ("claim", "from", "rests on", "verdict")
    rows = tuple(
        (
            node.id,
            ", ".join(node.sentences) or "yours",
            ", ".join(node.uses),
            "not run" if node.verdict is None else node.verdict,
        )
        for node in answer.nodes
    )
    table = Table("What rests on what", tuple(Column(name, most=30) for name in names), rows)
    return View((table, _abstract()))


def said(result: Result) -> list[Row]:
    """The same as rows, but for the link."""
    return [Row(key, text) for key, text in content(result).items() if key != "link"]


def finding(evidence: Evidence) -> str:
    """The outcome of a leg, with how much of the statement a supporting one decides."""
    if evidence.outcome is not Outcome.SUPPORTS or evidence.scope is None:
        return str(evidence.outcome)
    return f"{evidence.outcome} ({evidence.scope})"


def unsettled(report: Report) -> list[tuple[Verdict, str, str, str]]:
    """Verdict, claim, link and reason of what is not green; a claim that met no link has no link."""
    vacuous = [(Verdict.VACUOUS, name, "", _met_no_link(report, name)) for name in report.vacuous]
    return [
        (result.verdict, result.claim, result.link, why(result))
        for result in report.results
        if not result.verdict.green and result.verdict is not Verdict.NOT_APPLICABLE
    ] + vacuous


def _met_no_link(report: Report, name: str) -> str:
    """That no link met the assumptions of a claim, and why the first did not."""
    first = next((result for result in report.results if result.claim == name), None)
    return "no link met its assumptions" + ("" if first is None else f": on {first.link}, {first.reason}")


def not_applied(report: Report) -> list[Result]:
    """The links on which a claim of the user says nothing."""
    return [r for r in report.results if r.verdict is Verdict.NOT_APPLICABLE and r.claim not in IDS]


def from_cache(report: Report) -> list[str]:
    """What was not checked in this run, and what is amiss with what earlier ones left."""
    if (cache := report.cache) is None:
        return []
    lines = []
    if cache.taken:
        cells = f"{cache.taken:,} of {len(report.results):,} cells"
        lines.append(f"{cells} from the cache (--no-cache checks them again)")
    if cache.damaged:
        lines.append(f"damaged in the cache, and checked again: {cache.damaged}")
    if cache.trouble:
        lines.append(f"nothing is kept in the cache: {cache.trouble}")
    return lines


def unsettled_alone(answer: Report) -> View:
    """What is not green, then the summary."""
    changed = () if answer.baseline is None else (Changes(answer.baseline),)
    cached = ((line,) for line in from_cache(answer))
    return View((Lines((*_open_lines(answer), (counts(answer),), *cached)), *changed))


def counts(report: Report, between: str = "  ") -> str:
    return between.join(f"{word} {count}" for word, count in report.summary.items() if count)


def compared(answer: Comparison) -> str:
    """One sentence on a comparison with a baseline."""
    count = len(answer.regressions)
    words = "no regression" if count == 0 else f"{count} regression{'s' * (count > 1)}"
    other = len(answer.changes) - count
    return (
        f"{words} against the baseline: {answer.compared} compared, {other} other changes, {answer.added} new"
    )


def changes(answer: Comparison) -> list[tuple[Piece, ...]]:
    """Each change as a row: kind, claim, link, place, what was and what is."""
    return [
        (
            Coloured(str(c.kind), "refuted" if c.kind.regression else "proved"),
            c.claim,
            c.link,
            c.where,
            c.was,
            c.now,
        )
        for c in answer.changes
    ]


def result(answer: Result) -> View:
    rows = [Row("verdict", (answer.verdict, "  ", conclusion(answer)))]
    rows += [Row(key, text, aside=True) for key, text in content(answer).items()]
    again = answer.again if answer.verdict is Verdict.REFUTED else ""
    said = (
        ("reason", answer.reason),
        ("witness", answer.witness),
        ("again", again),
        ("margin", tightest(answer)),
    )
    rows += [Row(name, text) for name, text in said if text]
    rows += [
        Row(
            e.leg,
            (Coloured(finding(e), _OUTCOMES.get(e.outcome, "open")), f": {e.detail}"),
            e.witness if e.witness and e.witness != answer.witness else "",
            aside=e.outcome is Outcome.ABSENT,
            values=e.values,
        )
        for e in answer.evidence
    ]
    return View((Rows(tuple(rows)),), rf"\text{{{answer.verdict.replace('_', ' ')}}}")


def report(answer: Report) -> View:
    """Links against claims, one letter per cell; then whatever is not green, in full; then the summary."""
    blocks: list[Block] = []
    if built_in := [r for r in answer.results if r.claim in IDS]:
        blocks.append(_matrix(Matrix.of(built_in)))
    if own := [r for r in answer.results if r.claim not in IDS]:
        columns = (
            Column("claim", most=28),
            Column("link", False, 26),
            Column("verdict", False),
            Column("margin", False),
        )
        cells = tuple((r.claim, r.link, r.verdict, margin(r)) for r in own)
        blocks.append(Table("Verdicts of your own claims", columns, cells))
    if theorems := [(r.claim, r.link, e) for r in answer.results for e in r.evidence if e.leg == "kernel"]:
        blocks.append(_kernel(theorems))
    summary = (counts(answer),), (conclusion(answer),), (f"{answer.seconds:.1f} s, seed {answer.seed}",)
    cached = ((line,) for line in from_cache(answer))
    blocks.append(Lines((*_open_lines(answer), *summary, *cached)))
    if answer.baseline is not None:
        blocks.append(Changes(answer.baseline))
    tex = [f"{count} {word}" for word, count in answer.summary.items() if count]
    return View(tuple(blocks), rf"\text{{{', '.join(tex).replace('_', ' ')}}}")


def _kernel(theorems: list[tuple[str, str, Evidence]]) -> Table:
    columns = Column("claim", most=28), Column("link", False, 26), Column("kernel", most=90)
    cells = tuple((claim, link, f"{finding(e)}: {e.detail}") for claim, link, e in theorems)
    return Table("What Coq proves again", columns, cells)


def _matrix(matrix: Matrix) -> Table:
    columns = (Column("link", False, 26), *(Column(name, False) for name in matrix.claims))
    rows: tuple[tuple[Piece, ...], ...] = tuple(
        (link, *(_letter(matrix[name, link]) for name in matrix.claims)) for link in matrix.links
    )
    legend = "P proved  E enclosed  C checked  S statistical  R refuted  ? open  - not applied"
    return Table("Verdicts of the claims on the links", columns, rows, legend)


def _letter(verdict: Verdict) -> Coloured:
    return Coloured("?" if kind(verdict) == "open" else MARKS[verdict], kind(verdict))


def _open_lines(answer: Report) -> Iterator[tuple[Piece, ...]]:
    again = {(r.claim, r.link): r.again for r in answer.results if r.verdict is Verdict.REFUTED}
    for verdict, claim, link, reason in unsettled(answer):
        if link:
            yield f"{claim} on {link}: ", verdict
            yield (f"  {reason}",)
            if command := again.get((claim, link)):
                yield (f"  {command}",)
        else:
            yield (f"{claim}: {verdict}, {reason}",)
    alike: dict[tuple[str, str], list[str]] = {}
    for result in not_applied(answer):
        alike.setdefault((result.claim, result.reason), []).append(result.link)
    for (claim, reason), links in alike.items():
        if claim not in answer.vacuous:
            yield f"{claim} on {', '.join(links)}: ", Verdict.NOT_APPLICABLE
            yield (f"  {reason}",)


def checked(answer: Checked) -> View:
    """The outcome of re-checking a certificate, then what was confirmed."""
    if answer.reason is not None:
        outcome = Coloured("rejected", "refuted")
    else:
        outcome = Coloured("accepted", "proved") if answer.accepted else Coloured("accepted if", "open")
    rows = (
        Row("certificate", outcome, "\n".join([*filter(None, [answer.reason]), *answer.conditions])),
        Row("link", answer.link),
        Row("signal, noise", f"{answer.signal}, {answer.noise}"),
        Row("states beta1 in", f"[{answer.beta1[0]}, {answer.beta1[1]}]"),
        *([Row("confirmed", "\n".join(answer.confirmed))] if answer.confirmed else []),
    )
    return View((Rows(rows),))


def claim(item: Claim[Any]) -> View:
    """Everything about one claim."""
    rows = (
        Row("claim", f"{item.id}  {item.title}"),
        Row("statement", item.formula),
        Row("kind", item.kind),
        Row("for all", item.quantified),
        *(Row("abstract", f"{name}: {SENTENCES[name]}") for name in item.sentence.split(", ")),
        Row("rests on", item.source),
        Row("assumes", "; ".join(a.text for a in item.assumptions) or "nothing"),
        Row("legs", ", ".join(f"{leg} ({item.scopes[leg]})" for leg in item.legs)),
        *(Row("falsified", f"{v.change} (on {v.link})") for v in item.variants),
    )
    return View((Rows(rows),), item.latex)


def claims(chosen: Sequence[Claim[Any]]) -> View:
    """One line per claim."""
    columns = (Column("id", False), Column("from", False), Column("statement"))
    rows = tuple((item.id, item.sentence, item.formula) for item in chosen)
    return View((Table("The claims", columns, rows), _abstract()))


def _abstract() -> Rows:
    return Rows(tuple(Row(name, text) for name, text in SENTENCES.items()))


def links(chosen: Sequence[Named]) -> View:
    """Name, expression and sentence of each link."""
    columns = (Column("name", False), Column("s(z)", share=2), Column("what it is", share=3))
    rows = tuple((entry.name, entry.text, entry.about) for entry in chosen)
    return View((Table("The links", columns, rows),))
