"""Theorems for Coq: what is stated is true and readable, what cannot be expressed is refused, forgeries fail.

Oracle: the enclosures of ``coefficients``; and Coq itself, where it is installed.
"""

import re
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tiltproof.crosscheck.kernel.cells import Side
from tiltproof.crosscheck.kernel.everywhere import everywhere
from tiltproof.crosscheck.kernel.ranges import Temperatures, every_zero, largest_zero, sign_on_range
from tiltproof.crosscheck.kernel.terms import decimal
from tiltproof.crosscheck.kernel.theorem import LEMMAS, Moments, enclosure
from tiltproof.interface.answers.coefficients import coefficients
from tiltproof.link import LinkError, parse
from tiltproof.numerics.lowering.pointwise import compile_numpy
from tiltproof.numerics.precision import NotIntegrable

from ..commands.in_process import run

DOCS = Path(__file__).resolve().parents[2] / "docs"
STATED = {
    "tanh(z) - 9/10": "tanh z - 9 / 10",
    "clip(He(3,z),-4,4)": "Rmax (- 4) (Rmin 4 (He 3 z))",
    "z**2 - 10": "z ^ 2 - 10",
    "sigmoid(2*z)": "1 / (1 + exp (- (2 * z)))",
    "softplus(z)/pi": "ln (1 + exp z) / PI",
    "-(z-3)**2": "- (z - 3) ^ 2",
    "z/(1+abs(z))": "z / (1 + Rabs z)",
    "2*(z-1)-(z+E)": "2 * (z - 1) - (z + exp 1)",
    "sign(z-1) + Heaviside(z)": "sign (z - 1) + (1 + sign z) / 2",
    "where(z > 0 and z <= 1, -1, z)/3": "(if Rlt_dec 0 z then (if Rle_dec z 1 then - 1 else z) else z) / 3",
}
REFUSED = {
    "erf(z)": "'erf(z)' is not known to CoqInterval, which has no error function",
    "gelu(z)": "has no error function",
    "sign(sin(z))": "where 'sin(z)' is '0' is not seen by these proofs",
    "where(z > 0, exp(z), 2)": "at beta = 1 the weights e^(s/beta) have no mean",
    "z*exp(z/3)": "at beta = 1 the weights e^(s/beta) have no mean",
    "-z*exp(z/3)": "is not seen to keep e^(s/beta) integrable",
    "exp(-z**4 - z)": "neither bounded nor of polynomial growth or like e^(a abs(z))",
    "abs(z)**(1/3)": "has an exponent that is not a whole number",
    "tanh(z)/cosh(z)": "has a divisor that interval arithmetic",
    "z**4": "at beta = 1 the weights e^(s/beta) have no mean",
    "z**2": "at beta = 1 the weights e^(s/beta) have no mean",
}
needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None, reason="Coq is not installed: see docs/kernel.md"
)


def stated(text: str) -> tuple[Decimal, Decimal]:
    """The two decimals of the theorem."""
    low, high = re.findall(r"/\\ (.*?) <= alpha .* <= (.*?)\.$", text)[0]
    return Decimal(low.strip("() ").replace(" ", "")), Decimal(high.strip("() ").replace(" ", ""))


