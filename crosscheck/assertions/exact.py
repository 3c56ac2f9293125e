"""The symbolic leg of a claim: its sides as exact expressions, and the sign of their difference."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb
from typing import TypeVar, cast

import sympy
from sympy.core.function import AppliedUndef

from ...link import ADDITIVE, Label, Noise, Signal
from ...link.assertion import DOUBLED, TEMPERED
from ...link.tree import (
    ARITHMETIC,
    Bin,
    Call,
    Compare,
    Condition,
    Const,
    Neg,
    Node,
    Num,
    Var,
    Where,
    by_sign,
    combined,
    whole,
)
from ...numerics.expectation.labels import noise_moment
from ...theory.channel_forms import best_signal, drawn_form, drawn_moment, has_order
from ...theory.exact import t
from ...theory.exact.constants import sign
from ...theory.exact.lower import apply, rational
from ...theory.exact.sympy_limits import within_steps
from ...theory.families import ClosedForm, closed_form
from ...theory.families.moments import moment
from ...theory.policy import closed_policy
from ...theory.signal import cumulant, noisy
from ..link_facts.exponents import vanishes
from .quantities import Numbers

Values = Mapping[str, sympy.Expr]
#: What may be missing: an expression, or the closed forms of a link.
Form = TypeVar("Form")
_SIMPLIFIABLE = 120


#: Bits of a power of rational numbers that is written out.
_MOST_BITS = 100_000


class NoForm(Exception):
    """There is no exact expression, for the reason given."""


class Forms(ABC):
    """Where the words with a temperature come from, as expressions in t = 1/beta."""

    @abstractmethod
    def h(self, k: int) -> sympy.Expr:
        """E e^{ty} He_k."""

    @property
    @abstractmethod
    def log_partition(self) -> sympy.Expr:
        """K = log E e^{ts}."""

    def alpha(self, k: int) -> sympy.Expr:
        return sympy.diff(self.h(k), t)

    def value(self) -> sympy.Expr:
        return sympy.diff(self.log_partition, t)

    def exists_below(self) -> sympy.Expr:
        """The end of the t for which the words are known to have a value."""
        return sympy.oo


@dataclass(frozen=True)
class Abstract(Forms):
    """The words in terms of an unknown K = log M and unknown h_k: what holds here holds for every link."""

    noise: Noise

    def h(self, k: int) -> sympy.Expr:
        base = sympy.exp(self.log_partition) if k == 0 else sympy.Function(f"h_{k}")(t)
        return sympy.exp(cumulant(self.noise)) * base

    @property
    def log_partition(self) -> sympy.Expr:
        return sympy.Function("K")(t)


@dataclass(frozen=True)
class Concrete(Forms):
    """The words in the closed forms of one link."""

    numbers: Numbers

    @cached_property
    def form(self) -> ClosedForm:
        return _some(drawn_form(self.numbers.link.tree, self.numbers.label), "the link has no closed form")

    @cached_property
    def noisy(self) -> ClosedForm:
        return noisy(self.form, self.numbers.noise)

    def h(self, k: int) -> sympy.Expr:
        return sympy.S.Zero if self._vanishes(k) else self.noisy.h(k)

    def alpha(self, k: int) -> sympy.Expr:
        return sympy.S.Zero if self._vanishes(k) else self.noisy.alpha(k)

    def _vanishes(self, k: int) -> bool:
        """Whether h_k is proved to be 0 at every t. Raises NoForm where it is not, and has no closed form."""
        link, label = self.numbers.link, self.numbers.label
        if drawn_form(link.tree, label) is not None and has_order(link.tree, label, k):
            return False
        if not vanishes(link, label, k):
            raise NoForm(f"E[e^(ty) He_{k}] has no closed form")
        return True

    @property
    def log_partition(self) -> sympy.Expr:
        forms = closed_policy(self.numbers.link.tree)
        return sympy.log(self.form.h(0)) if forms is None else forms.log_partition

    def value(self) -> sympy.Expr:
        return self.form.alpha(0) / self.form.h(0)

    def exists_below(self) -> sympy.Expr:
        return _some(self.numbers.exactly("t_max"), "t_max is not known exactly")


@dataclass(frozen=True)
class Exact:
    """Expressions of a claim for given parameters. ``forms``: where the tempered words come from."""

    numbers: Numbers
    forms: Forms

    @property
    def tree(self) -> Node:
        return self.numbers.link.tree

    def of(self, node: Node, values: Values) -> sympy.Expr:
        """The expression. Raises NoForm when there is none."""
        if isinstance(node, Num):
            return rational(node.value)
        if isinstance(node, Const):
            return self._constant(node.name)
        if isinstance(node, Var):
            return values[node.name]
        if isinstance(node, Neg):
            return -self.of(node.arg, values)
        if isinstance(node, Bin):
            left, right = self.of(node.left, values), self.of(node.right, values)
            return _power(left, right) if node.op == "**" else ARITHMETIC[node.op](left, right)
        if isinstance(node, Where):
            truth = self.truth(node.condition, values)
            if truth is None:
                raise NoForm("a condition inside where is not decided")
            return self.of(node.then if truth else node.other, values)
        if node.name in TEMPERED:
            return self._tempered(node, values)
        if node.name == "mu":
            i, k = map(whole, node.args)
            return self._moment(i, k)
        if node.name == "lambda2":
            k = whole(node.args[0])
            best = best_signal(self.tree, k, self.numbers.noise, self.numbers.label)
            return _some(best, "lambda2 has no closed form")
        if node.name == "mean":
            if (power := _power_of(node.args[0], self.tree)) is not None:
                return known_moment(self.tree, power, 0)
            return _some(moment(node.args[0], 1, 0), "a mean has no closed form")
        if node.name == "He":
            raise NoForm("He of a parameter is left to the enclosures")
        return apply(node.name, *(self.of(arg, values) for arg in node.args))

    def _constant(self, name: str) -> sympy.Expr:
        if name in ("pi", "E", "oo"):
            return getattr(sympy, name)
        return _some(self.numbers.exactly(name), f"{name} is not known exactly")

    def _moment(self, i: int, k: int) -> sympy.Expr:
        if self.numbers.label != ADDITIVE:
            return label_moment(self.tree, self.numbers.label, i, k)
        total = sympy.S.Zero
        for j in range(i + 1):
            if of_noise := noise_moment(self.numbers.noise, j):
                total += comb(i, j) * rational(of_noise) * known_moment(self.tree, i - j, k)
        return total

    def _tempered(self, node: Call, values: Values) -> sympy.Expr:
        beta = self.of(node.args[-1], values)
        if beta is sympy.oo:
            return self._untilted(node)
        self._require(beta, 1)
        if node.name in DOUBLED:
            limit = self.forms.exists_below()
            if limit is not sympy.oo and sign(limit * beta - 2) == -1:
                # E e^{2ts} is infinite, and with it the weights' second moment.
                return sympy.oo if node.name == "chi2" else sympy.S.Zero
            self._require(beta, 2)
        forms, k = self.forms, 0
        if len(node.args) == 2:
            k = whole(node.args[0])
        make: dict[str, Callable[[], sympy.Expr]] = {
            "h": lambda: forms.h(k),
            "alpha": lambda: forms.alpha(k),
            "logM": lambda: forms.log_partition,
            "V": forms.value,
            "Var": lambda: sympy.diff(forms.value(), t),
            "J": lambda: forms.log_partition / t,
            "ESS": lambda: forms.h(0) ** 2 / forms.h(0).subs(t, 2 * t),
            "KL": lambda: t * forms.value() - forms.log_partition,
            "chi2": lambda: sympy.exp(forms.log_partition.subs(t, 2 * t) - 2 * forms.log_partition) - 1,
            "snr": self._snr,
        }
        return make[node.name]().subs(t, 1 / beta).doit()

    def _snr(self) -> sympy.Expr:
        """The squared signal over k! times the second moment of the signal's transformation of y."""
        star = self.numbers.exactly("GE")
        if not isinstance(star, sympy.Integer):
            raise NoForm("snr has no order, as GE is not known")
        k, forms = int(star), self.forms
        base, first = forms.h(0), forms.alpha(0)
        twice = [sympy.diff(base, t, n).subs(t, 2 * t) for n in range(3)]
        if self.numbers.signal == Signal.WEIGHT:
            signal, size = forms.h(k), twice[0]
        elif self.numbers.signal == Signal.LABEL:
            signal, size = forms.alpha(k), twice[2]
        else:
            mean = first / base
            signal = forms.alpha(k) - mean * forms.h(k)
            size = twice[2] - 2 * mean * twice[1] + mean**2 * twice[0]
        return signal**2 / (sympy.factorial(k) * size)

    def _untilted(self, node: Call) -> sympy.Expr:
        """The limit of a word as beta grows to oo."""
        if node.name in ("alpha", "h"):
            k = whole(node.args[0])
            return self._moment(1, k) if node.name == "alpha" else sympy.Integer(k == 0)
        if node.name == "snr":
            raise NoForm("snr has no closed form here")
        if node.name == "Var":
            return known_moment(self.tree, 2, 0) - known_moment(self.tree, 1, 0) ** 2
        if node.name == "ESS":
            return sympy.S.One
        return known_moment(self.tree, 1, 0) if node.name in ("V", "J") else sympy.S.Zero

    def _require(self, beta: sympy.Expr, times: int) -> None:
        """Raises NoForm unless times/beta is proved to lie below t_max."""
        limit = self.forms.exists_below()
        if sign(beta) != 1 and beta.is_positive is not True:
            raise NoForm("a temperature is not shown to be positive")
        if limit is sympy.oo:
            return
        gap = limit * beta - times
        if gap.free_symbols or sign(gap) != 1:
            raise NoForm("a temperature is not shown to lie above 1/t_max")

    def truth(self, part: Condition, values: Values) -> bool | None:
        """Whether the condition holds, by exact algebra alone."""
        return combined(part, lambda one: by_sign(one.op, self.sign(one, values)))

    def sign(self, part: Compare, values: Values) -> int | None:
        """The sign of left - right where it is proved; for free parameters 0 or None."""
        try:
            left, right = self.of(part.left, values), self.of(part.right, values)
        except (NoForm, ZeroDivisionError):
            return None
        if sympy.oo in (left, right):
            # An expression of unknown functions or parameters may be infinite itself.
            known = all(not side.free_symbols and not side.atoms(AppliedUndef) for side in (left, right))
            return (left is sympy.oo) - (right is sympy.oo) if known else None
        gap = left - right
        if gap.has(sympy.nan, sympy.zoo):
            return None
        if gap == 0:
            return 0
        number = not gap.free_symbols and not gap.atoms(AppliedUndef)
        found = sign(gap) if number else None
        return is_zero(gap) if found is None else found


