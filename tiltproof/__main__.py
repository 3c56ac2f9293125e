"""``python -m tiltproof`` is the command ``tiltproof``."""

from .crosscheck.cli import main

main()
