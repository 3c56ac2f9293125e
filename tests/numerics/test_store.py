"""The store of blocks: what was written is read back, once, and a foreign file is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tiltproof.link import LinkError
from tiltproof.numerics.recovery.store import Store

ARRAYS = {"steps": np.array([1, -1]), "overlaps": np.array([[0.1], [np.nan]])}


def test_a_block_is_read_back_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        store.put("k", "{}", 0, ARRAYS)
    with Store(path) as store:
        found = store.get("k", 0, 2)
    assert found is not None
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(found[name], value)


def test_an_absent_block_is_none() -> None:
    assert Store().get("k", 0, 2) is None


def damage(path: Path, change: str) -> Store:
    """The store of two blocks after a statement of SQL."""
    with Store(path) as store:
        store.put("k", "{}", 0, ARRAYS)
        store.put("other", "{}", 1, {"steps": np.array([7, 8])})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)
    return Store(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE blocks SET arrays = (SELECT arrays FROM blocks WHERE key = 'other') WHERE key = 'k'",
        "UPDATE blocks SET arrays = substr(arrays, 1, 60) WHERE key = 'k'",
        "UPDATE blocks SET arrays = 'no bytes' WHERE key = 'k'",
        "UPDATE blocks SET hash = '' WHERE key = 'k'",
        "UPDATE blocks SET hash = CAST(x'ffff' AS TEXT) WHERE key = 'k'",
    ],
    ids=["swapped", "cut", "text", "no hash", "no text"],
)
def test_a_damaged_block_is_no_block_and_is_counted(tmp_path: Path, change: str) -> None:
    with damage(tmp_path / "results.db", change) as store:
        assert store.get("k", 0, 2) is None
        assert store.get("other", 1, 2) is not None
        assert store.damaged == 1
        store.put("k", "{}", 0, ARRAYS)
        assert store.get("k", 0, 2) is not None


@pytest.mark.parametrize(("key", "block", "size"), [("k", 1, 2), ("k", 0, 3)], ids=["block", "size"])
def test_a_block_of_another_task_is_not_handed_out(tmp_path: Path, key: str, block: int, size: int) -> None:
    with Store(tmp_path / "results.db") as store:
        store.put("k", "{}", 0, ARRAYS)
        assert store.get(key, block, size) is None


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (line TEXT)")
    before = path.read_bytes()
    with pytest.raises(LinkError, match="tables of another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are not results " * 100)
    with pytest.raises(LinkError, match="cannot serve as the store of results"):
        Store(path)
