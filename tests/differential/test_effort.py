"""Any link gets an answer or an honest refusal within ten seconds of a processor and one GiB.

The links are random trees of the whole language by seed, steep, fast and flat ones among them.
"""

import multiprocessing
import random
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from pebble import ProcessPool
from tiltproof.link import LinkError, parse

import tiltproof

LINKS = 1000
SECONDS, GIB = 10.0, 1.0
_ONE = ["exp", "log", "sqrt", "sin", "cos", "sinh", "cosh", "tanh", "atan", "erf", "abs", "sign", "Heaviside",
        "relu", "sigmoid", "softplus", "gelu"]  # fmt: skip
_NUMBERS = ["1", "2", "3", "1/2", "9/10", "5", "1e3", "1e6", "1e-6", "pi", "sqrt(2)"]


def link(seed: int) -> str:
    return _tree(random.Random(seed), random.Random(seed).choice([1, 2, 2, 3, 3, 4]))


def _tree(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(["z", "z", "z", f"{rng.choice(_NUMBERS)}*z", f"(z - {rng.choice(_NUMBERS)})"])
    a, b = _tree(rng, depth - 1), _tree(rng, rng.randrange(depth))
    number = rng.choice(_NUMBERS)
    return rng.choice(
        [
            f"{rng.choice(_ONE)}({a})", f"{rng.choice(_ONE)}({a})", f"({a}) + ({b})",
            f"({a}) - {number}*({b})", f"({a})*({b})", f"({a})**{rng.choice('234')}",
            f"clip({a}, -{number}, {number})", f"He({rng.randint(2, 6)}, {a})",
            f"max({a}, {b})", f"where({a} > {number}, {b}, -1)",
            f"({a})/(1 + ({b})**2)", f"exp(-({a})**2)",
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def worker() -> Iterator[Callable[[int], Any]]:
    # A process for each link, or the memory of one would count for the next; forked, as none other
    # could import this module.
    with ProcessPool(1, max_tasks=1, context=multiprocessing.get_context("fork")) as pool:

        def ask(seed: int) -> Any:
            future: Future[Any] = pool.schedule(effort, args=[seed], timeout=20 * SECONDS)
            return future.result()

        yield ask


def policy(text: str) -> object:
    return tiltproof.policy(text, 2)


def effort(seed: int) -> tuple[float, float]:
    """The seconds of the slowest question about the link of ``seed``, and the GiB of its process."""
    slowest = 0.0
    for ask in (parse, tiltproof.exponents, tiltproof.threshold, policy):
        start = time.process_time()
        # Refused, or with no answer: what counts is how soon.
        with suppress(LinkError, ArithmeticError):
            ask(link(seed))
        slowest = max(slowest, time.process_time() - start)
    return slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(LINKS))
def test_an_answer_costs_little(seed: int, worker: Callable[[int], Any]) -> None:
    seconds, gib = worker(seed)
    assert seconds < SECONDS, link(seed)
    assert gib < GIB, link(seed)
