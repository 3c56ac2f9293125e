"""Falsified variants that algebra alone refutes: claim and change, with the reason why no number can.

The table can only shrink: a test fails where a numeric leg refutes what stands here.
"""

ALGEBRA_ALONE: dict[tuple[str, str], str] = {
    ("G1", "generative exponent one too small"): (
        "it says that E[He_3; y] is not 0: numbers find it small, and never show that it is 0"
    ),
    ("G3", "i0 = 1 in every case"): (
        "its constant E[s He_1] is 0, and so is the limit that it stands for: numbers find both small"
    ),
}
