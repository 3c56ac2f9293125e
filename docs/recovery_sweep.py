"""How many samples the first layer needs: every library link at every temperature with every label.

Each cell of the grid trains neurons at several dimensions and fits the slope of log samples on log d, beside
the one that the generative exponent predicts. Finished blocks are kept in the store: the same command goes on
where it was interrupted, and draws the figure at its end. With --scheduler the blocks run on a Dask cluster;
a wide one is kept busy by several commands at once on one store, as --part 1/4 to --part 4/4, each with a
quarter of the cells; without --part the figure is then drawn from what they stored.

Run: python docs/recovery_sweep.py --store runs.db --plot slopes.svg [--scheduler tcp://HOST:PORT]
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from tiltproof.link import LIBRARY

import tiltproof

#: Small enough for one machine; a cluster takes d to 1,000 and hundreds of neurons.
DIMENSIONS, REPLICAS = "16,32,64", 16
#: Samples grow like d^3: at d = 64 they would take hours.
SMALLER = {"bump4": "8,16,24"}
#: Not even these end within minutes.
COSTLY = {("bump4", "preference(1)")}
#: The largest slope shown; an interval without an upper end goes up to it.
WIDEST = 4
BETAS, LABELS = ("1", "4"), ("additive", "preference(1)")

Cell = tuple[str, str, str]


def slope(cell: Cell, options: argparse.Namespace) -> tiltproof.Recovery | str:
    """One cell, or why it has none."""
    link, beta, label = cell
    if not options.d and (link, label) in COSTLY:
        return "at d = 8, 16, 24 it had not ended after minutes of a core: give others with --d"
    dimensions = options.d or SMALLER.get(link, DIMENSIONS)
    try:
        return tiltproof.recover(
            link, beta, [int(d) for d in dimensions.split(",")], replicas=options.replicas, label=label,
            store=options.store, scheduler=options.scheduler,
        )  # fmt: skip
    except (tiltproof.LinkError, ArithmeticError) as reason:
        if "scheduler" in str(reason) or "store" in str(reason):
            raise
        return str(reason)


def draw(found: dict[Cell, tiltproof.Recovery], labels: list[str], betas: list[str], path: Path) -> None:
    """A panel for each label, a line for each link, a colour for each temperature; ticks are the law."""
    links = [name for name in reversed(LIBRARY) if any(cell[0] == name for cell in found)]
    size = (2 + 3.2 * len(labels), 1.4 + 0.24 * len(links))
    figure, panels = plt.subplots(1, len(labels), figsize=size, sharex=True, sharey=True, squeeze=False)
    for (place, label), (shade, beta) in itertools.product(enumerate(labels), enumerate(betas)):
        axes: Any = panels[0][place]
        axes.set_title(label, fontsize=10)
        axes.set_xlabel("slope of log samples on log d")
        named = f"beta = {beta}"
        for height, link in enumerate(links):
            cell = found.get((link, beta, label))
            if cell is None or cell.exponent.fitted is None:
                continue
            fit, y = cell.exponent, height + 0.36 * (shade / max(1, len(betas) - 1) - 0.5)
            if fit.lower is not None:
                axes.plot(
                    [fit.lower, WIDEST if fit.upper is None else fit.upper],
                    [y, y],
                    color=f"C{shade}",
                    linewidth=1,
                )
            axes.plot([fit.fitted], [y], "o", color=f"C{shade}", markersize=3.5, label=named)
            named = ""
            if fit.predicted is not None:
                axes.plot([fit.predicted], [y], "|", color="black", markersize=8)
    panels[0][0].set_yticks(range(len(links)), links, fontsize=8)
    for axes in panels[0]:
        axes.grid(axis="y", linewidth=0.3)
        axes.set_xlim(0, WIDEST)
    if figure.axes[0].get_legend_handles_labels()[0]:
        figure.axes[0].legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="keeps finished blocks")
    parser.add_argument("--plot", type=Path, required=True, help="the figure, as slopes.svg")
    parser.add_argument("--scheduler", default=None, metavar="tcp://HOST:PORT")
    parser.add_argument("--links", nargs="+", default=list(LIBRARY), metavar="LINK")
    parser.add_argument("--betas", nargs="+", default=list(BETAS), metavar="BETA")
    parser.add_argument("--labels", nargs="+", default=list(LABELS), metavar="LABEL")
    parser.add_argument("--d", default="", metavar="D,D,...", help="16,32,64, for bump4 8,16,24")
    parser.add_argument("--replicas", type=int, default=REPLICAS, metavar="R")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="every N-th cell alone, and no figure")
    options = parser.parse_args()
    part, parts = (int(number) for number in options.part.split("/"))
    found: dict[Cell, tiltproof.Recovery] = {}
    cells = list(itertools.product(options.links, options.betas, options.labels))
    for cell in cells[part - 1 :: parts]:
        answer = slope(cell, options)
        if not isinstance(answer, str) and answer.exponent.fitted is None:
            answer = "too few neurons find the direction"
        if isinstance(answer, str):
            print(*cell, "no slope:", answer, flush=True)
            continue
        fit = answer.exponent
        print(*cell, "slope", fit.fitted, "in", fit.lower, fit.upper, "law", fit.predicted, flush=True)
        found[cell] = answer
    if parts == 1:
        draw(found, options.labels, options.betas, options.plot)


if __name__ == "__main__":
    main()
