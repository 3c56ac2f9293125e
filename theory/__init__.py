"""Exact statements about links, their signals and their policies."""

from . import factoring as factoring
