"""One certificate per link, in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ...link import Link, LinkError
from ..answers.threshold import threshold
from .write import Unproved, certificate, save


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
    names = _names(links)
    with ProcessPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(_write, link, folder / name, digits) for link, name in zip(links, names, strict=True)
        ]
        return [reason for job in jobs if (reason := job.result())]


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
