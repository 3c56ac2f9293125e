"""The tilted policy pi* of density e^{s/beta} phi/M at one temperature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar, overload

import sympy
from flint import arb

from ...crosscheck.arguments import as_digits, as_noise
from ...crosscheck.number import Number, ball_to, from_ball, from_exact
from ...crosscheck.record import Record, Shown
from ...link import Link, Noise, as_link, positive
from ...numerics.deployment import policy as certified
from ...numerics.expectation.oracle import Unresolved
from ...numerics.work import allowance, question
from ...theory.exact.lower import rational
from ...theory.policy import closed_policy, rational_mass

#: The work that the moments of one policy may take, several seconds.
_WORK = 4e6
Beta = int | float | str | Fraction
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


@dataclass(frozen=True, slots=True, repr=False)
class Policies(Shown, Record):
    """The policies of one link at several temperatures, in the order in which these were asked for."""

    link: Link
    noise: Noise
    policies: tuple[Policy, ...]

    keys: ClassVar = "link noise temperatures=policies"


@overload
def policy(  # type: ignore[overload-overlap]  # a str is itself several of them, and one temperature here
    link: Link | str, beta: Beta, noise: Noise | str | None = None, digits: int = 30
) -> Policy: ...
@overload
def policy(
    link: Link | str, beta: Iterable[Beta], noise: Noise | str | None = None, digits: int = 30
) -> Policies: ...
def policy(
    link: Link | str, beta: Beta | Iterable[Beta], noise: Noise | str | None = None, digits: int = 30
) -> Policy | Policies:
    """The tilted policy, of density proportional to e^{s/beta} against N(0, 1).

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    beta
        A temperature > 0, an exact number, or several.
    noise
        A law such as ``"gaussian(1)"``, which enters ``ess_ratio`` alone; None for none.
    digits
        Significant digits of every enclosure, from 2 to 300.

    Returns
    -------
    Policy or Policies
        At one temperature its K, V, KL, chi2 and effective share of samples; at several, each of these.

    Raises
    ------
    LinkError
        On what is no link, temperature or noise law.
    ArithmeticError
        Where E e^{s/beta} is infinite.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.policy("z**2", beta=4).value.closed_form
    2
    >>> [round(float(one.kl), 4) for one in tiltproof.policy("tanh(z)", beta=[1, 2]).policies]
    [0.1737, 0.0477]

    Source
    ------
    Claim P1: the variational principle of Gibbs.
    """
    digits, chosen, law = as_digits(digits), as_link(link), as_noise(noise)
    betas: Sequence[Any] = list(beta) if isinstance(beta, Iterable) and not isinstance(beta, str) else [beta]
    ats = [positive(each, "beta") for each in betas]
    found = []
    for at in ats:
        with question(digits), allowance(_WORK, digits):
            found.append(_policy(chosen, at, law, digits))
    if isinstance(beta, Iterable) and not isinstance(beta, str):
        return Policies(chosen, law, tuple(found))
    return found[0]


def _policy(link: Link, at: Fraction, noise: Noise, digits: int) -> Policy:
    tree, t = link.tree, 1 / at
    closed = closed_policy(tree, noise)
    certified.log_partition(tree, t, 5)  # refuses a temperature at which there is no policy
    exact = None if closed is None else closed.at(rational(t))

    def enclosed(name: str, compute: Callable[[int], arb]) -> Number:
        if exact is not None:
            return from_exact(getattr(exact, name), digits)
        found = from_ball(certified.sharp(compute, digits), digits)
        # What rounding alone puts below 0, or above 1, is not shown there.
        if name in _NONNEGATIVE and found.lower.startswith("-"):
            found = replace(found, lower="0")
        if name == "ess_ratio" and (found.upper == "inf" or Fraction(found.upper) > 1):
            found = replace(found, upper="1")
        return found

    def moment(name: str) -> Number:
        return enclosed(name, lambda wanted: getattr(certified.moments(tree, t, wanted), name))

    def amplification(name: str, compute: Callable[[int, certified.Mass | None], arb]) -> Number:
        try:
            return enclosed(name, lambda wanted: compute(wanted, None))
        except Unresolved:
            mass = rational_mass(tree, 2 * rational(t))
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
