"""``make mutation``: change theory/ in many small ways and count what verify or the tests catch.

For each mutant only the checks that run the changed line are tried, the quickest first, until one gives
another answer than it gives on the true module.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TaskTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import checks
import mpmath  # noqa: F401  (imported before the workers are forked, like the rest below)
import numpy as np  # noqa: F401
import scipy.stats  # noqa: F401
import sympy  # noqa: F401
from checks import Check, measured
from mutants import Mutant, sample
from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")
GREEN = ("PROVED", "ENCLOSED", "STATISTICAL")
#: Seconds of checks that a mutant may take before it counts as a survivor, and after which it hangs.
BUDGET, HANGS = 30.0, 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mutant fared: caught by ``verify``, ``tests``, ``baseline`` (weaker verdict); or ``survived``."""

    mutant: Mutant
    way: str
    detail: str


class _Mutated(importlib.machinery.SourceFileLoader):
    """Loads one module from a changed tree instead of its file."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> Any:
        return compile(self._tree, self.path, "exec")


class _Finder:
    """Hands out the changed module under its name, and leaves every other import alone."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin != str(self._mutant.path):
            return None
        spec.loader = _Mutated(name, spec.origin, self._mutant.tree())
        return spec


def judge(mutant: Mutant, touching: list[Check]) -> Outcome:
    """Try the checks on the mutant, in a process of its own."""
    sys.meta_path.insert(0, _Finder(mutant))  # type: ignore[arg-type]
    start, weaker = time.perf_counter(), ""
    for check in touching:
        if time.perf_counter() - start > BUDGET:
            break
        try:
            answer = check.job.answer()
        except Exception as error:  # the mutant does not even import
            answer = f"{type(error).__name__}: {error}"
        if answer == check.answer:
            continue
        detail = f"{check.job}: {check.answer} became {answer}"
        if check.job.file or check.job.variant is not None:
            return Outcome(mutant, "tests", detail)
        if answer not in (*GREEN, "NOT_APPLICABLE"):
            return Outcome(mutant, "verify", detail)
        weaker = weaker or detail
    if weaker:
        return Outcome(mutant, "baseline", weaker)
    return Outcome(mutant, "survived", f"{len(touching)} checks")


def touching(mutant: Mutant, known: Sequence[Check]) -> list[Check]:
    """The checks that run the mutant's line, or its module when the line runs on import; quickest first."""
    path = str(mutant.path)
    found = [c for c in known if (path, mutant.line) in c.lines]
    if not found:
        found = [c for c in known if any(name == path for name, _ in c.lines)]
    return sorted(found, key=lambda c: c.seconds)


def in_processes(run: Callable[..., T], jobs: Sequence[tuple[Any, ...]], say: str) -> Iterator[T | str]:
    """``run(*job)`` in a fresh process each; "hangs" or "dies" where it does."""
    context = multiprocessing.get_context("fork")
    with ProcessPool(max_workers=multiprocessing.cpu_count(), max_tasks=1, context=context) as pool:
        futures = [pool.schedule(run, args=list(job), timeout=HANGS + BUDGET) for job in jobs]
        for done, future in enumerate(futures, 1):
            print(f"\r{say} {done}/{len(jobs)}", end="", file=sys.stderr, flush=True)
            try:
                yield future.result()
            except TaskTimeout:
                yield "hangs"
            except ProcessExpired:
                yield "dies"
    print(file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=240, help="how many mutants (default 240)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--least", type=float, default=0.95, help="the share that must be caught")
    chosen = parser.parse_args()
    start = time.perf_counter()
    root = Path(__file__).resolve().parents[2]
    # In processes of their own: this one must not import what the mutants replace.
    jobs = next(iter(in_processes(checks.jobs, [(root,)], "collecting")))
    assert isinstance(jobs, list)
    known = [c for c in in_processes(measured, [(job,) for job in jobs], "checks") if isinstance(c, Check)]
    known = [c for c in known if c.answer in (*GREEN, "REFUTED", "passed")]
    print(f"{len(known)} checks, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    picked = sample(sorted(checks.theory_folder().rglob("*.py")), chosen.count, chosen.seed)
    tried = [(mutant, touching(mutant, known)) for mutant in picked]
    found = in_processes(judge, tried, "mutants")
    fared = [
        o if isinstance(o, Outcome) else Outcome(m, "verify", o)
        for (m, _), o in zip(tried, found, strict=True)
    ]
    return _report(fared, chosen.least, time.perf_counter() - start)


def _report(fared: list[Outcome], least: float, seconds: float) -> int:
    ways = Counter(o.way for o in fared)
    for outcome in fared:
        if outcome.way == "survived":
            print(f"survived  {outcome.mutant}  ({outcome.detail})")
    caught = len(fared) - ways["survived"]
    parts = ", ".join(f"{ways[way]} by {way}" for way in ("verify", "tests", "baseline"))
    print(f"{caught} of {len(fared)} mutants caught ({caught / len(fared):.1%}): {parts}; {seconds:.0f} s")
    return 0 if caught >= least * len(fared) else 1


if __name__ == "__main__":
    sys.exit(main())
