"""The steps of the finite-sample bound in exact algebra: each a pair of expressions that must be equal.

Matrices are symbolic 2x2 (features 1 and another, ridge P = diag(0, 1)), noise is an abstract Laplace
transform L(u) = E e^{ue}, and laws with a few atoms have symbolic atoms and chances.
"""

from collections.abc import Callable, Iterator
from itertools import product

import sympy

from .exact import t, z

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
