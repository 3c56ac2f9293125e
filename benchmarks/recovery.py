"""Stage 1 by the exact chain and by vectors of R^d, against plain NumPy, side by side in one run.

Chain: one neuron, several links and activations, d = 10^2 to 10^6; steps per second of processor time of one
thread. Its peer is the algorithm as anyone would write it in NumPy, one neuron in R^d, at d = 10^4. Direct: p
neurons on shared batches at d = 10^4, against the random numbers and matrix products that it cannot do
without. Memory: the peak of what Python and NumPy allocate, for a small d and few steps and for a large d and
many. Cores: one sweep with one thread and with two, by the clock; on a busy machine the second core is not
there. Before the clock starts both sides have run once, so that nothing is compiled under it.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/recovery.py [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from tiltproof.link import Target, parse
from tiltproof.numerics.recovery.chain import run_chain
from tiltproof.numerics.recovery.sweep import Point, Threads, sweep
from tiltproof.numerics.recovery.training import Course, Training, run_direct

#: Link and activation: a polynomial slope, a jump, and two slopes that the program interpreter runs.
CASES = [
    ("tanh(z)", "z + He(3, z)/6"),
    ("sign(z)", "z"),
    ("z**2*exp(-z**2)", "He(4, z)/24"),
    ("tanh(z) - 9/10", "tanh(z)"),
    ("relu(z)", "relu(z)"),
]
DIMENSIONS = (10**2, 10**3, 10**4, 10**5, 10**6)
LARGE = 10_000
#: So short that no neuron gets anywhere: every step is a full one.
STEP = 1e-9
NEVER = 2.0


def training(link: str, activation: str, batch: int = 1) -> Training:
    return Training(Target(parse(link), Fraction(1, 2)), parse(activation).tree, STEP, batch)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    start = clock()
    work()
    return clock() - start


def chain(of: Training, d: int, steps: int, rng: np.random.Generator) -> Callable[[], object]:
    return lambda: run_chain(of, d, [0.1], 1.0, Course(steps, stop_at=NEVER), rng)


def by_numpy(d: int, steps: int, rng: np.random.Generator) -> Callable[[], object]:
    """One neuron, tanh, g = z + He_3/6, as it is written in a paper."""
    theta, w = (x / np.linalg.norm(x) for x in rng.standard_normal((2, d)))

    def work() -> float:
        nonlocal w
        for _ in range(steps):
            x = rng.standard_normal(d)
            y = np.tanh(theta @ x)
            u = w @ x
            w = w + STEP * y * np.exp(y / 2) * (1 + (u * u - 1) / 2) * x
            w /= np.linalg.norm(w)
            if abs(w @ theta) >= NEVER:
                break
        return float(w @ theta)

    return work


def needed(p: int, batch: int, d: int, steps: int, rng: np.random.Generator) -> Callable[[], object]:
    """The draws of the samples and the four products: x theta*, x w^T, the gradients' g x, and w theta*."""
    theta, w, g = rng.standard_normal((d, 1)), rng.standard_normal((p, d)), rng.standard_normal((p, batch))
    x, change = np.empty((batch, d)), np.empty((p, d))

    def work() -> None:
        for _ in range(steps):
            rng.standard_normal(out=x)
            np.matmul(x, theta)
            np.matmul(x, w.T)
            np.matmul(g, x, out=change)
            np.matmul(w, theta)

    return work


def chains(rounds: int) -> float:
    """Millions of steps per second of one core; returns those of the first case at the large d."""
    print(
        f"chain, one neuron: million steps/s of one core{'':>6}"
        + "".join(f"{f'd = {d:.0e}':>11}" for d in DIMENSIONS)
    )
    steps, rng, kept = 1_000_000, np.random.default_rng(0), 0.0
    for link, activation in CASES:
        of, row = training(link, activation), []
        run_chain(of, 100, [0.1], 1.0, Course(1000), rng)
        for d in DIMENSIONS:
            speed = steps / statistics.median(seconds(chain(of, d, steps, rng)) for _ in range(rounds))
            row.append(speed)
            kept = speed if (link, d) == (CASES[0][0], LARGE) else kept
        print(
            f"  {f's = {link}, g = {activation}':<50}" + "".join(f"{x / 1e6:>11.1f}" for x in row), flush=True
        )
    return kept


def against_numpy(rounds: int) -> None:
    rng = np.random.default_rng(1)
    of, many, few = training(*CASES[0]), 1_000_000, 300
    ours, theirs = chain(of, LARGE, many, rng), by_numpy(LARGE, few, rng)
    theirs()
    pairs = [(seconds(ours) / many, seconds(theirs) / few) for _ in range(rounds)]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"\nchain against NumPy in R^d, d = {LARGE}: {a * 1e9:.0f} ns and {b * 1e6:.0f} us a step, "
          f"ratio {b / a:.0f}")  # fmt: skip


def direct(rounds: int) -> None:
    print(f"\nvectors of R^d against their random numbers and products alone, d = {LARGE}")
    rng = np.random.default_rng(2)
    for p, batch in ((1, 1), (16, 1), (16, 16), (128, 32)):
        steps = max(10, 600 // (p * batch))
        of, starts = training(*CASES[0], batch), np.full((1, p), 0.1)

        def ours(of: Training = of, starts: np.ndarray = starts, steps: int = steps) -> object:
            return run_direct(of, LARGE, starts, 1.0, Course(steps, stop_at=NEVER), rng)

        theirs = needed(p, batch, LARGE, steps, rng)
        ours(), theirs()
        pairs = [(seconds(ours) / steps, seconds(theirs) / steps) for _ in range(rounds)]
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"  {p:>3} neurons, batch {batch:>2}: {a * 1e6:>7.0f} us and {b * 1e6:>7.0f} us a step, "
              f"ratio {a / b:.2f}")  # fmt: skip


def memory() -> None:
    """Peaks in kilobytes: neither d nor the number of steps may show."""
    of, rng = training(*CASES[0]), np.random.default_rng(3)
    print("\npeak memory of the chain, kilobytes")
    for d, steps in ((100, 10**6), (10**6, 10**6), (100, 10**7)):
        tracemalloc.start()
        run_chain(of, d, [0.1], 1.0, Course(steps, 60, NEVER), rng)
        print(f"  d = {d:>7}, {steps:.0e} steps: {tracemalloc.get_traced_memory()[1] / 1e3:.0f}")
        tracemalloc.stop()


def cores(rounds: int) -> None:
    point = Point(training(*CASES[0]), LARGE, 1_000_000, block=1)
    times = [
        [seconds(lambda n=n: sweep([point], [8], executor=Threads(n)), time.perf_counter) for n in (1, 2)]  # type: ignore[misc]
        for _ in range(rounds)
    ]
    one, two = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"\nsweep of 8 neurons: {8 / one:.1f} million steps/s with one thread, {8 / two:.1f} with two, "
          f"ratio {one / two:.2f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    chains(rounds)
    against_numpy(rounds)
    direct(rounds)
    memory()
    cores(rounds)


if __name__ == "__main__":
    main()
