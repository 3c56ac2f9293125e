"""One certificate per link, in a folder."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TaskTimeout
from pathlib import Path

from pebble import ProcessExpired

from ...link import Link, LinkError
from ..certificate.write import Unproved, certificate, save
from ..link_facts.threshold import threshold_alone
from ..workers.processes import worker_pool

#: Seconds that one certificate may take.
_SECONDS = 300.0


def check_target(folder: Path, option: str = "--certificates") -> None:
    """Make the folder. Raises LinkError when it cannot hold files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LinkError(f"{option} '{folder}' cannot be made ({error.strerror}): name a folder") from None
    if not os.access(folder, os.W_OK):
        raise LinkError(f"{option} '{folder}' cannot be written to: name another folder")


def write_all(links: Sequence[Link], folder: Path, digits: int, workers: int | None) -> list[str]:
    """Certify the threshold of every link, ``label`` without noise; the reasons for those without a file."""
    count = min(workers or multiprocessing.cpu_count(), len(links))
    with worker_pool(count) as pool:
        jobs = [
            (link, pool.schedule(_write, args=[link, path, digits], timeout=_SECONDS))
            for link, path in zip(links, paths(links, folder), strict=True)
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
        save(certificate(threshold_alone(link, digits=digits), digits), path)
    except (Unproved, LinkError) as reason:
        return f"no certificate for {link}: {reason}"
    return ""


def paths(links: Sequence[Link], folder: Path) -> list[Path]:
    """A file for each link: what of its text a file name can hold, numbered where two would be equal.

    Upper and lower case count as equal, as they do on some file systems.
    """
    taken: set[str] = set()
    files = []
    for link in links:
        stem = re.sub(r"[^A-Za-z0-9.+-]+", "_", str(link)).strip("_.")[:80] or "link"
        names = (stem if count == 1 else f"{stem}-{count}" for count in itertools.count(1))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())
        files.append(folder / f"{name}.json")
    return files
