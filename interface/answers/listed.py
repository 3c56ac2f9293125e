"""What there is: the links and claims by name, a file of claims, a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...crosscheck.assertions.paper import load
from ...crosscheck.assertions.user_claim import UserClaim
from ...crosscheck.certificate.check import Checked
from ...crosscheck.certificate.check import check as recheck
from ...crosscheck.certificate.format import read
from ...crosscheck.claim import Claim
from ...crosscheck.claims import CLAIMS
from ...link import LIBRARY, Named


def links() -> Mapping[str, Named]:
    """The library of links by name.

    Returns
    -------
    Mapping
        Of a name such as ``tanh`` to its expression and what it is.

    Raises
    ------
    KeyError
        As any mapping, where another name is looked up.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.links()["tanh"].text
    'tanh(z)'
    """
    return LIBRARY


def claims() -> Mapping[str, Claim[Any]]:
    """The built-in claims by id.

    Returns
    -------
    Mapping
        Of an id such as ``T1`` to its statement, legs and falsified variants.

    Raises
    ------
    KeyError
        As any mapping, where another id is looked up.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.claims()["T1"].title
    'The temperature threshold'
    """
    return CLAIMS


def load_claims(path: str | Path) -> tuple[UserClaim, ...]:
    """The claims in a file of yours, for ``verify(lemmas=...)``.

    Parameters
    ----------
    path
        A claim file, .toml, or a paper, .tex, with claims in its comments.

    Returns
    -------
    tuple of UserClaim
        In the order of the file.

    Raises
    ------
    LinkError
        With file, line and key where it cannot be read.

    Examples
    --------
    >>> import tiltproof
    >>> [lemma.id for lemma in tiltproof.load_claims("docs/example.claims.toml")]
    ['lemma-2', 'lemma-3']
    """
    return load(Path(path))


def check(path: str | Path) -> Checked:
    """A certificate re-checked, without what wrote it.

    Parameters
    ----------
    path
        What ``tiltproof threshold LINK --certificate FILE`` wrote.

    Returns
    -------
    Checked
        Accepted, accepted under conditions, or the reason of its rejection.

    Raises
    ------
    LinkError
        Where the file is no certificate.

    Examples
    --------
    >>> import tiltproof
    >>> tiltproof.check("README.md")
    Traceback (most recent call last):
    tiltproof.link.text.LinkError: README.md: ...
    """
    return recheck(read(Path(path)))