def _power_of(node: Node, tree: Node) -> int | None:
    """i where the expression is written as the i-th power of the link."""
    if node == tree:
        return 1
    whole = isinstance(node, Bin) and node.op == "**" and node.left == tree and isinstance(node.right, Num)
    exponent = cast(Num, cast(Bin, node).right).value if whole else None
    return int(exponent) if exponent is not None and exponent.denominator == 1 and exponent > 0 else None


def known_moment(tree: Node, i: int, k: int) -> sympy.Expr:
    """E[s^i He_k], a symbol where it is not known: it may cancel."""
    if i == 0:
        return sympy.Integer(k == 0)
    known = moment(tree, i, k)
    if known is None:
        known = _untilted_moment(tree, i, k)
    return sympy.Symbol(f"mu_{i}_{k}", real=True) if known is None else known


def label_moment(tree: Node, label: Label, i: int, k: int) -> sympy.Expr:
    """E[y^i He_k] of a label that is drawn, a symbol where it is not known."""
    if i == 0:
        return sympy.Integer(k == 0)
    known = drawn_moment(tree, label, i, k, known_moment)
    return sympy.Symbol(f"mu_{i}_{k}_of_y", real=True) if known is None else known


@lru_cache(maxsize=256)
def _untilted_moment(tree: Node, i: int, k: int) -> sympy.Expr | None:
    """E[s^i He_k] = h_k^(i)(0+), by dominated convergence where t_max > 0, from a closed form of h_k."""
    form = closed_form(tree)
    if form is None or form.t_max == 0:
        return None
    value = within_steps(lambda: sympy.diff(form.h(k), t, i).subs(t, 0).doit(), None)
    return value if value is not None and value.is_finite and not value.has(sympy.Sum) else None


