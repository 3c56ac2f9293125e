"""Parity, monotonicity and signs: one link for every rule of the inductions, and those that it refuses."""

import pytest
from tiltproof.link import parse
from tiltproof.theory.shape.monotone import has_the_sign_of_z, monotone, nonnegative, parity

EVEN = (
    "0*z", "z**2 + 1", "cos(z)*z**2", "sin(z)*z", "cos(z) - cosh(z)", "sin(z)**2", "cos(z)**3", "exp(z**2)",
    "cosh(z)**(1/2)", "cosh(z)**cosh(z)", "abs(sin(z))", "cosh(z**3)", "He(4, sin(z))", "He(3, cos(z))",
    "clip(cos(z), 0, 1/2)", "max(sin(z), -sin(z))", "min(z, -z)", "max(cos(z), z**2)", "max(z, -z, 3)",
    "where(abs(z) > 1 and z**2 < 4, z**2, cos(z))",
)  # fmt: skip
ODD = (
    "z**3 + z", "-sin(z)", "cos(z)*z", "sin(z)/cosh(z)", "sin(z) + z", "sin(z)**3", "tanh(sin(z))",
    "sign(z)", "atan(z)", "erf(z)", "sinh(z)", "He(3, sin(z))", "clip(z, -2, 2)",
    "clip(z, -cosh(z), cosh(z))", "where(abs(z) > 1, z, sin(z))",
)  # fmt: skip
NEITHER = (
    "z**3 + 1", "sin(z) + cos(z)", "cosh(z)**exp(z)", "exp(z)", "clip(z, -2, 3)", "max(z, -z, z**3)",
    "max(z, 2)", "max(sin(z), tanh(z)/2)", "where(z > 1, z, sin(z))", "where(abs(z) > 1, z, cos(z))",
    "where(z > 1 and abs(z) < 3, 2, 1)", "where(abs(z) < 3 and z > 1, 2, 1)", "sigmoid(z)",
)  # fmt: skip


@pytest.mark.parametrize(("links", "shown"), [(EVEN, "even"), (ODD, "odd"), (NEITHER, None)])
def test_parity(links: tuple[str, ...], shown: str | None) -> None:
    assert [link for link in links if parity(parse(link).tree).value != shown] == []


RISING = (
    "z**3 + z", "z**5/5 - 2*z**3/3 + z", "tanh(z) + z", "3*tanh(z)", "exp(z)**2", "tanh(z)**3", "-exp(-z)",
    "exp(z)*softplus(z)", "abs(exp(z))", "gelu(exp(z))", "where(z > 1, 2, -1)", "where(z <= 1, -1, 2)",
    "where(-z > 1, -1, 2)", "where(z < 0, z, z**2)", "min(z, 1)", "max(tanh(z), z, 2)", "-sigmoid(-z)",
    "softplus(z) - 2", "where(abs(z) < 1, z, sign(z))", "where(z == 0, 0, where(z > 0, z + 1, z - 1))",
)  # fmt: skip
FALLING = (
    "-z**3", "-atan(z) - z", "-3*tanh(z)", "tanh(z)/(-2)", "where(z < 1, 2, -1)", "where(z >= 1, -1, 2)",
    "clip(-z, 0, 1)", "sigmoid(-z)", "where(z < 0, -z, -z**3 - 1)", "where(1 > z, 3, 1)",
)  # fmt: skip
RISING_OUT = (
    "z**4 + z**2", "tanh(z)**2", "z**2*exp(z**2)", "abs(z)*z**2", "abs(z)**3", "abs(z)", "cosh(z)",
    "gelu(z**2)", "where(z**2 > 1, 3, 1)", "(1 + z**2)**(1/2)", "z**2 + abs(z)",
    "where(abs(z) < 1, z**2, 1)", "max(z, -z, 1) - 2", "max(2*z, -2*z)",
)  # fmt: skip
FALLING_OUT = ("-z**2", "exp(-z**2)", "exp(-abs(z))", "min(z, -z)", "where(z < 0, z, -z)/2 + 1")
NO_SHAPE = (
    "2", "min(0*z + 1, 2)", "min(0, He(4, z))", "z**3 - z", "z**4 - z**2", "z**2 - z",
    "tanh(z) - z", "z - tanh(z)",
    "2/(1 + exp(z))", "gelu(z)", "exp(z)*(-softplus(z))", "where(z == 1, 3, 1)", "tanh(z**2) - z**2",
    "sin(z)", "(1 + z**2)**(-1)", "z**3 + abs(z)", "where(sin(z) > 0, 3, 1)", "where(abs(z) < 1, z**2, 1/2)",
    "where(z > 0, z**6/6 + z**2/2 + z, -1)", "where(z < 0, z, -2*z)/2 + 1", "where(z < 0, z, z - 1)",
    "where(z == 0, 5, clip(z, -1, 1))", "where(z**0 != 2*z, where(-z > z, z, 1), z)",
    "where(z > 0, 1, where(z < 0, -1, 7))", "where(z == 0, 1, abs(z))", "where(z == 1, 0, abs(z) + z**2)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("links", "shown"),
    [
        (RISING, "increasing"),
        (FALLING, "decreasing"),
        (RISING_OUT, "increasing in |z|"),
        (FALLING_OUT, "decreasing in |z|"),
        (NO_SHAPE, None),
    ],
)
def test_monotone(links: tuple[str, ...], shown: str | None) -> None:
    assert [link for link in links if monotone(parse(link).tree).value != shown] == []


#: The signs shown on the whole line, on z > 0 and on z < 0: 0 when both >= 0 and <= 0 are.
SIGNS = {
    "2": "+++", "-2": "---", "0*2": "000", "z": "?+-", "-z": "?-+", "z**2": "+++", "z**3": "?+-",
    "(-z)**3": "?-+", "exp(z)": "+++", "-exp(z)": "---", "tanh(z)": "?+-", "z*tanh(z)": "?++",
    "z*exp(z)": "?+-", "z/(1 + z**2)": "?+-", "z - (-z**3)": "?+-", "z**3 + sinh(z)": "?+-",
    "z**2 - exp(z)": "???", "exp(z) + -(z**2)": "???", "-(z**2) + exp(z)": "???",
    "-exp(z) + -(z**2)": "---", "exp(z) - z": "??+", "z - exp(-z)": "??-", "-(z**2) - exp(z)": "---",
    "where(z > 1, -1, -z**2)": "---", "where(z > 1, 1, z)": "?+?", "clip(z, 0, 2)": "++0",
    "clip(z, -1, 2)": "?+-", "clip(z, -3, -1)": "---", "clip(z, -1, 0)": "-0-", "max(z, 0)": "++0",
    "max(z, -1)": "?+-", "min(z, -1)": "---", "min(z, z**3)": "?+-", "min(exp(z), z**2)": "+++",
    "sin(z)": "???", "-z*(-exp(z))": "?+-", "(z**2)**(1/2)": "+++", "(-exp(z))**3": "---",
}  # fmt: skip


@pytest.mark.parametrize("link", SIGNS)
def test_signs(link: str) -> None:
    def shown(side: int) -> str:
        above, below = nonnegative(parse(link).tree, side), nonnegative(parse(f"-({link})").tree, side)
        return {(True, True): "0", (True, False): "+", (False, True): "-"}.get((above, below), "?")

    assert "".join(map(shown, (0, 1, -1))) == SIGNS[link]
    assert has_the_sign_of_z(parse(link).tree) == (SIGNS[link][1] in "+0" and SIGNS[link][2] in "-0")
