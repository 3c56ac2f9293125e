"""The command line. Commands import what they need when they run, so help and refusals come at once.

click was chosen because it is small, loads in about 30 ms and leaves the parsing of a leading minus sign
to us: ``tiltproof threshold "-He(4,z)"`` names a link, not an option.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ..link import Link, LinkError, Noise, parse, parse_noise

#: Stands before an argument that begins with a minus sign while click looks for options.
_SHIELD = "\0"
_WORD = re.compile(r"-[A-Za-z][\w-]+")
_SINGLE = ("-z", "-E", "-pi")


def _is_expression(argument: str) -> bool:
    """Whether an argument with a leading minus sign is a link and not a mistyped option."""
    if not argument.startswith("-") or argument.startswith("--") or argument == "-":
        return False
    return argument in _SINGLE or not _WORD.fullmatch(argument)


class _Command(click.Command):
    """A command whose arguments may begin with a minus sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, [_SHIELD + a if _is_expression(a) else a for a in args])
        for name, value in ctx.params.items():
            if isinstance(value, str):
                ctx.params[name] = value.removeprefix(_SHIELD)
        return rest


class _LinkType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "LINK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Link:
        return value if isinstance(value, Link) else parse(str(value).removeprefix(_SHIELD))


class _NoiseType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "SPEC"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Noise:
        return value if isinstance(value, Noise) else parse_noise(value)


class _OrdersType(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.3 on
    name = "K"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        match = re.fullmatch(r"(\d{1,3})(?::(\d{1,3}))?", str(value))
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise LinkError(f"--k '{value}' is not an order or a range of orders: write --k 3 or --k 0:8")
        return list(range(int(match[1]), int(match[2] or match[1]) + 1))


_link = click.argument("link", type=_LinkType())
_json = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON to standard output and nothing else."
)
_digits = click.option("--digits", type=click.IntRange(2, 300), default=30, show_default=True,
                       help="Decimal digits that every enclosure reaches.")  # fmt: skip
_noise = click.option("--noise", type=_NoiseType(), default="none", show_default=True,
                      help="gaussian(tau), uniform(a) or rademacher(a).")  # fmt: skip
_beta = click.option("--beta", required=True, help="The temperature, an exact number such as 2 or 0.5.")
_seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Root of every random stream.",
)


@click.group(context_settings={"max_content_width": 100})
@click.version_option(package_name="tiltproof", message="tiltproof %(version)s")
def tiltproof() -> None:
    """Check statements about reward-tilted feature learning three ways.

    \b
    LINK is a library name (see `tiltproof links`) or an expression in z:
      tiltproof threshold "tanh(z) - 9/10"
    """


def _command(example: str) -> Callable[[Callable[..., Any]], click.Command]:
    return tiltproof.command(cls=_Command, epilog=f"Example: {example}")


