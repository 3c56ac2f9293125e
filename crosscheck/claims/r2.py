"""R2. The overlap of one neuron is a Markov chain: one step costs O(1) in any dimension, exactly in law.

The step is w' = (w + eta G x)/|w + eta G x|, G = a T(y) g'(u), u = <w, x> = m A + sqrt(1 - m^2) B.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import sympy
from numpy.polynomial.hermite_e import hermegauss
from scipy import special

from ...link import NOISELESS, Signal
from ...link.build import combine
from ...link.tree import Num, Var
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.pointwise import Array, compile_numpy
from ...numerics.precision import exact, working
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.training import Training, labels, run_direct
from ..claim import Claim, Formula, Subject, Variant, of_statement
from ..legs.test_temperatures import TILT, gentle_tilt
from ..number import show
from ..verdict import Evidence, refutes, supports, undecided

_START = 0.3
_SMALL, _LARGE = 5, 16
_REPLICAS, _STEPS = 20_000, 4
#: The steps are long: what lies across theta* and w decides as much as what lies along them.
_ACTIVATION = combine("+", combine("**", Var(), Num(Fraction(2))), Var())


@dataclass(frozen=True, slots=True)
class Statement:
    """Q ~ chi2_{d - ``lost``}; the gradient projected on the tangent plane; the division by the norm."""

    lost: int = 2
    projected: bool = False
    normalised: bool = True

    def step(self, m: Array, g: Array, a: Array, b: Array, q: Array) -> Array:
        """m' for g = eta G; all arrays of one shape."""
        across = np.sqrt(np.maximum(1 - m**2, 0))
        u = m * a + across * b
        if self.projected:
            # x - u w in place of x: the norm gains no term of first order.
            top, norm = m + g * (a - u * m), 1 + g**2 * (a**2 + b**2 + q - u**2)
        else:
            top, norm = m + g * a, 1 + 2 * g * u + g**2 * (a**2 + b**2 + q)
        return np.asarray(top / np.sqrt(norm) if self.normalised else top)


@of_statement
def derive(statement: Statement) -> Evidence:
    """Coordinates along theta*, along v and across: w = (m, sqrt(1-m^2), 0), x = (A, B, r), |r|^2 = Q."""
    m, g, a, b, q, d = sympy.symbols("m g A B Q d", real=True)
    across = sympy.sqrt(1 - m**2)
    u = m * a + across * b
    moved = (m + g * a, across + g * b)
    norm = moved[0] ** 2 + moved[1] ** 2 + g**2 * q
    if statement.projected:
        claimed = (m + g * (a - u * m), 1 + g**2 * (a**2 + b**2 + q - u**2))
    else:
        claimed = (m + g * a, 1 + 2 * g * u + g**2 * (a**2 + b**2 + q))
    if not statement.normalised:
        claimed = (claimed[0], sympy.S.One)
    for name, left, right in (("<w', theta*>", moved[0], claimed[0]), ("|w'|^2", norm, claimed[1])):
        gap = sympy.simplify(sympy.expand(left - right))
        if gap != 0:
            witness = f"{name} before the division: the statement is off by {gap}"
            return refutes("symbolic", "another step", witness)
    # theta* and v take two of the d coordinates of an orthonormal basis.
    rest = sympy.simplify(d - 2 - (d - statement.lost))
    if rest != 0:
        witness = f"d - 2 coordinates lie across theta* and v, claimed d - {statement.lost}"
        return refutes("symbolic", "degrees of freedom", witness)
    detail = (
        "w and x in an orthonormal basis that begins with theta*, v: the other d - 2 coordinates enter by |r|"
    )
    return supports("symbolic", detail)


def enclosed(subject: Subject, statement: Statement) -> Evidence:
    """E e^{-|x|^2} over d coordinates against that of A^2 + B^2 + Q, Q of the claimed degrees."""
    if statement.projected or not statement.normalised:
        return _nowhere(statement)
    square = combine("*", Num(Fraction(-1)), combine("**", Var(), Num(Fraction(2))))
    with working(120):
        one = oracle(square).tilted_moments((0,), (0,), Fraction(1), 25)[0, 0]
        direct = one**_SMALL
        claimed = one**2 * exact(3) ** (-exact(Fraction(_SMALL - statement.lost, 2)))
        if not direct.overlaps(claimed):
            witness = f"d = {_SMALL}: E e^(-|x|^2) = {show(direct)}, of the chain {show(claimed)}"
            return refutes("enclosure", "another law of |x|^2", witness)
    detail = f"d = {_SMALL}: E e^(-|x|^2) = {show(direct, 12)} from {_SMALL} coordinates and from the chain"
    return supports("enclosure", detail)


def _nowhere(statement: Statement) -> Evidence:
    """A step with every number exact: m = 3/5, eta G = 1, A = 1, B = 1, Q = 1."""
    m, across = exact(Fraction(3, 5)), exact(Fraction(4, 5))
    with working(80):
        direct = (m + 1) / ((m + 1) ** 2 + (across + 1) ** 2 + 1).sqrt()
        u = m + across
        claimed = (m + (1 - u * m)) / (4 - u * u).sqrt() if statement.projected else m + 1
        witness = f"m = 3/5, eta G = A = B = Q = 1: m' = {show(direct)}, claimed {show(claimed)}"
        if direct.overlaps(claimed):
            return undecided("enclosure", "the two steps are not told apart")
    return refutes("enclosure", "another step", witness)


