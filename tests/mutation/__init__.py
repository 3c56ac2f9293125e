"""Whether the verifier would notice: small changes to the derivations, and how many of them are caught."""
