"""A tilted policy as a table."""

from __future__ import annotations

from rich.text import Text

from ...answers.policy import Policy
from .tables import expression, number, pairs


def show(found: Policy) -> None:
    """A block of lines: every quantity of the tilted policy, infinite variance in words."""
    rows: list[tuple[str, str | Text]] = [
        ("link", f"{found.link}  {expression(found.link)}".strip()),
        ("beta, noise", f"{found.beta}, {found.noise}"),
        ("log partition K", number(found.log_partition)),
        ("value V = K'", number(found.value)),
        ("variance K''", number(found.variance)),
        ("KL(pi*||gamma)", number(found.kl)),
        ("objective K/t", number(found.objective)),
    ]
    if found.chi2.lower == "inf":
        rows += [
            ("chi2(pi*||gamma)", "infinite: E e^(2s/beta) diverges, the weights have no variance"),
            ("ess ratio", "0: no fraction of n weighted samples is effective in the limit"),
        ]
    else:
        rows += [("chi2(pi*||gamma)", number(found.chi2)), ("ess ratio", number(found.ess_ratio))]
    pairs(rows)
