"""Tasks on the workers of a Dask cluster. Nothing else knows of Dask, which is loaded when it is asked for.

A task is a function of this package and its argument, and its result does not depend on where it ran. So a
task whose worker is lost runs once more elsewhere, and each result is handed to the caller once: what is kept
of it, and where, is the caller's affair. The scheduler hears of a few tasks for each thread of its workers at
a time, so that neither it nor the caller holds more, however many there are.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import platform
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TaskTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from ...link import LinkError
from .processes import scheduled, worker_pool

if TYPE_CHECKING:
    from ...numerics.recovery.sweep import Neurons, Task, Work

T = TypeVar("T")
R = TypeVar("R")
#: Tasks that the scheduler knows of for each thread of its workers, and while there are none.
_AHEAD, _LEAST = 3, 16
#: Seconds between two looks at a task or at the scheduler, and at how many threads there are.
_BEAT, _RECOUNT = 0.25, 2.0
#: Seconds that a scheduler may take to answer.
_PATIENCE = 10.0
#: What numbers may depend on.
_PACKAGES = ("python-flint", "mpmath", "numba", "numpy", "scipy", "sympy")
_ROOMS = ("link", "theory", "numerics", "crosscheck")


class Elsewhere(LinkError):
    """The cluster runs other software than this process, or is gone."""


@cache
def sources() -> str:
    """A hash of this package's code, as far as numbers may depend on it."""
    top, code = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (top / room).rglob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()


@cache
def environment() -> dict[str, str]:
    """The versions in this process of all that numbers may depend on, this package's code included."""
    from ... import __version__

    versions = {name: metadata.version(name) for name in _PACKAGES}
    python = ".".join(platform.python_version_tuple()[:2])
    return {"tiltproof": f"{__version__} (code {sources()[:8]})", "Python": python, **versions}


def _require_same(here: dict[str, str], there: object, place: str) -> None:
    """Raise Elsewhere where a process of the cluster runs something else."""
    if not isinstance(there, dict):
        raise Elsewhere(
            f"the {place} cannot load this version of tiltproof ({_line(there)}): "
            "install the same environment on all machines"
        )
    for name, version in here.items():
        if (other := there.get(name)) != version:
            raise Elsewhere(
                f"the {place} has {name} {other}, and this process {version}, so that numbers may differ: "
                "install the same environment on all machines"
            )


