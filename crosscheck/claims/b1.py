"""B1 to B5. Labels of two values, counts, flipped signs, a variance that depends on the input, preferences.

Of a preference the first layer sees g = E tanh((s - s')/(2 tau)), an increasing function of s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ...link import Label, parse
from ...link.build import call, combine
from ...link.tree import Num, Var
from ...theory.channel import refused, win_moment
from ...theory.exact import t
from ...theory.exact.lower import rational
from ...theory.exact.polynomial import polynomial
from ...theory.shape.pieces import levels
from ..claim import Assumption, Claim, Subject, Variant, of_statement
from ..legs.drawn_label import Case, numeric_legs
from ..legs.equation import Moment
from ..legs.trials import NOT_CONSTANT, TILT, gentle_tilt
from ..verdict import Finding, refutes, supports

_TWO_VALUES = Label("bernoulli", (Fraction(-1), Fraction(2)))
#: v0/v1 = 3 and v1 - v0 = 1, so that e^{t0} = 3.
_NEGATIVE = Label("bernoulli", (Fraction(-3, 2), Fraction(-1, 2)))
_COUNTS = Label("poisson")
#: alpha_1 is a multiple of e^{2t} - e^{t + 1/2}, so that beta1 = 2.
_STEPS = parse("where(z < 0, 1, where(z > sqrt(1 + 2*log(2)), 2, 0))").tree
_CHANCE = Fraction(1, 4)
_FLIPPED = Label("flip", (_CHANCE,))
_VARIANCE = parse("exp(-z**2)").tree
_SPREAD = Label("heteroscedastic", (), _VARIANCE)
_ORDERS, _FLIPPED_ORDERS = (1, 2), (1, 2, 3)
_THIRD, _HALF = Fraction(1, 3), Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class TwoValues:
    """h_k = factor (e^{tv1} + sign e^{tv0}) E[p He_k]; alpha_k = 0 where e^{t(v1 - v0)} = (v0/v1)^zero."""

    factor: Fraction = Fraction(1)
    sign: int = -1
    zero: int = 1


def two_valued_cases(subject: Subject, statement: TwoValues) -> Iterator[Case]:
    tree, at = subject.link.tree, sympy.Rational(_THIRD)
    (v0, v1), front = map(sympy.Rational, _TWO_VALUES.numbers), sympy.Rational(statement.factor)
    low, high = sympy.exp(v0 * at), sympy.exp(v1 * at)
    for k in _ORDERS:
        share = Moment(tree, k, 1)
        yield Case(tree, _TWO_VALUES, k, 0, _THIRD, terms=((front * (high + statement.sign * low), share),))
        slope = v1 * high + statement.sign * v0 * low
        yield Case(tree, _TWO_VALUES, k, 1, _THIRD, terms=((front * slope, share),))
        yield Case(tree, _NEGATIVE, k, 1, growth=Fraction(3) ** statement.zero)


def derive_two_valued(statement: TwoValues) -> Finding:
    """E[T(y) He_k] = E[(p T(v1) + (1 - p) T(v0)) He_k], with E He_k = 0 for k >= 1."""
    v0, v1, p = sympy.symbols("v0 v1 p", real=True)
    given = p * sympy.exp(t * v1) + (1 - p) * sympy.exp(t * v0)
    # What multiplies p; what does not is a constant, orthogonal to He_k.
    slope = sympy.diff(given, p)
    stated = sympy.Rational(statement.factor) * (sympy.exp(t * v1) + statement.sign * sympy.exp(t * v0))
    if sympy.simplify(slope - stated) != 0:
        gap = sympy.simplify((slope - stated).subs({v0: -1, v1: 2, t: 1}))
        return refutes("the factor is another", f"off by {gap} at v0 = -1, v1 = 2, t = 1")
    u, v = sympy.symbols("u v", positive=True)
    at = statement.zero * sympy.log((v + u) / v) / u
    # v0 = -(v + u) < v1 = -v < 0.
    left = sympy.diff(slope, t).subs({v0: -(v + u), v1: -v}).subs(t, at)
    if sympy.simplify(sympy.expand(left, power_exp=True)) != 0:
        shown = sympy.N(left.subs({u: 2, v: 1}), 6)
        return refutes("t0 is no zero", f"v e^(tv) - u e^(tu) = {shown} at v0 = -3, v1 = -1")
    return supports("y given z integrated with v0, v1, t and p symbols; t0 put into the derivative")


B1: Claim[TwoValues] = Claim(
    id="B1",
    title="Labels with two values",
    formula="P(y = v1 given z) = p(z), else y = v0: h_k = (e^(t v1) - e^(t v0)) E[p He_k] and "
    "alpha_k = (v1 e^(t v1) - v0 e^(t v0)) E[p He_k] for k >= 1, so GE = IE = IE(p); for v0 < v1 < 0 "
    "every alpha_k is 0 at t0 = log(v0/v1)/(v1 - v0), otherwise the signal has no zero",
    latex=r"h_k=(e^{tv_1}-e^{tv_0})\,\mathbb{E}[p\,\mathrm{He}_k],\quad "
    r"\alpha_k=(v_1e^{tv_1}-v_0e^{tv_0})\,\mathbb{E}[p\,\mathrm{He}_k]\quad(k\ge1)",
    kind="equal",
    sentence="S4",
    source="Fubini's theorem",
    assumptions=(
        Assumption("0 <= s <= 1", lambda subject: refused(subject.link.tree, _TWO_VALUES)),
        NOT_CONSTANT,
    ),
    quantified="all v0, v1, t and k in the derivation; k = 1, 2 at t = 1/3 for (-1, 2), t0 for (-3/2, -1/2)",
    statement=TwoValues(),
    legs={"symbolic": of_statement(derive_two_valued), **numeric_legs("B1", two_valued_cases)},
    variants=(
        Variant("h_k 1% too large", TwoValues(factor=Fraction(101, 100)), "sigmoid"),
        Variant("the values' exponentials added", TwoValues(sign=1), "window"),
        Variant("the zero at 2 t0", TwoValues(zero=2), "gaussian-bump"),
    ),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """h_k(t) = h_k[s](inner (e^t - 1)), alpha_k = e^{chain t} alpha_k[s]; e^{t0} = 1 + mapped/beta1[s]."""

    inner: Fraction = Fraction(1)
    chain: int = 1
    mapped: Fraction = Fraction(1)


def counted_cases(subject: Subject, statement: Counts) -> Iterator[Case]:
    tree, room = subject.link.tree, gentle_tilt(subject)
    growth = 1 + room
    for k in _ORDERS:
        for power in (0, 1):
            front = sympy.Rational(growth) ** (statement.chain * power)
            right = Moment(tree, k, power, statement.inner * room)
            yield Case(tree, _COUNTS, k, power, growth=growth, terms=((front, right),))
    yield Case(_STEPS, _COUNTS, 1, 1, growth=1 + statement.mapped / 2)


def derive_counted(statement: Counts) -> Finding:
    """sum_n e^{tn} s^n e^{-s}/n! = e^{s(e^t - 1)}, whose derivative has the factor e^t."""
    s, beta, x = sympy.symbols("s beta x", positive=True)
    n = sympy.Symbol("n", integer=True, nonnegative=True)
    series = sympy.summation(x**n / sympy.factorial(n), (n, 0, sympy.oo))
    given = sympy.exp(-s) * series.subs(x, s * sympy.exp(t))
    inner = sympy.Rational(statement.inner) * (sympy.exp(t) - 1)
    stated = {0: sympy.exp(s * inner), 1: sympy.exp(statement.chain * t) * s * sympy.exp(s * inner)}
    for power in (0, 1):
        gap = sympy.simplify(sympy.diff(given, t, power) - stated[power])
        if gap != 0:
            witness = f"off by {sympy.N(gap.subs({s: 1, t: 1}), 6)} at s = 1, t = 1, power {power}"
            return refutes("the moment of the counts is another", witness)
    t0 = sympy.log(1 + sympy.Rational(statement.mapped) / beta)
    if sympy.simplify(sympy.exp(t0) - 1 - 1 / beta) != 0:
        witness = f"e^t0 - 1 = {sympy.exp(t0) - 1} is not 1/beta1[s]"
        return refutes("the threshold is mapped elsewhere", witness)
    detail = "the exponential series summed with s and t symbols; t -> e^t - 1 increases and is inverted"
    return supports(detail)


B2: Claim[Counts] = Claim(
    id="B2",
    title="Counts",
    formula="y Poisson of rate s >= 0: h_k(t) = h_k^s(e^t - 1) and alpha_k(t) = e^t alpha_k^s(e^t - 1), so "
    "GE and i0 are those of s, beta1 = 1/log(1 + 1/beta1^s) and t_max = log(1 + t_max^s)",
    latex=r"h_k(t)=h_k[s](e^t-1),\quad \beta_1=\frac{1}{\log(1+1/\beta_1[s])},\quad "
    r"t_{\max}=\log(1+t_{\max}[s])",
    kind="equal",
    sentence="S4",
    source="the generating function of the Poisson law; uniqueness of Laplace transforms",
    assumptions=(Assumption("s >= 0", lambda subject: refused(subject.link.tree, _COUNTS)), TILT),
    quantified="every t and k in the derivation; k = 1, 2 at one t; one beta1",
    statement=Counts(),
    legs={"symbolic": of_statement(derive_counted), **numeric_legs("B2", counted_cases)},
    variants=(
        Variant("at half of e^t - 1", Counts(inner=Fraction(1, 2)), "sigmoid"),
        Variant("alpha_k without the factor e^t", Counts(chain=0), "abs"),
        Variant("alpha_k with the factor e^(2t)", Counts(chain=2), "square"),
        Variant("the threshold at e^t = 1 + 2/beta1[s]", Counts(mapped=Fraction(2)), "window"),
    ),
)


@dataclass(frozen=True, slots=True)
class Flipped:
    """Odd k: (1 - lost q) h_k[s]; even k: (1 - even q) h_k[s]; the witness keeps (1 - lost q) for odd i0."""

    lost: int = 2
    even: int = 0


def flipped_cases(subject: Subject, statement: Flipped) -> Iterator[Case]:
    tree, at = subject.link.tree, gentle_tilt(subject)
    for k in _FLIPPED_ORDERS:
        kept = sympy.Rational(1 - (statement.lost if k % 2 else statement.even) * _CHANCE)
        for power in (0, 1):
            yield Case(tree, _FLIPPED, k, power, at, terms=((kept, Moment(tree, k, power, at)),))


def derive_flipped(statement: Flipped) -> Finding:
    """(1 - q) h_k(t) + q h_k(-t), and z -> -z turns h_k(-t) of an odd s into (-1)^k h_k(t).

    That nothing but q = 1/2 hides the order: the system for nu(A) and nu(-A) has determinant (1-q)^2 - q^2.
    """
    q, h = sympy.symbols("q h", real=True)
    for k in _FLIPPED_ORDERS:
        total = (1 - q) * h + q * (-1) ** k * h
        stated = (1 - (statement.lost if k % 2 else statement.even) * q) * h
        if sympy.expand(total - stated) != 0:
            witness = f"k = {k}: {sympy.factor(total)}, statement {sympy.factor(stated)}"
            return refutes("the factor is another", witness)
    determinant = sympy.factor(sympy.Matrix([[1 - q, q], [q, 1 - q]]).det())
    if sympy.solve(determinant, q) != [sympy.Rational(1, 2)]:
        return refutes("another q hides the order", f"determinant {determinant}")
    return supports(f"z -> -z for every t and q; the determinant {determinant} vanishes at q = 1/2 only")


def _not_odd(subject: Subject) -> str | None:
    known = subject.facts.parity
    return None if known.value == "odd" else "s is not shown to be odd"


B3: Claim[Flipped] = Claim(
    id="B3",
    title="Flipped signs",
    formula="y = s(z) eps, P(eps = -1) = q: h_k(t) = (1 - q) h_k^s(t) + q h_k^s(-t); s odd: (1 - 2q) h_k^s "
    "for odd k, h_k^s for even k; GE and i0 are those of s unless q = 1/2, where GE is that of abs(s)",
    latex=r"h_k(t)=(1-q)h_k[s](t)+q\,h_k[s](-t)=\begin{cases}(1-2q)\,h_k[s](t)&k\text{ odd}\\"
    r"h_k[s](t)&k\text{ even}\end{cases}\quad\text{for odd }s",
    kind="equal",
    sentence="S4",
    source="the substitution z -> -z",
    assumptions=(Assumption("s is odd", _not_odd), TILT),
    quantified="every q, t and k in the derivation; q = 1/4 and k = 1, 2, 3 at one t",
    statement=Flipped(),
    legs={"symbolic": of_statement(derive_flipped), **numeric_legs("B3", flipped_cases)},
    variants=(
        Variant("1 - q in place of 1 - 2q", Flipped(lost=1), "tanh"),
        Variant("even orders lose the factor too", Flipped(even=2), "staircase"),
        Variant("nothing is lost at odd orders", Flipped(lost=0), "sin"),
    ),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """m_t = e^{ts + square t^2 v}, m_t' = (s + slope t v) m_t."""

    square: Fraction = Fraction(1, 2)
    slope: Fraction = Fraction(1)


