"""One certificate per link, in a folder."""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TaskTimeout
from pathlib import Path

from pebble import ProcessExpired

from ...link import Link, LinkError
from ..answers.threshold import threshold
from ..run import worker_pool
from .write import Unproved, certificate, save

#: Seconds that one certificate may take.
_SECONDS = 300.0


def check_target(folder: Path) -> None:
    """Make the folder. Raises LinkError when it cannot hold files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LinkError(
            f"--certificates '{folder}' cannot be made ({error.strerror}): name a folder"
        ) from None
    if not os.access(folder, os.W_OK):
        raise LinkError(f"--certificates '{folder}' cannot be written to: name another folder")


def write_all(links: Sequence[Link], folder: Path, digits: int, workers: int | None) -> list[str]:
    """Certify the threshold of every link, ``label`` without noise; the reasons for those without a file."""
    count = min(workers or multiprocessing.cpu_count(), len(links))
    with worker_pool(count) as pool:
        jobs = [
            (link, pool.schedule(_write, args=[link, folder / name, digits], timeout=_SECONDS))
            for link, name in zip(links, _names(links), strict=True)
        ]
        try:
            return [reason for link, job in jobs if (reason := _reason(link, job))]
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _reason(link: Link, job: Future[str]) -> str:
    try:
        return job.result()
    except TaskTimeout:
        return f"no certificate for {link}: not done within {_SECONDS:g} s"
    except (ProcessExpired, MemoryError) as error:
        return f"no certificate for {link}: the worker process ended: {error}"


def _write(link: Link, path: Path, digits: int) -> str:
    try:
        save(certificate(threshold(link, digits=digits), digits), path)
    except Unproved as reason:
        return f"no certificate for {link}: {reason}"
    return ""


def _names(links: Sequence[Link]) -> list[str]:
    """A file name for each link: what of its text a file name can hold, numbered where two would be equal."""
    taken: dict[str, int] = {}
    names = []
    for link in links:
        stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", str(link)).strip("_.")[:80] or "link"
        taken[stem] = count = taken.get(stem, 0) + 1
        names.append(f"{stem}.json" if count == 1 else f"{stem}-{count}.json")
    return names
