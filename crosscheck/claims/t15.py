"""T15. The threshold under independent noise."""

from __future__ import annotations

from ...link.label import parse_noise
from ..legs.first_zero import Statement, threshold_claim

CLAIM = threshold_claim(
    "T15",
    "The temperature threshold under noise",
    ("(h_k*' + K_e' h_k*)", r"(h_{k^*}'+K_e'h_{k^*})"),
    "every beta > beta1, for one law of the noise",
    Statement(noise=parse_noise("gaussian(1/2)")),
    {
        "beta1 1% too large": "linear-3",
        "beta1 1% too small": "square-10",
        "the second zero in place of the first": "linear-3",
        "no exceptional temperature": "clip-He3",
        "an exceptional temperature at 1/2": "tanh",
    },
    law="e ~ N(0, 1/4)",
)
