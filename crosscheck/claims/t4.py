"""T4, T8. What a change of the link does to its coefficients: scaling, shift, reflection, and bending.

Exceptional temperatures of a family that bends a link are curves, which end where two of them meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import count

import numpy as np
import sympy

from ...link import NOISELESS, Link, Num, Signal, Var, combine, negate, parse, parse_expression, substitute
from ...link import text as to_text
from ...numerics.estimates.quadrature import rounded_nodes
from ...numerics.precision import Unresolved
from ...numerics.threshold.parameter_plane import Plane
from ...numerics.threshold.parameter_slopes import REACH
from ...theory.exact import he, hermite, z
from ...theory.exact.constants import sign
from ...theory.threshold import ClosedThreshold, closed_threshold
from ..claim import Claim, Subject, Variant, of_statement
from ..legs.equation import Equation, Moment, by_enclosure, by_quadrature, numeric_legs
from ..legs.trials import TILT, WITNESS, gentle_tilt, order
from ..link_facts.zeros import zeros
from ..verdict import Finding, Outcome, refutes, supports, together

_C = Fraction(3)
_SCALING_ORDERS = (1, 2)
#: To which thresholds are compared.
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class ScalingStatement:
    """alpha[cs](t/c) = c^scaling alpha[s](t); h[s + c] = e^{shift t c} h[s]; reflection (-1)^(k + parity).

    moved: beta1(s + c) = moved beta1(s) for ``weight`` and ``centered``.
    """

    scaling: int = 1
    shift: Fraction = Fraction(1)
    parity: int = 0
    moved: Fraction = Fraction(1)


def scaling_equations(subject: Subject, statement: ScalingStatement) -> Sequence[Equation]:
    tree = subject.link.tree
    t = gentle_tilt(subject)
    scaled, moved = combine("*", Num(_C), tree), combine("+", tree, Num(_C))
    mirrored = substitute(tree, negate(Var()))
    rows = []
    for k in _SCALING_ORDERS:
        base, weight = Moment(tree, k, 1, t), Moment(tree, k, 0, t)
        factor = sympy.Rational(_C) ** statement.scaling
        rows += [
            Equation(f"scaling, k = {k}", Moment(scaled, k, 1, t / _C), terms=((factor, base),)),
            Equation(
                f"shift, k = {k}",
                Moment(moved, k, 0, t),
                terms=((sympy.exp(sympy.Rational(statement.shift * t * _C)), weight),),
            ),
            Equation(
                f"reflection, k = {k}",
                Moment(mirrored, k, 1, t),
                terms=((sympy.Integer((-1) ** (k + statement.parity)), base),),
            ),
        ]
    return rows


@dataclass(frozen=True, slots=True)
class _Pair:
    """beta1 of ``other`` is ``factor`` times that of the subject, for this signal."""

    label: str
    other: Link
    signal: Signal
    factor: Fraction


def _pairs(subject: Subject, statement: ScalingStatement) -> list[_Pair]:
    text = subject.link.text
    scaled, moved = parse(f"{_C}*({text})"), parse(f"({text}) + {_C}")
    mirrored = parse(to_text(substitute(subject.link.tree, negate(Var()))))
    return [
        _Pair("beta1 of c s", scaled, Signal.LABEL, _C**statement.scaling),
        _Pair("beta1 of s + c, weight", moved, Signal.WEIGHT, statement.moved),
        _Pair("beta1 of s + c, centered", moved, Signal.CENTERED, statement.moved),
        _Pair("beta1 of s(-z)", mirrored, Signal.LABEL, Fraction(1)),
    ]


def scaling_derive(subject: Subject, statement: ScalingStatement) -> Finding:
    """The identities hold under the expectation, for every y; exact thresholds of the link obey them."""
    y, t, c, z = sympy.symbols("y t c z", positive=True)
    checks = [
        ("scaling", c * y * sympy.exp(t / c * (c * y)) - c**statement.scaling * y * sympy.exp(t * y)),
        (
            "shift",
            sympy.exp(t * (y + c)) - sympy.exp(sympy.Rational(statement.shift) * t * c) * sympy.exp(t * y),
        ),
    ]
    checks += [
        (f"reflection, k = {k}", hermite(k, -z) - (-1) ** (k + statement.parity) * hermite(k, z))
        for k in _SCALING_ORDERS
    ]
    for name, gap in checks:
        if sympy.simplify(gap) != 0:
            return refutes(f"{name} fails pointwise", f"difference {sympy.factor(gap)}")
    compared = 0
    for pair in _pairs(subject, statement):
        own, other = (closed_threshold(link.tree, pair.signal) for link in (subject.link, pair.other))
        if own is None or other is None:
            continue
        stated, found = (_first(each) for each in (own, other))
        if sign(found - sympy.Rational(pair.factor) * stated):
            return _differ(pair, str(found), f"{pair.factor} * {stated}")
        compared += 1
    return supports(
        f"the three identities hold pointwise under the expectation; {compared} exact thresholds obey them"
    )


def _first(found: ClosedThreshold) -> sympy.Expr:
    """beta1."""
    return 1 / found.zeros[0] if found.zeros else found.floor


def _differ(pair: _Pair, found: str, stated: str) -> Finding:
    return refutes("thresholds differ", f"{pair.label}: {found}, stated {stated}")


def enclosed(subject: Subject, statement: ScalingStatement) -> Finding:
    """The coefficients, and the thresholds as each link's own search encloses them."""
    coefficients = by_enclosure(subject, scaling_equations(subject, statement))
    if coefficients.outcome is not Outcome.SUPPORTS:
        return coefficients
    compared = 0
    for pair in _pairs(subject, statement):
        # Other claims ask for the same zeros of the link itself.
        own = zeros(subject.link, pair.signal, NOISELESS, max(subject.digits, _DIGITS))
        other = zeros(pair.other, pair.signal, NOISELESS, _DIGITS)
        if not (own.status.green and other.status.green):
            continue
        (low, high), (least, most) = own.beta1.bounds, other.beta1.bounds
        if least > pair.factor * high or most < pair.factor * low:
            shown = (f"[{float(a):.10g}, {float(b):.10g}]" for a, b in ((least, most), (low, high)))
            return _differ(pair, next(shown), f"{pair.factor} * {next(shown)}")
        compared += bool(own.exceptional and other.exceptional)
    detail = f"{coefficients.detail}; {compared} thresholds that are zeros agree to {_DIGITS} digits"
    return replace(coefficients, detail=detail)


