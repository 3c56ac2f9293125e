"""Sweeps on a cluster: to the bit what one thread computes, with nothing lost and nothing twice."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from tiltproof.crosscheck.workers.cluster import Cluster, Elsewhere, environment
from tiltproof.link import LinkError, Target, parse
from tiltproof.numerics.recovery.store import Store
from tiltproof.numerics.recovery.sweep import Executor, Neurons, Point, Task, Threads, sweep
from tiltproof.numerics.recovery.training import Training

from .started import Started, together, until

TARGET = Target(parse("tanh(z)"), Fraction(1, 2))
#: Half a second of one core for each block of it.
LONG = Point(Training(TARGET, parse("z").tree, 1e-9), 1000, 10**6, block=8)
BLOCKS = 16
ANSWER = """
import sys
from pathlib import Path
from tiltproof.crosscheck.workers.cluster import Cluster
from tiltproof.numerics.recovery.store import Store
from tiltproof.numerics.recovery.sweep import sweep
from tests.cluster.test_sweeps import BLOCKS, LONG
if __name__ == "__main__":
    with Store(Path(sys.argv[1])) as store:
        sweep([LONG], [8 * BLOCKS], store=store, executor=Cluster(sys.argv[2]))
"""


def short(d: int = 30) -> Point:
    return Point(Training(TARGET, parse("z + He(3, z)/6").tree, 0.01), d, 2000, block=8)


def same(one: list[Neurons], other: list[Neurons]) -> bool:
    names = ("starts", "signs", "steps", "overlaps")
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one, other, strict=True)
        for name in names
    )


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    with together() as address:
        yield address


def test_a_cluster_gives_the_numbers_of_one_thread(small: str) -> None:
    points, counts = [short(), short(50)], [20, 12]
    assert same(sweep(points, counts, executor=Cluster(small)), sweep(points, counts, executor=Threads(1)))


def test_a_cluster_of_other_versions_is_refused(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.0" if name == "numpy" else version(name))
    environment.cache_clear()
    try:
        with pytest.raises(Elsewhere, match=r"the scheduler has numpy [\d.]+, and this process 1\.0"):
            sweep([short()], [8], executor=Cluster(small))
    finally:
        environment.cache_clear()


def test_a_worker_of_another_version_that_joins_late_is_refused(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = environment() | {"numpy": "1.0"}
    # Sent as it is, this is what everyone says of itself when asked first.
    monkeypatch.setattr("tiltproof.crosscheck.workers.cluster.environment", lambda: other)
    with pytest.raises(Elsewhere, match=r"the worker tcp://\S+ has numpy [\d.]+, and this process 1\.0"):
        sweep([short()], [8], executor=Cluster(small))


def rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM blocks ORDER BY key").fetchall()


def stored(path: Path) -> int:
    if not path.exists():
        return 0
    with Store(path) as store:
        return len(store)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The blocks as one thread writes them."""
    path = tmp_path_factory.mktemp("serial") / "runs.db"
    with Store(path) as store:
        sweep([LONG], [8 * BLOCKS], store=store, executor=Threads(1))
    return rows(path)


class Counted(Store):
    """A store that counts what is written, and lets the test intervene."""

    written = 0

    def put(self, *block: object) -> None:
        super().put(*block)  # type: ignore[arg-type]
        self.written += 1


@pytest.mark.slow
@pytest.mark.parametrize("nanny", [False, True], ids=["workers alone", "workers with nannies"])
def test_a_killed_a_slow_and_a_late_worker_change_nothing(
    nanny: bool, tmp_path: Path, serial: list[tuple[object, ...]]
) -> None:
    with Started(tmp_path, 3, nanny=nanny) as cluster, Counted(tmp_path / "runs.db") as store:
        steps = iter([lambda: cluster.slow_down(1), lambda: cluster.kill(0), cluster.add])

        def intervene(share: float) -> None:
            if share > 0.2:
                next(steps, lambda: None)()

        sweep([LONG], [8 * BLOCKS], store=store, executor=Cluster(cluster.address), progress=intervene)
        assert cluster.workers[0].poll() is not None
        assert len(cluster.workers) == 4
        assert store.written == BLOCKS
    assert rows(tmp_path / "runs.db") == serial


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_client_that_was_ended_goes_on_from_its_store(
    sent: signal.Signals, tmp_path: Path, serial: list[tuple[object, ...]], pytestconfig: pytest.Config
) -> None:
    path = tmp_path / "runs.db"
    with Started(tmp_path, 3) as cluster:
        heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        client = subprocess.Popen(
            [sys.executable, "-c", heard + ANSWER, str(path), cluster.address], cwd=pytestconfig.rootpath
        )
        until(lambda: stored(path) >= 3)
        client.send_signal(sent)
        client.wait()
        kept = stored(path)
        assert 3 <= kept < BLOCKS
        with Counted(path) as store:
            sweep([LONG], [8 * BLOCKS], store=store, executor=Cluster(cluster.address))
            assert store.written == BLOCKS - kept
    assert rows(path) == serial


