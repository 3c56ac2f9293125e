"""Closed forms under a label that is drawn: the tilted coefficients, the most that it carries, its zeros."""

from collections.abc import Callable
from fractions import Fraction

import sympy
from sympy.functions.combinatorial.numbers import stirling

from ..link.build import negate
from ..link.label import ADDITIVE, NOISELESS, Label, Noise, Signal
from ..link.tree import Node
from .channel import power_mean, two_values, win_moment
from .exact import t
from .exact.constants import sign
from .exact.lower import constant, rational
from .exact.polynomial import polynomial
from .exponents import rising_order, why_constant
from .families import ClosedForm, closed_form
from .families.moments import moment
from .shape.monotone import monotone, parity
from .shape.pieces import levels
from .shape.range import bounds
from .signal import best_signal as of_the_link
from .signal import in_lowest_terms
from .threshold import ClosedThreshold


def drawn_form(tree: Node, label: Label) -> ClosedForm | None:
    """h_k and alpha_k of the label as expressions in t, or None."""
    if label.kind == "poisson":
        return _of_counts(tree)
    if label.kind == "flip":
        return _of_flips(tree, label.numbers[0])
    if two_values(label) is not None:
        return _of_two_values(tree, label)
    return None if label.variance is not None else closed_form(tree)


def share(tree: Node, label: Label, k: int) -> sympy.Expr | None:
    """E[p He_k] exactly, p = P(y = v1 | z) of a two-valued label; None where it is not at hand."""
    if label.kind == "bernoulli":
        return moment(tree, 1, k)
    if k == 0:
        return sympy.Rational(1, 2)
    steps = levels(tree)
    return None if steps is None else win_moment(steps, rational(label.numbers[0]), k) / 2


def drawn_moment(
    tree: Node, label: Label, i: int, k: int, of: Callable[[Node, int, int], sympy.Expr | None] = moment
) -> sympy.Expr | None:
    """E[y^i He_k] exactly, i >= 1; ``of``: E[s^i He_k] of a link. None where it is not at hand."""
    values = two_values(label)
    if values is not None:
        part, (low, high) = share(tree, label, k), values
        return None if part is None else low**i * (k == 0) + (high**i - low**i) * part
    if label.kind == "poisson":
        parts = [(stirling(i, j), of(tree, j, k)) for j in range(1, i + 1)]
    elif label.kind == "flip":
        q = rational(label.numbers[0])
        parts = [(1 - q + (-1) ** i * q, of(tree, i, k))]
    elif label.variance is not None:
        parts = [(1, of(power_mean(tree, label.variance, i), 1, k))]
    else:
        parts = [(1, of(tree, i, k))]
    return None if any(value is None for _, value in parts) else sympy.Add(*(c * value for c, value in parts))


def has_order(tree: Node, label: Label, k: int) -> bool:
    """Whether the closed form of a label, where it has one, knows the order k."""
    return two_values(label) is None or share(tree, label, k) is not None


def _of_two_values(tree: Node, label: Label) -> ClosedForm | None:
    values = two_values(label)
    if values is None or share(tree, label, 0) is None:
        return None
    low, high = values

    def h(k: int) -> sympy.Expr:
        part = _known(tree, label, k)
        if k == 0:
            return (1 - part) * sympy.exp(low * t) + part * sympy.exp(high * t)
        return part * (sympy.exp(high * t) - sympy.exp(low * t))

    def alpha(k: int, variance: sympy.Rational) -> sympy.Expr:
        part = _known(tree, label, k)
        low_part = 1 - part if k == 0 else -part
        return low_part * low * sympy.exp(low * t) + part * high * sympy.exp(high * t)

    derivation = f"y is {high} with probability p(z), else {low}: e^({high}t) and e^({low}t) times E[p He_k]"
    return ClosedForm("two values", derivation, sympy.oo, h, alpha)


def _known(tree: Node, label: Label, k: int) -> sympy.Expr:
    """E[p He_k] of an order that ``has_order`` knows."""
    value = share(tree, label, k)
    assert value is not None
    return value


def _of_counts(tree: Node) -> ClosedForm | None:
    form = closed_form(tree)
    if form is None:
        return None
    inner = sympy.exp(t) - 1
    derivation = f"{form.derivation}; counts of rate s have its h_k at e^t - 1"
    return ClosedForm(
        form.family,
        derivation,
        sympy.log(1 + form.t_max),
        lambda k: form.h(k).subs(t, inner),
        lambda k, variance: sympy.exp(t) * form.alpha(k).subs(t, inner),
        None if form.general is None else form.general.subs(t, inner),
        lambda k: sympy.exp(t) * form.centered(k).subs(t, inner),
    )


