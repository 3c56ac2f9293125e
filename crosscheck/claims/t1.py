"""T1, T13, T14, T15. The threshold is the first zero of the signal, and depends on the link alone."""

from __future__ import annotations

from ...link.label import Signal, parse_noise
from ..legs.first_zero import Statement, threshold_claim

CLAIMS = {
    claim.id: claim
    for claim in (
        threshold_claim(
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
        ),
        threshold_claim(
            "T13",
            "The threshold of the weight signal",
            ("h_k*", r"h_{k^*}"),
            "every beta > beta1; independent noise multiplies h_k by a positive factor",
            Statement(signal=Signal.WEIGHT),
            {
                "beta1 1% too large": "clip-He3",
                "beta1 1% too small": "clip-He3",
                "the second zero in place of the first": "z-cos",
                "no exceptional temperature": "clip-He3",
                "an exceptional temperature at 1/2": "linear",
            },
        ),
        threshold_claim(
            "T14",
            "The threshold of the centred signal",
            ("(h_k*/h_0)'", r"(h_{k^*}/h_0)'"),
            "every beta > beta1; independent noise multiplies h_k and h_0 by one factor",
            Statement(signal=Signal.CENTERED),
            {
                "beta1 1% too large": "clip-He3",
                "beta1 1% too small": "clip-He3",
                "no exceptional temperature": "clip-He3",
                "an exceptional temperature at 1/2": "tanh",
            },
        ),
        threshold_claim(
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
        ),
    )
}
