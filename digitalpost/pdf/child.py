"""The work that a child process does: opens somebody's file itself, under limits of its own.

A hostile page can hang or eat the process that reads it, so the limits are the kernel's: the child
is killed, the parent sees which page it was at and goes on without it (see pool.py).
"""

from __future__ import annotations

import gc
import resource
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from digitalpost.errors import Refused
from digitalpost.pdf.finish import finish_letters
from digitalpost.pdf.inspect import examine
from digitalpost.pdf.marker import Marker
from digitalpost.pdf.ocr import with_ocr
from digitalpost.pdf.orders import LetterOrder, apart
from digitalpost.pdf.read import read_source
from digitalpost.pdf.render import draw
from digitalpost.pdf.source import PDF_ERRORS, Source
from digitalpost.pdf.tesseract import Tesseract

_TOLD_TOGETHER, _TOLD_AFTER = 20, 0.3  # pages, seconds


@dataclass(frozen=True)
class Limits:
    """What one child may use. Times in CPU seconds for one page or letter, memory in bytes."""

    cpu_seconds: int = 20
    memory: int = 3 << 30


class Task(Protocol):
    """A piece of work: it names its items and can be cut down to some of them."""

    @property
    def keys(self) -> tuple[int, ...]:
        """The items in the order in which they are done."""

    def only(self, keys: tuple[int, ...]) -> Task:
        """The same work on fewer items."""

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        """Do it: call ``at(key)`` before working on an item and yield each with its result."""


@dataclass(frozen=True)
class InspectTask:
    """Look a file over before anything is done with it."""

    path: Path
    max_pages: int
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> InspectTask:
        return InspectTask(self.path, self.max_pages, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        at(0)
        yield 0, examine(self.path, max_pages=self.max_pages)


@dataclass(frozen=True)
class ReadTask:
    """Read some pages; keys are page numbers. With ``ocr`` also those that are pictures."""

    path: Path
    keys: tuple[int, ...]
    marker: Marker | None = None
    ocr: Tesseract | None = None

    def only(self, keys: tuple[int, ...]) -> ReadTask:
        return ReadTask(self.path, keys, self.marker, self.ocr)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        with Source(self.path) as source:
            readings = read_source(source, _announced(self.keys, at), self.marker)
            for reading in with_ocr(source, readings, self.ocr, self.marker):
                yield reading.page, reading


@dataclass(frozen=True)
class FinishTask:
    """Make some letters; keys are the orders' indexes."""

    path: Path
    orders: tuple[LetterOrder, ...]
    sink: Callable[[bytes], Any]

    @property
    def keys(self) -> tuple[int, ...]:
        return tuple(order.index for order in self.orders)

    def only(self, keys: tuple[int, ...]) -> FinishTask:
        wanted = set(keys)
        orders = tuple(order for order in self.orders if order.index in wanted)
        return FinishTask(self.path, orders, self.sink)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        for batch in apart(self.orders):
            with Source(self.path) as source:
                for letter in finish_letters(source, batch, self.sink, at=at):
                    yield letter.index, letter


@dataclass(frozen=True)
class DrawTask:
    """Draw some pages of a source as pictures; keys are page numbers."""

    path: Path
    keys: tuple[int, ...]
    width: int

    def only(self, keys: tuple[int, ...]) -> DrawTask:
        return DrawTask(self.path, keys, self.width)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        with Source(self.path) as source:
            for page in self.keys:
                at(page)
                try:
                    picture = draw(source.load(page), width=self.width, colour=True)
                except PDF_ERRORS:
                    picture = b""
                yield page, picture


def _announced(keys: tuple[int, ...], at: Callable[[int], None]) -> Iterator[int]:
    for key in keys:
        at(key)
        yield key


def serve(connection: Any, progress: Any, limits: Limits) -> None:
    """A child's whole life: take tasks from the parent until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's letters
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    gc.freeze()  # what was loaded before the first task stays: nothing to look through again

    def at(key: int) -> None:
        progress.value = key
        allow_cpu(limits.cpu_seconds)

    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        try:
            allow_cpu(limits.cpu_seconds)
            _work(connection, task, at)
        except (BrokenPipeError, ConnectionResetError):
            return  # the parent is gone, and nobody waits for the rest


def _work(connection: Any, task: Task, at: Callable[[int], None]) -> None:
    try:
        done, told = [], monotonic()
        for item in task.run(at):
            done.append(item)
            # Pages are many and small, and can be read anew: told of in heaps, for the parent's
            # sake. A finished letter is stored already, so it is told of at once.
            late = len(done) >= _TOLD_TOGETHER or monotonic() - told > _TOLD_AFTER
            if late or not isinstance(task, ReadTask):
                connection.send(("items", done, None))
                done, told = [], monotonic()
        connection.send(("items", done, None))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Refused as refusal:
        connection.send(("refused", type(refusal), refusal.sentences))
    except MemoryError:
        connection.send(("died", None, None))
    except Exception as error:
        _send_error(connection, error)
    else:
        connection.send(("done", None, None))


def _send_error(connection: Any, error: Exception) -> None:
    try:
        connection.send(("error", None, error))
    except (TypeError, AttributeError, ValueError):
        connection.send(("error", None, RuntimeError(type(error).__name__)))


def allow_cpu(seconds: int) -> None:
    """Give this process some CPU seconds from now; the kernel ends it when they are used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
