"""The commands that end in verdicts: ``claim``, ``verify`` and ``report``."""

from __future__ import annotations

import os
import shlex
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ...crosscheck.arguments import SIGNALS
from ...crosscheck.claims import IDS
from ...crosscheck.files import check_folder, write_whole
from ...link import LIBRARY, Link, LinkError, parse
from ..output.reports import FORMATS, flag
from .options import (
    LINK,
    TEXT,
    LinkCommand,
    answer,
    built_in_claim,
    command,
    digits_option,
    file_option,
    json_option,
    label_option,
    link_argument,
    noise_option,
    range_option,
    scheduler_option,
    seed_option,
    unknown_claim,
    workers_option,
)  # fmt: skip

if TYPE_CHECKING:
    from ..answers.report import LinkReport
    from ..output.view import View


@command('tiltproof claim "alpha(1, beta) > 0" --link tanh --for "beta=(0.5,20)"')
@click.argument("assertion")
@click.option("--link", required=True, type=TEXT, help="The link that it is claimed for.")
@range_option('What a parameter ranges over: "beta=(0.5,20)", "beta=[1,oo)" or "k=1:6" (repeatable).')
@click.option("--assume", default="", metavar="ASSERTION", help="What the link must meet, such as GE == 1.")
@click.option(
    "--signal", type=click.Choice(SIGNALS), default="label", show_default=True,
    help="The signal that beta1 and snr refer to.",
)  # fmt: skip
@noise_option
@label_option
@digits_option
@file_option("--coq", "theorem", "Write the assertion as a theorem to this file, for `coqc FILE`.")
@json_option
def claim(
    assertion: str, link: str, ranges: dict[str, str], digits: int, theorem: Path | None, as_json: bool,
    **asked: Any,
) -> None:  # fmt: skip
    """Decide one assertion of your own about a link.

    It is decided for all values of its parameters. The words are alpha(k,beta) h(k,beta) mu(i,k) IE GE
    lambda2(k) t_max beta1 logM(beta) V(beta) Var(beta) J(beta) KL(beta) chi2(beta) ESS(beta) snr(beta)
    mean(EXPRESSION IN z); k may be GE or IE.
    """
    from ..answers.claim import claim as ask

    if theorem:
        check_folder("--coq", theorem)
    try:
        proved = None
        if theorem:
            from ...crosscheck.run.certificates import theorem_of
            from ..answers.claim import as_user_claim

            lemma = as_user_claim(assertion, link, ranges, **asked)
            proved = theorem_of(lemma, lemma.links[0]).text.encode()
        result = ask(assertion, link, ranges, digits=digits, **asked)
    except LinkError as error:
        raise (error.of("--link") if error.source == link else error) from None
    answer(result, as_json, partial(write_whole, theorem, proved) if theorem and proved else None)
    sys.exit(0 if result.verdict.green else 1 if result.verdict == "REFUTED" else 3)


def files_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """One option per format of the report."""
    for name, purpose in reversed(FORMATS.items()):
        function = file_option(flag(name), name, f"Write {purpose}.")(function)
    return function


