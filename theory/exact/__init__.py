"""Exact numbers and expressions: SymPy with proved signs, zeros and normal forms, and one table of functions.

Nothing here knows what a signal or a threshold is.
"""
