"""The second stage in exact algebra: the tilted policy pi* of density e^{ts} phi/M, and the finite-sample
bound.

Of the policy everything follows from K = log M. Each quantity is a function of K alone, so it is derived once
for any link and then specialised to the families whose M = h_0 has a closed form.

Of the bound each step is a pair of expressions that must be equal. Matrices are symbolic 2x2 (features 1 and
another, ridge P = diag(0, 1)), noise is an abstract Laplace transform L(u) = E e^{ue}, and laws with a few
atoms have symbolic atoms and chances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import product
from math import prod

import sympy

from ..link.label import NOISELESS, Noise
from ..link.tree import Node
from .exact import t, z
from .exact.constants import sign
from .exact.lower import lower
from .exact.polynomial import polynomial
from .families import ClosedForm, closed_form
from .signal import cumulant

#: A reward of which nothing is known, for derivations that hold for every link.
abstract_reward = sympy.Function("s", real=True)(z)


def abstract_moment(power: int) -> sympy.Expr:
    """E[s^power e^{ts}] as an unevaluated integral, for ``abstract_reward``."""
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    weighted = abstract_reward**power * sympy.exp(t * abstract_reward) * density
    return sympy.Integral(weighted, (z, -sympy.oo, sympy.oo))


def on_the_line(expression: sympy.Expr) -> sympy.Expr:
    """An expression in abstract moments for s(z) = z, where E[z^j e^{tz}] = (d/dt)^j e^{t^2/2}."""

    def moment(integrand: sympy.Expr, _: sympy.Tuple) -> sympy.Expr:
        density = sympy.exp(t * z - z**2 / 2)
        powers = sympy.Poly(sympy.powsimp(integrand.subs(abstract_reward, z) / density), z)
        root = sympy.sqrt(2 * sympy.pi)
        return sum(root * c * sympy.diff(sympy.exp(t**2 / 2), t, j) for (j,), c in powers.terms())

    return expression.replace(sympy.Integral, moment).subs(abstract_reward, z)


@dataclass(frozen=True, slots=True)
class PolicyForms:
    """The tilted policy as expressions in t = 1/beta.

    log_partition K; value V = K'; kl = tK' - K; objective J = K/t; variance K''; chi2 = e^{K(2t)-2K(t)} - 1;
    ess_ratio = e^{2K_y(t)-K_y(2t)} with K_y = K + K_e. The last two hold for 2t < t_max; beyond, the
    weights have infinite variance.
    """

    log_partition: sympy.Expr
    value: sympy.Expr
    kl: sympy.Expr
    objective: sympy.Expr
    variance: sympy.Expr
    chi2: sympy.Expr
    ess_ratio: sympy.Expr
    t_max: sympy.Expr

    def at(self, value: sympy.Rational) -> PolicyForms:
        """The same at t = ``value`` in (0, t_max); an infinite chi2 is oo and its ess_ratio 0."""
        forms = {field.name: getattr(self, field.name).subs(t, value) for field in fields(self)}
        if 2 * value >= self.t_max:
            forms |= {"chi2": sympy.oo, "ess_ratio": sympy.S.Zero}
        return PolicyForms(**forms)


def from_log_partition(
    k: sympy.Expr, noise: sympy.Expr = sympy.S.Zero, t_max: sympy.Expr = sympy.oo
) -> PolicyForms:
    """The policy's quantities for the log partition function ``k`` and the noise's ``noise`` = K_e, in t."""
    slope = sympy.Add(*map(_slope, sympy.Add.make_args(k)))
    labels = k + noise
    return PolicyForms(
        k,
        slope,
        t * slope - k,
        k / t,
        sympy.diff(slope, t),
        sympy.exp(k.subs(t, 2 * t) - 2 * k) - 1,
        sympy.exp(2 * labels - labels.subs(t, 2 * t)),
        t_max,
    )


def _slope(term: sympy.Expr) -> sympy.Expr:
    if isinstance(term, sympy.log) and isinstance(term.args[0], sympy.cosh):
        inner = term.args[0].args[0]
        return sympy.diff(inner, t) * sympy.tanh(inner)
    return sympy.diff(term, t)


#: Operations of an h_0 that is carried on: a sum over 60 pieces takes a minute to differentiate, and nobody
#: reads what comes out.
_LONGEST = 400


def closed_policy(tree: Node, noise: Noise = NOISELESS) -> PolicyForms | None:
    """The policy's quantities where h_0 has a closed form that is not too long, else None.

    A family with a finite t_max is taken only when M(t_max) = oo, so that chi2 is infinite from
    2t = t_max on: for a polynomial of degree 2, t_max s - z^2/2 is affine.
    """
    form = closed_form(tree)
    if form is None or (form.t_max is not sympy.oo and polynomial(tree) is None):
        return None
    if sympy.count_ops(form.h(0)) > _LONGEST:
        return None
    return from_log_partition(_logarithm(form), cumulant(noise), form.t_max)


def _logarithm(form: ClosedForm) -> sympy.Expr:
    # A product of exponentials and powers becomes a sum; a sum over levels stays one logarithm.
    return sympy.expand_log(sympy.log(form.h(0)), force=True)


#: osc(Delta) and osc(r* - r_{a0}).
oscillation = sympy.Symbol("D", positive=True)
pilot_oscillation = sympy.Symbol("D_0", nonnegative=True)
#: How far the path from r* to rhat is gone.
u = sympy.Symbol("u", real=True)


def path_slope() -> tuple[sympy.Expr, sympy.Expr]:
    """d/du E_{pi_u} r* for abstract rewards, and t Cov_{pi_u}(r*, Delta), to be compared."""
    reward, delta = (sympy.Function(name, real=True)(z) for name in ("r", "Delta"))

    def mean(weight: sympy.Expr) -> sympy.Expr:
        mass = sympy.exp(t * (reward + u * delta) - z**2 / 2)
        return sympy.Integral(weight * mass, (z, -sympy.oo, sympy.oo))

    mass = mean(sympy.S.One)
    slope = sympy.diff(mean(reward) / mass, u)
    covariance = mean(reward * delta) / mass - mean(reward) * mean(delta) / mass**2
    return slope, t * covariance


def prefactor() -> sympy.Expr:
    """int_0^1 t e^{tuD} du = (e^{tD} - 1)/D: what multiplies the two standard deviations."""
    return sympy.simplify(sympy.integrate(t * sympy.exp(t * u * oscillation), (u, 0, 1)))


def remainder_weight(x: sympy.Expr) -> sympy.Expr:
    """int_0^1 (1 - u) e^{ux} du, the weight of Delta^2 in Taylor's remainder of the gap, for x > 0."""
    return sympy.simplify(sympy.integrate((1 - u) * sympy.exp(u * x), (u, 0, 1)))


