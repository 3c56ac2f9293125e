"""Zeros of the signal, its ratio to noise, and how often it can change sign, all certified.

Level sets of the link carry the counts; dominance excludes zeros at low temperatures.
"""
