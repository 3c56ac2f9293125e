"""How the arguments of the commands are read, the options they share, and how an answer is given.

Nothing here loads an algebra system, so a mistake is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...crosscheck.arguments import MOST_DIGITS, MOST_K, SIGNALS, as_scheduler
from ...crosscheck.claims import IDS
from ...crosscheck.files import check_folder
from ...link import Link, LinkError, excerpt, nearest, parse, parse_label, parse_noise, positive
from ..output import write_json

if TYPE_CHECKING:
    from ...link.family import Family

    Type = click.ParamType[Any]
else:
    Type = click.ParamType  # generic only from click 8.3 on

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
#: Stands before an argument that begins with a minus sign while click looks for options.
SHIELD = "\0"


def plain(value: Any) -> str:
    """What the user wrote."""
    return str(value).removeprefix(SHIELD).strip()


class Read(Type):
    """What ``read`` makes of the text, which it refuses in one sentence; ``name`` stands for it in help."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name, self.read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.read(plain(value))
        except LinkError as error:
            raise error.of(param.opts[0] if isinstance(param, click.Option) else "") from None


def exact(quantity: str, infinite: bool = False) -> Read:
    """An exact number > 0, or ``oo`` where that may be."""
    return Read(
        "NUMBER",
        lambda text: "oo" if infinite and text.lower() in ("oo", "inf") else positive(text, quantity),
    )


def _betas(text: str) -> Fraction | list[Fraction]:
    found = list(dict.fromkeys(positive(each, "beta") for each in text.split(",")))
    return found[0] if len(found) == 1 else found


class Whole(Type):
    """A whole number from ``low`` to ``high``, as digits or exactly as ``1e6`` and ``10**6``."""

    name = "N"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = plain(value)
        try:
            number = 0 if text == "0" else positive(text, "")
        except LinkError:
            number = None
        if number is None or number.denominator != 1 or not self.low <= number <= self.high:
            option, usual = (param.opts[0], param.default) if param else ("", None)
            raise LinkError(
                f"{option} '{excerpt(text)}' is not a whole number from {self.low} to {self.high}: "
                f"write {option} {usual if isinstance(usual, int) else max(self.low, 4)}"
            )
        return int(number)


def built_in_claim(text: str) -> str | None:
    return next((name for name in IDS if name.upper() == text.upper()), None)


def unknown_claim(text: str, own: Iterable[str] = ()) -> LinkError:
    """own: the ids of the files at hand."""
    hint = "" if (near := nearest(text, [*own, *IDS])) is None else f"did you mean {near}? "
    listed = f"; the files hold {', '.join(own)}" if own else ""
    return LinkError(
        f"unknown claim '{excerpt(plain(text))}': {hint}`tiltproof claims` lists the built-in ones{listed}"
    )


def _claim(text: str) -> str:
    if (name := built_in_claim(text)) is None:
        raise unknown_claim(text)
    return name


def _orders(text: str) -> list[int]:
    match = re.fullmatch(r"(\d{1,9})(?::(\d{1,9}))?", text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise LinkError(f"--k '{excerpt(text)}' is not an order or a range of orders: write --k 3 or --k 0:8")
    if int(match[2] or match[1]) > MOST_K:
        raise LinkError(f"--k '{text}' goes beyond {MOST_K}: write orders from 0 to {MOST_K}")
    return list(range(int(match[1]), int(match[2] or match[1]) + 1))


def _dimensions(text: str) -> list[int]:
    if not re.fullmatch(r"\d{1,30}(,\d{1,30})*", text):
        raise LinkError(
            f"--d '{excerpt(text)}' is not a list of dimensions: write --d 100 or --d 100,1000,10000"
        )
    return [int(part) for part in text.split(",")]


def _figure(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".svg", ".png", ".pdf"):
        raise LinkError(f"--plot '{path}' is none of .svg, .png and .pdf: write a name such as figure.svg")
    check_folder("--plot", path)
    return path


#: A link that symbols may stand in, which is read together with their ranges.
TEXT = Read("LINK", str)
LINK, CLAIM, NOISE = Read("LINK", parse), Read("ID", _claim), Read("SPEC", parse_noise)
LABEL = Read("LABEL", parse_label)
ORDERS, DIMENSIONS, FIGURE = Read("K", _orders), Read("D", _dimensions), Read("FILE", _figure)
#: One temperature, or the list of several.
BETAS = Read("NUMBER", _betas)

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


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else."
)
digits_option = click.option(
    "--digits",
    type=Whole(2, MOST_DIGITS),
    default=30,
    show_default=True,
    metavar="D",
    help=f"Decimal digits that every enclosure reaches, at most {MOST_DIGITS}.",
)
noise_option = click.option("--noise", type=NOISE, default="none", show_default=True,
                      help="gaussian(tau), uniform(a) or rademacher(a).")  # fmt: skip