def compiled(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "theorem.v"
    file.write_text(text)
    return subprocess.run(["coqc", file.name], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", STATED)
def test_a_link_reads_in_coq_as_it_is_written(text: str) -> None:
    theorem = enclosure(parse(text), 1, Fraction(3), 6)
    assert f"Definition s (z : R) : R := {STATED[text]}.\n" in theorem.text


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("beta", ["1/2", "3"])
def test_the_bounds_hold_the_enclosed_value_to_ten_digits(k: int, beta: str) -> None:
    low, high = stated(enclosure(parse("tanh(z) - 9/10"), k, Fraction(beta), 10).statement)
    value = coefficients("tanh(z) - 9/10", k, beta).coefficients[0].alpha
    assert low < Decimal(value.lower) <= Decimal(value.upper) < high
    assert high - low < Decimal("2e-10") * max(abs(low), Decimal("0.1"))


def test_the_theorem_names_link_order_and_temperature_and_assumes_nothing() -> None:
    theorem = enclosure(parse("tanh(z) - 9/10"), 2, Fraction(5, 2), 10)
    assert theorem.statement.startswith("Theorem enclosed : converges s 2 (5 / 2) /\\ ")
    assert theorem.text.count(theorem.statement) == 1
    assert LEMMAS.read_text() in theorem.text
    code = re.sub(r"\(\*.*?\*\)", "", theorem.text, flags=re.S)
    assert not re.search(r"Admitted|admit|Axiom|Parameter|Conjecture|Unset|bypass", code)


def real(term: str) -> float:
    """A constant term of Coq."""
    term = re.sub(r"He_size (\d+)", lambda found: str(sum(map(abs, hermite(int(found[1]))))), term)
    term = re.sub(r"Rabs (\d+|\(.*?\))", r"abs(\1)", term.replace("^", "**").replace("exp 1", "E"))
    term = re.sub(r"exp (\d+)", r"exp(\1)", term.replace("INR ", ""))
    return float(compile_numpy(parse(term).tree)(np.zeros(1))[0])


def hermite(k: int) -> list[int]:
    return [round(c) for c in np.polynomial.hermite_e.herme2poly([0] * k + [1])]


@pytest.mark.parametrize(
    "text",
    [*STATED, "-He(4,z)", "cos(z) - z**2", "z**2/3 - z", "exp(-z**2)*z - 3*abs(z)",
     "3*z**2*exp(1-z**2/2+z/4)", "-cosh(z)", "z - softplus(z)*exp(z/2)", "-cosh(z/2)**2", "-z**4*cosh(z)"],
)  # fmt: skip
def test_the_growth_that_is_stated_holds_and_little_is_left_outside(text: str) -> None:
    """Oracle: the link in doubles on a grid, and sums over it."""
    link, k, i, T, least = parse(text), 3, 2, 1 / 4, 1e-9
    made = Moments.of(link, k, Fraction(T)).tails
    far, step = np.arange(made.end, 30, 1 / 64), 1 / 64
    end = float(made.radius(k, i, least))
    for z in (far, -far):
        s = compile_numpy(link.tree)(z)
        assert np.all(
            np.abs(s) <= real(made.size) * np.abs(z) ** made.degree * np.exp(float(made.spread) * z**2)
        )
        polynomial = np.abs(np.polynomial.polynomial.polyval(z, hermite(k)))
        for t in (0, T / 2, T):
            assert np.all(t * s <= real(made.a) * z**2 + real(made.b))
            left = np.abs(s) ** i * polynomial * np.exp(t * s - z**2 / 2) * (np.abs(z) > end)
            assert np.sum(left) * step < least / 2 * np.sqrt(2 * np.pi)
    assert sum(made.rates(i)) + made.rate + i * made.spread < Fraction(1, 2)
    assert (float(made.rate), made.log_b, made.about) == pytest.approx(
        [*map(real, (made.a, made.b, made.size))]
    )


@pytest.mark.parametrize("text", REFUSED)
def test_what_coq_cannot_be_told_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises((LinkError, NotIntegrable)) as refusal:
        enclosure(parse(text), 1, Fraction(1), 10)
    assert REFUSED[text] in str(refusal.value)


def test_a_refusal_on_the_command_line_is_bad_input_and_writes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "erf.v"
    done = run("export", "erf(z)", "--beta", "2", "--coq", str(file))
    assert (done.returncode, done.stdout, file.exists()) == (2, "", False)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "below", "above"),
    [("1/3", "0.33", "0.34"), ("-1/3", "(- 0.34)", "(- 0.33)"), ("2", "2.00", "2.00")],
)
def test_decimals_are_rounded_outward(value: str, below: str, above: str) -> None:
    assert (decimal(Fraction(value), 2, -1), decimal(Fraction(value), 2, 1)) == (below, above)


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "k", "beta"),
    [
        pytest.param("tanh(z) - 9/10", 1, "1/2", marks=pytest.mark.kernel),
        *(("tanh(z) - 9/10", k, beta) for k, beta in enumerate(("1", "2", "20"), 2)),
        ("clip(He(3,z),-4,4)", 1, "5/2"),
        ("z**2 - 10", 2, "5/2"),
        ("sigmoid", 1, "1"),
        ("staircase", 1, "2"),
        ("tanh(He(3,z)/sqrt(6))", 1, "1/3"),
        ("tanh(5*z)", 1, "1"),
        ("sigmoid(8*z)", 2, "1"),
        ("sin", 3, "1/2"),
        ("max(z,z/100)", 3, "3"),
        ("softplus(z)", 2, "1"),
        ("cosh(tanh(z))", 2, "1"),
        ("tanh(relu(z)) + He(2,tanh(z))", 2, "1"),
        ("z/(1+abs(z))", 1, "1"),
        ("-He(4,z)", 2, "2"),
        ("tanh(z) - z**4", 1, "1"),
        ("-cosh(z)", 2, "1"),
        ("z-cosh(z/2)", 1, "2"),
        ("z**2*exp(-z**2)", 4, "1"),
        ("where(z > 0, -1, -3)", 1, "2"),
        ("sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)", 1, "2"),
        ("sign(z*(z**2 - 2*log(2)))", 3, "2"),
        ("where(z>0 and z<1, tanh(z), Heaviside(z-2)/2)", 1, "2"),
        ("where(z > 0 and z <= 1, -1, z)/3", 2, "1"),
        ("where(abs(z) < 1, z, sign(z))", 1, "2"),
    ],
)
def test_coq_proves_the_theorem(text: str, k: int, beta: str, tmp_path: Path) -> None:
    done = compiled(enclosure(parse(text), k, Fraction(beta), 10).text, tmp_path)
    assert done.returncode == 0, done.stderr


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("side", [pytest.param(0, marks=pytest.mark.kernel), 1])
def test_coq_refuses_a_bound_that_is_just_wrong(side: int, tmp_path: Path) -> None:
    theorem = enclosure(parse("tanh(z) - 9/10"), 1, Fraction(2), 10)
    low, high = stated(theorem.statement)
    value = Decimal(coefficients("tanh(z) - 9/10", 1, "2").coefficients[0].alpha.lower)
    # Beyond the true value by a hundredth of the width, wherever the bound stands in the file.
    wrong = value + (high - low) / 100 * (1 if side == 0 else -1)
    forged = re.sub(rf"(?<![\d.]){(low, high)[side]}(?!\d)", str(wrong), theorem.text)
    assert forged != theorem.text
    done = compiled(forged, tmp_path)
    assert done.returncode != 0
    assert "Error" in done.stderr


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        ("tanh(z) - 9/10", "R := tanh z - 9 / 10.", "R := tanh z - 91 / 100."),
        ("clip(z,-1,1)", "Rmin 1 z).", "Rmin (101 / 100) z)."),
        ("where(z>0, -1, -3)", "if Rlt_dec 0 z then - 1 else - 3).", "if Rlt_dec 0 z then - 1 else - 2)."),
        ("tanh(z) - 9/10", "converges s 2 2 /\\", "converges s 3 2 /\\"),
        ("tanh(z) - 9/10", "<= alpha s 2 2 <=", "<= alpha s 3 2 <="),
        ("tanh(z) - 9/10", "<= alpha s 2 2 <=", "<= alpha s 2 (201 / 100) <="),
        ("tanh(z) - 9/10", "<= alpha s 2 2 <=", "<= - alpha s 2 2 <="),
        ("tanh(z) - 9/10", "z * He i z - INR i * He j z", "z * He i z - INR j * He j z"),
        ("tanh(z) - 9/10", "exp (- z ^ 2 / 2) / sqrt (2 * PI).", "exp (- z ^ 2 / 2) / sqrt (3 * PI)."),
        ("tanh(z) - 9/10", "R := s z * exp (s z / beta) *", "R := s z * exp (s z) *"),
    ],
    ids=["link", "kink", "level", "converges", "order", "temperature", "sign", "He", "phi", "tilt"],
)
def test_coq_refuses_a_statement_about_something_else(
    text: str, true: str, false: str, tmp_path: Path
) -> None:
    whole = enclosure(parse(text), 2, Fraction(2), 10).text
    assert whole.count(true) == 1
    assert compiled(whole.replace(true, false), tmp_path).returncode != 0


