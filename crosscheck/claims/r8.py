"""R8. Neurons on shared samples: how their noises correlate, and when the recovered fraction is sharp.

phi(r) = E[g'(U) g'(V)] = sum_k b_{k+1}^2 r^k/k! for normals of correlation r = <w_i, w_j>; at m_i = m_j = 0
the noises of the two overlaps correlate like a_i a_j phi(r)/phi(1).
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import factorial, sqrt

import numpy as np
import sympy
from flint import arb
from numpy.polynomial.hermite_e import hermegauss

from ...link import Link, Target, parse
from ...numerics.estimates.quadrature import rounded_nodes
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.pointwise import Array
from ...numerics.precision import exact, working
from ...numerics.recovery.chain import random_grams, run_together
from ...numerics.recovery.training import Course, Training, random_signs
from ...theory.exact import hermite
from ...theory.shape.range import bounds
from ..claim import Claim, Subject, Variant, legs, of_statement
from ..legs.sgd_setting import setting
from ..legs.trials import NOT_CONSTANT, TILT, Row, gentle_tilt, judged, normal_limit
from ..link_facts.exponents import exponents
from ..number import show
from ..verdict import Finding, Outcome, absent, refutes, supports, together, undecided

_U, _V, _R = sympy.symbols("u v r", real=True)
#: g = z + He_2/4 + He_3/3, its b_1, b_2, b_3, and g'.
_ACTIVATION = parse("z + He(2, z)/4 + He(3, z)/3")
_B, _SLOPE = (Fraction(1), Fraction(1, 2), Fraction(2)), _U**2 + _U / 2
_RS, _SIGNS = (Fraction(0), Fraction(1, 2)), (1, -1)
_DIGITS, _BITS = 20, 110
#: Of the exact step: d, eta over the spread of T, relative distance.
_D, _STEP, _CLOSE = 10**7, 1e-9, 1e-4
#: Pairs for one step, and how often the spread of T its largest value may be.
_PAIRS, _SPREAD = 200_000, 30.0
#: Of the pairs that are trained: d, pairs, the critical start, the share of the drift that steps take.
_TRAINED_D, _TRAINED, _START, _SHRINKING = 36, 800, 0.4, 3.0


@dataclass(frozen=True, slots=True)
class Statement:
    """phi(r) = sum_k b_{k+``first``}^2 r^k/k!; a_i a_j is there (``signed``); the samples are ``shared``.

    at_rest: r' is brought back by r phi(1).
    """

    first: int = 1
    signed: bool = True
    shared: bool = True
    at_rest: bool = True

    def phi(self, r: Fraction) -> Fraction:
        """phi(r) as stated for the tests' g."""
        if not self.shared:
            return Fraction(0)
        return sum((b * b * r**k / factorial(k) for k, b in enumerate(_B[self.first - 1 :])), Fraction(0))

    def noise(self, r: Fraction, sign: int) -> Fraction:
        """E[G_i G_j A^2]/E[G_i^2 A^2], sign = a_i a_j."""
        return (sign if self.signed else 1) * self.phi(r) / _phi(Fraction(1))

    def turning(self, r: Fraction, sign: int) -> Fraction:
        """E[r' - r]/(eta^2 d E T^2)."""
        return (sign if self.signed else 1) * self.phi(r) - (r * _phi(Fraction(1)) if self.at_rest else 0)


def _phi(r: Fraction) -> Fraction:
    return sum((b * b * r**k / factorial(k) for k, b in enumerate(_B)), Fraction(0))


