"""Limits on calls of SymPy: the size of numbers and polynomials, and CPU time.

GMP, which FLINT computes with, raises SIGFPE or aborts where a number outgrows its limits; no handler in
Python sees that. A link needs little for it: exp(10^12 log 3) is the integer 3^(10^12) to SymPy, and
e^(-1 - 5e-13) the power 2*10^12 + 1 of e^(-5e-13), while its gcd is read off from values at huge integers.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar

import sympy
from flint import Ordering, fmpz_mpoly_ctx
from sympy.core.cache import clear_cache
from sympy.core.exprtools import decompose_power
from sympy.ntheory import factor_
from sympy.polys import euclidtools, polyutils, rings
from sympy.polys.densebasic import dmp_from_dict, dmp_to_dict

T = TypeVar("T")
#: Bits of the largest power of a rational number that is written out.
_MOST_BITS = 2**20
#: The highest power of a generator other than a symbol; one beyond is a generator of its own.
_MOST_POWER = 100


class Undecided(ArithmeticError):
    """Neither a proof nor a refutation was found; the message says of what."""


class TooLarge(Undecided):
    """A number or a polynomial is too large to be written out."""


def _bounded(kind: type[sympy.Rational]) -> None:
    """Rational powers of ``kind`` raise TooLarge instead of taking hours and all memory."""
    evaluate = kind._eval_power

    def power(self: sympy.Rational, exponent: sympy.Expr) -> sympy.Expr | None:
        if isinstance(exponent, sympy.Rational):
            length = max(int(self.p).bit_length(), int(self.q).bit_length())
            if abs(int(exponent.p)) * length > _MOST_BITS * int(exponent.q):
                raise TooLarge("a power of two numbers is too large to be written out")
        return evaluate(self, exponent)

    kind._eval_power = power


def _decomposed(factor: sympy.Expr) -> tuple[sympy.Expr, int]:
    """(base, exponent) of a factor of a polynomial; e^(10^12 t) is a generator, not a power of e^t.

    Generators that are powers of each other are taken for independent: what is shown of them holds.
    """
    base, exponent = decompose_power(factor)
    return (factor, 1) if abs(exponent) > _MOST_POWER and not base.is_Symbol else (base, exponent)


_Terms = dict[tuple[int, ...], Any]


def _gcd(f: _Terms, g: _Terms, count: int) -> tuple[_Terms, _Terms, _Terms]:
    """The gcd of two polynomials in ``count`` variables over the integers, and their cofactors."""
    context = fmpz_mpoly_ctx.get([f"x{j}" for j in range(count)], Ordering.lex)
    a, b = (context.from_dict({m: int(c) for m, c in p.items()}) for p in (f, g))
    common = a.gcd(b)
    return common.to_dict(), (a / common).to_dict(), (b / common).to_dict()


def _sparse_gcd(f: Any, g: Any) -> tuple[Any, Any, Any]:
    """SymPy's ``heugcd``."""
    convert = f.ring.domain
    results = (p.items() for p in _gcd(f, g, f.ring.ngens))
    h, cff, cfg = (f.ring.from_dict({m: convert(int(c)) for m, c in terms}) for terms in results)
    return (-h, -cff, -cfg) if h.LC < 0 else (h, cff, cfg)


def _dense_gcd(f: Any, g: Any, u: int, domain: Any) -> tuple[Any, Any, Any]:
    """SymPy's ``dmp_zz_heu_gcd``."""
    results = (p.items() for p in _gcd(dmp_to_dict(f, u), dmp_to_dict(g, u), u + 1))
    h, cff, cfg = (dmp_from_dict({m: domain(int(c)) for m, c in terms}, u, domain) for terms in results)
    return h, cff, cfg


class _PrimesOnly(factor_.FactorCache):  # type: ignore[misc] # SymPy has no types
    """SymPy's cache of prime factors, made to leave out what is not one.

    Factoring with a limit, as a square root does, may hand it a composite number that was left whole; SymPy
    1.14 then raises ValueError, for instance at sqrt(1499999999*1500000001).
    """

    def __setitem__(self, n: int, factor: int) -> None:
        with suppress(ValueError):
            super().__setitem__(n, factor)


#: Calls and returns of functions for one question: about a second of the algebra.
_STEPS = 10_000_000


class _OutOfPatience(BaseException):
    """No Exception, which the algebra might catch and take for an answer."""


def within_steps(ask: Callable[[], T], otherwise: T) -> T:
    """The answer of ``ask``, or ``otherwise`` when that takes too many steps.

    Steps are counted, not seconds, so that neither a slow machine nor a busy one changes an answer.
    ``otherwise`` must say that nothing is known: an answer that comes too late may leave a claim undecided,
    and turns no verdict into another.
    """
    left = _STEPS

    def count(_: FrameType, __: str, ___: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _OutOfPatience

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return ask()
    except _OutOfPatience:
        # What the algebra remembers of a question that was broken off may be half an answer.
        clear_cache()
        return otherwise
    finally:
        sys.setprofile(before)


factor_.factor_cache = _PrimesOnly(maxsize=1000)
_bounded(sympy.Rational)
_bounded(sympy.Integer)
polyutils.decompose_power = _decomposed
rings.heugcd = _sparse_gcd
euclidtools.dmp_zz_heu_gcd = _dense_gcd
