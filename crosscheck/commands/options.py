"""What the commands share: a link as argument, the common options, and how an answer is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import click

from ...link import Link, LinkError, Noise, parse, parse_noise, positive
from ...link.errors import excerpt
from ..claims import IDS

#: Stands before an argument that begins with a minus sign while click looks for options.
SHIELD = "\0"
_WORD = re.compile(r"-[A-Za-z][\w-]+")
_SINGLE = ("-z", "-E", "-pi")


def _is_expression(argument: str) -> bool:
    """Whether an argument with a leading minus sign is a link and not a mistyped option."""
    if not argument.startswith("-") or argument.startswith("--") or argument == "-":
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


class LinkType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "LINK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Link:
        return value if isinstance(value, Link) else parse(str(value).removeprefix(SHIELD))


class ClaimType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).removeprefix(SHIELD)
        if (found := text.upper()) not in IDS:
            raise LinkError(f"unknown claim '{excerpt(text)}': the claims are {', '.join(IDS)}")
        return found


class NoiseType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "SPEC"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Noise:
        return value if isinstance(value, Noise) else parse_noise(value)


class PositiveType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    """An exact number > 0, or ``oo`` where that may be; refused before anything slow is loaded."""

    name = "NUMBER"

    def __init__(self, quantity: str, infinite: bool = False) -> None:
        self.quantity = quantity
        self.infinite = infinite

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value).removeprefix(SHIELD).strip()
        return "oo" if self.infinite and text.lower() in ("oo", "inf") else positive(text, self.quantity)


class OrdersType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "K"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        match = re.fullmatch(r"(\d{1,3})(?::(\d{1,3}))?", str(value))
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise LinkError(f"--k '{value}' is not an order or a range of orders: write --k 3 or --k 0:8")
        return list(range(int(match[1]), int(match[2] or match[1]) + 1))


link_argument = click.argument("link", type=LinkType())
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else."
)
digits_option = click.option("--digits", type=click.IntRange(2, 300), default=30, show_default=True,
                       metavar="D", help="Decimal digits that every enclosure reaches.")  # fmt: skip
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
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Root of every random stream.",
)


def command(example: str) -> Callable[[Callable[..., Any]], click.Command]:
    # click leaves the lines of a paragraph alone that starts with \b.
    return click.command(cls=LinkCommand, epilog=f"\b\nExample:\n  {example}")


def answer(found: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        show(found)
