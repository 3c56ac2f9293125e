"""Estimates without proof: quadrature by mpmath, sums over grids, samples from R^d.

They share no code with the certified oracle and never decide a statement alone.
"""
