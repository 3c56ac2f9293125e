"""The HTML pages in a real browser: no complaint, request or sideways scroll; light and dark; keyboard."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiltproof.interface.cli.verify import report

from ..commands.in_process import example, run
from .chromium import CHROMIUM, Chromium

pytestmark = [
    pytest.mark.html,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: `make test-html` installs it"),
]

CLAIMS = """
schema = 1
[[claim]]
id = "false-lemma"
source = "a <script>alert(1)</script> source"
link = "z**2 - 10"
for = { beta = "[4, 20)" }
assert = "alpha(2, beta) > 0"
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "own.toml").write_text(CLAIMS)
    found = {name: folder / f"{name}.html" for name in ("verify", "own")}
    tried = ["--claim", "T1", "--claim", "G2", "--claim", "P2", "--claim", "V5", "--link", "tanh-9/10"]
    run("verify", *tried, "--link", "staircase", "--link", "He3", "--html", str(found["verify"]))
    run("verify", "--claims", str(folder / "own.toml"), "--html", str(found["own"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = run(*example(report))
    assert done.returncode == 0
    assert done.stdout
    return found | {"link": folder / "tanh.html"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 800, 1280])
@pytest.mark.parametrize("name", ["verify", "own", "link"])
def test_a_page_fits_and_complains_of_nothing(
    name: str, width: int, dark: bool, pages: dict[str, Path], browser: Chromium, tmp_path: Path
) -> None:
    browser.problems.clear()
    browser.requests.clear()
    browser.open(pages[name], width=width, dark=dark)
    assert browser.problems == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:"))] == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    back, front = (
        browser.evaluate(f"getComputedStyle(document.body).{p}") for p in ("backgroundColor", "color")
    )
    assert _luminance(back) < _luminance(front) if dark else _luminance(back) > _luminance(front)
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 5000


def _luminance(colour: str) -> float:
    return sum(float(part) for part in colour.strip("rgba()").split(",")[:3])


def test_the_evidence_of_a_cell_opens_from_the_keyboard(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["verify"], width=800)
    shown = "[...document.querySelectorAll('[popover]')].filter(e => e.matches(':popover-open')).length"
    assert browser.evaluate(shown) == 0
    browser.evaluate("document.querySelector('[popovertarget]').focus()")
    browser.press("Enter", 13)
    assert browser.evaluate(shown) == 1
    browser.press("Escape", 27)
    assert browser.evaluate(shown) == 0


def test_a_page_says_its_language_and_names_what_it_shows(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["link"], width=800)
    assert browser.evaluate("document.documentElement.lang") == "en"
    unnamed = "[...document.querySelectorAll('svg')].filter(e => !e.closest('figure') && !e.ariaLabel).length"
    assert browser.evaluate(unnamed) == 0
    assert browser.evaluate("document.querySelectorAll('math').length") > 0
    assert browser.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size") == (
        browser.evaluate("document.querySelectorAll('[id]').length")
    )


@pytest.mark.parametrize("name", ["verify", "own", "link"])
def test_headings_go_down_step_by_step_and_tables_name_their_heads(
    name: str, pages: dict[str, Path], browser: Chromium
) -> None:
    browser.open(pages[name], width=800)
    outline = "[...document.querySelectorAll('main > h1, main > h2, section h3')].map(e => +e.tagName[1])"
    levels = browser.evaluate(outline)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert browser.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
    assert browser.evaluate("document.querySelectorAll('table:not(:has(caption))').length") == 0
    assert browser.evaluate("document.querySelectorAll('main').length") == 1
    lost = "[...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.hash)).length"
    assert browser.evaluate(lost) == 0


def test_every_kind_of_figure_is_on_both_pages(pages: dict[str, Path], browser: Chromium) -> None:
    captions = "[...document.querySelectorAll('figcaption')].map(e => e.textContent)"
    for name in ("verify", "link"):
        browser.open(pages[name], width=800)
        shown = "\n".join(browser.evaluate(captions))
        for words in ("zeros and the threshold", "recommended", "log partition", "sub-optimality guaranteed"):
            assert words in shown


def test_the_focus_is_seen_and_the_head_of_the_matrix_stays(
    pages: dict[str, Path], browser: Chromium
) -> None:
    browser.open(pages["verify"], width=400)
    browser.press("Tab", 9)
    assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    head = "getComputedStyle(document.querySelector('.matrix thead th'))"
    assert browser.evaluate(f"[{head}.position, {head}.left]") == ["sticky", "0px"]


def test_what_a_user_wrote_stays_text(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["own"], width=800)
    assert browser.evaluate("document.querySelectorAll('script').length") == 0
    assert "REFUTED" in browser.evaluate("document.body.innerText").upper()
