"""A cluster that cannot be used is refused in one sentence; one that can hears of few tasks at a time."""

import shlex
import socket
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import tiltproof.crosscheck.workers.cluster as module
from tiltproof.crosscheck.arguments import as_scheduler
from tiltproof.crosscheck.workers.cluster import Cluster, Elsewhere, environment
from tiltproof.link import LinkError

import tiltproof

from ..commands.in_process import run

COMMANDS = {
    "verify": ["verify", "--claim", "G2", "--link", "tanh"],
    "recover": ["recover", "tanh", "--beta", "2", "--d", "20", "--replicas", "2"],
    "threshold": ["threshold", "tanh(z) - c", "--for", "c=1:2"],
}


@pytest.mark.parametrize(
    "address", ["", "localhost:8786", "http://a:8786", "tcp://a", "tcp://a:0", "tcp://a:99999", "tcp://a b:1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(LinkError, match="is no address: write tcp://HOST:PORT"):
        as_scheduler(address)


@pytest.mark.parametrize("address", ["tcp://node-1.cluster:8786", "tcp://10.0.0.1:80", "tcp://[::1]:8786"])
def test_what_is_an_address(address: str) -> None:
    assert as_scheduler(address) == address


@pytest.mark.parametrize("command", COMMANDS)
def test_a_malformed_address_ends_a_command(command: str) -> None:
    done = run(*COMMANDS[command], "--scheduler", "localhost")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "scheduler 'localhost' is no address" in done.stderr


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_scheduler_that_is_not_there_ends_a_command(command: str, nobody: str) -> None:
    done = run(*COMMANDS[command], "--scheduler", nobody)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"no Dask scheduler answers at {nobody}" in done.stderr


def test_a_scheduler_has_nothing_to_divide_on_an_interval() -> None:
    done = run("threshold", "tanh(c*z)", "--for", "c=[1, 2]", "--scheduler", "tcp://127.0.0.1:8786")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "leave it out, or list values, as 1:40" in done.stderr


def commands_of_the_manual() -> list[str]:
    lines = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("tiltproof ")]


@pytest.mark.parametrize("line", commands_of_the_manual())
def test_every_command_of_the_manual_gets_as_far_as_the_scheduler(
    line: str, nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("paper.claims.toml").write_text('schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassert = "GE == 1"\n')
    command, _, address = line.partition("--scheduler")
    assert address
    done = run(*shlex.split(command)[1:], "--scheduler", nobody)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no Dask scheduler answers" in done.stderr


def test_another_service_is_no_scheduler() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with suppress(OSError):  # closed at the end of the test
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        cluster = Cluster(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_PATIENCE", 1.0)
            with pytest.raises(Elsewhere, match="no Dask scheduler answers"):
                cluster.map(abs, [1])


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, nobody: str) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LinkError, match=r"pip install 'tiltproof\[distributed\]'"):
        Cluster(nobody).map(abs, [1])


def test_workers_of_this_machine_and_of_a_cluster_exclude_each_other(nobody: str) -> None:
    with pytest.raises(LinkError, match="leave one out"):
        tiltproof.verify(["G2"], workers=2, scheduler=nobody)


def test_one_link_has_no_members_to_divide(nobody: str) -> None:
    with pytest.raises(LinkError, match="leave it out"):
        tiltproof.threshold("tanh", scheduler=nobody)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", environment())
def test_another_version_is_refused(name: str) -> None:
    with pytest.raises(Elsewhere, match=rf"the worker w has {name} 0\.1, and this process "):
        module._require_same(environment(), environment() | {name: "0.1"}, "worker w")


def test_what_cannot_load_this_package_is_refused() -> None:
    with pytest.raises(Elsewhere, match="cannot load this version of tiltproof"):
        module._require_same(environment(), ModuleNotFoundError("No module named 'tiltproof'"), "scheduler")


class Simulated:
    """A cluster of a thousand threads that has done a task as soon as it hears of it."""

    status = "running"

    def __init__(self) -> None:
        self.held, self.most = 0, 0

    def nthreads(self) -> dict[str, int]:
        return {"somewhere": 1000}

    def submit(self, _: object, __: object, function: Callable[[int], int], item: int, pure: bool) -> "Done":
        assert not pure
        return Done(self, item, function(item))

    def cancel(self, futures: list["Done"]) -> None:
        assert not futures


class Done:
    status = "finished"

    def __init__(self, cluster: Simulated, item: int, value: int) -> None:
        self.key, self._value, self._cluster = f"task-{item}", value, cluster
        cluster.held += 1
        cluster.most = max(cluster.most, cluster.held)

    def add_done_callback(self, call: Callable[["Done"], None]) -> None:
        call(self)

    def result(self) -> int:
        return self._value

    def __del__(self) -> None:
        self._cluster.held -= 1


def peak(monkeypatch: pytest.MonkeyPatch, tasks: int) -> tuple[int, int]:
    """Bytes at most, and futures at once, of a run of so many tasks."""
    simulated = Simulated()

    @contextmanager
    def client(_: Cluster) -> Iterator[Any]:
        yield simulated

    monkeypatch.setattr(Cluster, "_client", client)
    tracemalloc.start()
    try:
        total = sum(result() for _, _, result in Cluster("tcp://a:1").finished(abs, range(tasks)))
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == tasks * (tasks - 1) // 2
    return used, simulated.most


def test_memory_does_not_grow_with_the_number_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    peak(monkeypatch, 10)
    few, most_of_few = peak(monkeypatch, 10**4)
    many, most_of_many = peak(monkeypatch, 10**5)
    assert most_of_few == most_of_many <= 3001
    # The table of what is under way has one of two sizes, by chance; a pointer to each task would be 720 kB.
    assert many - few < 8 * (10**5 - 10**4) / 4
