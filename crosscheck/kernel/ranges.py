"""The sign of alpha_k on a range of temperatures, and the largest zero alone, as Coq files.

For links between two numbers. A range in t = 1/beta is cut into cells: on each the value at one point, which
Coq encloses, is larger than what the slope can take from it (`sign_cell`). Around beta1 the slope has one
sign (`isolated`); as the cells begin at t = 0, every larger temperature is covered, up to infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from ...link import Link, LinkError
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import working
from ...theory.exact.hermite import he
from ..link_facts.exponents import exponents
from ..link_facts.threshold import threshold_alone
from .link import Coq, Written, applied, binary, hermite, hermite_size, number, power, written
from .theorem import FUEL, Theorem, decimal, radius, theorem

#: How much of a value the slope may take, and how wide values are enclosed.
_TAKEN, _LOOSE = 0.85, Fraction(1, 100)
_MOST_CELLS = 400
#: Of the tails, see `tail_term`; their sum is below 1/2.
_C, _D = Fraction(3, 8), Fraction(3, 25)
_RATES = f"{number(_C).at(0)} {number(_D).at(0)}"


def sign_on_range(link: Link, k: int, low: Fraction, high: Fraction) -> Theorem:
    """alpha_k(beta) > 0, or < 0, for all beta in [low, high].

    Raises LinkError where the link has no bounds in Coq, or alpha_k is not seen to keep its sign.
    """
    proof = _Proof(link, _between(link), k)
    start, end = 1 / high, 1 / low
    sign = 1 if proof.value(1, start) > 0 else -1
    lemmas = [*proof.lemmas(sizes=(2,)), *proof.cells(sign, start, end)]
    a, b = (number(each).at(0) for each in (low, high))
    statement = (
        f"Theorem signed : forall beta, {a} <= beta <= {b} ->\n"
        f"  converges s {k} beta /\\ {_signed(sign, f'alpha s {k} beta')}."
    )
    steps = [
        "Proof.", "intros beta range.",
        f"destruct (signal_alpha s {k} {proof.ends} s_tame s_between ltac:(lra) ltac:(lra) beta ltac:(lra))",
        "  as [C ->].",
        "split; [exact C |].",
        f"assert (below : / {b} <= / beta) by (apply Rinv_le_contravar; lra).",
        f"assert (above : / beta <= / {a}) by (apply Rinv_le_contravar; lra).",
        "assert (here := sign_on_cells (/ beta) ltac:(lra)). lra.", "Qed.",
    ]  # fmt: skip
    about = f"The sign of alpha_{k} of s(z) = {link} for beta in [{low}, {high}]"
    return theorem(link, proof.made, k, about, "\n".join(lemmas), statement, "\n".join(steps))


def largest_zero(link: Link, digits: int) -> Theorem:
    """beta1 between two decimals of ``digits`` digits: a zero of alpha_k, and one sign at every larger beta.

    Raises LinkError where the link has no bounds in Coq, or beta1 is no simple zero of this kind.
    """
    known, found = exponents(link), threshold_alone(link)
    k = known.generative_exponent.value
    if k is None or known.witness_power != 1 or not found.exceptional:
        raise LinkError(
            f"beta1 of '{link}' is no zero of the signal with E[s He_k] != 0, as these proofs need: take "
            "a link such as tanh(z) - 9/10"
        )
    proof = _Proof(link, _between(link), k)
    lower, upper = Fraction(found.exceptional[0].lower), Fraction(found.exceptional[0].upper)
    lemmas = list(proof.lemmas(sizes=(2, 3)))
    places = digits - 1 - math.floor(math.log10(upper))
    margin = Fraction(1, 4 * 10**places)
    below, above = decimal(lower - margin, places, -1), decimal(upper + margin, places, 1)
    first, last = 1 / Fraction(above), 1 / Fraction(below)
    sign = 1 if proof.value(1, Fraction(0)) > 0 else -1
    middle = ((first + last) / 2).limit_denominator(10**6)
    slope = sign * proof.value(2, middle)
    if slope >= 0:
        raise LinkError(f"the zero beta1 of '{link}' is not simple as far as these proofs see")
    rho = Fraction(-slope * _TAKEN / proof.steep(float(middle) - slope, 3)).limit_denominator(1000)
    near, end = middle - rho, middle + rho
    if not 0 < near < first < last < end:
        raise LinkError(f"beta1 of '{link}' is not isolated by so few digits: ask for more --digits")
    lemmas += proof.cells(sign, Fraction(0), near)
    ends = [proof.point(name, 1, t, Fraction(1, 4)) for name, t in (("at_first", first), ("at_last", last))]
    derivative, top = proof.point("at_middle", 2, middle, _LOOSE / 4, within=sign)
    lemmas += [*(lemma for lemma, _ in ends), derivative]
    slopes = f"{top} {proof.bounds[2]} {proof.bounds[3]}"
    statement = (
        f"Theorem beta1_isolated : exists beta1, {below} <= beta1 <= {above} /\\ alpha s {k} beta1 = 0 /\\\n"
        f"  forall beta, beta1 < beta -> converges s {k} beta /\\ {_signed(sign, f'alpha s {k} beta')}."
    )
    c, r, n, t1, t2, T = (number(x).at(0) for x in (middle, rho, near, first, last, end))
    e = _sign(sign)
    steps = [
        "Proof.",
        f"destruct (isolated s {k} {proof.ends} s_tame s_between ltac:(lra) ltac:(lra) {e} {c} {T} {r} "
        f"{slopes} {n} {t1} {t2}) as [beta1 [range [zero beyond]]]; try lra.",
        "- exact size_2.", "- exact size_3.",
        "- destruct at_middle as [D [L bounds]]. exists D. split; [exact L | lra].",
        "- steep_is_small.",
        f"- assert (H := value_at s {k} _ _ _ at_first). lra.",
        f"- assert (H := value_at s {k} _ _ _ at_last). lra.",
        "- intros t inside. apply sign_on_cells. lra.",
        "- exists beta1. split; [lra |]. split; [exact zero |].",
        "  intros beta above. destruct (beyond beta above) as [C H]. split; [exact C | lra].", "Qed.",
    ]  # fmt: skip
    about = f"beta1 of s(z) = {link}: the largest zero of alpha_{k}, with every larger temperature"
    return theorem(link, proof.made, k, about, "\n".join(lemmas), statement, "\n".join(steps))


def _between(link: Link) -> Written:
    made = written(link.tree)
    if made.bounds is None:
        raise LinkError(
            f"'{link}' is not seen to be bounded, which these proofs need: take a link such as tanh(z)"
        )
    return made


def _sign(sign: int) -> str:
    return "1" if sign > 0 else "(- 1)"


def _signed(sign: int, term: str) -> str:
    return f"0 < {term}" if sign > 0 else f"{term} < 0"


@dataclass
class _Proof:
    """What is proved of one bounded link and order, lemma by lemma."""

    link: Link
    made: Written
    k: int

    def __post_init__(self) -> None:
        ends = self.made.bounds
        assert ends is not None
        self.least, self.most = ends
        self.size = max(map(abs, ends))
        self.ends = " ".join(number(each).at(0) for each in (self.least, self.most, self.size))
        self.bounds: dict[int, str] = {}
        self.steepness: dict[int, float] = {}
        self.powers = max(0, math.ceil((self.k - 3) / 2))

    def value(self, i: int, t: Fraction) -> float:
        """E[s^i e^{ts} He_k] to some digits."""
        with working(96):
            return float(oracle(self.link.tree).tilted_moments((self.k,), (i,), t, 12)[i, self.k].mid())

    def steep(self, T: float, i: int) -> float:
        """The bound of the derivative of the (i-1)-th moment at temperatures up to t = T."""
        return math.exp(T * max(0.0, float(self.most))) * self.steepness[i]

    def lemmas(self, sizes: tuple[int, ...]) -> Iterator[str]:
        yield "Lemma s_tame : tame s.\nProof. apply continuous_tame, s_continuous. Qed.\n"
        for i in sizes:
            yield self._size(i)

    def _radius(self, i: int, b: float, least: float) -> str:
        log_size = i * math.log(float(self.size)) + math.log(hermite_size(self.k)) + b
        return number(radius(log_size, self.powers, _C, _D, least)).at(0)

    def _size(self, i: int) -> str:
        """E[|s|^i |He_k|] is at most a number a little above it."""
        values = _sums(self.link, self.k, i)
        bound = decimal(Fraction(values * 1.02), 3 - math.floor(math.log10(values)), 1)
        self.bounds[i], self.steepness[i] = bound, float(bound)
        whole = values * math.sqrt(2 * math.pi)
        low, high = (
            decimal(Fraction(whole * part), 4 - math.floor(math.log10(whole)), 1) for part in (0.9, 1.01)
        )
        s, end = self.made.computed, self._radius(i, 0.0, values / 1000)
        g = binary("*", power(applied("Rabs", s), i), applied("Rabs", hermite(self.k, Coq("z", 0))))
        g = binary("*", g, Coq("exp (- z ^ 2 / 2)", 10))
        return self._enclosed(
            f"size_{i} : exists M, on_line (size s {self.k} {i}) M /\\ M <= {bound}",
            f"apply (size_enclosed s {self.k} {self.ends} s_tame s_between ltac:(lra) ltac:(lra)\n"
            f"  (fun z => {g.text}) {i} {self.powers} {_RATES} {end} {low} {high})",
        )

    def point(self, name: str, i: int, t: Fraction, width: Fraction, within: int = 0) -> tuple[str, str]:
        """E[s^i e^{ts} He_k] enclosed within that part of itself; the upper bound of ``within`` times it."""
        value = Fraction(self.value(i, t))
        places = 4 - math.floor(math.log10(abs(value)))
        low, high = (decimal(value + side * width * abs(value), places, side) for side in (-1, 1))
        root = Fraction(math.sqrt(2 * math.pi))
        inner = [
            decimal((value + side * width * abs(value) * Fraction(9, 10)) * root, places + 2, -side)
            for side in (-1, 1)
        ]
        b = float(t * self.most)
        end = self._radius(i, b, float(width * abs(value)) / 30)
        at, s = number(t).at(0), self.made.computed
        tilt = applied("exp", binary("*", Coq(at, 0), s))
        g = binary(
            "*",
            binary("*", binary("*", power(s, i), tilt), hermite(self.k, Coq("z", 0))),
            Coq("exp (- z ^ 2 / 2)", 10),
        )
        most, size = number(self.most).at(0), number(self.size).at(0)
        lemma = self._enclosed(
            f"{name} : exists l, on_line (tilted s {self.k} {i} {at}) l /\\ {low} <= l <= {high}",
            f"apply (tilted_enclosed s (fun z => {g.text})\n"
            f"  {self.k} {i} 0 {self.powers} {at} {size} 0 ({at} * {most}) {_RATES} "
            f"{end} {inner[0]} {inner[1]} {low} {high})",
            f"intros z far; apply (bounded_tilt s {at} {self.ends}) with (r := {end}); "
            "[lra | exact s_between | lra | lra | lra | exact far]",
        )
        return lemma, (high if within > 0 else f"(- ({low}))" if within < 0 else low)

    def _enclosed(self, statement: str, apply: str, growth: str = "idtac") -> str:
        return (
            f"Lemma {statement}.\nProof.\n{apply}; try exact s_tame; "
            + "try lra; try (simpl; lia); try tail_is_small.\n"
            + (f"- {growth}.\n" if growth != "idtac" else "")
            + f"- intros z; rewrite s_computed, He_{self.k}; reflexivity.\n"
            + f"- integral with (i_fuel {FUEL}).\nQed.\n"
        )

    def cells(self, sign: int, start: Fraction, end: Fraction) -> Iterator[str]:
        """Lemmas that the signal has the sign on [start, end], and that on all of it."""
        e, here, signal = _sign(sign), start, f"signal s {self.k}"
        ends: list[str] = []
        while here < end:
            if len(ends) == _MOST_CELLS:
                raise LinkError(
                    f"alpha_{self.k} of '{self.link}' comes too close to 0 for {_MOST_CELLS} cells: "
                    "narrow the range"
                )
            rho = self._reach(sign, here, end)
            middle, index = here + rho, len(ends) + 1
            lemma, _ = self.point(f"value_{index}", 1, middle, _LOOSE)
            c, r, a, b = (number(x).at(0) for x in (middle, rho, here, here + 2 * rho))
            size = abs(self.value(1, middle)) * 0.98
            value = decimal(Fraction(size), 4 - math.floor(math.log10(size)), -1)
            yield lemma
            yield (
                f"Lemma cell_{index} : forall t, 0 <= t -> {a} <= t <= {b} -> 0 < {e} * {signal} t.\n"
                f"Proof.\nintros t t0 range.\n"
                f"assert (H := value_at s {self.k} _ _ _ value_{index}).\n"
                f"apply (sign_cell s {self.k} {self.ends} s_tame s_between ltac:(lra) ltac:(lra)\n"
                f"  {e} {c} {b} {self.bounds[2]} {value} {r}); try lra; [exact size_2 | steep_is_small].\n"
                "Qed.\n"
            )
            here += 2 * rho
            ends.append(b)
        tests = "\n".join(
            f"destruct (Rle_dec t {b}); [apply cell_{i}; lra |]." for i, b in enumerate(ends, 1)
        )
        a, b = (number(x).at(0) for x in (start, end))
        yield (
            f"Lemma sign_on_cells : forall t, {a} <= t <= {b} -> 0 < {e} * {signal} t.\n"
            f"Proof.\nintros t range.\n{tests}\nlra.\nQed.\n"
        )

    def _reach(self, sign: int, here: Fraction, end: Fraction) -> Fraction:
        """Half the width of a cell that begins here."""

        def holds(rho: Fraction) -> bool:
            return float(rho) * self.steep(float(here + 2 * rho), 2) <= _TAKEN * sign * self.value(
                1, here + rho
            )

        rho = (end - here) / 2
        if holds(rho):
            return rho
        low, high = Fraction(0), rho
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        step = Fraction(1, 2 ** (4 - math.floor(math.log2(low)))) if low else Fraction(1)
        rho = math.floor(low / step) * step
        if not rho:
            near = float(1 / max(here, Fraction(1, 10**9)))
            raise LinkError(
                f"alpha_{self.k} of '{self.link}' is not seen to be of one sign near beta = {near:.6g}: "
                "narrow the range"
            )
        return rho


def _sums(link: Link, k: int, i: int) -> float:
    """E[|s|^i |He_k|] by a plain sum; what is stated of it is proved."""
    s, polynomial = compile_arb(link.tree), he(k)
    points = [arb(j) / 32 for j in range(-400, 401)]
    total = sum(float(abs(s(z)) ** i * abs(polynomial(z)) * (-z * z / 2).exp()) for z in points)
    return total / 32 / math.sqrt(2 * math.pi)
