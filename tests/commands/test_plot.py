"""Figures: written whole or not at all, and the same each time."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from tiltproof.interface.output import plots
from tiltproof.interface.output.plots import temperatures

from tiltproof import threshold

from .in_process import run


def test_a_figure_is_drawn_and_reproducible(tmp_path: Path) -> None:
    """In two processes, of two hash seeds."""
    files = [tmp_path / name for name in ("a.svg", "b.svg")]
    command = ("threshold", "sign(z)", "--plot")
    assert run(*command, str(files[0])).returncode == 0
    subprocess.run([sys.executable, "-m", "tiltproof", *command, str(files[1])], check=True)
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert b"</svg>" in first
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize(
    ("link", "shown", "hidden"),
    [
        (
            "z**2 - 10",
            ("exceptional temperatures", "1/tₘₐₓ", "structural bound", "supremum over β &gt; 5"),
            (),
        ),
        ("staircase", ("largest compared", "Lambert bound"), ("exceptional", "1/tₘₐₓ")),
        ("bump4", ("recommended β₁ = 0.2334",), ("supremum",)),
    ],
)
def test_what_is_marked_is_named_and_nothing_else(
    tmp_path: Path, link: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    file = tmp_path / "figure.svg"
    assert run("threshold", link, "--plot", str(file)).returncode == 0
    text = file.read_text()
    assert [word for word in shown if word not in text] == []
    assert [word for word in hidden if word in text] == []


@pytest.mark.parametrize("link", ["z - 3", "z**2 - 10", "staircase", "bump4", "z-cos"])
def test_every_mark_lies_within_the_panels(link: str) -> None:
    found = threshold(link)
    at = temperatures(found)
    assert at is not None
    assert found.recommended is not None
    best = found.recommended.beta
    marks = [zero.lower for zero in found.exceptional] + [x for x in (best.lower, best.upper) if x != "inf"]
    assert all(at[0] <= float(x) <= at[-1] for x in marks)
    if not found.complete:
        assert at[0] >= float(Fraction(found.searched_down_to))


def test_the_sets_are_drawn_also_without_a_surrogate(tmp_path: Path) -> None:
    file = tmp_path / "sets.svg"
    asked = ("tanh(z)", "--epsilon", "0.5", "--n", "100000", "--features", "0", "--proxy", "-z")
    assert run("admissible", *asked, "--plot", str(file)).returncode == 0
    text = file.read_text()
    words = (
        "guaranteed at n = 10\u2075",
        "at n = 10\u2076",
        "only forecast",
        "\u03b5 = 0.5",
        "best: \u03b2",
        "shaded: ",
    )
    assert [word for word in words if word not in text] == []
    assert "surrogate" not in text


@pytest.mark.parametrize(
    ("link", "name", "message"),
    [
        ("tanh(z)", "figure.eps", "none of .svg, .png and .pdf"),
        ("tanh(z)", "missing/figure.svg", "does not exist"),
        ("He(3, z)", "figure.svg", "nothing to draw"),
    ],
)
def test_a_refused_figure_leaves_nothing_behind(tmp_path: Path, link: str, name: str, message: str) -> None:
    done = run("threshold", link, "--plot", str(tmp_path / name))
    assert done.returncode == 2
    assert message in done.stderr
    # What was found out is shown, though there is nothing to draw of it.
    assert ("threshold beta1" in done.stdout) == (message == "nothing to draw")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["staircase", "1000*tanh(z) - 20"])
def test_labels_of_an_axis_do_not_lie_on_each_other(link: str) -> None:
    found = threshold(link)
    samples = plots.sample(found)
    assert samples is not None
    for draw in (plots.draw_policy, plots.draw_coefficients):
        with plots.canvas((4.7, 3.1)) as (figure, axes):
            draw(axes, found, samples)
            figure.canvas.draw()
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
                shown = [label.get_window_extent() for at, label in ticks if low <= at <= high]
                assert not any(a.overlaps(b) for place, a in enumerate(shown) for b in shown[:place])
