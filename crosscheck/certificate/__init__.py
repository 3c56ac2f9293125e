"""Certificates: what was proved, as data, and a small checker that shares no search with what proved it."""
