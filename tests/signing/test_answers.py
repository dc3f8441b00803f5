"""What the signing service answers: filed once, told apart, and never taken on trust."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.danish_time import end_of, local
from digitalpost.db import now
from digitalpost.documents import find_damaged, read_document
from digitalpost.errors import Refused, sentence_of
from digitalpost.events import EventKind, read_personal, verify
from digitalpost.institution import Institution, open_institution
from digitalpost.models import Document, DocumentKind, Event, Letter, SigningTask
from digitalpost.settings import Settings
from digitalpost.signing import answers
from digitalpost.signing.answers import TIME_TO_SIGN, Answered, begin, is_awaited
from digitalpost.signing.service import ServiceUnavailable, SigningRequest
from digitalpost.signing.tasks import watch_signatures
from digitalpost.signing.verdicts import SignatureKind
from tests.make_mailings import ANNA, BO
from tests.signing.asking import (
    LETTER,
    NEW_YEARS_DAY,
    PAGE,
    Service,
    answer,
    make_to_sign,
    send_to_sign,
    start,
    statuses,
    tasks,
    token,
)
from tests.signing.authority import make_authority, make_pdf, make_signer, sign


def signed_documents(institution: Institution) -> list[bytes]:
    with institution.reading() as session:
        query = sa.select(Document).where(Document.kind == DocumentKind.SIGNED)
        return [read_document(session, one) for one in session.scalars(query)]


def objects(institution: Institution) -> int:
    """How many signed files lie in the store, with a row or without."""
    folder = institution.settings.home / "documents" / "signed"
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_the_service_is_told_the_letter_and_who_may_sign_it(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    request = start(institution)
    assert (request.document, request.signer.number) == (LETTER, ANNA)
    assert request.answer_url == f"{PAGE}/sign/answer"
    assert request.return_url == f"{PAGE}/sign/{token(institution)}"
    assert ANNA not in repr(request) and request.state not in repr(request)
    assert statuses(institution) == ["opened"]


def test_a_valid_signature_is_filed_in_the_case_with_the_letter(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    signed = sign(LETTER, make_signer("Åse Birk"))
    assert answer(institution, start(institution).state, signed) == (
        Answered.SIGNED, SignatureKind.VALID,
    )  # fmt: skip
    [task] = tasks(institution)
    assert (task.status, task.signer, task.due_at, task.state_hash) == (
        "signed", "Åse Birk", None, None,
    )  # fmt: skip
    assert signed_documents(institution) == [signed]
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter)).one()
        document = session.get_one(Document, task.document_id)
        assert letter.case is not None
        assert document.key_id == letter.case.key_id
        event = session.scalars(
            sa.select(Event).where(Event.kind == EventKind.LETTER_SIGNED.value)
        ).one()
        assert (event.case_id, event.actor_name) == (letter.case_id, "Modtageren")
        assert event.data == {"sha256": document.sha256}
        assert read_personal(session, event) == {"signer": "Åse Birk"}
        assert list(verify(session)) == list(find_damaged(session)) == []


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: sign(make_pdf("Et andet")), SignatureKind.OTHER_DOCUMENT),
        (
            lambda: sign(LETTER, make_signer(authority=make_authority("En anden"))),
            SignatureKind.UNTRUSTED,
        ),
        (lambda: sign(LETTER) + b"\n", SignatureKind.CHANGED),
        (lambda: LETTER, SignatureKind.NONE),
        (lambda: b"", SignatureKind.BROKEN),
        (lambda: sign(LETTER) + bytes(11_000_000), SignatureKind.BROKEN),
    ],
)
def test_any_other_file_is_not_filed_and_the_addressee_may_try_again(
    institution: Institution, make: Callable[[], bytes], kind: SignatureKind
) -> None:
    make_to_sign(institution, [ANNA])
    state = start(institution).state
    assert answer(institution, state, make()) == (Answered.NOT_ACCEPTED, kind)
    [task] = tasks(institution)
    assert task.status == "opened" and task.why is not None
    assert sentence_of(task.why) == kind.sentence
    assert signed_documents(institution) == [] and objects(institution) == 0
    assert answer(institution, state, sign(LETTER)) == (Answered.UNKNOWN, None)
    assert answer(institution, start(institution).state, sign(LETTER))[0] is Answered.SIGNED
    [task] = tasks(institution)
    assert task.why is None


def test_each_word_counts_once_and_for_one_letter(institution: Institution) -> None:
    make_to_sign(institution, [ANNA, BO])
    anna, bo = start(institution, 1).state, start(institution, 2).state
    assert answer(institution, anna, sign(LETTER))[0] is Answered.SIGNED
    assert answer(institution, anna, sign(LETTER)) == (Answered.UNKNOWN, None)
    assert answer(institution, anna, None) == (Answered.UNKNOWN, None)
    assert statuses(institution) == ["signed", "opened"]
    assert answer(institution, bo, None)[0] is Answered.DECLINED
    assert statuses(institution) == ["signed", "declined"]
    assert len(signed_documents(institution)) == objects(institution) == 1
    for word in ("", "x" * 43, "æ" * 43, token(institution), anna + "0"):
        assert answer(institution, word, sign(LETTER)) == (Answered.UNKNOWN, None)


def test_a_second_click_awaits_the_same_answer_and_a_late_one_a_new_one(
    institution: Institution,
) -> None:
    make_to_sign(institution, [ANNA])
    first = start(institution).state
    assert start(institution).state == first
    with time_machine.travel(now() + timedelta(minutes=55), tick=False):
        second = start(institution).state
        assert second != first
        assert answer(institution, first, sign(LETTER)) == (Answered.UNKNOWN, None)
    with institution.reading() as session:
        assert is_awaited(session, second)


def test_an_answer_after_the_hour_is_not_taken(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    state = start(institution).state
    with time_machine.travel(now() + TIME_TO_SIGN + timedelta(seconds=1), tick=False):
        assert answer(institution, state, sign(LETTER)) == (Answered.UNKNOWN, None)
    assert statuses(institution) == ["opened"]


def test_who_began_on_the_last_day_may_end_after_midnight_and_nobody_may_begin_then(
    institution: Institution,
) -> None:
    day = local(now()).date() + timedelta(days=2)
    make_to_sign(institution, [ANNA, BO], sign_by=day)
    send_to_sign(institution)
    signed = sign(LETTER)  # by the real clock: the child that checks it has no other
    midnight = end_of(day)
    with time_machine.travel(midnight - timedelta(minutes=5), tick=False):
        state = start(institution, 1).state
    with time_machine.travel(midnight + timedelta(minutes=5), tick=False):
        watch_signatures(institution)
        assert statuses(institution) == ["late", "late"]
        with pytest.raises(Refused):
            start(institution, 2)
        assert answer(institution, state, signed)[0] is Answered.SIGNED
    assert statuses(institution) == ["signed", "late"]


def test_past_the_last_day_nobody_begins_even_before_we_have_looked(
    institution: Institution,
) -> None:
    make_to_sign(institution, [ANNA], sign_by=NEW_YEARS_DAY)
    with (
        time_machine.travel(end_of(NEW_YEARS_DAY), tick=False),
        pytest.raises(Refused),
    ):
        start(institution)
    assert statuses(institution) == ["waiting"]


def test_nobody_begins_what_is_signed_or_stopped(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    answer(institution, start(institution).state, sign(LETTER))
    with pytest.raises(Refused):
        start(institution)
    assert begin(institution, Service(), "x" * 43, base=PAGE) is None


class Silent:
    """A signing service that does not answer."""

    def begin(self, request: SigningRequest) -> str:
        raise ServiceUnavailable("ConnectError")


def test_when_the_service_is_away_the_addressee_can_try_again(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    with pytest.raises(ServiceUnavailable):
        begin(institution, Silent(), token(institution), base=PAGE)
    assert answer(institution, start(institution).state, sign(LETTER))[0] is Answered.SIGNED


@pytest.mark.parametrize("step", ["put", "make_durable", "settle"])
def test_killed_at_any_step_the_next_try_with_the_same_word_is_filed_once(
    institution: Institution, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    make_to_sign(institution, [ANNA])
    state = start(institution).state
    with monkeypatch.context() as patched:
        if step == "settle":
            patched.setattr(answers, "_settle", die)
        else:
            patched.setattr(type(institution.store), step, die)
        with pytest.raises(Killed):
            answer(institution, state, sign(LETTER))
    assert statuses(institution) == ["opened"]
    assert answer(institution, state, sign(LETTER))[0] is Answered.SIGNED
    assert len(signed_documents(institution)) == 1


def _answer_from_a_process(settings: Settings, state: str, signed: bytes, said: object) -> None:
    institution = open_institution(settings)
    said.put(answer(institution, state, signed)[0].value)  # type: ignore[attr-defined]
    institution.close()


def test_of_several_answers_at_once_one_is_filed(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    state, signed = start(institution).state, sign(LETTER)
    context = multiprocessing.get_context("spawn")
    said = context.Queue()
    both = [
        context.Process(
            target=_answer_from_a_process, args=(institution.settings, state, signed, said)
        )
        for _ in range(3)
    ]
    for one in both:
        one.start()
    found = sorted(said.get(timeout=60) for _ in both)
    for one in both:
        one.join()
    assert found == ["signed", "unknown", "unknown"]
    assert len(signed_documents(institution)) == objects(institution) == 1
    with institution.reading() as session:
        kind = EventKind.LETTER_SIGNED.value
        assert session.scalar(sa.select(sa.func.count()).where(Event.kind == kind)) == 1
        assert session.scalar(sa.select(sa.func.count(SigningTask.id))) == 1