class ProjectCommand(LinkCommand):
    """What is not given stands in the table [tool.tiltproof] of pyproject.toml here, if there is one."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        return super().make_context(*args, **{"default_map": project(), **extra})


_SETTINGS = Path("pyproject.toml")
#: The keys of the table, and the parameters that they set.
_PROJECT = {
    "claims": "given", "baseline": "baseline", "seed": "seed", "workers": "workers", "digits": "digits",
    "tier": "tier",
}  # fmt: skip


def project() -> dict[str, Any]:
    """The parameters that pyproject.toml sets. Raises LinkError on a table that cannot be read."""
    path = _SETTINGS
    if not path.is_file():
        return {}
    try:
        tools = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise LinkError(f"pyproject.toml cannot be read ({error}): mend it") from None
    table = tools.get("tiltproof", {})
    if unknown := [key for key in table if key not in _PROJECT]:
        keys = ", ".join(_PROJECT)
        raise LinkError(f"pyproject.toml: [tool.tiltproof] has no key '{unknown[0]}': its keys are {keys}")
    files = table.get("claims", [])
    if isinstance(files, str):
        table["claims"] = [files]
    elif not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise LinkError(
            "pyproject.toml: claims of [tool.tiltproof] is no list of files: write ['a.claims.toml']"
        )
    return {_PROJECT[key]: value if key == "claims" else str(value) for key, value in table.items()}


@command("tiltproof verify --claim T1 --link tanh-9/10", ProjectCommand)
@click.argument("given", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--claim", "claims", multiple=True, type=TEXT, metavar="ID",
              help="Check this claim, a built-in one or one of the files (repeatable).")  # fmt: skip
@click.option("--link", "links", multiple=True, type=LINK, help="Check on this link (repeatable).")
@file_option(
    "--claims", "file",
    "Check the claims of this .toml or .tex file; built-in ones only where --claim or --link asks.",
)  # fmt: skip
@click.option("--tier", type=click.Choice(["fast", "full"]), default="fast", show_default=True,
              help="full runs the wide simulations too, which take minutes.")  # fmt: skip
@workers_option
@scheduler_option
@file_option(
    "--baseline", "baseline", "Compare with what --json-out wrote earlier; exit code 1 on a regression."
)
@files_options
@file_option(
    "--certificates", "folder",
    "Write what was proved of each threshold there, for `tiltproof check`.", "DIR",
)  # fmt: skip
@click.option("--kernel", is_flag=True, help="Let Coq prove again what there is a theorem for, in kernel/.")
@click.option("--no-figures", is_flag=True, help="Leave the figures out of the HTML page.")
@click.option("--no-cache", is_flag=True,
              help="Check everything, also where nothing has changed since an earlier run.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print what is not green, and the summary, alone.")
@digits_option
@seed_option
@json_option
def verify(
    given: Sequence[Path],
    claims: Sequence[str],
    links: Sequence[Link],
    file: Path | None,
    tier: Any,
    workers: int | None,
    scheduler: str | None,
    baseline: Path | None,
    folder: Path | None,
    digits: int,
    kernel: bool,
    no_figures: bool,
    no_cache: bool,
    quiet: bool,
    seed: int,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Check every claim on every link it applies to.

    With FILE, or --claims, the claims in .toml and .tex files of yours, which [tool.tiltproof] in
    pyproject.toml may name too. On GitHub Actions what is not green
    is annotated at its line. Exit code 0: all green, 1: a claim is refuted (or worse than the baseline), 3:
    something stays open.
    """
    from ...crosscheck.assertions.paper import load as load_claims
    from ...crosscheck.files import check_files
    from ..output import results
    from ..output.reports import github_lines, write

    source = click.get_current_context().get_parameter_source
    built_in = [name for name in map(built_in_claim, claims) if name]
    if (built_in or links or file) and source("given") is ParameterSource.DEFAULT_MAP:
        # The project's own claims, and the run that they are compared with, are not what is asked for.
        given = ()
        baseline = None if source("baseline") is ParameterSource.DEFAULT_MAP else baseline
    if scheduler and source("workers") is ParameterSource.DEFAULT_MAP:
        workers = None
    outputs = {flag(name): path for name, path in files.items()}
    sources = [*given, *([file] if file else [])]
    inputs: dict[str, Path | None] = {f"the claims {path}": path for path in sources}
    inputs |= {"--baseline": baseline, "the settings": _SETTINGS}
    check_files(outputs, inputs)
    for path in given:
        if path.suffix not in (".toml", ".tex"):
            raise LinkError(
                f"'{path}' is no claim file: name a .toml or .tex file, or write {_meant(str(path))}"
            )
    lemmas = tuple(lemma for path in sources for lemma in load_claims(path))
    places = {lemma.id: lemma.place for lemma in lemmas}
    if own := [name for name in claims if not built_in_claim(name)]:
        if unknown := [name for name in own if name not in places]:
            raise unknown_claim(unknown[0], places).of("--claim")
        lemmas = tuple(lemma for lemma in lemmas if lemma.id in own)
    claims = [*built_in, *own]
    # Only now what takes a second to load: a bad file is refused at once.
    from ...crosscheck.run.report import Interrupted, asked_of, compare, load
    from ...crosscheck.run.scheduler import verify as ask
    from ..output.progress import checking, share

    tried = links or [parse(name) for name in LIBRARY]
    if folder is not None:
        from ...crosscheck.run import certificates

        certificates.check_target(folder)
        written = {f"--certificates {path}": path for path in certificates.paths(tried, folder)}
        check_files({**outputs, **written}, inputs)
    if kernel:
        from ...crosscheck.run import certificates

        certificates.require_coqc()
    earlier = None if baseline is None else load(baseline)
    names = [str(link) for link in links]
    if earlier is not None:
        asked_of(earlier, claims, names, file=bool(sources))
    for lemma in lemmas:
        if lemma.id in IDS:
            raise LinkError(f"{lemma.place[0]}: the id '{lemma.id}' is a built-in claim's: write another id")
        if places[lemma.id] != lemma.place:
            both = f"{lemma.place[0]} and {places[lemma.id][0]}"
            raise LinkError(f"the id '{lemma.id}' stands in {both}: give every claim its own id")
        if unknown := [name for name in lemma.uses if name not in (*IDS, *places)]:
            raise LinkError(
                f"{lemma.place[0]}: '{lemma.id}' uses '{unknown[0]}': `tiltproof claims` lists what there is"
            )
    try:
        with checking(as_json, built_in, links, lemmas) as step:
            report = ask(
                built_in, links, seed=seed, workers=workers, digits=digits, tier=tier, lemmas=lemmas,
                progress=step, scheduler=scheduler, cache=not no_cache,
            )  # fmt: skip
    except Interrupted as stop:
        answer(stop.report, as_json)
        click.echo(f"interrupted after {stop}; no file was written", err=True)
        raise
    if kernel:
        with share("proving again in Coq") as proved:
            report = certificates.proved_again(report, tried, lemmas, workers, proved)
    if earlier is not None:
        comparison = compare(earlier, report, claims, names, file=bool(sources))
        report = replace(report, baseline=comparison)

    def write_files() -> None:
        with share("drawing the figures") as step:
            failures = write(report, files, figures=not no_figures and step)
        if folder is not None:
            with share("writing the certificates") as step:
                reasons = certificates.write_all(tried, folder, digits, workers, step)
            for reason in reasons:
                click.echo(reason, err=True)
        if failures:
            raise LinkError("; ".join(map(str, failures)))

    # The verdicts first: a full disk, or Ctrl-C while figures are drawn, must not lose them.
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_lines(report, places):
            click.echo(line, err=True)
    answer(results.unsettled_alone(report) if quiet and not as_json else report, as_json, write_files)
    sys.exit(report.exit_code)


