"""The checker's own arithmetic: numbers from texts, growth, tails, and rigorous expectations.

It shares no search and no oracle with what proved the statement.
"""
