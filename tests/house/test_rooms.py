"""The floor plan: what may import what, no cycles, few entries to a folder, and doors that say what for."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import tiltproof.link

PACKAGE = Path(tiltproof.link.__file__).resolve().parent.parent
#: From the ground up: a file imports from its own place and from the lines above. Places on one line do not
#: import each other.
FLOORS = (
    "link",
    "theory/exact",
    "theory/shape",
    "theory/families",
    "theory",
    "numerics/precision.py",
    "numerics/work.py",
    "numerics/lowering",
    "numerics/expectation",
    "numerics/estimates",
    "numerics/threshold",
    "numerics/assertions numerics/deployment numerics/recovery",
    "numerics/guarantee numerics/experiments",
    "numerics",
    "crosscheck",
    "crosscheck/workers",
    "crosscheck/link_facts",
    "crosscheck/certificate crosscheck/kernel",
    "crosscheck/legs crosscheck/assertions",
    "crosscheck/claims",
    "crosscheck/run",
    "interface/answers",
    "interface/output",
    "interface/output/reports",
    "interface/cli",
    "interface",
    "tiltproof",
)
#: The rooms that never meet below ``crosscheck``, and the libraries that each does without.
APART = {"theory": "numerics", "numerics": "theory"}
FORBIDDEN_LIBRARIES = {
    "link": {"sympy", "flint", "mpmath", "numpy", "scipy"},
    "numerics": {"sympy"},
    "theory": {"mpmath", "numpy", "scipy"},
}
#: Entries of one folder beside its door; a claim or a command is one file by design.
MOST_ENTRIES, EXEMPT = 14, ("crosscheck/claims", "interface/cli")
ROOMS = ("link", "theory", "numerics", "crosscheck", "interface")
FILES = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
FOLDERS = sorted({path.parent for path in FILES})
FLOOR = {name: height for height, line in enumerate(FLOORS) for name in line.split()}


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
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


@cache
def own(path: Path) -> set[Path]:
    """The files of this project that a file imports."""
    found = set()
    for name in imports(path):
        parts = name.split(".")[1:] if name.startswith("tiltproof.") else []
        while parts:
            place = PACKAGE.joinpath(*parts)
            if (file := place.with_suffix(".py")).is_file() or (file := place / "__init__.py").is_file():
                found.add(file)
                break
            parts.pop()
    return found - {path}


def floor(path: Path) -> tuple[int, str]:
    """How high a file stands, and the name of its place: itself, or the nearest folder that has a floor."""
    name = named(path)
    while name not in FLOOR:
        name = name.rpartition("/")[0]
        assert name, f"{named(path)} stands on no floor"
    return FLOOR[name], name


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_files_import_from_their_own_place_or_from_floors_below(folder: Path) -> None:
    for path in folder.glob("*.py"):
        height, place = floor(path)
        for other in own(path):
            below, name = floor(other)
            assert name == place or below < height, f"{named(path)} imports {named(other)}"


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_that_are_apart_never_meet(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        met = {other.relative_to(PACKAGE).parts[0] for other in own(path)}
        libraries = {name.partition(".")[0] for name in imports(path)}
        assert APART.get(room) not in met, named(path)
        assert not libraries & FORBIDDEN_LIBRARIES.get(room, set()), named(path)


def test_no_file_imports_itself_by_way_of_others() -> None:
    edges = {path: own(path) for path in FILES}
    while leaves := [path for path, needed in edges.items() if not needed & edges.keys()]:
        for path in leaves:
            del edges[path]
    # What is left imports only what is left: it holds every cycle, and what stands above one.
    below = {other for needed in edges.values() for other in needed}
    assert not sorted(named(path) for path in edges.keys() & below)


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_a_room_has_few_entries_and_a_door_that_says_what_for(folder: Path) -> None:
    entries = [
        entry for entry in folder.iterdir()
        if entry.suffix == ".py" or (entry.is_dir() and list(entry.glob("*.py")))
    ]  # fmt: skip
    assert named(folder) in EXEMPT or len(entries) <= MOST_ENTRIES + 1, len(entries)
    door = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert door
    assert 1 <= door.replace("\n", " ").count(". ") + 1 <= 4


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 150
    assert sum(len(own(path)) for path in FILES) > 500


@pytest.mark.parametrize("module", ["tiltproof", "tiltproof.link", "tiltproof.interface.cli.main"])
def test_what_answers_help_loads_no_algebra_system(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in ('sympy', 'flint', 'scipy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("question", "unneeded"),
    [
        ("threshold('tanh(z) - 9/10')", "scipy"),
        # SymPy loads it for the first sum that it builds, in an eighth of its own time.
        ("exponents('tanh')", "sympy.tensor.tensor"),
        ("exponents('relu')", "numpy"),
    ],
)
def test_one_answer_does_not_load_what_it_does_not_need(question: str, unneeded: str) -> None:
    code = f"import sys, tiltproof; tiltproof.{question}; print({unneeded!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


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
