"""Worker processes of this machine: limited in memory, ignoring SIGINT, ended with their parent."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker

from pebble import ProcessPool

from ...link import LinkError

#: The address space of one worker process; the libraries alone take about one GiB of it.
MEMORY_LIMIT = 4 * 2**30
#: What every task needs, which a worker forked from the server then has at once.
_PRELOAD = f"{__package__.rpartition('.')[0]}.run.scheduler"


def worker_pool(workers: int) -> ProcessPool:
    """Processes with a limit on their memory, to be stopped as soon as anything goes wrong."""
    # Windows has no fork server; on macOS and Linux it starts a process sooner than a fresh interpreter.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([_PRELOAD])
    pool = ProcessPool(max_workers=_affordable(workers), context=context, initializer=_prepare)
    try:
        with _signals_deferred():
            # When the first of them has done something, all workers are running.
            wait([pool.schedule(int)])
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        raise
    return pool


def _affordable(workers: int) -> int:
    """As many worker processes as the limit on open files allows; a result never depends on their number.

    Raises LinkError where it allows none.
    """
    try:
        import resource
    except ImportError:  # not on Windows
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
def _signals_deferred() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the end; child processes started meanwhile ignore SIGINT.

    Else they would print a traceback: of their imports, or of a lock that the main process took away.
    """
    received: list[int] = []
    in_charge = threading.current_thread() is threading.main_thread()
    # The tracker's start would let signals through again.
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows, where only the handlers below wait
    if masks:
        resource_tracker.ensure_running()
        inherited = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    # Threads of libraries do not block it.
    handlers = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
        if in_charge
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
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_LIMIT if most == resource.RLIM_INFINITY else min(MEMORY_LIMIT, most)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _end_with_parent() -> None:
    """Killed, a parent ends nobody: a thread ends this process then, whatever it is in the middle of."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
