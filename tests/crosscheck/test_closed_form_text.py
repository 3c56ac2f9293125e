"""Closed forms as text: read back by this tool's own parser to the same value, or None."""

from fractions import Fraction

import pytest
from tiltproof.interface.answers.coefficients import coefficients
from tiltproof.link.parse import parse_expression
from tiltproof.numerics.lowering.pointwise import compile_mpmath


@pytest.mark.parametrize(
    ("link", "beta"),
    [
        ("relu(z)", "2"),
        ("clip(z, -1, 1)", "1/3"),
        ("clip(z**2, 0, 4)", "2"),
        ("max(z**2, 1)", "5"),
        ("z - 3", "2"),
    ],
)
def test_the_text_reads_back_to_a_number_inside_the_enclosure(link: str, beta: str) -> None:
    for found in coefficients(link, range(3), beta, digits=12).coefficients:
        for answer in (found.h.as_json(), found.alpha.as_json()):
            value = compile_mpmath(parse_expression(answer["closed_form"], variables=()))(0)
            low, high = (float(Fraction(answer[end])) for end in ("lower", "upper"))
            assert low - 1e-9 * abs(low) <= float(value) <= high + 1e-9 * abs(high)


def test_what_the_link_language_cannot_say_has_no_text() -> None:
    (found,) = coefficients("clip(z**2, 0, 4)", 2, "1", digits=12).coefficients
    assert str(found.h.closed_form).count("erfi") == 1
    assert found.h.as_json()["closed_form"] is None
    assert found.h.lower.startswith("16.03621009777")
