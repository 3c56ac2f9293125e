"""R1. The population drift of one neuron: a power series in the overlap, with coefficients alpha_k b_k.

The series holds for E T^2 < oo and g absolutely continuous with E g'(Z)^2 < oo; or for g polynomial and t <
t_max, which is what the numbers try, with g = z^2 + z^3, averaged over B exactly. Simulation: inputs in R^8.
Nothing asks how y comes of z: T may be its mean given z. So a label that is drawn is tried too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import numpy as np
import sympy
from flint import arb
from scipy import special

from ...link import Label, Node, Num, Var, combine, parse
from ...numerics.estimates.sampling import draw_label
from ...numerics.expectation.by_definition import defined
from ...numerics.expectation.labels import moments
from ...numerics.expectation.oracle import tilt_of
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...theory.families.moments import moment
from ...theory.recovery import activation_coefficient
from ..claim import Claim, Subject, Variant, of_statement
from ..legs.drawn_label import DIGITS, Case, light
from ..legs.identity import Balls, Identity, Reader, Real, by_balls, numeric_legs, tilted
from ..legs.neurons import drawn, of_each, single_term
from ..legs.sgd_setting import Setting
from ..legs.trials import DIMENSION, SAMPLES, TILT, Row, gentle_tilt, judged, tilts, weighted
from ..number import ball
from ..verdict import Finding, broken, refutes, supports

_DIGITS = DIGITS + 2
#: m and sqrt(1 - m^2), both rational.
_M, _ACROSS = Fraction(3, 5), Fraction(4, 5)
#: b_k = E[g He_k] of g = z^2 + z^3.
_B = (1, 3, 2, 6)
#: z e^{-m^2 z^2/(2 (1 - m^2))}: for g = sign, (1 - m^2) F'(m) = sqrt(2/pi) E[T z e^{...}]/sqrt(1 - m^2).
_KERNEL = parse("z*exp(-9*z**2/32)").tree


@dataclass(frozen=True, slots=True)
class Statement:
    """m^{k + late}/(k!)^``inverse`` in F; the drift carries (1 - m^2)^``sphere``.

    jumps: the drift is claimed for g = sign too, which is not absolutely continuous. pair: the drift of a
    preference's pair of inputs over that of its label.
    """

    inverse: int = 1
    late: int = 0
    sphere: int = 1
    jumps: bool = False
    pair: int = 1

    def weight(self, k: int) -> Fraction:
        """What multiplies alpha_k b_k in F(m)."""
        return _M ** (k + self.late) / Fraction(factorial(k)) ** self.inverse

    def speed(self, k: int) -> Fraction:
        """What multiplies alpha_k b_k in the drift, k >= 1."""
        shrink = (1 - _M**2) ** self.sphere
        return shrink * _M ** (k - 1 + self.late) / Fraction(factorial(k - 1)) ** self.inverse


def _times(scale: Fraction | int, power: int) -> Node:
    return combine("*", Num(Fraction(scale)), combine("**", Var(), Num(Fraction(power))))


def _sum(parts: Sequence[Node]) -> Node:
    total = parts[0]
    for part in parts[1:]:
        total = combine("+", total, part)
    return total


def averaged() -> Node:
    """E_B[g(m z + sqrt(1-m^2) B)] for g = z^2 + z^3, as a polynomial in z."""
    square = _ACROSS**2
    return _sum([_times(_M**3, 3), _times(_M**2, 2), _times(3 * _M * square, 1), Num(square)])


def pulled() -> Node:
    """E_B[g'(u) (z - m u)] for the same g: u^2 and u^3 have known means against z and B."""
    z, b = sympy.symbols("z B", real=True)
    m, across = sympy.Rational(_M), sympy.Rational(_ACROSS)
    u = m * z + across * b
    full = sympy.Poly(sympy.expand((2 * u + 3 * u**2) * (z - m * u)), z, b)
    by_power: dict[int, sympy.Rational] = {}
    for (i, j), value in full.terms():
        if j % 2 == 0:
            by_power[i] = by_power.get(i, sympy.S.Zero) + value * sympy.factorial2(j - 1)
    return _sum([_times(Fraction(c), power) for power, c in by_power.items()])


def identities(subject: Subject, statement: Statement, at: Fraction) -> list[Identity]:
    tree = subject.link.tree

    def mean(read: Reader, f: Node) -> Real:
        """E[s e^{ts} f(Z)]."""
        return read.moments(tilted(combine("*", tree, f), tree, at), Fraction(0), (1,))[0]

    def series(read: Reader) -> Real:
        alphas = read.signals(tree, at, range(len(_B)))
        return sum(read.number(statement.weight(k) * _B[k]) * alpha for k, alpha in enumerate(alphas))

    def drift(read: Reader) -> Real:
        alphas = read.signals(tree, at, range(1, len(_B)))
        return sum(read.number(statement.speed(k) * _B[k]) * alpha for k, alpha in enumerate(alphas, 1))

    def of_sign(read: Reader) -> Real:
        return mean(read, _KERNEL) * read.read(sympy.sqrt(2 / sympy.pi)) / read.number(_ACROSS)

    where = f"at t = {at}, m = {_M}"
    rows = [
        Identity(f"E[T g(u)] {where}", lambda read: mean(read, averaged()), series),
        Identity(f"the drift {where}", lambda read: mean(read, pulled()), drift),
    ]
    if statement.jumps:
        rows.append(Identity(f"the drift of g = sign {where}", lambda read: read.number(0), of_sign))
    return rows


@of_statement
def derive(statement: Statement) -> Finding:
    """For every link and activation: Mehler's formula by generating functions, then d/dm of F."""
    p, q, z, b = sympy.symbols("p q z B", real=True)
    m = sympy.Symbol("m", positive=True)
    # E exp(pZ + qU) = exp((p^2 + 2pqm + q^2)/2), and sum_k p^k He_k/k! = exp(pz - p^2/2).
    joint = sympy.expand((p**2 + 2 * p * q * m + q**2) / 2 - p**2 / 2 - q**2 / 2)
    if joint != p * q * m:
        return broken("Mehler's exponent is not p q m")
    k = 3
    # The coefficient of p^k q^k is E[He_k(Z) He_k(U)]/k!^2 = m^k/k!.
    both = sympy.factorial(k) ** 2 * sympy.exp(joint).series(p, 0, k + 1).removeO().coeff(p, k).coeff(q, k)
    claimed = sympy.factorial(k) ** (2 - statement.inverse) * m ** (k + statement.late)
    if sympy.simplify(both - claimed) != 0:
        return refutes("Mehler's formula", f"E[He_{k}(Z) He_{k}(U)] = {both}, claimed {claimed}")
    # F'(m) = E[T g'(u) du/dm]; the step's drift is E[T g'(u)(z - m u)].
    u = m * z + sympy.sqrt(1 - m**2) * b
    ratio = sympy.simplify((z - m * u) / sympy.diff(u, m))
    if sympy.simplify(ratio - (1 - m**2) ** statement.sphere) != 0:
        witness = f"(z - m u)/(du/dm) = {ratio}, claimed {(1 - m**2) ** statement.sphere}"
        return refutes("another factor of the sphere", witness)
    if statement.jumps:
        # Stein's identity E g' = E[g Z] is what a jump breaks: g' = 0 almost everywhere, and b_1 is not 0.
        witness = f"g = sign: E g'(Z) = 0, b_1 = {activation_coefficient(parse('sign(z)').tree, 1)}"
        return refutes("the gradient misses the jump", witness)
    if (both := _pair()) != statement.pair:
        return refutes("another drift of a pair", f"{both} of the label's, not {statement.pair}")
    return supports(
        "E e^{pZ + qU} gives k! m^k for every k, and z - m u = (1 - m^2) du/dm; that F may be differentiated "
        "under the mean, where E T^2 and E g'(Z)^2 are finite, is the page's"
    )


def _pair() -> sympy.Expr:
    """The drift of (eta/2) T(o)(g'(u) x - g'(u') x') over that of eta T(o) g'(u) x.

    Exchanging x and x' turns o: E[T(o) f(x')] = E[T(-o) f(x)]. With q(x) = E[o given x] and E f = 0.
    """
    at, mean = sympy.symbols("t q", real=True)

    def given(sign: int) -> sympy.Expr:
        """E[T(sign o) given x]."""
        return sum(sign * o * sympy.exp(sign * o * at) * (1 + o * mean) / 2 for o in (1, -1))

    alone, both = given(1), (given(1) - given(-1)) / 2
    # What stands beside q meets f alone, the mean of which is 0.
    return sympy.simplify(sympy.diff(both, mean) / sympy.diff(alone, mean))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The drift on a label that is drawn: e^t = 1 + ``at`` for counts, t = ``at`` otherwise."""

    tree: Node
    label: Label
    at: Fraction

    @property
    def case(self) -> Case:
        counts = self.label.kind == "poisson"
        return Case(
            self.tree, self.label, 1, 1, *((Fraction(0), 1 + self.at) if counts else (self.at, None))
        )  # fmt: skip

    def defined(self, digits: int) -> arb:
        """E[T g'(u)(z - m u)] by the label's definition, order by order."""
        total, case = arb(0), self.case
        for k in range(len(_B)):
            share = moment(pulled(), 1, k)
            assert share is not None
            if share != 0:
                of_y = defined(self.tree, self.label, k, 1, case.growth, case.t, digits)
                total += ball(share / factorial(k)) * of_y
        return total

    def claimed(self, statement: Statement, digits: int) -> arb:
        case, orders = self.case, range(1, len(_B))
        at = case.t if case.growth is None else tilt_of(exact(case.growth).log())
        table = moments(self.tree, self.label).tilted_moments(orders, (1,), at, digits)
        total = sum((exact(statement.speed(k) * _B[k]) * table[1, k] for k in orders), arb(0))
        return total * (statement.pair if self.label.kind == "preference" else 1)

    def estimated(self, rng: np.random.Generator, right: arb) -> Row:
        """The mean of T g'(u)(z - m u) over inputs with their labels, against what is claimed."""
        z, v = rng.standard_normal((2, SAMPLES, 2))
        pulls = _pull(z, v)
        if self.label.kind == "preference":
            s, tau = compile_numpy(self.tree)(z), float(self.label.numbers[0])
            y = np.where(rng.uniform(size=SAMPLES) < special.expit((s[:, 0] - s[:, 1]) / tau), 1.0, -1.0)
            pull = (pulls[:, 0] - pulls[:, 1]) / 2
        else:
            y, pull = draw_label(self.tree, self.label, z[:, 0], rng), pulls[:, 0]
        values = y * np.exp(self.case.at * y) * pull
        return Row.of(f"drift on {self.label}", values, float(right.mid()), float(right.rad()))


def _pull(z: np.ndarray, v: np.ndarray) -> np.ndarray:
    m, across = float(_M), float(_ACROSS)
    u = m * z + across * v
    return np.asarray((2 * u + 3 * u**2) * (z - m * u))


def _on_label(subject: Subject) -> list[_Drawn]:
    return [
        _Drawn(subject.link.tree, law.label, min(gentle_tilt(subject), made.target.t))
        for law in drawn(subject.link)
        if isinstance(made := single_term(subject.link, law), Setting)
    ]


def enclosed(subject: Subject, statement: Statement) -> Finding:
    """The link itself as label, and a label that is drawn: by its definition against its coefficients."""
    own = identities(subject, statement, tilts(subject)[0])
    labelled = [
        Identity(
            f"the drift on {case.label}",
            lambda read, case=case: case.defined(_DIGITS),  # type: ignore[misc]
            lambda read, case=case: case.claimed(statement, _DIGITS),  # type: ignore[misc]
        )
        for case in _on_label(subject)
    ]

    def judge(part: tuple[list[Identity], int]) -> Finding:
        return by_balls(subject, part[0], part[1], 20)

    return of_each(judge, [(own, 12), *([(labelled, DIGITS - 2)] if labelled else [])])


def simulated(subject: Subject, statement: Statement) -> Finding:
    """The weighted mean of y g'(u)(z - m u) over inputs in R^8, which is the drift over E e^{ty}."""
    at = gentle_tilt(subject)
    tree = subject.link.tree
    with working(120):
        read = Balls(12)
        drift = identities(subject, statement, at)[1].right(read)
        claimed = float((drift / read.moments(tree, at, (0,))[0]).mid())
    means = weighted(subject.rng("R1"), tree, at, [lambda z, v, y: y * _pull(z, v)])
    rows = [Row(f"drift over M at t = {at}", float(means.mean[0]), float(means.standard_error[0]), claimed)]
    for case in _on_label(subject):
        if light(case.case):
            rng, right = subject.rng(f"R1 {case.label}"), case.claimed(statement, _DIGITS)
            rows.append(case.estimated(rng, right))
    return judged(subject, rows, SAMPLES, f" in d = {DIMENSION}")


CLAIM: Claim[Statement] = Claim(
    id="R1",
    title="The population drift of one neuron",
    formula="E T^2 < oo, g absolutely continuous, E g'(Z)^2 < oo (or g polynomial, t < t_max), |m| < 1: "
    "E[T(y) g(u)] = sum_k alpha_k b_k m^k/k!, dm/dtau = a (1 - m^2) sum_k alpha_k b_k m^(k-1)/(k-1)!",
    latex=r"\mathbb{E}T^2,\mathbb{E}g'(Z)^2<\infty,\ g\text{ absolutely continuous},\ |m|<1:\quad "
    r"\mathbb{E}[T(y)g(u)]=\sum_k\alpha_kb_k\frac{m^k}{k!},\quad "
    r"\frac{dm}{d\tau}=a(1-m^2)\sum_k\alpha_kb_k\frac{m^{k-1}}{(k-1)!}",
    kind="equal",
    sentence="S5",
    source="Mehler's formula and Stein's identity",
    assumptions=(TILT,),
    quantified="every activation and label in the derivation; g = z^2 + z^3 and m = 3/5 in the numbers, "
    "for y = s and for a label drawn",
    statement=Statement(),
    legs={
        "symbolic": derive,
        **numeric_legs(identities, slice(1), slice(1)),
        "enclosure": enclosed,
        "simulation": simulated,
    },
    variants=(
        Variant("no division by k!", Statement(inverse=0), "tanh"),
        Variant("one power of m too many", Statement(late=1), "relu"),
        Variant("the factor 1 - m^2 of the sphere left out", Statement(sphere=0), "staircase"),
        Variant("the factor of the sphere squared", Statement(sphere=2), "square-10"),
        Variant("an activation that jumps", Statement(jumps=True), "tanh"),
        Variant("both inputs of a preference in full", Statement(pair=2), "sign"),
    ),
)
