"""One claim of a user as data: it travels to the workers and becomes a claim there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from ...link import NOISELESS, Link, LinkError, Noise, Signal
from ...link.assertion import TEMPERED, Quantifier, Range, parse_assertion
from ...link.tree import Call, Condition, Num, Var, walk

#: Combinations of the values of the enumerated parameters.
MAX_COMBINATIONS = 500
MAX_REAL = 3
#: Beyond so many characters only the first and the last combination are read beforehand.
_READ = 50_000


@dataclass(frozen=True, slots=True)
class Lemma:
    """What a claim file says of one claim.

    text: the assertion. assume: an assertion without parameters, or "". ranges: parameters and what
    they range over. links: those on which it is claimed, empty for the whole library.
    """

    id: str
    text: str
    source: str = ""
    assume: str = ""
    ranges: tuple[tuple[str, Quantifier], ...] = ()
    links: tuple[Link, ...] = ()
    noise: Noise = NOISELESS
    signal: Signal = "label"

    @property
    def real(self) -> dict[str, Range]:
        return {name: range_ for name, range_ in self.ranges if isinstance(range_, Range)}

    def combinations(self) -> Iterator[dict[str, Fraction]]:
        """Every choice of values of the enumerated parameters."""
        listed = {name: values for name, values in self.ranges if not isinstance(values, Range)}
        for values in product(*listed.values()):
            yield dict(zip(listed, values, strict=True))

    def condition(self, integers: dict[str, Fraction]) -> Condition:
        return parse_assertion(self.text, tuple(self.real), integers)

    def validate(self) -> None:
        """Parse the assertion for the values of its parameters. Raises LinkError."""
        count = 1
        for _, values in self.ranges:
            count *= 1 if isinstance(values, Range) else len(values)
        if count > MAX_COMBINATIONS:
            raise LinkError(f"the parameters have {count} combinations: write at most {MAX_COMBINATIONS}")
        if len(self.real) > MAX_REAL:
            raise LinkError(f"{len(self.real)} parameters range over intervals: write at most {MAX_REAL}")
        chosen = list(self.combinations())
        if len(chosen) * len(self.text) > _READ:
            chosen = [chosen[0], chosen[-1]]
        for integers in chosen:
            self._require_temperatures(self.condition(integers))

    def _require_temperatures(self, condition: Condition) -> None:
        """Raises LinkError where a parameter that is a word's temperature ranges below 0."""
        for part in walk(condition):
            if not isinstance(part, Call) or part.name not in TEMPERED:
                continue
            at = part.args[-1]
            if not isinstance(at, Var) or (reach := self.real.get(at.name)) is None:
                continue
            if not isinstance(reach.lower, Num):
                continue
            if reach.lower.value < 0 or (reach.lower.value == 0 and reach.closed_lower):
                raise LinkError(
                    f"{at.name} = '{reach}' holds numbers that are not above 0, and {part.name} takes a "
                    f'temperature: write a range such as "(0, 20)"'
                )

    def validate_assumption(self) -> None:
        """Parse the assumption, if there is one. Raises LinkError."""
        if not self.assume:
            return
        try:
            parse_assertion(self.assume)
        except LinkError:
            if not any(re.search(rf"\b{name}\b", self.assume) for name, _ in self.ranges):
                raise
            raise LinkError("an assumption is about the link and has no parameters: write IE == 1") from None
