"""What once took long: an answer, or an honest refusal, in ten seconds of an idle processor and one GiB."""

import multiprocessing
import resource
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from pebble import ProcessPool

import tiltproof

SECONDS, GIB = 10.0, 1.0


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


#: Of the other commands, each with what else it asks.
QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a guarantee over fast waves": ("admissible", "cos(exp(z))", {"epsilon": "1/2", "n": 10**6}),
    "a guarantee over many waves": ("admissible", "sin(1e3*z)", {"epsilon": 1, "n": 10**6}),
    "training on many waves": ("train", "sin(1e3*z)", {"beta2": 1}),
    "recovery from many waves": ("recover", "sin(1e3*z)", {"beta": 2, "d": 100}),
    "preferences about a pole": ("exponents", "log(abs(z))", {"label": "preference(1)"}),
    "a policy beside a pole": ("policy", "1 - 2*log(abs(z - 1))", {"beta": 4}),
    "a pole, shifted": ("threshold", "log(abs(z)) - c", {"ranges": {"c": "[0, 2]"}}),
    "fast waves, shifted": ("threshold", "cos(exp(z)) - c", {"ranges": {"c": "[0, 2]"}}),
    "waves of a range": ("threshold", "sin(a*z) - 1/2", {"ranges": {"a": "[1, 5]"}}),
    "bends of a range": ("threshold", "tanh(c*z) - 9/10", {"ranges": {"c": "[1/2, 3]"}}),
    "powers of a range": ("threshold", "abs(z)**c - 1", {"ranges": {"c": "[1/2, 3]"}}),
    "preferences about a root": ("exponents", "sign(z)*abs(z)**(1/3)", {"label": "preference(1)"}),
    "60 nested tanh": ("threshold", "tanh(" * 60 + "z" + ")" * 60, {}),
    "40 nested abs": ("threshold", "abs(" * 40 + "z" + "-1/7)" * 40, {}),
    "a policy of He64": ("policy", "-He(64,z)", {"beta": 2}),
    "30 nested max": ("threshold", "".join(f"max(z/{k}, " for k in range(1, 31)) + "z" + ")" * 30, {}),
}


def spent(verb: str, link: str, asked: dict[str, Any]) -> tuple[float, float]:
    """Seconds, and GiB of memory."""
    start = time.process_time()
    with suppress(ArithmeticError):
        getattr(tiltproof, verb)(link, **asked)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "link", "asked"),
    [
        *(pytest.param(verb, LINKS[name], {}, id=f"{verb}: {name}")
          for name in LINKS for verb in ("exponents", "threshold")),
        *(pytest.param(*question, id=name) for name, question in QUESTIONS.items()),
    ],
)  # fmt: skip
def test_a_slow_question_is_answered(verb: str, link: str, asked: dict[str, Any]) -> None:
    # A process for each, as the caches of one would serve the next; forked, as none other could import this.
    with ProcessPool(1, max_tasks=1, context=multiprocessing.get_context("fork")) as pool:
        future: Future[Any] = pool.schedule(spent, args=[verb, link, asked], timeout=20 * SECONDS)
        seconds, gib = future.result()
    assert seconds < SECONDS
    assert gib < GIB
