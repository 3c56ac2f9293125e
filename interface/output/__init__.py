"""Answers as tables, pages, figures and reports.

What is said of an answer in words is said once, whatever it is printed on.
"""