@pytest.mark.slow
def test_a_scheduler_that_goes_away_costs_what_was_not_stored(
    tmp_path: Path, serial: list[tuple[object, ...]]
) -> None:
    path = tmp_path / "runs.db"
    with Started(tmp_path, 2) as cluster, Store(path) as store:

        def intervene(share: float) -> None:
            if share > 0.2:
                cluster.scheduler.kill()

        with pytest.raises(Elsewhere, match="is gone: what was kept in a store is not lost"):
            sweep([LONG], [8 * BLOCKS], store=store, executor=Cluster(cluster.address), progress=intervene)
        assert 3 <= len(store) < BLOCKS
        kept = set(rows(path))
    assert kept <= set(serial)


@pytest.mark.slow
def test_two_runs_on_one_store_and_one_cluster(
    tmp_path: Path, serial: list[tuple[object, ...]], pytestconfig: pytest.Config
) -> None:
    path = tmp_path / "runs.db"
    with Started(tmp_path, 3) as cluster:
        clients = [
            subprocess.Popen(
                [sys.executable, "-c", ANSWER, str(path), cluster.address], cwd=pytestconfig.rootpath
            )
            for _ in range(2)
        ]
        assert [client.wait() for client in clients] == [0, 0]
    assert rows(path) == serial


@pytest.fixture(params=["threads", "cluster"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return Threads(2) if request.param == "threads" else Cluster(request.getfixturevalue("small"))


@pytest.mark.parametrize(
    ("trouble", "said"),
    [("max_page_count = 6", "the disk is full"), ("query_only = ON", "cannot be written")],
)
def test_a_store_that_takes_no_more_ends_the_run_and_keeps_what_it_has(
    trouble: str, said: str, executor: Executor, tmp_path: Path
) -> None:
    path, few, many = tmp_path / "runs.db", [8], [160]
    with Store(path) as store:
        sweep([short()], few, store=store)
        store._connection.execute(f"PRAGMA {trouble}")
        with pytest.raises(LinkError, match=said):
            sweep([short()], many, store=store, executor=executor)
    kept = rows(path)
    assert 1 <= len(kept) < 20
    with Store(path) as store:
        assert same(sweep([short()], many, store=store, executor=executor), sweep([short()], many))
        assert store.damaged == 0
    assert set(kept) <= set(rows(path))


def test_a_store_with_a_damaged_page_is_mended_or_refused_and_loses_no_whole_block(
    executor: Executor, tmp_path: Path
) -> None:
    path, count = tmp_path / "runs.db", [8 * 40]
    with Store(path) as store:
        whole = sweep([short()], count, store=store)
    content, before = path.read_bytes(), rows(path)
    # What a block holds; and what says where 7 to 9 blocks are, which SQLite then no longer writes to.
    for page, mended in ((2, True), (11, False)):
        path.write_bytes(content[: 4096 * page] + b"\xff" * 4096 + content[4096 * (page + 1) :])
        with Counted(path) as store:
            if mended:
                assert same(sweep([short()], count, store=store, executor=executor), whole)
                assert store.written == store.damaged == 1
                assert rows(path) == before
                continue
            with pytest.raises(LinkError, match=r"malformed.*name a new file"):
                sweep([short()], count, store=store, executor=executor)
            found = [(i, Task(short(), i, 8).stored(store)) for i in range(40)]
        kept = {i: block for i, block in found if block is not None}
        assert len(kept) > 30
        assert all((block["steps"] == whole[0].steps[8 * i : 8 * i + 8]).all() for i, block in kept.items())
