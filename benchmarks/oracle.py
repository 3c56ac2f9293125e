"""Certified tilted coefficients and thresholds against the peers of the field, side by side in one run.

Work: alpha_k(t) = E[s e^{ts} He_k] for s = tanh(a z). Every round has its own k and t; "new link" rounds
also have their own a, so that no cache of either side can serve them. The rows marked "same link" let this
tool keep the nodes of the link, which is what several coefficients of one link share. Each answer is
compared with the peer's, and the largest relative difference is printed. Peers:
scipy.integrate.quad (doubles, no proof), mpmath.quad (no proof), python-flint's acb.integral (certified).
Run: python benchmarks/oracle.py [--rounds N] [--quick]
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, partial
from typing import Any

import mpmath
import numpy as np
from flint import acb, arb, ctx, fmpq
from scipy.integrate import IntegrationWarning, quad
from scipy.special import eval_hermitenorm
from tiltproof.crosscheck.link_facts.threshold import threshold
from tiltproof.link import parse
from tiltproof.link.tree import Node
from tiltproof.numerics.estimates.scan import scan
from tiltproof.numerics.expectation.oracle import oracle

#: s = tanh(a z), the order k and the inverse temperature t of one round.
Case = tuple[Fraction, int, Fraction]


def cases(rounds: int, *, fresh: bool) -> Iterator[Case]:
    """Orders 1 to 8, t near 1, and a = 1 (``fresh``: an a of its own for each round)."""
    for j in range(rounds):
        a = Fraction(997 + 13 * j, 1009) if fresh else Fraction(1)
        yield a, 1 + j % 8, Fraction(1000 + 7 * j, 1013)


def ours(case: Case, digits: int) -> arb:
    a, k, t = case
    return oracle(_link(a)).tilted_moments((k,), (1,), t, digits)[1, k]


@cache
def _link(a: Fraction) -> Node:
    """The syntax tree: no peer has to read the link as text either."""
    return parse(f"tanh({a}*z)").tree


def he(k: int, x: Any) -> Any:
    before, current = 0 * x, 0 * x + 1
    for j in range(k):
        before, current = current, x * current - j * before
    return current


def by_flint(case: Case, digits: int) -> arb:
    """acb.integral over [-R, R], R where the Gaussian is below the goal; its tail is not even added."""
    a, k, t = case
    before = ctx.prec
    ctx.prec = math.ceil(digits * math.log2(10)) + 30
    try:
        slope, tilt = (arb(fmpq(x.numerator, x.denominator)) for x in (a, t))
        radius = arb(math.ceil(math.sqrt(2 * math.log(10) * (digits + 6)) + 1))

        def integrand(x: acb, _: bool) -> acb:
            s = (slope * x).tanh()
            return s * (tilt * s - x * x / 2).exp() * he(k, x)

        tolerance = arb(10) ** -(digits + 2)
        value = acb.integral(integrand, -radius, radius, rel_tol=tolerance, abs_tol=tolerance)
        return value.real / (2 * arb.pi()).sqrt()
    finally:
        ctx.prec = before


def by_mpmath(case: Case, digits: int) -> Any:
    a, k, t = case
    with mpmath.workdps(digits + 5):
        slope, tilt = (mpmath.mpf(x.numerator) / x.denominator for x in (a, t))

        def integrand(x: Any) -> Any:
            s = mpmath.tanh(slope * x)
            return s * mpmath.exp(tilt * s - x * x / 2) * he(k, x)

        radius = math.ceil(math.sqrt(2 * math.log(10) * (digits + 6)) + 1)
        return mpmath.quad(integrand, range(-radius, radius + 1, 2)) / mpmath.sqrt(2 * mpmath.pi)


def by_scipy(case: Case, digits: int) -> float:
    del digits  # doubles only
    a, k, t = float(case[0]), case[1], float(case[2])

    def integrand(x: float) -> float:
        s = math.tanh(a * x)
        return s * math.exp(t * s - x * x / 2) * float(eval_hermitenorm(k, x))

    return float(quad(integrand, -12, 12, epsabs=1e-13, epsrel=1e-13, limit=200)[0]) / math.sqrt(2 * math.pi)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time, which a busy machine lengthens less."""
    start = time.process_time()
    value = work()
    return time.process_time() - start, value


def gap(x: Any, y: Any) -> float:
    """Relative difference as a double."""
    with mpmath.workdps(120):
        a, b = (
            mpmath.mpf(v.mid().str(110, radius=False)) if isinstance(v, arb) else mpmath.mpf(v)
            for v in (x, y)
        )
        return float(abs(a - b) / max(abs(b), mpmath.mpf("1e-300")))


def row(
    name: str, mine: list[tuple[float, Any]], peer: str, theirs: list[tuple[float, Any]], goal: str = ""
) -> None:
    """Medians of both sides, and the ratio of the medians."""
    a, b = (statistics.median(seconds for seconds, _ in each) * 1e3 for each in (mine, theirs))
    far = max(gap(x[1], y[1]) for x, y in zip(mine, theirs, strict=False))
    wanted = f"goal {goal}" if goal else ""
    print(f"{name:<42}{a:>9.3f}{peer:>14}{b:>11.2f}{b / a:>9.1f}{far:>10.0e}  {wanted}", flush=True)


