"""What a command answers: lines for a person, or one JSON object for a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from digitalpost.errors import Refused, Sentence

DONE, REFUSED, BROKEN = 0, 1, 2


@dataclass(frozen=True)
class Answer:
    """The outcome of one command. ``code`` is the process's exit code."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()
    code: int = DONE


def show(answer: Answer, *, as_json: bool) -> int:
    """Write the answer to standard output and return its exit code."""
    if as_json:
        print(json.dumps(answer.data, ensure_ascii=False, indent=2, default=str))
    else:
        for line in answer.lines:
            print(line)
    sys.stdout.flush()
    return answer.code


def show_refusal(refused: Refused, *, as_json: bool) -> int:
    """Say every reason of a refusal: on standard error, or as JSON on standard output."""
    if as_json:
        errors = [error_data(sentence) for sentence in refused.sentences]
        print(json.dumps({"errors": errors}, ensure_ascii=False, indent=2))
    else:
        for sentence in refused.sentences:
            print(error_line(sentence), file=sys.stderr)
    return REFUSED


def error_data(sentence: Sentence) -> dict[str, Any]:
    """One reason as the scripts read it."""
    return {"file": sentence.file, "page": sentence.page, "message": str(sentence)}


def error_line(sentence: Sentence) -> str:
    """One reason with its place in front, where the place is known."""
    page = f"side {sentence.page}" if sentence.page else ""
    place = ", ".join(part for part in (sentence.file or "", page) if part)
    return f"{place}: {sentence}" if place else str(sentence)
