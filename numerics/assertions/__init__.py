"""Whether a condition on a user's quantities holds for all values of its parameters, by subdivision."""
