"""One claim of a user as data, which travels to the workers, and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod

from ...link import ADDITIVE, LIBRARY, NOISELESS, Label, Link, LinkError, Noise, Signal
from ...link.assertion import TEMPERED, Quantifier, Range, names_in, parse_assertion, parse_quantifier
from ...link.family import Family, family_of, read
from ...link.parse import SYMBOLS
from ...link.text import decimal, excerpt
from ...link.text import text as link_text
from ...link.tree import Bin, Call, Compare, Condition, Const, Logic, Neg, Node, Num, Part, Var, Where, walk

#: Combinations of the values of the enumerated parameters, and parameters that range over intervals.
MAX_COMBINATIONS, MAX_REAL = 500, 3
#: Words that no label is in.
_OF_THE_POLICY = ("logM", "V", "Var", "J", "KL", "chi2")
#: Beyond so many characters only the first and the last combination are read beforehand.
_READ = 50_000


@dataclass(frozen=True, slots=True)
class UserClaim:
    """What a claim file says of one claim.

    text: the assertion. assume: an assertion without parameters, or "". ranges: parameters and what
    they range over. links: those on which it is claimed, empty for the whole library. uses: the ids of the
    claims that its proof rests on. place: its file and line. label: how y is drawn; where it is not
    additive, there are no words of the policy.
    """

    id: str
    text: str
    source: str = ""
    assume: str = ""
    ranges: tuple[tuple[str, Quantifier], ...] = ()
    links: tuple[Link, ...] = ()
    noise: Noise = NOISELESS
    signal: Signal = Signal.LABEL
    uses: tuple[str, ...] = ()
    place: tuple[str, int] = ("", 0)
    label: Label = ADDITIVE
    #: Where links have symbols: each link with the values it stands for, or the family of an interval, whose
    #: only link is then the one that it scales and shifts.
    members: tuple[tuple[Link, tuple[tuple[str, Fraction], ...]], ...] = ()
    family: Family | None = None

    def about(self, text: str, ranges: tuple[tuple[str, Quantifier], ...] = ()) -> UserClaim:
        """Another assertion about the same signal, noise and label."""
        return UserClaim(self.id, text, ranges=ranges, noise=self.noise, signal=self.signal, label=self.label)

    @property
    def real(self) -> dict[str, Range]:
        return {name: range_ for name, range_ in self.ranges if isinstance(range_, Range)}

    def combinations(self) -> Iterator[dict[str, Fraction]]:
        """Every choice of values of the enumerated parameters."""
        listed = {name: values for name, values in self.ranges if not isinstance(values, Range)}
        for values in product(*listed.values()):
            yield dict(zip(listed, values, strict=True))

    def condition(self, integers: Mapping[str, Fraction]) -> Condition:
        return parse_assertion(self.text, tuple(self.real), integers)

    def validate(self) -> None:
        """Parse the assertion for the values of its parameters. Raises LinkError."""
        self._require_family()
        count = prod(len(values) for _, values in self.ranges if not isinstance(values, Range))
        if count > MAX_COMBINATIONS:
            raise LinkError(f"the parameters have {count} combinations: write at most {MAX_COMBINATIONS}")
        if len(self.real) > MAX_REAL:
            raise LinkError(f"{len(self.real)} parameters range over intervals: write at most {MAX_REAL}")
        chosen = list(self.combinations())
        if len(chosen) * len(self.text) > _READ:
            chosen = [chosen[0], chosen[-1]]
        for integers in chosen:
            condition = self.condition(integers)
            self._require_temperatures(condition)
            self._require_words(condition)
        for name, values in self.ranges:
            if name not in names_in(self.text) and name not in self._symbols:
                raise LinkError(
                    f"there is a range {name} = {range_text(values)}, but no {name} in the assertion: leave "
                    f"the range out, or write {name} where it is meant"
                )

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

    def _require_words(self, condition: Condition) -> None:
        """Raises LinkError where a word is about the policy and a label is drawn."""
        for part in walk(condition):
            if self.label != ADDITIVE and isinstance(part, Call) and part.name in _OF_THE_POLICY:
                raise LinkError(
                    f"{part.name} is about the policy whose reward is the link, and under label = "
                    f"{self.label} the link is what y is drawn with: write h(0, beta) for E e^(y/beta), "
                    "mu(i, 0) for E y^i, or leave the label out"
                )

    def _require_family(self) -> None:
        """Raises LinkError where a word about a member is not one about the core of its family."""
        family = self.family
        if family is None:
            return
        if family.flat_at is not None:
            raise LinkError(
                f"'{family.text}' is constant in z at {family.name} = {family.flat_at}, an end or inside of "
                "its range: write a range that keeps away from it"
            )
        if family.affine is None or (family.affine.scale[1] and self.noise != NOISELESS):
            raise LinkError(
                f"{family.name} ranges over an interval and does not only scale and shift one link (without "
                f"noise): write a link such as a*tanh(z) - b, or integers such as {family.name} = 1:3"
            )
        if self.label != ADDITIVE or (self.signal == Signal.LABEL and "snr" in names_in(self.text)):
            raise LinkError(f"{family.name} ranges over an interval: leave labels and snr of labels out")
        if not names_in(self.assume) <= {"IE", "GE", "and", "or", "not"}:
            raise LinkError(f"{family.name} ranges over an interval: assume IE and GE only")

    @property
    def _symbols(self) -> set[str]:
        """The parameters of the links."""
        return {name for _, values in self.members for name, _ in values} | {
            self.family.name if self.family else ""
        }

    def validate_assumption(self) -> None:
        """Parse the assumption, if there is one. Raises LinkError."""
        if not self.assume:
            return
        try:
            condition = parse_assertion(self.assume)
        except LinkError:
            if not any(re.search(rf"\b{name}\b", self.assume) for name in ("beta", "t", *dict(self.ranges))):
                raise
            raise LinkError("an assumption is about the link and has no parameters: write IE == 1") from None
        self._require_words(condition)


Ranges = tuple[tuple[str, Quantifier], ...]
#: The links, and what symbols in them stand for, as UserClaim has it.
Linked = tuple[
    tuple[Link, ...], tuple[tuple[Link, tuple[tuple[str, Fraction], ...]], ...], Family | None
]  # fmt: skip


def linked(texts: Sequence[str], ranges: Ranges) -> Linked:
    """The links of ``texts``, whose symbols take their values from the ranges. Raises LinkError."""
    by_link: dict[Link, tuple[tuple[str, Fraction], ...]] = {}
    for text in texts:
        declared = {n: v for n, v in ranges if n in SYMBOLS and text not in LIBRARY and n in _names(text)}
        real = [name for name, values in declared.items() if isinstance(values, Range)]
        if real:
            family = family_of(text, declared)
            if len(texts) > 1:
                raise LinkError(
                    f"{real[0]} ranges over an interval: write a claim for each link that it is in"
                )
            assert isinstance(family, Family)
            affine = family.affine
            core = family.at(family.ends[0]) if affine is None else Link(affine.core, link_text(affine.core))
            return (replace(core, name=str(family)),), (), family
        listed = {name: values for name, values in declared.items() if not isinstance(values, Range)}
        for chosen in product(*listed.values()):
            values = dict(zip(listed, chosen, strict=True))
            link = read(text, values)
            if link in by_link and by_link[link] != tuple(values.items()):
                raise LinkError(
                    f"'{excerpt(text)}' is one link for two values: write a range without the other"
                )
            by_link[link] = tuple(values.items())
    return tuple(by_link), tuple(by_link.items()) if any(by_link.values()) else (), None


def _names(text: str) -> set[str]:
    try:
        return names_in(text)
    except LinkError:
        # It is refused with its remedy where it is read.
        return set()


def range_text(values: Quantifier) -> str:
    """A range as --for reads it."""
    if isinstance(values, Range):
        return str(values)
    return decimal(values[0]) if len(values) == 1 else f"{values[0]}:{values[-1]}"


def quantifier(name: str, spec: object) -> Quantifier:
    """What a parameter ranges over; an interval of a single number is that number. Raises LinkError."""
    values = parse_quantifier(name, spec)
    if isinstance(values, Range) and isinstance(values.lower, Num) and values.lower == values.upper:
        return (values.lower.value,)
    return values


_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lambda", "mu", "sigma", "tau")
_CONSTANTS = {
    "pi": r"\pi", "E": "e", "oo": r"\infty", "IE": r"\mathrm{IE}", "GE": r"\mathrm{GE}",
    "t_max": r"t_{\max}", "beta1": r"\beta_1",
}  # fmt: skip
_WORDS = {
    "logM": r"\log M", "KL": r"\mathrm{KL}", "Var": r"\mathrm{Var}", "chi2": r"\chi^2",
    "ESS": r"\mathrm{ESS}", "snr": r"\mathrm{SNR}", "mean": r"\mathbb{E}", "V": "V", "J": "J",
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "sinh": r"\sinh",
    "cosh": r"\cosh", "tanh": r"\tanh", "atan": r"\arctan", "min": r"\min", "max": r"\max",
}  # fmt: skip
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
#: Digits in a row between which no line may end.
_DIGITS = 12


def latex(claim: UserClaim) -> str:
    """The assertion with its parameters as names; as it is written where one is the order of a He."""
    names = tuple(name for name, _ in claim.ranges)
    try:
        return of(parse_assertion(claim.text, names, open_orders=True))
    except LinkError:
        return r"\texttt{" + claim.text.replace("_", r"\_") + "}"


def latex_ranges(claim: UserClaim) -> str:
    r"""What each parameter ranges over, such as ``\beta \in (1/2, 20)``."""
    return r",\allowbreak\ ".join(_quantified(*each) for each in claim.ranges)


def _quantified(parameter: str, values: Quantifier) -> str:
    if isinstance(values, Range):
        left, right = "[" if values.closed_lower else "(", "]" if values.closed_upper else ")"
        inner = rf"{left}{_end(values.lower)},\allowbreak {_end(values.upper)}{right}"
        return rf"{name(parameter)} \in \allowbreak {inner}"
    ends = [of(Num(value)) for value in (values[0], values[-1])]
    if len(values) == 1:
        return f"{name(parameter)} = {ends[0]}"
    return rf"{name(parameter)} = {ends[0]},\allowbreak \dots,\allowbreak {ends[1]}"


def _end(node: Node) -> str:
    return decimal(node.value) if isinstance(node, Num) else of(node)


def of(part: Part) -> str:
    return _write(part, 0)


def _write(part: Part, floor: int) -> str:
    binding, text = _bare(part)
    return text if binding > floor else rf"({text})"


def _bare(part: Part) -> tuple[int, str]:
    if isinstance(part, Num):
        return _number(part.value)
    if isinstance(part, Const):
        return 5, _CONSTANTS[part.name]
    if isinstance(part, Var):
        return 5, name(part.name)
    if isinstance(part, Neg):
        return 3, f"-{_write(part.arg, 3)}"
    if isinstance(part, Bin):
        return _binary(part)
    if isinstance(part, Where):
        words = rf"{of(part.then)}\allowbreak\ \text{{if }}\allowbreak {of(part.condition)},\allowbreak\ "
        return 0, rf"{words}\text{{else }}\allowbreak {of(part.other)}"
    if isinstance(part, Compare):
        return 3, rf"{of(part.left)} {_RELATIONS[part.op]}\allowbreak {of(part.right)}"
    if isinstance(part, Logic):
        own = 2 if part.op == "and" else 1
        sides = _write(part.left, own - 1), _write(part.right, own)
        return own, rf"\allowbreak\ \text{{{part.op}}}\ \allowbreak ".join(sides)
    return 5, _call(part)


def _binary(part: Bin) -> tuple[int, str]:
    own = _BINDING[part.op]
    if part.op == "**":
        return own, rf"{_write(part.left, own)}^{{{of(part.right)}}}"
    sign = {"*": r"\,\allowbreak ", "/": r"/\allowbreak "}.get(part.op, rf" {part.op}\allowbreak ")
    right = _write(part.right, own)
    if part.op == "*" and right[:1].isdigit():
        sign = r"\cdot\allowbreak "
    return own, f"{_write(part.left, own - 1)}{sign}{right}"


def _call(part: Call) -> str:
    args = list(part.args)
    if part.name == "sqrt":
        return rf"\sqrt{{{of(args[0])}}}"
    if part.name == "abs":
        return rf"|{of(args[0])}|"
    if part.name in ("alpha", "h", "He", "lambda2"):
        head = {"alpha": r"\alpha", "h": "h", "He": r"\mathrm{He}", "lambda2": r"\lambda^2"}[part.name]
        head, args = f"{head}_{{{of(args[0])}}}", args[1:]
    elif part.name == "mu":
        return rf"\mu_{{{of(args[0])},{of(args[1])}}}"
    else:
        head = _WORDS.get(part.name, rf"\operatorname{{{part.name}}}")
    inner = r",\allowbreak ".join(map(of, args))
    left, right = "[]" if part.name == "mean" else "()"
    return rf"{head}{left}\allowbreak {inner}{right}" if args else head


def name(word: str) -> str:
    """A parameter: a Greek letter, a single letter with an index, or a word."""
    stem, _, index = word.partition("_")
    if not index and stem.rstrip("0123456789") and stem[-1:].isdigit():
        letters = stem.rstrip("0123456789")
        stem, index = letters, stem[len(letters) :]
    shown = rf"\{stem}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    index = index.replace("_", r"\_")
    return f"{shown}_{{{index}}}" if index else shown


def _number(value: Fraction) -> tuple[int, str]:
    text = _digits(abs(value.numerator))
    if value.denominator != 1:
        text += rf"/{_digits(value.denominator)}"
    return (2 if value.denominator != 1 else 5 if value >= 0 else 3), f"-{text}" if value < 0 else text


def _digits(number: int) -> str:
    text = str(number)
    return r"\allowbreak ".join(text[i : i + _DIGITS] for i in range(0, len(text), _DIGITS))
