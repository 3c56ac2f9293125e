"""Claims as theorems for Coq, and ``verify --kernel``: what is stated, what is refused, what Coq's word does.

Oracle: the statements as a reader would write them; Coq itself where it is installed; a stand-in for ``coqc``
that accepts or refuses everything.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..commands.in_process import run

CLAIMS = """schema = 1
[[claim]]
id = "lemma-1"
link = "tanh(z)"
for = { beta = "[1/2, 20]" }
assert = "alpha(1, beta) > 0"
[[claim]]
id = "lemma-2"
link = "tanh(z)"
assert = "GE == 1"
"""
ZERO = "converges s 1 beta1 /\\ alpha s 1 beta1 = 0"
BEYOND = "forall beta, beta1 < beta -> converges s 1 beta /\\ 0 < alpha s 1 beta."
#: An assertion, its link and range, and the theorem.
STATED = [
    ("alpha(1, beta) > 0", "tanh", "beta=[1/2,20]",
     "Theorem signed : forall beta, (1 / 2) <= beta <= 20 -> converges s 1 beta /\\ 0 < alpha s 1 beta."),
    ("0 >= alpha(1, beta)", "-tanh(z)", "beta=(1,2]",
     "Theorem signed : forall beta, 1 < beta <= 2 -> converges s 1 beta /\\ alpha s 1 beta <= 0."),
    ("alpha(1, beta) != 0", "z - 3", "beta=[3,oo)",
     "Theorem signed : forall beta, 3 <= beta -> converges s 1 beta /\\ alpha s 1 beta <> 0."),
    ("alpha(1, beta) > 0", "tanh", "beta=(0,oo)",
     "Theorem signed : forall beta, 0 < beta -> converges s 1 beta /\\ 0 < alpha s 1 beta."),
    ("alpha(GE, beta) > 1/10", "relu", "beta=(1,oo)",
     "Theorem signed : forall beta, 1 < beta -> converges s 1 beta /\\ 1 / 10 < alpha s 1 beta."),
    ("alpha(2, 3) <= -1/10", "-z**2", "",
     "Theorem claimed : converges s 2 3 /\\ alpha s 2 3 <= (- 1 / 10)."),
    ("beta1 < 1/2", "tanh-9/10", "",
     f"Theorem beta1_isolated : exists beta1, beta1 < 1 / 2 /\\ {ZERO} /\\ {BEYOND}"),
    ("beta1 > 0.47", "tanh-9/10", "",
     f"Theorem beta1_isolated : exists beta1, 47 / 100 < beta1 /\\ {ZERO} /\\ {BEYOND}"),
    ("beta1 < 1/2", "tanh", "",
     "Theorem signed : exists b, b < 1 / 2 /\\ forall beta, b < beta -> "
     "converges s 1 beta /\\ alpha s 1 beta <> 0."),
]  # fmt: skip
REFUSED = [
    ("GE == 1", "tanh", "", "is no theorem that is written: for Coq claim"),
    ("V(beta) > 0", "tanh", "beta=[1,2]", "is no theorem that is written: for Coq claim"),
    ("alpha(1, 2) == 0", "cos(z)", "", "is no theorem that is written: for Coq claim"),
    ("alpha(1, beta) > 0", "tanh", "beta=(0,2)", "has an end that is no positive number"),
    ("alpha(1, 2) > 1", "tanh", "", "is not seen to be above 1"),
    ("alpha(1, beta) > 0", "tanh(z) - 9/10", "beta=[2/5,1]", "is not seen to stay above 0"),
    ("beta1 < 0.47", "tanh-9/10", "", "is not seen to be below 47/100"),
    ("beta1 > 1/2", "tanh", "", "is no zero of the signal"),
    ("alpha(1, 2) > 0", "erf(z)", "", "has no error function"),
]  # fmt: skip
needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None, reason="Coq is not installed: see docs/kernel.md"
)


def claim(assertion: str, link: str, range_: str, target: Path, *more: str) -> tuple[object, str]:
    ranges = ("--for", range_) if range_ else ()
    done = run("claim", assertion, "--link", link, *ranges, "--coq", str(target), *more)
    return done.returncode, done.stderr


def theorem(file: Path) -> str:
    """The theorem of a file, on one line."""
    _, _, after = file.read_text().rpartition("\nTheorem ")
    return " ".join(f"Theorem {after.partition('Proof.')[0]}".split())


@pytest.mark.parametrize(("assertion", "link", "range_", "stated"), STATED)
def test_a_claim_is_stated_as_it_is_written(
    assertion: str, link: str, range_: str, stated: str, tmp_path: Path
) -> None:
    assert claim(assertion, link, range_, tmp_path / "claim.v") == (0, "")
    assert theorem(tmp_path / "claim.v") == stated


@pytest.mark.parametrize(("assertion", "link", "range_", "why"), REFUSED)
def test_what_is_no_theorem_is_refused_in_one_sentence(
    assertion: str, link: str, range_: str, why: str, tmp_path: Path
) -> None:
    code, said = claim(assertion, link, range_, tmp_path / "claim.v")
    assert (code, said.count("\n"), list(tmp_path.iterdir())) == (2, 1, [])
    assert why in said


@pytest.mark.parametrize(
    "option", [("--noise", "gaussian(1)"), ("--signal", "weight"), ("--assume", "GE == 1")]
)
def test_a_theorem_is_about_the_label_without_noise_or_assumption(
    option: tuple[str, str], tmp_path: Path
) -> None:
    code, said = claim("beta1 < 1", "tanh-9/10", "", tmp_path / "claim.v", *option)
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "signal label, no noise and no assumption" in said


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(("assertion", "link", "range_", "stated"), STATED)
def test_coq_proves_the_claim(assertion: str, link: str, range_: str, stated: str, tmp_path: Path) -> None:
    from tiltproof.crosscheck.run.certificates import compiled

    claim(assertion, link, range_, tmp_path / "claim.v")
    assert compiled(tmp_path / "claim.v").error == ""
    assert [file.name for file in tmp_path.iterdir()] == ["claim.v"]


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program ``coqc``, the only one that is found; the work goes on in ``folder``."""
    (folder / "bin").mkdir()
    if script:
        (folder / "bin" / "coqc").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / "coqc").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.chdir(folder)
    (folder / "own.toml").write_text(CLAIMS)


