"""Reading pages as pictures, and looking at finished letters as a person would."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pymupdf

from digitalpost.pdf.child import ReadTask
from digitalpost.pdf.finish import FinishedLetter, finish_letters
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.owners import Plan
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.source import Source
from digitalpost.pdf.splits import split_letters
from digitalpost.pdf.tesseract import Tesseract, find_tesseract
from tests.inputs.engines import find_number
from tests.pdf.engines import assert_gone

READER = find_tesseract("auto")


def read(path: Path, reader: Tesseract | None = READER) -> list[PageReading]:
    with pymupdf.open(path) as document:
        pages = tuple(range(1, document.page_count + 1))
    return [reading for _, reading in ReadTask(path, pages, ocr=reader).run(lambda page: None)]


def finish(path: Path, **how: bool) -> tuple[list[PageReading], Plan, list[FinishedLetter[bytes]]]:
    readings = read(path)
    plan = split_letters(readings)
    orders = letter_orders(plan, readings, title="Indkaldelse", **how)
    with Source(path) as source:
        return readings, plan, list(finish_letters(source, orders, bytes))


def seen_in(data: bytes) -> str:
    """All words that can be seen in a file, wherever on the page they are scattered."""
    words = []
    with pymupdf.open(stream=data, filetype="pdf") as document:
        for page in document:
            picture = page.get_pixmap(dpi=250, colorspace=pymupdf.csGRAY).tobytes("pnm")
            command = ["tesseract", "-", "-", "-l", "dan", "--psm", "12", "--dpi", "250"]
            environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
            done = subprocess.run(
                command, input=picture, capture_output=True, check=True, env=environment
            )
            words.append(done.stdout.decode())
    return "\n".join(words)


def assert_unseen(data: bytes, *numbers: str) -> str:
    """No program reads the numbers or a half of one, with its eyes or without; what is seen."""
    words = seen_in(data)
    seen = words.translate(str.maketrans("OoIlSB", "001158"))
    for number in numbers:
        assert_gone(data, number)
        assert not find_number(number, seen)
        assert not find_number(number[:6], seen) and not find_number(number[6:], seen)
    return words
