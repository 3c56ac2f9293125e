"""Weak recovery by spherical online SGD in exact algebra: drift, hitting time, fraction and exponent.

One neuron w on the sphere with overlap m = <w, theta*>, output sign a and activation g follows, on average,

    dm/dtau = a (1 - m^2) D(m),   D(m) = sum_k c_k m^{k-1}/(k-1)!,   c_k = alpha_k b_k,   b_k = E[g He_k],

where tau counts steps times the step size. The first k with c_k != 0, the order, decides everything else.
"""

from dataclasses import dataclass

import sympy

from ..link.label import ADDITIVE, Signal, Target
from ..link.tree import Node
from .channel_forms import drawn_form, has_order
from .exact import t
from .exact.constants import is_zero
from .exact.lower import rational
from .exact.polynomial import polynomial
from .families import closed_form
from .families.moments import moment
from .signal import signal

#: The overlap m.
m = sympy.Symbol("m", real=True)


@dataclass(frozen=True, slots=True)
class Drift:
    """D(m) by its coefficients ``(k, c_k)``, orders increasing, every c_k proved nonzero."""

    terms: tuple[tuple[int, sympy.Expr], ...]

    @property
    def order(self) -> int:
        return self.terms[0][0]

    @property
    def leading(self) -> sympy.Expr:
        """c_k of the order k."""
        return self.terms[0][1]

    @property
    def expression(self) -> sympy.Expr:
        """D as an expression in ``m``."""
        return sum(c * m ** (k - 1) / sympy.factorial(k - 1) for k, c in self.terms)

    def hitting_time(self, start: sympy.Expr, end: sympy.Expr) -> sympy.Expr | None:
        """tau from overlap ``start`` to ``end``, 0 < start < end < 1, for a = sign(c_k); closed form or None.

        None when D has more than two terms, or two whose orders do not differ by 2.
        D must not vanish in between; that is for the caller to know.
        """
        order, lead = self.order, sympy.Abs(self.leading) / sympy.factorial(self.order - 1)
        if len(self.terms) == 1:
            inner = power_integral(order - 1)
            return (inner.subs(m, end) - inner.subs(m, start)) / lead
        second, other = self.terms[1]
        if len(self.terms) > 2 or second != order + 2:
            return None
        bend = sympy.sign(self.leading) * other / sympy.factorial(second - 1)
        inner = two_term_integral(order - 1, lead, bend)
        return inner.subs(m, end) - inner.subs(m, start)


def activation_coefficient(activation: Node, k: int) -> sympy.Expr | None:
    """b_k = E[g(Z) He_k(Z)], exact: polynomials, steps, relu(z - b), waves, z^n e^{-cz^2}; else None."""
    value = moment(activation, 1, k)
    if value is not None:
        return value
    form = closed_form(activation)
    return None if form is None else sympy.expand(form.alpha(k).subs(t, 0))


def signal_coefficient(target: Target, k: int) -> sympy.Expr | None:
    """alpha_k of the signal, exact, or None when the link has no closed form.

    At t = 0 (no weights) the ``label`` and ``centered`` signals are y and y - E y, the ``weight`` signal 1.
    """
    link, label = target.link.tree, target.label
    if target.t == 0 and target.signal == Signal.WEIGHT:
        return sympy.S.Zero
    if target.t == 0 and label == ADDITIVE:
        return moment(link, 1, k)
    form = drawn_form(link, label) if has_order(link, label, k) else None
    return None if form is None else signal(form, k, target.signal, target.noise).subs(t, rational(target.t))


def drift(target: Target, activation: Node) -> Drift | None:
    """D(m) for a polynomial activation, or None when some coefficient has no exact form.

    None also when every c_k vanishes.
    """
    coefficients = polynomial(activation)
    if coefficients is None:
        return None
    terms = []
    for k in range(1, len(coefficients)):
        own = activation_coefficient(activation, k)
        if own is None or (vanishing := is_zero(own)) is None:
            return None
        if vanishing:
            continue
        alpha = signal_coefficient(target, k)
        if alpha is None or (vanishing := is_zero(alpha)) is None:
            return None
        if not vanishing:
            terms.append((k, sympy.expand(alpha * own)))
    return Drift(tuple(terms)) if terms else None