@of_statement
def derive(statement: Statement) -> Finding:
    """Mehler's coefficients, Stein's shift, the second order of r', the variance of a mean of indicators."""
    for j, k in product(range(5), repeat=2):
        claimed = _R**k * sympy.factorial(k) if j == k else 0
        if sympy.expand(_mean(hermite(j, _U) * hermite(k, _V)) - claimed) != 0:
            raise ArithmeticError(f"E[He_{j} He_{k}] of correlated normals is another")
    b = sympy.symbols("b1:6")
    g = sum(b[k - 1] * hermite(k, _U) / sympy.factorial(k) for k in range(1, 6))
    slope = g.diff(_U)
    left = sympy.expand(_mean(slope * slope.subs(_U, _V)))
    stated = sum(
        b[k - 1 + statement.first] ** 2 * _R**k / sympy.factorial(k) for k in range(6 - statement.first)
    )
    if not statement.shared:
        stated = sympy.S.Zero
    gap = sympy.expand(left - stated).subs(_R, 0)
    if gap != 0:
        return refutes("another correlation of the noises", f"at r = 0 it is off by {gap} over E g'^2")
    if not statement.signed:
        return refutes("the output signs enter", "a_i = -a_j: G_i G_j has the factor a_i a_j = -1, claimed 1")
    eta, gi, gj, x = sympy.symbols("eta G_i G_j |x|^2", real=True)
    norms = [1 + 2 * eta * f * w + eta**2 * f**2 * x for f, w in ((gi, _U), (gj, _V))]
    after = (_R + eta * (gi * _V + gj * _U) + eta**2 * gi * gj * x) / sympy.sqrt(norms[0] * norms[1])
    second = sympy.expand(after.diff(eta, 2).subs(eta, 0) / 2).coeff(x, 1)
    rest = _R * (gi**2 + gj**2) / 2 if statement.at_rest else 0
    if sympy.expand(second - (gi * gj - rest)) != 0:
        witness = f"r' has |x|^2 eta^2 ({second}), claimed {gi * gj - rest}"
        return refutes("another mean of <w_i, w_j> after a step", witness)
    n, p, c = sympy.symbols("N p c", positive=True)
    variance = (n * p * (1 - p) + n * (n - 1) * c) / n**2
    most = variance.subs({c: 0, p: sympy.solve(variance.subs(c, 0).diff(p), p)[0]}) * n
    if most != sympy.Rational(1, 4):
        raise ArithmeticError(f"N Var(fraction) is at most {most}")
    return supports(
        "E[He_j(U) He_k(V)] = k! r^k [j = k] and Stein's g'; r' to the second order; Var(fraction) <= 1/(4N)"
    )


