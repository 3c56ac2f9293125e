"""The figures of one link as inline SVG that follows the page's colours, and as many as the link allows."""

from __future__ import annotations

import io
import multiprocessing
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from pebble import ProcessExpired

from ....crosscheck.link_facts.threshold import Threshold, threshold
from ....crosscheck.workers.processes import scheduled, took_too_long, worker_pool
from ....link import parse
from ...answers.admissible_set import AdmissibleSet
from ...answers.report import default_set
from .. import plots

#: Fewer points than a figure of its own has: on a page it is half as wide.
_POINTS = 90
_SIZE = (4.7, 3.1)
#: Seconds of a processor that the figures of one link may take.
_SECONDS = 120
#: What matplotlib writes, and the custom property of the page's style sheet that takes its place.
_COLOURS = {
    "#0072b2": "var(--blue)",
    "#d55e00": "var(--orange)",
    "#009e73": "var(--green)",
    "#cc79a7": "var(--pink)",
    "#000000": "currentColor",
    "#4c4c4c": "var(--soft)",
    "#4d4d4d": "var(--soft)",
    "#e5e5e5": "var(--line)",
    "#e6e6e6": "var(--line)",
}
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", re.S)
#: matplotlib's families; the drawing takes the page's.
_FONT = re.compile(r"font-family: [^;\"]*;? ?")
_LONG = re.compile(r"-?\d+\.\d{3,}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its caption, which also tells a screen reader what is shown."""

    caption: str
    svg: str


def of_links(names: Sequence[str], told: Callable[[float], object]) -> list[tuple[Figure, ...] | str]:
    """The figures of each link, drawn side by side in worker processes; or why there are none.

    told: hears of the share of them that is done.
    """
    drawings: list[tuple[Figure, ...] | str] = []
    with worker_pool(max(1, min(len(names), multiprocessing.cpu_count()))) as pool:
        futures = [scheduled(pool, _of_name, (name, place), _SECONDS) for place, name in enumerate(names)]
        for future in futures:
            drawings.append(_drawn_or_why(future))
            told(len(drawings) / len(names))
    return drawings


def _drawn_or_why(future: Any) -> tuple[Figure, ...] | str:
    """A link that resists drawing must not cost the page of all the others."""
    try:
        answer: tuple[Figure, ...] = future.result()
    except (ArithmeticError, ValueError, TimeoutError, ProcessExpired) as error:
        return f"they were not drawn within {_SECONDS} s" if took_too_long(error) else str(error)
    return answer or "the link has no signal at any finite temperature"


def _of_name(asked: tuple[str, int]) -> tuple[Figure, ...]:
    name, place = asked
    link = parse(name)
    sets, _ = default_set(link)
    return *of_link(threshold(link), f"f{place}"), *(
        () if sets is None else (of_admissible(sets, f"f{place}"),)
    )


def of_link(answer: Threshold, prefix: str) -> Iterator[Figure]:
    """Signal, SNR, coefficients and policy against temperature; none where no temperature is allowed.

    prefix: starts every id inside the drawings, and must be unlike any other on the page.
    """
    samples = plots.sample(answer, _POINTS)
    if samples is None:
        return
    drawings = (
        (
            f"The order-{samples.star} signal against the temperature, with its zeros and the threshold",
            plots.draw_signal,
        ),
        ("The signal-to-noise ratio and the recommended temperature", plots.draw_ratio),
        ("The tilted Hermite coefficients of orders 1 to 4", plots.draw_coefficients),
        ("The log partition function, the policy's value and the objective", plots.draw_policy),
    )
    for number, (caption, draw) in enumerate(drawings):
        yield drawn(caption, f"{prefix}-{number}-", partial(draw, answer=answer, samples=samples))


def of_admissible(answer: AdmissibleSet, prefix: str) -> Figure:
    """The guaranteed and the forecast sub-optimality with the guaranteed set."""
    caption = (
        f"The sub-optimality guaranteed with probability {1 - float(answer.delta):g} and the one forecast; "
        f"shaded where at most epsilon = {answer.epsilon} is lost, guaranteed with n = {answer.n}"
    )
    return drawn(caption, f"{prefix}-a-", partial(plots.draw_admissible, answer=answer))


def drawn(caption: str, prefix: str, draw: Callable[[Any], None]) -> Figure:
    """One pair of axes as inline SVG."""
    with plots.canvas(_SIZE) as (figure, axis):
        draw(axis)
        axis.set_xlabel("temperature β")
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return Figure(caption, inline(buffer.getvalue(), caption, prefix))


def inline(svg: str, caption: str, prefix: str) -> str:
    """A drawing of matplotlib's as part of a page: own ids, the page's colours, two decimals."""
    svg = _DROPPED.sub("", svg[svg.index("<svg") :])
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(r' id="([^"]*)"', lambda name: f' id="{prefix}{name[1]}"' if name[1] in used else "", svg)
    svg = re.sub(r'href="#', f'href="#{prefix}', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}", svg)
    svg = _FONT.sub("", svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda match: _COLOURS.get(match[0], match[0]), svg)
    svg = re.sub(
        r' (?:d|x|y|transform)="[^"]*"', lambda path: _LONG.sub(lambda n: f"{float(n[0]):.2f}", path[0]), svg
    )
    svg = re.sub(r"^<svg[^>]*>", lambda head: re.sub(r' (?:height|width)="[^"]*"', "", head[0]), svg)
    svg = re.sub(r"\n\s*", "\n", svg).strip()
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(caption)}"', 1)
