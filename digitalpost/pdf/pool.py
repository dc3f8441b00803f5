"""Child processes for PDF work: fast on many cores, and safe against files that mean harm.

MuPDF uses no threads, so work is shared between processes that each open the file. A child that
hangs or dies costs the page it was at, never the mailing (notes/pdf.md sections 5 and 6).
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from digitalpost.errors import Sentence
from digitalpost.pdf.child import DrawTask, FinishTask, InspectTask, Limits, ReadTask, Task, serve
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.pdf.inspect import PdfFacts, refuse_slow
from digitalpost.pdf.marker import Marker
from digitalpost.pdf.orders import LetterOrder
from digitalpost.pdf.read import PageProblem, PageReading
from digitalpost.pdf.shares import LETTERS_PER_TASK, PAGES_PER_TASK, parts, share
from digitalpost.pdf.tesseract import Tesseract

T = TypeVar("T")
Progress = Callable[[int, int], None]

# A file with more pages than this that kill their reader is an attack or a wreck: give up.
_MAX_DEATHS = 4
# The kernel counts CPU seconds; this wall clock only catches a child that waits for ever.
_WALL_FACTOR = 30


@dataclass(slots=True)
class _Child:
    process: Any
    connection: Connection
    progress: Any
    task: Task | None = None
    left: dict[int, None] = field(default_factory=dict)  # items in their order
    heard: float = 0.0


class Workers:
    """A few child processes, started when first needed and kept until `close`.

    Not for several threads at once: one `Workers` for each job. Use as a context manager.
    """

    def __init__(self, processes: int = 2, *, limits: Limits | None = None) -> None:
        self.processes = max(1, processes)
        self.limits = limits or Limits()
        self._idle: list[_Child] = []
        self._starting: threading.Thread | None = None
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", "digitalpost.pdf.child"])

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start_early(self) -> None:
        """Start the first child beside what the caller does until it is needed."""
        self._starting = threading.Thread(
            target=lambda: self._idle.append(self._start()), name="pdf-start"
        )
        self._starting.start()

    def _await_start(self) -> None:
        if self._starting is not None:
            self._starting.join()
            self._starting = None

    def close(self) -> None:
        """End the children. Safe to call twice."""
        self._await_start()
        while self._idle:
            _end(self._idle.pop())

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Any]]:
        """Each item's key and result, as they come; None for an item that killed its child.

        Raises `Refused` from a task, the exception of a sink, and `Refused` when too many
        items kill. Stops the children's work when the caller stops listening.
        """
        waiting = deque(tasks)
        busy: list[_Child] = []
        deaths = 0
        try:
            while waiting or busy:
                while waiting and len(busy) < self.processes:
                    busy.append(self._give(waiting.popleft()))
                for child in self._ready(busy):
                    for message in _hear(child):
                        match message:
                            case ("items", done, _):
                                for key, result in done:
                                    del child.left[key]
                                    yield key, result
                            case ("done", _, _):
                                busy.remove(child)
                                self._idle.append(child)
                            case ("died", _, _):
                                busy.remove(child)
                                deaths += 1
                                yield from _bury(child, waiting)
                                break  # its pipe is closed: nothing more to hear
                            case ("refused", kind, sentences):
                                busy.remove(child)
                                self._idle.append(child)  # it has stopped by itself
                                raise kind(sentences)
                            case (_, _, error):
                                raise error
                if deaths > _MAX_DEATHS:
                    raise refuse_slow()
        finally:
            for child in busy:
                _end(child)

    def _give(self, task: Task) -> _Child:
        self._await_start()
        child = self._idle.pop() if self._idle else self._start()
        child.task, child.left, child.heard = task, dict.fromkeys(task.keys), time.monotonic()
        child.progress.value = -1
        child.connection.send(task)
        return child

    def _start(self) -> _Child:
        ours, theirs = self._context.Pipe()
        progress = self._context.RawValue("q", -1)
        process = self._context.Process(
            target=serve, args=(theirs, progress, self.limits), name="pdf", daemon=True
        )
        process.start()
        theirs.close()
        return _Child(process, ours, progress)

    def _ready(self, busy: list[_Child]) -> list[_Child]:
        patience = self.limits.cpu_seconds * _WALL_FACTOR
        heard = wait([child.connection for child in busy], timeout=1.0)
        now = time.monotonic()
        ready = []
        for child in busy:
            if child.connection in heard:
                child.heard = now
                ready.append(child)
            elif now - child.heard > patience:
                child.process.kill()  # its pipe closes, and the next round hears that
        return ready


def _hear(child: _Child) -> Iterator[tuple[str, Any, Any]]:
    """What a child has said so far; ("died", ...) when it can't say more."""
    try:
        while True:
            yield child.connection.recv()
            if not child.connection.poll():
                return
    except (EOFError, ConnectionResetError):
        yield ("died", None, None)