T4: Claim[ScalingStatement] = Claim(
    id="T4",
    title="Scaling, shift and reflection",
    formula="beta1(c s) = c beta1(s); h_k[s + c](t) = e^(tc) h_k[s](t); alpha_k[s(-z)] = (-1)^k alpha_k[s]",
    latex=r"\beta_1(cs)=c\,\beta_1(s),\quad h_k[s+c](t)=e^{tc}h_k[s](t),\quad "
    r"\alpha_k[s(-\cdot)]=(-1)^k\alpha_k[s]",
    kind="equal",
    sentence="S5",
    source="change of variables",
    assumptions=(TILT,),
    quantified="k = 1, 2 and c = 3",
    statement=ScalingStatement(),
    legs={**numeric_legs("T4", scaling_equations), "symbolic": scaling_derive, "enclosure": enclosed},
    variants=(
        Variant("beta1(cs) = c^2 beta1(s)", ScalingStatement(scaling=2), "tanh-9/10"),
        Variant("a shift doubles the other thresholds", ScalingStatement(moved=Fraction(2)), "clip-He3"),
        Variant("shift exponent 1% too large", ScalingStatement(shift=Fraction(101, 100)), "sigmoid"),
        Variant("reflection without the sign", ScalingStatement(parity=1), "parabola"),
    ),
)


#: How far the argument of the link is moved in the numeric legs, either way.
_STEP = Fraction(1, 4)
#: Orders up to which the generating function is expanded in the derivation.
_BENT_ORDERS, _TERMS = 4, 6


