"""Runs parts of the product in processes of their own, side by side or killed at a chosen step."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digitalpost.channels import remote_print
from digitalpost.channels.eboks import EboksChannel
from digitalpost.institution import Institution, open_institution
from digitalpost.settings import Settings
from digitalpost.storage import ObjectStore

_PRELOAD = ["digitalpost.deliveries.dispatch", "digitalpost.mailings.prepare", "tests.processes"]


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


def run_at_once(
    target: Callable[..., None], arguments: Sequence[tuple[Any, ...]], *, well: bool = True
) -> list[int]:
    """One fresh process for each tuple of arguments; their exit codes."""
    context = _context()
    processes = [context.Process(target=target, args=one) for one in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    if well:
        assert codes == [0] * len(processes)
    return codes


def run_killed(
    target: Callable[[Institution, Any], Any], settings: Settings, argument: Any, *, step: int
) -> bool:
    """Run ``target`` until its ``step``-th step and kill -9 it there. False: it ended before.

    Steps are: each statement to the database, each commit, and before and after each object put
    into the store, each call to e-Boks and each file for the print provider. What it had started
    must end with it.
    """
    process = _context().Process(target=_die_at, args=(target, settings, argument, step))
    process.start()
    process.join()
    _await_the_end_of(process.pid)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def _await_the_end_of(session: int, seconds: float = 30.0) -> None:
    """Wait until no process of this session is left; the one that started it is gone already."""
    deadline = time.monotonic() + seconds
    while left := processes_of(session):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.01)


def processes_of(session: int) -> list[int]:
    """Living processes of one session (setsid)."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, _, number = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(number) == session and state != "Z":
            found.append(int(entry.name))
    return found


def living_with(home: Path) -> Iterator[tuple[int, str]]:
    """Living processes of the site over ``home``, with their command lines."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environ = (entry / "environ").read_bytes().decode(errors="replace")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode() + " "
        except OSError:
            continue
        ours = f"DIGITALPOST_HOME={home}\0" in environ or f"{home}/queue" in command
        if ours and command.strip():
            yield int(entry.name), command


def _die_at(target: Callable[..., Any], settings: Settings, argument: Any, step: int) -> None:
    os.setsid()
    left = step

    def count(*_: object, **__: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            count()
            answer = method(*args, **options)
            count()
            return answer

        return call

    institution = open_institution(settings)
    sa.event.listen(institution.engine, "before_cursor_execute", count)
    sa.event.listen(institution.engine, "commit", count)
    ObjectStore.put = counted(ObjectStore.put)  # type: ignore[method-assign]
    ObjectStore.put_file = counted(ObjectStore.put_file)  # type: ignore[method-assign]
    EboksChannel.send = counted(EboksChannel.send)  # type: ignore[method-assign]
    EboksChannel.poll = counted(EboksChannel.poll)  # type: ignore[method-assign]
    remote_print._write = counted(remote_print._write)  # each file of the provider's folder
    target(institution, argument)
    institution.close()
