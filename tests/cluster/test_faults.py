"""Faults around a cluster: what nobody waits for ends, and signals keep what is stored."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from .started import Started, until

pytestmark = pytest.mark.slow

HANGING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tiltproof.crosscheck.workers.cluster import Cluster
from tests.cluster.test_faults import hang
if __name__ == "__main__":
    Cluster(sys.argv[1]).map(hang, [sys.argv[2]])
"""
RECOVER = ["recover", "tanh", "--beta", "2", "--d", "100,1000,4000", "--replicas", "128", "--json"]


def hang(folder: str) -> None:
    """Says which process it is, and goes on for an hour."""
    (Path(folder) / "new").write_text(str(os.getpid()))
    (Path(folder) / "new").rename(Path(folder) / "process")
    time.sleep(3600)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("ended", ["client interrupted", "client killed", "worker killed"])
def test_what_nobody_waits_for_ends(ended: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    with Started(tmp_path, 1) as cluster:
        command = [sys.executable, "-c", HANGING, cluster.address, str(tmp_path)]
        client = subprocess.Popen(command, cwd=pytestconfig.rootpath, stderr=subprocess.DEVNULL)
        until((tmp_path / "process").exists)
        hanging = int((tmp_path / "process").read_text())
        assert not gone(hanging)
        if ended == "worker killed":
            cluster.kill(0)
        else:
            client.send_signal(signal.SIGKILL if ended == "client killed" else signal.SIGINT)
        until(lambda: gone(hanging))
        client.kill()
        client.wait()


def test_signals_at_random_times_keep_what_is_stored(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tiltproof", *RECOVER]
    alone = subprocess.run(command, capture_output=True, check=True)
    rng = np.random.default_rng(0)
    with Started(tmp_path, 2) as cluster:
        command += ["--scheduler", cluster.address, "--store", "runs.db"]
        for sent, code in 3 * [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:
            run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(rng.uniform(1.5, 12))
            run.send_signal(sent)
            out, errors = run.communicate(timeout=120)
            # It may have ended before, or be in its imports, where `python -m` ends by the signal itself.
            assert run.returncode in (0, code, -sent)
            assert b"Traceback" not in errors or run.returncode == -sent
            assert run.returncode == 0 or not out
        last = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(last.stdout) == json.loads(alone.stdout)
