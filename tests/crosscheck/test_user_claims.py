"""User claims: true ones come out green, those off by 1%, a sign, an end or an exponent REFUTED."""

import json
from pathlib import Path

import pytest
from tiltproof.crosscheck.assertions import claim as user_claims
from tiltproof.crosscheck.assertions.claim_file import load
from tiltproof.crosscheck.run.report import Result
from tiltproof.crosscheck.run.scheduler import verify
from tiltproof.crosscheck.verdict import Outcome, Verdict, refutes
from tiltproof.interface.answers.claim import claim
from tiltproof.interface.cli.main import main
from tiltproof.interface.output.conclusions import conclusion
from tiltproof.link import LinkError

DATA = Path(__file__).parent / "data"


#: True claims that take the longest, where others of their kind speak for them.
LONG = {
    *(("wide.toml", f"true-{number}") for number in (26, 30, 38, 49, 50, 53, 57)),
    *(("touching.toml", f"true-{number}") for number in (15, 23, 27)),
}


@pytest.mark.parametrize(
    ("file", "false", "long"),
    [
        ("thirty.toml", 15, False),
        ("wide.toml", 27, False),
        ("touching.toml", 15, False),
        *(pytest.param(f"{name}.toml", 0, True, marks=pytest.mark.slow) for name in ("wide", "touching")),
    ],
    ids=["thirty", "wide", "touching", "wide, the longest", "touching, the longest"],
)
def test_files_of_true_and_false_claims(file: str, false: int, long: bool) -> None:
    lemmas = [lemma for lemma in load(DATA / file) if ((file, lemma.id) in LONG) == long]
    report = verify(lemmas=lemmas, workers=2)
    wrong = [r for r in report.results if r.verdict.green != r.claim.startswith("true-")]
    assert [r.claim for r in wrong] == []
    refuted = [r for r in report.results if r.verdict is Verdict.REFUTED]
    assert len({r.claim for r in refuted}) == false == sum(lemma.id.startswith("false-") for lemma in lemmas)
    assert all(r.witness for r in refuted)


