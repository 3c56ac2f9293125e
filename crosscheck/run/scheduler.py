"""Running claims on links: one task per pair, in worker processes, with a time limit for each."""

import math
import multiprocessing
import re
import shlex
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TaskTimeout
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from pebble import ProcessExpired, ProcessPool

from ...link import ADDITIVE, LIBRARY, NOISELESS, Link, LinkError, Signal, as_link, parse
from ...numerics.estimates.quadrature import Divergent
from ...numerics.expectation.oracle import NotIntegrable, Unresolved
from ...numerics.work import Overspent, allowance, question
from ...theory.exact.constants import Undecided
from ..arguments import as_digits, as_scheduler, as_texts, as_whole
from ..assertions.claim import as_claim
from ..assertions.families import plain
from ..assertions.user_claim import UserClaim, latex_ranges, range_text
from ..claim import FALSE_ALARM, Claim, Subject, Variant
from ..claims import CLAIMS
from ..verdict import LEGS, Evidence, Finding, Leg, Verdict, absent, broken, contradiction, decide, undecided
from ..workers.cluster import Cluster, Elsewhere, limited
from ..workers.processes import MEMORY_LIMIT, longest_call, scheduled, took_too_long, worker_pool
from .cache import Cache
from .report import Claimed, Interrupted, Report, Result

Tier = Literal["fast", "full"]
#: Seconds of a processor that one claim on one link may take.
TIME_LIMITS: dict[Tier, float] = {"fast": 60.0, "full": 900.0}
#: The work of one claim on one link, in that of questions: it ends before the time does.
_PARTS = {False: 7, True: 100}
#: A built-in claim by its id, or a user's claim, and the link to check it on.
Job = tuple[str | UserClaim, Subject]


def check(claim: Claim[Any], subject: Subject, variant: Variant[Any] | None = None) -> Result:
    """One claim (or one of its falsified variants) on one link, in this process."""
    start = time.perf_counter()
    statement = claim.statement if variant is None else variant.statement
    name = claim.id if variant is None else f"{claim.id}: {variant.change}"
    link, claimed = str(subject.link), _claimed(claim, subject)
    margin = None
    with question(subject.digits, _PARTS[subject.full], strict=True), allowance(math.inf):
        try:
            if reason := claim.inapplicable(subject, dropped=variant.drops if variant else None):
                return Result(name, link, Verdict.NOT_APPLICABLE, (), None, 0.0, reason, claimed)
            evidence = tuple(_one_leg(claim, leg, subject, statement) for leg in LEGS)
        except Overspent as spent:  # it is open whether the link meets the assumptions
            evidence = tuple(undecided(str(spent)).by(leg) for leg in LEGS)
        verdict, reason = decide(evidence), contradiction(evidence) or ""
        if verdict.green or verdict is Verdict.REFUTED:
            with suppress(Overspent):
                margin = claim.margin(subject, statement, verdict.green)
    witness = next((e.witness for e in evidence if e.witness), None)
    again = "" if variant else _again(claim, subject, witness if verdict is Verdict.REFUTED else None)
    seconds = round(time.perf_counter() - start, 3)
    return Result(name, link, verdict, evidence, witness, seconds, reason, claimed, margin, again)


#: A parameter of a witness, as ``pointwise.named`` writes a point.
_AT = re.compile(r"(\w+) = (-?\d+(?:\.\d+|/\d+)?)(?=[,:])")


def _again(claim: Claim[Any], subject: Subject, witness: str | None) -> str:
    """The command that decides the claim on the link again, at the point of a witness where it names one."""
    asked = claim.statement
    if not isinstance(asked, UserClaim):
        seed = ["--seed", str(subject.seed)] if subject.seed else []
        tier = ["--tier", "full"] if subject.full else []
        return shlex.join(
            ["tiltproof", "verify", "--claim", claim.id, "--link", str(subject.link), *seed, *tier]
        )
    if asked.members:  # a symbol of the link is a number on this one
        asked = plain(asked, subject.link)
    point = dict(_AT.findall((witness or "").partition(": ")[0] + ":"))
    ranges = {name: range_text(values) for name, values in asked.ranges} | {
        name: value for name, value in point.items() if name in dict(asked.ranges)
    }
    words = ["tiltproof", "claim", asked.text, "--link", str(subject.link)]
    words += [word for name, text in ranges.items() for word in ("--for", f"{name}={text}")]
    words += ["--noise", str(subject.noise)] if subject.noise != NOISELESS else []
    words += ["--signal", asked.signal] if asked.signal != Signal.LABEL else []
    words += ["--label", str(asked.label)] if asked.label != ADDITIVE else []
    return shlex.join(words + (["--assume", asked.assume] if asked.assume else []))


