"""Claims run on links in worker processes, and what came of it: results, baselines, certificates.

Answers do not depend on the number of workers.
"""