def test_the_page_shows_the_definitions_that_stand_in_every_file() -> None:
    shown = (
        (DOCS / "kernel.md").read_text().partition("head of the file:\n\n```text\n")[2].partition("```")[0]
    )
    own = re.sub(r"\(\*.*?\*\)", "", LEMMAS.read_text(), flags=re.S)
    assert shown.split()
    assert " ".join(shown.split()) in " ".join(own.split())


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("text", ["tanh(z) - 9/10", "staircase"])
def test_theorems_rest_on_the_axioms_that_the_page_lists_and_on_no_other(text: str, tmp_path: Path) -> None:
    theorem = largest_zero(parse(text), 6)
    name = theorem.statement.split()[1]
    done = compiled(f"{theorem.text}\nPrint Assumptions {name}.\n", tmp_path)
    used = set(re.findall(r"^([\w.]+)(?: :|$)", done.stdout.partition("Axioms:\n")[2], re.M))
    page = (DOCS / "kernel.md").read_text().partition("Axioms:\n")[2].partition("```")[0]
    assert used
    assert used == set(page.split())


def test_a_range_is_covered_by_cells_without_a_gap() -> None:
    theorem = sign_on_range(parse("tanh(z)"), 1, Temperatures(Fraction(1, 2), Fraction(20)))
    cells = re.findall(r"Lemma cell_\d+ : forall t, (.*?) <= t <= (.*?) -> 0 <", theorem.text)
    ends = [[Fraction(end.strip("()").replace(" ", "")) for end in cell] for cell in cells]
    assert (ends[0][0], ends[-1][1]) == (Fraction(1, 20), 2)
    assert all(one[1] == other[0] for one, other in pairwise(ends))
    assert "forall beta, (1 / 2) <= beta <= 20 ->" in theorem.statement


