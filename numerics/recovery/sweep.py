"""Sweeps: many neurons at each of many points, in blocks, resumable, the same numbers for any worker count.

The random stream of a block is a function of the point's parameters, the seed and the block's number, so
neither the order in which blocks finish nor what a store already holds can change a result. The key of a
block in the store is a hash of everything that its numbers depend on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import islice
from threading import Event
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...link.label import ADDITIVE
from ...link.text import LinkError, text
from ..lowering.pointwise import Array
from .chain import random_grams, run_chain, run_together
from .store import Store
from .training import Course, Pulse, Training, quiet, random_signs, random_starts, run_direct

#: Raised when a change to the simulators changes the numbers of a block, so that old stores are not mixed in.
_VERSION = 2
#: Seconds between two looks at how far the blocks are, and blocks begun or waiting for each thread.
_BEAT, _AHEAD = 0.25, 2


@dataclass(frozen=True, slots=True)
class Point:
    """One cell of a sweep: everything that the numbers of its neurons depend on, except how many there are.

    horizon: steps after which a neuron counts as not recovered. block: neurons per block. direct: the
    d-dimensional simulator in place of the chain. records: overlaps kept per neuron, on a grid of steps even
    on the log scale. until: the overlap that neurons go on to from |m| >= stop_at, None for none, and
    further: the steps that they have for it. together: so many neurons in a row are one network on shared
    samples, and block holds whole networks.
    """

    training: Training
    d: int
    horizon: int
    seed: int = 0
    block: int = 16
    direct: bool = False
    records: int = 0
    stop_at: float = 0.5
    until: float | None = None
    further: int = 0
    together: int = 1

    @property
    def parameters(self) -> str:
        """The point as text, one and the same in every process."""
        records = (self.training.target, self.training, self)
        fields = {name: str(getattr(each, name)) for each in records for name in each.__dataclass_fields__}
        del fields["target"], fields["training"]
        if self.until is None:
            del fields["until"], fields["further"]
        for name, usual in (("together", "1"), ("passes", "1"), ("label", str(ADDITIVE))):
            if fields[name] == usual:
                del fields[name]
        trees = {"link": text(self.training.target.link.tree), "activation": text(self.training.activation)}
        return json.dumps({"version": _VERSION, **fields, **trees}, sort_keys=True)

    @property
    def stream(self) -> NDArray[np.uint32]:
        """What the random numbers depend on; the way up to ``stop_at`` is the same for every ``until``."""
        digest = hashlib.sha256(replace(self, until=None, further=0).parameters.encode()).digest()
        return np.frombuffer(digest, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Neurons:
    """What became of the neurons of one point.

    starts: m_0; signs: a = +-1; steps: the step at which |m| >= 1/2 first held, -1 if not within the horizon;
    overlaps: (neurons, records), the overlap at the recorded steps. reached: the step at which |m| >= until,
    -1 if not within the further steps, where the point has such an overlap.
    """

    starts: Array
    signs: Array
    steps: NDArray[np.int64]
    overlaps: Array
    reached: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One block of one point: neurons ``first`` to ``first + size - 1``."""

    point: Point
    index: int
    size: int

    @property
    def cost(self) -> float:
        """Steps of neurons up to the horizon, times d where vectors of R^d are stepped."""
        per_step = self.point.d if self.point.direct else 1
        training = self.point.training
        steps = (self.point.horizon + self.point.further) * training.batch * training.passes
        return float(self.size) * steps * per_step

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.point.parameters}|{self.index}|{self.size}".encode()).hexdigest()

    def stored(self, store: Store) -> dict[str, NDArray[Any]] | None:
        """The numbers of this block where the store holds them."""
        return store.get(self.key, self.index, self.size)


Work = Callable[[Task, Pulse], Neurons]


