"""The blueprint page: the graph of what rests on what, and below it every claim with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....crosscheck.claims import SENTENCES
from ...answers.listed import Blueprint, Node
from ..view import in_words, kind
from .pages import page

#: Sizes in units of the drawing.
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 116, 36, 194, 46, 6
#: On the left, where a user's claim points to another.
_BEND = 22


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the drawing: its upper left corner, and the ids of the boxes that it points to."""

    id: str
    x: int
    y: int
    label: str
    word: str
    kind: str
    to: tuple[str, ...]


def render(answer: Blueprint) -> str:
    boxes = place(answer)
    at = {box.id: box for box in boxes}
    return page(
        "blueprint.html",
        answer=answer,
        sentences=SENTENCES,
        boxes=boxes,
        curves=[_curve(box, at[name]) for box in boxes for name in box.to],
        size=(max(box.x for box in boxes) + _WIDTH + _EDGE, max(box.y for box in boxes) + _HEIGHT + _EDGE),
        box=(_WIDTH, _HEIGHT),
    )


def place(answer: Blueprint) -> list[Box]:
    """Sentences and a user's claims on the left; each claim one column right of the last that rests on it.

    A sentence points to its claims on which none of its other claims rests.
    """
    nodes = {node.id: node for node in answer.nodes}
    column = {node.id: _column(node, answer) for node in answer.nodes}
    heads = {
        name: tuple(
            node.id for node in answer.nodes
            if name in node.sentences and not any(name in other.sentences for other in answer.below(node))
        )
        for name in SENTENCES
    }  # fmt: skip
    columns: list[list[str]] = [[node.id for node in answer.nodes if not node.sentences] + list(SENTENCES)]
    columns += [[] for _ in range(max(column.values()))]
    for node in answer.nodes:
        if node.sentences:
            columns[column[node.id]].append(node.id)
    to = {**heads, **{node.id: tuple(name for name in node.uses if name in nodes) for node in answer.nodes}}
    row = {name: float(place) for place, name in enumerate(columns[0])}
    for later in columns[1:]:
        later.sort(key=lambda name: _mean([row[other] for other in to if name in to[other] and other in row]))
        row |= {name: float(place) for place, name in enumerate(later)}
    tallest = max(map(len, columns))
    return [
        Box(
            name, _BEND + _ACROSS * x, _EDGE + int(_DOWN * (y + (tallest - len(names)) / 2)), _short(name),
            "" if name not in nodes else word(nodes[name]), colour(nodes.get(name)), to[name],
        )
        for x, names in enumerate(columns)
        for y, name in enumerate(names)
    ]  # fmt: skip


def _column(node: Node, answer: Blueprint) -> int:
    """Longest way from the left; nothing rests on itself, so this ends."""
    if not node.sentences:
        return 0
    return 1 + max((_column(other, answer) for other in answer.below(node)), default=0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1e9


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}\u2026"


def word(node: Node) -> str:
    return "not run" if node.verdict is None else in_words(node.verdict)


def colour(node: Node | None) -> str:
    return "sentence" if node is None else "not-applicable" if node.verdict is None else kind(node.verdict)


def _curve(box: Box, other: Box) -> str:
    """From the right side of a box to the left side of the one that it points to."""
    x, y, u, v = box.x + _WIDTH, box.y + _HEIGHT // 2, other.x, other.y + _HEIGHT // 2
    if box.x == other.x:  # a user's claim below another
        x, u = box.x, other.x
        return f"M{x} {y}C{x - _BEND} {y} {u - _BEND} {v} {u} {v}"
    half = (u - x) // 2
    return f"M{x} {y}C{x + half} {y} {u - half} {v} {u} {v}"
