"""R3. A constant fraction of the neurons recovers the direction, whatever the dimension."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from math import factorial

import sympy
from flint import arb
from scipy import special

from ...numerics.precision import exact, working
from ...numerics.recovery.forecast import forecast
from ...theory.recovery import m, power_integral
from ..claim import Assumption, Claim, Subject, Variant, legs
from ..legs.neurons import not_tried, of_each, over, trainings, tried
from ..legs.recovery import shares
from ..legs.sgd_setting import Setting
from ..number import show
from ..verdict import Finding, refutes, supports, undecided

#: The critical start at which k* >= 3 is tried, where the law is sensitive to its constant.
_CRITICAL = Fraction(4, 5)
_FAR = 10**8
_SHORT = 0.005  # of the step of the simulations
_HEURISTIC = 0.01


@dataclass(frozen=True, slots=True)
class Statement:
    """Share ``first`` at k* = 1, ``later`` beyond; ``factor`` inside u, its root k* - 2 + ``root``."""

    first: Fraction = Fraction(1)
    later: Fraction = Fraction(1, 2)
    factor: Fraction = Fraction(1)
    root: int = 0

    def share(self, order: int) -> Fraction:
        return self.first if order == 1 else self.later

    def critical(self, order: int, scaled: sympy.Expr) -> sympy.Expr:
        """u for kappa |c| = ``scaled``, k* >= 3."""
        base = sympy.Rational(self.factor) * (order - 2) * scaled / sympy.factorial(order - 1)
        return base ** (-sympy.Rational(1, order - 2 + self.root))

    def law(self, order: int, scaled: float) -> float:
        share = float(self.share(order))
        if order <= 2:
            return share
        return share * 2 * float(special.ndtr(-float(self.critical(order, sympy.Float(scaled)))))


def orders(subject: Subject) -> Iterable[int]:
    return dict.fromkeys(setup.order for setup in trainings(subject))


@lru_cache(maxsize=32)
def derive(statement: Statement, order: int) -> Finding:
    good = _classes(order, dict.fromkeys((1, -1), 1))
    if good != statement.share(order):
        witness = (
            f"k* = {order}: {good} of the classes (sign, side) recover, claimed {statement.share(order)}"
        )
        return refutes("the drift's sign in each class", witness)
    if order <= 2:
        passage = _passage(order)
        detail = f"share {good} of the classes; from m_0 to 1/2 takes ({passage})/|c| in units of 1/eta"
        return supports(detail)
    scaled, start = sympy.symbols("kappa_c N_0", positive=True)
    time = _escape(order, start)
    needed = sympy.simplify(time.subs(start, statement.critical(order, scaled)) / scaled)
    if needed != 1:
        witness = (
            f"k* = {order}, kappa |c| = 1: from the claimed u it takes {needed.subs(scaled, 1)} of the time"
        )
        return refutes("another critical start", witness)
    return supports(
        f"dN/dtau = |c| N^{order - 1}/{order - 1}! escapes at {time}/|c|, the limit of the exact passage time"
    )


def _passage(order: int) -> sympy.Expr:
    """|c| tau from m_0 to 1/2, exact, (order-1)! int dm/(m^{order-1}(1-m^2)); from 0 at order 1."""
    inner = sympy.factorial(order - 1) * power_integral(order - 1)
    start = sympy.Symbol("m_0", positive=True)
    if sympy.simplify(sympy.diff(inner, m) * m ** (order - 1) * (1 - m**2)) != sympy.factorial(order - 1):
        raise ArithmeticError("the antiderivative of 1/drift is wrong")
    return inner.subs(m, sympy.Rational(1, 2)) - (0 if order == 1 else inner.subs(m, start))


def _escape(order: int, start: sympy.Symbol) -> sympy.Expr:
    """|c| tau in which N leaves every bound: the limit d -> oo of the passage from N_0/sqrt(d) to 1/2."""
    n, d = sympy.symbols("N d", positive=True)
    speed = n ** (order - 1) / sympy.factorial(order - 1)
    escape = sympy.integrate(1 / speed, (n, start, sympy.oo))
    (m_0,) = _passage(order).free_symbols
    scaled = _passage(order).subs(m_0, start / d) / d ** (order - 2)
    if sympy.simplify(sympy.limit(scaled, d, sympy.oo) - escape) != 0:
        raise ArithmeticError("the passage time does not tend to the escape time")
    return escape


def _classes(order: int, signs: dict[int, int]) -> Fraction:
    """The share of the four classes (a c, side of m_0) whose drift a c R m^{order-1} leads away from 0.

    signs: 1 where R keeps its sign on the way to that side, 0 where it does not. At order 1 a neuron
    starts at 0 and goes to the side of a c.
    """
    good = 0
    for a, side in product((1, -1), repeat=2):
        toward = a if order == 1 else side
        outward = a * toward ** (order - 1) * toward > 0
        good += outward and signs[toward]
    return Fraction(good, 4)


def enclosed(statement: Statement, setup: Setting) -> Finding:
    known, order = setup.population, setup.order
    if None in setup.kept:
        return undecided("the drift is not separated from 0 on the way")
    good = _classes(order, {1: int(bool(setup.kept[0])), -1: int(bool(setup.kept[1]))})
    if good != statement.share(order):
        witness = f"{setup.law}certified drift: share {good}, claimed {statement.share(order)}"
        return refutes("the drift's certified sign on both sides", witness)
    with working(110):
        if order == 1:
            passage = show(known.hitting_time(arb(0)))
            detail = f"drift certified of one sign; from 0 to m = 1/2 tau = {passage}"
            return supports(f"{setup.law}{detail}")
        if order == 2:
            detail = f"{setup.law}a D(m)/m is certified of one sign on [-1/2, 1/2]: c = {show(known.c)}"
            return supports(detail)
        # Where u is the critical start, the certified passage from it takes kappa, here 1.
        base = exact(statement.factor) * (order - 2) * abs(known.c) / factorial(order - 1)
        start = base ** -exact(Fraction(1, order - 2 + statement.root))
        far = arb(10) ** 24
        time = known.hitting_time(start / far.sqrt()) / far ** (exact(Fraction(order - 2, 2)))
        if abs(time - 1) < arb("1e-6"):
            return supports(
                f"{setup.law}d = 1e24: from the start {show(start, 8)} = u it takes {show(time, 8)} kappa"
            )
        witness = (
            f"{setup.law}d = 1e24, kappa = 1: from the claimed u = {show(start, 8)} it takes {show(time, 8)}"
        )
        return refutes("the certified passage time is not kappa", witness)


def integrated(statement: Statement, setup: Setting) -> Finding:
    """The diffusion at a large d with a short step, where corrections are small, against the law."""
    short = replace(setup, delta=_SHORT * setup.delta) if setup.order >= 3 else setup
    schedule = short.schedule(_FAR)
    horizon = schedule.horizon(float(_CRITICAL))
    share = forecast(schedule, horizon).fraction
    claimed = statement.law(setup.order, _scaled(short, _FAR, horizon))
    detail = f"{setup.law}diffusion at d = {_FAR:.0e}: fraction {share:.4f}, law {claimed:.4f}"
    if abs(share - claimed) > _HEURISTIC:
        return refutes("another fraction", detail)
    return supports(detail)


def _scaled(setup: Setting, d: int, horizon: int) -> float:
    """kappa |c| = C delta |c|."""
    samples = horizon / float(d) ** max(setup.order - 1, 1)
    return samples * setup.delta * abs(float(setup.population.c.mid()))


def simulated(subject: Subject, statement: Statement) -> Finding:
    """The exact chain at several d, and the trend in d; in the full tier vectors of R^d and noise too."""
    shared, settings = tried(subject)

    def judge(setup: Setting) -> Finding:
        claimed, true = (partial(one.law, setup.order) for one in (statement, Statement()))
        return shares(shared, setup, float(_CRITICAL), claimed, true)

    return of_each(judge, settings)


CLAIM: Claim[Statement] = Claim(
    id="R3",
    title="A constant fraction of the neurons recovers",
    formula="E|T|^(2+eps), E|g'|^(2+eps) < oo, c = alpha_k* b_k* != 0, alpha_k b_k = 0 for k < k*, D != 0 "
    "up to |m| = 1/2, random signs, eta = delta d^(-(k* v 2)/2): d -> oo, then delta -> 0: recovered "
    "fraction -> 1 (k* = 1), 1/2 (k* = 2), P(|N(0,1)| >= u)/2 (k* >= 3, n = C d^(k*-1), kappa = C delta), u "
    "= ((k*-2) kappa |c|/(k*-1)!)^(-1/(k*-2))",
    latex=r"\mathbb{E}|T|^{2+\epsilon},\mathbb{E}|g'|^{2+\epsilon}<\infty,\ c=\alpha_{k^*}b_{k^*}\ne0,\ "
    r"\alpha_kb_k=0\ (k<k^*),\ D\ne0\text{ up to }|m|=\tfrac12,\ d\to\infty,\ \delta\to0:\quad "
    r"P(\text{recovered})\to 1\ (k^*=1),\ \tfrac12\ (k^*=2),\ \tfrac12 P(|N(0,1)|\ge u)\ (k^*\ge3),\quad "
    r"u=\Bigl(\frac{(k^*-2)\kappa|c|}{(k^*-1)!}\Bigr)^{-1/(k^*-2)}",
    kind="law",
    sentence="S5",
    source="diffusion limit of online SGD (Ben Arous, Gheissari, Jagannath 2021)",
    assumptions=(Assumption("k* decided and E|T(y)|^(2+eps) < oo at some beta", not_tried),),
    quantified="activation He_k*/k*!, the t of largest SNR among a few, with and without noise, and on a "
    "label drawn; two d",
    statement=Statement(),
    legs=legs(over(orders, derive), over(trainings, enclosed), over(trainings, integrated), simulated),
    variants=(
        Variant("half of the neurons at k* = 1", Statement(first=Fraction(1, 2)), "tanh"),
        Variant("every sign recovers at k* = 2", Statement(later=Fraction(1)), "square"),
        Variant("every sign recovers at k* = 3", Statement(later=Fraction(1)), "sign-cubic"),
        Variant("u without the factorial", Statement(factor=Fraction(2)), "sign-cubic"),
        Variant("the root k* - 1 in place of k* - 2", Statement(root=1), "bump4"),
    ),
)
