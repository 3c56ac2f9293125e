"""The setting of one neuron's training: which order leads, what it predicts, which step suits it."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import factorial

import numpy as np
import sympy

from ...link import ADDITIVE, NOISELESS, Label, Link, LinkError, Noise, Signal, Target, parse
from ...numerics.expectation.oracle import NotIntegrable, t_range
from ...numerics.lowering.derivative import require_continuous
from ...numerics.lowering.pointwise import Array
from ...numerics.precision import exact, working
from ...numerics.recovery.forecast import Schedule, default_delta, visible_order
from ...numerics.recovery.gradient import GradientNoise, gradient_noise, unbounded_slope
from ...numerics.recovery.population import Population, population
from ...numerics.recovery.training import Training
from ...numerics.work import allowance, remembered
from ...theory import recovery
from ...theory.channel import two_values, vanishing
from ...theory.exact.constants import is_zero, sign
from ...theory.exact.lower import rational
from ...theory.shape.monotone import parity
from ..link_facts.exponents import exponents, tilt_limit
from ..number import show

_TERMS = {1: "z"}
#: Orders up to which a common one of signal and activation is sought.
_HIGHEST = 16
#: The work that one setting may take, several seconds.
_WORK = 4e6


@dataclass(frozen=True, slots=True)
class LabelLaw:
    """How y comes of z: by the link and additive noise, or by a draw."""

    noise: Noise = NOISELESS
    label: Label = ADDITIVE

    def target(self, link: Link, t: Fraction) -> Target:
        """y e^{ty} of such a label."""
        return Target(link, t, Signal.LABEL, self.noise, self.label)

    def __str__(self) -> str:
        """How a line of evidence begins."""
        if self.label != ADDITIVE:
            return f"label {self.label}: "
        return "" if self.noise == NOISELESS else f"under {self.noise}: "


PLAIN = LabelLaw()


@dataclass(frozen=True, eq=False)
class Setting:
    """What is trained on and the activation with what leads the drift; one object for each.

    order: the first k with alpha_k b_k != 0; reason: why the earlier
    products vanish and this one does not. settled: that they do is proved, and not only that they are tiny.
    delta: the step's scale, eta = delta d^{-(order v 2)/2}. given: it is the user's, and not our default.
    """

    target: Target
    activation: Link
    order: int
    reason: str
    population: Population
    gradient: GradientNoise
    delta: float
    settled: bool = True
    given: bool = False

    @property
    def law(self) -> LabelLaw:
        return LabelLaw(self.target.noise, self.target.label)

    @property
    def leading(self) -> float:
        """c = alpha_k b_k at the leading order k."""
        return float(self.population.c.mid())

    def schedule(self, d: int) -> Schedule:
        return Schedule(self.population, self.gradient, d, self.delta)

    def training(self, step: float) -> Training:
        """Both inputs of a preference are drawn at each step."""
        batch = 2 if self.target.label.kind == "preference" else 1
        return Training(self.target, self.activation.tree, step, batch)

    def good_signs(self, starts: Array) -> Array:
        """Output signs with which neurons leave 0; at odd orders above 1 the start decides as well."""
        signs = np.full(len(starts), np.sign(self.leading))
        return signs * np.sign(starts) if self.order >= 3 and self.order % 2 else signs

    @cached_property
    def kept(self) -> tuple[bool | None, bool | None]:
        """Whether a D(m) keeps its sign on the way to m = 1/2 and to m = -1/2; None where that is open."""
        return self.population.sign_kept(1), self.population.sign_kept(-1)

    def suited(self, d: int) -> Schedule:
        """The schedule of the order that leads at |m| = d^{-1/2}, where neurons start."""
        leads = visible_order(self.population, d)
        if leads == self.order:
            return self.schedule(d)
        delta = self.delta if self.given else default_delta(self.population, self.gradient, leads)
        return Schedule(self.population, self.gradient, d, delta, leads)

    @property
    def lawless(self) -> str | None:
        """Why R3 and R4 say nothing here whatever d, or None: D(m) must keep its sign up to |m| = 1/2."""
        if not self.settled:
            return f"it is not settled which order leads as d -> oo ({self.reason})"
        if all(self.kept):
            return None
        places = dict(zip(("1/2", "-1/2"), self.kept, strict=True))
        reasons = [
            f"{what} on the way to m = {' and to m = '.join(ends)}"
            for way, what in ((False, "changes sign"), (None, "is not shown to keep its sign"))
            if (ends := [end for end, kept in places.items() if kept is way])
        ]
        return f"the drift {' and '.join(reasons)}"

    def limit_fraction(self, kappa: float) -> float | None:
        """R3's law at C delta = ``kappa``; None where its assumptions are not shown to hold."""
        if self.lawless:
            return None
        u = recovery.critical_start(self.order, sympy.Float(self.leading), sympy.Float(kappa))
        return float(recovery.good_share(self.order)) * float(sympy.erfc(u / sympy.sqrt(2)))


@remembered(256)
def setting(target: Target, activation: Link | None = None, delta: float | None = None) -> Setting:
    """The setting with the default activation and step where none is given.

    Raises LinkError where the gradient is not shown to have a moment beyond the second, or signal and
    activation share no order; ArithmeticError where it is not settled that they do.
    """
    with allowance(_WORK):
        return _setting(target, activation, delta)