def spread_cases(subject: Subject, statement: Spread) -> Iterator[Case]:
    tree = subject.link.tree
    exponent = combine(
        "+", combine("*", Num(_HALF), tree), combine("*", Num(statement.square * _HALF**2), _VARIANCE)
    )
    mean = call("exp", (exponent,))
    slope = combine("*", combine("+", tree, combine("*", Num(statement.slope * _HALF), _VARIANCE)), mean)
    for k in _ORDERS:
        yield Case(tree, _SPREAD, k, 0, _HALF, terms=((sympy.S.One, Moment(mean, k, 1)),))
        yield Case(tree, _SPREAD, k, 1, _HALF, terms=((sympy.S.One, Moment(slope, k, 1)),))


def derive_spread(statement: Spread) -> Finding:
    """Completing the square in the Gaussian integral over y."""
    s, y = sympy.symbols("s y", real=True)
    v = sympy.Symbol("v", positive=True)
    # ty - (y - s)^2/(2v) = constant - (y - s - tv)^2/(2v), and the last term integrates as at t = 0.
    constant = sympy.expand(t * y - (y - s) ** 2 / (2 * v) + (y - s - t * v) ** 2 / (2 * v))
    stated = t * s + sympy.Rational(statement.square) * t**2 * v
    if sympy.simplify(constant - stated) != 0:
        return refutes("the exponent is another", f"{constant}, statement {stated}")
    slope = s + sympy.Rational(statement.slope) * t * v
    if sympy.simplify(sympy.diff(constant, t) - slope) != 0:
        return refutes("the derivative is another", f"{sympy.diff(constant, t)}, statement {slope}")
    return supports("the square completed with s, v and t symbols, and differentiated")


