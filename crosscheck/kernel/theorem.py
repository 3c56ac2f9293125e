"""alpha_k at a temperature, enclosed, as a Coq file: what is stated, and its proof.

The integral over [-r, r] is CoqInterval's, the tails are those of `formal/tilt.v`. The numbers come from the
oracle; where one is wrong, the file does not compile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from flint import arb

from ...link import Link, LinkError
from ...link.tree import Call, Num, walk
from ...numerics.expectation.oracle import oracle
from ...numerics.lowering.arb import compile_arb
from ...numerics.precision import as_fraction, exact, working
from ...theory.exact.hermite import he
from ...theory.exact.polynomial import rational_polynomial
from .link import Coq, Growth, Written, binary, hermite, hermite_size, number, written

_PACKAGE = Path(__file__).resolve().parents[2]
#: What the package proves once; every file holds it whole.
LEMMAS = _PACKAGE / "formal" / "tilt.v"
#: Takes longer than the proof.
_ASSUMED = "(* What it rests on, a list of Coq's own axioms: Print Assumptions enclosed. *)"
#: Tails take at most this part of the width that is stated, the integral this one.
_TAIL, _INTEGRAL = Fraction(1, 50), Fraction(9, 20)
#: Doubles err by so much, relative to the integral of the absolute value; below it more bits are taken.
_DOUBLES, _MORE_BITS = 8e-12, 80
#: Below this part of that integral digits are counted from it.
_SMALL = Fraction(1, 10)
_FARTHEST = 200
#: Pieces that CoqInterval may cut the line into.
FUEL = 5000


@dataclass(frozen=True, slots=True)
class Tails:
    """|s| <= size |z|^degree and t s <= a z^2 + b where |z| >= 1: terms, what they come to, and the proof."""

    size: str
    degree: int
    a: str
    b: str
    proof: str
    about: float
    rate: Fraction
    log_b: Fraction | float


@dataclass(frozen=True, slots=True)
class Goal:
    """What is stated: two decimals of so many places, ``width`` apart around ``middle``.

    scale: the same expectation of absolute values, which rounding errors go by.
    """

    middle: Fraction
    width: Fraction
    scale: Fraction
    places: int
    stated: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Theorem:
    """A Coq file about ``link``; statement: its theorem alone."""

    link: Link
    statement: str
    text: str

    def as_json(self) -> dict[str, str]:
        return {"link": str(self.link), "theorem": self.statement}


def enclosure(link: Link, k: int, beta: Fraction, digits: int) -> Theorem:
    """lo <= alpha_k(beta) <= hi, of relative width 10^-digits.

    Raises LinkError where Coq cannot be told of the link, NotIntegrable where alpha_k is infinite.
    """
    made, temperature = written(link.tree), number(beta).at(0)
    if made.growth is None:
        raise LinkError(
            f"'{link}' is neither bounded nor of polynomial growth as far as these proofs see: take a link "
            "such as tanh(z), clip(He(3,z),-4,4) or z**2"
        )
    tails = _tails(link, made, made.growth, beta, temperature)
    goal = _goal(link, k, beta, digits)
    low, high = goal.stated
    statement = (
        f"Theorem enclosed : converges s {k} {temperature} /\\ {low} <= alpha s {k} {temperature} <= {high}."
    )
    lemma, proof = _proof(made, tails, k, temperature, goal)
    about = f"alpha_{k} of s(z) = {link} at beta = {beta}"
    return theorem(link, made, k, about, lemma, statement, proof)


def theorem(
    link: Link, made: Written, k: int, about: str, lemmas: str, statement: str, proof: str
) -> Theorem:
    """The file: definitions and lemmas of ours, the link, what is proved about it, the statement."""
    own = LEMMAS.read_text(encoding="utf-8")
    parts = [_heading(about), own, _link(link, made, k), lemmas, statement, proof, "", _ASSUMED, ""]
    return Theorem(link, statement, "\n".join(parts))


def _goal(link: Link, k: int, beta: Fraction, digits: int) -> Goal:
    with working(160):
        middle = as_fraction(oracle(link.tree).tilted_moments((k,), (1,), 1 / beta, digits + 8)[1, k].mid())
        scale = _absolute(link, k, beta)
    width = max(abs(middle), _SMALL * scale) / 10**digits
    places = math.ceil(-math.log10(width)) + 1
    stated = [decimal(middle + side * width / 2, places, side) for side in (-1, 1)]
    return Goal(middle, width, scale, places, (stated[0], stated[1]))


def _heading(about: str) -> str:
    return (
        f"(** {about}.\n\n"
        '    To read: the definitions of He, phi, converges and alpha right below, then, from "The link"\n'
        "    on, those of s and the theorem. The rest is proof, which Coq checks; nothing is assumed.\n"
        "    Needs Coq with CoqInterval and Coquelicot: coqc FILE. *)\n"
    )


def _link(link: Link, made: Written, k: int) -> str:
    orders = sorted(
        {k}
        | {
            int(n.args[0].value)
            for n in walk(link.tree)
            if isinstance(n, Call) and n.name == "He" and isinstance(n.args[0], Num)
        }
    )
    lines = ["(** * The link *)", "", f"Definition s (z : R) : R := {made.stated.text}.", ""]
    lines += [polynomial_lemma(order) for order in orders]
    rewritten = "".join(f" || rewrite He_{k}" for k in orders)
    lines += [
        f"Lemma s_computed : forall z, s z = {made.computed.text}.",
        f"Proof. intros z. unfold s. repeat (progress known{rewritten}). reflexivity. Qed.",
        "",
        "Lemma s_continuous : forall z, continuous s z.",
        f"Proof. intros z. apply (continuous_ext (fun z => {made.computed.text}));",
        "  [intros x; symmetry; apply s_computed |]. continuity_by_parts. Qed.",
        "",
    ]
    if bounds := made.bounds:
        low, high = (number(each).at(49) for each in bounds)
        lines += [
            f"Lemma s_between : forall z, {low} <= s z <= {high}.",
            "Proof. unfold s. between_two. Qed.",
            "",
        ]
    return "\n".join(lines)


def polynomial_lemma(k: int) -> str:
    stated = f"Lemma He_{k} : forall z, He {k} z = {hermite(k, Coq('z', 0)).text}."
    return f"{stated}\nProof. intros z. simpl. ring. Qed.\n"


def _tails(link: Link, made: Written, growth: Growth, beta: Fraction, temperature: str) -> Tails:
    t = f"(/ {temperature})"
    if bounds := made.bounds:
        low, high = (number(each).at(0) for each in bounds)
        size = number(max(map(abs, bounds))).at(0)
        proof = f"apply (bounded_tilt s {t} {low} {high} {size}) with (r := RADIUS)"
        proof += "; [interval | exact s_between | lra | lra | lra | exact far]"
        about, log_b = float(max(map(abs, bounds))), bounds[1] / beta
        return Tails(size, 0, "0", f"({t} * {high})", proof, about, Fraction(0), log_b)
    shape = rational_polynomial(link.tree)
    if shape is not None and shape.degree() <= 2:
        q0, q1, q2 = (Fraction(int(shape[i].p), int(shape[i].q)) for i in range(3))
        room = Fraction(1, 2) - q2 / beta
        if room <= 0:
            raise LinkError(f"at beta = {beta} alpha is infinite: take beta above {2 * q2}")
        share = min(room, Fraction(1, 2)) / 4
        e, *q = (number(each).at(0) for each in (share, q0, q1, q2))
        numbers = " ".join((growth.size, e, *q, str(growth.degree)))
        proof = (
            f"apply (quadratic_tilt s {t} {numbers}) with (r := RADIUS); "
            f"[lra | exact {growth.proof} | intros x; unfold s; "
            + "".join(f"rewrite ?He_{k}; " for k in range(3) if f"He {k}" in made.stated.text)
            + "field | lra | exact far]"
        )
        return Tails(
            growth.size,
            growth.degree,
            f"({t} * {q[2]} + {e})",
            f"({t} * {q[0]} + ({t} * {q[1]}) ^ 2 / (4 * {e}))",
            proof,
            growth.about,
            q2 / beta + share,
            q0 / beta + (q1 / beta) ** 2 / (4 * share),
        )
    if growth.degree <= 1:
        proof = (
            f"apply (linear_tilt s {t} {growth.size} {growth.degree}) with (r := RADIUS); "
            f"[interval | exact {growth.proof} | lia | lra | exact far]"
        )
        b = f"(2 * ({t} * {growth.size}) ^ 2)"
        least = 2 * (growth.about / float(beta)) ** 2
        return Tails(growth.size, 1, "(1 / 8)", b, proof, growth.about, Fraction(1, 8), least)
    raise LinkError(
        f"'{link}' is not seen to keep e^(s/beta) integrable by these proofs: take a bounded link, one of "
        "linear growth or a quadratic polynomial"
    )


def radius(log_size: float, n: int, c: Fraction, d: Fraction, least: float) -> Fraction:
    """r, in quarters, beyond which tails of that size and the power n are at most ``least``."""
    log_size += (n + 1) * math.log((n + 1) / d) - math.log(c) - math.log(least)
    return Fraction(math.ceil(4 * math.sqrt(max(log_size, 1.0) / c)), 4)


def _proof(made: Written, tails: Tails, k: int, temperature: str, goal: Goal) -> tuple[str, str]:
    """The integral over [-r, r] as a lemma, and the proof of the theorem from it."""
    n = max(0, math.ceil((tails.degree + k - 3) / 2))
    room = Fraction(1, 2) - tails.rate
    c, d = (room * share for share in (Fraction(3, 4), Fraction(6, 25)))
    log_size = math.log(max(tails.about, 1e-9)) + math.log(hermite_size(k)) + float(tails.log_b)
    r = radius(log_size, n, c, d, float(_TAIL * goal.width))
    if r > _FARTHEST:
        raise LinkError(
            f"e^(s/beta) comes too close to e^(z^2/2) at beta = {temperature}: take a larger beta"
        )
    s = made.computed
    density = Coq("exp (- z ^ 2 / 2)", 10)
    tilt = Coq(f"exp ({binary('/', s, Coq(temperature, 0)).text})", 10)
    g = binary("*", binary("*", binary("*", s, tilt), hermite(k, Coq("z", 0))), density).text
    root = math.sqrt(2 * math.pi)
    low, high = (
        decimal((goal.middle + side * _INTEGRAL * goal.width) * Fraction(root), goal.places + 2, -side)
        for side in (-1, 1)
    )
    end = number(r).at(0)
    bits = "" if goal.width > _DOUBLES * goal.scale else f"i_prec {_MORE_BITS}, "
    lemma = (
        f"Lemma inside : {low} <= RInt (fun z => {g}) (- {end}) {end} <= {high}.\n"
        f"Proof. integral with ({bits}i_fuel {FUEL}). Qed.\n"
    )
    named = " ".join(
        [
            str(k),
            str(tails.degree),
            str(n),
            temperature,
            tails.size,
            tails.a,
            tails.b,
            number(c).at(0),
            number(d).at(0),
            end,
            low,
            high,
            *goal.stated,
        ]
    )
    steps = [
        f"Proof.\napply (alpha_enclosed s (fun z => {g})\n  {named}).",
        "- apply continuous_tame, s_continuous.",
        "- lra.", "- interval.", "- lra.", "- lra.", "- interval.", "- simpl; lia.",
        f"- intros z far. {tails.proof.replace('RADIUS', end)}.",
        f"- intros z. rewrite s_computed, He_{k}. reflexivity.",
        "- exact inside.", "- tail_is_small.", "- tail_is_small.",
        "Qed.",
    ]  # fmt: skip
    return lemma, "\n".join(steps)


def decimal(value: Fraction, places: int, side: int) -> str:
    """The nearest decimal below (side -1) or above."""
    units = math.floor(value * 10**places) if side < 0 else math.ceil(value * 10**places)
    digits = f"{abs(units):0{max(places, 0) + 1}d}"
    shown = f"{digits[:-places]}.{digits[-places:]}" if places > 0 else str(abs(units) * 10**-places)
    return f"(- {shown})" if units < 0 else shown


def _absolute(link: Link, k: int, beta: Fraction) -> Fraction:
    """E[|s e^{s/beta} He_k|] to about a percent: it only says how many bits are worth while."""
    s, polynomial = compile_arb(link.tree), he(k)
    total = arb(0)
    for i in range(-96, 97):
        x = arb(i) / 8
        y = s(x)
        total += abs(y * (y / exact(beta)).exp() * polynomial(x)) * (-x * x / 2).exp() / 8
    return as_fraction(total / (2 * arb.pi()).sqrt())
