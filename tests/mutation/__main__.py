"""``make mutation``: change the rooms in many small ways and count what verify or the tests catch.

For each mutant only the checks that run the changed line are tried, the quickest first, until one gives
another answer than it gives on the true module. ``docs/mutation.md`` keeps the last result.

    nice -n 5 python tests/mutation --map FILE --seed 1 --count 60 --jobs 1
    nice -n 5 python tests/mutation --map FILE --seed 1 --count 400 --skip 60 --jobs 1

FILE keeps which lines each check runs, until one of the files that it runs changes.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import multiprocessing
import pickle
import resource
import sys
import time
import tomllib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any, TypeVar

import checks
import hypothesis.strategies  # noqa: F401  (imported before the workers are forked, like the next two)
import mpmath  # noqa: F401
import scipy.stats  # noqa: F401
from checks import Check, Job, measured
from mutants import Mutant, sample

T = TypeVar("T")
#: Seconds of one processor (so that a busy machine changes nothing): a slower check is left out; the checks
#: of a mutant end after BUDGET, which makes it a survivor; one that goes on for another 60, as long as
#: verify waits, hangs.
SLOWEST, BUDGET, HANGS = 12, 40, 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mutant fared: caught by ``verify``, ``tests``, ``baseline`` (a regression); or ``survived``."""

    mutant: Mutant
    way: str
    detail: str


def judge(mutant: Mutant, known: Sequence[bytes]) -> Outcome:
    """Try the pickled checks on the mutant, in this process, which is of no use afterwards."""
    mutant.install()
    start = time.process_time()
    for tried, pickled in enumerate(known):
        if time.process_time() - start > BUDGET:
            return Outcome(mutant, "survived", f"{tried} of {len(known)} checks, {BUDGET:g} s")
        try:
            check: Check = pickle.loads(pickled)
            found = check.against(check.job.answer())
        except Exception as error:  # the mutant does not even import
            return Outcome(mutant, "verify", f"{type(error).__name__}: {error}")
        if found is not None:
            return Outcome(mutant, *found)
    return Outcome(mutant, "survived", f"all of {len(known)} checks")


def touching(mutant: Mutant, known: Sequence[Check]) -> list[Check]:
    """The checks that run the mutant's lines (its module, or any, when none is known to).

    First those that are quick and of whose lines many are the module's.
    """
    path = str(mutant.path)
    places = {(path, line) for line in mutant.acts}
    found = [c for c in known if not places.isdisjoint(c.lines)]
    if not found:
        found = [c for c in known if any(name == path for name, _ in c.lines)]

    def effort(check: Check) -> float:
        own = sum(name == path for name, _ in check.lines)
        return check.seconds * len(check.lines) / (1 + own)

    return sorted(found or known, key=effort)


def in_processes(
    run: Callable[..., T], jobs: Sequence[tuple[Any, ...]], at_once: int, seconds: int, say: str
) -> Iterator[tuple[int, T | None]]:
    """(i, ``run(*jobs[i])``), in a process each, as they end; None for what takes more seconds, or dies."""
    context = multiprocessing.get_context("fork")
    todo, waiting = deque(enumerate(jobs)), {}
    while todo or waiting:
        while todo and len(waiting) < at_once:
            index, job = todo.popleft()
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=_send, args=(there, run, job, seconds))
            process.start()
            there.close()
            waiting[here] = index, process
        for ended in connection.wait(list(waiting)):
            assert isinstance(ended, connection.Connection)
            index, process = waiting.pop(ended)
            try:
                answer = ended.recv()
            except EOFError:
                answer = None
            process.join()
            print(f"\r{say} {len(jobs) - len(todo) - len(waiting)}/{len(jobs)}", end="", file=sys.stderr)
            yield index, answer
    print(file=sys.stderr)