def test_the_bracket_of_beta1_has_six_digits_and_holds_it() -> None:
    statement = largest_zero(parse("tanh(z) - 9/10"), 6).statement
    low, high = re.findall(r"(0\.\d{6})", statement)
    assert Decimal(low) < Decimal("0.47720340610302870941894") < Decimal(high)
    assert "0 < alpha s 1 beta" in statement


def test_a_threshold_of_zero_is_a_theorem_on_every_temperature() -> None:
    assert "forall beta, 0 < beta ->" in every_zero(parse("tanh(z)"), 6).statement


@pytest.mark.parametrize(
    ("text", "k"),
    [
        ("where(abs(z) < sqrt(3), 2, where(abs(z) < 2, -1, 0))", 4),
        ("where(z < -1, -1/3, where(z < 1/2, 2, 1))", 1),
    ],
)
def test_of_links_with_steps_a_sign_that_is_not_seen_at_every_temperature_is_refused(
    text: str, k: int
) -> None:
    """The largest value has E[He_k; s = v] = 0; and a link with a threshold."""
    with pytest.raises(LinkError, match="not seen by these proofs"):
        everywhere(parse(text), k)


@pytest.mark.parametrize(
    ("text", "k"),
    [
        ("staircase", 1),
        ("sign-cubic", 3),
        ("step", 1),
        ("window", 2),
        ("where(abs(z) < 1, -1, 0)", 2),
        ("where(z > 0, -1, 0)", 1),
        ("where(z < -1, -2, where(z < 1, 0, -1))", 1),
    ],
)
def test_of_links_with_steps_the_sign_is_that_of_the_values_or_none_is_stated(text: str, k: int) -> None:
    """Oracle: the enclosures of ``coefficients``; `step` has a threshold; of some the largest value is 0."""
    values = [coefficients(text, k, beta).coefficients[0].alpha for beta in ("1/20", "1/2", "2", "50")]
    signs = {"<" if Decimal(value.upper) < 0 else ">" for value in values}
    if len(signs) == 1:
        held = f"alpha s {k} beta < 0" if signs == {"<"} else f"0 < alpha s {k} beta"
        assert everywhere(parse(text), k).statement.endswith(f"{held}.")
    else:
        with pytest.raises(LinkError, match="not seen by these proofs"):
            everywhere(parse(text), k)


def test_every_exceptional_temperature_is_bracketed_and_the_signs_between_are_stated() -> None:
    statement = " ".join(every_zero(parse("tanh(z) - 9/10"), 6).statement.split())
    assert "0.477203 <= beta1 <= 0.477204 /\\ 0.168483 <= beta2 <= 0.168484" in statement
    for name in ("beta1", "beta2"):  # where an integral diverges, alpha is some number too
        assert f"converges s 1 {name} /\\ alpha s 1 {name} = 0" in statement
    signs = re.findall(r"forall beta, (.*?) -> converges s 1 beta /\\ (.*?)\)", statement)
    assert signs == [
        ("beta1 < beta", "0 < alpha s 1 beta"),
        ("beta2 < beta < beta1", "alpha s 1 beta < 0"),
        ("4 / 25 <= beta < beta2", "0 < alpha s 1 beta"),
    ]


@pytest.mark.parametrize(
    ("text", "low", "high", "why"),
    [("tanh(z) - 9/10", "2/5", "1", "not seen to stay"), ("z-3", "5/2", "3", "not seen to stay")],
)
def test_a_sign_that_does_not_hold_is_no_theorem(text: str, low: str, high: str, why: str) -> None:
    with pytest.raises(LinkError, match=why):
        sign_on_range(parse(text), 1, Temperatures(Fraction(low), Fraction(high)))


