"""Exact moments mu_{i,k} = E[s(Z)^i He_k(Z)] wherever one of the exactly solvable families holds the link."""

from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from math import comb

import sympy

from ...link.build import call, combine, negate
from ...link.tree import Bin, Call, Neg, Node, Num
from ..exact import he, monomial_moment
from ..exact.constants import is_zero, sign
from ..exact.functions import plain
from ..exact.lower import constant
from ..exact.polynomial import Coefficients, affine_image, evaluate, polynomial, polynomial_moment, product
from ..shape.growth import moderate
from ..shape.monotone import parity
from ..shape.pieces import exact_pieces, levels
from ..shape.powered_gaussian import bell
from .piecewise import mass_between, masses


@lru_cache(maxsize=4096)
def moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[s(Z)^i He_k(Z)] as an exact number, or None when no family holds the link."""
    # By symmetry alone nothing vanishes: the moment must exist.
    if vanishes_by_parity(tree, i, k) and moderate(tree):
        return sympy.S.Zero
    exact = polynomial_moment(tree, i, k)
    if exact is not None:
        return exact
    steps = levels(tree)
    if steps is not None:
        return sympy.expand(sum(value**i * mass for value, mass in masses(steps, k).items()))
    bump = bell(tree)
    if bump is not None:
        return bump.moment(i, k)
    sum_of_waves = waves(tree)
    found = None if sum_of_waves is None else wave_moment(sum_of_waves, i, k)
    if found is None:
        found = _piece_by_piece(tree, i, k)
    if found is None:
        found = _of_image(tree, i, k)
    return _by_parts(tree, k) if found is None and i == 1 else found


def _piece_by_piece(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """The sum over the pieces of a link that is a real sum of exponentials of quadratics on each."""
    pieces = exact_pieces(tree)
    if pieces is None or len(pieces) == 1:
        return None
    total = sympy.S.Zero
    for piece in pieces:
        base = waves(piece.tree)
        if base is None or any(not a.is_real for a, _ in base):
            return None
        part = wave_moment(base, i, k, piece.low, piece.high)
        if part is None:
            return None
        total += part
    return sympy.expand(total)


def _of_image(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[(c u + d)^i He_k] by the binomial theorem from the moments of u."""
    c, d, core = affine_image(tree)
    if core == tree:
        return None
    moments = [sympy.Integer(k == 0), *(moment(core, j, k) for j in range(1, i + 1))]
    if None in moments:
        return None
    terms = (comb(i, j) * c**j * d ** (i - j) * of_u for j, of_u in enumerate(moments))
    return sympy.expand(sum(terms, sympy.S.Zero))


def _by_parts(tree: Node, k: int) -> sympy.Expr | None:
    """E[s He_k] of a sum of polynomials times functions whose means follow from a symmetry or from Stein."""
    terms = _terms(tree)
    if len(terms) == 1 and terms[0][1] == tree:
        return _mean_of(_he(k), tree)
    values = [_mean_of(tuple(product(p, _he(k))), core) for p, core in terms]
    found = [_by_orders(p, core, k) if v is None else v for (p, core), v in zip(terms, values, strict=True)]
    known = [value for value in found if value is not None]
    return sympy.expand(sympy.Add(*known)) if len(known) == len(found) else None


def _by_orders(p: Coefficients, core: Node | None, k: int) -> sympy.Expr | None:
    """E[P f He_k] by P He_k = sum_n c_n He_n from the moments of f."""
    total, q = sympy.S.Zero, tuple(product(p, _he(k)))
    for n in range(len(q)):
        weight = _gaussian_mean(tuple(product(q, _he(n)))) / sympy.factorial(n)
        if weight == 0:
            continue
        value = None if core is None else moment(core, 1, n)
        if value is None:
            return None
        total += weight * value
    return total


def _he(k: int) -> Coefficients:
    return tuple(sympy.Integer(int(c)) for c in he(k).coeffs())