def _send(to: connection.Connection, run: Callable[..., T], job: tuple[Any, ...], seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    to.send(run(*job))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python tests/mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=200, help="mutants of a draw (default 200)")
    parser.add_argument("--skip", type=int, default=0, help="of those, so many were tried before")
    parser.add_argument("--seed", type=int, action="append", help="the draws, each of --count (default 0)")
    parser.add_argument("--least", type=float, default=0.95, help="the share that must be caught")
    parser.add_argument("--map", type=Path, help="where the lines that checks run are kept between runs")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="processes at a time")
    chosen = parser.parse_args()
    start = time.perf_counter()
    known = _mapped(chosen.map, chosen.jobs)
    print(f"{len(known)} checks are of use; {_spent(start)}", flush=True)
    draws = {seed: sample(checks.modules(), chosen.count, seed)[chosen.skip :] for seed in chosen.seed or [0]}
    return max(scored(picked, seed, known, chosen, start) for seed, picked in draws.items())


def _mapped(path: Path | None, at_once: int) -> list[Check]:
    """The checks with the lines they run: measured, or as they were kept for the same files."""
    root = Path(__file__).resolve().parents[2]
    sys.path.append(str(root))  # for the package of tests
    kept: dict[Job, tuple[str, Check | None]] = {}
    if path and path.exists():
        kept = pickle.loads(path.read_bytes())
    jobs = checks.jobs(root)
    kept = {job: kept[job] for job in jobs if job in kept and kept[job][0] == _state(job, kept[job][1], root)}
    missing = [job for job in jobs if job not in kept]
    # Everything is imported and nothing is worked out yet when the first process is forked.
    gc.collect()
    gc.freeze()
    for count, (index, check) in enumerate(
        in_processes(measured, [(job,) for job in missing], at_once, SLOWEST, "checks"), 1
    ):
        kept[missing[index]] = _state(missing[index], check, root), check
        if path and (count % 50 == 0 or count == len(missing)):
            path.write_bytes(pickle.dumps(kept))
    return [check for _, check in kept.values() if check is not None and check.sound]


def _state(job: Job, check: Check | None, root: Path) -> str:
    """The files that a check was seen to run, and its own, as they are now."""
    files = {Path(file) for file, _ in check.lines} if check else set()
    texts = (file.read_bytes() for file in sorted(files | {root / job.file}) if file.exists())
    return hashlib.sha256(b"".join(texts)).hexdigest()


def scored(
    picked: Sequence[Mutant], seed: int, known: Sequence[Check], chosen: argparse.Namespace, start: float
) -> int:
    """Try the mutants of one draw and say how they fared: 0 where the least share is caught, else 1."""
    tried = [(mutant, [pickle.dumps(check) for check in touching(mutant, known)]) for mutant in picked]
    ways, unseen = Counter[str](), _equivalent()
    for index, outcome in in_processes(judge, tried, chosen.jobs, HANGS, "mutants"):
        fared = outcome or Outcome(picked[index], "verify", "hangs or dies")
        reason = unseen.get(fared.mutant.name)
        if fared.way == "survived":
            shown = f"equivalent: {reason}" if reason else fared.detail
            print(f"\rsurvived  {fared.mutant}  ({shown})", flush=True)
        elif reason:
            print(f"\rno equivalent, as {fared.way} caught it: {fared.mutant}", flush=True)
        ways["equivalent" if fared.way == "survived" and reason else fared.way] += 1
    other = len(picked) - ways["equivalent"]
    caught = other - ways["survived"]
    parts = ", ".join(f"{ways[way]} by {way}" for way in ("verify", "tests", "baseline"))
    share = f"seed {seed}: {caught} of {other} mutants caught ({caught / other:.1%})"
    print(f"{share}: {parts}; {_spent(start)}", flush=True)
    print(f"{ways['equivalent']} more change no answer")
    return 0 if caught >= chosen.least * other else 1


def _equivalent() -> dict[str, str]:
    """Why a mutant cannot be caught, by its name."""
    found: dict[str, str] = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text())
    return found


def _spent(start: float) -> str:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    of_processors = sum(each.ru_utime + each.ru_stime for each in used)
    return f"{time.perf_counter() - start:.0f} s, {of_processors:.0f} s of processors"


if __name__ == "__main__":
    sys.exit(main())
