"""The exponents of a link under noise or another label, and how much of He_k the label carries."""

from __future__ import annotations

from dataclasses import dataclass

from ...crosscheck.arguments import as_digits, as_label, as_noise
from ...crosscheck.link_facts.exponents import Exponent, lambda_squared, weak_recovery
from ...crosscheck.link_facts.exponents import exponents as of_label
from ...crosscheck.number import Number
from ...crosscheck.record import Record, Shown
from ...link import Label, Link, Noise, as_link
from ...numerics.work import question


@dataclass(frozen=True, slots=True, repr=False)
class LinkExponents(Shown, Record):
    """Information exponent, generative exponent and the witness power i0 = min{i : E[y^i He_k*] != 0}.

    lambda_squared: E zeta_k*^2/k*! in [0, 1], what the best transformation of y carries of He_k*; None
    where k* is not known. weak_recovery_constant: 1/(2 lambda_2^2) samples per dimension, where k* = 2.
    """

    link: Link
    noise: Noise
    label: Label
    information_exponent: Exponent
    generative_exponent: Exponent
    witness_power: int | None
    lambda_squared: Number | None
    weak_recovery_constant: Number | None


def exponents(
    link: Link | str, noise: Noise | str | None = None, label: Label | str | None = None, digits: int = 30
) -> LinkExponents:
    """The information and the generative exponent of a link, with their reasons.

    Parameters
    ----------
    link
        The link s: a Link, its text, or an expression of SymPy in z.
    noise
        A law such as ``"gaussian(1)"``, which moves neither exponent; None for none.
    label
        How y is drawn, such as ``"poisson"``, without noise; None for y = s(z) + noise.
    digits
        Significant digits of every enclosure, from 2 to 300.

    Returns
    -------
    LinkExponents
        Both exponents, the witness power i0, and lambda^2 at the generative exponent.

    Raises
    ------
    LinkError
        On what is no link, noise law or label, or goes with no such label.

    Examples
    --------
    >>> import tiltproof
    >>> found = tiltproof.exponents("z**2")
    >>> found.generative_exponent.value, str(found.generative_exponent.status)
    (2, 'PROVED')

    Source
    ------
    Claims G1 and G2.
    """
    link, law, draw = as_link(link), as_noise(noise), as_label(label, as_noise(noise))
    enough = as_digits(digits)
    with question(enough):
        found = of_label(link, draw)
        star, carried, constant = found.generative_exponent.value, None, None
        if star is not None:
            carried = lambda_squared(link, star, law, draw, found.witness_power, enough)
            constant = weak_recovery(carried, enough) if star == 2 else None
    return LinkExponents(
        link, law, draw, found.information_exponent, found.generative_exponent, found.witness_power,
        carried, constant,
    )  # fmt: skip
