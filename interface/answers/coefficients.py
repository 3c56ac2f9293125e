"""The tilted Hermite coefficients h_k and alpha_k: at temperatures, and as expressions in t = 1/beta."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import sympy
from flint import arb

from ...crosscheck.arguments import as_digits, as_label, as_noise, as_orders, as_signal
from ...crosscheck.link_facts.exponents import require_allowed, vanishes
from ...crosscheck.number import Number, from_ball, from_exact
from ...crosscheck.record import Record, Shown
from ...link import ADDITIVE, Label, Link, Noise, Signal, as_link, positive
from ...numerics.expectation.labels import moments, tilted
from ...numerics.work import allowance, question
from ...theory.channel_forms import drawn_form, has_order
from ...theory.exact import t
from ...theory.exact.lower import rational
from ...theory.families import ClosedForm, SeriesForm, series_form
from ...theory.families.form import Expansion
from ...theory.signal import cumulant, noisy, noisy_series
from ...theory.signal import signal as exact_signal


@dataclass(frozen=True, slots=True)
class Formula(Record):
    """h_k(t), alpha_k(t) and the coefficient of the signal asked for, noise included, on (0, t_max)."""

    k: int
    h: sympy.Expr
    alpha: sympy.Expr
    signal: sympy.Expr


@dataclass(frozen=True, slots=True, repr=False)
class Formulas(Shown, Record):
    """The closed forms or series of one link; ``formulas`` is empty when it has none.

    general: h_k in the symbol k where one expression holds for every k. t_max: they hold on (0, t_max).
    """

    link: Link
    signal: Signal
    noise: Noise
    label: Label
    derivation: str
    t_max: sympy.Expr | None
    general: sympy.Expr | None
    formulas: tuple[Formula, ...]
    beta: ClassVar[None] = None

    keys: ClassVar = "link signal noise label derivation beta t_max general coefficients=formulas"


def formulas(
    link: Link | str,
    k: int | Iterable[int],
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    label: Label | str | None = None,
) -> Formulas:
    """h_k and alpha_k in the symbol t = 1/beta: closed forms, or convergent series.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    k
        An order from 0 to 200, or several.
    signal
        ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    label
        How y is drawn, such as ``"poisson"``, without noise; None for y = s(z) + noise.

    Returns
    -------
    Formulas
        ``formulas`` in order of k, empty where there is neither; ``derivation`` says where they come from.

    Raises
    ------
    LinkError
        On what is no link, order, signal, noise law or label.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.formulas("z - 3", k=1).formulas[0].h
    t*exp(t**2/2 - 3*t)

    Source
    ------
    Claims H2 and H3.
    """
    link = as_link(link)
    law, signal, orders = as_noise(noise), as_signal(signal), as_orders(k)
    draw = as_label(label, law)
    require_allowed(link, draw)
    form, why = drawn_form(link.tree, draw), derivation(link, draw)
    if form is not None and all(has_order(link.tree, draw, order) for order in orders):
        shown = noisy(form, law)
        found = tuple(_closed(form, shown, order, signal, law) for order in orders)
        return Formulas(link, signal, law, draw, why, form.t_max, shown.general, found)
    series = series_form(link.tree) if draw == ADDITIVE else None
    if series is None:
        return Formulas(link, signal, law, draw, why, None, None, ())
    series = noisy_series(series, law)
    found = tuple(_series(series, order, signal) for order in orders)
    return Formulas(link, signal, law, draw, why, sympy.oo, None, found)


def derivation(link: Link, label: Label = ADDITIVE) -> str:
    """Where closed forms or series come from, or that there are none."""
    form = drawn_form(link.tree, label) or (series_form(link.tree) if label == ADDITIVE else None)
    return "no closed form is known for this link" if form is None else f"{form.family}: {form.derivation}"


def _closed(form: ClosedForm, noisy: ClosedForm, k: int, kind: Signal, noise: Noise) -> Formula:
    return Formula(k, noisy.h(k), noisy.alpha(k), exact_signal(form, k, kind, noise))


def _series(form: SeriesForm, k: int, kind: Signal) -> Formula:
    h, alpha = form.h(k).total, form.alpha(k).total
    if kind == "centered":
        about = sympy.S.Zero if k == 0 else alpha - h * form.alpha(0).total / form.h(0).total
        return Formula(k, h, alpha, about)
    return Formula(k, h, alpha, h if kind == "weight" else alpha)


_TERMS = 3
#: A series whose terms vanish one after the other is looked through so far.
_LOOKED_AT = 12


def first_terms(series: Expansion, at: sympy.Expr, noise: Noise) -> str:
    """``2*exp(-1/2)*I_1(1) - 6*exp(-9/2)*I_3(1) + ...`` with the value of t filled in."""
    terms = (sympy.sympify(series.term(j)) for j in range(_LOOKED_AT))
    kept = [term for term in terms if term != 0][:_TERMS]
    growth = sympy.exp(cumulant(noise)).subs(t, at)
    shown = [_readable(sympy.powsimp((growth * term).subs(t, at))) for term in kept]
    return " + ".join([*shown, "..."]).replace("+ -", "- ")


def _readable(term: sympy.Expr) -> str:
    orders = {f: sympy.Symbol(f"I_{f.args[0]}({f.args[1]})") for f in term.atoms(sympy.besseli)}
    return str(term.xreplace(orders))


#: The work that the coefficients at one temperature may take, several seconds.
_WORK = 4e6


@dataclass(frozen=True, slots=True)
class Coefficient(Record):
    """alpha_k = E[y e^{ty} He_k] and h_k = E[e^{ty} He_k] at t = 1/beta, noise included.

    signal: E[T_t(y) He_k] for the signal asked for; ``label`` alpha_k, ``weight`` h_k, ``centered``
    alpha_k - K_y'(t) h_k. series: first terms of h_k as text where it has a convergent series, else None.
    """

    k: int
    beta: Fraction
    alpha: Number
    h: Number
    signal: Number
    series: str | None = None

    keys: ClassVar = "k alpha h signal series"


@dataclass(frozen=True, slots=True, repr=False)
class Coefficients(Shown, Record):
    """The coefficients of one link, in order of temperature and then of k.

    derivation: where closed forms or series come from, or that there are none.
    """

    link: Link
    signal: Signal
    noise: Noise
    label: Label
    derivation: str
    coefficients: tuple[Coefficient, ...]

    keys: ClassVar = "link signal noise label derivation"

    def as_json(self) -> dict[str, Any]:
        """One object for one temperature; a list of them for several."""
        betas = list(dict.fromkeys(c.beta for c in self.coefficients))
        head = Record.as_json(self)
        found = [
            {"beta": str(beta), "coefficients": [c.as_json() for c in self.coefficients if c.beta == beta]}
            for beta in betas
        ]
        return (
            {**head, **found[0]} if len(found) == 1 else {**head, "temperatures": [head | f for f in found]}
        )


def coefficients(
    link: Link | str,
    k: int | Iterable[int],
    beta: int | float | str | Fraction | Iterable[Any],
    digits: int = 30,
    signal: Signal | str = "label",
    noise: Noise | str | None = None,
    label: Label | str | None = None,
) -> Coefficients:
    """The tilted Hermite coefficients h_k = E[e^{y/beta} He_k] and alpha_k = E[y e^{y/beta} He_k].

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    k
        An order from 0 to 200, or several.
    beta
        A temperature > 0, an exact number, or several.
    digits
        Significant digits of every enclosure, from 2 to 300.
    signal
        ``label`` y e^{ty}, ``weight`` e^{ty} or ``centered`` (y - K_y') e^{ty}.
    noise
        A law such as ``"gaussian(1)"``; None for none.
    label
        How y is drawn, such as ``"poisson"``, without noise; None for y = s(z) + noise.

    Returns
    -------
    Coefficients
        ``coefficients`` in order of temperature and then of k, each with closed form and enclosure.

    Raises
    ------
    LinkError
        On what is no link, order, temperature, signal, noise law or label.
    ArithmeticError
        Where E e^{y/beta} is infinite.

    Examples
    --------
    >>> import tiltproof
    >>> one = tiltproof.coefficients("z**2 - 10", k=2, beta="5/2").coefficients[0]
    >>> one.alpha.closed_form, one.alpha.lower[:9]
    (30*sqrt(5)*exp(-4), '1.2286504')

    Source
    ------
    Claims H1 to H4.
    """
    link = as_link(link)
    law, signal, digits = as_noise(noise), as_signal(signal), as_digits(digits)
    orders, draw = as_orders(k), as_label(label, law)
    require_allowed(link, draw)
    several: Iterable[Any] = beta if isinstance(beta, Iterable) and not isinstance(beta, str) else [beta]
    found: list[Coefficient] = []
    for b in several:
        with question(digits):
            found += _at(link, tuple(orders), positive(b, "beta"), digits, signal, law, draw)
    return Coefficients(link, signal, law, draw, derivation(link, draw), tuple(found))


def _may_vanish(balls: tuple[arb, arb, arb | None]) -> bool:
    return all(ball.contains(0) for ball in balls if ball is not None)


def _at(
    link: Link,
    orders: tuple[int, ...],
    beta: Fraction,
    digits: int,
    signal: Signal,
    noise: Noise,
    label: Label,
) -> list[Coefficient]:
    form, series = drawn_form(link.tree, label), series_form(link.tree) if label == ADDITIVE else None
    t_exact = rational(1 / beta)
    with allowance(_WORK, digits):
        of_label = moments(link.tree, label)
        # A sum over frequencies is dear, and where all is closed it is not read.
        closed = form is not None and all(has_order(link.tree, label, k) for k in orders)
        enough = 2 if closed and label.kind == "preference" else digits
        balls = tilted(of_label, orders, noise, 1 / beta, enough, centered=signal == "centered")
    found = []
    for k in orders:
        alpha, h, centered = (None if ball is None else from_ball(ball, digits) for ball in balls[k])
        if form is not None and has_order(link.tree, label, k):
            known = noisy(form, noise)
            alpha = from_exact(known.alpha(k).subs(t, t_exact), digits)
            h = from_exact(known.h(k).subs(t, t_exact), digits)
            if centered is not None:
                centered = from_exact(exact_signal(form, k, Signal.CENTERED, noise).subs(t, t_exact), digits)
        elif k and _may_vanish(balls[k]) and vanishes(link, label, k):
            alpha = h = centered = from_exact(sympy.S.Zero, digits)
        assert alpha is not None
        assert h is not None
        shown = {"label": alpha, "weight": h, "centered": centered or alpha}[signal]
        text = None if series is None or h.closed_form == 0 else first_terms(series.h(k), t_exact, noise)
        found.append(Coefficient(k, beta, alpha, h, shown, text))
    return found
