"""R2, R5. The overlap of one neuron is a Markov chain, and what the tilt gains it.

One step costs O(1) in any dimension, exactly in law: w' = (w + eta G x)/|w + eta G x|, G = a T(y) g'(u),
u = <w, x> = m A + sqrt(1 - m^2) B. Without weights the information exponent rules, with weights the
generative one (R5).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import log

import numpy as np
import sympy
from numpy.polynomial.hermite_e import hermegauss
from scipy import special

from ...link import Num, Target, Var, combine
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.pointwise import Array, compile_numpy
from ...numerics.precision import exact, working
from ...numerics.recovery.chain import run_chain
from ...numerics.recovery.forecast import forecast
from ...numerics.recovery.training import Course, Training, labels, run_direct
from ...theory import recovery
from ...theory.exact.constants import is_zero
from ..claim import Assumption, Claim, Subject, Variant, legs, of_statement
from ..legs.neurons import contrast, drawn, laws, solved
from ..legs.recovery import Growth, Slope, compared, growth, slope
from ..legs.sgd_setting import PLAIN, LabelLaw, Setting, vanishes
from ..legs.trials import NOT_CONSTANT, TILT, gentle_tilt
from ..link_facts.exponents import exponents
from ..number import show
from ..verdict import Finding, absent, refutes, supports, undecided

_START = 0.3
_SMALL, _LARGE = 5, 16
_REPLICAS, _STEPS = 20_000, 4
#: The steps are long: what lies across theta* and w decides as much as what lies along them.
_ACTIVATION = combine("+", combine("**", Var(), Num(Fraction(2))), Var())


@dataclass(frozen=True, slots=True)
class ChainStatement:
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
def chain_derive(statement: ChainStatement) -> Finding:
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
            return refutes("another step", f"{name} before the division: the statement is off by {gap}")
    # theta* and v take two of the d coordinates of an orthonormal basis.
    rest = sympy.simplify(d - 2 - (d - statement.lost))
    if rest != 0:
        witness = f"d - 2 coordinates lie across theta* and v, claimed d - {statement.lost}"
        return refutes("degrees of freedom", witness)
    return supports(
        "w and x in an orthonormal basis that begins with theta*, v: the other d - 2 coordinates enter by |r|"
    )


def chain_enclosed(subject: Subject, statement: ChainStatement) -> Finding:
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
            return refutes("another law of |x|^2", witness)
    detail = f"d = {_SMALL}: E e^(-|x|^2) = {show(direct, 12)} from {_SMALL} coordinates and from the chain"
    return supports(detail)


def _nowhere(statement: ChainStatement) -> Finding:
    """A step with every number exact: m = 3/5, eta G = 1, A = 1, B = 1, Q = 1."""
    m, across = exact(Fraction(3, 5)), exact(Fraction(4, 5))
    with working(80):
        direct = (m + 1) / ((m + 1) ** 2 + (across + 1) ** 2 + 1).sqrt()
        u = m + across
        claimed = (m + (1 - u * m)) / (4 - u * u).sqrt() if statement.projected else m + 1
        witness = f"m = 3/5, eta G = A = B = Q = 1: m' = {show(direct)}, claimed {show(claimed)}"
        if direct.overlaps(claimed):
            return undecided("the two steps are not told apart")
    return refutes("another step", witness)


def chain_integrated(subject: Subject, statement: ChainStatement) -> Finding:
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
        return refutes("another mean after a step", line)
    return supports(line)


def _mean_step(statement: ChainStatement, training: Training, degrees: int) -> float:
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


def chain_simulated(subject: Subject, statement: ChainStatement) -> Finding:
    """Kolmogorov-Smirnov tests of m after a few steps: vectors in R^d, the statement, the compiled chain."""
    from scipy import stats  # half a second, which every other command would wait for

    training, rng, course = _training(subject), subject.rng("R2"), Course(_STEPS, stop_at=2.0)
    level, report = subject.alarm / 4, []
    for d in (_SMALL, _LARGE):
        starts = np.full(_REPLICAS, _START)
        vectors, compiled = (
            run(training, d, starts, 1.0, course, rng).final for run in (run_direct, run_chain)
        )
        for name, other in (("the statement", _chain(statement, training, d, rng)), ("the kernel", compiled)):
            # Where s is 0 the overlap stays as it is: an atom, which vectors meet up to rounding only.
            test = stats.ks_2samp(np.round(vectors, 9), np.round(other, 9))
            if test.pvalue < level:
                witness = (
                    f"d = {d}, {_STEPS} steps from m = {_START}: distance {test.statistic:.3f} "
                    f"between vectors and {name}"
                )
                return refutes(f"p = {test.pvalue:.1e}", witness)
            report.append(f"d = {d}, {name}: distance {test.statistic:.3f}")
    # The distance at which two samples of this size are told apart almost surely.
    limit = float(np.sqrt(-np.log(level / 2) / _REPLICAS))
    power = f"n = {_REPLICAS}, a distance of {limit + 3 / np.sqrt(2 * _REPLICAS):.2f} would have been caught"
    return supports(f"{'; '.join(report)}; {power}")


def _chain(statement: ChainStatement, training: Training, d: int, rng: np.random.Generator) -> Array:
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
    return Training(Target(subject.link, at), _ACTIVATION, 0.5 / size)


R2: Claim[ChainStatement] = Claim(
    id="R2",
    title="The overlap is a Markov chain, exactly in law",
    formula="m' = (m + eta G A)/sqrt(1 + 2 eta G u + eta^2 G^2 (A^2 + B^2 + Q)), Q ~ chi2_(d-2)",
    latex=r"m'=\frac{m+\eta GA}{\sqrt{1+2\eta Gu+\eta^2G^2(A^2+B^2+Q)}},\quad Q\sim\chi^2_{d-2}",
    kind="law",
    sentence="S6",
    source="rotation invariance of N(0, I_d)",
    assumptions=(TILT, NOT_CONSTANT),
    quantified="every d, link, activation and step in the derivation; g = z^2 + z, d = 5 and 16 in the tests",
    statement=ChainStatement(),
    legs=legs(chain_derive, chain_enclosed, chain_integrated, chain_simulated),
    variants=(
        Variant("d - 1 degrees of freedom", ChainStatement(lost=1), "tanh"),
        Variant("d degrees of freedom", ChainStatement(lost=0), "sign"),
        Variant("the gradient projected on the tangent plane", ChainStatement(projected=True), "sin"),
        Variant("no division by the norm", ChainStatement(normalised=False), "sigmoid"),
    ),
)


_HEURISTIC = 0.05
_NAMES = ("with weights", "without weights")


@dataclass(frozen=True, slots=True)
class TiltStatement:
    """Which exponent leads: ``tilted`` with weights, ``plain`` without, each GE or IE."""

    tilted: str = "GE"
    plain: str = "IE"

    def orders(self, subject: Subject, law: LabelLaw) -> tuple[int, int]:
        """The claimed orders of the drift with weights and without."""
        both = exponents(subject.link, law.label)
        values = {"GE": both.generative_exponent.value, "IE": both.information_exponent.value}
        tilted, plain = values[self.tilted], values[self.plain]
        assert tilted is not None
        assert plain is not None
        return tilted, plain


def _runs(subject: Subject, statement: TiltStatement) -> list[tuple[str, Setting, int]]:
    """Every training with its name and the claimed order: with weights and without, under each noise."""
    runs = []
    for law in [*laws(subject), *_drawn(subject)]:
        pair = contrast(subject.link, law)
        assert isinstance(pair, tuple)
        names = (f"{law}{name}" for name in _NAMES)
        runs += list(zip(names, pair, statement.orders(subject, law), strict=True))
    return runs


def _drawn(subject: Subject) -> list[LabelLaw]:
    """A label that is drawn, where its exponents differ too."""
    return [
        law for law in drawn(subject.link)
        if not _same(subject, law) and isinstance(contrast(subject.link, law), tuple)
    ]  # fmt: skip


def tilt_derive(subject: Subject, statement: TiltStatement) -> Finding:
    """Below the claimed order every exact alpha_k b_k must vanish, at the order it must not."""
    report = []
    for name, setup, order in _runs(subject, statement)[: len(_NAMES)]:
        for k in range(1, order + 1):
            gone = _vanishes(setup, k)
            if gone is None:
                return absent(f"{name}: no exact alpha_{k} b_{k}")
            if gone != (k < order):
                relation = "= 0" if gone else "!= 0"
                witness = f"{name}: alpha_{k} b_{k} {relation}, claimed order {order}"
                return refutes("another order leads the drift", witness)
        report.append(f"{name} the first nonzero alpha_k b_k has k = {order}")
    return supports("; ".join(report))


def _vanishes(setup: Setting, k: int) -> bool | None:
    """Whether alpha_k b_k = 0 by exact algebra; None when that has nothing to say."""
    if vanishes(setup.target, setup.activation, k):
        return True
    factors = (
        recovery.activation_coefficient(setup.activation.tree, k),
        recovery.signal_coefficient(setup.target, k),
    )
    return None if None in factors or None in map(is_zero, factors) else False


def tilt_enclosed(subject: Subject, statement: TiltStatement) -> Finding:
    report = []
    for name, setup, order in _runs(subject, statement):
        if setup.order != order:
            return refutes(f"order {order} is claimed to lead", f"{name}: {setup.reason}")
        if None in setup.kept:
            return undecided(f"{name}: the drift is not separated from 0")
        report.append(f"{name} {setup.reason}, drift of one sign up to |m| = 1/2")
    return supports("; ".join(report))


def tilt_integrated(subject: Subject, statement: TiltStatement) -> Finding:
    return solved(partial(_integrated, subject, statement))


def _integrated(subject: Subject, statement: TiltStatement) -> Finding:
    """The slopes of the diffusion's medians at both temperatures, d = 10^5 to 10^7."""
    report = []
    ds = (10**5, 10**7)
    for name, setup, order in _runs(subject, statement):
        medians = [forecast(setup.schedule(d), setup.schedule(d).horizon()).median for d in ds]
        low, high = (log(d) for d in ds)
        fitted, claimed = log(medians[1] / medians[0]) / (high - low), growth(order, low, high)
        line = f"{name} slope {fitted:.3f}, claimed {claimed:.3f}"
        if not abs(fitted - claimed) < _HEURISTIC:
            return refutes("another slope of the diffusion's medians", line)
        report.append(line)
    return supports("; ".join(report))