def pilot_factor() -> sympy.Expr:
    """e^{t D_0/2}: sd_{pi*} <= e^{t D_0/2} sd_{pi_a0}, since dpi*/dpi_a0 <= e^{t osc(r* - r_a0)}."""
    return sympy.exp(t * pilot_oscillation / 2)


#: Roots in radicals of higher degree lead nowhere.
_LARGEST_DEGREE = 8


def rational_mass(tree: Node, t: sympy.Rational) -> sympy.Expr | None:
    """M(t), oo where the integral diverges, or None where e^{ts} phi is not seen to be rational."""
    exponent = sympy.expand(t * lower(tree) - z**2 / 2)
    if exponent.is_polynomial(z) and sympy.degree(exponent, z) < 2:
        # The exponential of an affine function: z^2 at t = 1/2.
        return sympy.oo
    density = _rational(exponent)
    if density is None:
        return None
    top, bottom = (sympy.Poly(part, z) for part in sympy.fraction(sympy.cancel(density)))
    if bottom.degree() > _LARGEST_DEGREE or not all(c.is_Rational for c in (*top.coeffs(), *bottom.coeffs())):
        return None
    if bottom.degree() < top.degree() + 2 or bottom.count_roots() > 0:
        return sympy.oo
    roots = sympy.roots(bottom)
    if sum(roots.values()) < bottom.degree():
        return None
    upper = [root for root in roots if sign(sympy.im(root)) == 1]
    if 2 * sum(roots[root] for root in upper) != bottom.degree():
        return None
    # The integral over the line is 2 pi i times the residues above it.
    residues = sum((sympy.residue(top.as_expr() / bottom.as_expr(), z, root) for root in upper), sympy.S.Zero)
    return sympy.simplify(2 * sympy.pi * sympy.I * residues) / sympy.sqrt(2 * sympy.pi)


