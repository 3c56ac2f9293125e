"""The two ends m = +-1 of training: the drift that draws a neuron there, and the noise that keeps it away.

With rho = 1 - m^2 a step of the exact chain (claim R2) has, to the second order in eta, the mean

    E[rho' - rho] = -2 eta a m (1 - m^2) D(m) + eta^2 S(m),    S(sigma) = (d - 1) q(sigma),

q(m) = E[T(y)^2 g'(u)^2]. With a of the sign that draws to the end sigma = +-1, where u = sigma z, training
ends at E rho = eta (d - 1) q(sigma)/(2 |D(sigma)|) as eta d -> 0 (claim R7). Certified, by expectations over
z alone: with h(z) = E[T(y) | z], by Stein's identity in z or in what is independent of it,

    D(sigma) = E[h(z) (z g'(sigma z) - sigma g''(sigma z))] = E[h'(z) g'(sigma z)].
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest
from math import factorial

from flint import arb, fmpq, fmpq_poly

from ...link import Signal
from ...link.build import call, combine
from ...link.label import Target
from ...link.text import LinkError
from ...link.tree import Neg, Node, Num, Var, substitute
from ..expectation.labels import cumulants, noisy
from ..expectation.oracle import oracle
from ..expectation.tail_growth import bound
from ..lowering.derivative import derivative, require_continuous
from ..lowering.removable import polynomial
from ..lowering.tail_algebra import Poly
from ..precision import Unresolved, exact, sign_of, working
from .gradient import leading

_BITS, _DIGITS = 110, 20
_REACH = 8


@dataclass(frozen=True, slots=True)
class End:
    """The end sigma = ``side`` of +-1. drift: D(sigma). square: q(sigma) = E[T^2 g'(sigma z)^2]."""

    side: int
    drift: arb
    square: arb

    @property
    def sign(self) -> int:
        """The output sign a that draws to this end, a sigma D(sigma) > 0; 0 where that is not known."""
        return self.side * sign_of(self.drift)

    @property
    def residual(self) -> arb:
        """q(sigma)/(2 |D(sigma)|): what multiplies eta (d - 1)."""
        with working(_BITS):
            return self.square / (2 * abs(self.drift))


def end(target: Target, activation: Node, side: int) -> End:
    """The end sigma = ``side``, with 2t < t_max.

    Raises NotIntegrable or Unresolved where a moment of T g' beyond the second is not shown to be finite at
    u = sigma z, or it is not settled that D has a limit there.
    """
    slope = _at_end(derivative(activation), side)
    with working(_BITS):
        if (reason := heavy_tails(target, activation)) is not None:
            raise Unresolved(reason)
        drift = _drift(target, activation, side)
        square = _signal_square(target, combine("**", slope, Num(Fraction(2))))
    return End(side, drift, square)


def heavy_tails(target: Target, activation: Node) -> str | None:
    """Why E|T(y) g'(u)|^{2+eps} is not shown to be bounded over 1/2 <= |m| <= 1, or None where it is.

    A polynomial g' leaves T its moments. Else |T| <= e^{p z^2 + ...} and |g'| <= e^{q z^2 + ...} with
    p + q < 1/4: by Hoelder's inequality e^{2 (p z^2 + q u^2)} has its largest mean at |m| = 1.
    """
    if polynomial(activation) is not None:
        return None
    link, at = target.link.tree, target.t
    signal = combine("*", link, call("exp", (combine("*", Num(at), link),))) if at else link
    p, q = _growth(signal), _growth(derivative(activation))
    if p is not None and q is not None and p + q < exact(Fraction(1, 4)):
        return None
    return "E|T(y) g'(u)|^(2+eps) is not shown to be finite at u = z: T and g' together may grow too fast"


def _growth(tree: Node) -> arb | None:
    """p >= 0 with |f(z)| <= e^{p z^2 + ...} on both tails; None where none is seen."""
    magnitudes = [bound(side, exact(_REACH)).mag for side in (tree, substitute(tree, Neg(Var())))]
    known: list[Poly] = [each for each in magnitudes if each is not None]
    if len(known) < len(magnitudes):
        return None
    return arb(0).max(leading(known[0])).max(leading(known[1]))


def _at_end(tree: Node, side: int) -> Node:
    """f(sigma z)."""
    return tree if side > 0 else substitute(tree, Neg(Var()))


def _jumps(tree: Node) -> bool:
    try:
        require_continuous(tree)
    except LinkError:
        return True
    return False


def _drift(target: Target, activation: Node, side: int) -> arb:
    """D(sigma), by the derivative that exists: that of g', else that of h."""
    slope = derivative(activation)
    here = _at_end(slope, side)
    if not _jumps(slope):
        bend = _at_end(derivative(slope), side)
        pulled = combine("*", Var(), here)
        factor = combine("-" if side > 0 else "+", pulled, bend)
        if polynomial(activation) is None:
            oracle(factor).tilted_moments((0,), (2,), Fraction(0), _DIGITS)
        return _signal(target, factor)
    if _jumps(target.link.tree):
        raise Unresolved(
            "the link and the slope of the activation both jump, and D may have no limit at the end"
        )
    rise = derivative(target.link.tree)
    _signal_square(replace(target, signal=Signal.LABEL), combine("**", rise, Num(Fraction(2))))
    tilted, value, mean = _label(target, combine("*", rise, here))
    bent: arb = exact(target.t) * target.signal.coefficient(tilted, value, mean)
    # h' = s' E[T'(y) | z], T' = (1 + t y) e^{ty}, t e^{ty} or (1 + t (y - K_y')) e^{ty}.
    return bent if target.signal == Signal.WEIGHT else tilted + bent


def _signal(target: Target, factor: Node | fmpq_poly) -> arb:
    """E[T(y) f(Z)]."""
    signal: arb = target.signal.coefficient(*_label(target, factor))
    return signal


def _label(target: Target, factor: Node | fmpq_poly) -> tuple[arb, arb, arb]:
    """E[e^{ty} f(Z)], E[y e^{ty} f(Z)] and K_y'(t)."""
    link, at, noise = target.link.tree, target.t, target.noise
    growth = cumulants(noise, exact(at))[0].exp()
    tilted, value = noisy(_means(link, factor, at, (0, 1)), noise, exact(at))
    mass, first = noisy(_means(link, Num(Fraction(1)), at, (0, 1)), noise, exact(at))
    return growth * tilted, growth * value, first / mass


def _signal_square(target: Target, factor: Node | fmpq_poly) -> arb:
    """E[T(y)^2 f(Z)]."""
    twice, noise = 2 * target.t, target.noise
    growth = cumulants(noise, exact(twice))[0].exp()
    means = _means(target.link.tree, factor, twice, (0, 1, 2))
    y = [growth * value for value in noisy(means, noise, exact(twice))]
    mean = _label(target, Num(Fraction(1)))[2] if target.signal == Signal.CENTERED else arb(0)
    square: arb = target.signal.square(y, mean)
    return square


def _means(link: Node, factor: Node | fmpq_poly, at: Fraction, powers: tuple[int, ...]) -> list[arb]:
    """E[s(Z)^i e^{t s(Z)} f(Z)] for each power i: by Hermite polynomials where f is a polynomial."""
    if not isinstance(factor, fmpq_poly):
        whole = polynomial(factor)
        return (
            [_product(link, factor, at, power) for power in powers]
            if whole is None
            else _means(link, whole, at, powers)
        )
    ks = tuple(range(max(factor.degree(), 0) + 1))
    table = oracle(link).tilted_moments(ks, powers, at, _DIGITS)
    weights = [arb(c) for c in hermite_coefficients(factor)]
    return [sum((c * table[i, k] for k, c in enumerate(weights)), arb(0)) for i in powers]


@dataclass(frozen=True, slots=True)
class StepMeans:
    """At one overlap m, for a = 1: E[G (A - m u)], E G^2 and what S holds beside (d-2) m^2 E G^2.

    rho: 1 - m^2. The same as :func:`approach.means`, certified, and for polynomial activations alone.
    """

    m: Fraction
    pull: arb
    square: arb
    beside: arb

    @property
    def rho(self) -> Fraction:
        return 1 - self.m**2

    def resting_step(self, sign: int, d: int) -> arb:
        """eta at which 2 a m E[G (A - m u)] = eta S: the mean of rho stands still."""
        with working(_BITS):
            spread = (d - 2) * exact(self.m**2) * self.square + self.beside
            return 2 * sign * exact(self.m) * self.pull / spread


def step_means(target: Target, activation: Node, side: int, h: Fraction) -> StepMeans:
    """At m = sigma (1 - h^2)/(1 + h^2), where sqrt(1 - m^2) is rational; B is averaged over exactly."""
    whole = polynomial(activation)
    if whole is None:
        raise ValueError("an activation that is no polynomial has no exact average over B")
    m, s = side * (1 - h * h) / (1 + h * h), 2 * h / (1 + h * h)
    rho = 1 - m * m
    a, b = [fmpq_poly([0, 1])], [fmpq_poly([0]), fmpq_poly([1])]
    u = _plus(_times([fmpq_poly([_fmpq(m)])], a), _times([fmpq_poly([_fmpq(s)])], b))
    slope = _at(whole.derivative(), u)
    square = _times(slope, slope)
    beside = [fmpq_poly([0])]
    for weight, x, y in ((m * m, b, b), (-rho, a, a), (-4 * s, b, u), (4 * rho, u, u)):
        beside = _plus(beside, _times([fmpq_poly([_fmpq(weight)])], _times(x, y)))
    away = _plus(a, _times([fmpq_poly([_fmpq(-m)])], u))
    with working(_BITS):
        pull = _signal(target, _averaged(_times(slope, away)))
        squares = [_signal_square(target, _averaged(each)) for each in (square, _times(square, beside))]
    return StepMeans(m, pull, *squares)


#: A polynomial in A and B: the coefficients of the powers of B, polynomials in A.
Bivariate = list[fmpq_poly]


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _plus(f: Bivariate, g: Bivariate) -> Bivariate:
    return [x + y for x, y in zip_longest(f, g, fillvalue=fmpq_poly([0]))]


def _times(f: Bivariate, g: Bivariate) -> Bivariate:
    product = [fmpq_poly([0])] * (len(f) + len(g) - 1)
    for i, x in enumerate(f):
        for j, y in enumerate(g):
            product[i + j] = product[i + j] + x * y
    return product


def _at(p: fmpq_poly, u: Bivariate) -> Bivariate:
    """p(u)."""
    terms: Bivariate = [fmpq_poly([0])]
    for c in reversed(p.coeffs()):
        terms = _plus(_times(terms, u), [fmpq_poly([c])])
    return terms


def _averaged(f: Bivariate) -> fmpq_poly:
    """E over B ~ N(0,1): E B^j = (j-1)!! for even j."""
    total = fmpq_poly([0])
    for j in range(0, len(f), 2):
        total += f[j] * fmpq(factorial(j), 2 ** (j // 2) * factorial(j // 2))
    return total


def hermite_coefficients(p: fmpq_poly) -> list[fmpq]:
    """c_k with p = sum_k c_k He_k, from z^n = sum_j n!/(2^j j! (n-2j)!) He_{n-2j}."""
    terms = [fmpq(0)] * (max(p.degree(), 0) + 1)
    for n in range(p.degree() + 1):
        for j in range(n // 2 + 1):
            terms[n - 2 * j] += p[n] * fmpq(factorial(n), 2**j * factorial(j) * factorial(n - 2 * j))
    return terms


def _product(link: Node, factor: Node, at: Fraction, power: int) -> arb:
    tree = factor
    if power:
        tree = combine("*", combine("**", link, Num(Fraction(power))), tree)
    if at:
        tree = combine("*", tree, call("exp", (combine("*", Num(at), link),)))
    return oracle(tree).tilted_moments((0,), (1,), Fraction(0), _DIGITS)[1, 0]
