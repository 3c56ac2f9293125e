"""Work is counted, not timed: a search gives up at the same place on every machine."""

from contextlib import suppress
from fractions import Fraction

import pytest
from tiltproof.link import parse
from tiltproof.link.tree import Node
from tiltproof.numerics import work
from tiltproof.numerics.expectation import gauss
from tiltproof.numerics.expectation.gauss import Grid
from tiltproof.numerics.expectation.oracle import Oracle, Unresolved, oracle
from tiltproof.numerics.expectation.preference import by_frequencies
from tiltproof.numerics.threshold import level_sets as level_set_rooms
from tiltproof.numerics.threshold import signal_ceiling
from tiltproof.numerics.work import Exhausted, Memory, Overspent, allowance, question, remembered, spend

TREE = parse("tanh(3*z) + z/7").tree


def cost(digits: int = 20) -> float:
    with allowance(1e9) as account:
        oracle(TREE).tilted_moments((1,), (1,), Fraction(1), digits)
    return 1e9 - account.left


def test_the_count_does_not_depend_on_what_is_remembered() -> None:
    oracle.cache_clear()
    cold = cost()
    assert cold == cost() > 100


def test_grids_of_one_link_share_their_panels_and_each_of_them_pays() -> None:
    tree = parse("abs(z)**3 + z/11").tree
    costs, bounded = [], []
    for _ in range(2):
        before = gauss._on_ellipse.cache_info().misses
        with allowance(1e9) as account:
            Oracle(tree).tilted_moments((1,), (1,), Fraction(0), 20)
        costs.append(account.spent)
        bounded.append(gauss._on_ellipse.cache_info().misses - before)
    assert costs[0] == costs[1] > 0
    assert bounded[0] > 0 == bounded[1]


def test_a_preference_costs_a_question_the_same_again() -> None:
    tree = parse("sin(3*z)").tree
    by_frequencies.cache_clear()
    costs = []
    for _ in range(2):
        before = work._METER.taken
        by_frequencies(tree, Fraction(1, 4), (1,), 4)
        costs.append(work._METER.taken - before)
    assert costs[0] == costs[1] > 0


def test_a_search_that_uses_up_its_allowance_says_so() -> None:
    with allowance(10) as account, pytest.raises(Exhausted, match="used up"):
        oracle(TREE).tilted_moments((1,), (1,), Fraction(1), 20)
    assert account.exhausted
    assert issubclass(Exhausted, Unresolved)


def test_a_root_costs_more_than_a_power() -> None:
    assert work.size(parse("abs(z)**(1/3)").tree) > 2 * work.size(parse("abs(z)**3").tree)


def test_what_is_shared_is_paid_once() -> None:
    owner = object()
    with allowance(10) as account:
        spend(6, owner, "part")
        spend(6, owner, "part")
        assert account.left == 4
        with pytest.raises(Exhausted):
            spend(6, owner, "another part")


def test_a_search_inside_pays_for_itself() -> None:
    with allowance(10) as outer:
        with allowance(100):
            spend(50)
        assert outer.left == 10


def test_without_an_allowance_nothing_is_counted() -> None:
    spend(1e30)


def test_a_remembered_answer_costs_what_it_cost_at_first() -> None:
    memory, owner = Memory[int](2), object()

    def computed() -> int:
        spend(3)
        spend(5, owner, "part")
        return 7

    costs = []
    for _ in range(2):
        with allowance(100) as account:
            assert memory.recall("key", computed) == 7
            costs.append(account.spent)
            # The part is paid already, as it would be for a second computation.
            assert memory.recall("key", computed) == 7
            costs.append(account.spent)
    assert costs == [8, 11, 8, 11]


def test_what_is_remembered_inside_another_answer_is_on_its_bill_too() -> None:
    inner, outer = Memory[None](2), Memory[None](2)
    inner.recall("key", lambda: spend(3))
    for _ in range(2):
        with allowance(10) as account:
            outer.recall("key", lambda: inner.recall("key", lambda: spend(3)))
            assert account.spent == 3


def test_an_answer_that_was_not_paid_is_not_kept() -> None:
    memory = Memory[None](2)
    for _ in range(2):
        with allowance(10), pytest.raises(Exhausted):
            memory.recall("key", lambda: spend(11))


def test_a_kink_that_is_not_isolated_is_sought_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sought = []
    cut = Grid.of

    def counted(tree: Node, radius: int, level: int, *, half: bool) -> Grid:
        sought.append((radius, level))
        return cut(tree, radius, level, half=half)

    monkeypatch.setattr(Grid, "of", counted)
    touching = Oracle(parse("abs(cos(z) - 1)").tree)
    for _ in range(2):
        with pytest.raises(Unresolved, match="a kink near"):
            touching.tilted_moments((2,), (1,), 1, 5)
    assert len(sought) == 1


#: Flat far out, where a double tells no preimage from the next.
FLAT = parse("He(6, exp(-((z - 3)/(1 + z**2))**4))").tree


def test_bisections_for_level_sets_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    level_set_rooms.level_sets.cache_clear()
    monkeypatch.setattr(level_set_rooms, "_WORK", 0)
    with pytest.raises(Exhausted):
        level_set_rooms.level_sets(FLAT, 4)


def test_few_edges_answer_where_many_take_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def limited(tree: Node, per_unit: int, *, closer: bool = False) -> level_set_rooms.LevelSets:
        tried.append(closer)
        if closer:
            raise Exhausted
        return level_set_rooms.level_sets(tree, 4)

    monkeypatch.setattr(signal_ceiling, "level_sets", limited)
    signal_ceiling.best_signal.cache_clear()
    coarse = signal_ceiling.best_signal(parse("z**2 + z").tree, 1)
    signal_ceiling.best_signal.cache_clear()
    assert tried[-1]
    monkeypatch.undo()
    assert coarse.overlaps(signal_ceiling.best_signal(parse("z**2 + z").tree, 1))


def test_the_searches_of_a_question_share_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_QUESTION", 10)
    with question():
        with allowance(8):
            spend(7)
        with allowance(8), question(), pytest.raises(Exhausted):
            spend(4)
        with allowance(8, kept=True):
            spend(7)
    with allowance(8):
        spend(7)


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_remembered_search_costs_a_question_the_same(
    asked_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_QUESTION", 10)

    @remembered(4)
    def search(units: float) -> str:
        with allowance(100), suppress(Exhausted):
            spend(units)
            return "found"
        return "open"

    if asked_before:
        assert search(6) == "found"
    with question():
        assert [search(6), search(6), search(5), search(4)] == ["found", "found", "open", "open"]
    assert search(6) == "found"


@pytest.mark.parametrize("asked_before", ["nothing", "inner", "outer"])
def test_what_is_remembered_inside_another_search_is_paid_once(
    asked_before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_QUESTION", 20)

    @remembered(4)
    def inner(name: str) -> None:
        with allowance(100):
            spend(5)

    @remembered(4)
    def outer(name: str) -> None:
        inner(name)
        inner(name)
        with allowance(100):
            spend(2)

    {"nothing": print, "inner": inner, "outer": outer}[asked_before]("a")
    before = work._METER.taken
    with question():
        outer("a")
        inner("a")
        assert work._METER.taken - before == 7
        outer("b")
    assert work._METER.taken - before == 14


def test_a_strict_question_ends_every_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_QUESTION", 10)
    with question(strict=True), allowance(100), suppress(Exhausted):
        spend(9)
        with pytest.raises(Overspent), question(), allowance(100), suppress(Exhausted):
            spend(2)
    with question(), allowance(100), pytest.raises(Exhausted):
        spend(11)