@pytest.mark.parametrize("text", ["sin(z)", "He(3,z)", "erf(z) - 9/10"])
def test_a_threshold_that_these_proofs_do_not_reach_is_refused(text: str, tmp_path: Path) -> None:
    done = run("threshold", text, "--coq", str(tmp_path / "beta1.v"))
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "k", "low", "high"),
    [
        pytest.param("tanh(z)", 1, "1/2", "20", marks=pytest.mark.kernel),
        ("tanh(z) - 9/10", 1, "2/5", "21/50"),
        ("sin", 3, "1/2", "2"),
        ("staircase", 1, "1/2", "2"),
        ("relu", 1, "1/2", "2"),
        ("-cosh(z)", 2, "1", "2"),
        ("clip(z,-1,1)", 2, "10", ""),
        ("-He(4,z)", 2, "20", ""),
    ],
)
def test_coq_proves_the_sign_on_a_range(text: str, k: int, low: str, high: str, tmp_path: Path) -> None:
    over = Temperatures(Fraction(low), Fraction(high) if high else None)
    done = compiled(sign_on_range(parse(text), k, over).text, tmp_path)
    assert done.returncode == 0, done.stderr


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("forall beta, (1 / 2) <=", "forall beta, (49 / 100) <="),
        ("apply cell_2; lra", "lra"),
        ("0 < alpha s 1 beta.", "1 < alpha s 1 beta."),
    ],
)
def test_coq_refuses_a_wider_range_a_missing_cell_and_a_stronger_claim(
    true: str, false: str, tmp_path: Path
) -> None:
    text = sign_on_range(parse("tanh(z)"), 1, Temperatures(Fraction(1, 2), Fraction(20))).text
    assert text.count(true) == 1
    assert compiled(text.replace(true, false), tmp_path).returncode != 0


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("text", ["tanh(z) - 9/10", "z**2 - 10", "z - 3", "clip(He(3,z),-4,4)", "step"])
def test_coq_proves_every_zero_isolated_and_no_other(text: str, tmp_path: Path) -> None:
    done = compiled(every_zero(parse(text), 6).text, tmp_path)
    assert done.returncode == 0, done.stderr


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "k", "sign"),
    [
        ("tanh(z)", 1, 1),
        ("relu", 1, 1),
        ("sign(z)", 1, 1),
        ("clip(z,-1,2)", 1, 1),
        ("z/(1+abs(z)) + atan(3*z)", 1, 1),
        ("z*sigmoid(z)", 1, 1),
        ("sigmoid(z)", 1, 1),
        ("max(z,z/100)", 1, 1),
        ("3 - 2*sigmoid(3*z) + Heaviside(-z)", 1, -1),
        ("abs(z)/2", 2, 1),
        ("exp(-z**2/2)", 2, -1),
        ("4-z**2", 2, -1),
        ("tanh(He(3,z)/sqrt(6))", 3, 1),
        ("tanh(relu(z)/2)", 1, 1),
        ("atan(sigmoid(z) - 1/2)", 1, 1),
        ("max(-1, min(1,z))", 1, 1),
        ("staircase", 1, -1),
        ("sign-cubic", 3, 1),
        ("window", 2, -1),
        ("where(z < 0, -1/3, where(z < 1, 1, where(z < 2, 3, 1)))", 1, 1),
        ("where(abs(z) < 1, -1, 0)", 2, 1),
    ],
)
def test_coq_proves_the_sign_at_every_temperature(text: str, k: int, sign: int, tmp_path: Path) -> None:
    done = compiled(everywhere(parse(text), k, Side(sign)).text, tmp_path)
    assert done.returncode == 0, done.stderr


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        ("tanh(z)", "0 < alpha s 1 beta.", "1 < alpha s 1 beta."),
        ("tanh(z)", "forall beta, 0 < beta ->", "forall beta, -1 < beta ->"),
        ("tanh(z)", "-> 0.380 <= (s z", "-> 3.80 <= (s z"),
        ("staircase", "alpha s 1 beta < 0.", "0 < alpha s 1 beta."),
        ("staircase", "apply rises_from_0; [no_sum | exact near_2]", "intros t range. sum_sign. interval"),
        ("staircase", "destruct (Rle_dec t 1); [apply between | apply beyond]; lra", "apply beyond; lra"),
    ],
)
def test_coq_refuses_more_than_the_sign_at_every_temperature(
    text: str, true: str, false: str, tmp_path: Path
) -> None:
    whole = everywhere(parse(text), 1).text
    head, _, tail = whole.rpartition(true)
    assert head
    assert compiled(head + false + tail, tmp_path).returncode != 0


