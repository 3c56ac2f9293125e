"""Numbers and answers as Python objects: converted, compared and shown, and no arithmetic by accident."""

import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib
import numpy
import pytest
import sympy
from tiltproof.crosscheck.number import Number

import tiltproof

WIDE, NARROW = Number(None, "0.4", "0.6"), Number(None, "0.30000000000000001", "0.30000000000000002")
ROOT = Number(sympy.sqrt(2), "1.41", "1.42")


def test_a_number_is_converted_by_its_middle() -> None:
    assert float(WIDE) == 0.5
    assert WIDE.mid == Fraction(1, 2)
    assert WIDE.bounds == (Fraction(2, 5), Fraction(3, 5))
    assert float(Number(sympy.oo, "inf", "inf")) == float("inf")
    with pytest.raises(ValueError, match="no finite bounds"):
        Number(None, "1", "inf").mid  # noqa: B018


def test_numbers_compare_where_their_enclosures_lie_apart() -> None:
    assert NARROW < WIDE
    assert not NARROW >= WIDE
    assert WIDE < 1
    assert Fraction(1, 3) < WIDE
    assert NARROW > 0.3
    assert Number(sympy.sqrt(2), "1.414", "1.415") >= ROOT
    assert Number(None, "2", "inf") > WIDE
    assert Number(None, "5", "5") >= 5


@pytest.mark.parametrize("other", [0.5, Fraction(1, 2), Number(None, "0.5", "0.7")])
def test_overlapping_enclosures_are_not_told_apart(other: object) -> None:
    with pytest.raises(ValueError, match="are not told apart: ask for more digits"):
        assert other > WIDE


def test_there_is_no_arithmetic_of_enclosures() -> None:
    for work in (lambda: WIDE + 1, lambda: 2 * WIDE, lambda: WIDE**2, lambda: -WIDE, lambda: WIDE / WIDE):
        with pytest.raises(TypeError, match=r"take float\(x\), x.mid"):
            work()


def test_a_repr_is_short() -> None:
    assert repr(Number(sympy.Integer(5), "5", "5")) == "Number(5 = 5)"
    value = tiltproof.coefficients("tanh(z)", 1, 2, digits=60).coefficients[0].alpha
    assert repr(value) == "Number(0.659562592743...)"
    assert repr(tiltproof.threshold("tanh(z) - 9/10")) == (
        "<Threshold tanh(z) - 9/10: use beta1 > 0.478; best signal without weights>"
    )
    assert repr(tiltproof.claim("mu(1, 2) == 2", "z**2")) == "<Result z**2: true, by exact algebra>"


def test_a_claim_is_asserted_with_its_reasons() -> None:
    assert tiltproof.assert_claim("GE == 2", "z**2").verdict == "PROVED"
    with pytest.raises(AssertionError, match=r"REFUTED: V\(beta\) > 3/4 on z\n  beta = 4/3: V\(beta\) > 3/4"):
        tiltproof.assert_claim("V(beta) > 3/4", "z", {"beta": "[1, 2]"})


def test_what_there_is_can_be_listed(tmp_path: Path) -> None:
    assert tiltproof.links()["tanh"].text == "tanh(z)"
    assert tiltproof.claims()["T1"].sentence == "S5"
    [lemma, *_] = tiltproof.load_claims(Path(__file__).resolve().parents[2] / "docs" / "paper.tex")
    assert lemma.id == "lem:monotone"
    with pytest.raises(tiltproof.LinkError):
        tiltproof.check(tmp_path / "none.json")


def test_an_answer_is_a_frame_where_pandas_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas: Any = ModuleType("pandas")
    pandas.DataFrame = list
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    frame = tiltproof.coefficients("z - 3", range(2), ["1/2", 1]).to_frame()
    assert [(row["k"], row["beta"]) for row in frame] == [(0, "1/2"), (1, "1/2"), (0, "1"), (1, "1")]
    assert frame[1]["alpha.closed_form"] == "-exp(-4)"
    [row] = tiltproof.policy("z", 1).to_frame()
    assert row["value.lower"] == "1"
    assert [row["beta"] for row in tiltproof.policy("z", [1, 2]).to_frame()] == ["1", "2"]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        tiltproof.policy("z", 1).to_frame()


def test_a_plot_is_drawn_into_the_axes_that_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    _, ax = pyplot.subplots()
    assert tiltproof.threshold("z - 3").plot(ax) is ax
    assert ax.lines
    assert ax.get_xlabel() == "temperature \u03b2"
    assert tiltproof.threshold("z - 3").plot().lines
    assert tiltproof.policy("z", [1, 2]).plot(ax).get_xscale() == "log"
    assert tiltproof.threshold("z - c", ranges={"c": "[2, 3]"}).plot(ax).get_xlabel() == "c"
    assert tiltproof.recover("z", 2, [20, 40], replicas=4).plot().get_ylabel() == "fraction recovered"
    pyplot.close("all")
    with pytest.raises(TypeError, match="a Policy has no figure"):
        tiltproof.policy("z", 1).plot()
    with pytest.raises(TypeError, match="nothing to plot for He3"):
        tiltproof.threshold("He3").plot()


def test_integers_of_numpy_are_integers() -> None:
    orders = tiltproof.coefficients("z - 3", numpy.arange(2), 1, digits=numpy.int64(20)).coefficients
    assert [entry.k for entry in orders] == [0, 1]
    assert tiltproof.coefficients("z - 3", numpy.int64(1), numpy.int64(2)).coefficients[0].k == 1
    for wrong in (1.5, "1", [0.5]):
        with pytest.raises(tiltproof.LinkError, match=r"k = .* is no order"):
            tiltproof.coefficients("z", wrong, 1)  # type: ignore[arg-type]


def test_numbers_and_ranges_of_other_packages_are_taken() -> None:
    z = sympy.Symbol("z")
    assert tiltproof.link(sympy.tanh(z) - sympy.Rational(9, 10)) == tiltproof.link("tanh(z) - 9/10")
    assert tiltproof.policy("z", sympy.Rational(1, 2)).beta == Fraction(1, 2)
    assert [each.beta for each in tiltproof.policy("z", numpy.array([1.0, 0.5])).policies] == [
        1,
        Fraction(1, 2),
    ]
    assert [run.d for run in tiltproof.recover("z", 2, range(20, 60, 20), replicas=4).runs] == [20, 40]
    assert (
        tiltproof.claim("mu(1, k) >= 0", "tanh(z)", {"k": range(1, 3)}).claimed.quantified == "all k in 1..2"
    )  # type: ignore[union-attr]
