"""L1, H1, H2. Four readings of one link agree; Stein's identity and the Gaussian shift; the tilted label
coefficient.

Stein needs s smooth with derivatives of at most exponential-linear growth. The algebra integrates by parts.
The label coefficient is a derivative and a power series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, factorial, floor, log2

import numpy as np
import sympy
from flint import arb

from ...link import Bin, Call, Node, Num, Var, combine, negate, singular_points, substitute
from ...numerics.expectation.oracle import t_range
from ...numerics.lowering.arb import compile_arb
from ...numerics.lowering.pointwise import compile_mpmath, compile_numpy, mp
from ...numerics.precision import exact, working
from ...theory.exact import hermite, z
from ...theory.exact import t as symbol_t
from ...theory.exact.constants import sign
from ...theory.exact.lower import lower, to_tree
from ...theory.families.moments import moment
from ..claim import Assumption, Claim, Subject, Variant, condition
from ..legs.equation import Equation, Moment, enclose, numeric_legs
from ..number import ball, show
from ..verdict import Finding, refutes, supports, undecided

_POINTS = 24
_DIGITS = 40
#: What rounding in double precision may cost in a link of a few dozen operations.
_DOUBLE = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class ReadingStatement:
    """Arb's value at ``mirror``*z times ``factor`` plus ``offset`` equals the other readings."""

    factor: Fraction = Fraction(1)
    mirror: int = 1
    offset: Fraction = Fraction(0)

    def value(self, tree: Node, x: Fraction) -> arb:
        read: arb = compile_arb(tree)(exact(self.mirror * x))
        return read * exact(self.factor) + exact(self.offset)


def _read_at(subject: Subject) -> list[Fraction]:
    """Random dyadic points, the kinks that are dyadic, and points close beside every kink.

    A ball holds dyadic numbers exactly; around any other kink it holds both branches.
    """
    rng = subject.rng("L1")
    points = [Fraction(0), *(Fraction(int(n), 64) for n in rng.integers(-320, 321, _POINTS))]
    for kink in subject.facts.kinks.value or ():
        if kink.is_Rational and int(kink.q) & (int(kink.q) - 1) == 0:
            points.append(Fraction(kink))
        points += [Fraction(float(kink)) + side * Fraction(1, 2**20) for side in (-1, 1)]
    singular = singular_points(subject.link.tree)
    return [x for x in points if x not in singular]


def read_by_sympy(subject: Subject, statement: ReadingStatement) -> Finding:
    expression = lower(subject.link.tree)
    with working(4 * _DIGITS):
        read = [(x, ball(expression.subs(z, sympy.Rational(x)))) for x in _read_at(subject)]
        return _read_alike(subject, statement, "SymPy", read, Fraction(1, 10**_DIGITS))


def read_by_mpmath(subject: Subject, statement: ReadingStatement) -> Finding:
    function = compile_mpmath(subject.link.tree)
    with mp.workdps(_DIGITS + 20), working(4 * _DIGITS):
        values = [(x, function(mp.mpf(x.numerator) / x.denominator)) for x in _read_at(subject)]
        read = [(x, arb(mp.nstr(value, _DIGITS + 10))) for x, value in values]
        return _read_alike(subject, statement, "mpmath", read, Fraction(1, 10 ** (_DIGITS - 10)))


def read_by_numpy(subject: Subject, statement: ReadingStatement) -> Finding:
    points = [*map(float, _read_at(subject)), *subject.rng("L1 normal").standard_normal(100)]
    values = compile_numpy(subject.link.tree)(np.array(points))
    with working(4 * _DIGITS):
        read = [(Fraction(x), arb(float(value))) for x, value in zip(points, values, strict=True)]
        return _read_alike(subject, statement, "NumPy", read, _DOUBLE)


