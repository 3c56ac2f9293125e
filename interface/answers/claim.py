"""One claim of the user on one link, decided at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...crosscheck.arguments import as_digits, as_label, as_noise, as_signal
from ...crosscheck.assertions.claim import as_claim
from ...crosscheck.assertions.user_claim import UserClaim, quantifier
from ...crosscheck.claim import Subject
from ...crosscheck.run.report import Result
from ...crosscheck.run.scheduler import check
from ...link import Link, Noise, Signal, as_link
from ...link.label import Label


def claim(
    assertion: str,
    link: Link | str,
    ranges: Mapping[str, str | int | float] | None = None,
    *,
    assume: str = "",
    noise: Noise | str | None = None,
    signal: Signal = "label",
    digits: int = 30,
    label: Label | str | None = None,
) -> Result:
    """The verdict on ``assertion`` for the parameters in ``ranges``, such as ``{"beta": "(0.5, 20)"}``.

    assume: an assertion without parameters; a link that does not meet it gives NOT_APPLICABLE. label: how y
    is drawn, such as ``"poisson"``. Raises LinkError on a text that is no assertion, link, range, noise law
    or label.
    """
    law, signal, digits = as_noise(noise), as_signal(signal), as_digits(digits)
    bounds = tuple((name, quantifier(name, spec)) for name, spec in (ranges or {}).items())
    chosen = as_link(link)
    draw = as_label(label, law)
    lemma = UserClaim("claim", assertion, "", assume, bounds, (chosen,), law, signal, label=draw)
    lemma.validate()
    lemma.validate_assumption()
    return check(as_claim(lemma), Subject(chosen, law, digits))


def assert_claim(
    assertion: str,
    link: Link | str,
    ranges: Mapping[str, str | int | float] | None = None,
    **options: Any,
) -> Result:
    """``claim``, for a test: the result, which is green.

    Raises AssertionError with verdict, witness and legs where it is not; LinkError as ``claim`` does.
    """
    found = claim(assertion, link, ranges, **options)
    if not found:
        legs = (f"{e.leg}: {e.outcome}, {e.detail}" for e in found.evidence if e.outcome != "absent")
        head = f"{found.verdict}: {assertion} on {found.link}"
        told = [head, found.reason, found.witness, *legs, found.again]
        raise AssertionError("\n  ".join(filter(None, told)))
    return found
