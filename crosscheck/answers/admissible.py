"""The admissible deployment temperatures: where value lost plus learning bound stay below epsilon."""

from __future__ import annotations

from fractions import Fraction

import sympy

from ...link import Link, LinkError, Noise, as_link, positive
from ...link.build import combine
from ...link.errors import excerpt
from ...link.tree import Num
from ...numerics.expectation import t_range
from .admissible_set import AdmissibleSet
from .asked import as_noise
from .deployment import Constants, Question, range_of

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
    """The temperatures beta2 at which the total sub-optimality B is at most ``epsilon`` with n samples.

    proxy: the pilot reward r_a0 of the surrogate weights (default 9/10 of the link). osc: a bound D of
    osc(Delta); by default the better of two proven controls at each beta, the leverage of the features and
    clipping to the link's range. target: the value v to be reached (default ess sup s). End points to
    ``digits`` digits.

    Raises LinkError when epsilon, n, osc or target is not usable, or the link is unbounded and they are
    missing; Unresolved when the link resists certification.
    """
    link, noise = as_link(link), as_noise(noise)
    goal = positive(epsilon, "epsilon")
    if n < 1:
        raise LinkError(f"n = {n} is not a sample size: write a positive integer such as 100000")
    pilot = as_link(proxy) if proxy is not None else _shrunk(link)
    for given, name in ((link, "link"), (pilot, "proxy")):
        if not t_range(given.tree).finite_below > 0:
            raise LinkError(
                f"the {name} '{given}' has t_max = 0, so no finite beta works: clip it or wrap it in tanh"
            )
    return Question(link, pilot, noise, goal, n, digits, _constants(link, pilot, osc, target)).answer()


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
    if osc is None and (high is sympy.oo or low is -sympy.oo):
        aim = " and the value to reach with --target" if target is None and high is sympy.oo else ""
        raise LinkError(
            f"'{link}' is unbounded, so clipping does not bound osc(Delta): give a bound with --osc{aim}"
        )
    if target is None and high is sympy.oo:
        raise LinkError(f"'{link}' has no finite supremum to aim at: give the target value with --target")
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
    return Constants(d, high - low, v, known, low, range_of(pilot.tree)[0])


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
