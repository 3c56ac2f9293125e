"""T14. The threshold of the signal (y - K_y') e^{ty}, with and without independent noise."""

from __future__ import annotations

from fractions import Fraction

from ..claim import Claim, Formula, Variant
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.test_temperatures import TILT, WITNESS

CLAIM: Claim[Statement] = Claim(
    id="T14",
    title="The threshold of the centred signal",
    formula=Formula(
        "for t_max > 0 and i0 < oo: (h_k*/h_0)'(1/beta) != 0 for every "
        "beta > beta1, and beta1 is its largest zero (or 1/t_max)",
        r"\beta_1=\inf\{b\ge1/t_{\max}:(h_{k^*}/h_0)'(1/\beta)\ne0\ \forall\beta>b\}"
        r"\quad(t_{\max}>0,\ i_0<\infty)",
    ),
    kind="equal",
    sentence="S5",
    source="real-analyticity of Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="every beta > beta1; independent noise multiplies h_k and h_0 by one factor",
    statement=Statement(signal="centered"),
    legs=LEGS,
    scopes=SCOPES,
    variants=(
        Variant("beta1 1% too large", Statement(signal="centered", factor=Fraction(101, 100)), "clip-He3"),
        Variant("beta1 1% too small", Statement(signal="centered", factor=Fraction(99, 100)), "clip-He3"),
        Variant("no exceptional temperature", Statement(signal="centered", none=True), "clip-He3"),
        Variant(
            "an exceptional temperature at 1/2", Statement(signal="centered", instead=Fraction(1, 2)), "tanh"
        ),
    ),
)
