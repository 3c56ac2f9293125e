"""T1. The threshold is the first zero of the tilted coefficient, and depends on the link alone."""

from __future__ import annotations

from fractions import Fraction

from ..claim import Claim, Formula, Variant
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.test_temperatures import TILT, WITNESS

CLAIM: Claim[Statement] = Claim(
    id="T1",
    title="The temperature threshold",
    formula=Formula(
        "for t_max > 0 and i0 < oo: alpha_k*(1/beta) != 0 for every "
        "beta > beta1, and beta1 is its largest zero (or 1/t_max)",
        r"\beta_1=\inf\{b\ge1/t_{\max}:\alpha_{k^*}(1/\beta)\ne0\ \forall\beta>b\}"
        r"\quad(t_{\max}>0,\ i_0<\infty)",
    ),
    kind="equal",
    sentence="S5",
    source="real-analyticity of Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="every beta > beta1",
    statement=Statement(),
    legs=LEGS,
    scopes=SCOPES,
    variants=(
        Variant("beta1 1% too large", Statement(factor=Fraction(101, 100)), "tanh-9/10"),
        Variant("beta1 1% too small", Statement(factor=Fraction(99, 100)), "square-10"),
        Variant("the second zero in place of the first", Statement(which=1), "linear-3"),
        Variant("no exceptional temperature", Statement(none=True), "clip-He3"),
        Variant("an exceptional temperature at 1/2", Statement(instead=Fraction(1, 2)), "tanh"),
    ),
)
