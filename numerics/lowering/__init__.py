"""A syntax tree as a function of numbers: balls, complex boxes, series, bounds on a tail, NumPy, mpmath.

Every function of the link language has its record in ``functions``; pieces and zeros are isolated here.
"""