def _rational(exponent: sympy.Expr) -> sympy.Expr | None:
    """e^exponent for a sum of integer multiples of logarithms of polynomials with rational coefficients."""
    factors = []
    for term in sympy.Add.make_args(exponent):
        power, inner = term.as_coeff_Mul()
        if not isinstance(inner, sympy.log) or not power.is_Integer or not inner.args[0].is_polynomial(z):
            return None
        factors.append(inner.args[0] ** power)
    return prod(factors, start=sympy.S.One)


Equation = tuple[str, sympy.Expr, sympy.Expr]

n, kappa, fourth, variance = sympy.symbols("n kappa sigma_2 sigma_1", positive=True)
_MASS = sympy.Symbol("M", positive=True)
_LAPLACE = sympy.Function("L", positive=True)
#: e^{K_e(2t) - 2K_e(t)}.
noise_factor = _LAPLACE(2 * t) / _LAPLACE(t) ** 2


def energy(label: bool) -> tuple[sympy.Expr, sympy.Expr]:
    """E[w^2 (y - f)^2 given x] over e^{2tr}/M^2: by definition, and by the cumulants of the noise.

    Label weights: w = e^{t(s+e)}/(M L(t)), y - f = rho + e - K_e'(t). Surrogate weights do not see e, y - f =
    rho + e.
    """
    rho, e = sympy.symbols("rho e", real=True)
    laplace = _LAPLACE
    at = 2 * t if label else sympy.S.Zero
    x = sympy.Symbol("x", real=True)
    moments = [sympy.diff(laplace(x), x, j).subs(x, at) if j else laplace(at) for j in range(3)]
    k = sympy.log(laplace(x))
    slope, curvature = (sympy.diff(k, x, j).subs(x, at) for j in (1, 2))
    once = sympy.diff(k, x).subs(x, t) if label else sympy.S.Zero
    expanded = sympy.Poly(sympy.expand((rho + e - once) ** 2), e)
    direct = sum(c * moments[power] for (power,), c in expanded.terms()) / (laplace(t) ** 2 if label else 1)
    factor = noise_factor if label else sympy.S.One
    cumulants = factor * ((rho + slope - once) ** 2 + curvature)
    if not label:
        # L(0) = 1 and L'(0) = E e = 0.
        plain = {moments[0]: 1, moments[1]: 0}
        direct, cumulants = direct.subs(plain), cumulants.subs(plain)
    return direct, cumulants


def coefficients() -> Iterator[Equation]:
    """What the fit estimates, the size of its error, and a reference: steps 2, 4, 13, 17 and 19 of V8."""
    h, g, s2 = sympy.symbols("H_11 g E_s2", positive=True)
    h01, a0, a1, d0, d1, r0, r1 = sympy.symbols("H_01 a_0 a_1 d_0 d_1 theta_0 theta_1", real=True)
    w, y, p = sympy.symbols("w y psi", real=True)
    gram = sympy.Matrix([[1, h01], [h01, h]])
    ridge = sympy.diag(0, g)
    target, d, reference = sympy.Matrix([a0, a1]), sympy.Matrix([d0, d1]), sympy.Matrix([r0, r1])
    full = gram + ridge
    theta = full.LUsolve(target)
    pulled = ridge * theta

    def square(fit: sympy.Matrix) -> sympy.Expr:
        """E(s - psi'fit)^2."""
        return s2 - 2 * (fit.T * target)[0] + (fit.T * gram * fit)[0]

    for j in range(2):
        yield "E rho psi = Lambda theta_0", (target - gram * theta)[j], pulled[j]
    psi = sympy.Matrix([1, p])
    score = w * psi * (y - (psi.T * theta)[0]) - pulled
    moved = (w * psi * psi.T + ridge) * d
    normal = w * psi * (y - (psi.T * (theta + d))[0]) - ridge * (theta + d)
    for j in range(2):
        yield "the normal equations", (score - moved)[j], normal[j]
    error = s2 - 2 * ((theta + d).T * target)[0] + ((theta + d).T * gram * (theta + d))[0]
    yield "the square of the error", error, square(theta) - 2 * (d.T * pulled)[0] + (d.T * gram * d)[0]
    drift = target - gram * reference - ridge * reference
    step = full.LUsolve(drift)
    for j in range(2):
        yield "theta_0 from a reference", theta[j], (reference + step)[j]
    mixed = ((drift + ridge * reference).T * step)[0]
    yield (
        "the bias from a reference",
        square(theta),
        square(reference) - 2 * mixed + (step.T * gram * step)[0],
    )