def _mean(p: sympy.Expr) -> sympy.Expr:
    """E p(U, V) for normals of correlation r: V = rU + sqrt(1-r^2) W, odd powers of W having mean 0."""
    total = sympy.S.Zero
    for (i, j), c in sympy.Poly(sympy.expand(p), _U, _V).terms():
        for q in range(0, j + 1, 2):
            if (i + j - q) % 2 == 0:
                parts = sympy.binomial(j, q) * (1 - _R**2) ** (q // 2) * _R ** (j - q)
                total += c * parts * sympy.factorial2(q - 1) * sympy.factorial2(i + j - q - 1)
    return sympy.expand(total)


def enclosed(subject: Subject, statement: Statement) -> Finding:
    """E[G_i G_j A^2] and E[G_i G_j] by certified moments of y and of the b_k, against E T^2 A^2 and E T^2."""
    at = gentle_tilt(subject)
    table = oracle(subject.link.tree).tilted_moments((0, 2), (2,), 2 * at, _DIGITS)
    own = oracle(_ACTIVATION.tree).tilted_moments((1, 2, 3), (1,), Fraction(0), _DIGITS)
    report = ""
    for r, sign in product(_RS, _SIGNS):
        # E[g'(U) g'(V)] with V = rU + sqrt(1-r^2) W, by moments of U and W.
        direct = _mean(_SLOPE * _SLOPE.subs(_U, _V)).subs(_R, sympy.Rational(r))
        with working(_BITS):
            square = table[2, 2] + table[2, 0]
            ours = sum((own[1, k + 1] ** 2 * exact(r**k / factorial(k)) for k in range(3)), arb(0))
            left = sign * square * exact(Fraction(direct))
            stated = square * exact(statement.noise(r, sign) * _phi(Fraction(1)))
            turned = table[2, 0] * (sign * ours - exact(r * _phi(Fraction(1))))
            claimed = table[2, 0] * exact(statement.turning(r, sign))
        for name, value, other in (("E[G_i G_j A^2]", left, stated), ("the turning of r", turned, claimed)):
            line = f"r = {r}, a_i a_j = {sign}: {name} = {show(value, 10)}, stated {show(other, 10)}"
            if not value.overlaps(other):
                return refutes("another moment of a step of two neurons", line)
            if not (value - other).abs_upper() < 1e-9 * (1 + float(square.abs_upper())):
                return undecided(f"known too roughly: {line}")
            report = line
    return supports(f"{4 * len(_RS)} moments agree to 9 digits; {report}")


def integrated(subject: Subject, statement: Statement) -> Finding:
    """Two neurons after the exact step, |x|^2 = d: A by panels, <w_i, x> and <w_j, x> by Gauss rules."""
    at = gentle_tilt(subject)
    z, mass, s = (part.ravel() for part in rounded_nodes(subject.link.tree, 2, 2, 2 * at))
    signal = s * np.exp(float(at) * s)
    eta = _STEP / sqrt(float(mass @ signal**2))
    report = ""
    for r, sign in product(_RS, _SIGNS):
        noise, turning = _exact_step(z, mass, signal, float(r), sign, eta)
        for name, value, stated in (
            ("E[G_i G_j A^2]/E[G_i^2 A^2]", noise, statement.noise(r, sign)),
            ("turning of r", turning, statement.turning(r, sign)),
        ):  # fmt: skip
            line = f"r = {r}, a_i a_j = {sign}: {name} {value:.6f}, stated {float(stated):.6f}"
            if not abs(value - float(stated)) < _CLOSE * (1 + abs(float(stated))):
                return refutes("another step of two neurons", line)
            report = line
    return supports(f"{4 * len(_RS)} means agree; {report}")


def _exact_step(z: Array, mass: Array, signal: Array, r: float, sign: int, eta: float) -> tuple[float, float]:
    """E[m_i' m_j'] over the root of both squares from m = 0, and E[r' - r] in units of eta^2 d E T^2."""
    nodes, weights = hermegauss(12)
    weights = weights / weights.sum()
    u, w = (part.ravel() for part in np.meshgrid(nodes, nodes, indexing="ij"))
    v, inner = r * u + sqrt(1 - r * r) * w, np.multiply.outer(weights, weights).ravel()
    gi, gj = (eta * a * np.multiply.outer(signal, _slope(x)) for a, x in ((1, u), (sign, v)))
    norms = [np.sqrt(1 + 2 * g * x + g * g * _D) for g, x in ((gi, u), (gj, v))]
    moved = [g * z[:, None] / norm for g, norm in zip((gi, gj), norms, strict=True)]
    products = [float(mass @ ((moved[i] * moved[j]) @ inner)) for i, j in ((0, 1), (0, 0), (1, 1))]
    # r' - r without cancellation: (r + p)/n - r = (p - r (n - 1))/n, n - 1 = (n^2 - 1)/(n + 1).
    both = norms[0] * norms[1]
    squares = [2 * g * x + g * g * _D for g, x in ((gi, u), (gj, v))]
    excess = (squares[0] + squares[1] + squares[0] * squares[1]) / (both + 1)
    gained = (gi * v + gj * u + gi * gj * _D - r * excess) / both
    turned = float(mass @ (gained @ inner)) / (eta**2 * _D * float(mass @ signal**2))
    return products[0] / sqrt(products[1] * products[2]), turned


def _slope(u: Array) -> Array:
    return np.asarray(u * u + u / 2)


def simulated(subject: Subject, statement: Statement) -> Finding:
    """One step of many pairs by the Gram chain; then pairs that are trained, where k* = 3."""
    link, at = subject.link, gentle_tilt(subject)
    table = oracle(link.tree).tilted_moments((0, 2), (2,), 2 * at, 6)
    square, along = (float(x.mid()) for x in (table[2, 0], table[2, 0] + table[2, 2]))
    if (size := _largest(link, at)) is None or size > _SPREAD * sqrt(square):
        return absent("T is unbounded, or large where it is rare: its products have heavy tails")
    rng, rows = subject.rng("R8"), []
    training = Training(Target(link, at), _ACTIVATION.tree, _STEP / sqrt(square))
    for r, sign in product(_RS, _SIGNS):
        gram = np.array([[1, 0, 0], [0, 1, float(r)], [0, float(r), 1]])
        signs = np.broadcast_to([1.0, float(sign)], (_PAIRS, 2))
        grams = np.broadcast_to(gram, (_PAIRS, 3, 3))
        once = Course(1, stop_at=2.0)
        final = run_together(training, _D, grams, signs, once, rng).final.reshape(-1, 2)
        products = final[:, 0] * final[:, 1] / training.step**2 / along
        stated = float(statement.noise(r, sign) * _phi(Fraction(1)))
        rows.append(Row.of(f"r = {r}, a_i a_j = {sign}", products, stated))
    evidence = judged(subject, rows, _PAIRS, " pairs of neurons")
    if evidence.outcome is not Outcome.SUPPORTS or exponents(link).generative_exponent.value != 3:
        return evidence
    return together([evidence, _trained(subject, statement)])


def _largest(link: Link, at: Fraction) -> float | None:
    """A bound of |T|, None where s has none."""
    low, high = (float(end) for end in bounds(link.tree))
    if not np.isfinite([low, high]).all():
        return None
    return max(abs(low), abs(high)) * float(np.exp(max(0.0, float(at) * high)))


def _trained(subject: Subject, statement: Statement) -> Finding:
    """Pairs at k* = 3 and a long step: whether one recovers tells of the other if and only if b_1 != 0."""
    link, at, report = subject.link, gentle_tilt(subject), []
    for text in ("He(3, z)/6", "z + He(3, z)/6"):
        setup = setting(Target(link, at), parse(text))
        kappa = setup.schedule(_TRAINED_D).kappa(_START)
        delta = 2 * _SHRINKING / (kappa * float(setup.gradient.at(0.0)))
        training = setup.training(delta * _TRAINED_D**-1.5)
        rng = subject.rng(f"R8 {text}")
        grams = random_grams(_TRAINED_D, 2, _TRAINED, rng)
        signs = random_signs(2 * _TRAINED, rng).reshape(-1, 2)
        horizon = round(kappa / delta * _TRAINED_D**2)
        steps = run_together(training, _TRAINED_D, grams, signs, Course(horizon), rng).steps.reshape(-1, 2)
        recovered = (steps >= 0).astype(np.float64)
        value = float(np.corrcoef(recovered[:, 0], recovered[:, 1]).item(1))
        # Of two independent indicators the sample correlation has this standard error.
        limit = normal_limit(subject, 2) / sqrt(_TRAINED)
        line = f"d = {_TRAINED_D}, g = {text}: correlation {value:.3f} of who recovers in {_TRAINED} pairs"
        if not statement.shared or not text.startswith("z"):
            if abs(value) > limit:
                return refutes("the neurons of a pair are told apart", f"{line}, claimed 0")
            line += f", claimed 0 (a correlation of {limit + 3 / sqrt(_TRAINED):.2f} would have been caught)"
        elif not value > limit:
            return undecided(f"{line}, claimed positive, not told from 0")
        report.append(line)
    return supports("; ".join(report))


CLAIM: Claim[Statement] = Claim(
    id="R8",
    title="Neurons on shared samples: when the recovered fraction is sharp",
    formula="N neurons on the same samples, m_i = m_j = 0, r = <w_i, w_j>: E[G_i G_j A^2] = a_i a_j phi(r) "
    "E[T^2 A^2], E[r' - r] = eta^2 d E T^2 (a_i a_j phi(r) - r phi(1))(1 + o(1)), phi(r) = sum_k "
    "b_(k+1)^2 r^k/k!; P(|fraction - P_d| > e) <= (1/(4N) + o(1))/e^2 as d -> oo, then delta -> 0, and "
    "at fixed delta where b_1 = 0 and k* >= 3",
    latex=r"\mathbb{E}[G_iG_jA^2]=a_ia_j\,\varphi(r)\,\mathbb{E}[T^2A^2],\quad \varphi(r)=\sum_k"
    r"\frac{b_{k+1}^2r^k}{k!},\quad P(|\text{fraction}-P_d|>\varepsilon)\le"
    r"\frac{1/(4N)+o(1)}{\varepsilon^2}",
    kind="law",
    sentence="S5",
    source="Mehler's kernel; R3; Chebyshev's inequality",
    assumptions=(TILT, NOT_CONSTANT),
    quantified="every g in the derivation; g = z + He_2/4 + He_3/3, r = 0, 1/2, a_i a_j = +-1 in the tests",
    statement=Statement(),
    legs=legs(derive, enclosed, integrated, simulated),
    variants=(
        Variant("each neuron has noise of its own", Statement(shared=False), "sign-cubic"),
        Variant("b_2^2 in place of b_1^2", Statement(first=2), "tanh"),
        Variant("without the output signs", Statement(signed=False), "sin"),
        Variant("<w_i, w_j> is not brought back", Statement(at_rest=False), "relu"),
    ),
)
