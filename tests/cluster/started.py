"""A Dask cluster of separate processes on this machine, whose parts may be killed, stopped and added."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

#: Seconds for a process to come up or to end, on a busy machine.
_PATIENCE = 120


class Started:
    """A scheduler and its workers, without nannies unless asked, all gone at the end."""

    def __init__(self, folder: Path, workers: int = 3, *, nanny: bool = False) -> None:
        self._folder, self._nanny, self.workers = folder, nanny, list[subprocess.Popen[bytes]]()
        contact, self._ended = folder / "scheduler.json", threading.Event()
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(contact))
        self._wait(contact.exists)
        self.address = str(json.loads(contact.read_text())["address"])
        for _ in range(workers):
            self.add()

    def _start(self, part: str, *options: str, python: str = sys.executable) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{part}-{len(self.workers)}.log").open("wb")
        command = [python, "-m", f"distributed.cli.dask_{part}", "--host", "127.0.0.1", "--no-dashboard"]
        return subprocess.Popen([*command, *options], stderr=log, stdout=log, cwd=self._folder)

    def add(self) -> None:
        """One more worker, of one thread."""
        nanny = "--nanny" if self._nanny else "--no-nanny"
        name = f"worker-{len(self.workers)}"
        options = ["--nthreads", "1", "--name", name, nanny, "--memory-limit", "0"]
        self.workers.append(self._start("worker", self.address, *options))

    def slow_down(self, worker: int) -> None:
        """Let a worker run for a tenth of the time only."""

        def hold() -> None:
            while not self._ended.wait(0.05) and process.poll() is None:
                os.kill(process.pid, signal.SIGSTOP)
                time.sleep(0.45)
                os.kill(process.pid, signal.SIGCONT)

        process = self.workers[worker]
        threading.Thread(target=hold, daemon=True).start()

    def kill(self, worker: int) -> None:
        self.workers[worker].kill()

    def _wait(self, reached: object) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not reached():  # type: ignore[operator]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def __enter__(self) -> "Started":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for process in [*self.workers, self.scheduler]:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in [*self.workers, self.scheduler]:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
