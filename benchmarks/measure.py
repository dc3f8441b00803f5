"""Measures side by side: the same round for everybody, medians, and only ratios are printed."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RAM_DISK = Path("/dev/shm")
_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Line:
    """One row of the table: what was measured, against whom, and what it should be at most."""

    what: str
    peer: str
    ratio: float
    goal: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal was met; nothing where there is none."""
        return "" if self.goal is None else ("ok" if self.ratio <= self.goal else "OVER")


@dataclass
class Watched:
    """What a command did: seconds until it ended, what it printed, and the memory it took.

    ``peak_mb`` is the highest resident size of the largest single process of its family,
    ``own_peak_mb`` that of the command itself without its children, and ``cpu`` the seconds of
    processor time of them all: it means something on a busy machine too.
    """

    seconds: float
    output: str
    peaks: dict[int, float] = field(default_factory=dict)
    cpus: dict[int, float] = field(default_factory=dict)
    process: int = 0

    @property
    def own_peak_mb(self) -> float:
        return self.peaks.get(self.process, 0.0)

    @property
    def cpu(self) -> float:
        return sum(self.cpus.values())

    @property
    def peak_mb(self) -> float:
        return max(self.peaks.values(), default=0.0)


def work_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away again, on a RAM disk where the machine has one."""
    return tempfile.TemporaryDirectory(
        prefix="digitalpost-bench-", dir=RAM_DISK if RAM_DISK.is_dir() else None
    )


def interleaved(
    cases: Mapping[str, Callable[[], float]], rounds: int = 3
) -> dict[str, list[float]]:
    """Seconds of each case in each round; every round runs all cases, so noise meets all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            seconds[name].append(run())
    return seconds


def ratio_of_rounds(case: Sequence[float], peer: Sequence[float]) -> float:
    """The median of the ratios within each round."""
    return statistics.median(ours / theirs for ours, theirs in zip(case, peer, strict=True))


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_of_children() -> float:
    """Seconds of processor time of all commands that were run and waited for until now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def number(arguments: Sequence[str], name: str, default: int) -> int:
    """The value of an option such as ``--letters=1000``."""
    for word in arguments:
        if word.startswith(f"{name}="):
            return int(word.partition("=")[2])
    return default


def watch(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Watched:
    """Runs a command and looks at the memory of its whole family meanwhile (Linux only).

    Raises `subprocess.CalledProcessError` with what it wrote when it fails.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(list(command), stdout=output, stderr=errors, env=env)
        peaks: dict[int, float] = {}
        cpus: dict[int, float] = {}
        while child.poll() is None:
            for process in _family_of(child.pid):
                peaks[process] = max(peaks.get(process, 0.0), _peak_of(process))
                cpus[process] = max(cpus.get(process, 0.0), _cpu_of(process))
            time.sleep(_LOOK_EVERY)
        seconds = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            raise subprocess.CalledProcessError(
                child.returncode, list(command), output.read(), errors.read()
            )
        return Watched(seconds, output.read(), peaks, cpus, child.pid)


def print_table(title: str, lines: Sequence[Line]) -> None:
    """The lines below each other; "OVER" marks a goal that was missed."""
    rows = [("what", "against", "ratio", "goal", "", "")]
    rows += [
        (
            line.what,
            line.peer,
            f"{line.ratio:.2f}",
            "" if line.goal is None else f"<= {line.goal:.2f}",
            line.verdict,
            line.note,
        )
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _family_of(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = _read(entry / "stat")
            if stat:
                parent = int(stat.rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    family, ahead = [], [root]
    while ahead:
        process = ahead.pop()
        family.append(process)
        ahead += children.get(process, [])
    return family


def _peak_of(process: int) -> float:
    for row in _read(Path(f"/proc/{process}/status")).splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    return 0.0


def _cpu_of(process: int) -> float:
    stat = _read(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK") if stat else 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return ""
