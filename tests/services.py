"""Gets the tests their real parts: installs what is missing and starts PostgreSQL and a queue.

``python -m tests.services`` installs with apt where that can be done; `make test` calls it first.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from digitalpost.processes import die_with_parent


@dataclass(frozen=True)
class Tool:
    """A program that tests run: how it is found, its Debian packages, what misses it."""

    name: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]
    used_for: str

    def find(self) -> str | None:
        """The path of the first of its programs that is there."""
        for program in self.programs:
            found = shutil.which(program) if "*" not in program else None
            if "*" in program:
                found = next(map(str, sorted(Path("/").glob(program), reverse=True)), None)
            if found:
                return found
        return None


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "postgresql",
            ("initdb", "usr/lib/postgresql/*/bin/initdb"),
            ("postgresql",),
            "alt, der også prøves på PostgreSQL",
        ),
        Tool("redis", ("redis-server", "valkey-server"), ("redis-server",), "køen"),
        Tool("chromium", ("chromium", "google-chrome"), ("chromium",), "siderne i en browser"),
        Tool("soffice", ("soffice",), ("libreoffice-writer",), "flettefiler fra LibreOffice"),
        Tool(
            "scalc",
            ("usr/lib/libreoffice/program/libsc*lo.so", "localc"),
            ("libreoffice-calc",),
            "regneark, der bliver til PDF",
        ),
        Tool(
            "tesseract",
            ("usr/share/tesseract-ocr/*/tessdata/dan.traineddata",),
            ("tesseract-ocr", "tesseract-ocr-dan"),
            "scannede sider, der læses med tekstgenkendelse",
        ),
        Tool("pdftotext", ("pdftotext",), ("poppler-utils",), "fjernede numre, set af Poppler"),
        Tool("qpdf", ("qpdf",), ("qpdf",), "PDF-filernes bygning"),
        Tool("ipptool", ("ipptool",), ("cups-ipp-utils",), "udskrift til portalen"),
        Tool(
            "fonts",
            ("usr/share/fonts/truetype/liberation*/LiberationSans-Regular.ttf",),
            ("fonts-liberation",),
            "skrifttyper i flettefiler",
        ),
    )
}


def install_missing() -> list[Tool]:
    """Install what is missing when we may; returns the tools that are still missing."""
    missing = [tool for tool in TOOLS.values() if tool.find() is None]
    apt = shutil.which("apt-get")
    if missing and apt and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = [package for tool in missing for package in tool.packages]
        print(f"Installerer {' '.join(packages)} ...", flush=True)
        # Debian starts a service for each server that it installs; the tests start their own.
        with _no_services():
            for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
                subprocess.run([apt, "-qq", *command], env=environment, check=False, stdout=-3)
        missing = [tool for tool in missing if tool.find() is None]
    return missing


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep Debian from starting services on install, where no policy says so already."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink()


@dataclass
class PostgresServer:
    """A PostgreSQL of our own in a temporary folder, gone after the tests."""

    binaries: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dp-pg-")))
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self) -> None:
        """Make a cluster that forgets nothing but a power cut, and start it."""
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C")
        parent = os.getpid()
        self._process = subprocess.Popen(
            [str(self.binaries / "postgres"), "-D", data, *self._options()],
            **self._account(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A test run that is killed must not leave a server behind.
            preexec_fn=lambda: die_with_parent(parent, signal.SIGQUIT),
        )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Stop the server and remove the cluster."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, template: str = "template0") -> str:
        """A fresh database; returns its address."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, even while someone still has it open."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))

    def url(self, database: str) -> str:
        """The address of one database, as DATABASE_URL takes it."""
        return f"postgresql://tests@127.0.0.1:{self.port}/{database}"

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
            "max_connections": "200",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _account(self) -> dict[str, Any]:
        """Who runs it: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam("postgres")
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._process
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries / program), *arguments],
            **self._account(),
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Install what is missing; say plainly what still is, and which tests wait for it."""
    for tool in install_missing():
        packages = " ".join(tool.packages)
        print(f"Mangler {tool.name}: prøverne af {tool.used_for} springes over. ", end="")
        print(f"Installér med: apt install {packages}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
