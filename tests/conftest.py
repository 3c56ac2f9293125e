"""What all tests share: cycles are looked for as rarely as in the tool itself (``interface/cli/main.py``)."""

import gc
import itertools
import os
import tempfile
from pathlib import Path

import pytest

gc.set_threshold(50_000, 20, 20)
# Matplotlib would list all fonts again for each cache of ours.
os.environ.setdefault("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
# With a test on each core the threads of BLAS would wait for one another, a third of the time of some tests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# What fixtures of a module check has a cache of its own too.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="tiltproof-tests-")
_COUNT = itertools.count()


@pytest.fixture(autouse=True)
def no_verdicts_of_others(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins without kept verdicts, and leaves those of the user alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / f"cache-{next(_COUNT)}"))
