"""What is tried on the second stage, not proved: readouts trained many times, errors made to break a bound.

A simulation reports what it met; only a violation of a bound decides anything.
"""