@pytest.mark.parametrize(
    ("assertion", "link", "ranges"),
    [
        ("alpha(1, beta) > 0", "z - 3", {"beta": "(beta1, oo)"}),
        ("alpha(1, beta) >= 0", "z - 3", {"beta": "[beta1, oo)"}),
        ("alpha(1, beta) > 0", "tanh(z) - 9/10", {"beta": "(beta1, oo)"}),
        ("beta*logM(beta) < V(beta)", "tanh(z)", {"beta": "(0.1, oo)"}),
        ("abs(V(beta)) <= 1/beta", "tanh(z)", {"beta": "(0.05, oo)"}),
        ("KL(beta) <= 1/(2*beta**2)", "tanh(z)", {"beta": "(0.1, oo)"}),
        ("V(beta) < 1", "tanh(z)", {"beta": "(0, oo)"}),
        ("snr(beta) <= 1", "tanh(z)", {"beta": "(0.5, oo)"}),
        ("chi2(3) == oo and chi2(5) < oo", "z**2", {}),
        ("chi2(beta) > 100", "z**2", {"beta": "(2, 3.9]"}),
        ("snr(beta) == 0", "z**2", {"beta": "(2, 3.9)"}),
        ("alpha(1, beta) == 0 and h(3, beta) == 0", "log(1 + z**2)", {"beta": "(0, oo)"}),
        ("alpha(1, beta) == 0", "z**2/4 + cos(3*z)", {"beta": "(1/2, oo)"}),
        ("V(beta) < c/beta", "tanh(z)", {"beta": "(0.5, 20)", "c": "[1, 2]"}),
        ("where(beta > 1, V(beta), 1) > 0", "tanh(z)", {"beta": "(0.5, 20)"}),
        ("max(V(beta), KL(beta)) > 0 and not V(beta) > 1", "tanh(z)", {"beta": "(0.5, 20)"}),
        ("mu(2, 2) == 12 and mean(z**4) == 3", "z**2", {}),
        ("mu(1, 1) == 1/2 and mu(1, 3) == 0 and mu(2, 0) == 1/2", "relu(z)", {}),
        ("t_max == oo and 1/t_max == 0 and IE == 1", "tanh(z)", {}),
        ("GE/IE <= 1 and IE + 1 > GE and not IE < GE", "tanh(z**2*exp(-z**2))", {}),
        ("V(beta) > 1e-15 or V(beta) == 1", "1e-12*tanh(z)", {"beta": "(1e-12, 1e-10)"}),
        ("beta1 == (3 + sqrt(5))/2*1e12", "1e12*(z - 3)", {}),
        ("beta1 == (3 + sqrt(5))/2*1e-12", "(z - 3)/1e12", {}),
    ],
)
def test_true(assertion: str, link: str, ranges: dict[str, str]) -> None:
    assert claim(assertion, link, ranges).verdict.green


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "witness"),
    [
        ("alpha(1, beta) > 0", "z - 3", {"beta": "[beta1, oo)"}, "beta = beta1"),
        ("alpha(1, beta) > 0", "tanh(z) - 9/10", {"beta": "[beta1, oo)"}, "beta = beta1"),
        ("alpha(1, beta) > 0", "tanh(z) - 9/10", {"beta": "(0.477, 20)"}, "beta = 0.4772"),
        ("alpha(1, beta) > 0", "abs(z)", {"beta": "(0.3, oo)"}, "both sides are equal"),
        ("alpha(3, beta) > 0", "log(1 + z**2)", {"beta": "[0.8, 2]"}, "both sides are equal"),
        ("alpha(2, beta) > 0", "z**2 - 10", {"beta": "[4, 4.5]"}, "beta = 4:"),
        ("alpha(1, beta) != 0", "z - 3", {"beta": "(2.6, 2.7)"}, "beta = sqrt(5)/2 + 3/2 = 2.618"),
        ("alpha(1, beta) != 0", "tanh(z) - 9/10", {"beta": "(0.47, 0.5)"}, "changes sign"),
        ("V(beta) < 1.01*c/beta", "z", {"beta": "(0.5, 20)", "c": "[0.9, 2]"}, "c = 0.9"),
        ("KL(beta) <= 0.18/beta**2", "tanh(z)", {"beta": "(0.1, oo)"}, "KL(beta) ="),
        ("alpha(k, beta) > 0", "tanh(z)", {"beta": "(1, 20)", "k": "1:4"}, "k = 3"),
        ("mean(tanh(z)**2) < 0.3904", "tanh(z)", {}, "0.3942944904"),
        ("KL(beta) > 0 and KL(beta) == V(beta)/beta", "tanh(z)", {"beta": "(0, oo)"}, "KL(beta) == V(beta)/"),
        ("IE < GE", "sin(5*z**2*exp(-z**2))", {}, "IE < GE is false"),
        ("abs(x) == x", "z", {"x": "(-IE, 1)"}, "x = -0.5"),
        ("where(1 + beta/10**9 == 1, 1, 2) == 1", "tanh(z)", {"beta": "(0, 1)"}, "= 2"),
        ("V(beta) == V(beta) + 1e-12", "tanh(z)", {"beta": "(1, 2)"}, "beta = 1.5"),
    ],
)
def test_false_with_a_witness(assertion: str, link: str, ranges: dict[str, str], witness: str) -> None:
    found = claim(assertion, link, ranges)
    assert found.verdict is Verdict.REFUTED
    assert found.witness is not None
    assert witness in found.witness


def test_an_equality_without_a_reason_says_to_how_many_digits() -> None:
    found = claim("mean(tanh(z)*z) == mean(1 - tanh(z)**2)", "tanh(z)")
    assert found.verdict is Verdict.ENCLOSED
    assert any("agree to 30 digits" in e.detail for e in found.evidence)
    assert conclusion(found).endswith("as far as enclosures tell, which is no proof of equality")


