"""Runs on a Dask cluster: the same numbers as on one machine, whatever happens to its parts."""
