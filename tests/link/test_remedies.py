"""A text in another notation is refused with what it means in this one, and the place."""

import io
import json
from contextlib import redirect_stderr

import pytest
import sympy
from tiltproof.interface.cli.main import main
from tiltproof.link import LinkError, as_link, parse
from tiltproof.link.assertion import parse_assertion

from ..commands.in_process import run

MEANT = {
    "2z": "2*z",
    "z^2": "z**2",
    "|z|": "abs(z)",
    "x": "z",
    "np.tanh(z)": "tanh(z)",
    "\\tanh z": "tanh(z)",
    "lambda z: tanh(z)": "tanh(z)",
    "lambda x: np.tanh(2x)": "tanh(2*z)",
    "where(z \u2264 0, 1, 0)": "where(z <= 0, 1, 0)",
    "z\u00b2": "z**2",
    "z(z-1)": "z*(z-1)",
    "(z+1)(z-1)": "(z+1)*(z-1)",
    "2(z + 1)": "2*(z + 1)",
    "z tanh(z)": "z*tanh(z)",
    "tanh z": "tanh(z)",
    "\\frac{z}{2}": "(z)/(2)",
    "\\sqrt{1+z^2}": "sqrt(1+z**2)",
    "exp(-x^2/2)": "exp(-z**2/2)",
    "sgn(z)": "sign(z)",
    "hermite(3, z)": "He(3, z)",
    "where(z>0 and 2z<3, 1, 0)": "where(z>0 and 2*z<3, 1, 0)",
    "He3(z)": "He(3, z)",
    "H_{3}(z)": "He(3, z)",
    "sin^2(z)": "sin(z)**2",
    "e^(-z^2)": "exp(-z**2)",
    "e**z": "exp(z)",
    "1[z>0]": "where(z>0, 1, 0)",
    "z if z > 0 else 0": "where(z > 0, z, 0)",
    "\u03a6(z)": "(1 + erf((z)/sqrt(2)))/2",
    "$z^2$": "z**2",
    "s(z) = z**2": "z**2",
    "y = 2x": "2*z",
    "tanh(z) \u2265 0": "where(tanh(z) >= 0, 1, 0)",
    "if z > 0 then 1 else 0": "where(z > 0, 1, 0)",
    "3,5*z": "3.5*z",
    "cos(2\u03c0z)": "cos(2*pi*z)",
    "z\u03c0": "z*pi",
    "1/(1 + e^-z)": "1/(1 + exp(-z))",
    "tanh(2z": "tanh(2*z)",
    "z + 1)": "z + 1",
    "sigma(z)": "sigmoid(z)",
    "sinz": "sin(z)",
    "tanhz - 9/10": "tanh(z) - 9/10",
    "sqrt 2": "sqrt(2)",
    "pi z": "pi*z",
    "pi(z + 1)": "pi*(z + 1)",
    "if z>0": "where(z>0, 1, 0)",
    "tanh(z) - 0,9": "tanh(z) - 0.9",
    "0<z<1": "where(0 < z and z <1, 1, 0)",
    "z == 0": "where(z == 0, 1, 0)",
    "exp^z": "exp(z)",
    "tanh()": "tanh(z)",
    "arcsinh(z)": "sign(z)*log(abs(z) + sqrt(1 + z**2))",
    "sinc(z)": "sin(z)/z",
    "log2(z)": "log(1 + z**2)/log(2)",
    "sech(z)": "1/cosh(z)",
    "elu(z)": "where(z > 0, z, exp(z) - 1)",
    "leaky_relu(z)": "max(z, z/100)",
}


def refused(text: str) -> LinkError:
    with pytest.raises(LinkError) as refusal:
        parse(text)
    return refusal.value


@pytest.mark.parametrize("text", MEANT)
def test_a_refusal_ends_with_a_link_that_is_read(text: str) -> None:
    written = str(refused(text)).rpartition(": write ")[2]
    assert written == MEANT[text]
    assert parse(written)


@pytest.mark.parametrize("text", ["max(0,z)", "swish(z)", "arctan(z)", "log1p(z**2)", "3e5*z"])
def test_what_the_language_has_is_not_rewritten(text: str) -> None:
    assert parse(text)


def test_swapped_letters_are_the_nearest_slip() -> None:
    assert "did you mean tanh?" in str(refused("tahn(z)"))