def _unbounded(subject: Subject) -> str | None:
    low, high = subject.facts.infimum.value, subject.facts.supremum.value
    bounded = low is not None and high is not None and low.is_finite and high.is_finite
    return None if bounded else "s is not shown to be bounded"


B4: Claim[Spread] = Claim(
    id="B4",
    title="A variance that depends on the input",
    formula="y ~ N(s(z), v(z)) given z: E[e^(ty) given z] = e^(ts + t^2 v/2), so h_k = E[e^(ts + t^2 v/2) "
    "He_k] and alpha_k = E[(s + tv) e^(ts + t^2 v/2) He_k]",
    latex=r"h_k=\mathbb{E}\bigl[e^{ts+t^2v/2}\mathrm{He}_k\bigr],\quad "
    r"\alpha_k=\mathbb{E}\bigl[(s+tv)\,e^{ts+t^2v/2}\mathrm{He}_k\bigr]",
    kind="equal",
    sentence="S4",
    source="the Laplace transform of the Gaussian law",
    assumptions=(Assumption("s is bounded", _unbounded),),
    quantified="every s, v, t and k in the derivation; v = e^(-z^2), k = 1, 2 at t = 1/2",
    statement=Spread(),
    legs={"symbolic": of_statement(derive_spread), **numeric_legs("B4", spread_cases)},
    variants=(
        Variant("t^2 v in place of t^2 v/2", Spread(square=Fraction(1)), "window"),
        Variant("alpha_k without the term tv", Spread(slope=Fraction(0)), "cos"),
        Variant("without the variance in the exponent", Spread(square=Fraction(0)), "gaussian-bump"),
    ),
)