def interleaved(pairs: list[tuple[Callable[[], Any], Callable[[], Any]]]) -> tuple[list[Any], list[Any]]:
    """Both sides in turn, so that a busy machine slows both."""
    found = [(timed(a), timed(b)) for a, b in pairs]
    return [a for a, _ in found], [b for _, b in found]


def one_coefficient(rounds: int, quick: bool) -> None:
    peers: list[tuple[str, Callable[[Case, int], Any]]] = [
        ("acb.integral", by_flint),
        ("mpmath.quad", by_mpmath),
    ]
    for fresh in (False, True):
        for digits in (15, 30) if quick else (15, 30, 50, 100):
            for peer, work in [*peers, ("scipy.quad", by_scipy)] if digits == 15 else peers:
                goal = ">= 3" if digits == 30 and work is by_flint else ""
                some = list(cases(rounds, fresh=fresh))
                # Another slope, or temperature, for every peer: this tool has seen the others.
                shift = Fraction(1 + [by_flint, by_mpmath, by_scipy].index(work) + 5 * digits, 10007)
                some = [(a + shift, k, t) if fresh else (a, k, t + shift) for a, k, t in some]
                for a, _, _ in some:
                    _link(a)
                else:
                    ours((Fraction(1), 1, Fraction(1, 2)), digits)
                mine, theirs = interleaved(
                    [(partial(ours, c, digits), partial(work, c, digits)) for c in some]
                )
                row(f"one, {digits} digits, {'new' if fresh else 'same'} link", mine, peer, theirs, goal)


def many_orders(rounds: int, quick: bool) -> None:
    """k = 0..64 at 50 digits from one call, against 65 integrals."""
    mine, theirs = [], []
    for j in range(3 if quick else max(8, rounds // 2)):
        a, t = Fraction(1013 + 17 * j, 1019), Fraction(900 + 11 * j, 1021)
        tree = parse(f"tanh({a}*z)").tree
        seconds, table = timed(lambda tree=tree, t=t: oracle(tree).tilted_moments(range(65), (1,), t, 50))  # type: ignore[misc]
        mine.append((seconds, table[1, 63]))
        theirs.append(timed(lambda a=a, t=t: [by_flint((a, k, t), 50) for k in range(65)][63]))  # type: ignore[misc]
    row("k = 0..64, 50 digits, new link", mine, "acb.integral", theirs, ">= 60")


def many_temperatures(rounds: int) -> None:
    """200 temperatures and 9 orders in doubles, not certified; a new slope and new temperatures each time."""
    mine, theirs = [], []
    for j in range(max(3, rounds // 4)):
        a = Fraction(1009 + 13 * j, 1013)
        tree, ts = parse(f"tanh({a}*z)").tree, np.linspace(0.2 + j / 97, 2 + j / 89, 200)
        seconds, found = timed(lambda tree=tree, ts=ts: scan(tree, range(9), (1,), ts))  # type: ignore[misc]
        mine.append((seconds, found.of(1, 3)[7] * math.exp(found.log_mass[7])))
        # A tenth of the temperatures, ten times as long.
        some = [Fraction(float(t)) for t in ts[7::10]]
        seconds, values = timed(
            lambda a=a, ts=some: [[by_scipy((a, k, t), 15) for k in range(9)] for t in ts]
        )  # type: ignore[misc]
        theirs.append((10 * seconds, values[0][3]))
    row("200 temperatures, 9 orders, doubles", mine, "scipy.quad", theirs)


def thresholds(rounds: int) -> None:
    """beta1 of tanh(z) - c, c near 9/10, to 30 digits, against mpmath's secant method near it."""
    mine, theirs = [], []
    for j in range(max(3, rounds // 4)):
        c = Fraction(900 + j, 1000)

        def secant(c: Fraction = c) -> Any:
            with mpmath.workdps(35):
                shift = mpmath.mpf(c.numerator) / c.denominator

                def signal(beta: Any) -> Any:
                    def integrand(x: Any) -> Any:
                        s = mpmath.tanh(x) - shift
                        return s * mpmath.exp(s / beta - x * x / 2) * x

                    return mpmath.quad(integrand, range(-14, 15, 2))

                return mpmath.findroot(signal, (mpmath.mpf("0.46"), mpmath.mpf("0.49")))

        seconds, found = timed(lambda c=c: threshold(f"tanh(z) - {c}"))  # type: ignore[misc]
        mine.append((seconds, found.beta1.value.lower))
        theirs.append(timed(secant))
    row("threshold, 30 digits, with all its bounds", mine, "mpmath", theirs, "> 1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--quick", action="store_true", help="15 and 30 digits only.")
    arguments = parser.parse_args()
    # quad says that its last digits are rounding error, which is why it stops.
    warnings.simplefilter("ignore", IntegrationWarning)
    threshold("tanh(z) - 4/5")
    print(f"{'work':<42}{'ours, ms':>9}{'peer':>14}{'peer, ms':>11}{'ratio':>9}{'|diff|':>10}")
    one_coefficient(arguments.rounds, arguments.quick)
    many_orders(arguments.rounds, arguments.quick)
    many_temperatures(arguments.rounds)
    thresholds(arguments.rounds)


if __name__ == "__main__":
    main()
