"""Worker processes of this machine: limited in memory, ignoring SIGINT, ended with their parent."""

import gc
import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as TaskTimeout
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from ...link import LinkError
from . import TERMINATING

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

T = TypeVar("T")
R = TypeVar("R")

#: The address space of one worker process; the libraries alone take about one GiB of it.
MEMORY_LIMIT = 4 * 2**30
#: Where BLAS libraries read how many threads they may start.
_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
#: What every task needs, which a worker forked from the server then has at once.
_PRELOAD = f"{__package__.rpartition('.')[0]}.run.scheduler"
#: What becomes of a script that each new process reads, and that asks for processes wherever it is read.
_UNGUARDED = (
    "no worker process started: in a script, call this below `if __name__ == '__main__':`, "
    "as every new process reads the script"
)
#: Seconds on the clock for each second of a processor: what only waits is ended by these.
_PATIENCE = 20


class _Pool(ProcessPool):
    """Left by an exception, it does not wait for what its processes are in the middle of."""

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            self.stop()  # type: ignore[no-untyped-call]
        super().__exit__(kind, *rest)  # type: ignore[no-untyped-call]


def worker_pool(workers: int) -> ProcessPool:
    """Processes with a limit on their memory, which are stopped as soon as anything goes wrong.

    Raises LinkError where none can start.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        # A worker to be, which reads the script again that asked for it: no further ones from here.
        raise SystemExit(1)
    # Windows has no fork server; on macOS and Linux it starts a process sooner than a fresh interpreter.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([_PRELOAD])
    # A hard limit (ulimit -t) counts for a process as long as it lives: each call gets one of its own.
    tasks = 0 if math.isinf(longest_call()) else 1
    pool = _Pool(max_workers=_affordable(workers), max_tasks=tasks, context=context, initializer=_prepare)
    try:
        with _signals_deferred(), _one_thread_each():
            # When the first of them has done something, all workers are running.
            started = pool.schedule(int)
            wait([started])
        # What else ended the first worker is told of the calls.
        if isinstance(started.exception(), RuntimeError):
            raise LinkError(_UNGUARDED)
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        raise
    return pool


def _affordable(workers: int) -> int:
    """As many worker processes as the limit on open files allows; a result never depends on their number.

    Raises LinkError where it allows none.
    """
    if resource is None:
        return workers
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return workers
    # Each worker takes two open files of this process, the pool itself some sixteen.
    room = (most - len(os.listdir("/dev/fd")) - 16) // 2
    if room < 1:
        raise LinkError(f"only {most} open files are allowed, too few to start a worker: write ulimit -n 256")
    return min(workers, room)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile add in one thread, unless the user says otherwise.

    With as many workers as cores the threads of BLAS would wait for one another, which takes half of the
    processor time of a run, and their number would decide in which order numbers are added.
    """
    added = [name for name in _BLAS_THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP wait until the end; child processes started meanwhile ignore SIGINT.

    Else they would print a traceback: of their imports, or of a lock that the main process took away.
    """
    received: list[int] = []
    in_charge = threading.current_thread() is threading.main_thread()
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows, where only the handlers below wait
    if masks:
        # The tracker of shared memory ignores SIGINT and SIGTERM; of a closed terminal it would die.
        # Its start lets signals through again, so it comes first.
        inherited = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINATING)
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_SETMASK, inherited | {signal.SIGINT})
    # Threads of libraries do not block it.
    handlers = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in (signal.SIGINT, *TERMINATING)
        if in_charge and signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, inherited)
        # Here, as the start may have failed because of it.
        if received:
            signal.raise_signal(received[0])


def _prepare() -> None:
    """A new worker ends with its parent, collects rarely (see ``cli/main.py``), and keeps to its memory."""
    _end_with_parent()
    gc.set_threshold(50_000, 20, 20)
    if resource is None:
        return
    _limit(resource.RLIMIT_AS, MEMORY_LIMIT)
    # Ended for its time, a process would leave an image of its memory.
    _limit(resource.RLIMIT_CORE, 0)
    # A soft limit of the shell (ulimit -St) would end a worker as if a call had taken too long.
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def _limit(kind: int, amount: int) -> None:
    """As much of a resource as asked for, or as little as is allowed."""
    _, most = resource.getrlimit(kind)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))


def scheduled(pool: ProcessPool, function: Callable[[T], R], item: T, seconds: float | None) -> Future[R]:
    """A call in one of the pool's processes that may take so many seconds of a processor.

    Other work of the machine does not count, so that no answer depends on its load. Windows has no such
    limit: there they are seconds on the clock.
    """
    if resource is None or seconds is None:
        return pool.schedule(function, args=[item], timeout=seconds)
    return pool.schedule(_within, args=[function, item, seconds], timeout=_PATIENCE * seconds)


def longest_call() -> float:
    """Seconds of a processor that the shell's hard limit leaves to a process, which is killed at the last."""
    if resource is None:
        return math.inf
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    return math.inf if most == resource.RLIM_INFINITY else max(1, most - 1)


def _within(function: Callable[[T], R], item: T, seconds: float) -> R:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _limit(resource.RLIMIT_CPU, int(min(until, longest_call())))
    try:
        return function(item)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, before)


def took_too_long(error: Exception) -> bool:
    """Whether the call behind a future of ``scheduled`` was ended for its time."""
    ended = isinstance(error, ProcessExpired) and error.exitcode == -getattr(signal, "SIGXCPU", math.inf)
    return ended or isinstance(error, TaskTimeout)


def _end_with_parent() -> None:
    """Killed, a parent ends nobody: a thread ends this process then, whatever it is in the middle of."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
