"""The signals that a label can carry: T_t(y) = y e^{ty}, e^{ty}, or (y - K_y'(t)) e^{ty}, with t = 1/beta."""

from __future__ import annotations

from typing import Literal

#: ``label``: y e^{ty}. ``weight``: e^{ty}. ``centered``: (y - K_y'(t)) e^{ty}, of tilted mean 0.
Signal = Literal["label", "weight", "centered"]
