"""Proofs in files: a certificate per link, and verdicts proved again by Coq."""

import itertools
import multiprocessing
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TaskTimeout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pebble import ProcessExpired

from ...link import ADDITIVE, NOISELESS, Link, LinkError
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...theory.exact.constants import Undecided
from ..assertions.user_claim import UserClaim
from ..certificate.write import Unproved, certificate, save
from ..files import write_whole
from ..kernel.assertion import claimed
from ..kernel.ranges import largest_zero
from ..kernel.theorem import Theorem
from ..link_facts.threshold import threshold_alone
from ..verdict import Evidence, Outcome, Scope, Verdict, absent, broken, supports, undecided
from ..workers.processes import scheduled, took_too_long, worker_pool
from .report import Report, Result

T = TypeVar("T")
#: Seconds of a processor that one certificate may take.
_SECONDS = 300.0


def check_target(folder: Path, option: str = "--certificates") -> None:
    """Make the folder. Raises LinkError when it cannot hold files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LinkError(f"{option} '{folder}' cannot be made ({error.strerror}): name a folder") from None
    if not os.access(folder, os.W_OK):
        raise LinkError(f"{option} '{folder}' cannot be written to: name another folder")


def write_all(
    links: Sequence[Link], folder: Path, digits: int, workers: int | None, told: Callable[[float], object]
) -> list[str]:
    """Certify the threshold of every link, ``label`` without noise; the reasons for those without a file.

    told: hears of the share of them that is done.
    """
    count = min(workers or multiprocessing.cpu_count(), len(links))
    with worker_pool(count) as pool:
        jobs = [
            (link, scheduled(pool, _written, (link, path, digits), _SECONDS))
            for link, path in zip(links, paths(links, folder), strict=True)
        ]
        said = (_reason(link, job) for link, job in jobs)
        return [reason for reason in _counted(said, len(jobs), told) if reason]


def _counted(done: Iterable[T], count: int, told: Callable[[float], object]) -> Iterator[T]:
    """What is done, one after the other, while the share of it is told."""
    for number, one in enumerate(done, 1):
        told(number / count)
        yield one


def _reason(link: Link, job: Future[str]) -> str:
    try:
        return job.result()
    except (TaskTimeout, ProcessExpired, MemoryError) as error:
        if took_too_long(error):
            return f"no certificate for {link}: not done within {_SECONDS:g} s"
        return f"no certificate for {link}: the worker process ended: {error}"


def _written(asked: tuple[Link, Path, int]) -> str:
    link, path, digits = asked
    try:
        save(certificate(threshold_alone(link, digits=digits), digits), path)
    except (Unproved, LinkError) as reason:
        return f"no certificate for {link}: {reason}"
    return ""


def paths(links: Sequence[Link], folder: Path) -> list[Path]:
    """A file for each link: what of its text a file name can hold, numbered where two would be equal.

    Upper and lower case count as equal, as they do on some file systems.
    """
    taken: set[str] = set()
    files = []
    for link in links:
        stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", str(link)).strip("_.")[:80] or "link"
        names = (stem if count == 1 else f"{stem}-{count}" for count in itertools.count(1))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())
        files.append(folder / f"{name}.json")
    return files


#: Where the theorems are written.
FOLDER = Path("kernel")
#: Seconds that one file may take, and digits of beta1 in T1's theorem.
TIME_LIMIT, _DIGITS = 600, 6
_LEFT_BY_COQ = (".vo", ".vok", ".vos", ".glob")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What ``coqc`` said: its error, "" where it proved the file, None where it was ended before."""

    error: str | None
    seconds: float


def require_coqc() -> None:
    """Raises LinkError where Coq is not installed, or there is no room for its files."""
    if shutil.which("coqc") is None:
        raise LinkError(
            "there is no coqc, which --kernel runs: install Debian's coq, libcoq-interval and "
            "libcoq-coquelicot, or leave --kernel out"
        )
    check_target(FOLDER, "--kernel")


def theorem_of(lemma: UserClaim, link: Link) -> Theorem:
    """The user's claim on one link as a theorem. Raises LinkError where it is none that is written."""
    if (lemma.noise, lemma.signal, lemma.label) != (NOISELESS, "label", ADDITIVE) or lemma.assume:
        raise LinkError("a theorem for Coq has signal label, no noise and no assumption: leave these out")
    integers = list(lemma.combinations())
    if lemma.family is not None or lemma.members or len(integers) != 1:
        raise LinkError("a theorem for Coq is about one link and one order: give each symbol one number")
    return claimed(link, lemma.condition(integers[0]), lemma.real)


