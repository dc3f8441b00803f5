"""Reading a picture of a page with Tesseract, Debian's program for text recognition, in Danish.

The picture goes in and the words come out through pipes: nothing of a letter is written to disk,
and the program ends with the child that started it. pytesseract does neither, so it is not used.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from digitalpost.processes import die_with_parent

DPI = 300  # what Tesseract's Danish model was made for
_LANGUAGE = "dan"
_CPU_SECONDS = 60  # a full page takes two to three
_WALL_SECONDS = 180
_WORD = "5"  # the level of words in its table; pages, blocks and lines have lower ones


@dataclass(frozen=True)
class SeenWord:
    """A word in a picture: its box in pixels, and how sure Tesseract is (0 to 100)."""

    text: str
    box: tuple[int, int, int, int]
    confidence: float
    line: tuple[str, str, str]

    def __repr__(self) -> str:
        return f"SeenWord(confidence={self.confidence:.0f})"


@dataclass(frozen=True)
class Tesseract:
    """The program, by its path."""

    program: str

    @property
    def is_ready(self) -> bool:
        """Whether it runs and knows Danish."""
        return _LANGUAGE in _languages(self.program)

    def read(self, picture: Any) -> list[SeenWord]:
        """The words of a gray pixmap, in reading order; turned pages are read as well.

        Empty when it finds none, takes too long, or breaks on the picture.
        """
        command = [self.program, "stdin", "stdout", "-l", _LANGUAGE]
        try:
            done = subprocess.run(
                # Page segmentation 1 finds out first which way is up; 10 % slower than the usual 3.
                [*command, "--psm", "1", "--dpi", str(DPI), "tsv"],
                input=picture.tobytes("pnm"),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # may name what it read
                timeout=_WALL_SECONDS,
                env=_environment(),
                preexec_fn=partial(_limit, os.getpid()),
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return []
        if done.returncode != 0:
            return []
        try:
            return _words(done.stdout.decode("utf-8", "replace"))
        except (KeyError, ValueError, TypeError, csv.Error):
            return []  # not the table that it promised


def find_tesseract(setting: str) -> Tesseract | None:
    """The program on PATH; None when it is not there or ``setting`` is "off"."""
    program = shutil.which("tesseract") if setting != "off" else None
    return Tesseract(program) if program else None


@lru_cache(maxsize=4)
def _languages(program: str) -> frozenset[str]:
    try:
        done = subprocess.run(
            [program, "--list-langs"], capture_output=True, timeout=20, env=_environment()
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(done.stdout.decode("utf-8", "replace").split())


def _environment() -> dict[str, str]:
    # Its own threads slow each other down, and the pages share the cores already.
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    return {**kept, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}


def _limit(parent: int) -> None:
    die_with_parent(parent)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, hard))


def _words(table: str) -> list[SeenWord]:
    words = []
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] != _WORD or not (row["text"] or "").strip():
            continue
        left, top, wide, high = (int(row[key]) for key in ("left", "top", "width", "height"))
        words.append(
            SeenWord(
                row["text"].strip(),
                (left, top, left + wide, top + high),
                float(row["conf"]),
                (row["block_num"], row["par_num"], row["line_num"]),
            )
        )
    return words