def integrated(subject: Subject, statement: Statement) -> Evidence:
    """E m' after one step at d = 3: x of three normals against A, B and chi2 of the claimed degrees."""
    training = _training(subject)
    nodes, weights = hermegauss(40)
    weights = weights / weights.sum()
    a, b, c = np.meshgrid(nodes, nodes, nodes, indexing="ij")
    full = np.einsum("i,j,k->ijk", weights, weights, weights)
    g = _gradient(training, np.full_like(a, _START), a, b)
    w = np.stack([_START + g * a, np.sqrt(1 - _START**2) + g * b, g * c])
    direct = float((full * w[0] / np.sqrt((w**2).sum(axis=0))).sum())
    claimed = _mean_step(statement, training, 3 - statement.lost)
    line = f"d = 3, one step from m = {_START}: E m' = {direct:.9f}, of the chain {claimed:.9f}"
    # Where the two agree in law the nodes below differ from these in |c| alone.
    if abs(direct - claimed) > 1e-6:
        return refutes("quadrature", "another mean after a step", line)
    return supports("quadrature", line)


def _mean_step(statement: Statement, training: Training, degrees: int) -> float:
    nodes, weights = hermegauss(40)
    weights = weights / weights.sum()
    if degrees == 1:
        q, mass = nodes**2, weights
    else:
        x, mass = special.roots_genlaguerre(60, degrees / 2 - 1)
        q, mass = 2 * x, mass / mass.sum()
    a, b, c = np.meshgrid(nodes, nodes, q, indexing="ij")
    m = np.full_like(a, _START)
    after = statement.step(m, _gradient(training, m, a, b), a, b, c)
    return float((np.einsum("i,j,k->ijk", weights, weights, mass) * after).sum())


def simulated(subject: Subject, statement: Statement) -> Evidence:
    """Kolmogorov-Smirnov tests of m after a few steps: vectors in R^d, the statement, the compiled chain."""
    from scipy import stats  # half a second, which every other command would wait for

    training, rng = _training(subject), subject.rng("R2")
    level, report = subject.alarm / 4, []
    for d in (_SMALL, _LARGE):
        starts = np.full(_REPLICAS, _START)
        vectors = run_direct(training, d, starts, 1.0, _STEPS, rng, stop_at=2.0).final
        compiled = run_chain(training, d, starts, 1.0, _STEPS, rng, stop_at=2.0).final
        for name, other in (("the statement", _chain(statement, training, d, rng)), ("the kernel", compiled)):
            # Where s is 0 the overlap stays as it is: an atom, which vectors meet up to rounding only.
            test = stats.ks_2samp(np.round(vectors, 9), np.round(other, 9))
            if test.pvalue < level:
                witness = (
                    f"d = {d}, {_STEPS} steps from m = {_START}: distance {test.statistic:.3f} "
                    f"between vectors and {name}"
                )
                return refutes("simulation", f"p = {test.pvalue:.1e}", witness)
            report.append(f"d = {d}, {name}: distance {test.statistic:.3f}")
    # The distance at which two samples of this size are told apart almost surely.
    limit = float(np.sqrt(-np.log(level / 2) / _REPLICAS))
    power = f"n = {_REPLICAS}, a distance of {limit + 3 / np.sqrt(2 * _REPLICAS):.2f} would have been caught"
    return supports("simulation", f"{'; '.join(report)}; {power}")


def _chain(statement: Statement, training: Training, d: int, rng: np.random.Generator) -> Array:
    m = np.full(_REPLICAS, _START)
    for _ in range(_STEPS):
        a, b = rng.standard_normal((2, _REPLICAS))
        q = rng.chisquare(d - statement.lost, _REPLICAS)
        m = statement.step(m, _gradient(training, m, a, b, rng), a, b, q)
    return m


def _gradient(
    training: Training, m: Array, a: Array, b: Array, rng: np.random.Generator | None = None
) -> Array:
    """eta G at the given coordinates; g'(u) = 2u + 1."""
    u = m * a + np.sqrt(np.maximum(1 - m**2, 0)) * b
    signal = labels(training)(a, rng or np.random.default_rng(0))
    return np.asarray(training.step * signal * (2 * u + 1))


@lru_cache(maxsize=8)
def _training(subject: Subject) -> Training:
    """The step is scaled so that E (eta T)^2 = 1 for the bulk of T."""
    at = gentle_tilt(subject)
    z = np.linspace(-2, 2, 401)
    s = compile_numpy(subject.link.tree)(z)
    size = float(np.sqrt(np.mean((s * np.exp(float(at) * s)) ** 2)))
    return Training(subject.link.tree, Signal.LABEL, float(at), NOISELESS, _ACTIVATION, 0.5 / size)


CLAIM: Claim[Statement] = Claim(
    id="R2",
    title="The overlap is a Markov chain, exactly in law",
    formula=Formula(
        "m' = (m + eta G A)/sqrt(1 + 2 eta G u + eta^2 G^2 (A^2 + B^2 + Q)), Q ~ chi2_(d-2)",
        r"m'=\frac{m+\eta GA}{\sqrt{1+2\eta Gu+\eta^2G^2(A^2+B^2+Q)}},\quad Q\sim\chi^2_{d-2}",
    ),
    kind="law",
    sentence="S6",
    source="rotation invariance of N(0, I_d)",
    assumptions=(TILT,),
    quantified="every d, link, activation and step in the derivation; g = z^2 + z, d = 5 and 16 in the tests",
    statement=Statement(),
    legs={"symbolic": derive, "enclosure": enclosed, "quadrature": integrated, "simulation": simulated},
    variants=(
        Variant("d - 1 degrees of freedom", Statement(lost=1), "tanh"),
        Variant("d degrees of freedom", Statement(lost=0), "sign"),
        Variant("the gradient projected on the tangent plane", Statement(projected=True), "sin"),
        Variant("no division by the norm", Statement(normalised=False), "sigmoid"),
    ),
)
