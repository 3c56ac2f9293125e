"""Everything about one link as tables, one after the other."""

from __future__ import annotations

from ...answers.report import LinkReport
from . import admissible, coefficients, exponents, policy, threshold, verify
from .tables import console


def show(found: LinkReport) -> None:
    out = console()
    exponents.show(found.exponents)
    out.print()
    threshold.show(found.threshold)
    if found.coefficients is not None:
        out.print()
        coefficients.show(found.coefficients)
    for each in found.policies:
        out.print()
        policy.show(each)
    out.print()
    if found.admissible is None:
        out.print(f"no admissible set with the default costs: {found.not_admissible}", markup=False)
    else:
        admissible.show(found.admissible)
    out.print()
    verify.show(found.verdicts)
