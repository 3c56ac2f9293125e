"""One HTML page about one link: what every verb answers, its figures, the verdicts of the claims on it."""

from __future__ import annotations

from ...answers.report import LinkReport
from ..views import policies
from .figures import of_admissible, of_link
from .page import render as page

_SECTIONS = {
    "exponents": "Exponents",
    "threshold": "Threshold",
    "coefficients": "Tilted Hermite coefficients",
    "policy": "Tilted policy",
    "admissible": "Admissible temperatures (forecast)",
    "claims": "Claims on this link",
}
#: Sections that a link without any temperature does not have.
_TILTED = ("coefficients", "policy")


def render(found: LinkReport) -> str:
    return page(
        "link.html",
        found=found,
        sections={
            name: title
            for name, title in _SECTIONS.items()
            if found.coefficients is not None or name not in _TILTED
        },
        figures=of_link(found.link, "link"),
        policies=policies(found.policies),
        forecast=None if found.admissible is None else of_admissible(found.admissible, "link"),
    )