def compiled(path: Path) -> Compiled:
    """Lets Coq check a file, and removes what it leaves beside it."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            ["coqc", "-q", path.name], cwd=path.parent, capture_output=True, text=True, check=False,
            timeout=TIME_LIMIT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Compiled(None, time.perf_counter() - start)
    finally:
        for suffix in _LEFT_BY_COQ:
            path.with_suffix(suffix).unlink(missing_ok=True)
        for hidden in (f".{path.stem}.aux", ".lia.cache", ".nra.cache"):
            path.with_name(hidden).unlink(missing_ok=True)
    if done.returncode < 0:  # killed, for memory or by somebody, which refuses nothing
        return Compiled(None, time.perf_counter() - start)
    error = "" if done.returncode == 0 else done.stderr.partition("Error:")[2] or done.stderr
    return Compiled(
        " ".join(error.split())[:300] or ("" if done.returncode == 0 else "?"), time.perf_counter() - start
    )


def proved_again(
    report: Report,
    links: Sequence[Link],
    lemmas: Sequence[UserClaim],
    workers: int | None,
    told: Callable[[float], object],
) -> Report:
    """The report with what Coq says of T1 and of users' claims, where they are green.

    A theorem that Coq refuses makes the verdict ERROR: one of the two is wrong. told: hears of the share of
    the theorems that Coq is done with.
    """
    by_text = {str(link): link for link in (*links, *(each for lemma in lemmas for each in lemma.links))}
    by_id = {lemma.id: lemma for lemma in lemmas}
    found: dict[int, Evidence] = {}
    files: dict[int, tuple[Theorem, Path]] = {}
    for index, result in enumerate(report.results):
        if not result.verdict.green or (result.claim != "T1" and result.claim not in by_id):
            continue
        try:
            stated = _stated(result, by_text, by_id)
        except (LinkError, NotIntegrable, Unresolved, Undecided) as reason:
            found[index] = absent(f"no theorem: {reason}").by("kernel")
            continue
        path = FOLDER / f"{_name(result)}_{index}.v"
        write_whole(path, stated.text.encode())
        files[index] = stated, path
    with ThreadPoolExecutor(workers or multiprocessing.cpu_count()) as pool:
        answers = pool.map(compiled, (path for _, path in files.values()))
        said = dict(zip(files, _counted(answers, len(files), told), strict=True))
    for index, (stated, path) in files.items():
        scope: Scope = "instances" if report.results[index].claim == "T1" else "statement"
        found[index] = _evidence(stated, path, said[index], scope)
    results = (
        _with(result, found[index]) if index in found else result
        for index, result in enumerate(report.results)
    )
    return replace(report, results=tuple(results))


def _stated(result: Result, links: Mapping[str, Link], lemmas: Mapping[str, UserClaim]) -> Theorem:
    link = links[result.link]
    if result.claim in lemmas:
        return theorem_of(lemmas[result.claim], link)
    return largest_zero(link, _DIGITS)


def _name(result: Result) -> str:
    """A name of letters and digits that begins with a letter, as Coq wants of a file."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", f"{result.claim}_{result.link}")[:60].strip("_")
    return name if name[0].isalpha() else f"claim_{name}"


def _evidence(stated: Theorem, path: Path, said: Compiled, scope: Scope) -> Evidence:
    seconds = f"{said.seconds:.1f} s"
    if said.error is None:
        ended = f"Coq was ended on {path} after {seconds}, before it could tell"
        return undecided(f"{ended}: it may take {TIME_LIMIT} s").by("kernel")
    statement = " ".join(stated.statement.split())
    if said.error:
        return broken(f"Coq refuses {path} ({seconds}): {statement}: {said.error}").by("kernel")
    return supports(f"proved by Coq ({path}, {seconds}): {statement}").by("kernel", scope)


def _with(result: Result, kernel: Evidence) -> Result:
    evidence = (*result.evidence, kernel)
    if kernel.outcome is not Outcome.ERROR:
        return replace(result, evidence=evidence)
    others = "; ".join(
        f"{e.leg} supports ({e.detail})" for e in result.evidence if e.outcome is Outcome.SUPPORTS
    )
    reason = f"Coq and the other legs contradict each other, one of them is wrong: {others}; {kernel.detail}"
    return replace(result, evidence=evidence, verdict=Verdict.ERROR, reason=reason)