#: Coefficients of a polynomial, and the function that it multiplies; None for 1.
Term = tuple[Coefficients, Node | None]


def _terms(tree: Node) -> list[Term]:
    """The link as a sum of polynomials times functions."""
    exact = polynomial(tree)
    if exact is not None:
        return [(exact, None)]
    one: Coefficients = (sympy.S.One,)
    if isinstance(tree, Neg):
        return [(tuple(-c for c in p), core) for p, core in _terms(tree.arg)]
    if isinstance(tree, Call) and tree.name == "gelu":
        # u (1 + erf(u/sqrt 2))/2
        (u,) = tree.args
        bell_end = call("erf", (combine("/", u, call("sqrt", (Num(Fraction(2)),))),))
        half = combine("/", combine("+", Num(Fraction(1)), bell_end), Num(Fraction(2)))
        return _terms(combine("*", u, half))
    if (meant := plain(tree)) is not None:
        return _terms(meant)
    if not isinstance(tree, Bin):
        return [(one, tree)]
    if tree.op in "+-":
        return _terms(tree.left) + _terms(tree.right if tree.op == "+" else Neg(tree.right))
    if tree.op == "/" and (logistic := _logistic(tree.right)) is not None:
        return _terms(combine("*", tree.left, logistic))
    if tree.op == "/" and (number := constant(tree.right)) is not None:
        return [(tuple(c / number for c in p), core) for p, core in _terms(tree.left)]
    if tree.op == "*":
        right = _terms(tree.right)
        pairs = [(tuple(product(p, q)), f, g) for p, f in _terms(tree.left) for q, g in right]
        if any(f is not None and g is not None for _, f, g in pairs):
            return [(one, tree)]
        return [(p, g if f is None else f) for p, f, g in pairs]
    return [(one, tree)]


def _logistic(divisor: Node) -> Node | None:
    """sigmoid(-u) for the divisor 1 + e^u."""
    if isinstance(divisor, Bin) and divisor.op == "+":
        for one, other in ((divisor.left, divisor.right), (divisor.right, divisor.left)):
            if one == Num(Fraction(1)) and isinstance(other, Call) and other.name == "exp":
                return call("sigmoid", (negate(other.args[0]),))
    return None


def _mean_of(q: Coefficients, core: Node | None) -> sympy.Expr | None:
    """E[Q(Z) f(Z)] for the polynomial Q with the coefficients ``q``; None where it is not known."""
    if core is None:
        return _gaussian_mean(q)
    odd = tuple(c if n % 2 else sympy.S.Zero for n, c in enumerate(q))
    even = tuple(c - o for c, o in zip(q, odd, strict=True))
    line = polynomial(core.args[0]) if isinstance(core, Call) and core.name == "erf" else None
    if line is not None and len(line) == 2:
        return _erf_mean(q, line)
    if isinstance(core, Call) and core.name in ("sigmoid", "softplus"):
        (u,) = core.args
        if parity(u).value != "odd":
            return None
        if core.name == "sigmoid":
            # sigmoid(u) - 1/2 is odd.
            return _gaussian_mean(even) / 2 if not any(odd) else None
        # softplus(u) - u/2 is even.
        exact = polynomial(u)
        return _gaussian_mean(tuple(product(odd, exact))) / 2 if exact is not None and not any(even) else None
    shape = parity(core).value
    rest = odd if shape == "odd" else even
    return sympy.S.Zero if shape is not None and not any(rest) and moderate(core) else None


def _gaussian_mean(q: Coefficients) -> sympy.Expr:
    return sympy.Add(*(c * monomial_moment(n, 0) for n, c in enumerate(q)))