def legs(stdout: str) -> dict[str, dict[str, str] | None]:
    return {each["claim"]: each["evidence"].get("kernel") for each in json.loads(stdout)["results"]}


def test_without_coq_the_kernel_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "")
    done = run("verify", "own.toml", "--kernel")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "there is no coqc" in done.stderr


def test_what_coq_proves_is_told_beside_the_other_legs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "exit 0")
    done = run("verify", "own.toml", "--kernel", "--json", "--html", "page.html")
    found = legs(done.stdout)
    assert done.returncode == 0
    assert found["lemma-1"]
    assert found["lemma-1"]["detail"].startswith("proved by Coq (kernel/lemma_1_tanh_z_0.v, ")
    assert found["lemma-2"]
    assert found["lemma-2"]["outcome"] == "absent"
    assert "GE == 1" in found["lemma-2"]["detail"]
    verdicts = [each["verdict"] for each in json.loads(done.stdout)["results"]]
    assert verdicts == ["ENCLOSED", "PROVED"]
    assert "proved by Coq (kernel/lemma_1_tanh_z_0.v" in Path("page.html").read_text()
    assert os.listdir("kernel") == ["lemma_1_tanh_z_0.v"]


def test_theorems_and_certificates_tell_the_share_that_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "exit 0")
    shares: dict[str, list[float]] = {}

    @contextmanager
    def share(what: str) -> Iterator[Callable[[float], None]]:
        yield shares.setdefault(what, []).append

    monkeypatch.setattr("tiltproof.interface.output.progress.share", share)
    asked = "--kernel", "--claim", "L1", "--link", "sign(z)", "--link", "3", "--certificates", "proofs"
    run("verify", "own.toml", *asked)
    assert shares["proving again in Coq"] == [1.0]
    assert shares["writing the certificates"] == [0.5, 1.0]


def test_what_coq_refuses_is_an_error_that_shows_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "echo 'Error: Numerical evaluation failed.' >&2; exit 1")
    done = run("verify", "own.toml", "--kernel", "--json")
    [refused, untouched] = json.loads(done.stdout)["results"]
    assert done.returncode == 3
    assert (refused["verdict"], untouched["verdict"]) == ("ERROR", "PROVED")
    for part in (
        "enclosure supports (",
        "Coq refuses kernel/",
        "forall beta",
        "Numerical evaluation failed.",
    ):
        assert part in refused["reason"]


def test_a_claim_that_is_named_by_a_digit_has_a_file_that_coq_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "case $2 in [0-9]*) echo 'Error: Invalid character' >&2; exit 1;; esac")
    (tmp_path / "own.toml").write_text(CLAIMS.replace("lemma-1", "2.1"))
    [proved, _] = json.loads(run("verify", "own.toml", "--kernel", "--json").stdout)["results"]
    assert proved["verdict"] == "ENCLOSED"
    assert os.listdir("kernel") == ["claim_2_1_tanh_z_0.v"]


def test_a_coq_that_was_killed_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "kill -9 $$")
    done = run("verify", "own.toml", "--kernel", "--json")
    found = legs(done.stdout)["lemma-1"]
    assert done.returncode == 0
    assert found
    assert found["outcome"] == "undecided"
    assert "before it could tell" in found["detail"]


def test_without_the_option_no_leg_of_the_kernel_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "exit 1")
    assert legs(run("verify", "own.toml", "--json").stdout) == {"lemma-1": None, "lemma-2": None}
    assert not Path("kernel").exists()


@needs_coq
@pytest.mark.slow
def test_coq_proves_beta1_of_t1_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("verify", "--claim", "T1", "--link", "tanh-9/10", "--kernel", "--json")
    found = legs(done.stdout)["T1"]
    assert found
    assert found["outcome"] == "supports"
    assert "beta1 <= 0.477204" in found["detail"]
