"""The one figure of any answer, for a notebook."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .plots import draw_admissible, draw_policies, draw_signal, sample
from .plots_family import draw_family, require_interval
from .plots_recovery import draw_recovery


def axes(answer: Any, ax: Any = None) -> Any:
    """The figure of an answer drawn into ``ax``, or into new axes, which are returned.

    Raises TypeError where it has none, and LinkError as ``plot_family`` does.
    """
    from matplotlib import pyplot

    draw = _drawing(answer)
    if ax is None:
        _, ax = pyplot.subplots(constrained_layout=True)
    draw(ax)
    if type(answer).__name__ in ("AdmissibleSet", "Policies", "Threshold"):
        ax.set_xlabel("temperature β")
    return ax


def _drawing(answer: Any) -> Callable[[Any], None]:
    """What draws an answer; asked before any axes are made."""
    kind = type(answer).__name__
    if kind == "Threshold":
        if (samples := sample(answer)) is None:
            raise TypeError(f"there is nothing to plot for {answer.link}: no temperature is allowed")
        return partial(draw_signal, answer=answer, samples=samples)
    if kind == "FamilyThreshold":
        require_interval(answer)
    draw = _DRAWN.get(kind)
    if draw is None:
        raise TypeError(
            f"a {kind} has no figure of its own: plot the answer of threshold, admissible or recover, or of "
            "policy at several temperatures"
        )
    return partial(draw, answer=answer)


_DRAWN: dict[str, Callable[..., None]] = {
    "AdmissibleSet": draw_admissible,
    "FamilyThreshold": draw_family,
    "Policies": draw_policies,
    "Recovery": draw_recovery,
}
