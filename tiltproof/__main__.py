"""``python -m tiltproof`` is the command ``tiltproof``."""

from .interface.cli.main import main

main()
