"""The signer's side of the stand-in for the MitID signing service: read, sign or decline."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pymupdf
from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from digitalpost.identifiers import mask
from sandbox import faults, register, signing
from sandbox.certificates import make_signing_authority, make_unknown_authority
from sandbox.fault_kinds import (
    SIGNATURES,
    SIGNING_ANSWER,
    FaultKind,
)
from sandbox.line import the_database
from sandbox.signing import SigningSession

ANSWER_SECONDS = 60

blueprint = Blueprint("signing_page", __name__, url_prefix=signing.PATH)


@blueprint.get("/<name>")
def show_session(name: str) -> ResponseReturnValue:
    """What is to be signed, and by whom."""
    return _page(_session(name))


@blueprint.get("/<name>/brev.pdf")
def show_document(name: str) -> ResponseReturnValue:
    """The letter itself."""
    answer = Response(_session(name).document, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="brev.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<name>/svar")
def answer(name: str) -> ResponseReturnValue:
    """Sign, decline, or try as somebody else. Tells the caller, then leads back there."""
    session = _session(name)
    what = request.form.get("what", "")
    if session.status != "waiting" or time.time() > float(session.claims.get("sign_until", 0)):
        return _page(session), 409
    if what == "stranger":
        problem = "Du er logget ind som en anden end den, brevet er til. Du kan ikke underskrive."
        return _page(session, problem), 403
    if what not in ("sign", "decline"):
        abort(400)
    fault = faults.take_fault(the_database(), SIGNING_ANSWER, SIGNATURES)
    kind = fault.kind if fault is not None else None
    signing.settle(name, "signed" if what == "sign" else "declined")
    if kind is not FaultKind.SIGN_NO_ANSWER:
        signed = _signed(session, kind) if what == "sign" else None
        for _ in range(2 if kind is FaultKind.SIGN_TWICE else 1):
            _tell(session, signed)
    return redirect(session.claims["return_url"], code=303)


def _signed(session: SigningSession, fault: FaultKind | None) -> bytes:
    # Here and not above: most exercises sign nothing, and pyHanko takes a second to load.
    from sandbox.signing_pdf import sign_pdf

    content, make = session.document, make_signing_authority
    if fault is FaultKind.SIGN_OTHER_DOCUMENT:
        other = pymupdf.open()
        other.new_page().insert_text((72, 100), "Et helt andet dokument")
        content = bytes(other.tobytes())
    if fault is FaultKind.SIGN_UNTRUSTED:
        make = make_unknown_authority
    folder: Path = current_app.config["CLIENT_CERTIFICATE"].parent
    return sign_pdf(content, name=_name_of(session), authority=make(folder))


def _tell(session: SigningSession, signed: bytes | None) -> None:
    """Post the answer. A caller who does not take it is not asked again: the signer may be."""
    files = {"document": ("brev.pdf", signed, "application/pdf")} if signed is not None else None
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the address is on this machine
    try:
        httpx.post(
            session.claims["answer_url"],
            data={"result": "declined" if signed is None else "signed"},
            files=files,
            headers={"Authorization": f"Bearer {session.claims['state']}"},
            timeout=ANSWER_SECONDS,
            verify=plain,
            trust_env=False,
        )
    except httpx.RequestError:
        return


def _page(session: SigningSession, problem: str | None = None) -> Response:
    body = render_template(
        "signing.html",
        session=session,
        signer=_name_of(session),
        number=mask(session.claims["signer"]["id"]),
        late=time.time() > float(session.claims.get("sign_until", 0)),
        problem=problem,
    )
    page = Response(body, mimetype="text/html")
    back = urlsplit(session.claims["return_url"])
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        f" form-action 'self' {back.scheme}://{back.netloc}; frame-ancestors 'none'"
    )
    return page


def _name_of(session: SigningSession) -> str:
    """The signer as the registers name them."""
    signer = session.claims["signer"]
    if signer["type"] == "CPR":
        person = register.find_person(the_database(), signer["id"])
        return person.name if person is not None else "Ukendt person"
    company = register.find_company(the_database(), signer["id"])
    return company.name if company is not None else "Ukendt virksomhed"


def _session(name: str) -> SigningSession:
    found = signing.find_session(name)
    if found is None:
        abort(404)
    return found
