"""One table of functions a room: the same names in all, and no column of a record left out."""

import dataclasses
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
import tiltproof.link.functions as of_link
import tiltproof.numerics.functions as of_numerics
import tiltproof.theory.functions as of_theory
from tiltproof.numerics.recovery.kernel import CODE

ROOMS = {"link": of_link, "theory": of_theory, "numerics": of_numerics}
COLUMNS = [
    (room, column.name) for room, table in ROOMS.items() for column in dataclasses.fields(table.Function)
]


@pytest.mark.parametrize("name", of_link.FUNCTIONS)
def test_every_function_of_the_parser_is_in_every_table(name: str) -> None:
    assert [room for room, table in ROOMS.items() if name not in table.FUNCTIONS] == []


@pytest.mark.parametrize("table", ROOMS.values(), ids=list(ROOMS))
def test_no_table_has_a_function_that_the_parser_does_not_know(table: ModuleType) -> None:
    assert table.FUNCTIONS.keys() == of_link.FUNCTIONS.keys()


@pytest.mark.parametrize(("room", "column"), COLUMNS)
def test_a_made_up_function_that_lacks_a_column_is_refused_by_its_name(room: str, column: str) -> None:
    kind = ROOMS[room].Function
    record = ROOMS[room].FUNCTIONS["tanh"]
    columns: dict[str, Any] = {field.name: getattr(record, field.name) for field in dataclasses.fields(kind)}
    assert kind(**columns) == record
    del columns[column]
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{column}'"):
        kind(**columns)


@pytest.mark.parametrize("room", ["theory", "numerics"])
def test_a_made_up_function_of_the_language_alone_stops_the_other_rooms(room: str) -> None:
    code = (
        "from tiltproof.link.functions import FUNCTIONS\n"
        "FUNCTIONS['bump'] = FUNCTIONS['exp']\n"
        f"import tiltproof.{room}.functions\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"{room}/functions.py and link/functions.py differ in bump" in done.stderr


@pytest.mark.parametrize("name", of_link.FUNCTIONS)
def test_the_compiled_kernel_runs_it_or_has_it_spelled_out(name: str) -> None:
    spelled = of_numerics.FUNCTIONS[name].spelled
    assert (spelled is None) == (name in CODE)


def test_no_two_functions_share_a_spelling() -> None:
    spellings = [spelling.lower() for spelling in of_link.SPELLINGS]
    assert len(set(spellings)) == len(spellings)
    assert not set(spellings) & (of_link.REFUSED.keys() | {"where", "pi", "e", "z"})