def tilt_simulated(subject: Subject, statement: TiltStatement) -> Finding:
    claims: list[tuple[str, Slope | str, Growth]] = []
    for name, setup, order in _runs(subject, statement)[: None if subject.full else len(_NAMES)]:
        measured = slope(subject, setup, f"R5 {name}")
        claims.append((f"{name} ", measured, partial(growth, order)))
    return compared(subject, claims)


def _same(subject: Subject, law: LabelLaw = PLAIN) -> str | None:
    both = exponents(subject.link, law.label)
    star, first = both.generative_exponent.value, both.information_exponent.value
    if star is None or first is None:
        return "an exponent is infinite or undecided"
    if star == first:
        return f"both are {star}"
    return None


def _not_tried(subject: Subject) -> str | None:
    pairs = (contrast(subject.link, law) for law in laws(subject))
    return next((pair for pair in pairs if isinstance(pair, str)), None)


R5: Claim[TiltStatement] = Claim(
    id="R5",
    title="The tilt replaces the information exponent by the generative one",
    formula="online SGD under R3's assumptions, one activation with b_k*, b_IE != 0, D != 0 up to |m| = 1/2 "
    "at both temperatures: n(d) of order d^((k*-1) v 1) with weights, d^((IE-1) v 1) without (log d more at "
    "order 2)",
    latex=r"\text{online SGD under R3's assumptions},\ b_{k^*},b_{\mathrm{IE}}\ne0,\ "
    r"D\ne0\text{ up to }|m|=\tfrac12:\quad n(d)\asymp d^{(k^*-1)\vee1}\text{ with weights},\quad "
    r"d^{(\mathrm{IE}-1)\vee1}\text{ without}",
    kind="law",
    sentence="S6",
    source="R4 at two temperatures; Ben Arous, Gheissari, Jagannath 2021",
    assumptions=(
        Assumption("k* < IE", _same),
        Assumption("E|T(y)|^(2+eps) < oo at some beta, drift not 0 on the way", _not_tried),
    ),
    quantified="activation He_k*/k*! + C He_IE/IE!, the t of largest SNR among a few, with and without noise",
    statement=TiltStatement(),
    legs=legs(tilt_derive, tilt_enclosed, tilt_integrated, tilt_simulated),
    variants=(
        Variant("weights do not help: IE with them too", TiltStatement(tilted="IE"), "staircase"),
        Variant("weights are not needed: k* without them", TiltStatement(plain="GE"), "staircase"),
        Variant("the two swapped", TiltStatement(tilted="IE", plain="GE"), "minus-He4"),
    ),
)

CLAIMS = {claim.id: claim for claim in (R2, R5)}
