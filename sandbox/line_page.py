"""The page *Fejl på linjen*: switch faults on and off, and choose how the stand-ins behave."""

from __future__ import annotations

import math

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox import faults, people, storage, wording
from sandbox.faults import InvalidSetting
from sandbox.line import the_database

LATEST_REQUESTS = 20

NOT_A_NUMBER = "Skriv et tal i feltet, og prøv igen. Intet er ændret."
NOT_TOGETHER = "Den fejl kan ikke ske dér. Vælg en anden fejl eller et andet sted. Intet er ændret."
OUT_OF_RANGE = "Tallet er for lille eller for stort. Prøv med et andet. Intet er ændret."

blueprint = Blueprint("line", __name__, url_prefix="/linjen")


@blueprint.get("/")
def show_line() -> ResponseReturnValue:
    """What is switched on now, and what may be."""
    return _page()


@blueprint.post("/taend")
def switch_on() -> ResponseReturnValue:
    """Switch on one fault from the form."""
    form = request.form
    try:
        how_many = _number(form.get("how_many", ""))
        in_calls = form.get("unit") == "calls"
        faults.switch_on(
            the_database(),
            form.get("kind", ""),
            target=form.get("target", ""),
            count=int(how_many) if in_calls else None,
            for_seconds=None if in_calls else how_many,
            seconds=_number(form.get("seconds", "")),
        )
    except faults.NotTogether:
        return _page(problem=NOT_TOGETHER), 422
    except InvalidSetting:
        return _page(problem=OUT_OF_RANGE), 422
    except ValueError:
        return _page(problem=NOT_A_NUMBER), 422
    return redirect(url_for("line.show_line"), code=303)


@blueprint.post("/sluk")
def switch_off() -> ResponseReturnValue:
    """Switch off one fault, or all when none is named."""
    form = request.form
    faults.switch_off(the_database(), target=form.get("target"), kind=form.get("kind"))
    return redirect(url_for("line.show_line"), code=303)


@blueprint.post("/indstillinger")
def change_settings() -> ResponseReturnValue:
    """Change all the settings of the form."""
    form = request.form
    try:
        faults.change_settings(
            the_database(),
            mode=form.get("mode"),
            duplicate_status=int(form.get("duplicate_status", "")),
            duplicate_memo=form.get("duplicate_memo"),
            postprocessing_seconds=_number(form.get("postprocessing_seconds", "")),
            latency_ms=int(form.get("latency_ms", "")),
            token_seconds=int(form.get("token_seconds", "")),
            push_url=form.get("push_url", "").strip(),
            memo_push_url=form.get("memo_push_url", "").strip(),
            receipt_removes=int(form.get("receipt_removes", "0")),
        )
    except InvalidSetting:
        return _page(problem=OUT_OF_RANGE), 422
    except ValueError:
        return _page(problem=NOT_A_NUMBER), 422
    return redirect(url_for("line.show_line"), code=303)


def _page(problem: str | None = None) -> str:
    database = the_database()
    return render_template(
        "line.html",
        active=faults.active_faults(database),
        settings=faults.read_settings(database),
        counts=storage.counts(database),
        requests=storage.latest_requests(database, limit=LATEST_REQUESTS)[::-1],
        fault_labels=wording.FAULT_LABELS,
        target_labels=wording.TARGET_LABELS,
        magic_recipients=people.MAGIC,
        problem=problem,
    )


def _number(text: str) -> float:
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(text)
    return value