def any_law() -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """E(psi'd - rho)^2 by the moments of psi and rho under one law, two atoms, p = 2: step 3 of V8s."""
    c, d0, d1, x0, x1, r0, r1 = sympy.symbols("c d_0 d_1 x_0 x_1 rho_0 rho_1", real=True)
    atoms = ((c, x0, r0), (1 - c, x1, r1))
    direct = sum(p * (d0 + d1 * x - r) ** 2 for p, x, r in atoms)

    def mean(value: Callable[[sympy.Expr, sympy.Expr], sympy.Expr]) -> sympy.Expr:
        return sum(p * value(x, r) for p, x, r in atoms)

    mixed = d0 * mean(lambda x, r: r) + d1 * mean(lambda x, r: r * x)
    form = d0**2 + 2 * d0 * d1 * mean(lambda x, r: x) + d1**2 * mean(lambda x, r: x * x)
    yield direct, mean(lambda x, r: r * r) - 2 * mixed + form


def score_moments() -> Iterator[Equation]:
    """E|zetabar|^2 and E|zetabar|^4 of n independent scores in the plane, by their whole law: steps 8 and 9.

    zeta = (+-a, 0) with chance c, else (0, +-b): F = c a^2 + (1-c) b^2, Sigma = diag(c a^2, (1-c) b^2).
    """
    a, b, c = sympy.symbols("a b c", positive=True)
    atoms = [((a, 0), c / 2), ((-a, 0), c / 2), ((0, b), (1 - c) / 2), ((0, -b), (1 - c) / 2)]
    parts = (c * a**2, (1 - c) * b**2)
    trace, squares, fourths = sum(parts), sum(v**2 for v in parts), c * a**4 + (1 - c) * b**4
    for count in (1, 2, 3):
        second, quartic = sympy.S.Zero, sympy.S.Zero
        for draws in product(atoms, repeat=count):
            chance = sympy.prod([weight for _, weight in draws])
            length = sum(sum(v[i] for v, _ in draws) ** 2 for i in range(2))
            second += chance * length
            quartic += chance * length**2
        yield f"E|zetabar|^2 of {count}", second / count**2, trace / count
        claimed = fourths / sympy.Integer(count) ** 3
        claimed += (1 - sympy.Rational(1, count)) * (trace**2 + 2 * squares) / sympy.Integer(count) ** 2
        yield f"E|zetabar|^4 of {count}", quartic / count**4, claimed


def tail_exponents() -> Iterator[Equation]:
    """The exponents of steps 6 and 7, and each solved for kappa at p e^{-x}."""
    a, x = sympy.symbols("a x", positive=True)
    chernoff = -a * n * kappa + n * a**2 * fourth / 2
    best = sympy.solve(sympy.diff(chernoff, a), a)[0]
    yield "the least of -an kappa + na^2 sigma^2/2", chernoff.subs(a, best), -n * kappa**2 / (2 * fourth)
    yield (
        "kappa of the lower tail",
        (n * kappa**2 / (2 * fourth)).subs(kappa, sympy.sqrt(2 * fourth * x / n)),
        x,
    )
    tropp = ((n * kappa) ** 2 / 2) / (n * variance + n * kappa / 3)
    bernstein = n * kappa**2 / (2 * variance + 2 * kappa / 3)
    yield "Tropp's exponent", tropp, bernstein
    root = (x / 3 + sympy.sqrt(x**2 / 9 + 2 * n * variance * x)) / n
    yield "kappa of Bernstein's form", bernstein.subs(kappa, root), x


def bousquet() -> Equation:
    """Step 10: his inequality for zeta/B, times B/n."""
    m, v, x, b = sympy.symbols("m v x B", positive=True)
    # E Z <= n m/B, variances v/B^2.
    scaled = n * m / b + sympy.sqrt(2 * x * (n * v / b**2 + 2 * n * m / b)) + x / 3
    claimed = m + sympy.sqrt(2 * x * (v + 2 * b * m) / n) + b * x / (3 * n)
    return "Bousquet's inequality, scaled", scaled * b / n, claimed


