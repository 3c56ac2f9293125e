"""Exact statements about links, their signals and their policies."""

from .exact import factoring as factoring
