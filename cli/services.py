"""The commands that are one service of the site each: web, worker, clock.

What only one of them needs is imported there: a worker that loads the web wastes its memory.
"""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from dataclasses import replace
from typing import Any

from cli.answers import DONE
from digitalpost.errors import Refused
from digitalpost.processes import die_with_parent
from digitalpost.settings import Settings


def web(arguments: Namespace, settings: Settings) -> int:
    """Serve the console with gunicorn, as this process, until SIGTERM."""
    from gunicorn.app.base import BaseApplication

    from jobs.supervisor import open_port, why_no_port

    settings = with_port(arguments, settings)
    if arguments.fd is None:
        # gunicorn would try five times and end with an English line; ask for the port first.
        try:
            open_port(settings.host, settings.port).close()
        except Refused as refused:
            cause = refused.__cause__
            assert isinstance(cause, OSError)
            raise Refused(
                why_no_port(settings.host, settings.port, cause).replace("app.py run", "app.py web")
            ) from cause
        bring_up_to_date(settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        bind = f"{host}:{settings.port}"
    else:
        bind = f"fd://{arguments.fd}"

    class Site(BaseApplication):
        def load_config(self) -> None:
            for name, value in _gunicorn(settings, bind).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from app import create_app

            return create_app(settings)

    Site().run()
    return DONE


def worker(arguments: Namespace, settings: Settings) -> int:
    """Do jobs until told to stop."""
    from jobs.tasks import load_ahead
    from jobs.worker import run as run_worker

    load_ahead()
    return run_worker(settings, burst=arguments.burst)


def clock(arguments: Namespace, settings: Settings) -> int:
    """Look for due work every second until told to stop."""
    from jobs.clock import run as run_clock

    return run_clock(settings)


def bring_up_to_date(settings: Settings) -> None:
    """Run the migrations that a newer program brought, before anything uses the tables."""
    from digitalpost.db import make_engine
    from digitalpost.migrate import upgrade

    engine = make_engine(settings.database_url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def with_port(arguments: Namespace, settings: Settings) -> Settings:
    """The settings with the port of the command line. Raises `Refused` for no possible port."""
    if arguments.port is None:
        return settings
    if not 0 < arguments.port < 65536:
        raise Refused("Porten skal være et tal fra 1 til 65535.")
    return replace(settings, port=arguments.port)


def _gunicorn(settings: Settings, bind: str) -> dict[str, Any]:
    """Measured choices (notes/ipp.md section 8): threads, so that a slow upload blocks no one."""
    return {
        "bind": bind,
        "worker_class": "gthread",
        "workers": settings.web_workers,
        "threads": settings.web_threads,
        "keepalive": 30,
        "timeout": 120,
        "graceful_timeout": 3,
        "control_socket_disable": True,  # gunicorn 27 opens one in the home folder otherwise
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
        "post_fork": lambda arbiter, worker: die_with_parent(arbiter.pid, signal.SIGTERM),
        "proc_name": "digitalpost",
        "loglevel": "info",
    }
