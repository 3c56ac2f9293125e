"""Figures: written whole or not at all, and the same each time."""

from pathlib import Path

import pytest

from .test_command_line import run


def test_a_figure_is_drawn_and_reproducible(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.svg", "b.svg")]
    for file in files:
        assert run("threshold", "sign(z)", "--plot", str(file)).returncode == 0
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert b"</svg>" in first
    assert sorted(tmp_path.iterdir()) == files


def test_the_sets_are_drawn_also_without_a_surrogate(tmp_path: Path) -> None:
    file = tmp_path / "sets.svg"
    asked = ("tanh(z)", "--epsilon", "0.5", "--n", "100000", "--osc", "0.2", "--proxy", "-z")
    assert run("admissible", *asked, "--plot", str(file)).returncode == 0
    assert b"label" in file.read_bytes()


@pytest.mark.parametrize(
    ("link", "name", "message"),
    [
        ("tanh(z)", "figure.pdf", "neither .svg nor .png"),
        ("tanh(z)", "missing/figure.svg", "does not exist"),
        ("He(3, z)", "figure.svg", "nothing to draw"),
    ],
)
def test_a_refused_figure_leaves_nothing_behind(tmp_path: Path, link: str, name: str, message: str) -> None:
    done = run("threshold", link, "--plot", str(tmp_path / name))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