class Executor(Protocol):
    """Where blocks are computed: any number of them at once, handed back in any order.

    under_way is told now and then what is done of the blocks not yet handed back, in units of their cost.
    """

    def run(
        self, work: Work, tasks: Iterable[Task], under_way: Callable[[float], None]
    ) -> Generator[tuple[Task, Neurons], None, None]: ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process: the kernels run without the interpreter's lock.

    When the caller goes away (an interrupt, an error in one block) the others end within milliseconds.
    """

    workers: int = 1

    def run(
        self, work: Work, tasks: Iterable[Task], under_way: Callable[[float], None]
    ) -> Generator[tuple[Task, Neurons], None, None]:
        shares: dict[Task, float] = {}
        halted = Event()

        def one(task: Task) -> Neurons:
            def pulse(share: float) -> None:
                if halted.is_set():
                    raise CancelledError
                shares[task] = share

            return work(task, pulse)

        pool, coming = ThreadPoolExecutor(self.workers), iter(tasks)
        waiting: dict[Future[Neurons], Task] = {}
        try:
            while True:
                for task in islice(coming, _AHEAD * self.workers - len(waiting)):
                    waiting[pool.submit(one, task)] = task
                if not waiting:
                    return
                done, _ = wait(waiting, _BEAT, return_when=FIRST_COMPLETED)
                for future in done:
                    task = waiting.pop(future)
                    yield task, future.result()
                    shares.pop(task, None)
                under_way(sum(task.cost * shares.get(task, 0.0) for task in waiting.values()))
        finally:
            halted.set()
            pool.shutdown(cancel_futures=True)


def simulate(task: Task, pulse: Pulse = quiet) -> Neurons:
    """One block, from the random stream that belongs to it."""
    point = task.point
    words = point.stream.tolist()
    rng = np.random.default_rng(np.random.SeedSequence([point.seed, *words], spawn_key=(task.index,)))
    if point.together > 1:
        return _networks(task, rng, pulse)
    starts = random_starts(point.d, task.size, rng)
    signs = random_signs(task.size, rng)
    run = run_direct if point.direct else run_chain
    share = point.horizon / (point.horizon + point.further)
    first = Course(point.horizon, point.records, point.stop_at, lambda done: pulse(share * done))
    seen = run(point.training, point.d, starts, signs, first, rng)
    if point.until is None:
        return Neurons(starts, signs, seen.steps, seen.overlaps)
    # Samples are fresh and m is a Markov chain: from where it stands now it may be started anew.
    reached, passed = np.full_like(seen.steps, -1), np.flatnonzero(seen.steps >= 0)
    rest = Course(point.further, 0, point.until, lambda done: pulse(share + (1 - share) * done))
    onward = run(point.training, point.d, seen.final[passed], signs[passed], rest, rng).steps
    reached[passed] = np.where(onward < 0, -1, seen.steps[passed] + onward)
    return Neurons(starts, signs, seen.steps, seen.overlaps, reached)


def _networks(task: Task, rng: np.random.Generator, pulse: Pulse) -> Neurons:
    """One block of networks, each on samples of its own."""
    point, p = task.point, task.point.together
    signs = random_signs(task.size, rng)
    course = Course(point.horizon, point.records, point.stop_at, pulse)
    if point.direct:
        starts = random_starts(point.d, task.size, rng)
        trained = run_direct(point.training, point.d, starts, signs, course, rng, together=p)
    else:
        grams = random_grams(point.d, p, task.size // p, rng)
        starts = grams[:, 0, 1:].ravel().copy()
        trained = run_together(point.training, point.d, grams, signs.reshape(-1, p), course, rng)
    return Neurons(starts, signs, trained.steps, trained.overlaps)


def sweep(
    points: Sequence[Point],
    replicas: Sequence[int],
    *,
    store: Store | None = None,
    executor: Executor | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Neurons]:
    """``replicas[i]`` neurons at ``points[i]``; what the store holds is not computed again.

    progress is told again and again the share of the work that is done, by steps up to the horizon.
    """
    store = Store() if store is None else store
    asked: dict[Point, set[int]] = {}
    for point, count in zip(points, replicas, strict=True):
        asked.setdefault(point, set()).add(count)
    total = sum(task.cost for task in _tasks(asked)) or 1.0
    done = 0.0

    def missing() -> Iterator[Task]:
        nonlocal done
        for task in _tasks(asked):
            if task.stored(store) is None:
                yield task
            else:
                done += task.cost

    def under_way(more: float) -> None:
        if progress:
            progress(min(1.0, (done + more) / total))

    with closing((executor or Threads()).run(simulate, missing(), under_way)) as finished:
        for task, found in finished:
            arrays = {name: each for name, each in asdict(found).items() if each is not None}
            store.put(task.key, task.point.parameters, task.index, arrays)
            done += task.cost
    return [_gathered(store, point, count) for point, count in zip(points, replicas, strict=True)]


def _tasks(asked: Mapping[Point, set[int]]) -> Iterator[Task]:
    """The blocks of so many neurons at each point, each of them once, and none of them kept.

    The longest first, so that no worker is left alone with one at the end.
    """
    for point in sorted(asked, key=lambda point: Task(point, 0, point.block).cost, reverse=True):
        for index, first in enumerate(range(0, max(asked[point]), point.block)):
            sizes = {min(point.block, count - first) for count in asked[point] if count > first}
            yield from (Task(point, index, size) for size in sorted(sizes, reverse=True))


def _gathered(store: Store, point: Point, count: int) -> Neurons:
    whole: dict[str, NDArray[Any]] = {}
    for task in _tasks({point: {count}}):
        if (row := task.stored(store)) is None:
            raise LinkError(
                "a block was lost from the store while the others were computed: repeat the command"
            )
        first = task.index * point.block
        for name, part in row.items():
            if name not in whole:
                whole[name] = np.empty((count, *part.shape[1:]), part.dtype)
            whole[name][first : first + task.size] = part
    return Neurons(**whole)
