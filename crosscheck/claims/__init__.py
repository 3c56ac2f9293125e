"""The registry of built-in claims, in the order of the theory. Ids are never reused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..claim import Claim

IDS = (
    "L1", "H1", "H2", "H3", "H4", "G1", "G2", "G3", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8",
    "T9", "T10", "T11", "T12", "T13", "T14", "T15",
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9",
    "P1", "P2", "P3", "P4",
    "B1", "B2", "B3", "B4", "B5", "B6",
    "V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V8s", "V9",
)  # fmt: skip


#: What the abstract says, in our words. Every claim formalises one of these sentences, or more.
SENTENCES = {
    "S1": "In KL-regularised policy optimisation the learned reward is exponentiated, so that its error "
    "counts where the tilt puts mass.",
    "S2": "Inputs are standard Gaussian, and the reward is a link function of one hidden direction.",
    "S3": "A two-stage neural reward model: the first layer learns the direction from reward-weighted "
    "samples, then a weighted ridge regression fits the readout.",
    "S4": "The exponential weight changes the Hermite signal that the first layer sees.",
    "S5": "Above a threshold of the feature-learning temperature that does not depend on the dimension, a "
    "constant fraction of the neurons recovers the direction,",
    "S6": "with a sample complexity that the generative exponent governs, not the information exponent.",
    "S7": "The value gap of the tilted policy is bounded, for an idealised fit with label weights and for a "
    "practical one with surrogate weights.",
    "S8": "With the deployment temperature kept explicit there is an admissible set: to lower it gains "
    "value, and amplifies the cost of learning.",
    "S9": "With surrogate weights, factors of the proxy shrink that set.",
}
#: The claims that the proof of each rests on; those not listed rest on classical results alone.
USES: Mapping[str, tuple[str, ...]] = {
    "G1": ("G2",), "G2": ("H2",), "G3": ("H2",), "H3": ("H2",), "H4": ("G2",),
    "T1": ("G1", "G2", "G3", "H3", "T3", "T6"), "T2": ("H2", "H4"), "T3": ("G1", "H3"), "T4": ("G1",),
    "T5": ("G3",), "T6": ("G2",), "T7": ("G3", "T4"), "T8": ("T1", "T7"), "T9": ("H4", "T6"),
    "T10": ("G3", "H4", "T6", "T9"), "T11": ("T6", "T9"),
    "T12": ("T3",), "T13": ("G2", "G3", "H4"), "T14": ("G3", "H4"), "T15": ("G3", "H4"),
    "R3": ("R1",), "R4": ("R3",), "R5": ("G2", "R4"), "R6": ("R1", "R3", "R4"), "R7": ("R1", "R2"),
    "R8": ("R2", "R3"), "R9": ("R1", "R5"),
    # B1 to B4 are computed from the law of the label alone.
    "B5": ("B1",), "B6": ("T5",),
    "P1": ("H2",), "P2": ("P1",), "P3": ("P1",), "V4": ("P4", "V1", "V2", "V3"), "V5": ("V2",),
    "V6": ("V4", "V5", "V8s"), "V7": ("V2", "V3", "V5"), "V8": ("P4", "V2", "V3"), "V8s": ("V5", "V8"),
    "V9": ("H1", "V8"),
}  # fmt: skip


#: Claims that share their legs stand in one file, any other in one of its own.
_SHARED = {
    "b1": ("B1", "B2", "B3", "B4", "B5"),
    "g1": ("G1", "G2"),
    "h1": ("L1", "H1", "H2"),
    "p1": ("P1", "P2", "P3"),
    "r2": ("R2", "R5"),
    "t1": ("T1", "T7", "T13", "T14", "T15"),
    "t2": ("T2", "T3"),
    "t4": ("T4", "T8"),
    "t6": ("T6", "T9", "T10", "T11"),
    "v1": ("V1", "V2"),
    "v5": ("V5", "V7"),
    "v8": ("V8", "V8s"),
}
_FILES = {name: file for file, names in _SHARED.items() for name in names}


class _Registry(Mapping[str, "Claim[Any]"]):
    """Claims by id. Files are imported when they are asked for: help and refusals come at once."""

    def __getitem__(self, name: str) -> Claim[Any]:
        if name not in IDS:
            raise KeyError(name)
        file = import_module(f".{_FILES.get(name, name.lower())}", __name__)
        claim: Claim[Any] = file.CLAIMS[name] if name in _FILES else file.CLAIM
        return claim

    def __contains__(self, name: object) -> bool:
        return name in IDS

    def __iter__(self) -> Iterator[str]:
        return iter(IDS)

    def __len__(self) -> int:
        return len(IDS)


CLAIMS: Mapping[str, Claim[Any]] = _Registry()
