"""What the crash programs share: their options, a folder and a database of their own, a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import make_tables
from tests.services import TOOLS, PostgresServer

Options = Mapping[str, str]


def run_with(
    arguments: Sequence[str],
    defaults: Options,
    run: Callable[[Path, str, Options], int],
    *,
    usage: str,
) -> int:
    """Run in a new folder and a new database (``database``: sqlite or postgresql); the exit code.

    ``arguments`` are written ``--name=value``; a name that is not in ``defaults`` shows ``usage``
    and ends with 2.
    """
    options = dict(defaults)
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if name not in options:
            print(usage)
            return 2
        options[name] = value
    server = None
    if options["database"] == "postgresql":
        found = TOOLS["postgresql"].find()
        if found is None:
            print("PostgreSQL is not installed here.")
            return 2
        server = PostgresServer(Path(found).parent)
        server.start()
    try:
        with TemporaryDirectory(prefix="crashes-") as folder:
            home = Path(folder) / "home"
            url = server.new_database() if server else f"sqlite:///{home / 'digitalpost.db'}"
            make_tables(url)
            return run(home, url, options)
    finally:
        if server is not None:
            server.stop()


def show(rows: Sequence[tuple[str, str]], *, is_right: bool) -> int:
    """Print the table and the verdict; the exit code."""
    for name, value in rows:
        print(f"{name:<34}{value}")
    print("OK" if is_right else "WRONG")
    return 0 if is_right else 1
