"""Preparing a merge letter, against `pdftotext` and `qpdf --split-pages=2` on the same file.

The peer reads the text and cuts the pages, one after the other on one core. It finds no recipients,
removes no numbers and proves nothing, so a ratio near 1 is a good one.

Then the same with ten times as many letters: time of each, and the memory of all processes.

Options: --letters=1000  --rounds=3  --no-growth  --no-command
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import (
    Line,
    Watched,
    cpu_of_children,
    interleaved,
    number,
    print_table,
    ratio_of_rounds,
    timed,
    watch,
    work_folder,
)
from tests.inputs.office import write_office_merge
from tests.inputs.people import make_people
from tests.inputs.word import write_word_merge

PEER = "pdftotext + qpdf --split-pages=2"
PROCESSES = (2, 1)
GOALS = {("Word-like", 2): 1.8, ("LibreOffice", 2): 1.5, ("Word-like", 1): 3.0}
GOALS[("LibreOffice", 1)] = 3.0
GROWTH_GOAL, BYTES_GOAL, MEMORY_GOAL_MB = 1.25, 1.02, 350
_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Contest:
    """One input file, everybody's runs on it, and what they left."""

    kind: str
    source: Path
    letters: int
    folder: Path
    made: dict[int, list[dict[str, float]]] = field(default_factory=dict)
    peaks: list[float] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    peer_bytes: int = 0
    peer_cpu: list[float] = field(default_factory=list)

    def run_peer(self) -> float:
        """Seconds of the peer: all text, then all pages in files of two."""
        out = self._empty("peer")

        def work() -> None:
            _run(["pdftotext", str(self.source), str(out / "text")])
            _run(["qpdf", "--split-pages=2", str(self.source), str(out / "letter.pdf")])

        before = cpu_of_children()
        seconds = timed(work)
        self.peer_cpu.append(cpu_of_children() - before)
        self.peer_bytes = sum(file.stat().st_size for file in out.glob("letter*.pdf"))
        return seconds

    def run_pipeline(self, processes: int) -> float:
        """Seconds of our own pipeline; raises `RuntimeError` unless every letter was made."""
        out = self._empty("ours")
        program = [sys.executable, "-m", "benchmarks.prepare_once"]
        done = watch([*program, str(self.source), str(out), str(processes)], env=_environment())
        result: dict[str, float] = json.loads(done.output)
        if result["letters"] != self.letters:
            raise RuntimeError(f"{result['letters']} letters were made of {self.letters}.")
        result["cpu"] = done.cpu
        self.made.setdefault(processes, []).append(result)
        self.peaks.append(done.peak_mb)
        self.watched.append(done)
        return result["seconds"]

    def run_command(self) -> float:
        """Seconds of `python app.py prepare` in a new home, start of the program included."""
        home = self._empty("home")
        environment = {**_environment(), "DIGITALPOST_HOME": str(home)}
        command = [sys.executable, str(_ROOT / "app.py")]
        _run([*command, "init"], environment)
        done: Watched = watch([*command, "prepare", "--json", str(self.source)], env=environment)
        if len(json.loads(done.output)["letters"]) != self.letters:
            raise RuntimeError("`app.py prepare` didn't find every letter.")
        self.watched.append(done)
        return done.seconds

    def _empty(self, name: str) -> Path:
        out = self.folder / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        return out


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; see the module's first lines for the options."""
    letters, rounds = number(arguments, "--letters", 1000), number(arguments, "--rounds", 3)
    lines: list[Line] = []
    with work_folder() as folder:
        people = make_people(letters)
        for kind, write in (("Word-like", write_word_merge), ("LibreOffice", write_office_merge)):
            source = write(Path(folder) / f"{kind}.pdf", people)
            contest = Contest(kind, source, letters, Path(folder))
            lines += _measure(contest, rounds, with_command="--no-command" not in arguments)
        print_table(f"Preparing {letters} letters of two pages, median of {rounds} rounds", lines)
        if "--no-growth" not in arguments:
            commands = (
                ["pipeline"] if "--no-command" in arguments else ["pipeline", "app.py prepare"]
            )
            lines = _measure_growth(Path(folder), letters, commands)
            print_table(f"Preparing {letters * 10} letters against {letters}, one run each", lines)