def _claimed(claim: Claim[Any], subject: Subject) -> Claimed:
    signal = claim.statement.signal if isinstance(claim.statement, UserClaim) else ""
    assume = "; ".join(assumption.text for assumption in claim.assumptions)
    noise, link = str(subject.noise), subject.link.text
    said = Claimed(claim.formula, claim.quantified, assume, noise, signal, link, claim.source)
    if isinstance(claim.statement, UserClaim):
        return replace(said, latex=claim.latex, latex_for=latex_ranges(claim.statement))
    return said


def _one_leg(claim: Claim[Any], leg: Leg, subject: Subject, statement: Any) -> Evidence:
    run = claim.legs.get(leg)
    if run is None:
        return absent("the claim has no such leg").by(leg)
    try:
        finding: Finding = run(subject, statement)
    # The leg cannot tell, and says why.
    except (NotIntegrable, Unresolved, Divergent, Undecided, Overspent) as reason:
        finding = undecided(str(reason))
    except Exception as error:  # a bug in one leg is reported as ERROR and must not end the run
        return broken(f"{type(error).__name__}: {error}").by(leg)
    return finding.by(leg, claim.scopes[leg])


def falsified(claim: Claim[Any], seed: int = 0) -> Iterator[Result]:
    """Every falsified variant of ``claim`` on its own link; each must come out REFUTED."""
    for variant in claim.variants:
        yield check(claim, Subject(parse(variant.link), seed=seed), variant)


