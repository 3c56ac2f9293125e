"""An embedded store of finished blocks: SQLite, one row per block, each written in one transaction.

A run killed at any moment leaves a readable store that lacks at most the blocks in progress; the next run
computes exactly those. The key of a block is a hash of everything its numbers depend on.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...link.errors import LinkError

Arrays = Mapping[str, NDArray[Any]]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
    key TEXT PRIMARY KEY,
    parameters TEXT NOT NULL,
    block INTEGER NOT NULL,
    arrays BLOB NOT NULL,
    finished TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID
"""
#: Seconds to wait for another process that is writing.
_PATIENCE = 30.0


class Store:
    """Finished blocks by key; ``path`` None keeps them in memory only.

    To be used from one thread. Raises LinkError when the file is there and is no such store.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            self._connection = sqlite3.connect(":memory:" if path is None else path, timeout=_PATIENCE)
            with self._connection:
                # Readers and one writer at a time, and a killed writer leaves nothing half written.
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise LinkError(
                f"'{path}' is not a store of results ({error}): name a new file or one that this tool wrote"
            ) from None

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a finished block, or None."""
        row = self._connection.execute("SELECT arrays FROM blocks WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        with np.load(io.BytesIO(row[0]), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def put(self, key: str, parameters: str, block: int, arrays: Arrays) -> None:
        """Write one block; a block that is already there is left as it is."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its stub takes the names for options
        with self._connection:
            self._connection.execute(
                "INSERT OR IGNORE INTO blocks (key, parameters, block, arrays) VALUES (?, ?, ?, ?)",
                (key, parameters, block, buffer.getvalue()),
            )

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM blocks").fetchone()[0])

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()
