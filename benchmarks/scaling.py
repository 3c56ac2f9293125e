"""A sweep on a Dask cluster: what a block costs beside its own work, and what that means for many workers.

Measured here, with clusters of 1, 2 and 4 processes: the processor time of a block by itself; what the worker
adds to it; what scheduler and client together spend on it, result and store included; and the bytes that go
to and fro. Processor times hardly depend on what else a machine does; the clock does, and is shown beside.

Modelled from these: n blocks on W workers. One server (scheduler and client, one after the other, as if they
shared a core) hands out each block and takes each result, and the network lies in between; each worker has
the next block at hand while it works. Efficiency is the blocks' own time over W times the span of the run.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/scaling.py [--blocks N] [--only-model SERVER WORKER]
"""

from __future__ import annotations

import argparse
import heapq
import pickle
import time
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cloudpickle
from distributed import Client, LocalCluster
from tiltproof.crosscheck.workers.cluster import Cluster, environment
from tiltproof.link import parse
from tiltproof.numerics.recovery.sweep import Point, Store, Task, Threads, simulate, sweep

#: A neuron that goes nowhere: every block takes its whole horizon, half a second of one core.
POINT = Point(parse("tanh(z)").tree, parse("z + He(3, z)/6").tree, Fraction(1, 2), 1000, 1e-9, 500_000)
#: One way through the network of a cluster, in seconds; bytes a second.
LATENCY, BANDWIDTH = 1e-3, 1e8
WORKERS = (1, 2, 4, 10, 100, 300, 1000)
#: Seconds of a block, and how many blocks each worker gets on average.
BLOCK_SECONDS, SHARE = (0.1, 0.5, 2.0, 10.0), 50


def alone(blocks: int) -> float:
    """Processor seconds of one block in one thread."""
    sweep([POINT], [POINT.block], executor=Threads(1))
    start = time.process_time()
    with TemporaryDirectory() as folder, Store(Path(folder) / "runs.db") as store:
        sweep([POINT], [POINT.block * blocks], store=store, executor=Threads(1))
    return (time.process_time() - start) / blocks


def measured(processes: int, blocks: int) -> tuple[float, float, float]:
    """By block: processor seconds of the workers, those of scheduler and client, and seconds of the clock."""
    with (
        LocalCluster(processes, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0") as local,
        Client(local) as client,
        TemporaryDirectory() as folder,
        Store(Path(folder) / "runs.db") as store,
    ):
        cluster = Cluster(local.scheduler_address)
        # Every worker compiles, on other blocks than those that are measured.
        sweep([replace(POINT, horizon=1000)], [16 * POINT.block * processes], executor=cluster)
        before = sum(client.run(time.process_time).values())
        here, clock = time.process_time(), time.perf_counter()
        sweep([POINT], [POINT.block * blocks], store=store, executor=cluster)
        here, clock = time.process_time() - here, time.perf_counter() - clock
        spent = sum(client.run(time.process_time).values()) - before
    return spent / blocks, here / blocks, clock / blocks


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=40, metavar="N")
    parser.add_argument("--only-model", type=float, nargs=2, default=None, metavar=("SERVER", "WORKER"))
    options = parser.parse_args()
    there, back = message_bytes()
    wire = LATENCY + max(there, back) / BANDWIDTH
    print(f"a block: {there} bytes to a worker, {back} bytes back")
    if options.only_model:
        server, overhead = options.only_model
    else:
        block = alone(options.blocks)
        print(f"one thread: {1e3 * block:.1f} ms of a processor a block")
        rows = [(n, *measured(n, options.blocks)) for n in (1, 2, 4)]
        for n, spent, here, clock in rows:
            print(
                f"{n} processes: {1e3 * spent:.1f} ms on the workers, {1e3 * here:.1f} ms in scheduler and "
                f"client; efficiency {block / (spent + here):.3f}; {1e3 * clock:.0f} ms by the clock"
            )
        server = max(here for _, _, here, _ in rows)
        overhead = max(0.0, max(spent for _, spent, _, _ in rows) - block)
    print(
        f"model: {1e3 * server:.1f} ms of the server and {1e3 * overhead:.1f} ms of the worker for each block"
    )
    print("block seconds " + " ".join(f"{n:>6}" for n in WORKERS))
    for seconds in BLOCK_SECONDS:
        shown = " ".join(f"{efficiency(n, seconds, server, overhead, wire):6.2f}" for n in WORKERS)
        print(f"{seconds:13} {shown}")


if __name__ == "__main__":
    main()
