"""A Dask cluster of separate processes on this machine, whose parts may be killed, stopped and added."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

#: A scheduler with two workers in the threads of one process, which costs a second to start.
_TOGETHER = """
import sys
from pathlib import Path
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
                      dashboard_address=":0") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
#: So that workers can import the tests whose functions they are handed.
_TESTS = {
    "PYTHONPATH": os.pathsep.join(
        filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")))
    )
}
#: Seconds for a process to come up or to end, on a busy machine.
_PATIENCE = 120


def until(reached: Callable[[], bool]) -> None:
    """Wait for something that comes about in another process."""
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def together() -> Iterator[str]:
    """The address of a small cluster in one process."""
    command = [sys.executable, "-c", _TOGETHER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | _TESTS) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


class Started:
    """A scheduler and its workers, without nannies unless asked, all gone at the end."""

    def __init__(self, folder: Path, workers: int = 3, *, nanny: bool = False) -> None:
        self._folder, self._nanny, self.workers = folder, nanny, list[subprocess.Popen[bytes]]()
        contact, self._ended = folder / "scheduler.json", threading.Event()
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(contact))
        until(contact.exists)
        self.address = str(json.loads(contact.read_text())["address"])
        for _ in range(workers):
            self.add()

    def _start(self, part: str, *options: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{part}",
            "--host",
            "127.0.0.1",
            "--no-dashboard",
        ]
        with (self._folder / f"{part}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(
                [*command, *options], stderr=log, stdout=log, cwd=self._folder, env=os.environ | _TESTS
            )

    def add(self) -> None:
        """One more worker, of one thread."""
        nanny = "--nanny" if self._nanny else "--no-nanny"
        name = f"worker-{len(self.workers)}"
        options = ["--nthreads", "1", "--name", name, nanny, "--memory-limit", "0"]
        self.workers.append(self._start("worker", self.address, *options))

    def slow_down(self, worker: int) -> None:
        """Let a worker run for a third of the time only."""

        def hold() -> None:
            while not self._ended.wait(0.1) and process.poll() is None:
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.2)
                process.send_signal(signal.SIGCONT)

        process = self.workers[worker]
        threading.Thread(target=hold, daemon=True).start()

    def kill(self, worker: int) -> None:
        self.workers[worker].kill()

    def __enter__(self) -> "Started":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()