def _read_alike(
    subject: Subject,
    statement: ReadingStatement,
    name: str,
    read: Sequence[tuple[Fraction, arb]],
    room: Fraction,
) -> Finding:
    """What was read against Arb to the relative room; a ball too wide to tell leaves the leg undecided."""
    for x, other in read:
        value = statement.value(subject.link.tree, x)
        gap = abs(other - value)
        allowed = exact(room) * (1 + abs(value))
        if gap > allowed:
            return refutes("two readings differ", f"z = {x}: {name} {show(other)}, statement {show(value)}")
        if not gap < allowed:
            return undecided(f"the values at z = {x} are not resolved")
    return supports(f"{name} and Arb agree at {len(read)} points, kinks included")


L1: Claim[ReadingStatement] = Claim(
    id="L1",
    title="Four readings of one link",
    formula="SymPy, Arb, mpmath and NumPy give s(z) the same value",
    latex=r"s_{\mathrm{SymPy}}(z)=s_{\mathrm{Arb}}(z)=s_{\mathrm{mpmath}}(z)=s_{\mathrm{NumPy}}(z)",
    kind="equal",
    sentence="S2",
    source="the link language",
    assumptions=(),
    quantified=f"{_POINTS} random dyadic z, 100 normal z, dyadic kinks and both sides of every kink",
    statement=ReadingStatement(),
    legs={"enclosure": read_by_sympy, "quadrature": read_by_mpmath, "simulation": read_by_numpy},
    scopes={"enclosure": "instances", "quadrature": "instances", "simulation": "instances"},
    variants=(
        Variant("values 1% too large", ReadingStatement(factor=Fraction(101, 100)), "tanh"),
        Variant("z read as -z", ReadingStatement(mirror=-1), "softplus"),
        Variant("values 1/1000 too large", ReadingStatement(offset=Fraction(1, 1000)), "sign"),
    ),
)


_STEIN_ORDERS = (1, 2, 3)
_SHIFT = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class SteinStatement:
    """E[s He_k] = factor * sign^k * E[s^(k + extra)]; E[s e^{aZ}] = e^{exponent a^2} E[s(Z + a)]."""

    factor: Fraction = Fraction(1)
    sign: int = 1
    extra: int = 0
    exponent: Fraction = Fraction(1, 2)


def stein_equations(subject: Subject, statement: SteinStatement) -> Sequence[Equation]:
    tree = subject.link.tree
    rows = [_shift(tree, statement)]
    expression = lower(tree)
    for k in _STEIN_ORDERS:
        # The derivative where it exists: across a jump that is not the weak one, which is a variant here.
        derivative = sympy.diff(expression, z, k + statement.extra)
        derivative = derivative.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
        coefficient = sympy.Rational(statement.factor) * statement.sign**k
        left = Moment(tree, k, 1)
        if derivative.is_number:
            rows.append(Equation(f"k = {k}", left, constant=coefficient * derivative))
        else:
            rows.append(Equation(f"k = {k}", left, terms=((coefficient, Moment(to_tree(derivative), 0, 1)),)))
    return rows


def _shift(tree: Node, statement: SteinStatement) -> Equation:
    a = Num(_SHIFT)
    weighted = combine("*", tree, Call("exp", (combine("*", a, Var()),)))
    shifted = substitute(tree, Bin("+", Var(), a))
    factor = sympy.exp(sympy.Rational(statement.exponent * _SHIFT**2))
    right = ((factor, Moment(shifted, 0, 1)),)
    return Equation(f"shift by {_SHIFT}", Moment(weighted, 0, 1), terms=right)


def stein_derive(subject: Subject, statement: SteinStatement) -> Finding:
    """phi He_k = (-1)^k phi^(k), so k integrations by parts move every derivative to s."""
    density = sympy.exp(-(z**2) / 2)
    for k in _STEIN_ORDERS:
        order = k + statement.extra
        # k integrations by parts turn (-1)^k phi^(k) into s^(k); the statement claims s^(order).
        moved = sympy.simplify(sympy.diff(density, z, order) * (-1) ** order / density)
        claimed = sympy.Rational(statement.factor) * statement.sign**k * moved
        if sympy.expand(claimed - hermite(k, z)) != 0:
            witness = f"k = {k}: {sympy.expand(claimed)} in place of {hermite(k, z)}"
            return refutes("integration by parts gives another factor", witness)
    a = sympy.Symbol("a", real=True)
    exponent = sympy.Rational(statement.exponent) * a**2 - (z - a) ** 2 / 2
    if sympy.expand(a * z - z**2 / 2 - exponent) != 0:
        witness = f"exponent {sympy.expand(exponent)} in place of {a * z - z**2 / 2}"
        return refutes("completing the square gives another constant", witness)
    growth = subject.facts.tame_derivatives
    if growth.value:
        detail = f"integration by parts; boundary terms vanish: {growth.reason}"
        return supports(detail, scope="statement")
    return undecided(f"boundary terms: {growth.reason}")


