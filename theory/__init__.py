"""Exact statements about links, their signals and their policies."""

from .exact import constants as constants  # with SymPy's cache of primes mended
