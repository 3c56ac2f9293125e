"""The numeric oracle: certified balls where a proof is needed, estimates where a test is.

It lowers the syntax tree by itself and shares no code with ``theory``.
"""
