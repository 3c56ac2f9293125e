"""Falsified variants that algebra alone refutes: claim and change, with the reason why no number can.

The table can only shrink: a test fails where a numeric leg refutes what stands here.
"""

ALGEBRA_ALONE: dict[tuple[str, str], str] = {}
