"""Files that are read whole or refused, and written whole or not at all."""

import json
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from ..link import LinkError, excerpt

#: Not to wait for a pipe's other end; on Windows, not to change the ends of lines.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_whole(path: Path, most: int, remedy: str) -> bytes:
    """The bytes of a regular file of at most ``most`` MiB; a pipe or a device may have no end.

    Raises LinkError, which ends with ``remedy``.
    """
    name = excerpt(str(path), 200)
    try:
        # Not to wait for a pipe's other end.
        with os.fdopen(os.open(path, _READ), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LinkError(f"'{name}' cannot be read (it is no regular file): {remedy}")
            data = file.read(most * 2**20 + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, LinkError):
            raise
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise LinkError(f"'{name}' cannot be read ({why.lower()}): {remedy}") from None
    if len(data) > most * 2**20:
        raise LinkError(f"'{name}' is larger than {most} MiB: {remedy}")
    return data


def read_json(path: Path, most: int, remedy: str) -> Any:
    """The JSON in a file of at most ``most`` MiB, no key of which stands twice in one object.

    Raises LinkError, which ends with ``remedy``.
    """
    data = read_whole(path, most, remedy)
    try:
        return json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        why = "is not JSON (no UTF-8 text)"
    except json.JSONDecodeError as error:
        why = f"is not JSON (line {error.lineno}: {error.msg})"
    except RecursionError:
        why = "is not JSON (nested too deep)"
    except ValueError as error:
        why = f"cannot be read ({str(error)[:120]})"
    raise LinkError(f"'{path}' {why}: {remedy}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two alike keys one would be overlooked."""
    made = dict(pairs)
    if len(made) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise LinkError(f"the key '{excerpt(key)}' stands twice in one object")
    return made


def _no_number(text: str) -> NoReturn:
    raise LinkError(f"{text} is no number")


def check_files(
    outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None] = MappingProxyType({})
) -> None:
    """Raise LinkError unless every output can be written and none of them is another one or an input.

    Both map the option that names a file to its path; it is asked before hours of work are spent.
    """
    taken = {_identity(path): option for option, path in inputs.items() if path is not None}
    for option, path in outputs.items():
        if path is None:
            continue
        check_folder(option, path)
        other = taken.setdefault(_identity(path), option)
        if other != option and not path.is_char_device():
            raise LinkError(f"{other} and {option} name the same file '{path}': give each its own")


def _identity(path: Path) -> object:
    """What two names of one file share: links are followed, also to a file that is not there yet.

    Upper and lower case count as equal in a new name, as they do on some file systems.
    """
    try:
        file = path.stat()
    except (OSError, ValueError):
        target = Path(os.path.realpath(path))
        return str(target.parent), target.name.casefold()
    return file.st_dev, file.st_ino


def check_folder(option: str, path: Path) -> None:
    """Raise LinkError unless ``path``, which the user gave with ``option``, can be written.

    A device or a pipe is written through; a symbolic link leads to the file that is replaced.
    """
    if path.is_dir():
        raise LinkError(f"{option} '{path}' is a folder: write the name of a file")
    if path.exists() and not path.is_file():
        if path.is_block_device() or path.is_socket() or not os.access(path, os.W_OK):
            raise LinkError(f"{option} '{path}' is no file that can be written to: name another one")
        return
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise LinkError(f"{option} '{path}' lies in a folder that does not exist: make the folder first")
    try:
        # Permissions alone do not tell: the file system may be read-only, or make no files.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        message = f"{option} '{path}' lies in a folder that cannot be written to: choose another one"
        raise LinkError(message) from None


def write_whole(path: Path, content: bytes) -> None:
    """Write through a temporary file in the same folder, so that a partial file never stands there.

    Only a regular file is replaced, the one that symbolic links lead to; a device or a pipe takes the bytes.
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
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".tiltproof-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            if hasattr(os, "fchmod"):  # not on Windows, where a file inherits them
                os.fchmod(out.fileno(), _permissions(target))
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _permissions(target: Path) -> int:
    """Those of the file that is replaced, else those of any new file: a temporary one is private."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