def _setting(target: Target, activation: Link | None, delta: float | None) -> Setting:
    if activation is None:
        activation = default_activation(target.link, weighted=target.t > 0, label=target.label)
    if (reason := unbounded_slope(activation.tree)) is not None:
        raise LinkError(
            f"the laws of recovery need E|g'(Z)|^(2+eps) < oo of the activation '{activation}': {reason}; "
            "write one with a tamer slope, such as relu(z), tanh(z) or He(3, z)"
        )
    require_continuous(activation.tree)
    _require_variance(target)
    try:
        first = population(target, activation.tree, 1)
    except NotIntegrable as refusal:
        raise LinkError(f"activation '{activation}' or signal has no second moment: {refusal}") from None
    order, reason, settled = _order(target, activation, first)
    known = replace(first, order=order)
    gradient = gradient_noise(target, activation.tree)
    chosen = default_delta(known, gradient) if delta is None else delta
    given = delta is not None
    return Setting(target, activation, order, reason, known, gradient, chosen, settled, given)


def default_activation(
    link: Link, *, weighted: bool = True, both: bool = False, label: Label = ADDITIVE
) -> Link:
    """He_k + He_1 + He_3, each over k! and each order once, k the exponent that leads.

    That is the generative exponent with weights, the information exponent without; both: He_k of either.
    Raises ArithmeticError when an exponent is undecided, LinkError when the link is constant.
    """
    found = exponents(link, label)
    wanted = {
        "generative": found.generative_exponent if weighted or both else None,
        "information": found.information_exponent if both or not weighted else None,
    }
    orders = {1, 3}
    for name, exponent in wanted.items():
        if exponent is None:
            continue
        if exponent.value is not None:
            orders.add(exponent.value)
        elif exponent.status == "UNDECIDED":
            raise ArithmeticError(
                f"the {name} exponent of '{link}' is undecided: give an activation with --activation"
            )
        elif name == "generative":
            raise LinkError(
                f"'{link}' is constant, so there is no direction to recover: write a link such as tanh(z)"
            )
        else:
            raise LinkError(
                f"E[s He_k] = 0 for every k >= 1 of '{link}', so there is no signal without weights: "
                "write a finite beta"
            )
    return parse(" + ".join(_TERMS.get(k, f"He({k}, z)/{factorial(k)}") for k in sorted(orders)))


def _require_variance(target: Target) -> None:
    """T(y) must have a moment beyond the second: E|T|^{2+eps} < oo for some eps > 0 where 2t < t_max."""
    link, at = target.link, target.t
    if target.label != ADDITIVE:
        _require_drawn_variance(link, at, target.label)
        return
    known = t_range(link.tree)
    limit = known.finite_below
    with working(96):
        if at == 0 or exact(2 * at) < limit:
            return
        if not limit > 0:
            why = "is not shown to have t_max > 0, nor E|T(y)|^(2+eps) < oo at any finite beta"
            if known.infinite_from.is_zero():
                why = "has t_max = 0, so E|T(y)|^(2+eps) = oo at every finite beta"
            raise LinkError(f"'{link}' {why}: write --beta oo, or clip the link")
        verb = "so" if exact(2 * at) >= known.infinite_from else "shown"
        raise LinkError(
            f"the laws of recovery need E|T(y)|^(2+eps) < oo, which is not {verb} at beta = {1 / at}: "
            f"write a beta above 2/t_max = {float(2 / limit):.6g}, or --beta oo"
        )


def _require_drawn_variance(link: Link, at: Fraction, label: Label) -> None:
    limit = tilt_limit(link, label)
    if at == 0 or (limit.value is not None and sign(limit.value - 2 * rational(at)) == 1):
        return
    raise LinkError(
        f"the laws of recovery need E|T(y)|^(2+eps) < oo, which is not shown at beta = {1 / at} for this "
        f"label ({limit.reason}): write a larger beta, or --beta oo"
    )


def _order(target: Target, activation: Link, known: Population) -> tuple[int, str, bool]:
    """The first order whose product is certified nonzero, why, and whether the earlier ones are proved 0."""
    vanished: list[str] = []
    settled = True
    for k in range(1, min(_HIGHEST + 1, len(known.signal_coefficients))):
        product = known.signal_coefficients[k] * known.activation_coefficients[k]
        if not product.contains(0):
            value = f"alpha_{k} b_{k} = {show(product, 8)} is certified nonzero"
            return k, "; ".join([*vanished, value]), settled
        why = vanishes(target, activation, k)
        if why is None:
            settled = False
            why = f"|alpha_{k} b_{k}| <= {float(product.abs_upper()):.1g}, perhaps 0"
        vanished.append(why)
    if not settled:
        raise ArithmeticError(f"no alpha_k b_k is certified nonzero: {'; '.join(vanished[:4])}")
    raise LinkError(
        f"activation '{activation}' shares no Hermite order with the signal here "
        f"({'; '.join(vanished[:4]) or 'it is constant'}): choose another activation or temperature"
    )


def vanishes(target: Target, activation: Link, k: int) -> str | None:
    """Why alpha_k b_k = 0, or None when that is not proved."""
    link, label = target.link, target.label
    own = recovery.activation_coefficient(activation.tree, k)
    if own is not None and is_zero(own):
        return f"b_{k} = 0"
    star = exponents(link, label).generative_exponent.value
    if star is not None and k < star:
        return f"alpha_{k} = 0 below the generative exponent"
    if label != ADDITIVE:
        # E[T(y) He_k] of two values is a multiple of E[y He_k]; without weights it is that number.
        alone = two_values(label) is not None or (target.t == 0 and target.signal != Signal.WEIGHT)
        even = k % 2 and parity(link.tree).value == "even" and label.variance is None
        if even or (alone and vanishing(link.tree, label, 1, k)):
            return f"alpha_{k} = 0 of this label"
    elif k % 2 and parity(link.tree).value == "even":
        return f"alpha_{k} = 0 for an even link"
    alpha = recovery.signal_coefficient(target, k)
    return f"alpha_{k} = 0" if alpha is not None and is_zero(alpha) else None