def is_zero(gap: sympy.Expr) -> int | None:
    """0 when the difference is shown to be 0 for every value of its symbols."""
    return within_steps(lambda: _is_zero(gap), None)


def _is_zero(gap: sympy.Expr) -> int | None:
    if _differs(gap):
        return None
    if sympy.expand(gap) == 0 or _numerator(gap) == 0:
        return 0
    # Logarithms of equal numbers.
    if gap.has(sympy.log) and _numerator(sympy.exp(gap) - 1) == 0:
        return 0
    if sympy.count_ops(gap) > _SIMPLIFIABLE:
        return None
    return 0 if sympy.simplify(gap) == 0 else None


def _differs(gap: sympy.Expr) -> bool:
    """Whether the difference is plainly not 0 at some values of its symbols: no proof need be sought."""
    # With a prime below them that no decimal of the gap takes up: cos(2 pi 10^6 b) is 1 at every 11/8.
    value = gap
    for kind in (sympy.Subs, sympy.Derivative, AppliedUndef, sympy.Symbol):
        atoms = sorted(value.atoms(kind), key=str)
        value = value.xreplace({atom: sympy.Rational(15 * i + 23, 17) for i, atom in enumerate(atoms)})
    decimal = value.evalf(20)
    return bool(decimal.is_number and decimal.is_finite and abs(decimal) > 1e-8)


def _numerator(gap: sympy.Expr) -> sympy.Expr:
    """The numerator of the difference in exponentials alone."""
    if gap.has(sympy.sinh, sympy.cosh, sympy.tanh):
        gap = gap.rewrite(sympy.exp)
    numerator, _ = sympy.fraction(sympy.together(gap))
    return sympy.expand(sympy.powsimp(sympy.expand(numerator)))


def _some(value: Form | None, otherwise: str) -> Form:
    if value is None:
        raise NoForm(otherwise)
    return value


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """SymPy writes a power of rationals out in full, though 20^(20^20) has more digits than any memory."""
    if base.is_Rational and exponent.is_Rational:
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
        if abs(int(exponent.p)) * bits > _MOST_BITS * int(exponent.q):
            raise NoForm("a power of numbers is too long to be written out")
    return base**exponent
