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
    """The library of links by name, such as ``tanh``, each with its expression and what it is.

    Raises KeyError, as any mapping, where another name is looked up.
    """
    return LIBRARY


def claims() -> Mapping[str, Claim[Any]]:
    """The built-in claims by id, such as ``T1``, each with its statement, legs and variants.

    Raises KeyError, as any mapping, where another id is looked up.
    """
    return CLAIMS


def load_claims(path: str | Path) -> tuple[UserClaim, ...]:
    """The claims in the file at ``path``, .toml or .tex, for ``verify(lemmas=...)``.

    Raises LinkError with file, line and key where it cannot be read.
    """
    return load(Path(path))


def check(path: str | Path) -> Checked:
    """The certificate at ``path`` re-checked: accepted, accepted if, or the reason of its rejection.

    Raises LinkError where the file is no certificate.
    """
    return recheck(read(Path(path)))