@dataclass(frozen=True, slots=True)
class BentStatement:
    """E[y e^{ty} He_k] of s(z + p) is the sum of (side p)^j/j! alpha_{k+j}(t); j! only where ``divided``.

    speed: by what its first term is multiplied. Two zeros meet where a family is critical; stated are
    ``meeting`` zeros, and a value that is ``late``.
    """

    side: int = 1
    divided: bool = True
    speed: Fraction = Fraction(1)
    meeting: int = 2
    late: Fraction = Fraction(0)

    def coefficient(self, j: int, p: sympy.Expr) -> sympy.Expr:
        weight = (self.side * p) ** j / (sympy.factorial(j) if self.divided else 1)
        return weight * sympy.Rational(str(self.speed)) if j == 1 else weight


def bent_equations(subject: Subject, statement: BentStatement) -> Sequence[Equation]:
    """alpha_k of s(z + p), p = 1/4 and -1/4, from the coefficients of s alone."""
    tree, t, k = subject.link.tree, gentle_tilt(subject), order(subject)
    found = []
    for p in (_STEP, -_STEP):
        moved = substitute(tree, combine("+", Var(), Num(p)))
        exact = sympy.Rational(str(p))
        terms, size = _summed(k, sympy.Rational(str(_STEP)), subject.digits)
        found.append(
            Equation(
                f"p = {p}, k = {k}",
                Moment(moved, k, 1, t),
                terms=tuple(
                    (statement.coefficient(j, exact), Moment(tree, k + j, 1, t)) for j in range(terms)
                ),
                remainder=(size, (Moment(tree, 0, 2, 2 * t),)),
            )
        )
    return found


def _summed(k: int, p: sympy.Rational, digits: int) -> tuple[int, sympy.Expr]:
    """How many terms are summed, and what the others are at most, over (E (s e^{ts})^2)^{1/2}.

    |alpha_n| <= sqrt(n!) (E (s e^{ts})^2)^{1/2} (Cauchy and Schwarz); p^j sqrt((k + j)!)/j! falls by a factor
    of at most q = p sqrt(k + j + 1)/(j + 1) from j on.
    """
    for j in count(1):
        ratio = p * sympy.sqrt(k + j + 1) / (j + 1)
        first = p**j * sympy.sqrt(sympy.factorial(k + j)) / sympy.factorial(j)
        if float(ratio) < 0.5 and float(first) < 10.0 ** -(digits + 8):
            return j, 2 * first
    raise AssertionError("p^j sqrt((k + j)!)/j! tends to 0")


@of_statement
def bent_derive(statement: BentStatement) -> Finding:
    """He_k(z - p) e^{pz - p^2/2}, by which E[f(Z + p) He_k] is an expectation of f(Z), expanded in p.

    And the zeros of -z^2 + p z - 2, which a tilt leaves Gaussian: mean p t/(1 + 2t), variance 1/(1 + 2t).
    """
    p = sympy.Symbol("p", real=True)
    for k in range(1, _BENT_ORDERS + 1):
        moved = sum(int(c) * (z - p) ** j for j, c in enumerate(he(k).coeffs()))
        ratio = moved * sympy.exp(p * z - p**2 / 2)
        known = sympy.series(ratio, p, 0, _TERMS).removeO()
        stated = sum(
            statement.coefficient(j, p) * sum(int(c) * z**i for i, c in enumerate(he(k + j).coeffs()))
            for j in range(_TERMS)
        )
        if gap := sympy.expand(known - stated):
            return refutes("another expansion in p", f"k = {k}: off by {gap}")
    t, critical = sympy.Symbol("t", positive=True), sympy.Rational(str(_SQUARE[1] + statement.late))
    log_h = sympy.log(p * t) - sympy.log(1 + 2 * t) * 3 / 2 - 2 * t + (p * t) ** 2 / (2 + 4 * t)
    signal = sympy.numer(sympy.together(log_h.diff(t)))
    if gap := sympy.discriminant(signal, t).subs(p, critical):
        return refutes("no zeros meet there", f"{_SQUARE[0]} at p = {critical}: discriminant {gap}")
    detail = f"the expansion for k = 1..{_BENT_ORDERS} up to p^{_TERMS - 1}, so F_p = alpha_(k+1) at p = 0"
    seen = _counted(
        _SQUARE, statement, lambda at: sympy.Poly(signal.subs(p, str(at)), t).count_roots(0, REACH)
    )
    return together([supports(detail), seen])


