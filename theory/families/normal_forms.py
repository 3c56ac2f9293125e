"""Expressions in t put as a person would write them."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from ..exact.symbols import t

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
    found: dict[sympy.Expr, sympy.Expr] = {}
    for v, weight in weights.items():
        other = weights.get(-v)
        if v == 0 or other is None or other not in (weight, sympy.expand(-weight)):
            found[sympy.exp(v * t)] = weight
        elif not v.could_extract_minus_sign():
            found[(sympy.cosh if other == weight else sympy.sinh)(v * t)] = 2 * weight
    return found
