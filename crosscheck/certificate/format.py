"""The statements of a certificate as data, read strictly and never by evaluating text."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ...link import LinkError, excerpt
from ..files import read_json

SCHEMA = 1
KIND = "threshold"
#: A file larger than this is refused before it is parsed.
MAX_MIB = 2
MAX_CELLS = 5000
MAX_ORDER, MAX_POWER, MAX_T = 64, 16, 2**64
_REMEDY = "a certificate is what `tiltproof threshold LINK --certificate FILE` writes"
_NUMBER = re.compile(r"-?\d{1,1000}(?:\.\d{1,1000})?(?:[eE][+-]?\d{1,4})?|-?\d{1,700}/\d{1,700}", re.ASCII)
T = TypeVar("T")


class Rejected(Exception):
    """A certificate states something that is false, or that the check cannot confirm."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """lower <= value <= upper; ``upper`` None stands for an infinite value. closed_form: its text or None."""

    lower: Fraction | None
    upper: Fraction | None
    closed_form: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """E[s^power He_order] lies in ``moment`` and is not 0."""

    power: int
    order: int
    moment: Enclosure


@dataclass(frozen=True, slots=True)
class NearZero:
    """On (0, end] the signal divided by its power of t has this sign and at least this size."""

    end: Fraction
    sign: int
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Away:
    """sign * signal >= at_least > 0 on [start, end]."""

    start: Fraction
    end: Fraction
    sign: int
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Zero:
    """sign * slope >= at_least > 0 on [start, end], and the signal changes sign on [lower, upper] inside."""

    start: Fraction
    end: Fraction
    lower: Fraction
    upper: Fraction
    sign: int
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Open:
    """[start, end] on which nothing is known: there may be zeros, or none; the reason is for the reader."""

    start: Fraction
    end: Fraction
    reason: str


@dataclass(frozen=True, slots=True)
class Dominance:
    """For t >= start the signal keeps ``sign``: the integrand has it where s > level, and outweighs the rest.

    levels: for the ``label`` integrand s e^{ts} He_k, and with noise or for ``weight`` for e^{ts} He_k.
    """

    start: Fraction
    sign: int
    levels: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Levels:
    """s takes the values in ``texts`` alone, in increasing order, and the zeros that are isolated are all.

    The signal is an exponential sum in t, which has no more zeros than its weights change sign.
    """

    texts: tuple[str, ...]


Beyond = Dominance | Levels


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was proved about the threshold of one link; see docs/certificates.md.

    centre: the bounds of the signal are those of e^{-centre t} signal: a large constant in s is no matter.
    """

    link: str
    signal: str
    noise: str
    centre: Fraction
    digits: int
    t_max: str
    beta1: Enclosure
    exceptional: tuple[Enclosure, ...]
    searched_down_to: Fraction | None
    complete: bool
    generative: int | None
    witness: Witness | None
    near_zero: NearZero | None
    cells: tuple[Away | Zero | Open, ...]
    beyond: Beyond | None

    @property
    def end(self) -> Fraction:
        """T: the cells cover (0, T]."""
        assert self.near_zero is not None
        return self.cells[-1].end if self.cells else self.near_zero.end

    @property
    def zeros(self) -> list[Zero]:
        return [cell for cell in self.cells if isinstance(cell, Zero)]

    @property
    def opens(self) -> list[Open]:
        return [cell for cell in self.cells if isinstance(cell, Open)]


def read(path: Path) -> Certificate:
    """The certificate in a file. Raises LinkError with what is wrong in it and where."""
    content = read_json(path, MAX_MIB, _REMEDY)
    try:
        return parse(content)
    except LinkError as error:
        raise LinkError(f"'{path}': {error}") from None


