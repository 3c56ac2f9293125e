"""Commands in an interpreter of its own, in another environment: what they answer, but for the time taken."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

#: Runs the questions of its argument one after the other.
ASK = """
import json, runpy, sys
for question in json.loads(sys.argv[1]):
    sys.argv = ["tiltproof", *question, "--json"]
    try:
        runpy.run_module("tiltproof", run_name="__main__")
    except SystemExit as ended:
        print("\\f", end="")
"""


def printed(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def answers(questions: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> dict[str, str]:
    """By question, what one process answers to all of them."""
    texts = printed(["-c", ASK, json.dumps(list(questions.values()))], environment).split("\f")[:-1]
    found = {question: json.loads(text) for question, text in zip(questions, texts, strict=True)}
    return {question: json.dumps(_untimed(answer), indent=1) for question, answer in found.items()}


def _untimed(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _untimed(value) for key, value in answer.items() if key != "seconds"}
    return [_untimed(value) for value in answer] if isinstance(answer, list) else answer