@pytest.mark.parametrize(
    ("assertion", "ranges", "verdict"),
    [
        # Of some 10^-2000: exact algebra knows it, balls see only that it is small.
        ("mean(cos(100*z)) == 0", {}, Verdict.REFUTED),
        ("mean(relu(z - 30)) == 0", {}, Verdict.REFUTED),
        pytest.param("mean(tanh(cos(100*z))) == 0", {}, Verdict.UNDECIDED, marks=pytest.mark.slow),
        ("mean(tanh(cos(100*z))) == mean(sinh(cos(101*z)))", {}, Verdict.UNDECIDED),
        ("beta*mean(tanh(cos(100*z))) == beta*mean(sinh(cos(101*z)))", {"beta": "(1, 2)"}, Verdict.UNDECIDED),
        # What is added up says how large a difference would be.
        ("mean(tanh(z)*z) - mean(1 - tanh(z)**2) == 0", {}, Verdict.ENCLOSED),
    ],
)
def test_two_small_numbers_are_not_equal(assertion: str, ranges: dict[str, str], verdict: Verdict) -> None:
    assert claim(assertion, "tanh(z)", ranges).verdict is verdict


def test_an_identity_of_every_link_is_proved() -> None:
    found = claim("KL(beta) == V(beta)/beta - logM(beta)", "tanh(z)", {"beta": "(0.5, 20)"})
    assert found.verdict is Verdict.PROVED
    balls = next(e for e in found.evidence if e.leg == "enclosure")
    assert balls.outcome is not Outcome.REFUTES


def conjunction(assertion: str, verdict: Verdict, *, beta: str = "(0, oo)") -> Result:
    found = claim(assertion, "tanh(z)", {"beta": beta})
    assert found.verdict is verdict
    return found


def test_the_verdict_on_a_conjunction_is_the_weakest_that_was_needed() -> None:
    identity = "KL(beta) == V(beta)/beta - logM(beta)"
    found = conjunction(f"KL(beta) > 0 and {identity}", Verdict.ENCLOSED)
    assert "an identity for every link" in next(e.detail for e in found.evidence if e.leg == "enclosure")
    conjunction(f"V(beta) > 2 or {identity}", Verdict.PROVED)
    conjunction(f"{identity} and IE >= GE and 1 + 1 == 2", Verdict.PROVED)
    mixed = f"(V(beta) > 2 or {identity}) and not V(beta) > 1"
    conjunction(mixed, Verdict.ENCLOSED, beta="(0.1, oo)")


def test_an_exponent_that_is_undecided_is_still_no_smaller_than_the_generative_one() -> None:
    found = claim("IE >= GE", "sin(5*z**2*exp(-z**2))")
    assert found.verdict is Verdict.PROVED
    assert "GE <= IE always" in found.evidence[0].detail


@pytest.mark.parametrize(
    "scale", [*(pytest.param(scale, marks=pytest.mark.slow) for scale in ("1", "10**12")), "10**(-12)"]
)
@pytest.mark.parametrize(
    ("true", "false", "beta"),
    [
        ("beta1/({c}) > 0.4772034 and beta1/({c}) < 0.4772035", "beta1/({c}) > 0.4772035", ""),
        ("alpha(1, beta) > 0", "alpha(1, beta) <= 0", "(beta1, oo)"),
        ("V(beta) < 0 and KL(beta) > 0", "V(beta) < 0 and KL(beta) > 1", "(0.3*{c}, oo)"),
        ("alpha(1, beta) < 0", "alpha(1, beta) < 0 and KL(beta) < 1/2", "(0.2*{c}, 0.45*{c})"),
    ],
)
def test_a_claim_is_decided_at_any_scale(true: str, false: str, beta: str, scale: str) -> None:
    ranges = {"beta": beta.format(c=scale)} if beta else {}
    link = f"{scale}*(tanh(z) - 9/10)"
    assert claim(true.format(c=scale), link, ranges).verdict is Verdict.ENCLOSED
    assert claim(false.format(c=scale), link, ranges).verdict is Verdict.REFUTED


