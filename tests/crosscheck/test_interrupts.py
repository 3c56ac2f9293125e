"""What hangs, eats memory or dies costs its own verdict alone; an interrupt keeps the verdicts so far."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.run.report import Result
from tiltproof.crosscheck.run.scheduler import Job, Queues, run_jobs
from tiltproof.crosscheck.verdict import Verdict
from tiltproof.crosscheck.workers.cluster import Cluster
from tiltproof.crosscheck.workers.processes import _affordable
from tiltproof.link import LinkError, parse

from ..cluster.started import Started

JOBS: list[Job] = [(name, Subject(parse("z"))) for name in ("fine", "eats", "dies", "hangs", "fails", "last")]


def behave(job: Job) -> Result:
    """A claim as its name says."""
    name, subject = job
    if name == "eats":
        bytearray(64 * 2**30)
    if name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "hangs":
        while True:
            pass
    if name == "fails":
        raise ValueError("broken")
    return Result(str(name), str(subject.link), Verdict.PROVED, (), None, 0.0)


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """A session in the background ignores SIGINT, which its children would inherit."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(params=["processes", pytest.param("cluster", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int | Cluster]:
    """Two processes of this machine, or a cluster of two workers as Dask starts them by itself."""
    if request.param == "processes":
        yield 2
        return
    with Started(tmp_path, 2, nanny=True) as cluster:
        yield Cluster(cluster.address)


