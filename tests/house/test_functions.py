"""One table of functions a room: the same names in all, and no column of a record left out."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
import tiltproof.link.functions as of_link
import tiltproof.numerics.lowering.functions as of_numerics
import tiltproof.theory.exact.functions as of_theory
from tiltproof.numerics.lowering import balls
from tiltproof.numerics.recovery.kernel import CODE

#: The table and the kind of its records; the checker of certificates trusts that of balls alone.
TABLES: dict[str, tuple[dict[str, Any], Any]] = {
    "link/functions.py": (of_link.FUNCTIONS, of_link.Function),
    "theory/exact/functions.py": (of_theory.FUNCTIONS, of_theory.Function),
    "numerics/lowering/functions.py": (of_numerics.FUNCTIONS, of_numerics.Function),
    "numerics/lowering/balls.py": (balls.ON_BALLS, balls.OnBalls),
}
COLUMNS = [(file, column.name) for file, (_, kind) in TABLES.items() for column in dataclasses.fields(kind)]


@pytest.mark.parametrize("name", of_link.FUNCTIONS)
def test_every_function_of_the_parser_is_in_every_table(name: str) -> None:
    assert [file for file, (table, _) in TABLES.items() if name not in table] == []


@pytest.mark.parametrize("file", TABLES)
def test_no_table_has_a_function_that_the_parser_does_not_know(file: str) -> None:
    assert TABLES[file][0].keys() == of_link.FUNCTIONS.keys()


@pytest.mark.parametrize(("file", "column"), COLUMNS)
def test_a_made_up_function_that_lacks_a_column_is_refused_by_its_name(file: str, column: str) -> None:
    table, kind = TABLES[file]
    columns = {field.name: getattr(table["tanh"], field.name) for field in dataclasses.fields(kind)}
    assert kind(**columns) == table["tanh"]
    del columns[column]
    with pytest.raises(TypeError, match=f"missing 1 required .* argument: '{column}'"):
        kind(**columns)


@pytest.mark.parametrize("file", [file for file in TABLES if file != "link/functions.py"])
def test_a_made_up_function_of_the_language_alone_stops_the_other_rooms(file: str) -> None:
    module = file.removesuffix(".py").replace("/", ".")
    # The table of balls is loaded by the others, and would stop them first.
    first = "" if file.endswith("balls.py") else "import tiltproof.numerics.lowering.balls\n"
    code = (
        "from tiltproof.link.functions import FUNCTIONS\n"
        f"{first}"
        "FUNCTIONS['bump'] = FUNCTIONS['exp']\n"
        f"import tiltproof.{module}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"{file} and link/functions.py differ in bump" in done.stderr


@pytest.mark.parametrize("name", of_link.FUNCTIONS)
def test_the_compiled_kernel_runs_it_or_has_it_spelled_out(name: str) -> None:
    spelled = of_numerics.FUNCTIONS[name].spelled
    assert (spelled is None) == (name in CODE)


def test_no_two_functions_share_a_spelling() -> None:
    spellings = [spelling.lower() for spelling in of_link.SPELLINGS]
    assert len(set(spellings)) == len(spellings)
    assert not set(spellings) & (of_link.REFUSED.keys() | {"where", "pi", "e", "z"})