def verify(
    claims: Sequence[str] | str = (),
    links: Sequence[Link | str] | Link | str = (),
    *,
    seed: int = 0,
    workers: int | None = None,
    digits: int = 30,
    tier: Tier = "fast",
    lemmas: Sequence[UserClaim] = (),
    progress: Callable[[Result], None] | None = None,
    time_limit: float | None = None,
    scheduler: str | None = None,
    cache: bool = False,
) -> Report:
    """Check built-in claims on links, and your own claims on theirs.

    Parameters
    ----------
    claims
        Ids such as ``["T1"]``; all of them when empty and nothing else is asked for.
    links
        Links or their texts; the library when empty.
    seed
        Every task's random stream depends on it, the claim and the link alone, not on ``workers``.
    workers
        Processes; as many as there are cores when left out.
    digits
        Significant digits of every enclosure, from 2 to 300.
    tier
        ``fast``, or ``full`` with the wide simulations of R3 to R7, V3 and V7.
    lemmas
        Claims of yours, as ``load_claims`` reads them, which are checked on their own links; then the
        built-in ones run only where ``claims`` or ``links`` are given.
    progress
        Called with each result.
    time_limit
        Seconds of a processor that one claim on one link may take; by default those of the tier.
    scheduler
        The address of a Dask scheduler, as ``tcp://10.0.0.1:8786``, whose workers check in place of processes
        of this machine.
    cache
        Whether verdicts of earlier runs are taken where nothing has changed, and those of this run kept.

    Returns
    -------
    Report
        Every result, the counts, and the exit code that the command line would give.

    Raises
    ------
    LinkError
        On an unknown claim id, a text that is no link, or a scheduler that does not answer or whose workers
        run other versions.

    Examples
    --------
    >>> import tiltproof
    >>> report = tiltproof.verify(["G2"], ["staircase"], workers=1)
    >>> report.exit_code
    0

    Source
    ------
    The claims with their proofs: docs/claims; claims of yours: docs/user-claims.md.
    """
    from ... import __version__

    claims = as_texts(claims, "claims", "['T1']")
    links = (links,) if isinstance(links, Link) else as_texts(links, "links", "['tanh']")
    for name in claims:
        if name not in CLAIMS:
            raise LinkError(f"unknown claim '{name}': the claims are {', '.join(CLAIMS)}")
    if tier not in TIME_LIMITS:
        raise LinkError(f"tier {tier!r} is unknown: write {' or '.join(TIME_LIMITS)}")
    if not all(isinstance(lemma, UserClaim) for lemma in as_texts(lemmas, "lemmas", "load_claims(FILE)")):
        raise LinkError(f"lemmas = {lemmas!r} are no claims: write lemmas=load_claims(FILE)")
    seed, digits = as_whole(seed, "seed", 0, 2**63 - 1, 0), as_digits(digits)
    workers = workers if workers is None else as_whole(workers, "workers", 1, 256, 2)
    if scheduler is not None and workers is not None:
        raise LinkError("workers are processes of this machine, and a scheduler has its own: leave one out")
    cluster = None if scheduler is None else Cluster(as_scheduler(scheduler))
    start = time.perf_counter()
    chosen, tried, lemmas_on = planned(claims, links, lemmas)
    # Four legs at most test statistically, so Bonferroni over twice the tasks keeps the run-wide rate.
    alarm = FALSE_ALARM / (2 * max(len(chosen) * len(tried), 1))
    subjects = [Subject(link, NOISELESS, digits, seed, alarm, tier == "full") for link in tried]
    own = [(lemma, Subject(link, lemma.noise, digits, seed)) for lemma, link in lemmas_on]
    jobs: list[Job] = [*((name, subject) for subject in subjects for name in chosen), *own]
    tasks = [(name, str(link)) for name in chosen for link in tried]
    tasks += [(lemma.id, str(subject.link)) for lemma, subject in own]
    limit = time_limit or TIME_LIMITS[tier]
    by_task: dict[tuple[str, str], Result] = {}
    earlier = Cache() if cache else None
    by_name: dict[tuple[str, str], Job] = {}
    try:
        for job in jobs:
            known = None if earlier is None else earlier.find(*job)
            if known is None:
                by_name[_name(job), str(job[1].link)] = job
                continue
            by_task[known.claim, known.link] = known
            if progress:
                progress(known)
        where = cluster or workers or multiprocessing.cpu_count()
        for result in run_jobs(list(by_name.values()), where, progress, limit):
            task = result.claim, result.link
            by_task[task] = result
            if earlier is not None:
                earlier.keep(*by_name[task], result)
    except KeyboardInterrupt as stop:
        kept = tuple(by_task[task] for task in tasks if task in by_task)
        used, seconds = None if earlier is None else earlier.used, round(time.perf_counter() - start, 3)
        partial = Report(__version__, seed, kept, seconds, interrupted=True, cache=used)
        raise Interrupted(partial, len(tasks)) from stop
    results = tuple(by_task[task] for task in tasks)
    applies = {result.claim for result in results if result.verdict is not Verdict.NOT_APPLICABLE}
    # A claim that was not asked for by name may well not apply to the links that were.
    needed = [*(chosen if claims or not links else ()), *(lemma.id for lemma in lemmas)]
    vacuous = tuple(name for name in needed if name not in applies)
    used, seconds = None if earlier is None else earlier.used, round(time.perf_counter() - start, 3)
    return Report(__version__, seed, results, seconds, vacuous, cache=used)


def planned(
    claims: Sequence[str], links: Sequence[Link | str], lemmas: Sequence[UserClaim]
) -> tuple[list[str], list[Link], list[tuple[UserClaim, Link]]]:
    """The built-in claims and the links each of them is checked on, and every other claim with its link."""
    library = [parse(name) for name in LIBRARY]
    chosen = list(claims or ([] if lemmas and not links else CLAIMS))
    # Two names of one link are one task.
    tried = list(dict.fromkeys(as_link(link, "links") for link in links)) or library
    return chosen, tried, [(lemma, link) for lemma in lemmas for link in lemma.links or library]


def _task(job: Job) -> Result:
    asked, subject = job
    return check(_claim_of(asked), subject)


def _claim_of(asked: str | UserClaim) -> Claim[Any]:
    return as_claim(asked) if isinstance(asked, UserClaim) else CLAIMS[asked]


def _name(job: Job) -> str:
    return job[0].id if isinstance(job[0], UserClaim) else job[0]


def start(pool: ProcessPool, job: Job, time_limit: float) -> Callable[[], Result]:
    """One job in a running pool, with the limits of ``run_jobs``; what is returned waits for its result."""
    future = scheduled(pool, _task, job, time_limit)
    return lambda: _outcome(job, future.result, time_limit)


