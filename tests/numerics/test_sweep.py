"""Sweeps give the same numbers for any worker count, resume from a store, and survive being killed."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tiltproof.link import LinkError, Target, parse
from tiltproof.numerics.recovery.store import Store
from tiltproof.numerics.recovery.sweep import Neurons, Point, Task, Threads, Work, sweep
from tiltproof.numerics.recovery.training import Training


def point(d: int = 30, **changes: object) -> Point:
    made = Training(Target(parse("tanh(z)"), Fraction(1, 2)), parse("z + He(3, z)/6").tree, 0.01)
    return Point(made, d, 2000, block=8, **changes)  # type: ignore[arg-type]


def test_the_numbers_do_not_depend_on_the_workers() -> None:
    one = sweep([point(), point(50)], [20, 12], executor=Threads(1))
    two = sweep([point(), point(50)], [20, 12], executor=Threads(3))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.steps, b.steps)
        assert np.array_equal(a.starts, b.starts)


def test_more_neurons_begin_with_those_of_before(tmp_path: Path) -> None:
    with Store(tmp_path / "runs.db") as store:
        few = sweep([point()], [16], store=store)[0]
        blocks = len(store)
        many = sweep([point()], [32], store=store)[0]
        assert len(store) == 2 * blocks
    assert np.array_equal(few.steps, many.steps[:16])


def test_a_neuron_goes_on_from_where_it_passed_and_one_that_never_passed_does_not() -> None:
    found = sweep([replace(point(stop_at=0.5, until=0.6, further=40), horizon=100)], [64])[0]
    assert found.reached is not None
    passed = found.steps >= 0
    onward = found.reached[passed]
    assert (found.reached[~passed] == -1).all()
    assert (~passed).any()
    assert ((onward == -1) | ((onward > found.steps[passed]) & (onward <= found.steps[passed] + 40))).all()
    assert (onward == -1).any()
    assert (onward > 0).any()


def test_the_cost_of_a_block_is_its_steps_of_samples() -> None:
    longer = point(until=0.6, further=40)
    longer = replace(longer, training=replace(longer.training, batch=2, passes=3))
    assert Task(longer, 0, 8).cost == 8 * 2040 * 6
    assert Task(replace(longer, direct=True), 0, 8).cost == 8 * 2040 * 6 * 30


def test_a_point_is_one_neuron_in_the_coordinates_of_the_chain_unless_told() -> None:
    plain, chain, direct = sweep([point(), point(direct=False), point(direct=True)], [16] * 3)
    assert np.array_equal(plain.steps, chain.steps)
    assert not np.array_equal(plain.steps, direct.steps)
    assert plain.reached is None


def test_a_finished_block_is_not_computed_again(tmp_path: Path) -> None:
    with Store(tmp_path / "runs.db") as store:
        first = sweep([point()], [24], store=store)[0]
    told: list[float] = []
    with Store(tmp_path / "runs.db") as store:
        again = sweep([point()], [24], store=store, progress=told.append)[0]
    assert told == []
    assert np.array_equal(first.steps, again.steps)


_ENDLESS = """
import sys
from fractions import Fraction
from pathlib import Path
from tiltproof.link import Target, parse
from tiltproof.numerics.recovery.store import Store
from tiltproof.numerics.recovery.sweep import Point, sweep
from tiltproof.numerics.recovery.training import Training
training = Training(Target(parse("tanh(z)"), Fraction(1, 2)), parse("z").tree, 1e-9)
point = Point(training, 1000, 40_000, block=2)
with Store(Path(sys.argv[1])) as store:
    sweep([point], [int(sys.argv[2])], store=store)
"""


def test_a_killed_sweep_leaves_a_store_that_can_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    running = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(path), "4000"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if path.exists():
            with Store(path) as store:
                if len(store) >= 3:
                    break
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    with Store(path) as store:
        kept = len(store)
        assert kept >= 3
        assert store.get("no such block", 0, 1) is None
    subprocess.run([sys.executable, "-c", _ENDLESS, str(path), str(2 * kept + 4)], check=True)
    with Store(path) as store:
        assert kept + 1 <= len(store) <= kept + 4


def test_an_interrupt_ends_blocks_that_would_take_hours(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    # Where tests run in the background an interrupt is ignored, and a child inherits that.
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    endless = heard + _ENDLESS.replace("40_000", "10**11")
    running = subprocess.Popen([sys.executable, "-c", endless, str(path), "4"], stderr=subprocess.PIPE)
    try:
        while not path.exists():
            time.sleep(0.1)
        time.sleep(2)
        running.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in running.communicate(timeout=60)[1]
    finally:
        running.kill()


def test_progress_is_told_within_a_block() -> None:
    training = Training(Target(parse("tanh(z)"), Fraction(1, 2)), parse("z").tree, 1e-9)
    long = Point(training, 1000, 10**7, block=2)
    told: list[float] = []
    sweep([long], [2], progress=told.append)
    assert told == sorted(told)
    assert any(0 < share < 1 for share in told)
    assert told[-1] == 1


def trained(size: int) -> Neurons:
    ones = np.ones(size)
    return Neurons(ones, ones, ones.astype(np.int64), np.ones((size, 0)))


class Instant:
    """Has any block done as soon as it hears of it."""

    def run(
        self, work: Work, tasks: Iterable[Task], under_way: Callable[[float], None]
    ) -> Generator[tuple[Task, Neurons], None, None]:
        yield from ((task, trained(task.size)) for task in tasks)


class Elsewhere(Store):
    """Keeps nothing in this process: blocks are found once all are written."""

    written = 0

    def put(self, *block: object) -> None:
        self.written += 1

    def get(self, key: str, block: int, size: int) -> dict[str, np.ndarray] | None:
        fields = asdict(trained(size)).items()
        return {name: each for name, each in fields if each is not None} if self.written >= BLOCKS else None


BLOCKS = 1600


def test_memory_grows_with_the_answer_alone() -> None:
    first, second = (replace(point(seed=seed), block=1) for seed in (1, 2))
    sweep([first], [BLOCKS], store=Elsewhere(), executor=Instant())
    tracemalloc.start()
    try:
        sweep([second], [BLOCKS], store=Elsewhere(), executor=Instant())
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The answer, and less than a list of the blocks would take.
    assert used < 24 * BLOCKS + 60_000


def test_a_point_asked_for_twice_is_computed_once() -> None:
    with Store() as store:
        few, many = sweep([point(), point()], [12, 24], store=store)
        assert len(store) == 4
    assert np.array_equal(few.steps[:8], many.steps[:8])


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, only some words that a user wrote down" * 40)
    with pytest.raises(LinkError, match="cannot serve as the store"):
        Store(path)
