"""What a store says when the disk, the file's rights or another process is in its way: one sentence."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tiltproof.link import LinkError
from tiltproof.numerics.recovery import store as module
from tiltproof.numerics.recovery.store import Store

ARRAYS = {"steps": np.array([1, -1])}


def test_a_locked_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    Store(tmp_path / "a.db").close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LinkError, match="another process is writing"):
            Store(tmp_path / "a.db")


def test_a_full_disk(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        store._connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(LinkError, match="disk is full"):
            store.put("k", "{}", 0, {"steps": np.zeros(10**5)})


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    Store(tmp_path / "a.db").close()
    (tmp_path / "a.db").chmod(0o400)
    with pytest.raises(LinkError, match="cannot be written"):
        Store(tmp_path / "a.db")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="cannot be opened"):
        Store(tmp_path / "none" / "a.db")


def test_damaged_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Store(path) as store:
        for block in range(200):
            store.put(f"k{block}", "{}", block, ARRAYS)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 5] = b"\xff" * 8192
    path.write_bytes(content)
    with Store(path) as store:
        found = [store.get(f"k{block}", block, 2) for block in range(200)]
        assert 0 < store.damaged == found.count(None)
        with pytest.raises(LinkError, match="malformed"):
            store.put(f"k{found.index(None)}", "{}", found.index(None), ARRAYS)
    for arrays in filter(None, found):
        np.testing.assert_array_equal(arrays["steps"], ARRAYS["steps"])
