"""Finished blocks of a sweep in a file, which a run that is killed takes up again.

The store is SQLite, one row per block, each written in one transaction: a run killed at any moment lacks at
most the blocks in progress. Each row carries a hash over key, block and data: a row that was swapped, cut or
altered is no block, and is computed again.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...link.text import LinkError, excerpt

Arrays = Mapping[str, NDArray[Any]]
#: "tilt", which marks a SQLite file as ours.
_APPLICATION = 0x74696C74
_SCHEMA = """
CREATE TABLE blocks (
    key TEXT PRIMARY KEY,
    parameters TEXT NOT NULL,
    block INTEGER NOT NULL,
    arrays BLOB NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID
"""
#: Seconds to wait for another process that is writing.
_PATIENCE = 30.0
#: What SQLite's primary error codes mean to a user, and what to do.
_TROUBLE = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; what is finished is kept"),
    sqlite3.SQLITE_READONLY: ("it cannot be written to", "name a file that can be written"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "name a file in a folder that can be written"),
    sqlite3.SQLITE_BUSY: ("another process is writing to it", "wait for its end, or name another file"),
}


class Store:
    """Finished blocks by key; ``path`` None keeps them in memory only.

    To be used from one thread. ``damaged`` counts the rows that were there and could not be used. Raises
    LinkError where the file is no such store, or cannot be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._name = "memory" if path is None else excerpt(str(path), 200)
        self.damaged = 0
        try:
            self._connection = sqlite3.connect(":memory:" if path is None else path, timeout=_PATIENCE)
            # A row whose text is damaged is read, and then has another hash.
            self._connection.text_factory = lambda text: text.decode(errors="replace")
            self._open()
        except (sqlite3.Error, ValueError) as error:
            raise self._failure(error) from None

    def _open(self) -> None:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            application = self._connection.execute("PRAGMA application_id").fetchone()[0]
            empty = not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if empty and not application:
                self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._connection.execute(_SCHEMA)
            elif application != _APPLICATION:
                raise sqlite3.DatabaseError("it holds the tables of another program or version")
        # Readers and one writer at a time, and a killed writer leaves nothing half written.
        self._connection.execute("PRAGMA journal_mode=WAL")

    def get(self, key: str, block: int, size: int) -> dict[str, NDArray[Any]] | None:
        """The arrays of a finished block, each of ``size`` rows, or None where there is no such block."""
        try:
            row = self._connection.execute(
                "SELECT parameters, arrays, hash FROM blocks WHERE key = ? AND block = ?", (key, block)
            ).fetchone()
        except sqlite3.DatabaseError as error:
            # A damaged page: the rows on it are computed again, as far as the file takes them.
            if isinstance(error, sqlite3.OperationalError):
                raise self._failure(error) from None
            row = ("", b"", "")
        if row is None:
            return None
        intact = isinstance(row[1], bytes) and row[2] == _hash(key, row[0], block, row[1])
        found = _arrays(row[1]) if intact else None
        if found is None or any(array.ndim == 0 or len(array) != size for array in found.values()):
            self.damaged += 1
            return None
        return found

    def put(self, key: str, parameters: str, block: int, arrays: Arrays) -> None:
        """Write one block; a damaged one that stands there is replaced."""
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its stub takes the names for options
        data = buffer.getvalue()
        row = (key, parameters, block, data, _hash(key, parameters, block, data))
        try:
            with self._connection:
                self._connection.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def __len__(self) -> int:
        with closing(self._connection.execute("SELECT count(*) FROM blocks")) as rows:
            return int(rows.fetchone()[0])

    def _failure(self, error: Exception) -> LinkError:
        """Why the file is of no use, and what to do."""
        primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        why, remedy = _TROUBLE.get(primary, (str(error), "name a new file or one that this version wrote"))
        return LinkError(f"'{self._name}' cannot serve as the store of results ({why}): {remedy}")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


def _hash(key: str, parameters: str, block: int, data: bytes) -> str:
    return hashlib.sha256(f"{key}|{parameters}|{block}|".encode() + data).hexdigest()


def _arrays(data: bytes) -> dict[str, NDArray[Any]] | None:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile):
        return None
