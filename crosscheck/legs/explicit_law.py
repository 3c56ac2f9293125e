"""The finite-sample bound on laws so small that the chance of its failure is a finite sum.

One feature, the constant 1. s is 1 with chance ``chance`` and else 0, without noise, and the policy of the
weights gives 1 the probability ``share``; so the weights over their mean are share/chance and (1 - share)/
(1 - chance), theta = share, and with N of n samples at 1 everything follows from N, which is binomial.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import comb

import sympy
from flint import arb

from ...numerics.precision import exact, working
from ...theory.exact.lower import rational
from ..number import show
from ..verdict import Finding, refutes, supports, undecided

_BITS = 128
_COUNTS = (3, 10, 40)
_CHANCES = (Fraction(1, 2), Fraction(1, 10), Fraction(1, 50))
_SHARES = (Fraction(1, 2), Fraction(9, 10), Fraction(999, 1000))
_KAPPAS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
_DELTAS = (Fraction(1, 1000), Fraction(1, 50), Fraction(1, 5))


@dataclass(frozen=True, slots=True)
class TwoValues:
    chance: Fraction
    share: Fraction

    @property
    def weights(self) -> tuple[Fraction, Fraction]:
        """At 1 and at 0, over their mean."""
        return self.share / self.chance, (1 - self.share) / (1 - self.chance)

    @property
    def scores(self) -> tuple[Fraction, Fraction]:
        """zeta = w (s - theta)."""
        high, low = self.weights
        return high * (1 - self.share), -low * self.share

    def mean(self, pair: tuple[Fraction, Fraction], power: int) -> Fraction:
        return self.chance * pair[0] ** power + (1 - self.chance) * pair[1] ** power

    def error(self, n: int, high: int) -> Fraction:
        """|theta_hat - theta| with so many of n samples at 1."""
        above, below = high * self.weights[0], (n - high) * self.weights[1]
        return abs(above / (above + below) - self.share)

    def probability(self, n: int, high: int) -> Fraction:
        return comb(n, high) * self.chance**high * (1 - self.chance) ** (n - high)

    def score_bounds(self, n: int, delta: Fraction) -> Iterator[tuple[str, arb]]:
        """The three bounds q of |zetabar|, each but with probability ``delta``."""
        energy, quartic = exact(self.mean(self.scores, 2)), exact(self.mean(self.scores, 4))
        rate, x = exact(delta), -exact(delta).log()
        yield "Markov", (energy / (n * rate)).sqrt()
        yield "fourth moment", ((3 * energy**2 + quartic / n) / (n * n * rate)).root(4)
        mean, largest = (energy / n).sqrt(), exact(max(map(abs, self.scores)))
        spread = (2 * x * (energy + 2 * largest * mean) / n).sqrt()
        yield "Bousquet", mean + spread + largest * x / (3 * n)


@lru_cache(maxsize=8)
def explicit_laws(*, fourth: bool = True, margin: bool = True) -> Finding:
    """P(|theta_hat - theta| > q/(1 - kappa)) <= delta_1 + exp(-n kappa^2/(2 sigma^2)), law by law.

    fourth: sigma^2 = E w^2, and not E w = 1. margin: with the factor 1/(1 - kappa) and its probability.
    """
    tried = 0
    with working(_BITS):
        for chance, share, n in product(_CHANCES, _SHARES, _COUNTS):
            law = TwoValues(chance, share)
            outcomes = [(exact(law.error(n, k)), law.probability(n, k)) for k in range(n + 1)]
            sigma2 = exact(law.mean(law.weights, 2)) if fourth else arb(1)
            for delta, kappa in product(_DELTAS, _KAPPAS):
                rest, room = exact(delta), arb(1)
                if margin:
                    room = 1 - exact(kappa)
                    rest += (-n * exact(kappa) ** 2 / (2 * sigma2)).exp()
                for name, q in law.score_bounds(n, delta):
                    radius = q / room
                    surely = exact(sum((p for error, p in outcomes if error > radius), Fraction(0)))
                    perhaps = exact(sum((p for error, p in outcomes if not error <= radius), Fraction(0)))
                    where = (
                        f"s = 1 with chance {chance}, under pi* {share}, n = {n}, kappa = {kappa}, "
                        f"delta_1 = {delta}, {name}"
                    )
                    if surely > rest:
                        witness = f"{where}: it fails with probability {show(surely)} > {show(rest)}"
                        return refutes("an explicit law violates it", witness)
                    if not perhaps <= rest:
                        return undecided(f"{where}: not told apart")
                    tried += 1
    return supports(f"{tried} explicit laws and choices, the chance of failure summed exactly")


def by_algebra(*, fourth: bool, margin: bool) -> Finding | None:
    """A law that an altered statement fails on, by rational numbers and an exponential; None for the true."""
    n, half, rate = 10, Fraction(1, 2), Fraction(1, 50)
    if not fourth:
        # Weights 10 with chance 1/10, else 0: all ten vanish, and the Gram matrix with them.
        chance = (1 - Fraction(1, n)) ** n
        bound = sympy.exp(-sympy.Rational(n, 8))
        if not bound < rational(chance):
            return undecided("no law at hand")
        witness = f"weights 10 (chance 1/10) and 0, n = 10, kappa = 1/2: P(H_n = 0) = {chance} > {bound}"
        return refutes("the Gram matrix fails more often", witness)
    if not margin:
        law, few = TwoValues(half, Fraction(9, 10)), 3
        off, chance, square = (
            law.error(few, 0),
            law.probability(few, 0),
            law.mean(law.scores, 2) / (few * rate),
        )
        if not (off**2 > square and chance > rate):
            return undecided("no law at hand")
        witness = (
            f"s = 1 with chance 1/2, under pi* 9/10, n = {few}, delta_1 = {rate}: with probability {chance} "
            f"the fit is off by {off}, more than the root of {square}"
        )
        return refutes("the Gram matrix is not its mean", witness)
    return None
