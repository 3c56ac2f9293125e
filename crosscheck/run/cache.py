"""A cache of verdicts: what depends on nothing that changed is not checked again.

A verdict is a function of the program and its libraries, the claim and the link, the seed and the options:
its key is all of these. The folder is as trustworthy as the account that it belongs to: a hash shows damage
and edits by hand, not the work of somebody who forges both.
"""

import json
import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from ..assertions.user_claim import UserClaim
from ..claim import Subject
from ..record import Malformed
from ..verdict import Outcome, Verdict, decide
from ..workers.cluster import environment, sources
from .report import FromCache, Result, result_of

#: States of the program whose verdicts are kept, and verdicts of one of them, from which on it starts anew.
_STATES, _VERDICTS = 4, 20_000
#: Bytes of one entry.
_LARGEST = 2**22


def state() -> str:
    """A hash of the sources, the versions of the libraries, Python and the platform."""
    return sha256(repr((sources(), environment(), sys.version, platform.platform())).encode()).hexdigest()


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    # A path that is not absolute is to be ignored, says the XDG specification.
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "tiltproof" / "verdicts"


@dataclass
class Cache:
    """The verdicts of this state of the program; two runs may use it at once.

    taken: how many were found. damaged: entries that are not what was written, which are checked again.
    trouble: why nothing is kept, or empty.
    """

    taken: int = 0
    damaged: int = 0
    trouble: str = ""

    def __post_init__(self) -> None:
        try:
            self._place = _folder() / state()
            if len(os.listdir(self._place)) > _VERDICTS:
                shutil.rmtree(self._place, ignore_errors=True)
        except FileNotFoundError:
            pass
        except (OSError, RuntimeError) as error:
            self.trouble = str(error)

    @property
    def used(self) -> FromCache:
        return FromCache(self.taken, self.damaged, self.trouble)

    def find(self, claim: str | UserClaim, subject: Subject) -> Result | None:
        """The verdict that was kept, or None."""
        key = _key(claim, subject)
        file = self._file(key)
        try:
            if file is None or not file.exists():
                return None
            result = _read(file, key)
        except (OSError, ValueError, RecursionError, Malformed):
            self.damaged += 1
            return None
        self.taken += 1
        return result

    def keep(self, claim: str | UserClaim, subject: Subject, result: Result) -> None:
        """Keep a settled verdict: what is open, failed or took too long is tried again in every run."""
        key = _key(claim, subject)
        file = self._file(key)
        if file is None or not _settled(result):
            return
        try:
            if not file.parent.exists():
                file.parent.mkdir(parents=True)
                _forget_old(file.parent.parent)
            text = _text(result.as_json())
            entry = {"key": key, "result": json.loads(text), "sha256": _digest(key, text)}
            with NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as target:
                target.write(json.dumps(entry))
            os.replace(target.name, file)
        except OSError as error:
            self.trouble = str(error)

    def _file(self, key: str) -> Path | None:
        return None if self.trouble else self._place / f"{sha256(key.encode()).hexdigest()}.json"


def _key(claim: str | UserClaim, subject: Subject) -> str:
    """All that a verdict depends on beside the state, exactly: of a user's claim everything but its place."""
    asked = replace(claim, place=("", 0)) if isinstance(claim, UserClaim) else claim
    return f"{asked!r} on {subject!r}"


def _settled(result: Result) -> bool:
    failed = any(evidence.outcome is Outcome.ERROR for evidence in result.evidence)
    plain = result.verdict.green or result.verdict in (Verdict.REFUTED, Verdict.NOT_APPLICABLE)
    return plain and not failed


def _read(file: Path, key: str) -> Result:
    """Raises what shows that the entry is not one that was written for ``key``."""
    if file.stat().st_size > _LARGEST:
        raise ValueError("an entry is no book")
    entry = json.loads(file.read_bytes())
    if not isinstance(entry, dict) or entry.get("key") != key or not isinstance(entry.get("result"), dict):
        raise ValueError("another entry")
    if entry.get("sha256") != _digest(key, _text(entry["result"])):
        raise ValueError("changed")
    result = result_of(entry["result"])
    followed = result.verdict is Verdict.NOT_APPLICABLE or decide(result.evidence) is result.verdict
    if not followed or not _settled(result):
        raise ValueError("a verdict that does not follow from its evidence")
    return result


def _text(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _digest(key: str, text: str) -> str:
    return sha256(f"{key}\n{text}".encode()).hexdigest()


def _forget_old(root: Path) -> None:
    """All but the states used last."""
    with suppress(OSError):
        states = sorted(root.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
        for place in states[_STATES:]:
            shutil.rmtree(place, ignore_errors=True)