def _answer(found: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        show(found)


@_command('tiltproof exponents "He(3, z)"')
@_link
@_json
def exponents(link: Link, as_json: bool) -> None:
    """Information exponent, generative exponent and witness power, each with its reason."""
    from . import present
    from .answers.exponents import exponents as ask

    _answer(ask(link), as_json, present.exponents)


@_command('tiltproof threshold "tanh(z) - 9/10"')
@_link
@click.option("--signal", type=click.Choice(["label", "weight", "centered"]), default="label",
              show_default=True, help="Which transformation of the label carries the signal.")  # fmt: skip
@_noise
@_digits
@click.option("--plot", "figure", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Draw signal, SNR and coefficients to this .svg or .png file.")  # fmt: skip
@_json
def threshold(link: Link, signal: Any, noise: Noise, digits: int, figure: Path | None, as_json: bool) -> None:
    """The threshold beta1, t_max and every exceptional temperature."""
    from . import present
    from .answers.threshold import threshold as ask

    if figure is not None:
        from . import plots

        plots.check_target(figure)
    found = ask(link, signal, noise, digits)
    if figure is not None:
        plots.plot(found, figure)
    _answer(found, as_json, present.threshold)


@_command("tiltproof coefficients tanh --k 0:8 --beta 2")
@_link
@click.option(
    "--k", "orders", type=_OrdersType(), default="0:4", show_default=True, help="One order or a range."
)
@_beta
@_digits
@_json
def coefficients(link: Link, orders: list[int], beta: str, digits: int, as_json: bool) -> None:
    """The tilted Hermite coefficients h_k and alpha_k at one temperature."""
    from . import present
    from .answers.coefficients import coefficients as ask

    _answer(ask(link, orders, beta, digits), as_json, present.coefficients)


@_command("tiltproof policy tanh --beta 1/2")
@_link
@_beta
@_noise
@_digits
@_json
def policy(link: Link, beta: str, noise: Noise, digits: int, as_json: bool) -> None:
    """The tilted policy at one temperature: K, V, KL, chi2, effective-sample ratio."""
    from . import present
    from .answers.policy import policy as ask

    _answer(ask(link, beta, noise, digits), as_json, present.policy)


@_command('tiltproof admissible "tanh(z)" --epsilon 0.5 --n 1000000 --osc 0.2 --noise "gaussian(1)"')
@_link
@click.option("--epsilon", required=True, help="The sub-optimality allowed, such as 0.5.")
@click.option("--n", type=click.IntRange(1), required=True, help="Samples of the second stage.")
@click.option("--proxy", help="The pilot reward of the surrogate weights; 9/10 of the link if left out.")
@click.option("--osc", help="A bound of osc(rhat - r*); twice the link's oscillation if left out.")
@click.option("--target", help="The value to reach; the link's supremum if left out.")
@_noise
@click.option("--digits", type=click.IntRange(2, 60), default=12, show_default=True,
              help="Decimal digits of the end points.")  # fmt: skip
@_json
def admissible(
    link: Link, epsilon: str, n: int, proxy: str | None, osc: str | None, target: str | None, noise: Noise,
    digits: int, as_json: bool,
) -> None:  # fmt: skip
    """The deployment temperatures beta2 whose total sub-optimality is at most epsilon."""
    from . import present
    from .answers.admissible import admissible as ask

    found = ask(link, epsilon, n, proxy=proxy, osc=osc, target=target, noise=noise, digits=digits)
    _answer(found, as_json, present.admissible)


@_command("tiltproof verify --claim T1 --link tanh-9/10")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="Check this claim (repeatable).")
@click.option("--link", "links", multiple=True, type=_LinkType(), help="Check on this link (repeatable).")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=None, help="Worker processes; as many as cores."
)
@_digits
@_seed
@_json
def verify(
    claims: Sequence[str], links: Sequence[Link], workers: int | None, digits: int, seed: int, as_json: bool
) -> None:
    """Check every claim on every link it applies to."""
    from . import present
    from .claims import CLAIMS
    from .run import verify as ask

    for name in claims:
        if name not in CLAIMS:
            raise LinkError(f"unknown claim '{name}': the claims are {', '.join(CLAIMS)}")
    with present.progress(quiet=as_json) as step:
        report = ask(claims, links, seed=seed, workers=workers, digits=digits, progress=step)
    _answer(report, as_json, present.report)
    sys.exit(report.exit_code)


@_command("tiltproof claims T1")
@click.argument("claim_id", required=False, metavar="[ID]")
@_json
def claims(claim_id: str | None, as_json: bool) -> None:
    """The claims: abstract sentence, statement, source, assumptions, legs and falsified variants."""
    from . import present
    from .claims import CLAIMS

    if claim_id is not None and claim_id not in CLAIMS:
        raise LinkError(f"unknown claim '{claim_id}': the claims are {', '.join(CLAIMS)}")
    chosen = [CLAIMS[claim_id]] if claim_id else list(CLAIMS.values())
    if as_json:
        click.echo(json.dumps([present.claim_json(claim) for claim in chosen], indent=2))
    elif claim_id:
        present.claim(chosen[0])
    else:
        present.claims(chosen)


@_command("tiltproof links tanh")
@click.argument("name", required=False)
@_json
def links(name: str | None, as_json: bool) -> None:
    """The library of named links."""
    from ..link import LIBRARY
    from . import present

    if name is not None and name not in LIBRARY:
        raise LinkError(f"unknown link '{name}': `tiltproof links` lists the names")
    chosen = [LIBRARY[name]] if name else list(LIBRARY.values())
    if as_json:
        click.echo(json.dumps([entry._asdict() for entry in chosen], indent=2))
    else:
        present.links(chosen)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: bad input ends with one line on standard error and exit code 2."""
    try:
        code = tiltproof.main(arguments, prog_name="tiltproof", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as wanted:
        click.echo(wanted.format_message())
        sys.exit(2)
    except click.ClickException as refusal:
        _refuse(refusal.format_message().replace(_SHIELD, ""))
    except LinkError as refusal:
        _refuse(str(refusal))
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except ArithmeticError as refusal:  # not integrable, or not resolved: an answer, but not a number
        click.echo(f"tiltproof: {refusal}", err=True)
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(message: str) -> None:
    click.echo(f"tiltproof: {' '.join(message.split())}", err=True)
    sys.exit(2)
