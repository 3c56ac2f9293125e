"""The closed form of a family: h_k and alpha_k as expressions in t, or as series with a bound of the rest.

For printing, sums of (rational function of t) x (exponential) x (erf or 1) are brought to normal form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import sympy
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from ..exact import t


@dataclass(frozen=True)
class ClosedForm:
    """h_k(t) = E[e^{ts} He_k] for every k >= 0, with alpha_k = h_k'.

    family: its name. derivation: how the form comes about, in words. t_max: the form holds on (0, t_max).
    _alpha(k, r): alpha_k + r t h_k for a rational r, which is what Gaussian noise of variance r makes of it.
    _centered: h_0 (h_k/h_0)' where the family writes it shorter than alpha_k - h_k alpha_0/h_0.
    general: h_k in the symbol ``symbols.order``, where one expression holds for every k.
    A form may be a Piecewise in t with isolated values where 2at = 1; its value there is exact, its
    SymPy derivative there is not (``alpha`` is).
    """

    family: str
    derivation: str
    t_max: sympy.Expr
    _h: Callable[[int], sympy.Expr]
    _alpha: Callable[[int, sympy.Rational], sympy.Expr]
    general: sympy.Expr | None = None
    _centered: Callable[[int], sympy.Expr] | None = None
    _seen: dict[tuple[str, int, sympy.Expr], sympy.Expr] = field(
        default_factory=dict, compare=False, repr=False
    )

    def h(self, k: int) -> sympy.Expr:
        """E[e^{ts} He_k] as an expression in t."""
        return self._kept("h", k, sympy.S.Zero, lambda: self._h(k))

    def alpha(self, k: int, variance: sympy.Rational = sympy.S.Zero) -> sympy.Expr:
        """E[s e^{ts} He_k] = h_k'(t) as an expression in t, plus variance * t * h_k."""
        return self._kept("alpha", k, variance, lambda: self._alpha(k, variance))

    def centered(self, k: int) -> sympy.Expr:
        """E[(s - K') e^{ts} He_k] = h_0 (h_k/h_0)' as an expression in t."""
        return self._kept("centered", k, sympy.S.Zero, lambda: self._about_the_mean(k))

    def _about_the_mean(self, k: int) -> sympy.Expr:
        if k == 0 or self.h(k) == 0:
            return sympy.S.Zero
        if self._centered is not None:
            return self._centered(k)
        mean = sympy.factor_terms(self.alpha(0)) / sympy.factor_terms(self.h(0))
        return self.alpha(k) - self.h(k) * mean

    def _kept(self, name: str, k: int, variance: sympy.Expr, derive: Callable[[], sympy.Expr]) -> sympy.Expr:
        if k < 0:
            raise ValueError(f"the order k = {k} is negative: Hermite polynomials start at 0")
        if (name, k, variance) not in self._seen:
            self._seen[name, k, variance] = derive()
        return self._seen[name, k, variance]


def plus_noise(h: sympy.Expr, alpha: sympy.Expr, variance: sympy.Rational) -> sympy.Expr:
    """alpha_k + variance * t * h_k, for families that write it so."""
    return alpha + variance * t * h if variance else alpha


#: The index of the general term of a series.
n = sympy.Symbol("n", integer=True, nonnegative=True)


@dataclass(frozen=True, slots=True)
class Remainder:
    """The terms left out sum to at most first/(1 - ratio) in absolute value wherever ratio < 1.

    Both are expressions in t: |term_{N+j}| <= first * ratio^j for every j >= 0.
    """

    first: sympy.Expr
    ratio: sympy.Expr