@pytest.mark.parametrize("scale", ["10**12", "10**(-12)", "9/10"])
@pytest.mark.parametrize("assertion", ["V(beta) > 0 and V(beta) < {c}", "alpha(1, beta) > 0"])
def test_an_odd_link_is_decided_at_any_scale(assertion: str, scale: str) -> None:
    """Its mean is a ball with 0 as its middle."""
    found = claim(assertion.format(c=scale), f"{scale}*tanh(z)", {"beta": "(0, oo)"})
    assert found.verdict is Verdict.ENCLOSED


def test_a_witness_lies_in_the_range_whose_end_is_known_roughly() -> None:
    # beta1 = 4.772e-13: below it alpha_1 < 0, and all that may be said of beta1 is that it is small.
    found = claim("alpha(1, beta) > 0", "(tanh(z) - 9/10)/10**12", {"beta": "(beta1, oo)"})
    assert found.verdict in (Verdict.ENCLOSED, Verdict.UNDECIDED)


def test_a_closed_end_that_is_not_decided_keeps_the_claim_open() -> None:
    found = claim("mean(tanh(z)*z) != mean(1 - tanh(z)**2)*b", "tanh(z)", {"b": "[1, 2]"})
    assert found.verdict is Verdict.UNDECIDED


def test_a_leg_that_refutes_what_the_other_proves_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = refutes("the claim fails at a point", "1 == 1 is false")
    monkeypatch.setattr(user_claims, "enclosure", lambda subject, lemma: wrong)
    found = claim("1 + 1 == 2 and mu(1, 1) == 1", "z")
    assert found.verdict is Verdict.ERROR
    assert "1 == 1 is false" in found.reason


def test_what_resists_is_named() -> None:
    found = claim("V(beta)**2 - 0.6*V(beta) + 0.09 >= 0", "tanh(z)", {"beta": "(0.5, 20)"})
    assert found.verdict is Verdict.UNDECIDED
    assert any("not decided for beta in [" in e.detail for e in found.evidence)


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "assume", "reason"),
    [
        ("alpha(2, beta) > 0", "z**2", {"beta": "(1, 20)"}, "", "t_max = 0.5"),
        ("logM(beta/2) > 0", "z**2", {"beta": "(3, 20)"}, "", "t_max = 0.5"),
        ("V(beta) > 0", "tanh(z)", {"beta": "(-IE, 1)"}, "", "temperature beta is not positive"),
        ("alpha(1, beta) > 0", "tanh(z)", {"beta": "[beta1, oo)"}, "", "temperature beta is not positive"),
        ("V(2*b - 3) > 0", "tanh(z)", {"b": "(1, 2)"}, "", "temperature 2*b - 3 is not positive"),
        ("V(b + c) > 0", "tanh(z)", {"b": "(-2, 2)", "c": "(1, 2)"}, "", "not positive"),
        ("mu(1, 1) > 0", "exp(z**2)", {}, "", "infinite"),
        ("IE >= GE", "exp(z**2)", {}, "", "infinite"),
        ("alpha(1, beta) > 0", "z", {"beta": "(1, 20)"}, "IE == 2", "IE = 1"),
        ("alpha(1, beta) > 0", "z", {"beta": "(beta1 + 2, 1)"}, "", "is empty"),
    ],
)
def test_where_a_claim_does_not_apply(
    assertion: str, link: str, ranges: dict[str, str], assume: str, reason: str
) -> None:
    found = claim(assertion, link, ranges, assume=assume)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert reason in found.reason