_LABEL = Label("preference", (Fraction(1),))
_PREFERENCE_ORDERS, _AT = (1, 2, 3), Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class PreferenceStatement:
    """g = E tanh((s - s')/(width tau)) times ``factor``; affine: 2^{-k/root} E[tanh(...) He_k(u)]."""

    width: int = 2
    root: int = 2
    factor: Fraction = Fraction(1)


def preference_cases(subject: Subject, statement: PreferenceStatement) -> Iterator[Case]:
    tree, at = subject.link.tree, sympy.Rational(_AT)
    tau = _LABEL.numbers[0] * statement.width / 2
    line, steps = polynomial(tree), levels(tree)
    for k in _PREFERENCE_ORDERS:
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


def preference_derive(statement: PreferenceStatement) -> Finding:
    """The law of o, the rotation of (z, z') by 45 degrees, and the halves of the two inputs."""
    x, tau = sympy.Symbol("x", real=True), sympy.Symbol("tau", positive=True)
    chance = 1 / (1 + sympy.exp(-x / tau))
    stated = sympy.tanh(x / (statement.width * tau))
    if sympy.simplify((2 * chance - 1 - stated).rewrite(sympy.exp)) != 0:
        shown = sympy.N((2 * chance - 1 - stated).subs({x: 1, tau: 1}), 6)
        return refutes("E[o given x, x'] is another", f"off by {shown} at s - s' = 1, tau = 1")
    u, r = sympy.symbols("u r", real=True)
    # E[e^{rz - r^2/2} | u], z = (u + w)/sqrt 2 with w ~ N(0, 1), generates E[He_k(z) | u].
    exponent = sympy.expand(r * u / sympy.sqrt(2) - r**2 / 2 + (r / sympy.sqrt(2)) ** 2 / 2)
    scaled = r / sympy.Integer(2) ** sympy.Rational(1, statement.root)
    if sympy.expand(exponent - (scaled * u - scaled**2 / 2)) != 0:
        witness = f"exponent {exponent} in place of {sympy.expand(scaled * u - scaled**2 / 2)}"
        return refutes("the mean of He_k given u is another", witness)
    if statement.factor != 1:
        return refutes("o has the values 1 and -1", f"factor {statement.factor} in place of 1")
    return supports("P(o = 1) rewritten as tanh; the generating function of He_k given u = (z - z')/sqrt 2")


