"""Start the sandbox by itself: ``python -m sandbox --home DIR``; ``--help`` lists the rest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.faults import Mode
from sandbox.server import AlreadyRunning, PortTaken, choose_ports, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Øvelsesmiljø: e-Boks og registrene, men intet bliver sendt.",
    )
    parser.add_argument("--home", type=Path, required=True, help="mappen med øvelsesmiljøets filer")
    parser.add_argument("--port", type=int, help="port til siden Modtagerens postkasse")
    parser.add_argument("--tls-port", type=int, help="port til e-Boks og registrene")
    parser.add_argument("--mode", choices=list(Mode), default=Mode.PROXY, help="e-Boks' svar")
    chosen = parser.parse_args(arguments)
    tls_port, http_port = choose_ports(chosen.home)
    try:
        serve(
            chosen.home,
            tls_port=chosen.tls_port or tls_port,
            http_port=chosen.port or http_port,
            mode=chosen.mode,
        )
    except AlreadyRunning:
        sys.stderr.write(f"Øvelsesmiljøet kører allerede i {chosen.home}.\n")
        return 1
    except PortTaken as taken:
        sys.stderr.write(f"Øvelsesmiljøet kan ikke starte: {taken}. Vælg en anden port.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
