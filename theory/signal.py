"""Noise and the three signal kinds as exact expressions in t, from the noiseless h_k and alpha_k (H4)."""

from __future__ import annotations

from typing import Literal

import sympy

from ..link.noise import Noise
from .lower import rational
from .symbols import t
from .tilt.form import ClosedForm
from .tilt.series import Expansion, SeriesForm

Kind = Literal["label", "weight", "centered"]


def cumulant(noise: Noise) -> sympy.Expr:
    """K_e(t) = log E e^{te}: tau^2 t^2/2, log(sinh(at)/(at)), log cosh(at), or 0 without noise."""
    x = rational(noise.scale) * t
    if noise.kind == "gaussian":
        return x**2 / 2
    if noise.kind == "uniform":
        return sympy.log(sympy.sinh(x) / x)
    return sympy.log(sympy.cosh(x)) if noise.kind == "rademacher" else sympy.S.Zero


def cumulant_slope(noise: Noise) -> sympy.Expr:
    """K_e'(t)."""
    a = rational(noise.scale)
    if noise.kind == "gaussian":
        return a**2 * t
    if noise.kind == "uniform":
        return a / sympy.tanh(a * t) - 1 / t
    return a * sympy.tanh(a * t) if noise.kind == "rademacher" else sympy.S.Zero


def variance(noise: Noise) -> sympy.Expr:
    """K_e''(0) = Var e: tau^2, a^2/3 or a^2."""
    if noise.kind == "none":
        return sympy.S.Zero
    square = rational(noise.scale) ** 2
    return square / 3 if noise.kind == "uniform" else square


def noisy(form: ClosedForm, noise: Noise) -> ClosedForm:
    """The form of the noisy label: e^{K_e} h_k and e^{K_e} (alpha_k + K_e' h_k)."""
    if noise.kind == "none":
        return form
    growth, slope = sympy.exp(cumulant(noise)), cumulant_slope(noise)
    return ClosedForm(
        form.family,
        f"{form.derivation}; independent noise multiplies every h_k by e^(K_e)",
        form.t_max,
        lambda k: _times(growth, form.h(k)),
        lambda k: _times(growth, form.alpha(k) + slope * form.h(k)),
    )


def _times(growth: sympy.Expr, value: sympy.Expr) -> sympy.Expr:
    """The product, with the exponentials of each term joined into one."""
    if not isinstance(growth, sympy.exp):
        return growth * value
    terms = []
    for term in sympy.Add.make_args(value):
        factors = sympy.Mul.make_args(term)
        exponents = [f.exp for f in factors if isinstance(f, sympy.exp)]
        rest = [f for f in factors if not isinstance(f, sympy.exp)]
        terms.append(sympy.Mul(*rest, sympy.exp(sympy.Add(growth.exp, *exponents))))
    return sympy.Add(*terms)


def noisy_series(form: SeriesForm, noise: Noise) -> SeriesForm:
    """The same for a form given by series."""
    if noise.kind == "none":
        return form
    growth, slope = sympy.exp(cumulant(noise)), cumulant_slope(noise)

    def alpha(k: int) -> Expansion:
        found: Expansion = form.alpha(k) * growth + form.h(k) * (growth * slope)
        return found

    derivation = f"{form.derivation}; independent noise multiplies every h_k by e^(K_e)"
    return SeriesForm(form.family, derivation, lambda k: form.h(k) * growth, alpha)


def signal(form: ClosedForm, k: int, kind: Kind, noise: Noise) -> sympy.Expr:
    """The k-th coefficient of the signal T(y) as an expression in t.

    ``label`` y e^{ty}: h_k' of the noisy label. ``weight`` e^{ty}: h_k.
    ``centered`` (y - K_y') e^{ty}: M_y (h_k/M_y)' = e^{K_e} (alpha_k - h_k alpha_0/h_0), noiseless inside.
    """
    if kind == "label":
        return noisy(form, noise).alpha(k)
    if kind == "weight":
        return noisy(form, noise).h(k)
    return sympy.exp(cumulant(noise)) * (form.alpha(k) - form.h(k) * form.alpha(0) / form.h(0))
