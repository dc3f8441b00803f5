"""The console: Flask-Admin views over the domain. `create_console` puts them together."""

from __future__ import annotations

import os
import weakref
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from flask import Flask, request, url_for
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from werkzeug.middleware.proxy_fix import ProxyFix

from admin_views import (
    account,
    addresses,
    cells,
    errors,
    formatting,
    guard,
    language,
    menu,
    page_images,
    push,
    signing,
    source_images,
    texts,
    uploads,
    visitor,
)
from digitalpost.institution import Institution, open_institution
from digitalpost.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"


def create_console(
    source: Settings | Institution, *, translations: Path = language.TRANSLATIONS
) -> Flask:
    """The console as a WSGI application over one institution."""
    institution = source if isinstance(source, Institution) else open_institution(source)
    settings = institution.settings
    app = Flask("admin_views", template_folder=str(ROOT / "templates"), static_folder=str(STATIC))
    app.config.update(
        SECRET_KEY=institution.vault.derive("session secret"),
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + 1_000_000,
        MAX_FORM_PARTS=25_000,  # a bulk choice in the longest mailing
        MAX_FORM_MEMORY_SIZE=4_000_000,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # addresses carry a hash of the content
    )
    app.extensions["institution"] = institution
    _survive_fork(institution)
    if settings.trust_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    language.attach(app, translations)
    addresses.attach(app)
    guard.attach(app)
    visitor.attach(app)
    app.before_request(_watch_session)
    app.before_request(_check_form)
    formatting.attach(app)
    cells.attach(app)
    texts.attach(app)
    uploads.attach(app)
    page_images.attach(app)
    source_images.attach(app)
    push.attach(app)
    errors.attach(app)
    account.attach(app)
    signing.attach(app)
    _add_views(app, institution)
    menu.attach(app)
    app.jinja_env.globals.update(
        static_url=_static_addresses(app),
        institution_name=settings.institution_name,
        practice=settings.eboks.is_sandbox,
    )

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _add_views(app: Flask, institution: Institution) -> None:
    """All pages, in the order of the menu."""
    views = menu.views(institution)
    admin = Admin(
        name=institution.settings.institution_name,
        theme=Bootstrap4Theme(base_template="console/base.html"),
        index_view=views[0],
        url="/",
        static_url_path="/static/stock",  # given, so that no stock asset gets an address
    )
    for view in views[1:]:
        admin.add_view(view)
    admin.init_app(app)


def _watch_session() -> None:
    if request.endpoint not in {"static", "healthz"} and not push.is_push():
        visitor.expire_session()


def _check_form() -> None:
    # Those who push have no browser, no session and no form: their certificate is looked at.
    if not push.is_push():
        guard.check_form()


def _survive_fork(institution: Institution) -> None:
    """A process forked from this one (gunicorn with preload) must not share our connections."""
    engine = weakref.ref(institution.engine)

    def leave_connections_to_parent() -> None:
        alive = engine()
        if alive is not None:
            alive.dispose(close=False)

    os.register_at_fork(after_in_child=leave_connections_to_parent)


def _static_addresses(app: Flask) -> object:
    """A function from file name to address with a hash of the content, so caches never lie."""
    hashes: dict[str, tuple[int, str]] = {}

    def static_url(name: str) -> str:
        path = STATIC / name
        changed = path.stat().st_mtime_ns
        if name not in hashes or hashes[name][0] != changed:
            hashes[name] = (changed, sha256(path.read_bytes()).hexdigest()[:10])
        return url_for("static", filename=name, v=hashes[name][1])

    return static_url
