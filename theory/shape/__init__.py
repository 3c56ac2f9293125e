"""What the syntax tree of a link proves about it: parity, monotone pieces, range, growth, limits.

Every fact carries the reason that proves it, and no integral is taken.
"""