@pytest.mark.parametrize(
    "text",
    ["tanh(z) - 9/10", "-tanh(z)", "sigmoid(-z)", "sin(z)", "z*exp(z)", "z*Heaviside(z)", "z*where(z>0,1,2)",
     "z*softplus(-z**2)", "z*clip(z,0,1)", "z/(2+tanh(z))", "z*exp(-z**2)*cos(z)**2"],
)  # fmt: skip
def test_a_sign_at_every_temperature_needs_the_sign_of_z(text: str) -> None:
    with pytest.raises(LinkError, match=r"not seen by these proofs|neither bounded|not seen to keep"):
        everywhere(parse(text), 1, Side(1))


@pytest.mark.parametrize(
    ("text", "k", "sign"),
    [
        ("softplus(z)", 1, 1),
        ("-relu(z)", 1, -1),
        ("min(z,1)", 1, 1),
        ("clip(z**2,0,4)", 2, 1),
        ("5 - abs(z)", 2, -1),
    ],
)
def test_a_sign_at_every_temperature_is_that_of_the_values(text: str, k: int, sign: int) -> None:
    """Oracle: the enclosures of ``coefficients``."""
    assert ("< 0." if sign < 0 else "0 < alpha") in everywhere(parse(text), k).statement
    for beta in ("1/3", "2", "50"):
        value = coefficients(text, k, beta).coefficients[0].alpha
        assert sign * Decimal(value.lower) > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pi*sign(z)*where(abs(z) < sqrt(2*log(3)), 1, -2)", "is 0 or next to it, so alpha_1 is 0"),
        ("tanh(z)**2 + tanh(z)", ""),
    ],
)
def test_where_the_first_term_of_the_expansion_is_0_the_range_begins_after_it(text: str, why: str) -> None:
    over = Temperatures(Fraction(20), None)
    if why:
        with pytest.raises(LinkError, match=why):
            sign_on_range(parse(text), 1, over)
    else:
        assert "forall t, 0 <= t <= (1 / 20)" in sign_on_range(parse(text), 1, over).text


@pytest.mark.parametrize(("text", "sign"), [("tanh(z)", 1), ("-He(4,z)", 1), ("z**3 - He(4,z)", 1)])
def test_a_sign_up_to_infinity_where_the_signal_vanishes_there(text: str, sign: int) -> None:
    theorem = sign_on_range(parse(text), 2, Temperatures(Fraction(20), None))
    assert "Lemma at_0 : signal s 2 0 = 0." in theorem.text
    assert "Lemma on_cells : forall t, 0 < t <= (1 / 20)" in theorem.text
    assert "20 <= beta ->" in theorem.statement


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("0.168483 <= beta2 <= 0.168484", "0.168484 <= beta2 <= 0.168485"),
        (
            "beta1 -> converges s 1 beta /\\ alpha s 1 beta < 0",
            "beta1 -> converges s 1 beta /\\ 0 < alpha s 1 beta",
        ),
        ("assert (H := on_stretch_1 (/ beta) ltac:(lra)); lra", "lra"),
    ],
    ids=["the bracket beside the second zero", "the other sign between", "no cells between"],
)
def test_coq_refuses_a_wrong_second_zero(true: str, false: str, tmp_path: Path) -> None:
    whole = every_zero(parse("tanh(z) - 9/10"), 6).text
    assert whole.count(true) == 1
    assert compiled(whole.replace(true, false), tmp_path).returncode != 0


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "true", "false"),
    [
        ("tanh(z) - 9/10", "0.477203 <= beta1 <= 0.477204", "0.477204 <= beta1 <= 0.477205"),
        ("tanh(z) - 9/10", "beta1 < beta -> converges s 1 beta", "0.4772 < beta -> converges s 1 beta"),
        ("step", "Lemma piece_0 : forall z, z < 0 ->", "Lemma piece_0 : forall z, z < 1 ->"),
    ],
    ids=["the bracket beside beta1", "a sign below beta1", "a cut at the wrong place"],
)
def test_coq_refuses_a_wrong_beta1_and_a_wrong_cut(text: str, true: str, false: str, tmp_path: Path) -> None:
    whole = largest_zero(parse(text), 6).text
    assert whole.count(true) == 1
    done = compiled(whole.replace(true, false), tmp_path)
    assert (done.returncode, "Error" in done.stderr) == (1, True)
