"""E[g He_k] for preferences, g(z) = E tanh((s(z) - s(z'))/(2 tau)) over an independent z'.

An affine s = az + b reduces to one dimension: (z - z')/sqrt 2 = u ~ N(0, 1) and E[He_k(z) | u] = 2^{-k/2}
He_k(u), so E[g He_k] = 2^{-k/2} E[tanh(a u/(sqrt 2 tau)) He_k(u)].

Of finitely many levels it is the sum over v and w of E[He_k; s = v] P(s = w) tanh((v - w)/(2 tau)).

Any other: tanh(x/(2 tau)) = tau int sin(wx)/sinh(pi tau w) dw, hence E[g He_k] is tau times the integral of
F(w)/sinh(pi tau w), F(w) = S_k C_0 - C_k S_0 with C_k = E[cos(ws) He_k] and S_k = E[sin(ws) He_k]. F is odd
and, where E e^{c|s|} < oo, analytic in |Im w| <= c with |F| <= E cosh(c(s - s'))|He_k| =: B there. For
c < 1/tau the quotient has no pole in that strip (F(0) = 0), and |sinh(x + i theta)| >= sin theta cosh x
bounds its integral along Im w = c by B/(tau sin(pi tau c)). So tau times the midpoint sum of step h errs by
at most 2 B/sin(pi tau c)/(e^{2 pi c/h} - 1) (Trefethen and Weideman, The exponentially convergent trapezoidal
rule, 2014, theorem 5.1), and what lies beyond |w| = W is at most 2 tau sqrt(k!) int_W 1/sinh(pi tau w) dw, as
1/sinh is convex and |F| <= E|He_k|. Of a polynomial of degree at most 2 the waves are exact.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb, factorial

from flint import acb, arb, fmpq

from ...link.build import call, combine, negate
from ...link.tree import Node, Num, Var, is_constant
from ..lowering.arb import compile_arb
from ..lowering.pieces import pieces, switches
from ..lowering.removable import polynomial
from ..precision import bits_for, dyadic_below, exact, working
from ..work import allowance, remembered
from .oracle import Unresolved, oracle
from .tails import t_range

#: How close to the pole at 1/tau the strip comes, and how close to where E e^{c|s|} is infinite.
_NEAR_POLE, _NEAR_INFINITY = 0.9, 0.75
#: More frequencies than this would take minutes.
_MOST = 400
#: The work that one sum may take, several seconds.
_WORK = 1e7
#: Where the levels of a link are cut off.
_END = 40


def preferred(tree: Node, tau: Fraction, ks: Sequence[int], digits: int) -> dict[int, arb]:
    """E[g He_k] for each k >= 0, each with an absolute error of about 10^-digits sqrt(k!).

    Raises Unresolved where E e^{c|s|} is infinite for every c > 0, or too many frequencies are needed.
    """
    orders = tuple(k for k in dict.fromkeys(ks) if k)
    table = {0: arb(0)} if 0 in ks else {}
    if not orders:
        return table
    exactly = polynomial(tree)
    if exactly is not None and exactly.degree() <= 1:
        return table | _of_affine(Fraction(int(exactly[1].p), int(exactly[1].q)), tau, orders, digits)
    finite = _of_levels(tree, tau, orders, digits) if switches(tree) else None
    return table | (finite or dict(zip(orders, by_frequencies(tree, tau, orders, digits), strict=True)))


def _of_levels(tree: Node, tau: Fraction, ks: tuple[int, ...], digits: int) -> dict[int, arb] | None:
    """The finite sum over the levels on |z| <= 40, or None where a piece is not constant there.

    E[He_k; a < Z < b] = He_{k-1}(a) phi(a) - He_{k-1}(b) phi(b). With P = P(|Z| > 40) what lies beyond is at
    most E[|He_k|; |Z| > 40] + P E|He_k| <= 2 sqrt(k! P).
    """
    bits = bits_for(digits) + 40
    with working(bits):
        try:
            cells = pieces(tree, arb(-_END), arb(_END), bits)
        except Unresolved:
            return None
        if not all(is_constant(piece.tree) for piece in cells):
            return None
        inner = [left.upper.union(right.lower) for left, right in pairwise(cells)]
        places = [arb(-_END), *inner], [*inner, arb(_END)]
        levels: dict[Node, list[arb]] = {}
        for piece, low, high in zip(cells, *places, strict=True):
            row = [_below(high) - _below(low), *(_edge(k, low) - _edge(k, high) for k in ks)]
            before = levels.get(piece.tree, [arb(0)] * len(row))
            levels[piece.tree] = [a + b for a, b in zip(before, row, strict=True)]
        values = {level: compile_arb(level)(arb(0)) for level in levels}
        beyond = (2 * _below(arb(-_END))).sqrt()
        total = dict.fromkeys(ks, arb(0))
        for one, (_, *carried) in levels.items():
            wins = sum(
                (row[0] * ((values[one] - values[other]) / (2 * exact(tau))).tanh())
                for other, row in levels.items()
            )
            for k, part in zip(ks, carried, strict=True):
                total[k] += part * wins
        return {k: total[k] + arb(0, (2 * beyond * arb(factorial(k)).sqrt()).abs_upper()) for k in ks}


def _below(x: arb) -> arb:
    """P(Z < x)."""
    return (-x / arb(2).sqrt()).erfc() / 2


def _edge(k: int, x: arb) -> arb:
    """He_{k-1}(x) phi(x)."""
    before, value = arb(0), arb(1)
    for n in range(k - 1):
        before, value = value, x * value - n * before
    return value * (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def _of_affine(slope: Fraction, tau: Fraction, ks: tuple[int, ...], digits: int) -> dict[int, arb]:
    inside = combine("/", combine("*", Num(slope / tau), Var()), call("sqrt", (Num(Fraction(2)),)))
    table = oracle(call("tanh", (inside,))).tilted_moments(ks, (1,), 0, digits + 3)
    with working(bits_for(digits) + 20):
        root = arb(2).sqrt()
        return {k: table[1, k] / root**k for k in ks}


@remembered(64)
def by_frequencies(tree: Node, tau: Fraction, ks: tuple[int, ...], digits: int) -> tuple[arb, ...]:
    """E[g He_k] by the sum over frequencies. Raises Unresolved where it takes too many, or too much work."""
    lost = (digits + 2) * math.log(10)
    width = _strip(tree, tau)
    # Both errors are about e^-lost: 2 pi c/h = lost, and pi tau W = lost.
    step = dyadic_below(2 * math.pi * float(width) / (lost + 2), 12)
    count = math.ceil((lost + 1) / (math.pi * float(tau) * float(step)))
    if count > _MOST:
        raise Unresolved(f"{count} frequencies are needed for so many digits of a preference: ask for fewer")
    with allowance(_WORK, digits), working(bits_for(digits) + 20):
        waves = [_waves(tree, (j + Fraction(1, 2)) * step, (0, *ks), digits + 3) for j in range(count)]
        h, scale = exact(step), exact(tau)
        sums = []
        for place, k in enumerate(ks, 1):
            total = arb(0)
            for j, (c, s) in enumerate(waves):
                frequency = (2 * j + 1) * h / 2
                total += (s[place] * c[0] - c[place] * s[0]) / (arb.pi() * scale * frequency).sinh()
            error = _strip_error(tree, tau, k, width, step) + _cut_error(tau, k, count * step)
            # F is odd, so both signs of w count alike.
            sums.append(2 * scale * h * total + arb(0, error.abs_upper()))
        return tuple(sums)


def _strip(tree: Node, tau: Fraction) -> Fraction:
    """c > 0 with E e^{c|s|} < oo and c < 1/tau."""
    ends = [t_range(each).finite_below for each in (tree, negate(tree))]
    width = _NEAR_POLE / float(tau)
    for end in ends:
        if end.is_finite():
            width = min(width, _NEAR_INFINITY * float(end.lower()))
    if not width > 0:
        raise Unresolved("E e^(c abs(s)) is not shown to be finite for any c > 0")
    return dyadic_below(width, 8)


def _waves(tree: Node, frequency: Fraction, ks: tuple[int, ...], digits: int) -> list[list[arb]]:
    """C_k and S_k at one frequency."""
    exactly = polynomial(tree)
    if exactly is not None and exactly.degree() <= 2:
        return _quadratic_waves([exactly[n] for n in range(3)], frequency, ks, digits)
    return [_wave(tree, name, frequency, ks, digits) for name in ("cos", "sin")]


def _quadratic_waves(
    coefficients: list[fmpq], frequency: Fraction, ks: tuple[int, ...], digits: int
) -> list[list[arb]]:
    """E[e^{iws} He_k] for s = az^2 + bz + c: a Gaussian of the complex variance v = 1/(1 - 2iaw), mean ibwv.

    It is v^{1/2} e^{iwc + mu^2/(2v)} times P_k = E He_k(X), where P_{k+1} = mu P_k + k (v - 1) P_{k-1}. As
    Re(1/v) = 1, v^{1/2} is the principal root.
    """
    with working(bits_for(digits) + 40):
        c, b, a = (acb(arb(value)) for value in coefficients)
        turn = acb(0, exact(frequency))
        v = 1 / (1 - 2 * a * turn)
        mu = b * turn * v
        waves = [v.sqrt() * (turn * c + b * b * turn * turn * v / 2).exp()]
        for k in range(max(ks)):
            waves.append(mu * waves[k] + (k * (v - 1) * waves[k - 1] if k else 0))
        return [[waves[k].real for k in ks], [waves[k].imag for k in ks]]


def _wave(tree: Node, name: str, frequency: Fraction, ks: tuple[int, ...], digits: int) -> list[arb]:
    wave = call(name, (combine("*", Num(frequency), tree),))
    table = oracle(wave).tilted_moments(ks, (1,), 0, digits)
    return [table[1, k] for k in ks]


def _strip_error(tree: Node, tau: Fraction, k: int, width: Fraction, step: Fraction) -> arb:
    bound = arb(0)
    sides = [_tilted_size(each, k, width) for each in (tree, negate(tree))]
    (mass, weighted), (mass_below, weighted_below) = sides
    bound = (weighted * mass_below + weighted_below * mass) / 2
    c, h = exact(width), exact(step)
    slope = (arb.pi() * exact(tau) * c).sin()
    return 2 * bound / slope / ((2 * arb.pi() * c / h).exp() - 1)


def _tilted_size(tree: Node, k: int, c: Fraction) -> tuple[arb, arb]:
    """E e^{cs}, and an upper bound of E[e^{cs} |He_k|] by Cauchy and Schwarz, He_k^2 in terms of He_2j."""
    table = oracle(tree).tilted_moments(tuple(range(0, 2 * k + 1, 2)), (0,), c, 8)
    square = sum((factorial(j) * comb(k, j) ** 2 * table[0, 2 * k - 2 * j] for j in range(k + 1)), arb(0))
    return table[0, 0], (table[0, 0] * square.nonnegative_part()).sqrt()


def _cut_error(tau: Fraction, k: int, end: Fraction) -> arb:
    """int_W^oo dw/sinh(bw) = -log tanh(bW/2)/b."""
    b = arb.pi() * exact(tau)
    tail = -((b * exact(end) / 2).tanh().log()) / b
    return 2 * exact(tau) * arb(factorial(k)).sqrt() * tail
