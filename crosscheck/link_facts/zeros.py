"""Where the signal coefficient vanishes: the threshold and every exceptional temperature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import sympy
from flint import arb

from ...link import ADDITIVE, NOISELESS, Label, Link, Noise, Signal
from ...link.build import combine, negate
from ...link.text import text
from ...link.tree import Bin, Neg, Node, Num, is_constant
from ...numerics.expectation.labels import moments
from ...numerics.expectation.oracle import NotIntegrable, Unresolved, oracle, t_range
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import as_fraction, decimal_bounds, dyadic_below, exact, working
from ...numerics.threshold.signal import Exceptional, SignalCoefficient, spread
from ...numerics.work import allowance, remembered
from ...theory.channel_forms import drawn_threshold, even_deviation, unflipped
from ...theory.shape.facts import facts
from ...theory.threshold import ClosedThreshold, closed_threshold, zero_count
from ...theory.zero_bounds import Structural, structural
from ..number import Number, from_ball, from_exact
from ..verdict import Verdict
from .beyond import TINY, dominance, dominance_starts, farther, most_zeros, outweighed_from, search_end
from .exponents import KnownExponents, exponents, tilt_limit

#: For a link without an upper bound, which puts all mass far out at low temperatures.
SEARCH_UNBOUNDED = Fraction(8)
_ZERO = Num(Fraction(0))
#: The work that the search may take, several seconds.
_WORK = 4e6
#: The same for the zeros at t < 0, which only show that none is missing.
_WORK_BELOW = 1e6


@dataclass(frozen=True, slots=True)
class Zeros:
    """beta1 with its verdict, every exceptional temperature found, and whether these are proved to be all.

    searched_down_to: the temperature below which zeros were neither searched nor excluded.
    """

    beta1: Number
    status: Verdict
    reason: str
    exceptional: tuple[Number, ...]
    searched_down_to: str
    complete: bool


@remembered(512)
def zeros(link: Link, signal: Signal, noise: Noise, digits: int, label: Label = ADDITIVE) -> Zeros:
    """Decided by a closed form, by a structural proof, or by certified isolation of every zero.

    The zeros of ``weight`` and ``centered`` do not depend on independent noise.
    """
    search = _Search(link, signal, noise if signal == "label" else NOISELESS, digits, label)
    t_max = tilt_limit(link, label)
    if t_max.value == 0:
        reason = f"no finite beta works: {t_max.reason}"
        return Zeros(from_exact(sympy.oo, digits), Verdict.PROVED, reason, (), "inf", complete=True)
    known = exponents(link, label)
    if known.generative_exponent.value is None:
        open_answer = _open(known.generative_exponent.reason)
        constant = known.generative_exponent.status is Verdict.PROVED
        return replace(open_answer, status=Verdict.NOT_APPLICABLE) if constant else open_answer
    if label != ADDITIVE:
        return _drawn(search, known)
    if (closed := closed_threshold(link.tree, signal, search.noise)) is not None:
        return _from_closed(closed, digits)
    proof = no_zero(link, signal, search.noise)
    if proof is not None and t_max.value is not None:
        # 1/oo is 0 in SymPy.
        floor = from_exact(1 / sympy.sympify(t_max.value), digits)
        return Zeros(floor, Verdict.PROVED, proof.reason, (), "0", complete=True)
    return search.run(known)


def _drawn(search: _Search, known: KnownExponents) -> Zeros:
    """A label that is drawn: by its own closed form, from the zeros of the link, or by isolation."""
    link, signal, label, digits = search.link, search.signal, search.label, search.digits
    star = known.generative_exponent.value
    assert star is not None
    if (closed := drawn_threshold(link.tree, label, signal, star)) is not None:
        t_max = tilt_limit(link, label)
        if t_max.value is None:
            return _open(t_max.reason)
        return _from_closed(replace(closed, floor=1 / sympy.sympify(t_max.value)), digits)
    if label.kind == "poisson":
        return _counted(zeros(link, signal, NOISELESS, digits + 3), digits)
    if label.kind == "flip" and (same := unflipped(link.tree, label.numbers[0])) is not None:
        inner = Link(same, text(same)) if same != link.tree else link
        found = zeros(inner, signal, NOISELESS, digits)
        return replace(found, reason=f"flips change the signal by a constant factor; {found.reason}")
    if label.variance is not None:
        if (deviation := even_deviation(label.variance)) is not None:
            return zeros(link, signal, Noise("gaussian", deviation), digits)
        return _open("the zeros under a variance that depends on z are neither isolated nor excluded")
    return search.run(known)


def _counted(found: Zeros, digits: int) -> Zeros:
    """Counts of rate s have at t the signal of s at e^t - 1: beta becomes 1/log(1 + 1/beta), which grows."""

    def moved(number: Number) -> Number:
        if number.closed_form is not None and number.closed_form.is_finite and number.closed_form != 0:
            return from_exact(1 / sympy.log(1 + 1 / number.closed_form), digits)
        if number.closed_form is not None:
            return number
        return Number(None, _end_of_counts(number.lower, 0, digits), _end_of_counts(number.upper, 1, digits))

    down_to = found.searched_down_to
    return replace(
        found,
        beta1=moved(found.beta1),
        exceptional=tuple(map(moved, found.exceptional)),
        searched_down_to=_end_of_counts(_decimal(down_to) if down_to != "inf" else down_to, 1, digits),
        reason=f"of the rate at e^t - 1: {found.reason}",
    )


def _end_of_counts(end: str, side: int, digits: int) -> str:
    """1/log(1 + 1/beta) at an end, rounded down (side 0) or up (side 1)."""
    if end in ("0", "inf"):
        return end
    with working(4 * digits + 60):
        return decimal_bounds(1 / (1 + 1 / exact(Fraction(end))).log(), digits)[side]


def no_zero(link: Link, signal: Signal, noise: Noise) -> Structural | None:
    """A structural proof that the signal has no zero at all.

    It holds under independent noise too (H4): K_e' >= 0, and h_{k*}, the integral of alpha_{k*} from 0,
    has the sign that alpha_{k*} keeps.
    """
    proof = structural(link.tree, signal)
    if proof is None or proof.beta != 0:
        return None
    if noise == NOISELESS:
        return proof
    return Structural(proof.beta, f"{proof.reason}; independent noise adds a term of the same sign")


def _open(reason: str) -> Zeros:
    return Zeros(Number(None, "0", "inf"), Verdict.UNDECIDED, reason, (), "inf", complete=False)


def _from_closed(closed: ClosedThreshold, digits: int) -> Zeros:
    found = tuple(from_exact(sympy.radsimp(1 / zero), digits) for zero in closed.zeros)
    beta1 = found[0] if found else from_exact(closed.floor, digits)
    return Zeros(beta1, Verdict.PROVED, closed.reason, found, str(closed.floor), complete=True)


@dataclass(frozen=True)
class _Search:
    """Certified isolation of the zeros on (0, T], and a proof of what lies beyond T where there is one."""

    link: Link
    signal: Signal
    noise: Noise
    digits: int
    label: Label = ADDITIVE

    @cached_property
    def _searched(self) -> tuple[Node, Node]:
        """The link as (u, d) with s = u + d; a shift d moves no zero of the other signals (T4).

        For ``label`` only a d that would hide u's digits is set apart.
        """
        if self.label != ADDITIVE:
            return self.link.tree, _ZERO
        core, shift = _apart(self.link.tree)
        if self.signal != "label":
            return core, _ZERO
        with working(64):
            far = abs(compile_arb(shift)(arb(0))) * exact(TINY) > exact(spread(core))
        return (core, shift) if far else (self.link.tree, _ZERO)

    def run(self, known: KnownExponents) -> Zeros:
        star, power = known.generative_exponent.value, known.witness_power
        if star is None or power is None:
            return _open("no power i with E[y^i He_k*] != 0 is proved, so zeros may gather at t = 0")
        settled = self._dominated_from(star)
        try:
            with allowance(_WORK, self.digits):
                found = self._isolated(star, power, settled)
        except (NotIntegrable, Unresolved) as unresolved:
            return _open(str(unresolved))
        with working(4 * self.digits + 60):
            betas = tuple(from_ball(1 / zero, self.digits) for zero in found.zeros)
        beyond = ""
        if settled is not None and found.searched_to >= settled:
            beyond = "there the largest values of s settle the sign"
        elif not found.unresolved and self._used_up(star, len(found.zeros), power):
            beyond = "the label has no more changes of sign"
        elif not found.unresolved and self._counted() == len(found.zeros):
            beyond = "Sturm's theorem counts no more"
        return self._answer(star, found, betas, beyond)

    def _used_up(self, star: int, count: int, power: int) -> bool:
        """T6, T9 to T11: as many zeros are found, with those at t <= 0, as there are sign changes."""
        most = most_zeros(self.link, self.signal, self.noise) if self.label == ADDITIVE else None
        if most is None:
            return False
        missing = most - count - (power - (self.signal != "weight"))
        return missing <= 0 or self._below_zero(star, power) >= missing

    def _below_zero(self, star: int, power: int) -> int:
        """How many zeros are isolated at t < 0: the signal of -s has them at -t."""
        core, shift = self._searched
        tree = negate(core)
        limit, far = t_range(tree).finite_below, SEARCH_UNBOUNDED * farther(self.link)
        if not limit > 0:
            return 0
        end = far if not limit.is_finite() else min(far, as_fraction(limit.lower()) / 2)
        try:
            mirrored = SignalCoefficient(oracle(tree), star, self.signal, self.noise, negate(shift))
            with allowance(_WORK_BELOW):
                found = mirrored.isolate_zeros(end, power, 6)
        except (NotIntegrable, Unresolved):
            # None is shown, which claims nothing.
            return 0
        return len(found.zeros)

    def _counted(self) -> int | None:
        """How many zeros algebra counts without solving for them."""
        plain = self.signal == "label" and self.noise == NOISELESS and self.label == ADDITIVE
        return zero_count(self.link.tree) if plain else None

    def _dominated_from(self, star: int) -> Fraction | None:
        """T beyond which dominance excludes every zero, up to a t_max that is known."""
        if self.label != ADDITIVE:
            return None
        starts: tuple[Fraction | int, ...] = dominance_starts(self.link)
        found = outweighed_from(self.link, star, self.signal, self.noise, starts)
        if found is not None or self.signal == "centered" or tilt_limit(self.link).value is None:
            return found
        limit = t_range(self.link.tree).finite_below
        if limit.is_finite():
            # Of few digits, as they are shown.
            starts = tuple(dyadic_below(float(limit.lower()) * j / 16, 12) for j in (8, 12, 14, 15))
        kinds = {"label": (False, True), "weight": (True,)}[self.signal]
        if self.noise == NOISELESS:
            kinds = kinds[:1]
        tree = self.link.tree if self.signal == "label" else self._searched[0]
        dominant = dominance(tree, star, kinds, starts)
        return None if dominant is None else max(each.start for each in dominant)

    def _isolated(self, star: int, power: int, settled: Fraction | None) -> Exceptional:
        end = search_end(self.link)
        if self.label != ADDITIVE:
            end = min(end, search_end(Link(turned := negate(self.link.tree), text(turned))))
        if not end:
            raise Unresolved("no finite temperature is shown to be admissible")
        unbounded = facts(self.link.tree).supremum.value in (None, sympy.oo)
        stages = (min(end, SEARCH_UNBOUNDED * farther(self.link)), end) if unbounded else (end,)
        if settled is not None:
            stages = (settled,)
        core, shift = self._searched
        found, coefficient = (
            None,
            SignalCoefficient(moments(core, self.label), star, self.signal, self.noise, shift),
        )
        for upper in stages:
            stage = coefficient.isolate_zeros(upper, power, self.digits + 2)
            # A later stage whose work ends early may not reach as far.
            if found is None or stage.searched_to > found.searched_to:
                found = stage
            if found.zeros or found.unresolved:
                break
        assert found is not None
        return found

    def _answer(self, star: int, found: Exceptional, betas: tuple[Number, ...], beyond: str) -> Zeros:
        """``beyond``: why no zero lies beyond what was searched, empty where that is not proved."""
        settled = bool(beyond)
        down_to = "0" if settled else str(1 / found.searched_to)
        if found.unresolved:
            low, high = (float(end) for end in found.unresolved[0])
            reason = f"the signal is not separated from 0 for beta in [{1 / high:.6g}, {1 / low:.6g}]"
            if not betas or float(found.zeros[0]) > low:
                return _open(reason)
            return Zeros(betas[0], Verdict.ENCLOSED, reason, betas, down_to, complete=False)
        if betas:
            reason = f"the zeros of the order-{star} signal are isolated and simple"
            reason += f"; none lies beyond the last, as {beyond}" if settled else ""
            return Zeros(betas[0], Verdict.ENCLOSED, reason, betas, down_to, settled)
        limit = tilt_limit(self.link, self.label).value
        if settled and limit is not None:
            reason = (
                f"the order-{star} signal has no zero for beta >= {1 / found.searched_to}, and none below"
            )
            least = from_exact(sympy.S.One / limit, self.digits)
            return Zeros(least, Verdict.ENCLOSED, f"{reason}, as {beyond}", (), "0", True)
        # Nothing below 1/t_max is a temperature; what lies between it and the search is open.
        ends = limit is not None and limit is not sympy.oo
        floor = from_exact(sympy.S.One / limit, self.digits).lower if ends else "0"
        reason = f"the order-{star} signal has no zero for beta >= {down_to}; lower temperatures are open"
        return Zeros(Number(None, floor, _decimal(down_to)), Verdict.ENCLOSED, reason, (), down_to, False)


def _apart(tree: Node) -> tuple[Node, Node]:
    """(u, d) with s = u + d and the constant d as large as it is written."""
    if isinstance(tree, Neg):
        core, shift = _apart(tree.arg)
        return negate(core), negate(shift)
    if not isinstance(tree, Bin) or tree.op == "**":
        return tree, _ZERO
    if is_constant(tree.right):
        core, shift = _apart(tree.left)
        if tree.op in "+-":
            return core, combine(tree.op, shift, tree.right)
        return combine(tree.op, core, tree.right), combine(tree.op, shift, tree.right)
    if is_constant(tree.left) and tree.op != "/":
        core, shift = _apart(tree.right)
        if tree.op == "+":
            return core, combine("+", tree.left, shift)
        if tree.op == "-":
            return negate(core), combine("-", tree.left, shift)
        return combine("*", tree.left, core), combine("*", tree.left, shift)
    return tree, _ZERO


def _decimal(fraction: str) -> str:
    return from_exact(sympy.Rational(fraction), 20).upper
