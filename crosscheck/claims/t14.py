"""T14. The threshold of the signal (y - K_y') e^{ty}, with and without independent noise."""

from __future__ import annotations

from ..legs.first_zero import Statement, threshold_claim

CLAIM = threshold_claim(
    "T14",
    "The threshold of the centred signal",
    ("(h_k*/h_0)'", r"(h_{k^*}/h_0)'"),
    "every beta > beta1; independent noise multiplies h_k and h_0 by one factor",
    Statement(signal="centered"),
    {
        "beta1 1% too large": "clip-He3",
        "beta1 1% too small": "clip-He3",
        "no exceptional temperature": "clip-He3",
        "an exceptional temperature at 1/2": "tanh",
    },
)