def test_what_hangs_dies_fails_or_eats_memory_costs_its_own_verdict_alone(
    where: int | Cluster, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    # The workers import this module.
    monkeypatch.syspath_prepend(pytestconfig.rootpath)
    found = {result.claim: result for result in run_jobs(JOBS, where, None, 3.0, behave)}
    assert {name: str(result.verdict) for name, result in found.items()} == {
        "fine": "PROVED", "eats": "ERROR", "dies": "ERROR", "hangs": "TIMEOUT", "fails": "ERROR",
        "last": "PROVED",
    }  # fmt: skip
    assert "GiB of memory" in found["eats"].reason
    assert "worker process ended" in found["dies"].reason
    assert "ValueError: broken" in found["fails"].reason


def test_a_worker_stays_with_its_link_and_then_helps_where_most_is_left() -> None:
    links = [parse(text) for text in ("z", "sin(z)", "tanh(z)")]
    queues = Queues([(name, Subject(link)) for link in links for name in "abc"])
    first, second, third = links
    asked = [None, None, first, first, first, second, second, second, third, third, second]
    taken = [queues.take(link) for link in asked]
    assert [job and (job[0], job[1].link.text) for job in taken] == [
        ("a", "z"), ("a", "sin(z)"), ("b", "z"), ("c", "z"), ("a", "tanh(z)"), ("b", "sin(z)"),
        ("c", "sin(z)"), ("c", "tanh(z)"), ("b", "tanh(z)"), None, None,
    ]  # fmt: skip


CLAIMS = """schema = 1
[[claim]]
id = "quick"
link = "z"
assert = "mu(1, 1) == 1"
[[claim]]
id = "slow"
link = "tanh(z)"
for = { beta = "(0.2, 5)", a = "(1, 2]" }
assert = "V(beta/a) > V(beta)**1.0000001"
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the work of a session is read from /proc")
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow)],
)
def test_an_interrupt_prints_the_verdicts_so_far_and_leaves_nothing(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    (tmp_path / "x.claims.toml").write_text(CLAIMS)
    run = subprocess.Popen(
        [sys.executable, "-m", "tiltproof", "verify", "--claims", "x.claims.toml", "--json", "--workers", "1",
         "--json-out", "out.json", "--junit", "out.xml"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    _wait_for_work(run, 4.0)
    assert run.poll() is None
    run.send_signal(sent)
    out, errors = run.communicate(timeout=20)
    assert run.returncode == code
    report = json.loads(out)
    assert report["interrupted"] is True
    assert [result["claim"] for result in report["results"]] == ["quick"]
    assert "interrupted after 1 of 2 verdicts" in errors
    assert "Traceback" not in errors
    assert [file.name for file in tmp_path.iterdir()] == ["x.claims.toml"]
    with pytest.raises(ProcessLookupError):
        _when_gone(run.pid)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("sent", "code", "delay"),
    [
        (signal.SIGINT, 130, 1.1),
        (signal.SIGTERM, 143, 1.5),
        pytest.param(signal.SIGINT, 130, 1.5, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, 1.1, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, 1.3, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, 2.4, marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_while_workers_start_shows_no_traceback(
    sent: signal.Signals, code: int, delay: float, tmp_path: Path
) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "tiltproof", "verify", "--claim", "V3", "--link", "tanh"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    time.sleep(delay)
    assert run.poll() is None
    # A terminal sends Ctrl-C to the workers too.
    os.killpg(run.pid, sent)
    _, errors = run.communicate(timeout=20)
    # In its imports `python -m` ends by the signal itself, which a shell calls 130 too.
    assert run.returncode in (code, -sent)
    assert "interrupted" in errors
    assert "Traceback" not in errors


def _wait_for_work(run: subprocess.Popen[str], seconds: float) -> None:
    """Until the session of ``run`` has had so much of a processor: on a busy machine that takes longer."""
    tick = os.sysconf("SC_CLK_TCK")
    spent = 0.0
    while spent < seconds and run.poll() is None:
        time.sleep(0.1)
        spent = 0.0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = entry.read_text().rpartition(")")[2].split()
                if int(fields[3]) == run.pid:
                    spent += (int(fields[11]) + int(fields[12])) / tick


def _when_gone(group: int) -> None:
    """Raises ProcessLookupError once no process of the group is left."""
    for _ in range(50):
        os.killpg(group, 0)
        time.sleep(0.1)


def test_few_open_files_mean_fewer_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    spare = len(os.listdir("/dev/fd")) + 16
    monkeypatch.setattr(resource, "getrlimit", lambda _: (spare + 6, spare + 6))
    assert _affordable(20) == 3
    monkeypatch.setattr(resource, "getrlimit", lambda _: (spare, spare))
    with pytest.raises(LinkError, match="too few to start a worker"):
        _affordable(20)


TIMED = """
import resource

_, most = resource.getrlimit(resource.RLIMIT_CPU)
resource.setrlimit(resource.RLIMIT_CPU, (100, most))
from tiltproof.crosscheck.workers.processes import scheduled, took_too_long, worker_pool

pool = worker_pool(1)
within = [scheduled(pool, abs, -1, 5).result()]
limits = scheduled(pool, resource.getrlimit, resource.RLIMIT_CPU, None).result()
error = scheduled(pool, sum, range(10**10), 0.1).exception()
print(within, limits == (most, most), took_too_long(error), scheduled(pool, abs, -2, 5).result())
pool.close()
pool.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the seconds of a processor")
def test_a_worker_keeps_no_limit_of_an_earlier_call_nor_of_the_shell() -> None:
    done = subprocess.run([sys.executable, "-c", TIMED], capture_output=True, text=True, check=False)
    assert done.stdout == "[1] True True 2\n", done.stderr


THREADS = """
import os
from tiltproof.crosscheck.workers.processes import scheduled, worker_pool

os.environ.pop("OPENBLAS_NUM_THREADS", None)
os.environ["OMP_NUM_THREADS"] = "3"
pool = worker_pool(1)
print([scheduled(pool, os.getenv, f"{name}_NUM_THREADS", 9).result() for name in ("OPENBLAS", "OMP")])
print("OPENBLAS_NUM_THREADS" in os.environ)
pool.close()
pool.join()
"""


def test_workers_add_in_one_thread_each_unless_the_user_says_otherwise() -> None:
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False)
    assert done.stdout == "['1', '3']\nFalse\n", done.stderr


ENDED = """
import resource

resource.setrlimit(resource.RLIMIT_CPU, (6, 6))
from tiltproof.crosscheck.workers.processes import longest_call, scheduled, took_too_long, worker_pool

pool = worker_pool(1)
error = scheduled(pool, sum, range(10**10), 100).exception()
print(longest_call(), took_too_long(error), scheduled(pool, abs, -2, 5).result())
pool.close()
pool.join()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the seconds of a processor")
def test_a_hard_limit_of_the_shell_ends_a_call_for_its_time() -> None:
    done = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True, check=False)
    assert done.stdout == "5 True 2\n", done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_a_closed_terminal_ends_a_command_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.claims.toml").write_text(CLAIMS)
    master, slave = os.openpty()
    run = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
         "from tiltproof.interface.cli.main import main; main()",
         "verify", "--claims", "x.claims.toml", "--json-out", "out.json"],
        cwd=tmp_path, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    _wait_for_work(run, 4.0)
    os.close(master)
    assert run.wait(timeout=20) == 128 + signal.SIGHUP
    assert [file.name for file in tmp_path.iterdir()] == ["x.claims.toml"]
    with pytest.raises(ProcessLookupError):
        _when_gone(run.pid)
