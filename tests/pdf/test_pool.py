"""Child processes do the work, and a file that means harm costs only its own page."""

import os
import zlib
from collections import Counter
from pathlib import Path

import pytest

from digitalpost.errors import Refused
from digitalpost.pdf.child import Limits
from digitalpost.pdf.orders import LetterOrder, letter_orders
from digitalpost.pdf.owners import plan_letters
from digitalpost.pdf.pool import Workers, inspect_pdf, prepare_letters, read_pages
from tests.inputs.people import make_people
from tests.inputs.word import write_word_merge
from tests.inputs.written import CPR_FORMS
from tests.pdf.engines import assert_gone, texts_of
from tests.pdf.making import ANNA, ANNA_WRITTEN, BO, BO_WRITTEN, make_letters, make_raw, make_source


def keep(data: bytes) -> bytes:
    return data


def whose(data: bytes) -> int:
    return os.getpid()


def full(data: bytes) -> None:
    raise OSError("no space left")


def refuse(data: bytes) -> None:
    raise Refused("Lageret svarer ikke. Prøv igen om lidt.")


def prepare(path: Path, workers: Workers, *, sink=keep, steps: list | None = None):
    facts = inspect_pdf(path, max_pages=1000, workers=workers)
    readings = read_pages(path, facts.pages, workers=workers)
    orders = letter_orders(plan_letters(readings), readings, title="Indkaldelse")

    def on_progress(done: int, of: int) -> None:
        if steps is not None:
            steps.append((done, of))

    letters = prepare_letters(path, orders, workers=workers, sink=sink, on_progress=on_progress)
    return orders, {letter.index: letter for letter in letters}


def test_a_merge_letter_in_words_manner_becomes_letters(tmp_path):
    people = make_people(30)
    path = write_word_merge(tmp_path / "a.pdf", people)
    steps: list[tuple[int, int]] = []
    with Workers(2) as workers:
        orders, letters = prepare(path, workers, steps=steps)
    assert [order.number for order in orders] == [person.number for person in people]
    assert steps[-1] == (30, 30)
    for index, letter in letters.items():
        assert letter.problem is None
        assert letter.pages == (2 * index + 1, 2 * index + 2)
        assert letter.size == len(letter.stored)
    assert_gone(letters[7].stored, people[7].number)
    assert sum(count for letter in letters.values() for _, count in letter.removed) >= 30


@pytest.mark.parametrize("form", CPR_FORMS)
def test_every_way_to_write_the_number_is_found_and_removed_in_words_manner(tmp_path, form):
    people = make_people(3)
    made = make_letters(write_word_merge(tmp_path / "a.pdf", people, written=form))
    assert [letter.number for letter in made.plan.letters] == [person.number for person in people]
    for letter, person in zip(made.letters, people, strict=True):
        assert letter.problem is None
        assert_gone(letter.stored, person.number)


def test_the_sink_runs_in_other_processes(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}", f"CPR {BO_WRITTEN}")
    with Workers(1) as workers:
        _, letters = prepare(path, workers, sink=whose)
    assert os.getpid() not in {letter.stored for letter in letters.values()}


@pytest.mark.parametrize(("sink", "error"), [(full, OSError), (refuse, Refused)])
def test_a_sink_that_fails_is_heard_and_the_workers_can_go_on(tmp_path, sink, error):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}")
    with Workers(1) as workers:
        with pytest.raises(error):
            prepare(path, workers, sink=sink)
        _, letters = prepare(path, workers)
    assert letters[0].problem is None


def test_a_caller_that_stops_listening_stops_the_work(tmp_path):
    path = make_source(tmp_path / "a.pdf", *(["CPR " + ANNA_WRITTEN, "CPR " + BO_WRITTEN] * 20))
    with Workers(2) as workers:
        readings = read_pages(path, 40, workers=workers)
        orders = letter_orders(plan_letters(readings), readings, title="Brev")
        stream = prepare_letters(path, orders, workers=workers, sink=keep)
        next(stream)
        stream.close()
        assert len(read_pages(path, 40, workers=workers)) == 40


