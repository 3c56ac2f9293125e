"""The JSON Schemas that are shipped hold what the commands print, and refuse what they would not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiltproof.crosscheck.assertions.claim_file import KEYS, loads
from tiltproof.interface.output import reports
from tiltproof.link import LinkError

from ..commands.in_process import run

SCHEMAS = Path(reports.__file__).resolve().parents[1] / "schemas"
OUTPUTS, CLAIMS = (
    json.loads((SCHEMAS / f"{name}.schema.json").read_text()) for name in ("outputs", "claims")
)
DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = [
    ("exponents", "staircase"),
    ("exponents", "sign(z)**2"),
    ("threshold", "tanh(z) - 9/10"),
    ("threshold", "He3"),
    ("threshold", "z**2 - 10"),
    ("coefficients", "tanh", "--k", "0:2", "--beta", "2"),
    ("policy", "z**2", "--beta", "4"),
    ("recover", "z", "--beta", "2", "--d", "20,40", "--replicas", "4"),
    ("admissible", "tanh(z)", "--epsilon", "1/2", "--n", "1000000", "--features", "0", "--ridge", "0"),
    ("admissible", "tanh(z)", "--epsilon", "1/100", "--n", "20", "--features", "0", "--ridge", "0"),
    ("verify", "--claim", "L1", "--link", "tanh", "--workers", "1"),
    ("verify", str(DOCS / "example.claims.toml"), "--workers", "1"),
]


def check(content: Any, name: str) -> None:
    """Raises ValidationError."""
    jsonschema.validate(content, {**OUTPUTS, "$ref": f"#/$defs/{name}"})


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_a_command_prints_meets_its_schema(command: tuple[str, ...]) -> None:
    check(json.loads(run(*command, "--json").stdout), command[0])


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("threshold", "z**2 - c", "--for", "c=[8,10]"), "family"),
        (("threshold", "He(k,z)", "--for", "k=2:3"), "family"),
        (("exponents", "He(k,z)", "--for", "k=1:2"), "members"),
        (("coefficients", "exp(-k*z**2)", "--k", "2", "--beta", "2", "--for", "k=1:2"), "members"),
        (("policy", "a*z", "--beta", "2", "--for", "a=1:2"), "members"),
        (("policy", "a*z", "--beta", "1,2", "--for", "a=1:2"), "members"),
        (("policy", "z", "--beta", "1/2,1,2"), "several"),
        (("coefficients", "z", "--k", "1:2", "--beta", "1,2"), "several"),
        (("claims",), "claims"),
    ],
    ids=str,
)
def test_what_several_links_or_claims_print_meets_its_schema(command: tuple[str, ...], name: str) -> None:
    check(json.loads(run(*command, "--json").stdout), name)


@pytest.mark.parametrize(
    ("change", "name"),
    [({"lower": 0.5}, "policy"), ({"lower": "0,5"}, "policy"), ({"upper": None}, "policy")],
)
def test_a_number_without_its_precision_is_refused(change: dict[str, Any], name: str) -> None:
    content = json.loads(run("policy", "z", "--beta", "4", "--json").stdout)
    content["value"] |= change
    with pytest.raises(jsonschema.ValidationError):
        check(content, name)


def test_a_set_without_its_ends_is_refused() -> None:
    content = json.loads(run(*COMMANDS[-4], "--json").stdout)
    del content["label"][0]["to"]
    with pytest.raises(jsonschema.ValidationError):
        check(content, "admissible")


def test_a_refuted_result_without_a_witness_is_refused() -> None:
    content = json.loads(run("claim", "IE == 2", "--link", "z", "--json").stdout)
    check(content, "result")
    content["witness"] = None
    with pytest.raises(jsonschema.ValidationError):
        check(content, "result")


def test_the_claim_files_of_the_documents_meet_their_schema() -> None:
    jsonschema.validate(tomllib.loads((DOCS / "example.claims.toml").read_text()), CLAIMS)


def test_the_schema_of_claims_knows_the_keys_that_are_read() -> None:
    assert set(CLAIMS["$defs"]["claim"]["properties"]) == set(KEYS)


GOOD = 'schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassert = "V(2) > 0"\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [("schema = 1", "schema = 2"), ('"a"', '"a b"'), ('link = "z"', ""), ("assert", "asert"), ('"a"', "3"),
     ('link = "z"', 'link = "z"\nlinks = "all"'), ('link = "z"', "links = []"), ('"V(2) > 0"', "1")],
)  # fmt: skip
def test_what_the_schema_refuses_is_refused(old: str, new: str) -> None:
    text = GOOD.replace(old, new, 1)
    with pytest.raises(LinkError):
        loads(text, "x.toml")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), CLAIMS)