@dataclass(frozen=True, slots=True)
class Expansion:
    """sum over n >= 0 of term(n), for every real t.

    term(n): the n-th term, an expression in t. remainder(N): bounds the terms from the N-th on.
    total: the same as an unevaluated SymPy sum.
    """

    total: sympy.Expr
    term: Callable[[int], sympy.Expr]
    remainder: Callable[[int], Remainder]

    def __mul__(self, factor: sympy.Expr) -> Expansion:
        """The expansion times an expression in t."""

        def remainder(start: int) -> Remainder:
            rest = self.remainder(start)
            return Remainder(sympy.Abs(factor) * rest.first, rest.ratio)

        return Expansion(factor * self.total, lambda j: factor * self.term(j), remainder)

    def __add__(self, other: Expansion) -> Expansion:
        def remainder(start: int) -> Remainder:
            a, b = self.remainder(start), other.remainder(start)
            return Remainder(a.first + b.first, sympy.Max(a.ratio, b.ratio))

        return Expansion(self.total + other.total, lambda j: self.term(j) + other.term(j), remainder)

    def stretched(self, c: sympy.Expr) -> Expansion:
        """The expansion at ct in place of t; c may be negative."""

        def remainder(start: int) -> Remainder:
            rest = self.remainder(start)
            return Remainder(rest.first.subs(t, sympy.Abs(c) * t), rest.ratio.subs(t, sympy.Abs(c) * t))

        return Expansion(
            self.total.subs(t, c * t), lambda j: sympy.sympify(self.term(j)).subs(t, c * t), remainder
        )


@dataclass(frozen=True)
class SeriesForm:
    """h_k(t) = E[e^{ts} He_k] and alpha_k = h_k' as series, for every k >= 0 and every t > 0.

    family: its name. derivation: how the series comes about, in words.
    """

    family: str
    derivation: str
    h: Callable[[int], Expansion]
    alpha: Callable[[int], Expansion]

    def image(self, c: sympy.Expr, d: sympy.Expr) -> SeriesForm:
        """The form of c s + d: h_k(t) becomes e^{dt} h_k(ct)."""
        if c == 1 and d == 0:
            return self
        growth = sympy.exp(d * t)

        def h(k: int) -> Expansion:
            expansion: Expansion = self.h(k).stretched(c) * growth
            return expansion

        def alpha(k: int) -> Expansion:
            slope: Expansion = self.alpha(k).stretched(c) * (c * growth)
            if d != 0:
                slope += self.h(k).stretched(c) * (d * growth)
            return slope

        return SeriesForm(self.family, self.derivation, h, alpha)


class Numbers:
    """Polynomials in t over Q and the irrational numbers of one link, each of which is a generator.

    A number and its negative share a generator, so that the odd parts of an even link cancel.
    """

    def __init__(self, numbers: Iterable[sympy.Expr]) -> None:
        irrational: list[sympy.Expr] = []
        for number in numbers:
            if not number.is_Rational and number not in irrational and -number not in irrational:
                irrational.append(number)
        names = ("t", *(f"x{j}" for j in range(len(irrational))))
        self._context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.t, *generators = self._context.gens()
        self.one: fmpq_mpoly = self._context.constant(1)
        self.zero: fmpq_mpoly = self._context.constant(0)
        self._irrational: dict[sympy.Expr, fmpq_mpoly] = dict(zip(irrational, generators, strict=True))

    def element(self, number: sympy.Expr) -> fmpq_mpoly:
        """The number as a polynomial: a constant, a generator, or minus a generator."""
        if number.is_Rational:
            return self._context.constant(fmpq(int(number.p), int(number.q)))
        generator = self._irrational.get(number)
        return -self._irrational[-number] if generator is None else generator

    def factors(self, polynomial: fmpq_mpoly) -> tuple[sympy.Expr, ...]:
        """The polynomial in SymPy as factors: its content, its lowest power of t, and the rest."""
        by_power: dict[int, sympy.Expr] = {}
        for powers, coefficient in polynomial.to_dict().items():
            term = sympy.Rational(int(coefficient.p), int(coefficient.q))
            for number, power in zip(self._irrational, powers[1:], strict=True):
                term *= number ** int(power)
            by_power[int(powers[0])] = by_power.get(int(powers[0]), sympy.S.Zero) + term
        if self._irrational:
            by_power = {n: c for n, value in by_power.items() if (c := sympy.expand(value)) != 0}
        return _factored(by_power)


def _factored(by_power: dict[int, sympy.Expr]) -> tuple[sympy.Expr, ...]:
    if not by_power:
        return (sympy.S.Zero,)
    lowest, front, coefficients = min(by_power), sympy.S.One, list(by_power.values())
    if all(c.is_Rational for c in coefficients):
        front = sympy.Rational(
            math.gcd(*(int(c.p) for c in coefficients)), math.lcm(*(int(c.q) for c in coefficients))
        )
        front *= -1 if 2 * sum(bool(c < 0) for c in coefficients) > len(coefficients) else 1
    return front, t**lowest, sympy.Add(*(c / front * t ** (n - lowest) for n, c in by_power.items()))


