"""What both rooms know of one link together: exponents, zeros of the signal, t_max, the threshold.

Exact algebra is asked first, a certified enclosure where it stops; each fact says which it was.
"""
