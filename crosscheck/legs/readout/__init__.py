"""Readouts of n samples: laws whose chance of failure is a finite sum, constants found twice, trained fits.

What the claims on finite samples ask of a link; the bound itself is enclosed in ``numerics/guarantee``.
"""
