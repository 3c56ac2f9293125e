"""The tilted Hermite coefficients as expressions in t = 1/beta, where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy

from ...crosscheck.arguments import as_noise, as_orders, as_signal
from ...crosscheck.shown import Shown
from ...link import Link, Noise, Signal, as_link
from ...theory.families import ClosedForm, SeriesForm, closed_form, series_form
from ...theory.signal import noisy, noisy_series
from ...theory.signal import signal as exact_signal


@dataclass(frozen=True, slots=True)
class Formula:
    """h_k(t), alpha_k(t) and the coefficient of the signal asked for, noise included, on (0, t_max)."""

    k: int
    h: sympy.Expr
    alpha: sympy.Expr
    signal: sympy.Expr

    def as_json(self) -> dict[str, Any]:
        return {"k": self.k, "h": str(self.h), "alpha": str(self.alpha), "signal": str(self.signal)}


@dataclass(frozen=True, slots=True)
class Formulas(Shown):
    """The closed forms or series of one link; ``formulas`` is empty when it has none.

    general: h_k in the symbol k where one expression holds for every k. t_max: they hold on (0, t_max).
    """

    link: Link
    signal: Signal
    noise: Noise
    derivation: str
    t_max: sympy.Expr | None
    general: sympy.Expr | None
    formulas: tuple[Formula, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "link": str(self.link),
            "signal": self.signal,
            "noise": str(self.noise),
            "derivation": self.derivation,
            "beta": None,
            "t_max": None if self.t_max is None else str(self.t_max),
            "general": None if self.general is None else str(self.general),
            "coefficients": [formula.as_json() for formula in self.formulas],
        }


def formulas(
    link: Link | str, k: int | Iterable[int], signal: Signal = "label", noise: Noise | str | None = None
) -> Formulas:
    """h_k and alpha_k for each ``k`` (0..200) in the symbol t = 1/beta: closed forms, or convergent series.

    signal: ``label``, ``weight`` or ``centered``; noise: a law such as ``"gaussian(1)"``.
    Raises LinkError on a bad link or order.
    """
    link = as_link(link)
    law, signal, orders = as_noise(noise), as_signal(signal), as_orders(k)
    form = closed_form(link.tree)
    if form is not None:
        shown = noisy(form, law)
        found = tuple(_closed(form, shown, order, signal, law) for order in orders)
        return Formulas(link, signal, law, derivation(link), form.t_max, shown.general, found)
    series = series_form(link.tree)
    if series is None:
        return Formulas(link, signal, law, derivation(link), None, None, ())
    series = noisy_series(series, law)
    found = tuple(_series(series, order, signal) for order in orders)
    return Formulas(link, signal, law, derivation(link), sympy.oo, None, found)


def derivation(link: Link) -> str:
    """Where closed forms or series come from, or that there are none."""
    form = closed_form(link.tree) or series_form(link.tree)
    return "no closed form is known for this link" if form is None else f"{form.family}: {form.derivation}"


def _closed(form: ClosedForm, noisy: ClosedForm, k: int, kind: Signal, noise: Noise) -> Formula:
    return Formula(k, noisy.h(k), noisy.alpha(k), exact_signal(form, k, kind, noise))


def _series(form: SeriesForm, k: int, kind: Signal) -> Formula:
    h, alpha = form.h(k).total, form.alpha(k).total
    if kind == "centered":
        about = sympy.S.Zero if k == 0 else alpha - h * form.alpha(0).total / form.h(0).total
        return Formula(k, h, alpha, about)
    return Formula(k, h, alpha, h if kind == "weight" else alpha)
