"""How costs grow: coefficients with digits, orders, temperatures; files and runs with claims and pairs.

Every point is the processor time of one call on a link that was never seen, the least of the rounds, as
all else that runs can only add. The exponent p of time ~ size^p is fitted to the upper half of the sizes.
With the JSON of a run, how long that run takes with any number of workers: its tasks are handed out by the
same queues, each for the seconds it took.
Run: python benchmarks/growth.py [--rounds N] [--run FILE]
"""

from __future__ import annotations

import argparse
import heapq
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
from tiltproof.crosscheck.assertions.claim_file import load
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import Report
from tiltproof.crosscheck.run.report import load as load_run
from tiltproof.crosscheck.run.scheduler import Job, Queues, check
from tiltproof.link import as_link, parse
from tiltproof.link.tree import Node
from tiltproof.numerics.estimates.scan import scan
from tiltproof.numerics.expectation.oracle import oracle

_FRESH = count()


def link() -> Node:
    """tanh(a z) with an a of its own."""
    return parse(f"tanh({Fraction(997 + next(_FRESH), 1009)}*z)").tree


def digits(size: int) -> None:
    oracle(link()).tilted_moments((3,), (1,), Fraction(1), size)


def orders(size: int) -> None:
    oracle(link()).tilted_moments(range(size + 1), (1,), Fraction(1), 50)


def temperatures(size: int) -> None:
    """Certified, to 15 digits, one by one on one link."""
    moments = oracle(link())
    for j in range(size):
        moments.tilted_moments((1,), (1,), Fraction(1000 + j, 1000 + size), 15)


def scanned(size: int) -> None:
    """In doubles, by one product of matrices."""
    scan(link(), range(9), (1,), np.linspace(0.2, 2, size))


def claims(size: int) -> None:
    """Reading a file of claims, up to the statements that are then decided one by one."""
    text = ["schema = 1"]
    for j in range(size):
        text.append(
            f'[[claim]]\nid = "lemma-{j}"\nsource = "growth"\nlink = "tanh(z)"\n'
            f'for = {{ beta = "({Fraction(j + 1, 7)}, 400)" }}\nassert = "alpha(1, beta) > 0"'
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "growth.claims.toml"
        path.write_text("\n".join(text))
        load(path)


#: Claims that take a few milliseconds, so that what grows with the number of pairs would be seen.
_CHEAP = ("L1", "G1", "G2", "B6")


def pairs(size: int) -> None:
    """Claims on links, each link its own, as one worker checks them; then the report of all."""
    subjects = [Subject(parse(f"tanh({Fraction(997 + next(_FRESH), 1009)}*z)")) for _ in range(size // 4)]
    queues, found, link = Queues([(name, each) for each in subjects for name in _CHEAP]), [], None
    while job := queues.take(link):
        link = job[1].link
        found.append(check(CLAIMS[str(job[0])], job[1]))
    Report("", 0, tuple(found), 0.0).as_json()


def makespan(run: Report, workers: int) -> float:
    """Seconds until the last task of a run ends, each on the worker that is free first."""
    seconds = {(result.claim, result.link): result.seconds for result in run.results}
    jobs: list[Job] = [(result.claim, Subject(as_link(result.link))) for result in run.results]
    jobs.sort(key=lambda job: job[1].link.text)
    queues, free = Queues(jobs), [(0.0, worker, None) for worker in range(workers)]
    last = 0.0
    while free:
        now, worker, link = heapq.heappop(free)
        last = max(last, now)
        if job := queues.take(link):
            end = now + seconds[str(job[0]), str(job[1].link)]
            heapq.heappush(free, (end, worker, job[1].link))
    return last


def schedule(path: Path) -> None:
    """The makespan of a run, and the share of all workers' time that is work."""
    run = load_run(path)
    total, longest = (f([result.seconds for result in run.results]) for f in (sum, max))
    print(f"{len(run.results)} tasks of {total:.0f} s together, the longest {longest:.1f} s")
    for workers in (1, 2, 4, 8, 16, 32, 64):
        took = makespan(run, workers)
        print(f"{workers:>4} workers: {took:>7.1f} s, {total / (workers * took):.0%} of their time is work")


ROWS: dict[str, tuple[Callable[[int], None], Sequence[int]]] = {
    "one coefficient, digits": (digits, (15, 30, 60, 125, 250, 500, 1000)),
    "orders 0..k at 50 digits": (orders, (8, 16, 32, 64, 128, 256, 512)),
    "temperatures, certified, 15 digits": (temperatures, (1, 10, 100, 1000)),
    "temperatures, 9 orders, doubles": (scanned, (1, 10, 100, 1000, 10_000)),
    "claims read from a file": (claims, (10, 50, 250, 1000, 2000)),
    "claims on links, pairs": (pairs, (40, 200, 1000, 5000, 10_000)),
}


def seconds(work: Callable[[int], None], size: int, rounds: int) -> float:
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work(size)
        found.append(time.process_time() - start)
    return min(found)


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(times[half:]), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", type=Path, help="What `tiltproof verify --json-out` wrote.")
    arguments = parser.parse_args()
    if arguments.run:
        schedule(arguments.run)
        return
    rounds = arguments.rounds
    for name, (work, sizes) in ROWS.items():
        work(sizes[0])
        times = [seconds(work, size, rounds) for size in sizes]
        cells = "  ".join(
            f"{size}: {1e3 * t:.{max(0, 1 - math.floor(math.log10(1e3 * t)))}f}"
            for size, t in zip(sizes, times, strict=True)
        )
        print(f"{name:<38} p = {exponent(sizes, times):.2f}   ms at  {cells}", flush=True)


if __name__ == "__main__":
    main()
