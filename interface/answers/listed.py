"""Lists: links and claims by name, claims of a file, a certificate, and which claim rests on which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...crosscheck.assertions.claim import as_claim
from ...crosscheck.assertions.paper import load
from ...crosscheck.assertions.user_claim import UserClaim
from ...crosscheck.certificate.check import Checked
from ...crosscheck.certificate.check import check as recheck
from ...crosscheck.certificate.format import read
from ...crosscheck.claim import Claim
from ...crosscheck.claims import CLAIMS, USES
from ...crosscheck.record import Record
from ...crosscheck.run.report import Report, Result
from ...crosscheck.verdict import RANK, Verdict
from ...link import LIBRARY, Named


def links() -> Mapping[str, Named]:
    """The library of links by name.

    Returns
    -------
    Mapping
        Of a name such as ``tanh`` to its expression and what it is.

    Raises
    ------
    KeyError
        As any mapping, where another name is looked up.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.links()["tanh"].text
    'tanh(z)'

    Source
    ------
    Chosen by this project: Hermite polynomials, usual activations, and counterexamples to what is lax.
    """
    return LIBRARY


def claims() -> Mapping[str, Claim[Any]]:
    """The built-in claims by id.

    Returns
    -------
    Mapping
        Of an id such as ``T1`` to its statement, legs and falsified variants.

    Raises
    ------
    KeyError
        As any mapping, where another id is looked up.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.claims()["T1"].title
    'The temperature threshold'

    Source
    ------
    The abstract of arXiv:2605.24749; statements and proofs are in docs/claims.
    """
    return CLAIMS


def load_claims(path: str | Path) -> tuple[UserClaim, ...]:
    """The claims in a file of yours, for ``verify(lemmas=...)``.

    Parameters
    ----------
    path
        A claim file, .toml, or a paper, .tex, with claims in its comments.

    Returns
    -------
    tuple of UserClaim
        In the order of the file.

    Raises
    ------
    LinkError
        With file, line and key where it cannot be read.

    Examples
    --------
    >>> import tiltproof
    >>> [lemma.id for lemma in tiltproof.load_claims("docs/example.claims.toml")]
    ['lemma-2', 'lemma-3']

    Source
    ------
    The format is in docs/user-claims.md.
    """
    return load(Path(path))


def check(path: str | Path) -> Checked:
    """A certificate re-checked, without what wrote it.

    Parameters
    ----------
    path
        What ``tiltproof threshold LINK --certificate FILE`` wrote.

    Returns
    -------
    Checked
        Accepted, accepted under conditions, or the reason of its rejection.

    Raises
    ------
    LinkError
        Where the file is no certificate.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.check("README.md")
    Traceback (most recent call last):
    tiltproof.link.text.LinkError: README.md: ...

    Source
    ------
    What is checked and what is trusted: docs/certificates.md.
    """
    return recheck(read(Path(path)))


_PACKAGE = Path(__file__).resolve().parents[2]
#: The pages of the claims, in a checkout and as installed.
_PAGES = (_PACKAGE / "docs" / "claims", _PACKAGE / "pages")
_STEP = re.compile(r"^(?:## )?(\d+)\. ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step(Record):
    """One step of a proof; ``machine``: whether it is decided by machine for the link at hand."""

    text: str
    machine: bool


@dataclass(frozen=True, slots=True)
class Node(Record):
    """A claim. sentences: those of the abstract that it formalises. uses: the claims its proof rests on.

    verdict: its worst one over the links of the run, None where it was not run. results: those of the run.
    """

    id: str
    title: str
    statement: str
    latex: str
    quantified: str
    assumptions: tuple[str, ...]
    source: str
    sentences: tuple[str, ...]
    uses: tuple[str, ...]
    steps: tuple[Step, ...]
    legs: tuple[str, ...]
    verdict: Verdict | None
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Blueprint(Record):
    """Every built-in claim and every claim of the user, in the order in which they are listed."""

    nodes: tuple[Node, ...]

    def below(self, node: Node) -> list[Node]:
        """The claims that rest on ``node``."""
        return [other for other in self.nodes if node.id in other.uses]


def blueprint(lemmas: Sequence[UserClaim] = (), report: Report | None = None) -> Blueprint:
    """The claims with what they rest on, and the verdicts of ``report`` where there is one."""
    results = () if report is None else report.results
    vacuous = () if report is None else report.vacuous
    own = [_node(as_claim(lemma), lemma.uses, results, vacuous) for lemma in lemmas]
    built_in = [_node(claim, USES.get(name, ()), results, vacuous) for name, claim in CLAIMS.items()]
    return Blueprint((*own, *built_in))


def _node(
    claim: Claim[Any], uses: tuple[str, ...], results: Sequence[Result], vacuous: Sequence[str]
) -> Node:
    own = tuple(result for result in results if result.claim == claim.id)
    verdicts = {result.verdict for result in own} | ({Verdict.VACUOUS} if claim.id in vacuous else set())
    sentences = () if claim.sentence == "user" else tuple(claim.sentence.split(", "))
    return Node(
        claim.id, claim.title, claim.formula, claim.latex, claim.quantified,
        tuple(each.text for each in claim.assumptions), claim.source, sentences, uses,
        tuple(_steps(claim.id)) if sentences else (),
        tuple(f"{leg}: {claim.scopes[leg]}" for leg in claim.legs),
        min((word for word in Verdict if word in verdicts), key=RANK.__getitem__, default=None), own,
    )  # fmt: skip


@cache
def _steps(name: str) -> tuple[Step, ...]:
    """The numbered steps of the proof on a claim's page; none where the pages are not at hand."""
    page = next((file for folder in _PAGES if (file := folder / f"{name.lower()}.md").is_file()), None)
    if page is None:
        return ()
    text = page.read_text(encoding="utf-8")
    start, end = text.find("*Proof"), text.find("How each leg")
    return tuple(_read(text[start:end])) if 0 <= start < end else ()


def _read(proof: str) -> Iterator[Step]:
    before, *parts = _STEP.split(proof)
    for body in parts[1::2] or [before]:
        # A paragraph of its own between two steps is none of the step before.
        text = " ".join((re.split(r"\n\n(?! )", body)[0] if parts else body).split())
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("*", "").replace("`", "")
        yield Step(plain, "(machine" in plain or text.startswith("* "))
