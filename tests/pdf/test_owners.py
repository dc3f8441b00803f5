"""Whose letter each page is: nothing is guessed, and every page is accounted for."""

from hypothesis import given
from hypothesis import strategies as st

from digitalpost.pdf.loose import find_loose
from digitalpost.pdf.numbers import find_numbers
from digitalpost.pdf.owners import Plan, plan_letters
from digitalpost.pdf.read import PageProblem, PageReading
from digitalpost.verdict import Verdict

ANNA, BO, CARL = "CPR-nr. 010203-1234", "CPR-nr. 040506-2345", "CPR-nr. 070809-3456"
BLANK, SCAN = "<blank>", "<scan>"
OURS = "CVR-nr. 99000015"


def make_readings(*pages: str) -> list[PageReading]:
    readings = []
    for number, text in enumerate(pages, start=1):
        hits = find_numbers(text)
        readings.append(
            PageReading(
                number,
                tuple(hits),
                tuple(find_loose(text, hits)),
                problem=PageProblem.NO_TEXT if text == SCAN else PageProblem.NONE,
                blank=text == BLANK,
            )
        )
    return readings


def make_plan(*pages: str, **options) -> Plan:
    return plan_letters(make_readings(*pages), **options)


def shape(plan: Plan) -> list[tuple]:
    return [(letter.pages, letter.number, letter.verdict.value) for letter in plan.letters]


def codes(letter) -> list[str]:
    return [reason.code for reason in letter.reasons]


def test_a_new_number_starts_a_letter_and_pages_without_go_on_with_it():
    plan = make_plan(ANNA, "side 2", BO, CARL, "side 2", "side 3")
    assert shape(plan) == [
        ((1, 2), "0102031234", "green"),
        ((3,), "0405062345", "green"),
        ((4, 5, 6), "0708093456", "green"),
    ]
    assert plan.errors == plan.left_out == ()


def test_the_same_number_on_the_next_page_is_the_same_letter():
    assert shape(make_plan(ANNA, ANNA, BO)) == [
        ((1, 2), "0102031234", "green"),
        ((3,), "0405062345", "green"),
    ]


def test_pages_before_the_first_number_have_no_recipient():
    plan = make_plan("Følgebrev", "mere", ANNA)
    assert shape(plan) == [((1, 2), None, "red"), ((3,), "0102031234", "green")]
    assert str(plan.letters[0].reasons[0]).startswith("Side 1 har intet CPR- eller CVR-nummer")


def test_a_page_with_two_people_is_nobodys_and_so_are_the_pages_after_it():
    plan = make_plan(ANNA, f"{BO} {CARL}", "side 2", CARL)
    assert shape(plan) == [
        ((1,), "0102031234", "green"),
        ((2, 3), None, "red"),
        ((4,), "0708093456", "green"),
    ]
    assert codes(plan.letters[1]) == ["two_numbers"]


def test_a_letter_whose_next_page_may_be_its_own_is_stopped_too():
    plan = make_plan(ANNA, f"{ANNA} {BO}", CARL)
    assert shape(plan) == [
        ((1,), "0102031234", "red"),
        ((2,), None, "red"),
        ((3,), "0708093456", "green"),
    ]


def test_a_page_that_cannot_be_read_stops_its_letter_and_is_named():
    plan = make_plan(ANNA, SCAN, BO)
    assert shape(plan) == [((1, 2), "0102031234", "red"), ((3,), "0405062345", "green")]
    reason = plan.letters[0].reasons[-1]
    assert (reason.code, reason.page) == ("unreadable", 2)


def test_an_impossible_number_is_a_letter_of_its_own_without_recipient():
    plan = make_plan(ANNA, "CPR-nr. 320203-1234", "side 2", BO)
    assert [(letter.pages, letter.number) for letter in plan.letters] == [
        ((1,), "0102031234"),
        ((2, 3), None),
        ((4,), "0405062345"),
    ]
    assert plan.letters[1].verdict is Verdict.RED and codes(plan.letters[1]) == ["impossible"]
    assert plan.letters[0].verdict is Verdict.YELLOW


def test_an_impossible_number_without_its_word_stays_in_a_file_that_writes_the_word():
    plan = make_plan(ANNA, "Vare 320203-1234 pr. stk.", "320203-1234 pr. stk.", BO)
    assert shape(plan) == [((1, 2, 3), "0102031234", "red"), ((4,), "0405062345", "green")]


def test_an_impossible_number_beside_a_real_one_is_ignored():
    assert shape(make_plan(f"{ANNA} CVR-nr. 12345678", "CVR-nr. 12345678")) == [
        ((1, 2), "0102031234", "green")
    ]


def test_a_mistyped_person_beside_a_company_is_not_sent_to_the_company():
    plan = make_plan(f"CPR-nr. 320203-1234 {OURS}", "side 2")
    assert shape(plan) == [((1, 2), None, "red")]
    assert codes(plan.letters[0]) == ["impossible"]


