"""What a user meets: the verbs of Python and of the command line, and how answers are shown.

Nothing is derived or decided here.
"""
