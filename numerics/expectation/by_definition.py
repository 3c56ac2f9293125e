"""E[y^i e^{ty} He_k], i = 0 or 1, of labels from what defines them: no reduction is shared with ``channel``.

bernoulli: both values, with p and 1 - p integrated apart. poisson: the sum over the counts. flip: the even
and the odd part, cosh(ts) and sinh(ts). heteroscedastic, v <= 1: the power series of e^{t^2 v/2}. preference:
the sum over frequencies, also where the link is affine.
"""

from fractions import Fraction
from math import comb, factorial

from flint import arb

from ...link.build import call, combine
from ...link.label import Label
from ...link.tree import Node, Num
from ..precision import as_fraction, bits_for, exact, working
from .oracle import oracle
from .preference import by_frequencies
from .tails import t_range

_COUNTS, _POWERS = 120, 7
_ONE = Num(Fraction(1))


def defined(
    tree: Node, label: Label, k: int, i: int, growth: Fraction | None, t: Fraction, digits: int
) -> arb:
    """The moment at t, or at t = log(growth) where that is given. Raises what the oracle raises."""
    with working(bits_for(digits) + 60):
        if label.kind == "bernoulli":
            at = exact(t) if growth is None else exact(growth).log()
            low, high = (exact(v) ** i * (at * exact(v)).exp() for v in label.numbers)
            return high * _mean(tree, k, digits) + low * _mean(combine("-", _ONE, tree), k, digits)
        if label.kind == "poisson":
            assert growth is not None
            return _counted(tree, k, i, growth, digits)
        if label.kind == "flip":
            return _flipped(tree, k, i, t, exact(1 - 2 * label.numbers[0]), digits)
        if label.kind == "preference":
            # Few orders cost hardly more than one.
            orders = tuple(range(1, max(k, 3) + 1))
            mean = by_frequencies(tree, label.numbers[0], orders, digits)[k - 1]
            wave = exact(t).sinh() if i == 0 else exact(t).cosh()
            return wave * mean
        assert label.variance is not None
        return _spread(tree, label.variance, k, i, t, digits)


def _mean(tree: Node, k: int, digits: int) -> arb:
    return oracle(tree).tilted_moments((k,), (1,), 0, digits + 5)[1, k]


def _counted(tree: Node, k: int, i: int, growth: Fraction, digits: int) -> arb:
    """sum_n n^i r^n E[s^n e^{-s} He_k]/n!, r = e^t.

    With R > r the rest is at most max_{n > N} n^i (r/R)^n times E[R^y |He_k|], and that at
    most sqrt(M E[e^{(R-1)s} He_k^2]) by Cauchy and Schwarz.
    """
    table = oracle(combine("*", Num(Fraction(-1)), tree)).tilted_moments(
        (k,), tuple(range(_COUNTS + 1)), 1, digits + 5
    )
    r = exact(growth)
    total = sum((n**i * (-r) ** n * table[n, k] / factorial(n) for n in range(_COUNTS + 1)), arb(0))
    limit, room = t_range(tree).finite_below, growth - 1
    larger = room + 1 if not limit.is_finite() else (room + as_fraction(limit.lower())) / 2
    orders = tuple(range(0, 2 * k + 1, 2))
    moments = oracle(tree).tilted_moments(orders, (0,), larger, 8)
    square = sum((factorial(j) * comb(k, j) ** 2 * moments[0, 2 * k - 2 * j] for j in range(k + 1)), arb(0))
    ratio = r / exact(1 + larger)
    # n (r/R)^n falls from n = 1/log(R/r) on, which is below N.
    if not (_COUNTS * (1 / ratio).log() > 1):
        return total + arb.nan()
    rest = (_COUNTS + 1) ** i * ratio ** (_COUNTS + 1) * (moments[0, 0] * square.nonnegative_part()).sqrt()
    return total + arb(0, rest.abs_upper())


def _flipped(tree: Node, k: int, i: int, t: Fraction, kept: arb, digits: int) -> arb:
    """E[y^i e^{ty} | z] = s^i (even + (1 - 2q) odd), the parts cosh(ts) and sinh(ts), exchanged for odd i."""
    inside = combine("*", Num(t), tree)
    parts = []
    for name in ("cosh", "sinh") if i == 0 else ("sinh", "cosh"):
        wave: Node = call(name, (inside,))
        parts.append(_mean(wave if i == 0 else combine("*", tree, wave), k, digits))
    return parts[0] + kept * parts[1]


def _spread(tree: Node, variance: Node, k: int, i: int, t: Fraction, digits: int) -> arb:
    """sum_n (t^2/2)^n/n! E[v^n (s + 2n/t)^i e^{ts} He_k], 0 <= v <= 1.

    The rest is at most E[(|s| + 2(N + 2)/t)^i e^{ts} |He_k|] times twice the first term left out, at v = 1.
    """
    tilt = call("exp", (combine("*", Num(t), tree),))
    total, half = arb(0), exact(t * t / 2)
    for n in range(_POWERS + 1):
        weight: Node = combine("*", combine("**", variance, Num(Fraction(n))), tilt) if n else tilt
        term = _mean(weight, k, digits)
        if i:
            term = _mean(combine("*", tree, weight), k, digits) + 2 * n * term / exact(t)
        total += half**n / factorial(n) * term
    table = oracle(tree).tilted_moments((0,), (0, 2), 2 * t, 8)
    # E[|f| |He_k|] <= sqrt(E f^2 k!), for f = e^{ts} and s e^{ts}.
    sizes = [(table[j, 0] * factorial(k)).sqrt() for j in (0, 2)]
    first = half ** (_POWERS + 1) / factorial(_POWERS + 1)
    rest = 2 * first * (sizes[0] if i == 0 else sizes[1] + 2 * (_POWERS + 2) / exact(t) * sizes[0])
    return total + arb(0, rest.abs_upper())
