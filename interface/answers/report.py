"""The answers of all other verbs about one link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from ...crosscheck.link_facts.threshold import Threshold, threshold
from ...crosscheck.record import Record
from ...crosscheck.run.report import Report, Result
from ...crosscheck.run.scheduler import verify
from ...link import Link, LinkError, as_link
from ...numerics.expectation.oracle import t_range
from ...theory.shape.facts import facts
from .admissible import admissible
from .admissible_set import AdmissibleSet
from .coefficients import Coefficients, coefficients
from .exponents import LinkExponents, exponents
from .policy import Policy, policy

SAMPLES = 100_000
ORDERS = range(7)
_BETAS = (Fraction(1, 2), Fraction(1), Fraction(2), Fraction(5))
#: Multiples of 1/t_max, where that is not 0.
_ABOVE = (Fraction(5, 4), Fraction(2), Fraction(4))


@dataclass(frozen=True, slots=True)
class LinkReport(Record):
    """The answers about ``link``.

    coefficients: for k = 0..6 at a few temperatures, None where none is allowed. policies: one per
    temperature. missing: what is not enclosed of these, with the reason. admissible: with epsilon a quarter
    of osc(s) and n = 100000; None with the reason in ``not_admissible``. verify: the verdict of every claim
    on this link.
    """

    link: Link
    exponents: LinkExponents
    threshold: Threshold
    coefficients: Coefficients | None
    policies: tuple[Policy, ...]
    missing: tuple[str, ...]
    admissible: AdmissibleSet | None
    not_admissible: str
    verify: Report


def report(
    link: Link | str,
    *,
    digits: int = 30,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[Result], None] | None = None,
) -> LinkReport:
    """What every verb answers about one link, and the verdicts of every claim on it.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    digits
        Significant digits of every enclosure, from 2 to 300.
    seed
        Root of every random stream.
    workers
        Processes; as many as there are cores when left out.
    progress
        Called with each result.

    Returns
    -------
    LinkReport
        The answers, each with its reasons where one is missing.

    Raises
    ------
    LinkError
        On what is no link.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.report("tanh(z)").verify.exit_code  # doctest: +SKIP
    0

    Source
    ------
    The claims, each of which is checked on the link: docs/claims.
    """
    link = as_link(link)
    verdicts = verify((), (link,), digits=digits, seed=seed, workers=workers, progress=progress)
    betas, missing = temperatures(link), []
    sets, reason = default_set(link)
    table, policies = None, []
    try:
        table = coefficients(link, ORDERS, betas, digits) if betas else None
    except ArithmeticError as open_reason:
        missing.append(f"coefficients: {open_reason}")
    for beta in betas:
        try:
            policies.append(policy(link, beta, digits=digits))
        except ArithmeticError as open_reason:
            missing.append(f"policy at beta = {beta}: {open_reason}")
    return LinkReport(
        link,
        exponents(link, digits=digits),
        threshold(link, digits=digits),
        table,
        tuple(policies),
        tuple(missing),
        sets,
        reason,
        verdicts,
    )


def temperatures(link: Link) -> tuple[Fraction, ...]:
    """A few temperatures at which e^{s/beta} has a mean; none when t_max = 0."""
    limit = t_range(link.tree).finite_below
    if not limit > 0:
        return ()
    if not limit.is_finite():
        return _BETAS
    floor = Fraction(1 / float(limit.lower()))
    return tuple((floor * multiple).limit_denominator(1000) for multiple in _ABOVE)


def default_set(link: Link) -> tuple[AdmissibleSet | None, str]:
    """The set for epsilon a quarter of osc(s) and n = 100000, or None with the reason."""
    try:
        return admissible(link, _quarter(link), SAMPLES), ""
    except (LinkError, ArithmeticError) as reason:
        return None, str(reason)


def _quarter(link: Link) -> Fraction:
    """A quarter of the oscillation to three decimals; of 1 where the range is not known or infinite."""
    low, high = (known.value for known in (facts(link.tree).infimum, facts(link.tree).supremum))
    if low is None or high is None or not (high - low).is_finite or high == low:
        return Fraction(1, 4)
    return max(Fraction(round(float(high - low) * 250), 1000), Fraction(1, 1000))