#: Families, and where two zeros with t <= REACH meet, beyond which there is none; to six digits at last.
_SQUARE, _BENT = ("-z**2 + p*z - 2", Fraction(3)), ("tanh(p*z) - 9/10", Fraction(1165948, 10**6))
#: How far from it zeros are counted, in which range and in which cell of it, and at how many t.
_BESIDE, _RANGE, _CELL, _COUNTED = Fraction(1, 64), Fraction(1, 2), Fraction(1, 1024), 400


def _counted(
    family: tuple[str, Fraction], statement: BentStatement, count_at: Callable[[Fraction], int]
) -> Finding:
    """The zeros of members on both sides of where they meet."""
    for side, stated in ((-1, statement.meeting), (1, 0)):
        p = family[1] + statement.late + side * _BESIDE
        if (seen := count_at(p)) != stated:
            line = f"{family[0]} at p = {float(p):.6g}: {seen}, stated {stated}"
            return refutes("another number of exceptional temperatures", line)
    return supports(f"{family[0]}: {statement.meeting} zeros meet at p = {float(family[1]):.6g}")


def _isolated(subject: Subject, statement: BentStatement) -> Finding:
    """Zeros for every member of a cell at once, as the answer for a family has them; then the equations."""
    tree, critical = parse_expression(_BENT[0], variables=("z", "p")), _BENT[1]
    plane = Plane(tree, "p", 1, critical - _RANGE, critical + _RANGE, NOISELESS)

    def of_cell(p: Fraction) -> int:
        found = plane.zeros(p, p + _CELL)
        if found.unresolved:
            raise Unresolved(f"zeros are not isolated near p = {float(p):.6g}")
        return len(found.zeros)

    equal = by_enclosure(subject, bent_equations(subject, statement))
    return together([_counted(_BENT, statement, of_cell), equal])


def _summed_signs(subject: Subject, statement: BentStatement) -> Finding:
    """Changes of sign along t, by sums of doubles over z; then the equations."""
    tilts = np.linspace(0, float(REACH), _COUNTED + 1)[1:]

    def of_member(family: str, p: Fraction) -> int:
        tree = substitute(parse_expression(family, variables=("z", "p")), Num(p), Var("p"))
        z, mass, s = (part.ravel() for part in rounded_nodes(tree, 1, 1, Fraction(0)))
        values = np.exp(np.multiply.outer(tilts, s)) @ (mass * s * z)
        return int(np.count_nonzero(np.diff(np.sign(values))))

    seen = [_counted(each, statement, partial(of_member, each[0])) for each in (_SQUARE, _BENT)]
    return together([*seen, by_quadrature(bent_equations(subject, statement))])


T8: Claim[BentStatement] = Claim(
    id="T8",
    title="Families of links and curves of zeros",
    formula="alpha_k[s(z + p)](t) = sum_j p^j/j! alpha_{k+j}[s](t); simple zeros of a family move with "
    "dt/dp = -F_p/F_t, and their number changes only at double zeros and at the ends",
    latex=r"\alpha_k[s(\cdot+p)](t)=\sum_j\frac{p^j}{j!}\alpha_{k+j}[s](t),\quad "
    r"\frac{dt}{dp}=-\frac{F_p}{F_t}",
    kind="equal",
    sentence="S5",
    source="Taylor's theorem under the Gaussian; implicit functions",
    assumptions=(TILT, WITNESS),
    quantified="every t and p in the derivation; one t and p = -1/4, 1/4; zeros of -z^2 + p z - 2 and "
    "tanh(p z) - 9/10 with beta >= 1/8, beside their critical p",
    statement=BentStatement(),
    legs={
        **numeric_legs("T8", bent_equations),
        "symbolic": bent_derive,
        "enclosure": _isolated,
        "quadrature": _summed_signs,
    },
    variants=(
        Variant("the argument moves the other way", BentStatement(side=-1), "tanh"),
        Variant("factorials left out", BentStatement(divided=False), "sigmoid"),
        Variant("zeros move twice as fast", BentStatement(speed=Fraction(2)), "tanh-9/10"),
        Variant("one zero fewer", BentStatement(meeting=1), "tanh-9/10"),
        Variant("a critical value is shifted", BentStatement(late=Fraction(1, 8)), "tanh-9/10"),
    ),
)

CLAIMS = {claim.id: claim for claim in (T4, T8)}
