"""The second stage: learning cost of a weighted readout, value gap, and the temperatures within epsilon.

Integrals of features carry proved errors; what holds only as n grows is called a forecast.
"""
