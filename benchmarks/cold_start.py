"""Cold start: the processor time of one command in a new process, as a multiple of ``import sympy``.

The commands take turns, so that a busy machine slows all of them; medians. ``threshold`` needs SymPy, NumPy
and the oracle; ``exponents`` of most library links needs SymPy alone.
Run: python benchmarks/cold_start.py [--rounds N]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

#: Each command, and the multiple that it should keep.
COMMANDS = {
    'threshold "tanh(z) - 9/10"': (["threshold", "tanh(z) - 9/10"], 2.2),
    "exponents relu": (["exponents", "relu"], 1.3),
    "exponents tanh": (["exponents", "tanh"], 1.3),
    "exponents sign-cubic": (["exponents", "sign-cubic"], None),
    "exponents He5": (["exponents", "He5"], None),
    "coefficients tanh --k 1 --beta 1": (["coefficients", "tanh", "--k", "1", "--beta", "1"], None),
    "--help": (["--help"], None),
}
_ENTRY = (
    "import sys; sys.argv[0] = 'tiltproof'; from tiltproof.interface.cli.main import main; sys.exit(main())"
)


def processor_time(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    calls = {"import sympy": [sys.executable, "-c", "import sympy"]}
    calls |= {name: [sys.executable, "-c", _ENTRY, *words] for name, (words, _) in COMMANDS.items()}
    for call in calls.values():  # once unmeasured, so that all are compiled and read from the disk
        processor_time(call)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(processor_time(call))
    unit = statistics.median(times["import sympy"])
    print(f"{'command':<38}{'seconds':>9}{'multiple':>10}")
    for name, seconds in times.items():
        most = COMMANDS[name][1] if name in COMMANDS else None
        goal = "" if most is None else f"   goal <= {most}"
        middle = statistics.median(seconds)
        print(f"{name:<38}{middle:>9.2f}{middle / unit:>10.2f}{goal}")


if __name__ == "__main__":
    main()