#: A numerator and the power of 1 - 2at under it, by a (0 for a polynomial).
_Ratio = dict[sympy.Expr, tuple[fmpq_mpoly, int]]


class Exponential(NamedTuple):
    """front * e^exponent. SymPy takes a millisecond to make one, so that is left until it is needed."""

    exponent: sympy.Expr
    front: sympy.Expr


class Collected:
    """A sum of ratio(t) * outer * inner; equal products meet in one ratio, which is kept in lowest terms.

    steep: the values of a for which 2at > 1, so that the denominator is written 2at - 1.
    """

    def __init__(self, numbers: Numbers, steep: frozenset[sympy.Expr]) -> None:
        self._numbers, self._steep = numbers, steep
        self._terms: dict[Exponential, dict[sympy.Expr, _Ratio]] = {}

    def add(
        self, outer: Exponential, inner: sympy.Expr, a: sympy.Expr, numerator: fmpq_mpoly, power: int
    ) -> None:
        """Add numerator/(1 - 2at)^power * outer * inner."""
        sign, inner = inner.as_coeff_Mul()
        if sign == 0:
            return
        if a == 0:
            power = 0
        ratio = self._terms.setdefault(outer, {}).setdefault(inner, {})
        old, old_power = ratio.get(a, (self._numbers.zero, 0))
        top, v = max(power, old_power), self._v(a)
        number = self._numbers.element(sign)
        ratio[a] = (old * v ** (top - old_power) + number * numerator * v ** (top - power), top)

    def expression(self) -> sympy.Expr:
        """The sum in SymPy."""
        terms = []
        for (exponent, front), inners in self._terms.items():
            inside = self._inside(inners)
            if inside[0] != 0:
                terms.append(sympy.Mul(sympy.exp(exponent), front, *inside))
        return sympy.Add(*terms)

    def _inside(self, inners: dict[sympy.Expr, _Ratio]) -> tuple[sympy.Expr, ...]:
        """sum of ratio * inner as factors, with a ratio that all of them share taken out."""
        reduced = {inner: kept for inner, ratio in inners.items() if (kept := self._lowest(ratio))}
        if not reduced:
            return (sympy.S.Zero,)
        shared = next(iter(reduced.values()))
        multiples = {inner: _multiple(ratio, shared) for inner, ratio in reduced.items()}
        if all(multiples.values()):
            numbers = [sympy.Rational(int(f.p), int(f.q)) for f in multiples.values() if f is not None]
            # 1 - erf(x) and not -(erf(x) - 1).
            ((numerator, _),) = shared.values()
            side = sympy.sign(sum(numbers)) or (1 if numerator.leading_coefficient() > 0 else -1)
            total = sympy.Add(*(side * f * inner for f, inner in zip(numbers, multiples, strict=True)))
            return side, *self._written(shared), total
        return (sympy.Add(*(sympy.Mul(*self._written(ratio), inner) for inner, ratio in reduced.items())),)

    def _v(self, a: sympy.Expr) -> fmpq_mpoly:
        return 1 - 2 * self._numbers.element(a) * self._numbers.t

    def _lowest(self, ratio: _Ratio) -> _Ratio:
        """Polynomial parts joined to the only other denominator, and common factors divided out."""
        curved = [a for a in ratio if a != 0]
        if len(curved) == 1 and len(ratio) == 2:
            (a,) = curved
            numerator, power = ratio[a]
            ratio = {a: (numerator + ratio[sympy.S.Zero][0] * self._v(a) ** power, power)}
        lowest: _Ratio = {}
        for a, (numerator, power) in ratio.items():
            left = power
            while left and not numerator.is_zero():
                quotient, rest = divmod(numerator, self._v(a))
                if not rest.is_zero():
                    break
                numerator, left = quotient, left - 1
            if not numerator.is_zero():
                lowest[a] = (numerator, left)
        return lowest

    def _written(self, ratio: _Ratio) -> tuple[sympy.Expr, ...]:
        parts = [self._over(a, *part) for a, part in ratio.items()]
        return parts[0] if len(parts) == 1 else (sympy.Add(*(sympy.Mul(*part) for part in parts)),)

    def _over(self, a: sympy.Expr, numerator: fmpq_mpoly, power: int) -> tuple[sympy.Expr, ...]:
        if a in self._steep:
            return *self._numbers.factors((-1) ** power * numerator), (2 * a * t - 1) ** -power
        return *self._numbers.factors(numerator), (1 - 2 * a * t) ** -power


