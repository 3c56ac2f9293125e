"""The import rule: link is a leaf, theory and numerics never meet, crosscheck is where they do."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import tiltproof.link

PACKAGE = Path(tiltproof.link.__file__).resolve().parent.parent
ALLOWED = {
    "link": {"link"},
    "theory": {"link", "theory"},
    "numerics": {"link", "numerics"},
    "crosscheck": {"link", "theory", "numerics", "crosscheck"},
}
FORBIDDEN_LIBRARIES = {
    "link": {"sympy", "flint", "mpmath", "numpy", "scipy"},
    "numerics": {"sympy"},
    "theory": {"mpmath", "numpy", "scipy"},
}
FILES = [path for room in ALLOWED for path in sorted((PACKAGE / room).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """The absolute module names that a file imports, relative ones resolved against its place."""
    here = ("tiltproof", *path.relative_to(PACKAGE).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_what_they_may(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "tiltproof" and len(parts) > 1 and parts[1] in ALLOWED:
            assert parts[1] in ALLOWED[room], f"{room} imports {name}"
        assert parts[0] not in FORBIDDEN_LIBRARIES.get(room, set()), f"{room} imports {name}"


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("module", ["tiltproof", "tiltproof.link", "tiltproof.crosscheck.cli"])
def test_what_answers_help_loads_no_algebra_system(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in ('sympy', 'flint', 'scipy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_numerics_works_without_sympy() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "from fractions import Fraction\n"
        "from tiltproof.link import parse\n"
        "from tiltproof.numerics.estimates import quadrature, sampling\n"
        "from tiltproof.numerics.threshold import signal\n"
        "from tiltproof.numerics.expectation.oracle import oracle\n"
        "print(oracle(parse('tanh').tree).mean(10))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "+/-" in done.stdout