H1: Claim[SteinStatement] = Claim(
    id="H1",
    title="Stein's identity and the Gaussian shift",
    formula="s smooth, abs(s^(k)(z)) <= C e^(c z^2) with c < 1/2: E[s(Z) He_k(Z)] = E[s^(k)(Z)] for k = 1, "
    "2, 3, and E[s(Z) e^(aZ)] = e^(a^2/2) E[s(Z + a)] for every a",
    latex=r"\mathbb{E}[s(Z)\mathrm{He}_k(Z)] = \mathbb{E}[s^{(k)}(Z)],\quad "
    r"\mathbb{E}[s(Z)e^{aZ}] = e^{a^2/2}\,\mathbb{E}[s(Z+a)]",
    kind="equal",
    sentence="S4",
    source="Stein 1972; Cameron and Martin 1944",
    assumptions=(
        Assumption("s is smooth", lambda s: None if s.facts.smooth.value else s.facts.smooth.reason),
    ),
    quantified="k = 1, 2, 3 and every real a; numbers at a = 1/2",
    statement=SteinStatement(),
    legs={"symbolic": stein_derive, **numeric_legs("H1", stein_equations)},
    variants=(
        Variant("right side 1% too large", SteinStatement(factor=Fraction(101, 100)), "tanh"),
        Variant("sign (-1)^k", SteinStatement(sign=-1), "tanh"),
        Variant("one derivative too many", SteinStatement(extra=1), "gaussian-bump"),
        Variant("e^(a^2) in place of e^(a^2/2)", SteinStatement(exponent=Fraction(1)), "sigmoid"),
        Variant("across a jump", SteinStatement(), "sign", drops="s is smooth"),
    ),
)


_SERIES_ORDERS = (1, 2)
_TERMS = 24
#: Coefficients of a closed form that are compared with moments.
_EXPANDED = 3


@dataclass(frozen=True, slots=True)
class SeriesStatement:
    """alpha_k = factor * sum_i t^i/(i + late)! mu_{i+1+skip,k} and d/dt e^{ty} = y^power e^{ty}."""

    factor: Fraction = Fraction(1)
    late: int = 0
    skip: int = 0
    power: int = 1


def _radius(subject: Subject) -> arb:
    tree = subject.link.tree
    return t_range(tree).finite_below.min(t_range(negate(tree)).finite_below)


def _tilt(subject: Subject) -> Fraction:
    """A t at which the remainder after _TERMS terms stays below the digits compared.

    t times the size of s is about 1/16, and t at most a 64th of the radius.
    """
    limit, size = _radius(subject), float(enclose(Moment(subject.link.tree, 0, 2), 6).upper()) ** 0.5
    t = 1 / (16 * Fraction(2) ** ceil(log2(size))) if size > 0 else Fraction(1, 16)
    if not limit < 64 * t.numerator / t.denominator:
        return t
    return Fraction(2) ** floor(log2(float(limit.lower()))) / 64


