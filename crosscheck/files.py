"""Files that are read whole or refused, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ..link import LinkError
from ..link.errors import excerpt


def read_whole(path: Path, most: int, remedy: str) -> bytes:
    """The bytes of a regular file of at most ``most`` MiB; a pipe or a device may have no end.

    Raises LinkError, which ends with ``remedy``.
    """
    name = excerpt(str(path), 200)
    try:
        # Not to wait for a pipe's other end.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LinkError(f"'{name}' cannot be read (it is no regular file): {remedy}")
            found = file.read(most * 2**20 + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, LinkError):
            raise
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise LinkError(f"'{name}' cannot be read ({why.lower()}): {remedy}") from None
    if len(found) > most * 2**20:
        raise LinkError(f"'{name}' is larger than {most} MiB: {remedy}")
    return found


def check_folder(option: str, path: Path) -> None:
    """Raise LinkError unless a file can be created at ``path``, which the user gave with ``option``."""
    if path.is_dir():
        raise LinkError(f"{option} '{path}' is a folder: write the name of a file")
    if not path.parent.is_dir():
        raise LinkError(f"{option} '{path}' lies in a folder that does not exist: make the folder first")
    try:
        # Permissions alone do not tell: the file system may be read-only, or make no files.
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError:
        message = f"{option} '{path}' lies in a folder that cannot be written to: choose another one"
        raise LinkError(message) from None


def write_whole(path: Path, content: bytes) -> None:
    """Write through a temporary file in the same folder, so that a partial file never stands there.

    Raises LinkError, with the reason, where the file cannot be written.
    """
    try:
        _write(path, content)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LinkError(
            f"cannot write '{excerpt(str(path), 200)}': {why}; name a file in a folder that can be written"
        ) from None


def _write(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise ValueError("it is a folder")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tiltproof-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            # A temporary file is private; the result gets the permissions of any new file.
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(out.fileno(), 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