def _of_flips(tree: Node, chance: Fraction) -> ClosedForm | None:
    kept, turned = closed_form(tree), closed_form(negate(tree))
    if kept is None or turned is None:
        return None
    q = rational(chance)
    derivation = f"{kept.derivation}; flips add {q} times the same at -t to {1 - q} times that at t"
    if chance == 0:
        return kept
    if chance == 1:
        return turned
    return ClosedForm(
        kept.family,
        derivation,
        sympy.Min(kept.t_max, turned.t_max),
        lambda k: (1 - q) * kept.h(k) + q * turned.h(k),
        lambda k, variance: (1 - q) * kept.alpha(k) + q * turned.alpha(k),
    )


def best_signal(tree: Node, k: int, noise: Noise, label: Label) -> sympy.Expr | None:
    """lambda_k^2 = E zeta_k^2/k! in closed form, or None.

    Two values: E[p He_k]^2/(k! P(1 - P)), P = E p. az + b under Gaussian noise: y and z are jointly Gaussian
    of squared correlation rho^2, so zeta_k is rho^k He_k of y, standardised, and lambda_k^2 = rho^{2k}.
    """
    if two_values(label) is not None:
        whole, part = share(tree, label, 0), share(tree, label, k)
        if whole is None or part is None:
            return None
        return in_lowest_terms(part**2 / (sympy.factorial(k) * whole * (1 - whole)))
    if label != ADDITIVE:
        return None
    if noise == NOISELESS:
        found: sympy.Expr | None = of_the_link(tree, k)
        return found
    line = polynomial(tree)
    if noise.kind != "gaussian" or line is None or len(line) != 2:
        return None
    return in_lowest_terms((line[1] ** 2 / (line[1] ** 2 + rational(noise.scale) ** 2)) ** k)


def drawn_threshold(tree: Node, label: Label, kind: str, star: int) -> ClosedThreshold | None:
    """All zeros t of the ``kind`` signal of order ``star``, or None.

    Two values u < v: alpha_k = (v e^{tv} - u e^{tu}) E[p He_k] for k >= 1, which vanishes only where
    e^{t(v-u)} = u/v, so for u < v < 0 at t0 = log(u/v)/(v - u); h_k = (e^{tv} - e^{tu}) E[p He_k] and
    M (h_k/M)' = (v - u) e^{t(u + v)}/M E[p He_k] vanish nowhere.
    """
    values = two_values(label)
    if values is not None:
        low, high = sorted(values, key=lambda v: v)
        if kind != Signal.LABEL or sign(high) != -1:
            return ClosedThreshold((), sympy.S.Zero, _never(kind))
        zero = sympy.log(low / high) / (high - low)
        reason = "v e^(tv) - u e^(tu) vanishes where e^(t(v - u)) = u/v, for every order at once"
        return ClosedThreshold((zero,), sympy.S.Zero, reason)
    return None if label.variance is None else _of_spread(tree, label.variance, kind, star)


def _never(kind: str) -> str:
    if kind == Signal.LABEL:
        return "y has two values, and v e^(tv) > u e^(tu) for u < v unless both are negative"
    return f"y has two values, and the {kind} signal is a positive multiple of E[p He_k] for u < v"


def _of_spread(tree: Node, variance: Node, kind: str, star: int) -> ClosedThreshold | None:
    """m_t = e^{ts + t^2 v/2} and m_t' = (s + tv) m_t rise where s and v do, and s >= 0."""
    shape, other = monotone(tree).value, monotone(variance).value
    if shape is None or rising_order(tree) != star or why_constant(variance) is not None:
        return None
    if shape != other or not shape.startswith("increasing") or kind == Signal.CENTERED:
        return None
    if kind == Signal.LABEL and sign(bounds(tree)[0]) not in (0, 1):
        return None
    what = "(s + tv) e^(ts + t^2 v/2)" if kind == Signal.LABEL else "e^(ts + t^2 v/2)"
    return ClosedThreshold((), sympy.S.Zero, f"s and the variance are {shape}, and so is {what}")


def unflipped(tree: Node, chance: Fraction) -> Node | None:
    """A link whose signals those of the flipped label are multiples of; None where there is none.

    Where s is odd, h_k(-t) = (-1)^k h_k(t): flips leave (1 - 2q) h_k for odd k and h_k for even k.
    """
    if chance == 0:
        return tree
    if chance == 1:
        return negate(tree)
    odd = parity(tree).value == "odd"
    return tree if odd and chance != Fraction(1, 2) else None


def even_deviation(variance: Node) -> Fraction | None:
    """The standard deviation where it is a rational number > 0 and the same for every z."""
    value = constant(variance)
    root = None if value is None else sympy.sqrt(value)
    return Fraction(int(root.p), int(root.q)) if root is not None and root.is_Rational and root > 0 else None
