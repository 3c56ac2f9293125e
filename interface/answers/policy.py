"""The tilted policy pi* of density e^{s/beta} phi/M at one temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import sympy
from flint import arb

from ...crosscheck.arguments import as_digits, as_noise
from ...crosscheck.number import Number, ball_to, from_ball, from_exact
from ...crosscheck.record import Record
from ...crosscheck.shown import Shown
from ...link import Link, Noise, as_link, positive
from ...numerics.deployment import policy as certified
from ...numerics.expectation.oracle import Unresolved
from ...numerics.work import allowance
from ...theory.policy import closed_policy, rational_mass

#: The work that the moments of one policy may take, several seconds.
_WORK = 4e6
_NONNEGATIVE = ("variance", "kl", "chi2", "ess_ratio")


@dataclass(frozen=True, slots=True, repr=False)
class Policy(Shown, Record):
    """What tilting by e^{s/beta} does to N(0,1), t = 1/beta.

    log_partition: K = log E e^{ts}. value: V = E_{pi*} s = K'. variance: Var_{pi*} s = K'' = dV/dt.
    kl: KL(pi*||gamma) = tK' - K. objective: V - beta KL = beta K, the largest of any policy.
    chi2: chi2(pi*||gamma) = e^{K(2t)-2K(t)} - 1. ess_ratio: the effective share of n samples weighted by
    e^{ty}, y the noisy label. ``inf`` and 0 where the weights have infinite variance.
    """

    link: Link
    beta: Fraction
    noise: Noise
    log_partition: Number
    value: Number
    kl: Number
    chi2: Number
    ess_ratio: Number
    objective: Number
    variance: Number


def policy(
    link: Link | str, beta: int | float | str | Fraction, noise: Noise | str | None = None, digits: int = 30
) -> Policy:
    """The tilted policy at the temperature ``beta`` > 0, each number to ``digits`` significant digits.

    Raises LinkError on a bad link or temperature, NotIntegrable when E e^{s/beta} is infinite.
    """
    digits = as_digits(digits)
    link, at, noise = as_link(link), positive(beta, "beta"), as_noise(noise)
    with allowance(_WORK, digits):
        return _policy(link, at, noise, digits)


def _policy(link: Link, at: Fraction, noise: Noise, digits: int) -> Policy:
    tree, t = link.tree, 1 / at
    closed = closed_policy(tree, noise)
    certified.log_partition(tree, t, 5)  # refuses a temperature at which there is no policy
    exact = None if closed is None else closed.at(sympy.Rational(t.numerator, t.denominator))

    def enclosed(name: str, compute: Callable[[int], arb]) -> Number:
        if exact is not None:
            return from_exact(getattr(exact, name), digits)
        found = from_ball(certified.sharp(compute, digits), digits)
        # What rounding alone puts below 0, or above 1, is not shown there.
        if name in _NONNEGATIVE and found.lower.startswith("-"):
            found = replace(found, lower="0")
        if name == "ess_ratio" and Fraction(found.upper) > 1:
            found = replace(found, upper="1")
        return found

    def moment(name: str) -> Number:
        return enclosed(name, lambda wanted: getattr(certified.moments(tree, t, wanted), name))

    def amplification(name: str, compute: Callable[[int, certified.Mass | None], arb]) -> Number:
        try:
            return enclosed(name, lambda wanted: compute(wanted, None))
        except Unresolved:
            mass = rational_mass(tree, 2 * sympy.Rational(t.numerator, t.denominator))
        if mass is sympy.oo:
            return from_exact(sympy.oo if name == "chi2" else sympy.S.Zero, digits)
        if mass is not None:
            known = partial(ball_to, mass)
            return from_ball(certified.sharp(lambda wanted: compute(wanted, known), digits), digits)
        # Whether M(2t) is finite is open: only Jensen's chi2 + 1 >= e^{KL} is known.
        kl = certified.moments(tree, t, digits + 5).kl
        if name == "chi2":
            return Number(None, from_ball(kl.expm1(), digits).lower, "inf")
        return Number(None, "0", from_ball((-kl).exp(), digits).upper)

    return Policy(
        link,
        at,
        noise,
        log_partition=moment("log_partition"),
        value=moment("value"),
        kl=moment("kl"),
        chi2=amplification("chi2", partial(certified.chi2, tree, t)),
        ess_ratio=amplification("ess_ratio", partial(certified.ess_ratio, tree, noise, t)),
        objective=enclosed("objective", lambda wanted: certified.objective(tree, t, wanted)),
        variance=moment("variance"),
    )
