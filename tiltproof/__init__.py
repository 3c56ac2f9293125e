"""tiltproof: statements about reward-tilted feature learning, checked three ways."""

from pathlib import Path

_here = Path(__file__).resolve().parent
if not (_here / "link").is_dir():
    # A checkout: the rooms stand beside this folder, not inside it as they do when installed.
    __path__.append(str(_here.parent))
