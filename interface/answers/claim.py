"""One claim of the user on one link, decided at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from operator import index
from typing import Any

from ...crosscheck.arguments import as_digits, as_label, as_noise, as_ranges, as_signal
from ...crosscheck.assertions.claim import as_claim
from ...crosscheck.assertions.user_claim import UserClaim, linked, quantifier
from ...crosscheck.claim import Subject
from ...crosscheck.run.report import Result
from ...crosscheck.run.scheduler import check
from ...crosscheck.verdict import RANK
from ...link import Label, Link, LinkError, Noise, Signal, as_link, excerpt


def claim(
    assertion: str,
    link: Link | str,
    ranges: Mapping[str, str | int | float] | None = None,
    *,
    assume: str = "",
    noise: Noise | str | None = None,
    signal: Signal | str = "label",
    digits: int = 30,
    label: Label | str | None = None,
) -> Result:
    """The verdict on one lemma of yours, for all values of its parameters at once.

    Parameters
    ----------
    assertion
        In the language of user claims, such as ``"alpha(1, beta) > 0"``.
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    ranges
        What each parameter ranges over: ``{"beta": "(0.5, 20)"}``, ``"1:6"`` or a ``range`` for integers,
        or a number.
    assume
        An assertion without parameters; a link that does not meet it gives NOT_APPLICABLE.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    signal
        ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}.
    digits
        Significant digits of every enclosure, from 2 to 300.
    label
        How y is drawn, such as ``"poisson"``, without noise; None for y = s(z) + noise.

    Returns
    -------
    Result
        With verdict, witness and margin; true where the verdict is green.

    Raises
    ------
    LinkError
        On what is no assertion, link, range, noise law or label.

    Examples
    --------
    >>> import tiltproof
    >>> str(tiltproof.claim("V(beta) > 0", "tanh(z)", {"beta": "(0, 20)"}).verdict)
    'ENCLOSED'
    >>> tiltproof.claim("mu(1, 2) == 3", "z**2").witness
    'mu(1, 2) == 3 is false, mu(1, 2) = 2.000000000'

    Source
    ------
    The words and how each is decided: docs/user-claims.md.
    """
    lemma = as_user_claim(assertion, link, ranges, assume=assume, noise=noise, signal=signal, label=label)
    digits = as_digits(digits)
    stated = as_claim(lemma)
    results = [check(stated, Subject(each, lemma.noise, digits)) for each in lemma.links]
    if len(results) == 1:
        return results[0]
    # What is claimed of all is as good as the least of them.
    worst = min(results, key=lambda result: RANK[result.verdict])
    if not worst.verdict.green:
        return worst
    return replace(worst, link=f"{link}, {len(results)} members")


def as_user_claim(
    assertion: str,
    link: Link | str,
    ranges: Mapping[str, str | int | float] | None,
    *,
    assume: str,
    noise: Noise | str | None,
    signal: Signal | str,
    label: Label | str | None,
) -> UserClaim:
    """What is claimed, read and checked. Raises LinkError."""
    law, signal = as_noise(noise), as_signal(signal)
    for name, text in (("assertion", assertion), ("assume", assume)):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise LinkError(f"{name} {excerpt(repr(text))} is of the type {kind}: write text, as 'GE == 1'")
    as_ranges(ranges)
    bounds = tuple((name, quantifier(name, _spec(spec))) for name, spec in (ranges or {}).items())
    draw = as_label(label, law)
    if isinstance(link, str):
        try:
            links, members, family = linked([link], bounds)
        except LinkError as error:
            raise (error.of("link") if error.source == link else error) from None
    else:
        links, members, family = (as_link(link),), (), None
    lemma = UserClaim(
        "claim", assertion, "", assume, bounds, links, law, signal,
        label=draw, members=members, family=family,
    )  # fmt: skip
    lemma.validate()
    lemma.validate_assumption()
    return lemma


def _spec(spec: Any) -> Any:
    """A range as in a claim file: of Python's ``range``, and of numbers of NumPy, SymPy and ``fractions``."""
    if isinstance(spec, range) and spec.step == 1 and spec:
        return f"{spec.start}:{spec.stop - 1}"
    if isinstance(spec, bool | str | float):
        return spec
    if hasattr(spec, "__index__"):
        return index(spec)
    return str(spec) if isinstance(spec, Fraction) or getattr(spec, "is_Rational", False) else spec


def assert_claim(
    assertion: str, link: Link | str, ranges: Mapping[str, str | int | float] | None = None, **options: Any
) -> Result:
    """``claim``, for a test: it fails with verdict, witness and legs where the claim is not green.

    Parameters
    ----------
    assertion
        In the language of user claims, such as ``"alpha(1, beta) > 0"``.
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    ranges
        What each parameter ranges over: ``{"beta": "(0.5, 20)"}``, ``"1:6"`` or a ``range`` for integers,
        or a number.
    options
        Those of ``claim``: ``assume``, ``noise``, ``signal``, ``digits``, ``label``.

    Returns
    -------
    Result
        Whose verdict is green.

    Raises
    ------
    AssertionError
        Where the verdict is not green.
    LinkError
        As ``claim`` does.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.assert_claim("GE == 2", "z**2")
    <Result z**2: true, by exact algebra>

    Source
    ------
    As of ``claim``.
    """
    result = claim(assertion, link, ranges, **options)
    if not result:
        legs = (f"{e.leg}: {e.outcome}, {e.detail}" for e in result.evidence if e.outcome != "absent")
        head = f"{result.verdict}: {assertion} on {result.link}"
        told = [head, result.reason, result.witness, *legs, result.again]
        raise AssertionError("\n  ".join(filter(None, told)))
    return result
