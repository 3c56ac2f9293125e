"""B6. The constant of weak recovery at GE = 2: 1/E[(Var[Z | y] - 1)^2] = 1/(2 lambda_2^2)."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy

from ...numerics.estimates.quadrature import rounded_nodes
from ...numerics.lowering.pointwise import compile_numpy
from ...numerics.precision import exact, working
from ...numerics.threshold.signal_ceiling import best_signal as by_level_sets
from ...theory.exact.constants import is_zero
from ...theory.families.piecewise import masses
from ...theory.shape.pieces import levels
from ...theory.signal import best_signal
from ..claim import Assumption, Claim, Subject, Variant, legs
from ..legs.trials import DIMENSION, GENERATIVE, SAMPLES, Row, inputs, judged, order
from ..number import ball, ball_to, show
from ..verdict import Finding, refutes, supports, undecided

#: What an enclosure by level sets may be wide, and the heuristic sum over bins may err by.
_WIDE, _BINS, _ROOM = 0.02, 400, 0.02


@dataclass(frozen=True, slots=True)
class Statement:
    """E[(Var[Z | y] - mean)^2] = factor lambda_2^2."""

    factor: Fraction = Fraction(2)
    mean: Fraction = Fraction(1)


def spread(subject: Subject, statement: Statement) -> sympy.Expr:
    """E[(E[Z^2 | y] - mean)^2], exactly: over the levels, or E(Z^2 - mean)^2 where y tells |Z|."""
    mean, steps = sympy.Rational(statement.mean), levels(subject.link.tree)
    if steps is None:
        return 3 - 2 * mean + mean**2
    second, base = masses(steps, 2), masses(steps, 0)
    # E[Z^2; s = v] = E[He_2; s = v] + P(s = v).
    return sympy.Add(*(p * ((second[v] + p) / p - mean) ** 2 for v, p in base.items()))


def derive(subject: Subject, statement: Statement) -> Finding:
    """E[Z | y] = 0, so Var[Z | y] - 1 = E[He_2 | y] = zeta_2 and its second moment is 2! lambda_2^2."""
    stated = sympy.Rational(statement.factor) * _carried(subject)
    gap = sympy.expand(spread(subject, statement) - stated)
    if sympy.simplify(gap) != 0:
        witness = f"E[(Var - {statement.mean})^2] is off {stated} by {sympy.N(gap, 6)}"
        return refutes("the second moment is another", witness)
    return supports(f"E[(Var[Z | y] - 1)^2] = {stated}, as zeta_2 = Var[Z | y] - 1", scope="statement")


def enclosed(subject: Subject, statement: Statement) -> Finding:
    carried = by_level_sets(subject.link.tree, 2)
    with working(96):
        right = exact(statement.factor) * carried
        left = ball(spread(subject, statement))
        if not left.overlaps(right):
            witness = f"E[(Var - {statement.mean})^2] = {show(left, 6)}, statement {show(right, 3)}"
            return refutes("the enclosures are disjoint", witness)
        if not float(right.rad()) < _WIDE * float(right.mid()):
            return undecided(f"the level sets enclose it in {show(right, 3)} only")
    return supports(f"overlaps the enclosure by level sets, {show(right, 3)}")


def binned(subject: Subject, statement: Statement) -> Finding:
    """The nodes of a rule over z in bins of equal mass by the value of s."""
    z, mass, s = (part.ravel() for part in rounded_nodes(subject.link.tree, 2, 1, Fraction(0)))
    # Values that differ by rounding alone are one level.
    places = np.argsort(np.round(s, 12), kind="stable")
    z, mass, s = z[places], mass[places], np.round(s[places], 12)
    first = np.concatenate([[True], np.diff(s) > 0])
    level = np.cumsum(first) - 1
    if level[-1] >= _BINS:
        level = np.minimum((np.cumsum(mass) * _BINS).astype(int), _BINS - 1)
    base, second = np.bincount(level, mass), np.bincount(level, mass * z**2)
    kept = base > 0
    total = float((base[kept] * (second[kept] / base[kept] - float(statement.mean)) ** 2).sum())
    stated = float(statement.factor) * float(ball_to(_carried(subject), 15))
    if abs(total - stated) > _ROOM * max(total, stated):
        return refutes("the sum over bins is another", f"bins {total:.6g}, statement {stated:.6g}")
    return supports(f"a sum over {int(kept.sum())} bins of y is off by {abs(total - stated):.1g}")


def _carried(subject: Subject) -> sympy.Expr:
    carried = best_signal(subject.link.tree, 2)
    assert carried is not None
    return carried


def simulated(subject: Subject, statement: Statement) -> Finding:
    """E[(Z^2 - mean) zeta_2(y)] = E[(Var - mean) zeta_2] for the zeta_2 of this link, linear in the samples.

    As E zeta_2 = 0 the mean plays no part in it: E[(Var - mean)^2] gains (1 - mean)^2, which is added.
    """
    rng = subject.rng("B6")
    z = inputs(rng)
    values = (z**2 - float(statement.mean)) * _zeta(subject, z) + float((1 - statement.mean) ** 2)
    stated = float(statement.factor) * float(ball_to(_carried(subject), 15))
    row = Row.of("E[(Var[Z | y] - mean)^2]", values, stated)
    return judged(subject, [row], SAMPLES, f" in d = {DIMENSION}")


def _zeta(subject: Subject, z: np.ndarray) -> np.ndarray:
    """E[He_2 | y] at the labels of the inputs z."""
    steps = levels(subject.link.tree)
    if steps is None:
        return np.asarray(z**2 - 1)
    second, base = masses(steps, 2), masses(steps, 0)
    y, ratios = compile_numpy(subject.link.tree)(z), np.zeros_like(z)
    for v in base:
        ratios[np.abs(y - float(v)) < 1e-9] = float(sympy.N(second[v] / base[v]))
    return ratios


def _other_order(subject: Subject) -> str | None:
    star = order(subject)
    return None if star == 2 else f"the generative exponent is {star}"


def _mixed(subject: Subject) -> str | None:
    """A lambda_2^2 of 1 says that zeta_2 is He_2."""
    carried = best_signal(subject.link.tree, 2)
    plain = carried is not None and (levels(subject.link.tree) is not None or is_zero(carried - 1))
    return None if plain else "Var[Z | y] is not the same on a whole level, nor Z^2 told by y, exactly"


CLAIM: Claim[Statement] = Claim(
    id="B6",
    title="The constant of weak recovery",
    formula="GE = 2: alpha_c := 1/E[(Var[Z given y] - 1)^2] = 1/(2 lambda_2^2) samples per dimension, "
    "lambda_2^2 = E zeta_2^2/2; 1/2 where y tells abs(Z)",
    latex=r"\alpha_c:=\frac{1}{\mathbb{E}\bigl[(\mathrm{Var}[Z\mid y]-1)^2\bigr]}=\frac{1}{2\lambda_2^2}",
    kind="equal",
    sentence="S6",
    source="Mondelli and Montanari 2018; Lu and Li 2020",
    assumptions=(
        GENERATIVE,
        Assumption("the generative exponent is 2", _other_order),
        Assumption("finitely many levels, or y tells abs(Z)", _mixed),
    ),
    quantified="the law of Z given y",
    statement=Statement(),
    legs=legs(derive, enclosed, binned, simulated),
    variants=(
        Variant("lambda_2^2 in place of 2 lambda_2^2", Statement(factor=Fraction(1)), "square"),
        Variant("the variance against 2", Statement(mean=Fraction(2)), "window"),
        Variant("3 lambda_2^2 in place of 2 lambda_2^2", Statement(factor=Fraction(3)), "abs"),
    ),
)
