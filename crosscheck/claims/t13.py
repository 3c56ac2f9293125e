"""T13. The threshold of the signal e^{ty}, with and without independent noise."""

from __future__ import annotations

from fractions import Fraction

from ..claim import Claim, Formula, Variant
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.test_temperatures import TILT, WITNESS

CLAIM: Claim[Statement] = Claim(
    id="T13",
    title="The threshold of the weight signal",
    formula=Formula(
        "for t_max > 0 and i0 < oo: h_k*(1/beta) != 0 for every "
        "beta > beta1, and beta1 is its largest zero (or 1/t_max)",
        r"\beta_1=\inf\{b\ge1/t_{\max}:h_{k^*}(1/\beta)\ne0\ \forall\beta>b\}"
        r"\quad(t_{\max}>0,\ i_0<\infty)",
    ),
    kind="equal",
    sentence="S5",
    source="real-analyticity of Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="every beta > beta1; independent noise multiplies h_k by a positive factor",
    statement=Statement(signal="weight"),
    legs=LEGS,
    scopes=SCOPES,
    variants=(
        Variant("beta1 1% too large", Statement(signal="weight", factor=Fraction(101, 100)), "clip-He3"),
        Variant("beta1 1% too small", Statement(signal="weight", factor=Fraction(99, 100)), "clip-He3"),
        Variant("the second zero in place of the first", Statement(signal="weight", which=1), "z-cos"),
        Variant("no exceptional temperature", Statement(signal="weight", none=True), "clip-He3"),
        Variant(
            "an exceptional temperature at 1/2", Statement(signal="weight", instead=Fraction(1, 2)), "linear"
        ),
    ),
)
