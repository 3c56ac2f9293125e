"""Claims in a paper: read from its comments, reported under its labels, refused with the line."""

from pathlib import Path

import pytest
from tiltproof.crosscheck.assertions.claim_file import loads
from tiltproof.crosscheck.assertions.paper import load, read
from tiltproof.link import LinkError, parse
from tiltproof.link.assertion import Range

from ..commands.in_process import run

PAPER = Path(__file__).resolve().parents[2] / "docs" / "paper.tex"


def test_the_paper_of_the_documents_is_read_under_its_labels() -> None:
    claims = {claim.id: claim for claim in load(PAPER)}
    assert list(claims) == ["lem:monotone", "lem:signal", "thm:value", "thm:value.2", "lem:too-much"]
    assert {claim.links for claim in claims.values()} == {(parse("tanh(z) - 9/10"),)}
    assert claims["lem:signal"].uses == ("lem:monotone", "T1")
    assert claims["lem:signal"].source == "paper.tex, line 22"
    assert claims["lem:signal"].place == (str(PAPER), 22)
    assert claims["thm:value.2"].text == "KL(beta) <= 1/(2*beta**2) and V(beta) < 1/10"
    assert isinstance(dict(claims["thm:value"].ranges)["beta"], Range)


def test_a_paper_is_verified_and_the_false_lemma_named() -> None:
    done = run("verify", "--claims", str(PAPER), "--workers", "1")
    assert done.returncode == 1
    assert "lem:too-much on tanh(z) - 9/10: REFUTED" in done.stdout
    assert done.stdout.count("REFUTED") == 3


LEMMA = r"""
\begin{lemma}\label{lem:a}
% tiltproof: assert V(beta) > 0 for beta in (1, 2)
% tiltproof: on tanh(z)
\end{lemma}
"""


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (LEMMA, ["lem:a"]),
        (r"\label{eq:1} % tiltproof: assert mu(1, 1) == 1 on z", ["eq:1"]),
        (r"\label{eq:1} 5\% tiltproof: is no comment % tiltproof: assert IE == 1 on z", ["eq:1"]),
        (LEMMA + LEMMA.replace("lem:a", "lem:b"), ["lem:a", "lem:b"]),
        # The label inside the environment, though the next one is nearer.
        (LEMMA.replace("% tilt", "\n\n\n% tilt", 1) + r"\label{sec:next}", ["lem:a"]),
        (LEMMA.replace("% tilt", "% \\label{old}\n% tilt", 1), ["lem:a"]),
    ],
)
def test_a_comment_belongs_to_its_label(text: str, ids: list[str]) -> None:
    assert [claim.id for claim in read(text, "x.tex")] == ids


def test_several_parameters_links_and_settings() -> None:
    [claim] = read(
        "% tiltproof: noise gaussian(1/2) signal weight\n\\label{a}\n"
        r"% tiltproof: assert alpha(k, beta) != 0 for beta \in (1, oo), k = 1:3"
        "\n% tiltproof: on tanh(z); z - 3 assume GE == 1",
        "x.tex",
    )
    assert [name for name, _ in claim.ranges] == ["beta", "k"]
    assert len(claim.links) == 2
    assert (str(claim.noise), claim.signal, claim.assume) == ("gaussian(1/2)", "weight", "GE == 1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("% tiltproof: assert", "% tiltproof: claim", "x.tex: line 3: 'claim V(beta) > 0' is not made of"),
        ("V(beta) > 0", "V(beta)", "x.tex: line 3: key assert: an assertion must compare"),
        ("(1, 2)", "(2, 1)", "x.tex: line 3: key for: beta = '(2, 1)' is empty"),
        ("tanh(z)", "tahn(z)", "x.tex: line 3: key links: unknown function 'tahn'"),
        ("% tiltproof: on tanh(z)\n", "", "x.tex: line 3: has neither link nor links"),
        (r"\label{lem:a}", "", r"x.tex: line 3: no \label stands in"),
        (r"\label{lem:a}", r"\label{a b}", "x.tex: line 3: key id: 'a b' is not an id"),
        (
            "% tiltproof: on",
            "% tiltproof: uses lem:b on",
            "key uses: there is no claim 'lem:b': did you mean lem:a?",
        ),
        ("% tiltproof: on", "% tiltproof: uses lem:a on", "key uses: 'lem:a' rests on itself"),
        ("tiltproof", "tiltprof", "x.tex: there are no claims"),
    ],
)
def test_a_refusal_names_the_line(old: str, new: str, said: str) -> None:
    with pytest.raises(LinkError) as refusal:
        read(LEMMA.replace(old, new), "x.tex")
    assert said in str(refusal.value)


def test_a_toml_claim_rests_on_others_and_on_built_in_ones() -> None:
    text = 'schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassert = "IE == 1"\nuses = ["T1", "b"]\n'
    more = '[[claim]]\nid = "b"\nlink = "z"\nassert = "GE == 1"\n'
    assert loads(text + more, "x.toml")[0].uses == ("T1", "b")
    with pytest.raises(LinkError, match="key uses: there is no claim 'b'"):
        loads(text, "x.toml")
    with pytest.raises(LinkError, match="rests on itself"):
        loads(text + more + 'uses = ["a"]\n', "x.toml")


def test_a_built_in_claim_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.claims.toml"
    file.write_text('schema = 1\n[[claim]]\nid = "a"\nlink = "z"\nassert = "IE == 1"\nuses = ["Q9"]\n')
    done = run("verify", "--claims", str(file))
    assert (done.returncode, "'a' uses 'Q9'" in done.stderr) == (2, True)
