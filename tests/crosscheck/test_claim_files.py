"""Claim files: refusals name file, line and key; no text can run code, hang, or exhaust memory."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiltproof.crosscheck.assertions.claim_file import MAX_MIB, load, loads
from tiltproof.crosscheck.certificate import format as certificate
from tiltproof.crosscheck.run import report
from tiltproof.link import LinkError

GOOD = """schema = 1

[[claim]]
id = "lemma-2"
link = "tanh(z)"
for = { beta = "(0.5, 20)" }
assert = "alpha(1, beta) > 0"
"""
LINES = GOOD.splitlines()


def refused(text: str) -> str:
    with pytest.raises(LinkError) as error:
        loads(text, "x.toml")
    return str(error.value)


def test_a_good_file_is_read() -> None:
    [lemma] = loads(GOOD, "x.toml")
    assert lemma.id == "lemma-2"
    assert lemma.real.keys() == {"beta"}


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_what_an_editor_of_windows_adds_is_no_mistake(change: Callable[[str], str], tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(change(GOOD).encode())
    assert load(file) == loads(GOOD, str(file))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "", "line 1: key schema: is missing"),
        ("schema = 1", "schema = 2", "line 1: key schema: is 2"),
        ("schema = 1", "schema = true", "line 1: key schema: is True"),
        ('id = "lemma-2"', "", "line 3: key id: is missing"),
        ('id = "lemma-2"', "id = 3", "line 4: key id: is a number"),
        ('id = "lemma-2"', 'id = "a b"', "line 4: key id: 'a b' is not an id"),
        ("tanh(z)", "tahn(z)", "line 5: key link: unknown function 'tahn'"),
        ('link = "tanh(z)"', 'links = "some"', "line 5: key links: is not a list"),
        ('link = "tanh(z)"', "", "line 3: has neither link nor links"),
        ('link = "tanh(z)"', 'link = "z"\nlinks = ["z"]', "line 6: key links: stands beside link"),
        ("(0.5, 20)", "(20, 0.5)", "line 6: key for: beta = '(20, 0.5)' is empty"),
        ("(0.5, 20)", "(-1, 1)", "beta = '(-1, 1)' holds numbers that are not above 0"),
        ("(0.5, 20)", "[0, 1)", "beta = '[0, 1)' holds numbers that are not above 0"),
        ('"(0.5, 20)"', "inf", "line 6: key for: beta = 'inf' is not finite"),
        ('"(0.5, 20)"', "nan", "line 6: key for: beta = 'nan' is not finite"),
        ("(0.5, 20)", "(0.5, bta)", "has an end that cannot be read: unknown name 'bta' at position 2"),
        ("(0.5, 20)", "(0.5; 20)", "line 6: key for: beta = '(0.5; 20)' is not a range"),
        ("(0.5, 20)", "(0.5, 1e400)", "line 6: key for: beta = '(0.5, 1e400)' has an end beyond 1e100"),
        ('{ beta = "(0.5, 20)" }', '"beta=(0.5, 20)"', "line 6: key for: is text"),
        ('link = "tanh(z)"', 'link = "tahn"', "line 5: key link: unknown link 'tahn': did you mean tanh?"),
        ('link = "tanh(z)"', 'link = "all"', 'or links = "all" for the library'),
        ("assert =", 'assume = "beta > 1"\nassert =', "line 7: key assume: an assumption is about the link"),
        ("for = {", "four = {", "line 6: key four: is unknown"),
        ("beta > 0", "bet > 0", "line 7: key assert"),
        ("alpha(1, beta)", "alpha(1, bet)", "line 7: key assert: unknown name 'bet'"),
        ('assert = "alpha(1, beta) > 0"', "", "line 3: key assert: is missing"),
        ('link = "tanh(z)"', 'link = "z"\nnoise = "cauchy(1)"', "line 6: key noise"),
        ('link = "tanh(z)"', 'link = "z"\nsignal = "loud"', "line 6: key signal"),
        ('link = "tanh(z)"', 'link = "z"\nassume = "IE"', "line 6: key assume"),
        ("[[claim]]", "[claim]", "key claim: there are no claims"),
        ("[[claim]]", "[[claim]", "not TOML"),
    ],
)
def test_a_refusal_names_line_and_key(old: str, new: str, said: str) -> None:
    if old == "beta > 0":
        old, new = "alpha(1, beta) > 0", "alpha(1, beta)"
    message = refused(GOOD.replace(old, new))
    assert message.startswith("x.toml: ")
    assert said in message


def test_an_id_is_used_once() -> None:
    assert "is used twice" in refused(GOOD + "\n".join(LINES[2:]))


HOSTILE = {
    "too large": b"#" * (MAX_MIB * 2**20 + 1),
    "many claims": b"schema = 1\n" + b"[[ claim ]]\n" * 100_000,
    "many inline claims": b"schema = 1\nclaim = [" + b"{}," * 100_000 + b"]",
    "nested lists": b"a = " + b"[" * 100_000,
    "nested tables": b"a = " + b"{a=" * 100_000,
    "a key of many parts": b"a" + b".a" * 500_000 + b" = 1",
    "a header of many parts": b"[a" + b" . 'a'" * 200_000 + b"]",
    "many keys": b"".join(b"k%d = 1\n" % i for i in range(100_000)),
    "junk": random.Random(1).randbytes(10**6),
    "zeros": b"\0" * 10**6,
    "a giant number": b"schema = " + b"1" * 10**6,
    "a giant string": b'schema = 1\nx = "' + b"a" * 2_000_000 + b'"',
    "many links": b'schema = 1\n[[claim]]\nid = "a"\nlinks = [' + b'"z",' * 300_000 + b"]\n",
}  # fmt: skip
ASSERTIONS = [
    "(" * 5000, "(1+" * 3000, "9**9**9 > 0", "V(2)**(10**9) > 0", "__import__('os').system('true') > 0",
    "He(10**9, V(2)) > 0", "mean(z**190*He(150, z)) > 0", "alpha(10**8, 2) > 0", "not " * 2000 + "1",
    "1" * 9000 + " > 0", "exp(" * 90 + "1" + ")" * 90, "1 > 0 and " * 900 + "1 > 0", "mu(64, 200) > 0 > 1",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon(name: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(HOSTILE[name])
    start = time.process_time()
    with pytest.raises(LinkError, match=r"x\.toml"):
        load(file)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("assertion", ASSERTIONS, ids=lambda text: text[:20])
def test_a_hostile_assertion_is_refused(assertion: str) -> None:
    start = time.process_time()
    assert "key assert: " in refused(GOOD.replace("alpha(1, beta) > 0", assertion))
    assert time.process_time() - start < 5


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="cannot be read"):
        load(tmp_path / "absent.toml")


@pytest.mark.parametrize("read", [load, report.load, certificate.read])
@pytest.mark.parametrize("device", ["pipe", "/dev/zero"])
def test_a_file_without_an_end_is_refused(
    read: Callable[[Path], object], device: str, tmp_path: Path
) -> None:
    file = tmp_path / device
    if device == "pipe":
        os.mkfifo(file)
    with pytest.raises(LinkError, match="no regular file"):
        read(file)


@settings(max_examples=200, deadline=5000)
@given(st.data())
def test_any_change_of_a_good_file_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    gone = data.draw(st.integers(0, 12))
    added = data.draw(st.text(alphabet="abz019.,:;()[]{}<>=!*/+-^\"'\\ \n\t#\0é", max_size=12))
    text = GOOD[:at] + added + GOOD[at + gone :]
    try:
        lemmas = loads(text, "x.toml")
    except LinkError as error:
        message = str(error)
    else:
        assert lemmas
        return
    assert message.startswith("x.toml: ")
    assert "\n" not in message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("id", "source", "link", "links", "noise", "signal", "for", "assume", "assert")


def written(value: object) -> str:
    """A value as inline TOML; what TOML has no word for becomes a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(str(k))} = {written(v)}" for k, v in value.items()) + "}"
    body = "".join(
        c if c.isalnum() or c in " ()<>=.,*+-/" else f"\\u{ord(c) % 0xD800:04x}" for c in str(value)
    )
    return f'"{body}"'


@settings(max_examples=150, deadline=5000)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=9))
def test_any_types_are_read_or_refused(entry: dict[str, object]) -> None:
    text = "schema = 1\n[[claim]]\n" + "".join(f"{key} = {written(value)}\n" for key, value in entry.items())
    try:
        lemmas = loads(text, "x.toml")
    except LinkError as error:
        message = str(error)
    else:
        assert lemmas
        return
    assert message.startswith("x.toml: ")
