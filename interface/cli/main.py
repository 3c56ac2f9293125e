"""The command line. Commands import what they need when they run, so help and refusals come at once.

click was chosen because it is small, loads in about 30 ms and leaves the parsing of a leading minus sign
to us: ``tiltproof threshold "-He(4,z)"`` names a link, not an option.
"""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from ...crosscheck.workers import TERMINATING
from ...link import LinkError, printable
from ..output import silence
from . import COMMANDS
from .options import SHIELD

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

#: Characters of a line that tells of a fault: some exceptions carry whole expressions.
_LONGEST = 400
#: Digits of an exact number that are written or read, in a fraction of a second.
_DIGITS = 100_000
#: Algebra and balls make many objects and few cycles: a search for these after every 700 objects, Python's
#: own choice, takes a tenth of the time.
_COLLECT = (50_000, 20, 20)
#: MiB of addresses that any question is answered in. With fewer the libraries fail as they load, each in its
#: own way: OpenBLAS ends the process with the code that says REFUTED.
_MEMORY = 1024


class InOrder(click.Group):
    """Help lists the commands in the order of their work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [str(command.name) for command in COMMANDS]


@click.group(cls=InOrder, context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tiltproof", message="tiltproof %(version)s")
def tiltproof() -> None:
    """Check statements about reward-tilted feature learning three ways.

    \b
    LINK is a library name (see `tiltproof links`) or an expression in z:
      tiltproof threshold "tanh(z) - 9/10"
    """
    if resource is None:
        return
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < _MEMORY * 2**20:
        raise LinkError(
            f"only {allowed // 2**20} MiB of memory are allowed, too little to load the libraries: "
            f"write ulimit -v {_MEMORY * 2**10}"
        )


for _command in COMMANDS:
    tiltproof.add_command(_command)


class _Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP end a command as Ctrl-C does: with what is done, and no process left behind."""

    number = signal.SIGTERM


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script.

    Bad input ends with one line on standard error and exit code 2, a fault of the tool with one and 70.
    """

    terminals = [stream for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    def terminate(number: int, _: FrameType | None) -> NoReturn:
        if number != signal.SIGTERM:  # the terminal is closed
            silence(*terminals)
        stop = _Terminated()
        stop.number = signal.Signals(number)
        raise stop

    # Exact numbers outgrow the 4300 digits that Python writes; reading takes the square of them in time.
    sys.set_int_max_str_digits(_DIGITS)
    gc.set_threshold(*_COLLECT)
    if arguments is None:
        # The process of one command: at its end Python would look once more for cycles among the objects
        # of SymPy and NumPy, which takes a fifth of a second. Frozen ones are left to the system.
        atexit.register(gc.freeze)
    try:
        if threading.current_thread() is threading.main_thread():
            for number in TERMINATING:
                # Under nohup a closed terminal ends nothing.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, terminate)
        code = tiltproof.main(arguments, prog_name="tiltproof", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as wanted:
        click.echo(wanted.format_message())
        sys.exit(2)
    except click.UsageError as refusal:
        _refuse(_usage(refusal))
    except click.ClickException as refusal:
        _refuse(refusal.format_message())
    except LinkError as refusal:
        _refuse(str(refusal).replace(SHIELD, ""), refusal.caret)
    except (click.Abort, KeyboardInterrupt) as stop:
        causes = list(_causes(stop))
        if not any(cause.args for cause in causes):
            click.echo("interrupted", err=True)
        sent = (cause.number for cause in causes if isinstance(cause, _Terminated))
        sys.exit(128 + next(sent, signal.SIGINT))
    except OSError as trouble:
        silence(sys.stdout)
        _refuse(f"cannot write the output: {trouble.strerror or trouble}; free some space or write elsewhere")
    except ArithmeticError as refusal:
        if type(refusal).__name__ == "NotIntegrable":  # it is proved that what was asked for does not exist
            _refuse(str(refusal))
        # Not resolved: an answer, but not a number.
        click.echo(f"tiltproof: {printable(str(refusal))}", err=True)
        sys.exit(3)
    except MemoryError:
        _fault("the memory is used up: free some, raise the limit, or ask for fewer --digits or --workers")
    except Exception as fault:
        # Code 1 says that a claim is refuted; what is wrong with the tool itself never ends with it.
        _fault(f"a fault of tiltproof itself ({type(fault).__name__}: {fault}); please report the command")
    sys.exit(code if isinstance(code, int) else 0)


def _fault(message: str) -> NoReturn:
    click.echo(f"tiltproof: {printable(' '.join(message.split())[:_LONGEST])}", err=True)
    sys.exit(70)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from; a command that has told of its interruption left a text in one."""
    while error is not None:
        yield error
        error = error.__cause__


def _usage(refusal: click.UsageError) -> str:
    """What was wrong with the call, and where the right one is described."""
    said = refusal.format_message().replace(SHIELD, "").rstrip(".")
    if refusal.ctx is None or said.endswith("?"):
        return said
    return f"{said}: `{refusal.ctx.command_path} --help` shows how it is called"


def _refuse(message: str, caret: str = "") -> None:
    """One line; on a terminal the place in the text below it."""
    with suppress(OSError):  # no code of a verdict, though nothing can be said any more
        click.echo(f"tiltproof: {printable(' '.join(message.split()))}", err=True)
    if caret and sys.stderr.isatty():
        click.echo("".join(f"  {line}\n" for line in caret.splitlines()), err=True, nl=False)
    sys.exit(2)
