"""Claims for all values of a symbol in the link."""

from pathlib import Path

import pytest
from tiltproof.crosscheck.assertions.claim_file import loads
from tiltproof.crosscheck.assertions.families import plain

import tiltproof
from tiltproof import LinkError, Verdict


def verdict(assertion: str, link: str, **ranges: str) -> Verdict:
    return tiltproof.claim(assertion, link, ranges).verdict


@pytest.mark.parametrize("c", ["[0, 1/2]", "[0, 2]", "[-3, 3]"])
def test_beyond_beta1_no_member_loses_its_signal(c: str) -> None:
    assert verdict("alpha(GE, beta) > 0", "tanh(z) - c", c=c, beta="(beta1, oo)") is Verdict.ENCLOSED


def test_where_beta1_is_0_for_every_member_every_temperature_has_a_signal() -> None:
    assert verdict("alpha(1, beta) > 0", "tanh(z) - c", c="[0, 1/2]", beta="(0, oo)") is Verdict.ENCLOSED


@pytest.mark.parametrize(
    ("assertion", "beta"),
    [("alpha(1, beta) > 0", "(0, oo)"), ("alpha(1, beta) < 0", "(beta1, oo)"), ("V(beta) > 0", "[1/4, 20]")],
)
def test_what_fails_for_one_member_is_not_green(assertion: str, beta: str) -> None:
    assert not verdict(assertion, "tanh(z) - c", c="[1/2, 3/2]", beta=beta).green


def test_a_false_claim_names_the_member_and_the_command_that_shows_it() -> None:
    found = tiltproof.claim("V(beta) > 0", "tanh(z) - c", {"c": "[0, 1/2]", "beta": "[1/4, 20]"})
    assert found.verdict is Verdict.REFUTED
    assert "c = 0.5" in (found.witness or "")
    assert "--link 'tanh(z) - c' --for c=0.5" in found.again


@pytest.mark.parametrize(
    ("assertion", "link"),
    [
        ("mu(2, 0) == 4*c**2 + 1", "z - 2*c"),
        ("mu(3, 1) == 3*c**3 + 3*c", "c*z + 1"),
        ("logM(beta) == c**2/(2*beta**2) + 1/beta", "c*z + 1"),
        ("V(beta) == c**2/beta - c", "c*z - c"),
        ("Var(beta) == c**2", "c*z - c"),
        ("KL(beta) == c**2/(2*beta**2)", "c*z - c"),
        ("J(beta) == beta*logM(beta)", "c*z - c"),
        ("alpha(2, beta) == V(beta)*h(2, beta) + 2*c*h(1, beta)", "c*z - c"),
        ("t_max == 1/(2*c)", "c*z**2 - 1"),
    ],
)
def test_every_word_is_that_of_the_member(assertion: str, link: str) -> None:
    ranges = {"c": "[1, 2]", **({"beta": "[1, 3]"} if "beta" in assertion else {})}
    assert tiltproof.claim(assertion, link, ranges).verdict is Verdict.PROVED
    assert not tiltproof.claim(f"{assertion} + 1/100", link, ranges).verdict.green


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "found"),
    [
        ("mu(1, k) > 0", "He(k, z)", {"k": "1:8"}, Verdict.PROVED),
        ("mu(1, k) == 6", "He(k, z)", {"k": "1:8"}, Verdict.REFUTED),
        ("GE == 2", "abs(z)**p", {"p": "1:4"}, Verdict.PROVED),
        ("IE == k", "He(k, z)", {"k": "1:8"}, Verdict.PROVED),
        ("beta1 == (3 + sqrt(5))/2", "z - c", {"c": "3"}, Verdict.PROVED),
    ],
)
def test_a_list_of_values_is_claimed_of_each(
    assertion: str, link: str, ranges: dict[str, str], found: Verdict
) -> None:
    assert tiltproof.claim(assertion, link, ranges).verdict is found


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "said"),
    [
        ("V(beta) > 0", "tanh(c*z)", {"c": "[1, 2]", "beta": "[1, 2]"}, "scale and shift"),
        ("V(beta) >= 0", "a*tanh(z)", {"a": "(0, 1]", "beta": "[1, 2]"}, "constant in z at a = 0"),
        ("snr(beta) > 0", "tanh(z) - c", {"c": "[1, 2]", "beta": "[3, 4]"}, "leave labels and snr"),
        ("V(beta) > 0", "tanh(z) - c", {"beta": "[1, 2]"}, "a symbol needs a value"),
        ("V(beta) > 0", "tanh(z)", {"c": "[0, 1]", "beta": "[1, 2]"}, "no c in the assertion"),
    ],
)
def test_what_is_not_carried_over_is_refused(
    assertion: str, link: str, ranges: dict[str, str], said: str
) -> None:
    with pytest.raises(LinkError, match=said):
        tiltproof.claim(assertion, link, ranges)


FILE = """
schema = 1
[[claim]]
id = "shifted"
link = "tanh(z) - c"
for = { c = "[0, 1/2]", beta = "(beta1, oo)" }
assert = "alpha(GE, beta) > 0"
[[claim]]
id = "orders"
link = "He(k, z)"
for = { k = "1:3" }
assert = "IE == k"
"""


def test_a_file_of_claims_has_symbols_in_its_links(tmp_path: Path) -> None:
    path = tmp_path / "lemmas.claims.toml"
    path.write_text(FILE)
    found = tiltproof.verify(lemmas=tiltproof.load_claims(path), workers=1)
    rows = [(each.claim, each.link, str(each.verdict)) for each in found.results]
    assert rows == [
        ("shifted", "tanh(z) - c", "ENCLOSED"),
        ("orders", "He(1, z)", "PROVED"),
        ("orders", "He(2, z)", "PROVED"),
        ("orders", "He(3, z)", "PROVED"),
    ]


def test_the_claim_about_the_core_is_written_in_its_words() -> None:
    [shifted, _] = loads(FILE, "lemmas.toml")
    found = plain(shifted, shifted.links[0])
    assert found.text == "exp(-c/beta)*(alpha(GE, beta) - c*h(GE, beta)) > 0"
    assert str(dict(found.ranges)["beta"]) == "(0, oo)"


def test_a_double_zero_of_the_last_member_is_a_threshold() -> None:
    # z - 2: alpha_1 is a multiple of (t - 1)^2.
    assert not tiltproof.claim("beta1 == 0", "z - c", ranges={"c": "[0, 2]"}).verdict.green
    assert tiltproof.claim("beta1 == 0", "z - c", ranges={"c": "[0, 19/10]"}).verdict.green