def lower_tail_holds() -> bool:
    """e^{-x} <= 1 - x + x^2/2 for x >= 0: the difference and its slope vanish at 0, and it is convex."""
    x = sympy.Symbol("x", nonnegative=True)
    room = 1 - x + x**2 / 2 - sympy.exp(-x)
    # The second derivative 1 - e^{-x} is 0 at 0 and grows, as e^{-x} > 0.
    rising = sympy.diff(room, x, 3)
    return all(sympy.diff(room, x, j).subs(x, 0) == 0 for j in range(3)) and bool(rising.is_positive)


def conditional_law() -> Iterator[Equation]:
    """u given z, z given u, and what the lower bound of V9 integrates: steps 1, 3, 4 and 5 of V9."""
    m, u, v = sympy.symbols("m u v", real=True)
    spread = sympy.sqrt(1 - m**2)
    # The covariance matrix of (z, u) is that of independent N(0, 1): each pair is (coefficient of z, of v).
    hidden, across = (1, 0), (m, spread)
    rest = tuple((a - m * b) / spread for a, b in zip(across, hidden, strict=True))
    yield "v has variance 1", sum(c * c for c in rest), sympy.S.One
    yield "v is uncorrelated with z", sum(a * b for a, b in zip(rest, hidden, strict=True)), sympy.S.Zero
    joint = sympy.exp(-(z**2) / 2 - (u - m * z) ** 2 / (2 * spread**2))
    given = sympy.exp(-(u**2) / 2 - (z - m * u) ** 2 / (2 * spread**2))
    yield "Bayes' formula", joint, given
    a, q, s = (sympy.Function(name, real=True)(z) for name in ("a", "q", "s"))
    kernel = sympy.exp(-((z - m * u) ** 2) / (2 * spread**2))
    k = (sympy.diff(a, z) - a * (z - m * u) / spread**2) / q
    yield "k q N = d/dz (a N)", k * q * kernel, sympy.diff(a * kernel, z)
    score = (k * q).subs(u, m * z + spread * v)
    in_v = sympy.Poly(sympy.expand(sympy.simplify(score)), v)
    first = in_v.coeff_monomial(1)
    yield "E k q given z", first, sympy.diff(a, z) - z * a
    yield "E (k q)^2 given z", first**2 + in_v.coeff_monomial(v) ** 2, first**2 + m**2 / spread**2 * a**2
    tilted = sympy.exp(t * s) / _MASS
    along = tilted * sympy.diff(s, z)
    claimed = tilted * (sympy.diff(s, z, 2) + sympy.diff(s, z) * (t * sympy.diff(s, z) - z))
    yield "a = q s'", sympy.diff(along, z) - z * along, claimed


def range_of_overlaps() -> Iterator[Equation]:
    """d/dtau T_m q = T_m L q, m = e^{-tau}, for q = e^{cu}; and L^2 q: steps 11 and 12 of V9."""
    c, tau, u = sympy.symbols("c tau u", real=True)
    m = sympy.exp(-tau)

    def mean(factor: sympy.Expr) -> sympy.Expr:
        """T_m of a factor, at most linear in u, times e^{cu}: the tilt moves the mean of u."""
        at = factor.subs(u, m * z + c * (1 - m**2))
        return at * sympy.exp(c * m * z + c**2 * (1 - m**2) / 2)

    yield "d/dtau T_m", sympy.diff(mean(sympy.S.One), tau), mean(c**2 - c * u)
    q = sympy.Function("q", real=True)(u)

    def moved(f: sympy.Expr) -> sympy.Expr:
        return sympy.diff(f, u, 2) - u * sympy.diff(f, u)

    first, second, third, fourth = (sympy.diff(q, u, k) for k in range(1, 5))
    yield "L^2", moved(moved(q)), fourth - 2 * u * third + (u**2 - 2) * second + u * first


def differ(equation: Equation) -> sympy.Expr:
    """Left minus right, simplified: 0 when the equation is an identity."""
    _, left, right = equation
    return sympy.simplify(left - right)
