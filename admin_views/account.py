"""Log ind, log ud, and one's own password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, flash, make_response, redirect, render_template, request, session, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from admin_views import language, unfinished
from admin_views.console import ConsoleView
from admin_views.texts import mark
from admin_views.visitor import (
    current_visitor,
    institution,
    previous_user_id,
    start_session,
    visitor_of,
)
from digitalpost import signin
from digitalpost.models import User

ATTEMPTS = "20 per minute; 100 per hour"  # per address; an institution may share one address


def attach(app: Flask) -> None:
    """The brake on guessing, per address. Shared by all processes when a Redis is configured."""
    redis_url = institution_redis(app)
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=redis_url or "memory://",
        in_memory_fallback_enabled=redis_url is not None,
        headers_enabled=False,
    )
    app.extensions["limiter_of_addresses"] = limiter
    app.extensions["sign_in_limit"] = limiter.shared_limit(
        ATTEMPTS, scope="sign_in", methods=["POST"]
    )


def institution_redis(app: Flask) -> str | None:
    """The configured Redis in the writing that flask-limiter reads."""
    url: str | None = app.extensions["institution"].settings.redis_url
    return url.replace("unix://", "redis+unix://", 1) if url and url.startswith("unix:") else url


class AccountView(ConsoleView):
    """Sign-in and the visitor's own account."""

    icon = "user"
    in_menu = False

    def __init__(self) -> None:
        super().__init__(name=mark("Min konto"), endpoint="account", url="/account")

    def is_accessible(self) -> bool:
        """Open to everyone; the pages for users ask themselves."""
        return True

    def _always_open(self, name: str) -> bool:
        return True

    def create_blueprint(self, admin: Any) -> Any:
        """As the stock one, and the sign-in form is limited per address."""
        limit = admin.app.extensions["sign_in_limit"]
        self.sign_in = limit(self.sign_in)
        return super().create_blueprint(admin)

    @expose("/")
    def index(self) -> Response | str:
        """Who am I, and what may I do."""
        if current_visitor() is None:
            return self.inaccessible_callback("index")
        return self.render("console/account.html")

    @expose("/sign-in", methods=("GET", "POST"))
    def sign_in(self) -> Response | str:
        """The sign-in form."""
        target = safe_path(request.values.get("next", ""))
        if request.method == "GET":
            if current_visitor() is not None:
                return redirect(target)
            return sign_in_page(target=target)
        email, password = request.form.get("email", ""), request.form.get("password", "")
        kept = request.form.get("kept", "")
        with institution().transaction() as system:
            user = signin.sign_in(system, email[:200].replace("\0", ""), password[:1000])
            found = visitor_of(user) if user is not None else None
        if found is None:
            return sign_in_page(target=target, kept=kept, email=email[:200], status=401, wrong=True)
        session.clear()
        login_user(found)
        start_session()
        work = unfinished.unseal_for(found.user_id, kept)
        if work is not None and not found.must_change_password:
            return self.render("console/resume.html", work=work)
        return redirect(target, code=303)

    @expose("/language", methods=("POST",))
    def choose_language(self) -> Response:
        """Read the console in another language from now on, in this browser."""
        answer = redirect(safe_path(request.form.get("next", "")), code=303)
        chosen = language.known(request.form.get("language"))
        if chosen is not None:
            language.remember(answer, chosen)
        return answer

    @expose("/sign-out", methods=("POST",))
    def sign_out(self) -> Response:
        """End the session here and everywhere else."""
        visitor = current_visitor()
        if visitor is not None:
            self.act(signin.sign_out, row=(User, visitor.user_id), quiet=True)
        logout_user()
        session.clear()
        flash(gettext("Du er logget ud."), "success")
        answer = make_response(redirect(url_for("account.sign_in"), code=303))
        answer.headers["Clear-Site-Data"] = '"cache"'  # Back must not show the last page again
        return answer

    @expose("/password", methods=("GET", "POST"))
    def password(self) -> Response | str:
        """Change one's own password."""
        visitor = current_visitor()
        if visitor is None:
            return self.inaccessible_callback("password")
        target = safe_path(request.values.get("next", ""))
        reasons: tuple[str, ...] = ()
        if request.method == "POST":
            outcome = self.act(
                signin.change_own_password,
                row=(User, visitor.user_id),
                quiet=True,
                current=request.form.get("current_password", "")[:1000],
                new=request.form.get("new_password", "")[:1000],
                again=request.form.get("again_password", "")[:1000],
            )
            if outcome:
                with institution().reading() as system:
                    login_user(visitor_of(system.get_one(User, visitor.user_id)))
                flash(gettext("Din adgangskode er skiftet. Andre enheder er logget ud."), "success")
                return redirect(target, code=303)
            reasons = outcome.reasons
        return self.render("console/password.html", reasons=reasons, target=target)


def sign_in_page(
    *, target: str, kept: str = "", email: str = "", status: int = 200, wrong: bool = False
) -> Any:
    """The sign-in form as an answer, with what was being sent carried along."""
    body = render_template(
        "console/sign_in.html",
        target=target,
        kept=kept,
        email=email,
        wrong=wrong,
        expired=previous_user_id() is not None,
    )
    return make_response(body, status)


def safe_path(target: str) -> str:
    """``target`` when it is a path on this site, else the front page."""
    parts = urlsplit(target)
    bad = parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//")
    if bad or "\\" in target or any(ord(sign) < 32 for sign in target):
        return "/"
    return target