def _measure(contest: Contest, rounds: int, *, with_command: bool) -> list[Line]:
    cases = {PEER: contest.run_peer}
    cases |= {f"{n}": lambda n=n: contest.run_pipeline(n) for n in PROCESSES}
    if with_command:
        cases["command"] = contest.run_command
    seconds = interleaved(cases, rounds)
    peer = seconds[PEER]
    lines = [
        Line(
            f"{contest.kind}, pipeline, {n} process{'es' if n > 1 else ''}",
            PEER,
            ratio_of_rounds(seconds[str(n)], peer),
            GOALS[(contest.kind, n)],
            _describe(contest.made[n], contest.peer_cpu),
        )
        for n in PROCESSES
    ]
    if with_command:
        ratio = ratio_of_rounds(seconds["command"], peer)
        lines.append(Line(f"{contest.kind}, app.py prepare", PEER, ratio))
    ours = contest.made[PROCESSES[0]][-1]["bytes"]
    size = f"{ours / contest.letters / 1000:.1f} kB each"
    lines.append(
        Line(
            f"{contest.kind}, bytes of a letter",
            "qpdf --split-pages=2",
            ours / contest.peer_bytes,
            BYTES_GOAL,
            size,
        )
    )
    peak = max(contest.peaks)
    note = f"{peak:.0f} MB in the largest process"
    lines.append(
        Line(
            f"{contest.kind}, peak memory",
            f"{MEMORY_GOAL_MB} MB",
            peak / MEMORY_GOAL_MB,
            1.0,
            note,
        )
    )
    return lines


def _measure_growth(folder: Path, letters: int, commands: Sequence[str]) -> list[Line]:
    """Time per letter in a merge ten times as long (a ratio of 1 is linear), and the memory."""
    seconds: dict[tuple[str, int], float] = {}
    done: dict[tuple[str, int], Watched] = {}
    for count in (letters, letters * 10):
        source = write_word_merge(folder / "growth.pdf", make_people(count))
        contest = Contest("Word-like", source, count, folder)
        for command in commands:
            run = (
                contest.run_command
                if command != "pipeline"
                else lambda c=contest: c.run_pipeline(2)
            )
            seconds[command, count] = run() / count
            done[command, count] = contest.watched[-1]
    lines = []
    for command in commands:
        few, many = (command, letters), (command, letters * 10)
        cpu = (done[many].cpu / 10) / done[few].cpu
        lines += [
            Line(
                f"{command}: {what} per letter",
                f"at {letters} letters",
                ratio,
                GROWTH_GOAL,
                f"{seconds[many] * 1000:.1f} ms" if what == "time" else "",
            )
            for what, ratio in (("time", seconds[many] / seconds[few]), ("processor time", cpu))
        ]
        own = done[many].own_peak_mb
        children = max(
            (peak for one, peak in done[many].peaks.items() if one != done[many].process), default=0
        )
        lines += [
            Line(
                f"{command}: peak memory of {who}",
                f"{MEMORY_GOAL_MB} MB",
                peak / MEMORY_GOAL_MB,
                1.0,
                f"{peak:.0f} MB at {letters * 20} pages",
            )
            for who, peak in (("the job", own), ("a child", children))
        ]
    return lines


def _describe(runs: Sequence[dict[str, float]], peer_cpu: Sequence[float]) -> str:
    shares = {
        step: statistics.median(run[step] / run["seconds"] for run in runs)
        for step in ("read", "plan", "make")
    }
    steps = ", ".join(f"{step} {share:.0%}" for step, share in shares.items())
    cpu = ratio_of_rounds([run["cpu"] for run in runs], peer_cpu)
    seconds = statistics.median(run["seconds"] for run in runs)
    return f"{seconds:.1f} s, processor time {cpu:.2f} x, {steps}"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT)}


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, env=environment)
