"""The registry of built-in claims, in the order of the theory. One claim, one file; ids are never reused."""

from __future__ import annotations

from typing import Any

from ..claim import Claim
from . import g1, g2, h1, h2, h3, t1, t4

CLAIMS: dict[str, Claim[Any]] = {
    claim.id: claim for claim in (h1.CLAIM, h2.CLAIM, h3.CLAIM, g1.CLAIM, g2.CLAIM, t1.CLAIM, t4.CLAIM)
}
