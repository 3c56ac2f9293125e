"""T13. The threshold of the signal e^{ty}, with and without independent noise."""

from __future__ import annotations

from ..legs.first_zero import Statement, threshold_claim

CLAIM = threshold_claim(
    "T13",
    "The threshold of the weight signal",
    ("h_k*", r"h_{k^*}"),
    "every beta > beta1; independent noise multiplies h_k by a positive factor",
    Statement(signal="weight"),
    {
        "beta1 1% too large": "clip-He3",
        "beta1 1% too small": "clip-He3",
        "the second zero in place of the first": "z-cos",
        "no exceptional temperature": "clip-He3",
        "an exceptional temperature at 1/2": "linear",
    },
)
