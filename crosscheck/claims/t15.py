"""T15. The threshold under independent noise."""

from __future__ import annotations

from fractions import Fraction

from ...link.label import parse_noise
from ..claim import Claim, Formula, Variant
from ..legs.first_zero import LEGS, SCOPES, Statement
from ..legs.test_temperatures import TILT, WITNESS

_NOISE = parse_noise("gaussian(1/2)")

CLAIM: Claim[Statement] = Claim(
    id="T15",
    title="The temperature threshold under noise",
    formula=Formula(
        "for t_max > 0, i0 < oo and e ~ N(0, 1/4): (h_k*' + K_e' h_k*)(1/beta) != 0 for every "
        "beta > beta1, and beta1 is its largest zero (or 1/t_max)",
        r"\beta_1=\inf\{b\ge1/t_{\max}:(h_{k^*}'+K_e'h_{k^*})(1/\beta)\ne0\ \forall\beta>b\}"
        r"\quad(t_{\max}>0,\ i_0<\infty)",
    ),
    kind="equal",
    sentence="S5",
    source="real-analyticity of Laplace transforms",
    assumptions=(TILT, WITNESS),
    quantified="every beta > beta1, for one law of the noise",
    statement=Statement(noise=_NOISE),
    legs=LEGS,
    scopes=SCOPES,
    variants=(
        Variant("beta1 1% too large", Statement(noise=_NOISE, factor=Fraction(101, 100)), "linear-3"),
        Variant("beta1 1% too small", Statement(noise=_NOISE, factor=Fraction(99, 100)), "square-10"),
        Variant("the second zero in place of the first", Statement(noise=_NOISE, which=1), "linear-3"),
        Variant("no exceptional temperature", Statement(noise=_NOISE, none=True), "clip-He3"),
        Variant("an exceptional temperature at 1/2", Statement(noise=_NOISE, instead=Fraction(1, 2)), "tanh"),
    ),
)