def power_integral(p: int) -> sympy.Expr:
    """An antiderivative of 1/(m^p (1 - m^2)) on (0, 1), p >= 0.

    1/(m^p (1 - m^2)) = m^{-p} + m^{-p+2} + ... + r with r = 1/(1 - m^2) for even p, m/(1 - m^2) for odd p.
    """
    last = sympy.atanh(m) if p % 2 == 0 else -sympy.log(1 - m**2) / 2
    return last + sum(_monomial(n) for n in range(-p, 0, 2))


def two_term_integral(p: int, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """An antiderivative of 1/(m^p (1 - m^2) (a + b m^2)) where a + b m^2 > 0; a > 0, a + b != 0, b != 0.

    Partial fractions: 1/((1 - x)(a + b x)) = (1/(1 - x) + b/(a + b x))/(a + b), x = m^2.
    """
    return (power_integral(p) + b * _bent_integral(p, a, b)) / (a + b)


def _bent_integral(p: int, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """An antiderivative of m^{-p}/(a + b m^2), by m^{-p}/(a + bm^2) = (m^{-p} - b m^{2-p}/(a + bm^2))/a."""
    if p == -1:
        return sympy.log(1 + b * m**2 / a) / (2 * b)
    if p == 0:
        ratio = sympy.sqrt(sympy.Abs(b / a))
        inverse = sympy.atan if sympy.sign(b) == 1 else sympy.atanh
        return inverse(ratio * m) / (a * ratio)
    return (_monomial(-p) - b * _bent_integral(p - 2, a, b)) / a


def _monomial(n: int) -> sympy.Expr:
    """An antiderivative of m^n."""
    return sympy.log(m) if n == -1 else m ** (n + 1) / (n + 1)


def critical_start(order: int, c: sympy.Expr, kappa: sympy.Expr) -> sympy.Expr:
    """u of R3: the smallest sqrt(d) |m_0| that recovers within kappa = C delta; 0 for orders 1 and 2.

    dN/dtau = |c| N^{k-1}/(k-1)! leaves every bound at tau = (k-1)!/((k-2) |c| N_0^{k-2}).
    """
    if order <= 2:
        return sympy.S.Zero
    k = sympy.Integer(order)
    return ((k - 2) * kappa * sympy.Abs(c) / sympy.factorial(k - 1)) ** (-1 / (k - 2))


def good_share(order: int) -> sympy.Rational:
    """The probability of a good sign: 1 for order 1 (every neuron leaves 0), else a half."""
    return sympy.S.One if order == 1 else sympy.Rational(1, 2)


def fraction(order: int, c: sympy.Expr, kappa: sympy.Expr) -> sympy.Expr:
    """The recovered fraction of R3: P(good sign) P(|N(0,1)| >= u)."""
    return good_share(order) * sympy.erfc(critical_start(order, c, kappa) / sympy.sqrt(2))


def exponent(order: int) -> int:
    """The power of d in the samples of R4, (k - 1) v 1; at order 2 there is a factor log d besides."""
    return max(order - 1, 1)


def samples_constant(order: int, start: sympy.Expr) -> sympy.Expr:
    """A in delta |c| n(d) ~ A d^{(k-1) v 1} (A d log d at order 2), the average dynamics with one term.

    start: N_0 = sqrt(d) |m_0| > 0; orders 1 and 2 do not depend on it.
    """
    if order == 1:
        return sympy.atanh(sympy.Rational(1, 2))
    if order == 2:
        return sympy.Rational(1, 2)
    return sympy.factorial(order - 1) / ((order - 2) * start ** (order - 2))
