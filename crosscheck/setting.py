"""One neuron's training as both rooms see it: which order leads, what it predicts, which step suits it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from math import factorial

import sympy

from ..link import NOISELESS, Link, LinkError, Noise, parse
from ..numerics.expectation import NotIntegrable, t_range
from ..numerics.precision import exact, working
from ..numerics.recovery.derivative import require_continuous
from ..numerics.recovery.gradient import GradientNoise, gradient_noise
from ..numerics.recovery.population import Population, population
from ..numerics.recovery.schedule import Schedule, default_delta
from ..numerics.signal import Signal
from ..theory import recovery
from ..theory.constants import is_zero
from ..theory.parity import parity
from .answers.exponents import exponents
from .compare import show

_TERMS = {1: "z"}
#: Orders up to which a common one of signal and activation is sought.
_HIGHEST = 16


@dataclass(frozen=True)
class Setting:
    """Link, temperature and activation with what leads the drift.

    at: t = 1/beta, 0 without weights. order: the first k with alpha_k b_k != 0; reason: why the earlier
    products vanish and this one does not. delta: the step's scale, eta = delta d^{-(order v 2)/2}.
    """

    link: Link
    activation: Link
    at: Fraction
    signal: Signal
    noise: Noise
    order: int
    reason: str
    population: Population
    gradient: GradientNoise
    delta: float

    @property
    def leading(self) -> float:
        """c = alpha_k b_k at the leading order k."""
        return float(self.population.c.mid())

    def schedule(self, d: int) -> Schedule:
        return Schedule(self.population, self.gradient, d, self.delta)

    @cached_property
    def kept(self) -> tuple[bool | None, bool | None]:
        """Whether a D(m) keeps its sign on the way to m = 1/2 and to m = -1/2; None where that is open."""
        return self.population.sign_kept(1), self.population.sign_kept(-1)

    @property
    def good_share(self) -> float | None:
        """The share of random signs and starts that are good and whose drift does not vanish on the way."""
        if None in self.kept:
            return None
        return float(recovery.good_share(self.order)) * sum(map(bool, self.kept)) / 2

    def limit_fraction(self, kappa: float) -> float | None:
        """R3's law at C delta = ``kappa``; None where it is open whether the drift vanishes on the way."""
        share = self.good_share
        if share is None:
            return None
        u = recovery.critical_start(self.order, sympy.Float(self.leading), sympy.Float(kappa))
        return share * float(sympy.erfc(u / sympy.sqrt(2)))


@lru_cache(maxsize=256)
def setting(
    link: Link,
    at: Fraction,
    activation: Link | None = None,
    signal: Signal = "label",
    noise: Noise = NOISELESS,
    delta: float | None = None,
) -> Setting:
    """The setting with the default activation and step where none is given.

    Raises LinkError where gradients have infinite variance, or signal and activation share no order;
    ArithmeticError where it is not settled which order leads.
    """
    activation = default_activation(link) if activation is None else activation
    require_continuous(activation.tree)
    _require_variance(link, at)
    try:
        first = population(link.tree, activation.tree, at, 1, signal, noise)
    except NotIntegrable as refusal:
        raise LinkError(f"activation '{activation}' or signal has no second moment: {refusal}") from None
    order, reason = _order(link, activation, at, signal, noise, first)
    known = replace(first, order=order)
    gradient = gradient_noise(link.tree, activation.tree, at, signal, noise)
    chosen = default_delta(known, gradient) if delta is None else delta
    return Setting(link, activation, at, signal, noise, order, reason, known, gradient, chosen)


def default_activation(link: Link) -> Link:
    """He_{k*} + He_1 + He_3, each over k! and each order once, k* the generative exponent.

    Raises ArithmeticError when k* is undecided, LinkError when the link is constant.
    """
    exponent = exponents(link).generative_exponent
    if exponent.value is None:
        if exponent.status == "UNDECIDED":
            raise ArithmeticError(
                f"the generative exponent of '{link}' is undecided: give an activation with --activation"
            )
        raise LinkError(
            f"'{link}' is constant, so there is no direction to recover: write a link such as tanh(z)"
        )
    return parse(
        " + ".join(_TERMS.get(k, f"He({k}, z)/{factorial(k)}") for k in sorted({exponent.value, 1, 3}))
    )


def _require_variance(link: Link, at: Fraction) -> None:
    limit = t_range(link.tree).finite_below
    with working(96):
        if at == 0 or exact(2 * at) < limit:
            return
        if not limit > 0:
            raise LinkError(
                f"'{link}' has t_max = 0, so no finite beta works: write --beta oo, or clip the link"
            )
        raise LinkError(
            f"beta = {1 / at} gives gradients of infinite variance: "
            f"write a beta above 2/t_max = {float(2 / limit):.6g}, or --beta oo"
        )


def _order(
    link: Link, activation: Link, at: Fraction, signal: Signal, noise: Noise, known: Population
) -> tuple[int, str]:
    vanished: list[str] = []
    for k in range(1, min(_HIGHEST + 1, len(known.signal_coefficients))):
        product = known.signal_coefficients[k] * known.activation_coefficients[k]
        if not product.contains(0):
            value = f"alpha_{k} b_{k} = {show(product, 8)} is certified nonzero"
            return k, "; ".join([*vanished, value])
        why = vanishes(link, activation, k, at, signal, noise)
        if why is None:
            raise ArithmeticError(f"it is not settled whether alpha_{k} b_{k} = {show(product)} vanishes")
        vanished.append(why)
    raise LinkError(
        f"activation '{activation}' shares no Hermite order with the signal here "
        f"({'; '.join(vanished[:4])}): choose another activation or temperature"
    )


def vanishes(
    link: Link,
    activation: Link,
    k: int,
    at: Fraction,
    signal: Signal = "label",
    noise: Noise = NOISELESS,
) -> str | None:
    """Why alpha_k b_k = 0, or None when that is not proved."""
    own = recovery.activation_coefficient(activation.tree, k)
    if own is not None and is_zero(own):
        return f"b_{k} = 0"
    star = exponents(link).generative_exponent.value
    if star is not None and k < star:
        return f"alpha_{k} = 0 below the generative exponent"
    if k % 2 and parity(link.tree).value == "even":
        return f"alpha_{k} = 0 for an even link"
    alpha = recovery.signal_coefficient(link.tree, k, at, signal, noise)
    return f"alpha_{k} = 0" if alpha is not None and is_zero(alpha) else None
