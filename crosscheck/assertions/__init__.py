"""A user's own claims: read from TOML, decided exactly, by balls and by samples.

A condition is read into a tree and never evaluated as code.
"""
