"""Random texts, most of them no links: each is read or refused in one sentence, with bounded work.

``make test-slow`` reads 100,000 of them, by the seed that is printed; the fast tests a hundredth.
"""

import random
import time

import pytest
from tiltproof.link import LIBRARY, Link, LinkError, parse
from tiltproof.link.functions import CANONICAL

PIECES = [
    *CANONICAL.values(), "z", "z", "x", "t", "pi", "E", "oo", "where", "and", "or", "not", "+", "-", "*", "/",
    "**", "^", "(", ")", ",", "<", "<=", "==", "!=", "=", "0", "1", "2", "-1", "0.5", "1e6", "1e-6", "200",
    "1e999", "9" * 300, "He(200,", "clip(z,0,2)", "1/", "log(", "sqrt(", "tan(", " ", "\n", "\t", "\x00",
    "\x1b[31m", "\ud800", "\u2212", "\u03b2", "\u00b2", "__import__('os')", "lambda z: z", "'", '"', ";",
    "z" * 50,
]  # fmt: skip
#: Seconds of one processor; the slowest known text takes two.
LONGEST = 10


def texts(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    library = [entry.text for entry in LIBRARY.values()]
    found = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.6:
            text = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 14)))
        elif kind < 0.8:  # a true link with one piece exchanged, lost or doubled
            text = rng.choice(library)
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice(["", rng.choice(PIECES), text[at] * 2]) + text[at + 1 :]
        elif kind < 0.9:  # deep and long
            name = rng.choice([*CANONICAL.values(), "", "-"])
            depth = rng.choice([5, 60, 99, 101, 3000])
            text = f"{name}(" * depth + "z" + ")" * depth
        else:
            text = rng.choice(["+", "*", "-", "/", "**"]).join(
                rng.choice(library) for _ in range(rng.choice([2, 8, 200]))
            )
        found.append(text)
    return found


def read(text: str) -> tuple[Link | None, str]:
    """The link, or why it is none."""
    try:
        return parse(text), ""
    except LinkError as refusal:
        return None, str(refusal)


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 500), pytest.param(2, 100_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_any_text_is_read_or_refused_in_one_sentence(seed: int, count: int) -> None:
    for text in texts(seed, count):
        start = time.process_time()
        link, refusal = read(text)
        assert (parse(link.text) == link) if link is not None else refusal, repr(text)
        assert refusal.isprintable(), repr(text)
        assert time.process_time() - start < LONGEST, repr(text)
