"""The commands, one file each, in the order in which help lists them."""

from __future__ import annotations

from .admissible import admissible
from .blueprint import blueprint
from .check import check
from .claim import claim
from .claims import claims
from .coefficients import coefficients
from .exponents import exponents
from .export import export
from .links import links
from .policy import policy
from .recover import recover
from .report import report
from .threshold import threshold
from .verify import verify

COMMANDS = (
    exponents, threshold, coefficients, policy, recover, admissible, report,
    verify, claim, check, export, claims, blueprint, links,
)  # fmt: skip