def _meant(word: str) -> str:
    """The option that a word which is no file was probably meant for."""
    return f"--claim {word}" if built_in_claim(word) else f"--link {shlex.quote(word)}"


@command('tiltproof report "tanh(z) - 9/10" --html tanh.html')
@link_argument()
@file_option("--html", "target", "Write everything about the link to one HTML page.")
@workers_option
@digits_option
@seed_option
@json_option
def report(
    link: Link, target: Path | None, workers: int | None, digits: int, seed: int, as_json: bool
) -> None:
    """Everything about one link, on the terminal or as HTML.

    Exponents, threshold, coefficients, policy, admissible set, and the verdict of every claim on it.
    """
    from ..answers.report import report as ask
    from ..output.progress import checking

    if target is not None:
        check_folder("--html", target)
    with checking(as_json, links=[link]) as step:
        page = ask(link, digits=digits, seed=seed, workers=workers, progress=step)
    write = partial(_write, page, target) if target else None
    answer(_short(page, target) if target and not as_json else page, as_json, write)
    sys.exit(page.verify.exit_code)


def _short(page: LinkReport, path: Path) -> View:
    """What the page says in full, in two lines, and where it is."""
    from ..output.conclusions import conclusion
    from ..output.view import Lines, View

    return View((Lines(((conclusion(page.threshold),), (conclusion(page.verify),), (str(path),))),))


def _write(page: LinkReport, path: Path) -> None:
    from ..output.progress import share
    from ..output.reports.pages import render_link

    with share("drawing the figures") as step:
        write_whole(path, render_link(page, step).encode())
