"""A sweep on a Dask cluster: what a block costs beside its own work, and what that means for many workers.

Measured here, with clusters of 1, 2 and 4 processes, all in processor time, which hardly depends on what else
a machine does: the share of a second that a busy worker, and scheduler with client, spend on themselves
whatever the tasks are; and from a sweep of blocks without work what each block costs the worker, and what it
costs scheduler and client, result and store included. The efficiency of so many processes is a block's own
time over all that is spent while it runs.

Modelled from these: n blocks on W workers. One server (scheduler and client, one after the other, as if they
shared a core) hands out each block and takes each result, and the network lies in between; each worker has
the next block at hand while it works. Efficiency is the blocks' own time over W times the span of the run.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/scaling.py [--blocks N]
"""

from __future__ import annotations

import argparse
import heapq
import pickle
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cloudpickle
from distributed import Client, LocalCluster
from tiltproof.crosscheck.workers.cluster import Cluster, environment
from tiltproof.link import Target, parse
from tiltproof.numerics.recovery.store import Store
from tiltproof.numerics.recovery.sweep import Point, Task, simulate, sweep
from tiltproof.numerics.recovery.training import Training

#: Blocks without work.
TRAINING = Training(Target(parse("tanh(z)"), Fraction(1, 2)), parse("z + He(3, z)/6").tree, 1e-9)
POINT = Point(TRAINING, 1000, 1)
#: One way through the network of a cluster, in seconds; bytes a second.
LATENCY, BANDWIDTH = 1e-3, 1e8
WORKERS = (1, 2, 4, 10, 100, 300, 1000)
#: Seconds of a block, and how many blocks each worker gets on average.
BLOCK_SECONDS, SHARE = (0.1, 0.5, 2.0, 10.0), 50


@dataclass(frozen=True)
class Costs:
    """Of a worker and of scheduler with client: the share of a second, and the seconds for each block."""

    worker_share: float
    server_share: float
    worker: float
    server: float

    def efficiency(self, block: float, processes: int) -> float:
        """Own time over all processor time, where ``processes`` share one server."""
        worker = block * (1 + self.worker_share) + self.worker
        return block / (worker + self.server + self.server_share * worker / processes)


def measured(processes: int, blocks: int) -> Costs:
    with (
        LocalCluster(processes, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0") as local,
        Client(local) as client,
        TemporaryDirectory() as folder,
        Store(Path(folder) / "runs.db") as store,
    ):
        cluster = Cluster(local.scheduler_address)

        def spent(work: Callable[[], object]) -> tuple[float, float, float]:
            workers, here = -sum(client.run(time.process_time).values()), -time.process_time()
            clock = -time.perf_counter()
            work()
            clock, here = clock + time.perf_counter(), here + time.process_time()
            return workers + sum(client.run(time.process_time).values()), here, clock

        # Every worker compiles, on other blocks than those that are measured.
        sweep([replace(POINT, seed=1)], [8 * POINT.block * processes], executor=cluster)
        asleep = partial(client.submit, time.sleep, 5, pure=False)
        workers, here, clock = spent(lambda: client.gather([asleep() for _ in range(processes)]))
        shares = workers / clock / processes, here / clock
        workers, here, clock = spent(
            lambda: sweep([POINT], [POINT.block * blocks], store=store, executor=cluster)
        )
    worker, server = workers - shares[0] * clock * processes, here - shares[1] * clock
    return Costs(*shares, max(worker, 0.0) / blocks, max(server, 0.0) / blocks)


def message_bytes() -> tuple[int, int]:
    """Of a block on its way to a worker, and of its result."""
    task = Task(POINT, 0, POINT.block)
    return len(cloudpickle.dumps((environment(), simulate, task))), len(pickle.dumps(asdict(simulate(task))))


def efficiency(workers: int, block: float, server: float, overhead: float, wire: float) -> float:
    """Of ``SHARE`` blocks a worker; half of the server's time is for a block, half for its result."""
    blocks, free, sent = SHARE * workers, 0.0, 0
    ready = [0.0] * workers
    returning: list[tuple[float, int]] = []

    def send(number: int) -> None:
        nonlocal free, sent
        if sent < blocks:
            sent += 1
            free += server / 2
            ready[number] = max(ready[number], free + wire) + block + overhead
            heapq.heappush(returning, (ready[number] + wire, number))

    for number in 2 * list(range(workers)):
        send(number)
    while returning:
        when, number = heapq.heappop(returning)
        free = max(free, when) + server / 2
        send(number)
    return blocks * block / (workers * free)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--blocks", type=int, default=400, metavar="N")
    options = parser.parse_args()
    there, back = message_bytes()
    wire = LATENCY + max(there, back) / BANDWIDTH
    print(f"a block: {there} bytes to a worker, {back} bytes back")
    costs = []
    for n in (1, 2, 4):
        costs.append(measured(n, options.blocks))
        one = costs[-1]
        own = " ".join(f"{one.efficiency(seconds, n):.3f}" for seconds in BLOCK_SECONDS)
        print(
            f"{n} processes: a worker spends {one.worker_share:.3f} of a second on itself and "
            f"{1e3 * one.worker:.1f} ms on a block, scheduler and client {one.server_share:.3f} and "
            f"{1e3 * one.server:.1f} ms; "
            f"efficiency at blocks of {BLOCK_SECONDS} s: {own}",
            flush=True,
        )
    server, worker, share = (
        statistics.median(getattr(one, name) for one in costs)
        for name in ("server", "worker", "worker_share")
    )
    print(f"model: {1e3 * server:.1f} ms of the server, {1e3 * worker:.1f} ms of the worker for each block")
    print("block seconds " + " ".join(f"{n:>6}" for n in WORKERS))
    for seconds in BLOCK_SECONDS:
        overhead = worker + share * seconds
        shown = " ".join(f"{efficiency(n, seconds, server, overhead, wire):6.2f}" for n in WORKERS)
        print(f"{seconds:13} {shown}")


if __name__ == "__main__":
    main()
