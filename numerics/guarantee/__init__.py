"""What a readout on n samples is guaranteed: value lost at most, with probability 1 - delta, by enclosure.

Constants at one temperature or on an interval of them, the bound, and the temperatures where it is small.
"""