class _Object:
    """One JSON object whose keys must all be known and present."""

    def __init__(self, value: Any, where: str, keys: str) -> None:
        if not isinstance(value, dict):
            raise LinkError(f"{where}: {_shown(value)} stands where an object with the keys {keys} is needed")
        wanted = keys.split()
        if missing := [key for key in wanted if key not in value]:
            raise LinkError(f"{where}: the key '{missing[0]}' is missing; the keys are {', '.join(wanted)}")
        if extra := [key for key in value if key not in wanted]:
            raise LinkError(f"{where}: unknown key '{excerpt(extra[0])}'; the keys are {', '.join(wanted)}")
        self.value, self.where = value, where

    def refuse(self, key: str, wanted: str) -> NoReturn:
        raise LinkError(f"{self.where}.{key}: {_shown(self.value[key])} stands where {wanted} is needed")

    def _read(self, key: str, wanted: str, fits: Callable[[Any], bool]) -> Any:
        if not fits(self.value[key]):
            self.refuse(key, wanted)
        return self.value[key]

    def text(self, key: str, longest: int = 10_000) -> str:
        wanted = f"a text of at most {longest} characters"
        return str(self._read(key, wanted, lambda value: isinstance(value, str) and len(value) <= longest))

    def choice(self, key: str, *words: str) -> str:
        return str(self._read(key, " or ".join(words), lambda value: value in words))

    def integer(self, key: str, low: int, high: int) -> int:
        wanted = f"a whole number from {low} to {high}"
        return int(self._read(key, wanted, lambda value: type(value) is int and low <= value <= high))

    def boolean(self, key: str) -> bool:
        return bool(self._read(key, "true or false", lambda value: isinstance(value, bool)))

    def sign(self) -> int:
        return int(self._read("sign", "1 or -1", lambda value: type(value) is int and abs(value) == 1))

    def number(
        self, key: str, wanted: str = "", fits: Callable[[Fraction], bool] = lambda _: True
    ) -> Fraction:
        as_text = 'a number as text such as "0.25" or "1/3"'
        text = self._read(
            key, as_text, lambda value: isinstance(value, str) and bool(_NUMBER.fullmatch(value))
        )
        try:
            number = Fraction(text)
        except ZeroDivisionError:
            self.refuse(key, "a number whose divisor is not 0")
        if not fits(number):
            self.refuse(key, wanted)
        return number

    def temperature(self, key: str) -> Fraction:
        wanted = f"an inverse temperature above 0 and at most {MAX_T}"
        return self.number(key, wanted, lambda number: 0 < number <= MAX_T)

    def positive(self, key: str) -> Fraction:
        return self.number(key, "a number above 0", lambda number: number > 0)

    def optional(self, key: str, read: Callable[[Any, str], T]) -> T | None:
        value = self.value[key]
        return None if value is None else read(value, f"{self.where}.{key}")

    def items(self, key: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        value = self.value[key]
        if not isinstance(value, list) or len(value) > MAX_CELLS:
            self.refuse(key, f"a list of at most {MAX_CELLS} entries")
        return tuple(read(entry, f"{self.where}.{key}[{i}]") for i, entry in enumerate(value))


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"a {'list' if isinstance(value, list) else 'object'}"
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a huge number"
    return excerpt(json.dumps(value, ensure_ascii=False))


def parse(content: Any) -> Certificate:
    """The certificate in parsed JSON. Raises LinkError."""
    if isinstance(content, dict) and (type(content.get("schema")) is not int or content["schema"] != SCHEMA):
        raise LinkError(
            f"certificate: schema {_shown(content.get('schema'))} is not known; this version reads {SCHEMA}"
        )
    if isinstance(content, dict):
        content = {"centre": "0", **content}
    o = _Object(
        content,
        "certificate",
        "schema kind version link signal noise centre digits t_max beta1 exceptional searched_down_to "
        "complete exponents near_zero cells beyond",
    )
    o.choice("kind", KIND)
    o.text("version", 40)
    exponents = _Object(content["exponents"], "certificate.exponents", "generative witness")
    return Certificate(
        link=o.text("link"),
        signal=o.choice("signal", "label", "weight", "centered"),
        noise=o.text("noise", 100),
        centre=o.number("centre"),
        digits=o.integer("digits", 2, 300),
        t_max=o.text("t_max", 400),
        beta1=_enclosure(content["beta1"], "certificate.beta1"),
        exceptional=o.items("exceptional", _enclosure),
        searched_down_to=None if content["searched_down_to"] == "inf" else o.number("searched_down_to"),
        complete=o.boolean("complete"),
        generative=exponents.optional(
            "generative", lambda _, __: exponents.integer("generative", 1, MAX_ORDER)
        ),
        witness=exponents.optional("witness", _witness),
        near_zero=o.optional("near_zero", _near_zero),
        cells=o.items("cells", _cell),
        beyond=o.optional("beyond", _beyond),
    )


def _enclosure(value: Any, where: str) -> Enclosure:
    o = _Object(value, where, "closed_form lower upper")
    ends = [None if o.value[end] == "inf" else o.number(end) for end in ("lower", "upper")]
    low, high = ends
    if (low is None and high is not None) or (low is not None and high is not None and low > high):
        raise LinkError(f"{where}: the lower end is above the upper end")
    return Enclosure(low, high, o.optional("closed_form", lambda _, __: o.text("closed_form", 2000)))


def _witness(value: Any, where: str) -> Witness:
    o = _Object(value, where, "power order moment")
    power, order = o.integer("power", 1, MAX_POWER), o.integer("order", 1, MAX_ORDER)
    return Witness(power, order, _enclosure(value["moment"], f"{where}.moment"))


def _near_zero(value: Any, where: str) -> NearZero:
    o = _Object(value, where, "to sign at_least")
    return NearZero(o.temperature("to"), o.sign(), o.positive("at_least"))


def _cell(value: Any, where: str) -> Away | Zero | Open:
    if isinstance(value, dict) and "reason" in value:
        o = _Object(value, where, "from to reason")
        return Open(*_ends(o), o.text("reason", 1000))
    if isinstance(value, dict) and "slope" in value:
        o = _Object(value, where, "from to zero slope")
        start, end = _ends(o)
        inner = _Object(value["zero"], f"{where}.zero", "lower upper")
        slope = _Object(value["slope"], f"{where}.slope", "sign at_least")
        lower, upper = inner.temperature("lower"), inner.temperature("upper")
        if not start <= lower < upper <= end:
            raise LinkError(f"{where}: the zero's bracket is empty or not inside the interval")
        return Zero(start, end, lower, upper, slope.sign(), slope.positive("at_least"))
    o = _Object(value, where, "from to sign at_least")
    return Away(*_ends(o), o.sign(), o.positive("at_least"))


def _ends(o: _Object) -> tuple[Fraction, Fraction]:
    start, end = o.temperature("from"), o.temperature("to")
    if not start < end:
        raise LinkError(f"{o.where}: the interval is empty")
    return start, end


def _beyond(value: Any, where: str) -> Beyond:
    if isinstance(value, dict) and "levels" in value:
        o = _Object(value, where, "levels")
        return Levels(o.items("levels", _level))
    o = _Object(value, where, "dominance")
    inner = _Object(o.value["dominance"], f"{where}.dominance", "from sign levels")
    levels = inner.value["levels"]
    if not isinstance(levels, dict) or not levels or not set(levels) <= {"label", "weight"}:
        inner.refuse("levels", "an object with the keys label and weight, or one of them")
    numbers = _Object(levels, f"{where}.dominance.levels", " ".join(levels))
    return Dominance(inner.temperature("from"), inner.sign(), {k: numbers.number(k) for k in levels})


def _level(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > 400:
        raise LinkError(f"{where}: {_shown(value)} stands where a number as text is needed")
    return value
