"""The margin of an inequality holds its infimum; a witness comes with the command that shows it again."""

import json
import shlex
from fractions import Fraction
from pathlib import Path

import pytest
from tiltproof.crosscheck.claim import Subject
from tiltproof.crosscheck.claims import CLAIMS
from tiltproof.crosscheck.run.scheduler import check as check_claim
from tiltproof.crosscheck.verdict import Margin, Verdict
from tiltproof.interface.answers.claim import claim
from tiltproof.link import parse

from ..commands.in_process import run


def margin(assertion: str, link: str, ranges: dict[str, str]) -> Margin:
    found = claim(assertion, link, ranges).margin
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "infimum", "at"),
    [
        # V = 1/beta, Var = 1 and K = 1/(2 beta^2) for s = z.
        ("V(beta) > 0", "z", {"beta": "[1, 2]"}, "1/2", "beta = 2"),
        ("V(beta) > 0", "z", {"beta": "[1, 2)"}, "1/2", "beta -> 2"),
        ("V(beta) < 1", "z", {"beta": "[2, 4]"}, "1/2", "beta = 2"),
        ("V(beta) > 0", "z", {"beta": "[1, oo)"}, "0", "beta -> oo"),
        ("V(beta) > 0 and Var(beta) > 3/4", "z", {"beta": "[1, 2]"}, "1/4", ""),
        ("V(beta) > 0 or Var(beta) > 3", "z", {"beta": "[1, 2]"}, "1/2", "beta = 2"),
        ("(V(beta) - 2/3)**2 > -1", "z", {"beta": "[1, 2]"}, "1", "beta = 1.5"),
        ("c*V(beta) > -1", "z", {"beta": "[1, 2]", "c": "[1, 3]"}, "3/2", "beta = 2, c = 1"),
        ("V(beta) > 0 and V(beta) == 1/beta", "z", {"beta": "[1, 2]"}, "1/2", "beta = 2"),
        ("mu(1, 2) > 1/2", "z**2", {}, "3/2", ""),
        ("J(beta) < V(beta)", "z", {"beta": "[1, 2]"}, "1/4", "beta = 2"),
    ],
)
def test_the_margin_encloses_the_infimum(
    assertion: str, link: str, ranges: dict[str, str], infimum: str, at: str
) -> None:
    found = margin(assertion, link, ranges)
    assert Fraction(found.lower) <= Fraction(infimum) <= Fraction(found.upper)
    assert Fraction(found.upper) <= Fraction(infimum) * Fraction(1001, 1000) + Fraction(1, 10**6)
    assert Fraction(found.lower) >= Fraction(infimum) * Fraction(97, 100)
    assert found.at.startswith(at)


def test_a_refuted_claim_says_by_how_much_it_fails() -> None:
    found = margin("V(beta) > 3/4", "z", {"beta": "[1, 2]"})
    assert (found.lower, found.at) == ("-inf", "beta = 2")
    assert Fraction(-1, 4) <= Fraction(found.upper) < Fraction(-24999, 100000)


def test_a_claim_that_fails_by_equality_at_its_end_has_the_margin_0() -> None:
    found = margin("alpha(1, beta) > 0", "z - 3", {"beta": "[beta1, oo)"})
    assert found == Margin("-inf", "0", "beta -> beta1")


@pytest.mark.parametrize(
    "assertion", ["KL(beta) == V(beta)/beta - logM(beta)", "V(beta) == 0 or V(beta) > 0"]
)
def test_what_is_no_inequality_throughout_has_no_margin(assertion: str) -> None:
    assert claim(assertion, "tanh", {"beta": "(1, 20)"}).margin is None


@pytest.mark.parametrize(
    ("assertion", "link", "ranges"),
    [
        ("V(beta) < 0.99", "tanh", {"beta": "(0,20)"}),
        ("alpha(k, beta) > 0", "tanh", {"beta": "(1, 20)", "k": "1:4"}),
        ("alpha(1, beta) > 0", "z - 3", {"beta": "[beta1, oo)"}),
        ("mu(1, 2) == 2.02", "z**2", {}),
    ],
)
def test_the_command_beside_a_witness_shows_it_again(
    assertion: str, link: str, ranges: dict[str, str]
) -> None:
    found = claim(assertion, link, ranges)
    program, *arguments = shlex.split(found.again)
    assert program == "tiltproof"
    done = run(*arguments, "--json")
    assert done.returncode == 1
    assert found.witness is not None
    # At the point itself a parameter is written as its number.
    again = json.loads(done.stdout)["witness"]
    assert again.rpartition("= ")[2] == found.witness.rpartition("= ")[2]


def test_noise_signal_and_assumption_are_part_of_the_command() -> None:
    found = claim("beta1 > 9", "z - 3", noise="gaussian(1/2)", signal="centered", assume="GE == 1")
    assert found.again == (
        "tiltproof claim 'beta1 > 9' --link 'z - 3' --noise 'gaussian(1/2)' --signal centered "
        "--assume 'GE == 1'"
    )


def test_a_built_in_claim_is_run_again_by_verify() -> None:
    found = check_claim(CLAIMS["L1"], Subject(parse("tanh"), seed=3))
    assert found.verdict is not Verdict.REFUTED
    assert found.again == "tiltproof verify --claim L1 --link tanh --seed 3"
    assert found.margin is None