label_option = click.option(
    "--label",
    type=LABEL,
    default="additive",
    show_default=True,
    help="How y is drawn: bernoulli(v0, v1), poisson, flip(q), heteroscedastic(VAR) or preference(tau).",
)
signal_option = click.option(
    "--signal",
    type=click.Choice(SIGNALS),
    default="label",
    show_default=True,
    help="What multiplies He_k in the signal: y e^{ty}, e^{ty} or (y - K'(t)) e^{ty}.",
)
seed_option = click.option("--seed", type=Whole(0, 2**63 - 1), default=0, show_default=True,
                     help="Root of every random stream.")  # fmt: skip
workers_option = click.option("--workers", type=Whole(1, 256), default=None,
                        help="Worker processes; as many as cores if left out.")  # fmt: skip


scheduler_option = click.option("--scheduler", type=Read("tcp://HOST:PORT", as_scheduler), default=None,
                          help="A Dask scheduler whose workers do the work.")  # fmt: skip


def file_option(flag: str, name: str, purpose: str, metavar: str = "FILE") -> Decorator:
    kind = click.Path(path_type=Path)
    return click.option(flag, name, type=kind, default=None, metavar=metavar, help=purpose)


def plot_option(what: str) -> Decorator:
    purpose = f"Draw {what} to this .svg, .png or .pdf file."
    return click.option("--plot", "figure", type=FIGURE, default=None, metavar="FILE", help=purpose)


def range_option(purpose: str) -> Decorator:
    """``--for``, any number of times: the ranges by the names of their parameters."""
    return click.option(
        "--for", "ranges", multiple=True, metavar="NAME=RANGE", help=purpose,
        callback=lambda context, option, texts: _ranges(texts),
    )  # fmt: skip


def _ranges(texts: Sequence[str]) -> dict[str, str]:
    if not texts:
        return {}
    # What reads ranges is loaded where there are some.
    from ...link.assertion import parse_quantifier

    ranges: dict[str, str] = {}
    for text in texts:
        name, equals, spec = text.removeprefix(SHIELD).partition("=")
        if not equals:
            raise LinkError(f"--for '{text}' has no '=': write --for \"beta=(0.5,20)\"")
        if name.strip() in ranges:
            raise LinkError(f"--for names {name.strip()} twice: write one range for each parameter")
        ranges[name.strip()] = spec.strip()
        try:
            parse_quantifier(name.strip(), spec.strip())
        except LinkError as error:
            raise LinkError(f"--for: {error}") from None
    return ranges


def read(link: str, ranges: dict[str, str]) -> Link | Family:
    """The link, or the family of links, of an argument and its ``--for``."""
    if not ranges:
        return parse(link)
    from ...link.family import parse_family

    return parse_family(link, ranges)


def link_argument(*, members: bool = False) -> Decorator:
    """LINK with ``--for`` for its symbols, read before an algebra system is loaded.

    members: a symbol may stand for several integers; then ``link`` is a family of finitely many links.
    """
    samples = ("1:3", "2") if members else ("2",)

    def spelled(name: str) -> str:
        return " or ".join(f'--for "{name}={each}"' for each in samples)

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def with_link(link: str, ranges: dict[str, str], **rest: Any) -> Any:
            chosen = read(link, ranges)
            if not isinstance(chosen, Link) and (not members or chosen.continuous):
                raise LinkError(
                    f"this command takes no range of {chosen.name}, as threshold and claim do: "
                    f"write {spelled(chosen.name)}"
                )
            return function(link=chosen, **rest)

        return click.argument("link", type=TEXT)(
            range_option(
                f"What a symbol in the link stands for: {spelled('a').replace('--for ', '')} (repeatable)."
            )(with_link)
        )

    return decorated


def command(
    example: str, kind: type[LinkCommand] = LinkCommand
) -> Callable[[Callable[..., Any]], click.Command]:
    # click leaves the lines of a paragraph alone that starts with \b.
    return click.command(cls=kind, epilog=f"\b\nExample:\n  {example}")


def answer_each(link: Link | Family, ask: Callable[[Link], Any], as_json: bool) -> None:
    """The answer for a link, or for each member of a family of finitely many, one after the other."""
    if isinstance(link, Link):
        answer(ask(link), as_json)
        return
    low, high = link.ends
    rows = [(value, ask(member)) for value, member in link.members]
    if as_json:
        parameter = {"name": link.name, "from": str(low), "to": str(high)}
        members = [{"at": str(value), **each.as_json()} for value, each in rows]
        write_json({"link": link.text, "parameter": parameter, "members": members})
        return
    for number, (_, each) in enumerate(rows):
        if number:
            click.echo()
        answer(each, as_json)


def answer(content: Any, as_json: bool, *writers: Callable[[], object] | None) -> None:
    """Print an answer, then write each file that was asked for, even where the output or another fails."""
    with ExitStack() as files:
        for write in filter(None, reversed(writers)):
            files.callback(write)
        if as_json:
            write_json(content.as_json())
        else:
            from ..output.terminal import show
            from ..output.view import SHORT
            from ..output.views import view

            asked = click.get_current_context().get_parameter_source("digits")
            show(view(content), None if asked is click.core.ParameterSource.COMMANDLINE else SHORT)
