"""The registry of built-in claims, in the order of the theory. One claim, one file; ids are never reused."""

from __future__ import annotations

from typing import Any

from ..claim import Claim
from . import (
    g1,
    g2,
    g3,
    h1,
    h2,
    h3,
    h4,
    l1,
    p1,
    p2,
    p3,
    p4,
    r1,
    r2,
    r3,
    r4,
    r5,
    t1,
    t2,
    t3,
    t4,
    t5,
    t6,
    v1,
    v2,
    v3,
    v4,
    v5,
    v6,
    v7,
)

_MODULES = (
    l1, h1, h2, h3, h4, g1, g2, g3, t1, t2, t3, t4, t5, t6,
    r1, r2, r3, r4, r5, p1, p2, p3, p4, v1, v2, v3, v4, v5, v6, v7,
)  # fmt: skip

CLAIMS: dict[str, Claim[Any]] = {module.CLAIM.id: module.CLAIM for module in _MODULES}