class Queues:
    """Jobs by link: a worker that goes on with a link still holds what it worked out of it."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._waiting: dict[Link, deque[Job]] = {}
        for job in jobs:
            self._waiting.setdefault(job[1].link, deque()).append(job)
        self._unbegun = deque(self._waiting.values())

    def take(self, link: Link | None = None) -> Job | None:
        """A job on ``link``, else on one that no worker has begun, else the last of the longest queue."""
        if link and self._waiting[link]:
            return self._waiting[link].popleft()
        if self._unbegun:
            return self._unbegun.popleft().popleft()
        longest = max(self._waiting.values(), key=len)
        return longest.pop() if longest else None


def run_jobs(
    jobs: Sequence[Job],
    where: int | Cluster,
    progress: Callable[[Result], None] | None,
    time_limit: float,
    task: Callable[[Job], Result] = _task,
) -> Iterator[Result]:
    """The results as they come; what hangs, fails or eats memory is TIMEOUT or ERROR, alone.

    where: so many processes of this machine, or a cluster. When it is interrupted, those that are done come
    first, and then the KeyboardInterrupt.
    """
    if not jobs:
        return
    if isinstance(where, Cluster):
        yield from _on_cluster(jobs, where, progress, time_limit, task)
        return
    queues, count = Queues(jobs), min(where, len(jobs))
    with worker_pool(count) as pool:
        running: dict[Future[Result], Job] = {}

        def start_next(link: Link | None) -> None:
            if job := queues.take(link):
                running[scheduled(pool, task, job, time_limit)] = job

        # A task for each worker at a time: the next one goes to the worker that has just become free, which
        # still holds what it worked out of the link.
        try:
            for _ in range(count):
                start_next(None)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = _outcome(running[future], future.result, time_limit)
                    start_next(running.pop(future)[1].link)
                    if progress:
                        progress(result)
                    yield result
        except KeyboardInterrupt:
            done = [(job, future) for future, job in running.items() if future.done()]
            pool.stop()  # type: ignore[no-untyped-call]
            yield from (_outcome(job, future.result, time_limit) for job, future in done)
            raise


def _on_cluster(
    jobs: Sequence[Job],
    cluster: Cluster,
    progress: Callable[[Result], None] | None,
    time_limit: float,
    task: Callable[[Job], Result],
) -> Iterator[Result]:
    missing = dict(enumerate(jobs))
    try:
        with closing(cluster.finished(partial(_limited, task, time_limit), jobs)) as finished:
            for index, job, wait_for in finished:
                del missing[index]
                result = _outcome(job, wait_for, time_limit)
                if progress:
                    progress(result)
                yield result
    except Elsewhere as reason:
        if len(missing) == len(jobs):
            raise
        # What is decided stands; the others say why they are not.
        failed: Future[Result] = Future()
        failed.set_exception(reason)
        yield from (_outcome(job, failed.result, time_limit) for job in missing.values())


def _limited(task: Callable[[Job], Result], time_limit: float, job: Job) -> Result:
    """On a worker of a cluster."""
    return _outcome(job, limited(task, job, time_limit).result, time_limit)


def _outcome(job: Job, wait_for: Callable[[], Result], time_limit: float) -> Result:
    verdict, seconds = Verdict.ERROR, 0.0
    try:
        return wait_for()
    except (TaskTimeout, ProcessExpired) as error:
        if took_too_long(error):
            verdict, seconds = Verdict.TIMEOUT, min(time_limit, longest_call())
            reason = f"no answer within {seconds:g} s of a processor"
        else:
            reason = f"the worker process ended: {error}"
    except MemoryError:
        reason = f"more than {MEMORY_LIMIT // 2**30} GiB of memory would be needed"
    except Elsewhere as error:
        reason = str(error)
    except Exception as error:  # a bug in one claim must not end the run
        reason = f"{type(error).__name__}: {error}"
    asked, subject = job
    known = isinstance(asked, UserClaim) or asked in CLAIMS
    claimed = _claimed(_claim_of(asked), subject) if known else None
    return Result(_name(job), str(subject.link), verdict, (), None, seconds, reason, claimed)