def test_a_replacement_number_goes_to_paper():
    plan = make_plan("CPR-nr. 610203-1234", "side 2")
    assert shape(plan) == [((1, 2), "6102031234", "red")]
    assert codes(plan.letters[0]) == ["replacement"]
    assert plan.letters[0].kind == "replacement"


def test_a_number_without_check_digit_is_green_with_a_note():
    assert codes(make_plan("CPR-nr. 010203-1234").letters[0]) == ["no_modulus"]


def test_our_own_cvr_number_is_no_recipient():
    plan = make_plan(f"{ANNA} {OURS}", OURS, own_cvr=frozenset({"99000015"}))
    assert shape(plan) == [((1, 2), "0102031234", "green")]


def test_a_cvr_number_on_every_page_of_different_people_is_the_letterhead():
    plan = make_plan(f"{ANNA} {OURS}", OURS, f"{BO} {OURS}", OURS)
    assert shape(plan) == [((1, 2), "0102031234", "green"), ((3, 4), "0405062345", "green")]


def test_companies_get_letters_and_the_letterhead_does_not():
    firms = ["CVR-nr. 99000023", "CVR-nr. 99000031", "CVR-nr. 99000058"]
    plan = make_plan(*(f"{firm} Afsender {OURS}" for firm in firms))
    assert [letter.number for letter in plan.letters] == ["99000023", "99000031", "99000058"]
    assert {letter.verdict for letter in plan.letters} == {Verdict.GREEN}


def test_a_person_and_a_company_on_one_page_is_two_numbers():
    plan = make_plan(ANNA, f"{BO} CVR-nr. 99000023", "CVR-nr. 99000023", CARL)
    assert shape(plan) == [
        ((1,), "0102031234", "green"),
        ((2, 3), None, "red"),
        ((4,), "0708093456", "green"),
    ]


def test_blank_pages_follow_the_letter_before_and_are_left_out_only_in_front():
    plan = make_plan(BLANK, ANNA, BLANK, BO, BLANK)
    assert shape(plan) == [((2, 3), "0102031234", "green"), ((4, 5), "0405062345", "green")]
    [(page, reason)] = plan.left_out
    assert page == 1 and reason.code == "blank"


def test_a_file_without_any_number_says_so():
    plan = make_plan("Kære alle", BLANK)
    assert shape(plan) == [((1, 2), None, "red")]
    assert [error.code for error in plan.errors] == ["no_number"]


def test_bare_digits_count_where_the_file_knows_the_number():
    assert shape(make_plan(ANNA, "0102031234", BO, "0102031234")) == [
        ((1, 2), "0102031234", "green"),
        ((3,), "0405062345", "green"),
        ((4,), "0102031234", "green"),
    ]


def test_bare_digits_count_where_the_caller_knows_the_number():
    def is_bo(kind: str, number: str) -> bool:
        return number == "0405062345"

    assert shape(make_plan(ANNA, "0405062345", known=is_bo))[1][1] == "0405062345"
    assert len(make_plan(ANNA, "0405062345").letters) == 1


def test_what_may_be_a_number_makes_the_letter_yellow():
    plan = make_plan(ANNA, "Barn 0701010019")
    assert plan.letters[0].verdict is Verdict.YELLOW
    assert codes(plan.letters[0])[-1] == "maybe_number"
    assert make_plan(ANNA, "Konto 0701010019").letters[0].verdict is Verdict.GREEN


def test_no_sentence_holds_a_number():
    plan = make_plan(SCAN, ANNA, f"{ANNA} {BO}", "CPR-nr. 320203-1234", "CPR-nr. 610203-1234")
    words = " ".join(str(reason) for letter in plan.letters for reason in letter.reasons)
    assert not find_numbers(words) and "1234" not in words


pages = st.sampled_from(
    [ANNA, BO, CARL, BLANK, SCAN, "side", f"{ANNA} {BO}", "CPR 320203-1234", "CPR 610203-1234",
     OURS, f"{ANNA} {OURS}", "0102031234", "320203-1234", "CVR 12345678"]
)  # fmt: skip


@given(st.lists(pages, max_size=30))
def test_every_page_is_in_one_letter_or_left_out_with_a_reason(texts):
    plan = make_plan(*texts)
    counted = [page for letter in plan.letters for page in letter.pages]
    counted += [page for page, _ in plan.left_out]
    assert sorted(counted) == list(range(1, len(texts) + 1))
    for letter in plan.letters:
        assert letter.pages == tuple(range(letter.pages[0], letter.pages[-1] + 1))
        assert letter.verdict is Verdict.GREEN or letter.reasons
        if letter.verdict is not Verdict.RED:
            assert letter.number
            assert not {SCAN, f"{ANNA} {BO}"} & {texts[page - 1] for page in letter.pages}
