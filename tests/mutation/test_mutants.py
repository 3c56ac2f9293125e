"""The mutation check itself: what it changes, that it can be repeated, and that it tells a change."""

import ast
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from .checks import modules
from .mutants import mutants, sample

FOLDER = Path(__file__).parent
MODULES = modules()
WRITTEN = """
def f(k: int = 2) -> int:
    '''The sum 1 + k.'''
    if k < 0:
        raise ValueError(f"{k} < {0}")
    return sin(k)[-1] + (1 + k if k is None else max(k, 3) * k)
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "written.py"
    path.write_text(WRITTEN)
    return path


def test_constants_signs_operators_and_names_change_and_texts_do_not(written: Path) -> None:
    changes = [mutant.change for mutant in mutants(written)]
    assert "k < 0  ->  k >= 0" in changes
    assert "k < 0  ->  k < 1" in changes
    assert "max(k, 3) * k  ->  max(k, 3) / k" in changes
    assert "max(k, 3)  ->  max(k, 4)" in changes
    assert "sin(k)[-1]  ->  sin(k)[+1]" in changes
    assert "sin(k)  ->  cos(k)" in changes
    assert not [change for change in changes if "raise" in change or "The sum" in change or "{" in change]


def test_every_mutant_is_another_program(written: Path) -> None:
    made = [ast.unparse(mutant.tree()) for mutant in mutants(written)]
    assert len({ast.unparse(ast.parse(WRITTEN)), *made}) == len(made) + 1


def test_a_seed_gives_the_same_mutants_again() -> None:
    some = MODULES[::60]
    first = sample(some, 60, 0)
    assert len(set(first)) == 60
    assert first == sample(some, 60, 0)
    assert first[:20] == sample(some, 20, 0)
    assert first != sample(some, 60, 1)


def test_every_change_that_is_called_equivalent_is_one_that_can_be_drawn() -> None:
    listed = tomllib.loads((FOLDER / "equivalent.toml").read_text())
    places = {name.partition(":")[0] for name in listed}
    within = [module for module in MODULES if "/".join(module.parts[-2:]) in places]
    assert set(listed) <= {mutant.name for module in within for mutant in mutants(module)}
    assert all(listed.values())


def test_modules_are_named_as_files_are_without_links() -> None:
    assert all(path == path.resolve() for path in MODULES)
    spec = importlib.util.find_spec("tiltproof.theory.policy")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).resolve() in MODULES


#: What a claim says about the true modules, and about those with one change, compared with its true answer.
JUDGED = """
import pickle, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
sys.path.append(str(Path(sys.argv[1]).parents[1]))  # last, or its rooms would be those of the package
from checks import Check, Job
from mutants import mutants
job = Job("H3", "z**2 - 10")
kept = pickle.dumps(Check(job, job.answer(), 0.0, frozenset()))
print(pickle.loads(kept).against(job.answer()))
mutants(Path(sys.argv[2]))[int(sys.argv[3])].install()
print(pickle.loads(kept).against(job.answer()))
"""


def test_a_wrong_constant_is_caught_by_verify_and_the_truth_is_not() -> None:
    [module] = [path for path in MODULES if path.parts[-2:] == ("families", "smooth.py")]
    wrong = next(m for m in mutants(module) if m.change == "2 * a  ->  3 * a")
    command = [sys.executable, "-P", "-c", JUDGED, str(FOLDER), str(module), str(wrong.index)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert printed == ["None", "('verify', 'H3 on z**2 - 10: PROVED became REFUTED')"]