def test_noise_and_signal_count() -> None:
    assert claim("mu(2, 0) == 2", "z", noise="gaussian(1)").verdict is Verdict.PROVED
    assert claim("mu(2, 0) == 2", "z").verdict is Verdict.REFUTED
    assert claim("beta1 > 0", "z - 3").verdict.green
    assert claim("beta1 > 0", "z - 3", signal="weight").verdict is Verdict.REFUTED
    noisy = claim("alpha(1, beta) > 0", "tanh(z)", {"beta": "(0.5, 20)"}, noise="uniform(2)")
    assert noisy.verdict is Verdict.ENCLOSED


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["claim", "alpha(1, beta) > 0", "--link", "tanh", "--for", "beta=(0.5,20)"], 0),
        (["claim", "-alpha(1, beta) > 0", "--link", "-z", "--for", "beta=(2,oo)"], 0),
        (["claim", "alpha(1, beta) < 0", "--link", "tanh", "--for", "beta=(0.5,20)"], 1),
        (["claim", "alpha(1, bet) < 0", "--link", "tanh", "--for", "beta=(0.5,20)"], 2),
        (["claim", "alpha(1, beta) < 0", "--link", "tanh", "--for", "beta"], 2),
        (["claim", "V(beta) > 0", "--link", "tanh", "--for", "beta=(-1,1)"], 2),
        (["claim", "alpha(2, beta) > 0", "--link", "z**2", "--for", "beta=(1,oo)"], 3),
    ],
)
def test_the_command_and_its_exit_code(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    assert ended.value.code == code
    if code != 2:
        assert json.loads(capsys.readouterr().out)["claim"] == "claim"


def test_a_claim_that_applies_to_no_link_is_vacuous(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassume = "IE == 2"\nassert = "1 > 0"\n')
    report = verify(lemmas=load(file), workers=1)
    assert report.vacuous == ("a",)
    assert report.exit_code == 3


def test_an_identity_in_a_mean_that_may_not_exist_is_not_proved() -> None:
    mean = "mean(exp(z**2/2)/(1 + z**2))"
    found = claim(f"{mean} == {mean}", "z")
    assert found.verdict == "UNDECIDED"
    assert all("not shown to be finite" in each.detail for each in found.evidence if each.leg == "symbolic")


def test_an_assumption_about_a_temperature_is_told_that_it_has_no_parameters() -> None:
    with pytest.raises(LinkError, match="has no parameters"):
        claim("GE == 1", "tanh", assume="beta > 1")


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        ("mu(2, 2) == 2", "both sides are enclosed apart, or equal by exact algebra"),
        ("mu(2, 2) <= 3", "both sides are enclosed apart"),
    ],
)
def test_the_enclosures_do_not_claim_an_equality_that_algebra_found(assertion: str, said: str) -> None:
    found = {each.leg: each.detail for each in claim(assertion, "z").evidence}
    assert found["enclosure"] == said


#: s = z at t = 1/beta, by completing the square.
OF_A_LINE = {
    "h(1, beta)": "exp(1/(2*beta**2))/beta",
    "h(3, beta)": "exp(1/(2*beta**2))/beta**3",
    "alpha(1, beta)": "(1 + 1/beta**2)*exp(1/(2*beta**2))",
    "logM(beta)": "1/(2*beta**2)",
    "V(beta)": "1/beta",
    "Var(beta)": "1",
    "J(beta)": "1/(2*beta)",
    "KL(beta)": "1/(2*beta**2)",
    "ESS(beta)": "exp(-1/beta**2)",
    "chi2(beta)": "exp(1/beta**2) - 1",
    "snr(beta)": "(1 + 1/beta**2)**2*exp(-1/beta**2)/(1 + 4/beta**2)",
}


@pytest.mark.parametrize("name", OF_A_LINE)
def test_every_quantity_of_a_line_has_its_closed_form(name: str) -> None:
    assert claim(f"{name} == {OF_A_LINE[name]}", "z", {"beta": "[1, 3/2]"}).verdict is Verdict.PROVED
