"""What a verdict is about, as text: without it a later run could not tell that the claim itself changed."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim on one link.

    statement: the assertion. quantified: what its parameters range over. assume: what it asks of the link.
    noise, signal: as they were asked for, ``signal`` empty where the statement names its own. link: the
    expression, whatever name it goes by.
    """

    statement: str
    quantified: str
    assume: str
    noise: str
    signal: str
    link: str

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.names()}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))
