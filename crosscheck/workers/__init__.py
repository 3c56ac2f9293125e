"""Where tasks run: in processes of this machine."""

import signal

#: What ends a command from outside, SIGINT aside; Windows has no SIGHUP, which a closed terminal sends.
TERMINATING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