def _erf_mean(q: Coefficients, line: Coefficients) -> sympy.Expr | None:
    """E[Q erf(aZ + b)]: E[erf He_n] = E[(2a/sqrt(pi)) e^{-(aZ+b)^2} He_{n-1}] by Stein.

    At n = 0 it is erf(b/sqrt(1 + 2a^2)).
    """
    b, a = line
    slope: Waves = {(-2 * a * b, a**2): [2 * a * sympy.exp(-(b**2)) / sympy.sqrt(sympy.pi)]}
    total = sympy.S.Zero
    for n in range(len(q)):
        # Q = sum_n E[Q He_n]/n! He_n.
        weight = _gaussian_mean(tuple(product(q, _he(n)))) / sympy.factorial(n)
        if weight == 0:
            continue
        value = wave_moment(slope, 1, n - 1) if n else sympy.erf(b / sympy.sqrt(1 + 2 * a**2))
        if value is None:
            return None
        total += weight * value
    return sympy.expand(total)


def vanishes(tree: Node, i: int, k: int) -> bool:
    """Whether E[s^i He_k] = 0 is proved."""
    value = moment(tree, i, k)
    return value is not None and is_zero(value) is True


def vanishes_by_parity(tree: Node, i: int, k: int) -> bool:
    """s^i He_k is odd."""
    shape = parity(tree).value
    return (shape == "even" and k % 2 == 1) or (shape == "odd" and (i + k) % 2 == 1)


MAX_TERMS = 40
#: Degree up to which a truncated moment is worked out.
_MAX_DEGREE = 96
#: s as a sum of P(z) e^{az - cz^2}: the coefficients of P by (a, c), a possibly complex.
Waves = dict[tuple[sympy.Expr, sympy.Expr], list[sympy.Expr]]
_FLAT = (sympy.S.Zero, sympy.S.Zero)


@lru_cache(maxsize=512)
def waves(tree: Node) -> Waves | None:
    """The link as a sum of P(z) e^{az - cz^2}: polynomials, exp of quadratics, and sin, cos, sinh, cosh of
    affine arguments."""
    exact = polynomial(tree)
    if exact is not None:
        return {_FLAT: list(exact)}
    if isinstance(tree, Neg):
        inner = waves(tree.arg)
        return None if inner is None else {a: [-c for c in p] for a, p in inner.items()}
    if isinstance(tree, Bin):
        return _combined(tree)
    if (meant := plain(tree)) is not None:
        return waves(meant)
    if isinstance(tree, Call) and tree.name in _WAVES:
        argument = polynomial(tree.args[0])
        if argument is None or len(argument) > (3 if tree.name == "exp" else 2):
            return None
        offset, slope, bend = (*argument, sympy.S.Zero, sympy.S.Zero)[:3]
        return {(a * slope, -a * bend): [weight * sympy.exp(a * offset)] for a, weight in _WAVES[tree.name]}
    return None


_HALF = sympy.Rational(1, 2)
_WAVES: dict[str, tuple[tuple[sympy.Expr, sympy.Expr], ...]] = {
    "exp": ((sympy.S.One, sympy.S.One),),
    "cosh": ((sympy.S.One, _HALF), (-sympy.S.One, _HALF)),
    "sinh": ((sympy.S.One, _HALF), (-sympy.S.One, -_HALF)),
    "cos": ((sympy.I, _HALF), (-sympy.I, _HALF)),
    "sin": ((sympy.I, -sympy.I / 2), (-sympy.I, sympy.I / 2)),
}


def _combined(tree: Bin) -> Waves | None:
    left = waves(tree.left)
    if left is None:
        return None
    if tree.op == "**":
        if not isinstance(tree.right, Num) or tree.right.value.denominator != 1 or tree.right.value < 0:
            return None
        exponent = int(tree.right.value)
        return _raised(left, exponent) if len(left) ** exponent <= MAX_TERMS else None
    right = waves(tree.right)
    if right is None:
        return None
    if tree.op == "*":
        return _times(left, right) if len(left) * len(right) <= MAX_TERMS else None
    if tree.op == "/":
        number = constant(tree.right)
        return None if number is None else {a: [c / number for c in p] for a, p in left.items()}
    total = {a: list(p) for a, p in left.items()}
    for a, p in right.items():
        _add(total, a, p if tree.op == "+" else [-c for c in p])
    return total