def series_equations(subject: Subject, statement: SeriesStatement) -> Sequence[Equation]:
    tree, t = subject.link.tree, _tilt(subject)
    rows = []
    for k in _SERIES_ORDERS:
        terms = tuple(
            (
                sympy.Rational(statement.factor * t**i / factorial(i + statement.late)),
                Moment(tree, k, i + 1 + statement.skip),
            )
            for i in range(_TERMS)
        )
        # |e^{ts} - sum_{i<N}| <= |ts|^N/N! e^{t|s|}, then Cauchy-Schwarz against He_k, and
        # e^{2t|s|} <= e^{2ts} + e^{-2ts}.
        scale = sympy.Rational(t**_TERMS, factorial(_TERMS)) * sympy.sqrt(factorial(k))
        both = tuple(Moment(side, 0, 2 * _TERMS + 2, 2 * t) for side in (tree, negate(tree)))
        rest = (scale, both)
        rows.append(
            Equation(f"k = {k}, t = {t}", Moment(tree, k, statement.power, t), terms=terms, remainder=rest)
        )
    return rows


def series_derive(subject: Subject, statement: SeriesStatement) -> Finding:
    """d/dt e^{ty} = y e^{ty} and the exponential series, both under the integral; then this link's own."""
    t, y = sympy.symbols("t y")
    slope = sympy.diff(sympy.exp(t * y), t) / sympy.exp(t * y)
    if sympy.simplify(slope - y**statement.power) != 0:
        return refutes("the derivative is another", f"{slope} is not y^{statement.power}")
    for order in range(6):
        true = sympy.diff(y * sympy.exp(t * y), t, order).subs(t, 0) / factorial(order)
        claimed = sympy.Rational(statement.factor) * y ** (order + 1 + statement.skip)
        claimed /= factorial(order + statement.late)
        if sympy.simplify(true - claimed) != 0:
            return refutes("the series is another", f"coefficient of t^{order}: {claimed} in place of {true}")
    return _expanded(subject)


def _expanded(subject: Subject) -> Finding:
    """Where the link has a closed form of h_k: its derivatives at 0 are the moments worked out apart."""
    detail = "e^{t|y|} dominates on a neighbourhood of t, so derivative and sum pass under the integral"
    form, tree = subject.closed_form, subject.link.tree
    if form is None:
        return supports(f"{detail}; no closed form of h_k to expand")
    count = 0
    for k in _SERIES_ORDERS:
        for i in range(1, _EXPANDED + 1):
            known, derived = moment(tree, i, k), sympy.diff(form.h(k), symbol_t, i).subs(symbol_t, 0)
            if known is None or not derived.is_number or not derived.is_finite:
                continue
            gap = sign(sympy.expand(derived - known))
            if gap is None:
                return undecided(f"h_{k}^({i})(0) = {known} is not decided")
            if gap:
                witness = f"h_{k}^({i})(0) = {derived}, E[s^{i} He_{k}] = {known}"
                return refutes("the closed form has another series", witness)
            count += 1
    return supports(f"{detail}; {count} coefficients of this link's h_k agree")


TWO_SIDED = condition(
    "|s| has exponential moments",
    lambda s: _radius(s) > 0,
    "E e^(t|s|) is not shown to be finite for any t > 0, so the series is at most asymptotic",
)

H2: Claim[SeriesStatement] = Claim(
    id="H2",
    title="The tilted coefficient is a derivative and a power series",
    formula="alpha_k(t) = h_k'(t) = sum_i t^i/i! E[y^(i+1) He_k] for 0 < t < min(t_max(s), t_max(-s))",
    latex=r"\alpha_k(t) = h_k'(t) = \sum_{i\ge0}\frac{t^i}{i!}\,\mathbb{E}[y^{i+1}\mathrm{He}_k]",
    kind="equal",
    sentence="S4",
    source="differentiation of a Laplace transform",
    assumptions=(TWO_SIDED,),
    quantified="every k and t; tried for k = 1, 2 at a t inside the radius of convergence",
    statement=SeriesStatement(),
    legs={"symbolic": series_derive, **numeric_legs("H2", series_equations)},
    variants=(
        Variant("series 1% too large", SeriesStatement(factor=Fraction(101, 100)), "tanh"),
        Variant("(i + 1)! in place of i!", SeriesStatement(late=1), "sigmoid"),
        Variant("moments shifted by one power", SeriesStatement(skip=1), "softplus"),
        Variant("derivative y^2 e^(ty)", SeriesStatement(power=2), "relu"),
    ),
)

CLAIMS = {claim.id: claim for claim in (L1, H1, H2)}
