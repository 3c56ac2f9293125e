"""The package as a program sees it: light to import, complete, frozen, typed, shown in a notebook."""

import dataclasses
import doctest
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest
import sympy
from latex2mathml.converter import convert
from markupsafe import Markup
from tiltproof.interface.output.reports.pages import typeset
from tiltproof.interface.output.terminal import show
from tiltproof.interface.output.views import view
from tiltproof.link import as_link

import tiltproof

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = {
    "exponents": lambda: tiltproof.exponents("staircase"),
    "threshold": lambda: tiltproof.threshold("z**2 - 10"),
    "threshold of z^3": lambda: tiltproof.threshold("z**3"),
    "coefficients": lambda: tiltproof.coefficients("z - 3", range(2), ["1/2", 1]),
    "one coefficient": lambda: tiltproof.coefficients("tanh", 1, 2),
    "formulas": lambda: tiltproof.formulas("z - 3", range(2)),
    "no formulas": lambda: tiltproof.formulas("tanh(z)", 1),
    "policy": lambda: tiltproof.policy("z**2", 3),
    "policies": lambda: tiltproof.policy("z**2", [3, 4]),
    "claim": lambda: tiltproof.claim("mu(1, 2) == 2.02", "z**2"),
    "admissible": lambda: tiltproof.admissible(
        "tanh", "1/2", 10**6, features="0", ridge="0", noise="gaussian(1)"
    ),
    "recover": lambda: tiltproof.recover("z", 2, [20], replicas=4),
    "train": lambda: tiltproof.train("tanh(z)", [1, 2], d=10, n1=100, n2=100),
    "verify": lambda: tiltproof.verify(["L1"], ["z"], workers=1),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_frozen_and_shows_itself(name: str) -> None:
    found = ANSWERS[name]()
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(found, dataclasses.fields(found)[0].name, None)
    markup = found._repr_html_().replace(" hidden", "").replace("<span class=soft>", '<span class="soft">')
    markup = markup.replace("<p class=soft>", '<p class="soft">')
    ElementTree.fromstring(f"<div>{markup}</div>")
    latex = found._repr_latex_()
    assert latex.startswith("$")
    assert latex.endswith("$")
    if "aligned" not in latex:
        assert "\\" not in convert(latex.strip("$"))


@pytest.mark.parametrize("name", ["exponents", "threshold", "policy", "claim", "formulas"])
def test_a_notebook_and_a_terminal_say_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = ANSWERS[name]()
    show(view(found))
    terminal = "".join(capsys.readouterr().out.split())
    notebook = "".join(ElementTree.fromstring(f"<div>{found._repr_html_()}</div>").itertext())
    [rows] = view(found).blocks
    for text in (text for row in rows.rows if not row.aside for text in (row.label, row.reason)):
        assert "".join(text.split()) in terminal
        assert Markup(typeset(text)).striptags() in " ".join(notebook.split())


def test_a_verdict_is_true_where_it_is_green_and_no_other_answer_is_true_or_false() -> None:
    green, red = tiltproof.claim("GE == 1", "tanh"), tiltproof.claim("GE == 2", "tanh")
    assert green
    assert not red
    assert [verdict.value for verdict in tiltproof.Verdict if verdict] == [
        verdict.value for verdict in tiltproof.Verdict if verdict.green
    ]
    for answer in (tiltproof.exponents("z"), tiltproof.formulas("z", 1), ANSWERS["verify"]()):
        with pytest.raises(TypeError, match=f"a {type(answer).__name__} is neither true nor false"):
            bool(answer)


def test_links_of_one_tree_are_equal_and_each_keeps_its_name() -> None:
    named, written = tiltproof.link("tanh"), tiltproof.link("tanh(z)")
    assert named == written
    assert hash(named) == hash(written)
    assert named != tiltproof.link("-tanh(z)")
    assert [str(tiltproof.threshold(link).link) for link in (named, written)] == ["tanh", "tanh(z)"]
    report = tiltproof.verify(["L1"], ["tanh", "tanh(z)", "tanh"], workers=1)
    assert [(result.claim, result.link) for result in report.results] == [("L1", "tanh")]


def test_an_import_loads_no_algebra_system_and_names_every_verb() -> None:
    code = (
        "import sys, tiltproof; "
        "print({'sympy', 'numpy', 'flint', 'scipy', 'matplotlib'} & set(sys.modules) or 'light')"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "light\n"
    assert set(tiltproof.__all__) <= set(dir(tiltproof))


VERBS = {
    name: as_link if name == "link" else getattr(tiltproof, name)
    for name in tiltproof.__all__
    if name[0].islower()
}


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_documents_every_argument_what_it_returns_and_raises_and_its_source(name: str) -> None:
    text = inspect.getdoc(VERBS[name]) or ""
    for heading in ("Returns", "Raises", "Examples", "Source"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    described = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    assert re.findall(r"^(\w+)$", described, re.M) == list(inspect.signature(VERBS[name]).parameters)
    pages = re.findall(r"docs/[\w./-]+\w", text)
    assert all((ROOT / page).exists() for page in pages)


KINDS = {name: getattr(tiltproof, name) for name in tiltproof.__all__ if name[0].isupper()}


@pytest.mark.parametrize("name", KINDS)
def test_a_class_says_what_it_is_and_explains_only_what_it_has(name: str) -> None:
    text = inspect.getdoc(KINDS[name]) or ""
    assert text.partition("\n")[0].count(" ") > 2
    explained = re.findall(r"(?:^|[.;,] )(\w+): ", text, re.M)
    fields = getattr(KINDS[name], "__dataclass_fields__", inspect.signature(KINDS[name]).parameters)
    assert all(word in fields or hasattr(KINDS[name], word) for word in explained)


def test_every_public_name_is_a_verb_or_a_class() -> None:
    assert {*VERBS, *KINDS} == set(tiltproof.__all__)


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_of_a_verb_print_what_they_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    kinds = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    [examples] = doctest.DocTestFinder(recurse=False).find(VERBS[name], name, globs={})
    told: list[str] = []
    assert doctest.DocTestRunner(optionflags=kinds).run(examples, out=told.append).failed == 0, "".join(told)
    assert len(examples.examples) > 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tiltproof.threshold("z", signal="lable"), "signal 'lable' is unknown"),  # type: ignore[arg-type]
        (lambda: tiltproof.threshold("z", digits=1), "digits = 1 is not a whole number from 2 to 300"),
        (lambda: tiltproof.coefficients("z", 1, 1, digits=10**6), "digits = 1000000 is not"),
        (lambda: tiltproof.coefficients("z", -1, 1), "k = -1 goes beyond 0 to 200"),
        (lambda: tiltproof.policy("z", 0), "beta '0' is not a positive exact number"),
        (lambda: tiltproof.policy("z", 1, noise="cauchy(1)"), "is not a noise law"),
        (lambda: tiltproof.policy("z", 1, noise=1), "noise 1 is of the type int"),  # type: ignore[arg-type]
        (lambda: tiltproof.threshold("z", label=3), "label 3 is of the type int"),  # type: ignore[arg-type]
        (lambda: tiltproof.link(sympy.Symbol("x")), "the variable is z"),  # type: ignore[arg-type]
        (lambda: tiltproof.link(numpy.tanh), "link is a ufunc, whose formula is not seen"),  # type: ignore[arg-type]
        (lambda: tiltproof.link(3), "link 3 is of the type int"),  # type: ignore[arg-type]
        (lambda: tiltproof.recover("z", 1, [100.5]), "d = 100.5 is not a whole number"),  # type: ignore[list-item]
        (lambda: tiltproof.recover("z", 1, 100, seed=-1), "seed = -1 is not a whole number"),
        (lambda: tiltproof.admissible("tanh(z)", 1, 0), "n = 0 is not a whole number"),
        (lambda: tiltproof.claim(sympy.Symbol("x") > 0, "z"), "assertion x > 0 is of the type"),  # type: ignore[arg-type]
        (lambda: tiltproof.claim("GE == 1", "z", "beta=1"), "ranges 'beta=1' is no mapping"),  # type: ignore[arg-type]
        (lambda: tiltproof.verify("Q9"), "unknown claim 'Q9'"),
        (lambda: tiltproof.verify(["T1"], ["z"], workers=0), "workers = 0 is not a whole number"),
        (lambda: tiltproof.verify(["Q9"]), "unknown claim 'Q9'"),
        (lambda: tiltproof.verify(links=["1/z"]), "links: '1/z' has a pole at z = 0"),
        (lambda: tiltproof.verify(tier="slow"), "tier 'slow' is unknown: write fast or full"),  # type: ignore[arg-type]
        (lambda: tiltproof.verify(lemmas="a.claims.toml"), "write lemmas=load_claims(FILE)"),  # type: ignore[arg-type]
        (lambda: tiltproof.threshold("z", ranges=5), "ranges 5 is no mapping"),  # type: ignore[call-overload]
        (lambda: tiltproof.claim("GE == 1", "2z"), "link: 'z' at position 2"),
        (lambda: tiltproof.admissible("tanh(z)", 1, 9, features="x"), "features: the bias 'x' is not"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(tiltproof.LinkError, match=r"^[^\n]*$") as refused:
        call()
    assert message in str(refused.value)


EXAMPLE = """
from fractions import Fraction
import tiltproof

found: tiltproof.Threshold = tiltproof.threshold(tiltproof.link("z - 3"), noise="gaussian(1)")
lower: str = found.beta1.value.lower
bounds: list[Fraction] = [Fraction(zero.upper) for zero in found.exceptional]
report: tiltproof.Report = tiltproof.verify(["T1"], ["tanh"])
green: bool = all(result.verdict.green for result in report.results)
reveal_type(tiltproof.policy("z", 1).kl.lower)
"""


def test_a_typed_program_passes_mypy_strict(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api", reason="mypy comes with the lint extra")
    (tmp_path / "example.py").write_text(EXAMPLE)
    package = Path(tiltproof.__file__).parent
    if not (package / "link").is_dir():
        pytest.skip("a checkout is no installed package: `make test` installs it")
    os.environ.setdefault("MYPY_CACHE_DIR", str(tmp_path))
    out, _, code = api.run(["--strict", "--ignore-missing-imports", str(tmp_path / "example.py")])
    assert code == 0, out
    assert 'Revealed type is "str"' in out or 'Revealed type is "builtins.str"' in out
