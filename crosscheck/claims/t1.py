"""T1. The threshold is the first zero of the tilted coefficient, and depends on the link alone."""

from __future__ import annotations

from ..legs.first_zero import Statement, threshold_claim

CLAIM = threshold_claim(
    "T1",
    "The temperature threshold",
    ("alpha_k*", r"\alpha_{k^*}"),
    "every beta > beta1",
    Statement(),
    {
        "beta1 1% too large": "tanh-9/10",
        "beta1 1% too small": "square-10",
        "the second zero in place of the first": "linear-3",
        "no exceptional temperature": "clip-He3",
        "an exceptional temperature at 1/2": "tanh",
    },
)
