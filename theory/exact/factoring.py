"""SymPy's cache of prime factors, made to leave out what is not one.

Factoring with a limit, as a square root does, may hand the cache a composite number that was left whole;
SymPy 1.14 then raises ValueError, for instance at sqrt(1499999999*1500000001).
"""

from __future__ import annotations

from contextlib import suppress

from sympy.ntheory import factor_


class _PrimesOnly(factor_.FactorCache):  # type: ignore[misc] # SymPy has no types
    def __setitem__(self, n: int, factor: int) -> None:
        with suppress(ValueError):
            super().__setitem__(n, factor)


factor_.factor_cache = _PrimesOnly(maxsize=1000)
