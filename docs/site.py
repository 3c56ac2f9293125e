"""What the documentation's site has beyond the pages in this folder; mkdocs calls what begins with ``on_``.

The README is its front page. The gallery of links, the blueprint and the reference are made from the code;
claims open with their statement as a formula, and mathematics in prose is typeset.
"""

from __future__ import annotations

import re
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.report import load
from tiltproof.interface.answers.listed import blueprint
from tiltproof.interface.output import plots
from tiltproof.interface.output.reports import blueprint as blueprint_page
from tiltproof.interface.output.reports.figures import drawn
from tiltproof.interface.output.reports.pages import formula, link_formula, section, typeset
from tiltproof.interface.output.views import view
from tiltproof.link import LIBRARY

import tiltproof

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = "https://github.com/OWNER/tiltproof/blob/main/"  # the address of the clone
#: Files outside this folder that are pages of the site.
OTHERS = {"changes.md": "CHANGELOG.md", "benchmarks.md": "benchmarks/README.md"}
#: What `make status` leaves: the verdicts that colour the blueprint.
VERDICTS = ROOT / ".venv" / "status.json"
NAV: list[Any] = [
    {"Start": "README.md"},
    {"Using it": [
        "python.md", "choosing-temperatures.md", "two-stage.md", "user-claims.md",
        "continuous-integration.md", "scaling.md", "certificates.md",
        {"Gallery of links": "gallery.md"}, {"Reference": "reference.md"},
    ]},
    {"What it says": [
        "notation.md", "labels.md", "recovery.md", "status.md", "oracle.md", "kernel.md",
        {"Blueprint": "blueprint.html"},
        {"Claims": ["claims/README.md", *(f"claims/{name.lower()}.md" for name in CLAIMS)]},
    ]},
    {"Changing it": [
        "architecture.md", "walkthrough.md", "adding-a-link.md", "adding-a-function.md", "adding-a-claim.md",
        "mutation.md", {"Benchmarks": "benchmarks.md"}, {"Changes": "changes.md"},
    ]},
]  # fmt: skip
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]*)(#[^)]*)?\)")
#: Code, which is left as it is, the inner product of two vectors, or what stands below an item of a list,
#: which Python-Markdown wants indented by four.
_INNER = re.compile(
    r"^```.*?^```|`[^`]*`|(?P<inner><(?=[\w*']+, [\w*']+>))|^(?P<below> {2,3}| {6,7})(?=\S)",
    re.MULTILINE | re.DOTALL,
)
_TAG = re.compile(r"(<[^>]*>)")
_DISPLAY = re.compile(r"<pre><code>(.*?)</code></pre>", re.DOTALL)


@event_priority(50)
def on_config(config: Any) -> Any:
    # Before mkdocstrings, which else reads the folder of the checkout: the rooms do not stand in it.
    python = config.plugins["mkdocstrings"].config.handlers["python"]
    python["paths"] = [str(Path(tiltproof.__file__).parents[1])]
    named = set(re.findall(r"[\w-]+\.md", str(NAV)))
    others = [page.name for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in named]
    config.nav = [*NAV, {"More": others}] if others else NAV
    config.extra_css.append("site.css")
    return config


def on_files(files: Any, config: Any) -> Any:
    report = load(VERDICTS) if VERDICTS.is_file() else None
    made = {
        "gallery.md": gallery(),
        "reference.md": reference(),
        "blueprint.html": blueprint_page.render(blueprint((), report)),
        **{name: (ROOT / path).read_text(encoding="utf-8") for name, path in OTHERS.items()},
    }
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    name = page.file.src_uri
    home = ROOT / OTHERS.get(name, f"docs/{name}")
    if name == "README.md":
        home = ROOT / "README.md"
        markdown = home.read_text(encoding="utf-8")
    if (claim := CLAIMS.get(Path(name).stem.upper().replace("8S", "8s"))) and name.startswith("claims/"):
        title, _, rest = markdown.partition("\n")
        shown = formula(claim.latex, claim.formula)
        markdown = f'{title}\n\n<div class="statement">{shown}</div>\n{rest}'
    # A star that marks a step is no bullet, and <w, x> no tag.
    markdown = re.sub(r"^(\d+\.) \* ", r"\1 \\* ", markdown, flags=re.MULTILINE)
    markdown = _INNER.sub(_mended, markdown)
    return _LINK.sub(partial(_target, home.parent, name), markdown)


def _mended(place: re.Match[str]) -> str:
    if below := place["below"]:
        return " " * (4 if len(below) < 4 else 8)
    return "&lt;" if place["inner"] else place[0]


def _target(folder: Path, page: str, link: re.Match[str]) -> str:
    """A link as the site has it: to a page of its own where there is one, else to the repository."""
    if not {".", "/"} & set(link[1]):  # E[...](t) is no link
        return f"]\\({link[0][2:]}"
    file, anchor = (folder / link[1]).resolve(), link[2] or ""
    path = file.relative_to(ROOT).as_posix()
    moved = {source: name for name, source in OTHERS.items()} | {"README.md": "README.md"}
    inside = moved.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
    if inside is None or file.suffix == ".py":
        return f"]({REPOSITORY}{path}{anchor})"
    return f"]({'../' * page.count('/')}{inside}{anchor})"


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Formulas that stand by themselves, indented in the source, and mathematics in prose."""
    if page.file.src_uri in ("reference.md", "gallery.md"):
        return html
    html = _DISPLAY.sub(lambda block: f'<pre class="display">{typeset(unescape(block[1]))}</pre>', html)
    parts, code = [], 0
    for part in _TAG.split(html):
        if part.startswith("<"):
            code += bool(re.match(r"<(code|pre|math|a)\b", part)) - bool(
                re.match(r"</(code|pre|math|a)>", part)
            )
            parts.append(part)
        else:
            parts.append(part if code else str(typeset(unescape(part))))
    return "".join(parts)


def gallery() -> str:
    """Every link of the library: its formula, what it is, its answers and the signal."""
    parts = ["# Gallery of links\n\nWhat `threshold` and `exponents` answer on every link of the library."]
    for place, (name, named) in enumerate(LIBRARY.items()):
        found = tiltproof.threshold(name)
        samples = plots.sample(found, 90)
        drawing = ""
        if samples is not None:
            caption = f"The order-{samples.star} signal of {name} against the temperature"
            figure = drawn(caption, f"g{place}-", partial(plots.draw_signal, answer=found, samples=samples))
            drawing = f"<figure>{figure.svg}<figcaption>{caption}</figcaption></figure>"
        answers = section(view(tiltproof.exponents(name))) + section(view(found))
        markup = re.sub(r"\n\s*", " ", f"{link_formula(name)}{drawing}{answers}")
        parts.append(f'## {name}\n\n{named.about}\n\n<div class="answer">{markup}</div>')
    return "\n\n".join(parts)


def reference() -> str:
    """The verbs and the answers of ``import tiltproof``, as their docstrings describe them."""
    names = {"link": "link.link.as_link"}
    verbs = sorted(name for name in tiltproof.__all__ if name[0].islower())
    answers = sorted(name for name in tiltproof.__all__ if name[0].isupper())
    parts = ["# Reference\n\n`import tiltproof`; [how it is used](python.md)."]
    parts += [f"::: tiltproof.{names.get(name, name)}" for name in verbs + answers]
    return "\n\n".join(parts)
