"""Certificates: written, re-checked, and rejected when they state anything false."""
