"""The commands, a file for each kind of question, in the order in which help lists them."""

from __future__ import annotations

from .link import admissible, coefficients, exponents, policy, recover, threshold
from .lists import blueprint, check, claims, export, links
from .verify import claim, report, verify

COMMANDS = (
    exponents, threshold, coefficients, policy, recover, admissible, report,
    verify, claim, check, export, claims, blueprint, links,
)  # fmt: skip
