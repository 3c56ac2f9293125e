"""Two steps in a row on each sample, without weights: what is trained, and up to which overlap (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...crosscheck.link_facts.exponents import exponents
from ...crosscheck.link_facts.second_pass import TRUE, choice_for, drift, rest, slope_of, time_to
from ...crosscheck.number import show
from ...link import Link, LinkError, as_link
from ...numerics.expectation.oracle import NotIntegrable
from ...numerics.recovery.sweep import Point
from ...numerics.work import allowance

#: The overlap trained for, as a share of where the mean first comes to rest; the horizon in average times.
_WAY, _PATIENCE = 0.5, 5
_WORK = 4e6


@dataclass(frozen=True, slots=True)
class Reuse:
    """activation: g. gamma = eta d. reason: what leads. end: the overlap at which a neuron has left 0."""

    activation: Link
    gamma: Fraction
    reason: str
    end: float


def reused(
    link: Link,
    activation: Link | str | None,
    step: float | None,
    ds: Sequence[int],
    seed: int,
    direct: bool,
    records: int,
) -> tuple[list[Point], Reuse]:
    """The points of the sweep. Raises LinkError where R9 says nothing of k* = 1 here."""
    if exponents(link).generative_exponent.value != 1:
        raise LinkError(
            f"'{link}' has no generative exponent 1 that is settled, and a second pass is understood for "
            "that alone: leave --passes out"
        )
    try:
        with allowance(_WORK):
            usual = choice_for(link)
            g = usual[0] if activation is None else as_link(activation, "activation")
            slope_of(g)
            gamma = usual[1] if step is None else Fraction(step).limit_denominator(10**6)
            choice = g, gamma
            leading = drift(link, TRUE, Fraction(0), 1, choice)
            end = _WAY * rest(link, choice)
            if leading.contains(0) or not end > 0:
                raise LinkError(
                    f"at eta = {float(gamma):.3g}/d with '{g}' the mean of two steps does not carry neurons "
                    "away from 0: write another --step or --activation"
                )
            time = time_to(link, choice, end)
    except NotIntegrable as refusal:
        raise LinkError(f"the mean of two steps on a sample does not exist: {refusal}") from None
    reason = f"without weights, c_1 = {show(leading, 8)} of two steps on each sample (R9)"
    points = []
    for d in ds:
        if d * end**2 < 4:
            raise LinkError(
                f"at d = {d} neurons start near abs(m) = d^(-1/2), too close to {end:.3g}, up to which they "
                f"are trained: write dimensions from {round(4 / end**2)}"
            )
        points.append(
            Point(
                link.tree, g.tree, Fraction(0), d, float(gamma) / d,
                max(1, round(_PATIENCE * d * time / float(gamma))), seed=seed, direct=direct,
                records=records, stop_at=end, passes=2,
            )
        )  # fmt: skip
    return points, Reuse(g, gamma, reason, end)