def _line(error: object) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster whose scheduler is at ``address``, as ``tcp://HOST:PORT``."""

    address: str

    def run(
        self, work: Work, tasks: Iterable[Task], under_way: Callable[[float], None]
    ) -> Generator[tuple[Task, Neurons], None, None]:
        """Blocks of a sweep in the threads of the workers: the kernels run without the interpreter's lock."""
        for _, task, result in self.finished(partial(_block, work), tasks, lambda: under_way(0.0)):
            yield task, result()

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """``function`` of each, in a process of its own with a limit on its memory."""
        results = {index: result() for index, _, result in self.finished(partial(_apart, function), items)}
        return [results[index] for index in range(len(items))]

    def finished(
        self, function: Callable[[T], R], items: Iterable[T], beat: Callable[[], None] = lambda: None
    ) -> Generator[tuple[int, T, Callable[[], R]], None, None]:
        """Each of ``items`` once, in any order: its place, itself, and what returns its result or raises.

        Raises Elsewhere where the scheduler does not answer or goes away, or other versions run there. When
        the caller goes away, what runs is stopped.
        """
        here, coming = environment(), iter(enumerate(items))
        waiting: dict[str, tuple[int, T, Any]] = {}
        done: SimpleQueue[Any] = SimpleQueue()
        room, counted = _LEAST, -_RECOUNT
        with self._client() as client:
            try:
                while True:
                    if monotonic() > counted + _RECOUNT:
                        room = max(_LEAST, _AHEAD * sum(client.nthreads().values()))
                        counted = monotonic()
                    for index, item in islice(coming, max(0, room - len(waiting))):
                        future = client.submit(_perform, here, function, item, pure=False)
                        waiting[future.key] = index, item, future
                        future.add_done_callback(done.put)
                    if not waiting:
                        return
                    try:
                        future = done.get(timeout=_BEAT)
                    except Empty:
                        self._require(client.status == "running")
                        beat()
                        continue
                    index, item, _ = waiting.pop(future.key)
                    yield index, item, self._result(future)
            finally:
                if waiting and client.status == "running":
                    client.cancel([future for _, _, future in waiting.values()])

    def _result(self, future: Any) -> Callable[[], Any]:
        from distributed import KilledWorker

        settled: Future[Any] = Future()
        try:
            settled.set_result(future.result())
        except Elsewhere:
            raise
        except KilledWorker:
            settled.set_exception(ProcessExpired("the workers that it ran on died, one after the other"))  # type: ignore[no-untyped-call]
        except Exception as error:
            self._require(future.status == "error")
            settled.set_exception(error)
        return settled.result

    def _require(self, standing: bool) -> None:
        if not standing:
            raise Elsewhere(
                f"the scheduler at {self.address} is gone: what was kept in a store is not lost; "
                "start it again and repeat the command"
            )

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            from distributed import Client
        except ModuleNotFoundError as missing:
            raise LinkError(
                f"a scheduler needs Dask, and {missing.name} is not installed: "
                "write pip install 'tiltproof[distributed]'"
            ) from None
        with _quiet():
            try:
                host, _, port = self.address.removeprefix("tcp://").rpartition(":")
                # A refused connection is told at once; the client would try again and again.
                socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
                client = Client(self.address, timeout=_PATIENCE, set_as_default=False, name="tiltproof")
            except (OSError, ValueError, ImportError) as error:
                raise Elsewhere(
                    f"no Dask scheduler answers at {self.address} ({_line(error)}): "
                    "start one with `dask scheduler` and write the address that it prints"
                ) from None
            with client:
                here = environment()
                _require_same(here, _asked(client.run_on_scheduler, environment), "scheduler")
                for place, there in client.run(environment, on_error="return").items():
                    _require_same(here, there, f"worker {place}")
                yield client


def _asked(run: Callable[..., Any], *arguments: Any) -> object:
    try:
        return run(*arguments)
    except Exception as error:  # as the other side could not load the function
        return error


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask says of lost connections is told in one sentence instead."""
    logger = logging.getLogger("distributed")
    levels = [(handler, handler.level) for handler in logger.handlers]
    for handler, _ in levels:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in levels:
            handler.setLevel(level)


# What follows runs on the workers.


def _perform(expected: dict[str, str], function: Callable[[T], R], item: T) -> R:
    """A worker may have joined after the others were asked for their versions."""
    from distributed import get_worker

    _require_same(expected, environment(), f"worker {get_worker().address}")
    return function(item)


def _unwanted() -> Callable[[], bool]:
    """Tells whether the caller has gone away from the task that this thread runs."""
    from distributed import get_worker

    worker = get_worker()
    key, tasks = worker.get_current_task(), worker.state.tasks

    def unwanted() -> bool:
        task = tasks.get(key)
        return task is None or task.state == "cancelled"

    return unwanted


def _block(work: Work, task: Task) -> Neurons:
    unwanted = _unwanted()

    def pulse(share: float) -> None:
        if unwanted():
            raise CancelledError

    return work(task, pulse)


def _apart(function: Callable[[T], R], item: T) -> R:
    return limited(function, item, None).result()


def limited(function: Callable[[T], R], item: T, seconds: float | None) -> Future[R]:
    """The future, done, of a call in a process with the limits that it would have on one machine."""
    future = scheduled(_processes(), function, item, seconds)
    unwanted = _unwanted()
    while not future.done():
        try:
            future.exception(timeout=_BEAT)
        except TaskTimeout:
            if not future.done() and unwanted():
                future.cancel()
                raise CancelledError from None
    return future


_starting = Lock()
_pools: list[ProcessPool] = []


def _processes() -> ProcessPool:
    """The processes of this worker, one for each of its threads."""
    from distributed import get_worker

    with _starting:
        if not _pools or not _pools[-1].active:
            # Dask's nanny starts workers as daemons, which may have no children, as these could outlive
            # them. Ours do not.
            multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
            _pools[:] = [worker_pool(get_worker().state.nthreads)]
        return _pools[-1]