@pytest.mark.parametrize(
    ("assertion", "link", "ranges", "word"),
    [
        ("Var(beta) == 1 and J(beta) == 1/(2*beta)", "z", {"beta": "(1, 20)"}, Verdict.PROVED),
        ("ESS(beta) == 1/(1 + chi2(beta))", "tanh", {"beta": "(1, 20)"}, Verdict.PROVED),
        ("ESS(beta) == 0 and chi2(beta) == oo", "z**2", {"beta": "(2, 3.9)"}, Verdict.ENCLOSED),
        ("ESS(beta) == exp(-1/beta**2)", "z", {"beta": "(1, 20)"}, Verdict.PROVED),
        ("ESS(beta) > exp(-1/beta**2)", "z", {"beta": "(1, 20)"}, Verdict.REFUTED),
        ("Var(beta) > 0 and J(beta) < V(beta)", "tanh", {"beta": "[1, oo)"}, Verdict.ENCLOSED),
        ("Var(beta) > 0.4", "tanh", {"beta": "[1, oo)"}, Verdict.REFUTED),
        ("J(beta) > V(beta)", "tanh", {"beta": "[1, oo)"}, Verdict.REFUTED),
        ("lambda2(2) == 1", "z**2", {}, Verdict.PROVED),
        ("lambda2(GE) < 1", "z**2", {}, Verdict.REFUTED),
        ("snr(beta) <= lambda2(GE)", "tanh", {"beta": "(1, 3)"}, Verdict.ENCLOSED),
        ("alpha(GE, beta) > 0", "z**2", {"beta": "(2, 9]"}, Verdict.PROVED),
        ("alpha(GE, beta) < 0", "tanh", {"beta": "(2, 9]"}, Verdict.REFUTED),
        ("mu(1, IE) != 0", "He(3, z)", {}, Verdict.PROVED),
        # Certified, but not by algebra: no more than ENCLOSED.
        ("lambda2(GE) > 1/10", "clip(He(3, z), -4, 4)", {}, Verdict.ENCLOSED),
    ],
)
def test_words_of_the_policy_and_orders_by_name(
    assertion: str, link: str, ranges: dict[str, str], word: Verdict
) -> None:
    assert claim(assertion, link, ranges).verdict is word


def test_ess_is_that_of_the_noisy_label() -> None:
    # E e^{te} = e^{t^2/2} for gaussian(1): ESS gains e^{-t^2}.
    assertion = "ESS(beta) == exp(-1/beta**2)/(1 + chi2(beta))"
    assert claim(assertion, "tanh", {"beta": "(1, 20)"}, noise="gaussian(1)").verdict is Verdict.PROVED
    assert claim(assertion, "tanh", {"beta": "(1, 20)"}).verdict is Verdict.REFUTED


def test_noise_lowers_lambda2() -> None:
    assert claim("lambda2(1) == 1/2", "z", noise="gaussian(1)").verdict is Verdict.PROVED
    # 0.58085 by the test of what labels carry.
    assert claim("lambda2(1) > 0.5808", "tanh(z)", noise="gaussian(1/2)").verdict is Verdict.ENCLOSED
    assert claim("lambda2(1) > 0.5809", "tanh(z)", noise="gaussian(1/2)").verdict is Verdict.REFUTED


def test_an_order_that_is_oo_is_no_order() -> None:
    found = claim("alpha(GE, 2) != 0", "sign(z)**2")
    assert found.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("assertion", "ranges", "said"),
    [
        (
            "alpha(1, t) > 0",
            ["--for", "t=(1, 2)"],
            "t stands for its inverse, beta = 1/t: write alpha(k, 1/t)",
        ),
        ("alpha(1, 2*t) > 0", ["--for", "t=1:3"], "beta = 1/t"),
        ("V(t) > 0", [], "t = 1/beta is the inverse of a temperature"),
        ("V(2) > 0", ["--for", "beta=(1, 2)"], "no beta in the assertion"),
        ("lambda2(0) > 0", [], "an integer from 1 to 200"),
    ],
)
def test_what_is_meant_otherwise_is_refused(assertion: str, ranges: list[str], said: str) -> None:
    done = run("claim", assertion, "--link", "tanh", *ranges)
    assert done.returncode == 2
    assert said in done.stderr


def test_one_over_t_is_a_temperature() -> None:
    assert claim("V(1/t) > 0 and alpha(1, 2/(3*t)) > 0", "tanh", {"t": "(0.1, 1)"}).verdict.green


def test_a_label_is_part_of_the_command() -> None:
    found = claim("GE == 1", "z**2", label="poisson")
    assert found.verdict is Verdict.REFUTED
    assert found.again == "tiltproof claim 'GE == 1' --link 'z**2' --label poisson"
    assert run(*shlex.split(found.again)[1:]).returncode == 1


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        ("t_max == 1/2", "tiltproof claim 't_max == 1/2' --link '2*z**2'"),
        ("t_max == a/2", "tiltproof claim 't_max == a/2' --link '2*z**2' --for a=2"),
    ],
)
def test_a_member_of_a_family_is_asked_by_its_own_command(assertion: str, said: str, tmp_path: Path) -> None:
    lines = ["schema = 1", "[[claim]]", 'id = "a"', 'link = "a*z**2"', 'for = { a = "1:2" }']
    (tmp_path / "own.toml").write_text("\n".join([*lines, f'assert = "{assertion}"']))
    done = json.loads(run("verify", "--claims", str(tmp_path / "own.toml"), "--json").stdout)
    again = done["results"][1]["again"]
    assert again == said
    assert run(*shlex.split(again)[1:]).returncode == 1
