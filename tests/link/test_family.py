"""Links with symbols: what is read, what is refused, and how a family is taken apart."""

from fractions import Fraction as F

import pytest
from tiltproof.link import LinkError, parse
from tiltproof.link.family import Family, parse_family


def family(text: str, **ranges: str) -> Family:
    found = parse_family(text, ranges)
    assert isinstance(found, Family)
    return found


@pytest.mark.parametrize(
    ("text", "ranges", "value", "member"),
    [
        ("tanh(z) - c", {"c": "[0, 2]"}, F(9, 10), "tanh(z) - 9/10"),
        ("a*tanh(z) - b", {"a": "2", "b": "[0, 1]"}, F(1), "2*tanh(z) - 1"),
        ("He(k, z)", {"k": "1:8"}, F(3), "He(3, z)"),
        ("abs(z)**p", {"p": "[1, 3]"}, F(2), "abs(z)**2"),
        ("-c + z**2", {"c": "[-1, 1]"}, F(-1, 2), "1/2 + z**2"),
    ],
)
def test_a_member_is_the_link_with_the_number_written_out(
    text: str, ranges: dict[str, str], value: F, member: str
) -> None:
    assert family(text, **ranges).at(value) == parse(member)


def test_symbols_that_are_all_numbers_give_a_link() -> None:
    assert parse_family("a*z - c", {"a": "2", "c": "1/3"}) == parse("2*z - 1/3")


@pytest.mark.parametrize(
    ("text", "ranges", "said"),
    [
        ("tanh(z) - c", {}, "a symbol needs a value"),
        ("a*tanh(z) - c", {"c": "[0, 1]"}, "a symbol needs a value"),
        ("tanh(z)", {"c": "[0, 1]"}, "no c in"),
        ("tanh(z) - x", {"x": "[0, 1]"}, "no symbol of a link"),
        ("a*z - c", {"a": "[1, 2]", "c": "[0, 1]"}, "both range"),
        ("tanh(z) - c", {"c": "[0, oo)"}, "no number"),
        ("He(k, z)", {"k": "[1, 8]"}, "integers"),
        ("log(c + z**2)", {"c": "[-1, 1]"}, "log"),
        ("z/c", {"c": "[-1, 1]"}, "pole"),
    ],
)
def test_a_family_is_refused_in_one_sentence(text: str, ranges: dict[str, str], said: str) -> None:
    with pytest.raises(LinkError, match=said) as refusal:
        parse_family(text, ranges)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "scale", "core", "shift"),
    [
        ("tanh(z) - c", (1, 0), "tanh(z)", (0, -1)),
        ("c - 2*tanh(z)", (1, 0), "-(2*tanh(z))", (0, 1)),
        ("c*(tanh(z) - 1)/2", (0, F(1, 2)), "tanh(z) - 1", (0, 0)),
        ("z**2 - c + z", (1, 0), "z**2 + z", (0, -1)),
        ("(1 - c)*z + c/3", (1, -1), "z", (0, F(1, 3))),
    ],
)
def test_an_affine_family_is_seen(text: str, scale: tuple[F, F], core: str, shift: tuple[F, F]) -> None:
    found = family(text, c="[1/4, 1/2]").affine
    assert found is not None
    assert (found.scale, found.core, found.shift) == (scale, parse(core).tree, shift)


@pytest.mark.parametrize("text", ["tanh(c*z)", "z**2 - c*z", "tanh(z - c)", "exp(c) + z", "c*z - c**2"])
def test_other_families_are_not_affine(text: str) -> None:
    assert family(text, c="[1/4, 1/2]").affine is None
