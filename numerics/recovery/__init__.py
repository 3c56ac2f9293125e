"""Stage 1 in simulation: spherical online SGD drawn in R^d, and the Markov chain with the same law."""
