"""The registry of built-in claims, in the order of the theory. One claim, one file; ids are never reused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..claim import Claim

IDS = (
    "L1", "H1", "H2", "H3", "H4", "G1", "G2", "G3", "T1", "T2", "T3", "T4", "T5", "T6",
    "T9", "T10", "T11", "T12", "T13", "T14", "T15",
    "R1", "R2", "R3", "R4", "R5", "R6", "R7",
    "P1", "P2", "P3", "P4",
    "V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V8s", "V9",
)  # fmt: skip


class _Registry(Mapping[str, "Claim[Any]"]):
    """Claims by id. Files are imported when they are asked for: help and refusals come at once."""

    def __getitem__(self, name: str) -> Claim[Any]:
        if name not in IDS:
            raise KeyError(name)
        claim: Claim[Any] = import_module(f".{name.lower()}", __name__).CLAIM
        return claim

    def __contains__(self, name: object) -> bool:
        return name in IDS

    def __iter__(self) -> Iterator[str]:
        return iter(IDS)

    def __len__(self) -> int:
        return len(IDS)


CLAIMS: Mapping[str, Claim[Any]] = _Registry()
