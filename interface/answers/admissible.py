"""The admissible deployment temperatures: a forecast of where value lost and learning stay below epsilon."""

from __future__ import annotations

from fractions import Fraction

import sympy

from ...crosscheck.arguments import as_noise
from ...link import Link, LinkError, Noise, as_link, positive
from ...link.build import combine
from ...link.text import excerpt
from ...link.tree import Num
from ...numerics.deployment.learning import BIASES
from ...numerics.expectation.oracle import t_range
from ...theory.shape.range import extremes
from .admissible_search import Constants, Question, range_of
from .admissible_set import AdmissibleSet

DIGITS = 12
_SHRINK = Fraction(9, 10)


def admissible(
    link: Link | str,
    epsilon: int | float | str | Fraction,
    n: int,
    *,
    proxy: Link | str | None = None,
    osc: int | float | str | Fraction | None = None,
    target: int | float | str | Fraction | None = None,
    noise: Noise | str | None = None,
    digits: int = DIGITS,
) -> AdmissibleSet:
    """The temperatures beta2 at which the total sub-optimality is forecast to be at most ``epsilon``.

    A forecast, not a guarantee: the learning cost of n samples is replaced by its mean as n -> oo over n.

    proxy: the pilot reward r_a0 of the surrogate weights (default 9/10 of the link). osc: what to take
    osc(Delta) to be at most; by default, at each beta, the better forecast of two estimators, the fit as it
    is (osc(Delta) by the leverage of the features) and the fit clipped to the link's range. target: the value
    v to be reached (default ess sup s). End points to ``digits`` digits.

    Raises LinkError when epsilon, n, osc or target is not usable, the link has an infinite range, or the
    proxy no exponential moment; Unresolved when the forecast resists enclosure.
    """
    link, noise = as_link(link), as_noise(noise)
    goal = positive(epsilon, "epsilon")
    least = len(BIASES) + 1
    if n < least:
        raise LinkError(
            f"n = {n} samples do not determine the {least} coefficients of the fit: write n such as 100000"
        )
    pilot = as_link(proxy) if proxy is not None else _shrunk(link)
    constants = _constants(link, pilot, osc, target)
    if not t_range(pilot.tree).finite_below > 0:
        raise LinkError(
            f"the proxy '{pilot}' has t_max = 0, so no finite beta works: clip it or wrap it in tanh"
        )
    return Question(link, pilot, noise, goal, n, digits, constants).answer()


def _shrunk(link: Link) -> Link:
    from ...link.text import text

    tree = combine("*", Num(_SHRINK), link.tree)
    return Link(tree, text(tree))


def _constants(
    link: Link,
    pilot: Link,
    osc: int | float | str | Fraction | None,
    target: int | float | str | Fraction | None,
) -> Constants:
    low, high = range_of(link.tree)
    if not (high - low).is_finite:
        shown = "has" if extremes(link.tree) else "may have"
        raise LinkError(
            f"'{link}' {shown} an infinite range and the features are bounded, so osc(rhat - r*) is "
            "infinite for every fit: clip the link, as in clip(z,-3,3), or wrap it in tanh"
        )
    d = None if osc is None else _exact(positive(osc, "osc"))
    if high == low:
        raise LinkError(f"'{link}' is constant: every temperature is the same; write a link that varies")
    v = high if target is None else _number(target)
    if pilot.tree == _shrunk(link).tree:
        gap: sympy.Expr | None = (1 - _exact(_SHRINK)) * (high - low)
    else:
        below, above = range_of(combine("-", link.tree, pilot.tree))
        gap = above - below
    known = gap if gap is not None and gap.is_finite else None
    return Constants(d, high - low, high, v, known, low, range_of(pilot.tree)[0])


def _exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _number(value: int | float | str | Fraction) -> sympy.Rational:
    text = str(value).strip()
    negative = text.startswith("-")
    if text.lstrip("-") == "0":
        return sympy.Integer(0)
    try:
        size = positive(text.removeprefix("-"), "target")
    except LinkError:
        raise LinkError(
            f"target '{excerpt(text)}' is not an exact number of size 1e-100 to 1e100: "
            "write a number such as 2 or -0.5"
        ) from None
    return -_exact(size) if negative else _exact(size)
