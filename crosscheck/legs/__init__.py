"""The legs that several claims share: equations, identities, zeros counted, neurons trained.

Each leg decides by itself; none looks at what another found.
"""