def test_refusals_come_through_from_the_child(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"Hej")
    with Workers(1) as workers, pytest.raises(Refused) as caught:
        inspect_pdf(path, max_pages=9, workers=workers)
    assert [sentence.code for sentence in caught.value.sentences] == ["not_pdf"]


def make_bomb(path: Path) -> Path:
    """Page 2 of 3 unpacks to 200 MB of drawing orders."""
    good = [f"BT /F1 11 Tf 72 700 Td (CPR {n}) Tj ET".encode() for n in (ANNA_WRITTEN, BO_WRITTEN)]
    marker = b"0 0 m MARK"
    make_raw(path, good[0], marker, good[1])
    line = b"BT /F1 9 Tf (x) Tj ET\n"
    bomb = zlib.compress(line * (200_000_000 // len(line)), 9)
    data = path.read_bytes()
    at = data.index(marker)
    start = data.rindex(b"<<", 0, at)
    end = data.index(b"endstream", at)
    head = b"<</Length %d/Filter/FlateDecode>>\nstream\n" % len(bomb)
    path.write_bytes(data[:start] + head + bomb + b"\n" + data[end:])
    return path


def test_a_bomb_costs_its_page_and_nothing_else(tmp_path):
    path = make_bomb(tmp_path / "a.pdf")
    with Workers(1, limits=Limits(cpu_seconds=1)) as workers:
        readings = read_pages(path, 3, workers=workers)
    plan = plan_letters(readings)
    assert [reading.problem.value for reading in readings] == ["", "heavy", ""]
    assert [letter.verdict.value for letter in plan.letters] == ["red", "green"]
    assert "Side 2" in str(plan.letters[0].reasons[-1])


def test_a_file_of_bombs_is_given_up(tmp_path):
    path = make_source(tmp_path / "a.pdf", *["hej"] * 8)
    with Workers(2) as workers, pytest.raises(Refused) as caught:
        list(workers.run([_Dying(path, tuple(range(8)))]))
    assert [sentence.code for sentence in caught.value.sentences] == ["too_slow"]


def test_one_that_dies_is_named_and_the_others_are_done_once(tmp_path):
    with Workers(2) as workers:
        heard = list(workers.run([_Dying(tmp_path, (-5, -4, 3, -2, -1)), _Dying(tmp_path, (-9,))]))
    assert Counter(key for key, _ in heard) == Counter([-5, -4, 3, -2, -1, -9])
    assert [key for key, result in heard if result is None] == [3]


class _Dying:
    """A task whose items from 0 up kill the process that does them."""

    def __init__(self, path: Path, keys: tuple[int, ...]) -> None:
        self.path, self.keys = path, keys

    def only(self, keys: tuple[int, ...]) -> "_Dying":
        return _Dying(self.path, keys)

    def run(self, at):
        for key in self.keys:
            at(key)
            if key >= 0:
                os.kill(os.getpid(), 9)
            yield key, "done"


def test_one_file_to_several_people_loses_only_the_recipients_own_number(tmp_path):
    path = make_source(tmp_path / "a.pdf", f"CPR {ANNA_WRITTEN}", f"CPR {BO_WRITTEN}", "Hilsen")
    with Workers(1) as workers:
        readings = tuple(read_pages(path, 3, workers=workers))
        people = [ANNA, BO, None, ANNA, "0708093456"]
        orders = [LetterOrder(at, readings, who, "Brev") for at, who in enumerate(people)]
        letters = list(prepare_letters(path, orders, workers=workers, sink=keep))
    letters.sort(key=lambda letter: letter.index)
    assert [letter.problem for letter in letters] == [None] * 5
    for letter, who in zip(letters, people, strict=True):
        text = texts_of(letter.stored)["pdftotext"]
        assert (ANNA_WRITTEN in text) == (who != ANNA)
        assert (BO_WRITTEN in text) == (who != BO)
