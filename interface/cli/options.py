"""What the commands share: a link as argument, the common options, and how an answer is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import click

from ..output.standard import write_json
from .types import SHIELD, FigureType, LinkType, NoiseType, PositiveType, WholeType

_WORD = re.compile(r"-[A-Za-z][\w-]+")
_SINGLE = ("-z", "-E", "-pi")


def _is_expression(argument: str) -> bool:
    """Whether an argument with a leading minus sign is a link and not a mistyped option."""
    if not argument.startswith("-") or argument.startswith("--") or argument in ("-", "-h"):
        return False
    return argument in _SINGLE or not _WORD.fullmatch(argument)


class LinkCommand(click.Command):
    """A command whose arguments may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, [SHIELD + a if _is_expression(a) else a for a in args])
        for name, value in ctx.params.items():
            if isinstance(value, str):
                ctx.params[name] = value.removeprefix(SHIELD)
        return rest


link_argument = click.argument("link", type=LinkType())
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else."
)
digits_option = click.option("--digits", type=WholeType(2, 300), default=30, show_default=True, metavar="D",
                       help="Decimal digits that every enclosure reaches, at most 300.")  # fmt: skip
noise_option = click.option("--noise", type=NoiseType(), default="none", show_default=True,
                      help="gaussian(tau), uniform(a) or rademacher(a).")  # fmt: skip
signal_option = click.option(
    "--signal",
    type=click.Choice(["label", "weight", "centered"]),
    default="label",
    show_default=True,
    help="Which transformation of the label carries the signal.",
)
beta_option = click.option("--beta", type=PositiveType("beta"), required=True,
                     help="The temperature, an exact number such as 2 or 0.5.")  # fmt: skip
seed_option = click.option("--seed", type=WholeType(0, 2**63 - 1), default=0, show_default=True,
                     help="Root of every random stream.")  # fmt: skip
workers_option = click.option("--workers", type=WholeType(1, 256), default=None,
                        help="Worker processes; as many as cores if left out.")  # fmt: skip


def plot_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    purpose = f"Draw {what} to this .svg or .png file."
    return click.option("--plot", "figure", type=FigureType(), default=None, metavar="FILE", help=purpose)


def command(example: str) -> Callable[[Callable[..., Any]], click.Command]:
    # click leaves the lines of a paragraph alone that starts with \b.
    return click.command(cls=LinkCommand, epilog=f"\b\nExample:\n  {example}")


def answer(found: Any, as_json: bool, *writers: Callable[[], object] | None) -> None:
    """Print an answer, then write each file that was asked for, even where the output or another fails."""
    with ExitStack() as files:
        for write in filter(None, reversed(writers)):
            files.callback(write)
        if as_json:
            write_json(found.as_json())
        else:
            from ..output.terminal import show
            from ..output.views import view

            show(view(found))
