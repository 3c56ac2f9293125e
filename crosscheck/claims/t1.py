"""T1, T13, T14, T15. The threshold is the first zero of the signal, and depends on the link alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ...link.label import Signal, parse_noise
from ..claim import Claim, Formula, Variant
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.trials import TILT, WITNESS

#: What a variant changes.
_CHANGES: dict[str, dict[str, Any]] = {
    "beta1 1% too large": {"factor": Fraction(101, 100)},
    "beta1 1% too small": {"factor": Fraction(99, 100)},
    "the second zero in place of the first": {"which": 1},
    "no exceptional temperature": {"none": True},
    "an exceptional temperature at 1/2": {"instead": Fraction(1, 2)},
}


def _threshold_claim(
    id: str,
    title: str,
    signal: tuple[str, str],
    quantified: str,
    statement: Statement,
    links: Mapping[str, str],
    law: str = "",
) -> Claim[Statement]:
    """beta1 is the largest zero in beta of a signal, as text and as LaTeX; ``links``: one for each change.

    law: of the noise, where there is one.
    """
    conditions = f"t_max > 0, i0 < oo and {law}" if law else "t_max > 0 and i0 < oo"
    text, latex = signal
    return Claim(
        id=id,
        title=title,
        formula=Formula(
            f"for {conditions}: {text}(1/beta) != 0 for every beta > beta1, and beta1 is its largest zero "
            "(or 1/t_max)",
            rf"\beta_1=\inf\{{b\ge1/t_{{\max}}:{latex}(1/\beta)\ne0\ \forall\beta>b\}}"
            r"\quad(t_{\max}>0,\ i_0<\infty)",
        ),
        kind="equal",
        sentence="S5",
        source="real-analyticity of Laplace transforms",
        assumptions=(TILT, WITNESS),
        quantified=quantified,
        statement=statement,
        legs=LEGS,
        scopes=SCOPES,
        variants=tuple(
            Variant(change, replace(statement, **_CHANGES[change]), link) for change, link in links.items()
        ),
    )


CLAIMS = {
    claim.id: claim
    for claim in (
        _threshold_claim(
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
        _threshold_claim(
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
        _threshold_claim(
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
        _threshold_claim(
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
