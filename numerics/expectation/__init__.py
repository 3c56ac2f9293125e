"""Certified expectations E[s^i e^{ts} He_k]: shared nodes, proved errors, bounded tails.

``oracle`` is the door: one per link, and what it returns are balls.
"""