def _bury(child: _Child, waiting: deque[Task]) -> Iterator[tuple[int, None]]:
    """Put back what a dead child had left, without the item that it died of."""
    culprit = child.progress.value
    task = child.task
    _end(child)
    if task is None or not child.left:
        return
    if culprit not in child.left:
        culprit = next(iter(child.left))
    rest = tuple(key for key in child.left if key != culprit)
    if rest:
        waiting.append(task.only(rest))
    yield culprit, None


def _end(child: _Child) -> None:
    child.connection.close()
    child.process.kill()
    child.process.join()
    child.process.close()


def inspect_pdf(path: Path, *, max_pages: int, workers: Workers) -> PdfFacts:
    """What kind of PDF this is, found in a child. Raises `Refused` (see `inspect.examine`)."""
    # To its end: a child whose last word nobody hears is thrown away.
    facts = dict(workers.run([InspectTask(path, max_pages)]))[0]
    if not isinstance(facts, PdfFacts):
        raise refuse_slow()
    return facts


def read_pages(
    path: Path,
    pages: int,
    *,
    workers: Workers,
    marker: Marker | None = None,
    ocr: Tesseract | None = None,
    on_progress: Progress | None = None,
) -> list[PageReading]:
    """Read all ``pages`` of a file, in order. ``on_progress(done, of)`` is called in the parent.

    ``marker`` is a text or pattern that starts a letter, looked for on every page. With ``ocr``
    pages without usable text are read as pictures.

    A page that kills its reader gets the problem ``too_slow``; `Refused` when there are many.
    """
    numbers = range(1, pages + 1)
    size = share(pages, workers.processes, PAGES_PER_TASK)
    tasks = [
        ReadTask(path, tuple(numbers[at : at + size]), marker, ocr) for at in range(0, pages, size)
    ]
    found: dict[int, PageReading] = {}
    for key, reading in workers.run(tasks):
        found[key] = reading or PageReading(key, problem=PageProblem.TOO_SLOW)
        if on_progress:
            on_progress(len(found), pages)
    return [found[number] for number in numbers]


def read_some(
    path: Path,
    numbers: Sequence[int],
    *,
    workers: Workers,
    marker: Marker | None = None,
    ocr: Tesseract | None = None,
) -> dict[int, PageReading]:
    """Read only the pages ``numbers`` (from 1), by page; else as `read_pages`."""
    size = share(len(numbers), workers.processes, PAGES_PER_TASK)
    tasks = [
        ReadTask(path, tuple(numbers[at : at + size]), marker, ocr=ocr)
        for at in range(0, len(numbers), size)
    ]
    return {
        key: reading or PageReading(key, problem=PageProblem.TOO_SLOW)
        for key, reading in workers.run(tasks)
    }


def draw_pages(
    path: Path, numbers: Sequence[int], *, width: int, workers: Workers
) -> dict[int, bytes]:
    """Pictures (PNG) of somebody else's pages, drawn in a child; pages that can't be are left out.

    Raises `Refused` when the file can't be opened.
    """
    drawn = workers.run([DrawTask(path, tuple(numbers), width)])
    return {key: picture for key, picture in drawn if picture}


def prepare_letters(
    path: Path,
    orders: Sequence[LetterOrder],
    *,
    workers: Workers,
    sink: Callable[[bytes], T],
    on_progress: Progress | None = None,
) -> Iterator[FinishedLetter[T]]:
    """Make the letters in child processes and yield each when it is done, in no certain order.

    ``sink`` is called in the child with each finished file and must be picklable; what it answers
    comes back as ``stored``, and what it raises is raised here. Nobody's file reaches the parent.
    """
    size = share(len(orders), workers.processes, LETTERS_PER_TASK)
    tasks = [FinishTask(path, part, sink) for part in parts(orders, size)]
    by_index = {order.index: order for order in orders}
    for done, (key, letter) in enumerate(workers.run(tasks), start=1):
        yield letter or _killed(by_index[key])
        if on_progress:
            on_progress(done, len(orders))


def _killed(order: LetterOrder) -> FinishedLetter[Any]:
    text = (
        "Brevet fra side %(page)s tog for lang tid at lave. "
        "Lav PDF-filen igen fra det oprindelige dokument."
    )
    page = order.pages[0]
    problem = Sentence(text, {"page": page}, page=page, code="too_slow")
    return FinishedLetter(order.index, order.pages, "", 0, (), problem, None)