def test_a_text_that_stays_unreadable_keeps_its_own_remedy() -> None:
    assert str(refused("x*y")).endswith("the variable is z, the constants are pi and E")
    assert str(refused("z = 2")).endswith("write == to compare")


@pytest.mark.parametrize(
    ("text", "caret"), [("2z", "2z\n ^"), ("1 + z^2", "1 + z^2\n     ^"), ("tanh(x)", "tanh(x)\n     ^")]
)
def test_the_caret_stands_below_the_place(text: str, caret: str) -> None:
    assert refused(text).caret == caret


def test_far_into_a_long_text_the_caret_is_on_the_same_screen() -> None:
    text, below = refused("z + " * 90 + "2z").caret.splitlines()
    assert len(text) <= 72
    assert text[below.index("^")] == "z"
    assert text[below.index("^") - 1] == "2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("errors", "below"), [(Terminal(), ["  2z", "   ^"]), (io.StringIO(), [])])
def test_a_terminal_shows_the_caret_and_a_file_one_line(errors: io.StringIO, below: list[str]) -> None:
    with redirect_stderr(errors), pytest.raises(SystemExit):
        main(["exponents", "2z"])
    assert errors.getvalue().splitlines()[1:] == below


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ("recover", "z", "--beta", "2", "--d", "9", "--activation", "2z"),
            "--activation: 'z' at position 2",
        ),
        (("admissible", "tanh", "--epsilon", "1", "--n", "100", "--proxy", "x"), "--proxy: unknown name 'x'"),
        (("claim", "V(beta) > 0", "--link", "z^2", "--for", "beta=(1,2)"), "--link: unexpected '^'"),
        (("claim", "V(beta) > 0", "--link", "z", "--for", "beta=(2,1)"), "--for: beta = '(2,1)' is empty"),
        (
            ("threshold", "tanh(b*z) - c", "--for", "c=[0,1],b=2"),
            "names a second parameter: give each its own",
        ),
        (("policy", "tanh(a*z)", "--beta", "2", "--for", "a=[1,2]"), 'write --for "a=1:3" or --for "a=2"'),
        (("report", "a*z", "--html", "x.html", "--for", "a=1:2"), "takes no range of a"),
        (("recover", "a*z", "--beta", "2", "--d", "9"), "a symbol needs a value"),
        (("claim", "V(2) > 0", "--link", "z", "--for", "c=(1,2)"), "there is a range c = (1, 2)"),
        (("claim", "2V(2) > 0", "--link", "z"), "write 2*V(2) > 0"),
    ],
)
def test_a_refusal_names_its_option(command: tuple[str, ...], said: str) -> None:
    done = run(*command)
    assert done.returncode == 2
    assert said in done.stderr


def test_an_assertion_in_another_notation_is_refused_with_what_it_means() -> None:
    with pytest.raises(LinkError, match=r"write V\(beta\)\*\*2 >= 0"):
        parse_assertion("V(beta)^2 \u2265 0", ("beta",))


@pytest.mark.parametrize(
    ("given", "said"),
    [(lambda z: z, "proxy is a function"), (5, "proxy 5 is of the type int"), ("2z", "proxy: 'z'")],
)
def test_python_is_told_the_argument(given: object, said: str) -> None:
    with pytest.raises(LinkError, match=said):
        as_link(given, "proxy")  # type: ignore[arg-type]


def test_an_expression_of_sympy_is_a_link() -> None:
    z = sympy.Symbol("z")
    assert as_link(sympy.tanh(z) - sympy.Rational(9, 10)) == parse("tanh(z) - 9/10")  # type: ignore[arg-type]


def test_a_symbol_that_stands_for_a_number_is_that_number() -> None:
    with_symbol = run("policy", "tanh(a*z)", "--beta", "2", "--for", "a=3/2", "--json")
    assert with_symbol.stdout == run("policy", "tanh(3/2*z)", "--beta", "2", "--json").stdout


def test_each_member_is_answered_as_if_asked_alone() -> None:
    several = json.loads(run("exponents", "He(k,z)", "--for", "k=1:3", "--json").stdout)["members"]
    for k, member in enumerate(several, 1):
        assert member == {"at": str(k), **json.loads(run("exponents", f"He({k},z)", "--json").stdout)}


@pytest.mark.parametrize("text", ["clip(z, 1, 0)", "log(-1)", "sqrt(-2) + z"])
def test_what_has_no_value_anywhere_is_not_told_at_one_place(text: str) -> None:
    assert " at every z: write " in str(refused(text))
