"""The store of blocks: what was written is read back, once, and a foreign file is refused."""

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
        found = store.get("k")
    assert found is not None
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(found[name], value)


def test_an_absent_block_is_none() -> None:
    assert Store().get("k") is None


def test_a_block_is_written_once() -> None:
    store = Store()
    store.put("k", "{}", 0, ARRAYS)
    store.put("k", "{}", 0, {"steps": np.array([7])})
    assert len(store) == 1
    assert list(store.get("k") or {}) == ["steps", "overlaps"]


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are not results " * 100)
    with pytest.raises(LinkError, match="not a store of results"):
        Store(path)
