"""B5. Preferences: the first layer sees g = E tanh((s - s')/(2 tau)), an increasing function of s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import Label
from ...link.build import call, combine
from ...link.tree import Num, Var
from ...theory.channel import win_moment
from ...theory.exact.lower import rational
from ...theory.exact.polynomial import polynomial
from ...theory.shape.pieces import levels
from ..claim import Assumption, Claim, Formula, Subject, Variant, of_statement
from ..legs.drawn_label import Case, numeric_legs
from ..legs.equation import Moment
from ..legs.test_temperatures import NOT_CONSTANT
from ..verdict import Evidence, refutes, supports

_LABEL = Label("preference", (Fraction(1),))
_ORDERS, _AT = (1, 2, 3), Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Statement:
    """g = E tanh((s - s')/(width tau)) times ``factor``; affine: 2^{-k/root} E[tanh(...) He_k(u)]."""

    width: int = 2
    root: int = 2
    factor: Fraction = Fraction(1)


def cases(subject: Subject, statement: Statement) -> Iterator[Case]:
    tree, at = subject.link.tree, sympy.Rational(_AT)
    tau = _LABEL.numbers[0] * statement.width / 2
    line, steps = polynomial(tree), levels(tree)
    for k in _ORDERS:
        front = (
            sympy.Rational(statement.factor) * sympy.sinh(at),
            sympy.Rational(statement.factor) * sympy.cosh(at),
        )
        for power in (0, 1):
            if steps is not None:
                mean = win_moment(steps, rational(tau), k)
                yield Case(tree, _LABEL, k, power, _AT, constant=front[power] * mean)
            elif line is not None:
                slope = Fraction(int(line[1].p), int(line[1].q)) / tau
                inside = combine("/", combine("*", Num(slope), Var()), call("sqrt", (Num(Fraction(2)),)))
                reduced = sympy.Integer(2) ** sympy.Rational(-k, statement.root)
                moment = Moment(call("tanh", (inside,)), k, 1)
                yield Case(tree, _LABEL, k, power, _AT, terms=((front[power] * reduced, moment),))


def derive(statement: Statement) -> Evidence:
    """The law of o, the rotation of (z, z') by 45 degrees, and the halves of the two inputs."""
    x, tau = sympy.Symbol("x", real=True), sympy.Symbol("tau", positive=True)
    chance = 1 / (1 + sympy.exp(-x / tau))
    stated = sympy.tanh(x / (statement.width * tau))
    if sympy.simplify((2 * chance - 1 - stated).rewrite(sympy.exp)) != 0:
        shown = sympy.N((2 * chance - 1 - stated).subs({x: 1, tau: 1}), 6)
        return refutes("symbolic", "E[o given x, x'] is another", f"off by {shown} at s - s' = 1, tau = 1")
    u, r = sympy.symbols("u r", real=True)
    # E[e^{rz - r^2/2} | u], z = (u + w)/sqrt 2 with w ~ N(0, 1), generates E[He_k(z) | u].
    exponent = sympy.expand(r * u / sympy.sqrt(2) - r**2 / 2 + (r / sympy.sqrt(2)) ** 2 / 2)
    scaled = r / sympy.Integer(2) ** sympy.Rational(1, statement.root)
    if sympy.expand(exponent - (scaled * u - scaled**2 / 2)) != 0:
        witness = f"exponent {exponent} in place of {sympy.expand(scaled * u - scaled**2 / 2)}"
        return refutes("symbolic", "the mean of He_k given u is another", witness)
    if statement.factor != 1:
        return refutes("symbolic", "o has the values 1 and -1", f"factor {statement.factor} in place of 1")
    detail = "P(o = 1) rewritten as tanh; the generating function of He_k given u = (z - z')/sqrt 2"
    return supports("symbolic", detail)


def _neither(subject: Subject) -> str | None:
    line = polynomial(subject.link.tree)
    affine = line is not None and len(line) == 2 and all(c.is_Rational for c in line)
    reduced = affine or levels(subject.link.tree) is not None
    return None if reduced else "s is neither affine nor of finitely many levels"


CLAIM: Claim[Statement] = Claim(
    id="B5",
    title="Preferences",
    formula=Formula(
        "P(o = 1) = sigmoid((s(z) - s(z'))/tau), else o = -1: E[o given z] = g(z) = E tanh((s(z) - s(z'))"
        "/(2 tau)), an increasing function of s, so GE = IE = IE(g); for s = az + b, E[g He_k] = "
        "2^(-k/2) E[tanh(a u/(sqrt(2) tau)) He_k(u)]",
        r"g(z)=\mathbb{E}\tanh\frac{s(z)-s(z')}{2\tau},\quad s=az+b:\ \mathbb{E}[g\,\mathrm{He}_k]=2^{-k/2}\,"
        r"\mathbb{E}\Bigl[\tanh\Bigl(\frac{au}{\sqrt2\,\tau}\Bigr)\mathrm{He}_k(u)\Bigr]",
    ),
    kind="equal",
    sentence="S2",
    source="Bradley and Terry 1952; Mehler's kernel at correlation 1/sqrt 2",
    assumptions=(Assumption("s is affine or has finitely many levels", _neither), NOT_CONSTANT),
    quantified="every tau and k in the derivation; tau = 1, k = 1, 2, 3 at t = 1/4",
    statement=Statement(),
    legs={"symbolic": of_statement(derive), **numeric_legs("B5", cases)},
    variants=(
        Variant("tanh of (s - s')/tau", Statement(width=1), "sign"),
        Variant("2^(-k) in place of 2^(-k/2)", Statement(root=1), "linear"),
        Variant("E[g He_k] 5% too large", Statement(factor=Fraction(21, 20)), "step"),
    ),
)