def _neither(subject: Subject) -> str | None:
    line = polynomial(subject.link.tree)
    affine = line is not None and len(line) == 2 and all(c.is_Rational for c in line)
    reduced = affine or levels(subject.link.tree) is not None
    return None if reduced else "s is neither affine nor of finitely many levels"


B5: Claim[PreferenceStatement] = Claim(
    id="B5",
    title="Preferences",
    formula="P(o = 1) = sigmoid((s(z) - s(z'))/tau), else o = -1: E[o given z] = g(z) = E tanh((s(z) - s(z'))"
    "/(2 tau)), an increasing function of s, so GE = IE = IE(g); for s = az + b, E[g He_k] = "
    "2^(-k/2) E[tanh(a u/(sqrt(2) tau)) He_k(u)]",
    latex=r"g(z)=\mathbb{E}\tanh\frac{s(z)-s(z')}{2\tau},\quad s=az+b:\ \mathbb{E}[g\,\mathrm{He}_k]="
    r"2^{-k/2}\,\mathbb{E}\Bigl[\tanh\Bigl(\frac{au}{\sqrt2\,\tau}\Bigr)\mathrm{He}_k(u)\Bigr]",
    kind="equal",
    sentence="S2",
    source="Bradley and Terry 1952; Mehler's kernel at correlation 1/sqrt 2",
    assumptions=(Assumption("s is affine or has finitely many levels", _neither), NOT_CONSTANT),
    quantified="every tau and k in the derivation; tau = 1, k = 1, 2, 3 at t = 1/4",
    statement=PreferenceStatement(),
    legs={"symbolic": of_statement(preference_derive), **numeric_legs("B5", preference_cases)},
    variants=(
        Variant("tanh of (s - s')/tau", PreferenceStatement(width=1), "sign"),
        Variant("2^(-k) in place of 2^(-k/2)", PreferenceStatement(root=1), "linear"),
        Variant("E[g He_k] 5% too large", PreferenceStatement(factor=Fraction(21, 20)), "step"),
    ),
)

CLAIMS = {claim.id: claim for claim in (B1, B2, B3, B4, B5)}