def _add(total: Waves, a: tuple[sympy.Expr, sympy.Expr], p: list[sympy.Expr]) -> None:
    total[a] = [x + y for x, y in zip_longest(total.get(a, []), p, fillvalue=sympy.S.Zero)]


def _times(left: Waves, right: Waves) -> Waves:
    total: Waves = {}
    for a, p in left.items():
        for b, q in right.items():
            _add(total, (sympy.expand(a[0] + b[0]), sympy.expand(a[1] + b[1])), product(p, q))
    return total


def _raised(base: Waves, exponent: int) -> Waves:
    result: Waves = {_FLAT: [sympy.S.One]}
    for _ in range(exponent):
        result = _times(result, base)
    return result


def wave_moment(
    base: Waves, i: int, k: int, low: sympy.Expr = -sympy.oo, high: sympy.Expr = sympy.oo
) -> sympy.Expr | None:
    """E[s^i He_k; low < Z < high], a real on a bounded stretch; None where it does not exist or is too long.

    With v = 1 + 2c and m = a/v: E[P(Z) e^{aZ - cZ^2}] = e^{a^2/(2v)} v^{-1/2} E[P(m + X/sqrt(v))], the ends
    at (low - m) sqrt(v) and (high - m) sqrt(v).
    """
    if len(base) ** i > MAX_TERMS:
        return None
    total = sympy.S.Zero
    order: Coefficients = tuple(sympy.Integer(int(c)) for c in he(k).coeffs())
    for (a, c), p in _raised(base, i).items():
        v = sympy.expand(1 + 2 * c)
        if sign(v) != 1 or len(p) + k > _MAX_DEGREE:
            return None
        q, mean, root = product(p, order), a / v, sympy.sqrt(v)
        left, right = (end if end.is_infinite else sympy.expand((end - mean) * root) for end in (low, high))
        moments = _between(left, right, len(q), sympy.expand(a**2 / (2 * v)))
        # P(m + X/sqrt(v)) by Taylor's theorem.
        shifted = (evaluate(_taylor(q, n), mean) / root ** (n + 1) for n in range(len(q)))
        total += sympy.Add(*(x * y for x, y in zip(shifted, moments, strict=True) if x != 0))
    value = sympy.expand(total)
    if value.has(sympy.I):
        value = sympy.expand(value.replace(sympy.exp, _in_the_plane))
    return value


def _between(low: sympy.Expr, high: sympy.Expr, count: int, exponent: sympy.Expr) -> list[sympy.Expr]:
    """e^exponent E[X^n; low < X < high] for n < count: (n - 1) times that of n - 2, and the ends."""
    scale = sympy.exp(exponent)
    if low.is_infinite and high.is_infinite:
        return [scale * monomial_moment(n, 0) for n in range(count)]
    edges = [
        (side, end, sympy.exp(sympy.expand(exponent - end**2 / 2)) / sympy.sqrt(2 * sympy.pi))
        for side, end in ((1, low), (-1, high))
        if end.is_finite
    ]

    def at_the_ends(n: int) -> sympy.Expr:
        return sympy.Add(*(side * end ** (n - 1) * density for side, end, density in edges))

    moments = [scale * mass_between(low, high, 0), at_the_ends(1)]
    for n in range(2, count):
        moments.append((n - 1) * moments[n - 2] + at_the_ends(n))
    return moments[:count]


def _in_the_plane(exponent: sympy.Expr) -> sympy.Expr:
    """e^{x + iy} as e^x (cos y + i sin y)."""
    x, y = exponent.as_real_imag()
    return sympy.exp(x) * (sympy.cos(y) + sympy.I * sympy.sin(y))


def _taylor(p: list[sympy.Expr], n: int) -> Coefficients:
    """The coefficients of P^(n)/n!, a polynomial in the point of expansion."""
    return tuple(sympy.binomial(j, n) * c for j, c in enumerate(p) if j >= n) or (sympy.S.Zero,)
