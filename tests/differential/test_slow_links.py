"""Links that once took long: an answer, or an honest refusal, within ten seconds of an idle processor."""

import multiprocessing
import time
from concurrent.futures import Future
from typing import Any

import pytest
from pebble import ProcessPool

import tiltproof

SECONDS = 10.0


def _chain(cases: list[str], last: str) -> str:
    """where(z < -2.5, case, where(z < -2.4, case, ...))."""
    found = last
    for j, case in enumerate(cases):
        found = f"where(z < {24 - j}/10, {case}, {found})"
    return found


LINKS = {
    "fast wave": "cos(exp(z))",
    "steep softplus": "softplus(50*z)/50 - 1",
    "wave of a cube": "sin(z**3)",
    "tanh of He64": "tanh(He(64,z)/10**44)",
    "minus He64": "-He(64,z)",
    "sum of sines": " + ".join(f"sin({k}*z + {k}/7)" for k in range(1, 16)),
    "product of sines": "*".join(f"sin({k}*z + {k}/7)" for k in range(1, 16)),
    "sum of relus": " + ".join(f"relu(z - ({k}/10))" for k in range(-30, 30)),
    "sum of abs": " + ".join(f"abs(z - ({k}/10))" for k in range(-30, 30)),
    "50 levels": _chain([str(k * k % 7 - 3) for k in range(50)], "0"),
    "50 waves": _chain([f"sin({k + 1}*z)" for k in range(50)], "z"),
    "narrow bell": "exp(-1e6*z**2)",
    "steep tanh": "tanh(1e6*z)",
    "fast sine": "sin(1e4*z)",
    "nearly a square": "abs(z)**(199/100)",
}


def spent(verb: str, link: str) -> float:
    start = time.process_time()
    getattr(tiltproof, verb)(link)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["exponents", "threshold"])
@pytest.mark.parametrize("name", LINKS)
def test_a_slow_link_is_answered(name: str, verb: str) -> None:
    # A process for each, as the caches of one would serve the next; forked, as none other could import this.
    with ProcessPool(1, max_tasks=1, context=multiprocessing.get_context("fork")) as pool:
        future: Future[Any] = pool.schedule(spent, args=[verb, LINKS[name]], timeout=20 * SECONDS)
        assert future.result() < SECONDS
