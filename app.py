"""DigitalPost: `create_app` for a web server, and the command line (`python app.py --help`)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from digitalpost.settings import Settings

# Only where they are used: every worker and every process that reads PDF files loads this module.
if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings) -> Flask:
    """The console as a WSGI application over one institution's settings."""
    from admin_views import create_console
    from jobs.queue import RqOutbox

    app = create_console(settings)
    # The console knows no queue: it finds the port here, and wakes after its transaction.
    app.extensions["outbox"] = RqOutbox.from_settings(settings)
    return app


def wsgi() -> Flask:
    """For another web server: ``gunicorn 'app:wsgi()'`` reads the settings from the environment."""
    return create_app(Settings.from_env(os.environ))


if __name__ == "__main__":
    from cli.main import main

    sys.exit(main())