def _multiple(ratio: _Ratio, of: _Ratio) -> fmpq | None:
    """r with ratio = r * of, for ratios with one denominator; None when there is no such number."""
    if len(ratio) != 1 or ratio.keys() != of.keys():
        return None
    ((top, power),), ((base, base_power),) = ratio.values(), of.values()
    factor = top.leading_coefficient() / base.leading_coefficient()
    return factor if power == base_power and top == factor * base else None


Terms = Mapping[sympy.Expr, sympy.Expr]


def factored(polynomial: sympy.Expr, *others: sympy.Expr) -> sympy.Expr:
    """A polynomial in t as a product, t*(2 - 3*t) rather than -t*(3*t - 2), times ``others``."""
    content, factors = sympy.factor_list(polynomial, t)
    if content.could_extract_minus_sign():
        for at, (factor, power) in enumerate(factors):
            if power % 2 and _minuses(-factor) <= _minuses(factor):
                content, factors[at] = -content, (sympy.expand(-factor), power)
                break
    # In one product: SymPy multiplies a number alone into a sum.
    return sympy.Mul(content, *(factor**power for factor, power in factors), *others)


def primitive(polynomial: sympy.Expr, *others: sympy.Expr) -> sympy.Expr:
    """A polynomial in t with coprime whole coefficients where they are rational, times ``others``."""
    read = sympy.Poly(polynomial, t)
    if not all(c.is_Rational for c in read.coeffs()):
        return sympy.Mul(polynomial, *others)
    bottom, cleared = read.clear_denoms(convert=True)
    content, whole = cleared.primitive()
    return sympy.Mul(content / bottom, whole.as_expr(), *others)


def _minuses(total: sympy.Expr) -> int:
    return sum(term.could_extract_minus_sign() for term in sympy.Add.make_args(sympy.expand(total)))


def joined(*factors: sympy.Expr) -> sympy.Expr:
    """The product, with the exponentials among the factors of each made one."""
    flat = [part for factor in factors for part in sympy.Mul.make_args(factor)]
    exponents = [part.exp for part in flat if isinstance(part, sympy.exp)]
    rest = [part for part in flat if not isinstance(part, sympy.exp)]
    return sympy.Mul(*rest, sympy.exp(sympy.Add(*exponents)))


def exponential_sum(weights: Terms, factor: sympy.Expr = sympy.S.One) -> sympy.Expr:
    """factor * sum over v of weights[v] e^{vt}: cosh and sinh for v and -v, a shared number in front."""
    terms = _paired({v: w for v, weight in weights.items() if (w := sympy.expand(weight)) != 0})
    if not terms:
        return sympy.S.Zero
    front = next(iter(terms.values()))
    ratios = {core: sympy.cancel(weight / front) for core, weight in terms.items()}
    if len(terms) > 1 and all(ratio.is_Rational for ratio in ratios.values()):
        shared = sympy.Rational(1, sympy.ilcm(*(ratio.q for ratio in ratios.values())))
        shared *= sympy.igcd(*(int(ratio / shared) for ratio in ratios.values()))
        negative = sum(bool(r < 0) for r in ratios.values())
        flip = negative == len(ratios) or (front.could_extract_minus_sign() and negative > 0)
        shared *= -1 if flip else 1
        total = sympy.Add(*(ratio / shared * core for core, ratio in ratios.items()))
        return sympy.Mul(sympy.factor_terms(shared * front), factor, total)
    total = sympy.Add(*(joined(sympy.factor_terms(w), core) for core, w in terms.items()))
    return joined(sympy.factor_terms(total), factor)


def _paired(weights: dict[sympy.Expr, sympy.Expr]) -> dict[sympy.Expr, sympy.Expr]:
    """The weights of e^{vt}, cosh(vt) and sinh(vt)."""
    pairs: dict[sympy.Expr, sympy.Expr] = {}
    for v, weight in weights.items():
        other = weights.get(-v)
        if v == 0 or other is None or other not in (weight, sympy.expand(-weight)):
            pairs[sympy.exp(v * t)] = weight
        elif not v.could_extract_minus_sign():
            pairs[(sympy.cosh if other == weight else sympy.sinh)(v * t)] = 2 * weight
    return pairs
