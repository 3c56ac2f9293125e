"""What a proof assistant is given: statements about one link with their proofs, as text that Coq checks.

Nothing here is trusted: a number that is wrong is a proof that Coq refuses. `formal/tilt.v` holds the lemmas.
"""
