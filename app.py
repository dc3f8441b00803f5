"""DigitalPost: `create_app` for a web server, and the command line (`python app.py --help`)."""

from __future__ import annotations

import os
import sys

from flask import Flask

from digitalpost.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The console as a WSGI application over one institution's settings."""
    app = Flask(__name__)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def wsgi() -> Flask:
    """For another web server: ``gunicorn 'app:wsgi()'`` reads the settings from the environment."""
    return create_app(Settings.from_env(os.environ))


if __name__ == "__main__":
    from cli.main import main

    sys.exit(main())
