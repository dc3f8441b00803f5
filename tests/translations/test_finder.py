"""Following texts to where they are said, however far from there they are written."""

from __future__ import annotations

import ast
from textwrap import dedent

from translations.python_texts import Finder, Found
from translations.source import Module


def find(**sources: str) -> Found:
    """What is found in modules with this source."""
    modules = {
        name: Module(name, f"{name}.py", ast.parse(dedent(source)))
        for name, source in sources.items()
    }
    return Finder(modules).run()


def test_a_text_over_several_lines_is_one_text() -> None:
    assert set(find(a="""raise Refused("Filen er tom. "\n "Vælg en anden.")""").texts) == {
        "Filen er tom. Vælg en anden."
    }


def test_both_sides_of_a_choice_are_found() -> None:
    assert set(find(a="""gettext("Ja" if sure else "Nej")""").texts) == {"Ja", "Nej"}


def test_a_constant_of_another_module_is_found_where_it_is_written() -> None:
    found = find(
        words="""TOO_BIG = "Filen er for stor." """,
        use="""from words import TOO_BIG as text\nSentence(text)""",
    )
    assert found.texts == {"Filen er for stor.": {"words.py"}}


def test_a_table_is_found_by_key_by_get_and_by_loop() -> None:
    table = 'WORDS = {1: "Et", 2: "To"}\n'
    for use in (
        "Sentence(WORDS[key])",
        'Sentence(WORDS.get(key, "Mange"))',
        "for _, word in WORDS.items():\n    Sentence(word)",
    ):
        assert {"Et", "To"} <= set(find(a=table + use).texts), use


def test_a_helper_is_followed_to_its_callers_and_theirs() -> None:
    found = find(
        helper="""
            def refused(code, text, **values):
                return Refused([Sentence(text, values, code=code)])
            def damaged(text):
                return refused("damaged", text)
        """,
        use="""
            from helper import damaged, refused
            raise refused("a", "Filen er %(kind)s.", kind="et billede")
            raise damaged(text="Filen er i stykker.")
        """,
    )
    assert set(found.texts) == {"Filen er %(kind)s.", "et billede", "Filen er i stykker."}


def test_a_helper_that_makes_a_function_is_followed() -> None:
    source = """
        def plain(text):
            return lambda data: Sentence(text)
        SENTENCES = {1: plain("Brevet blev læst")}
    """
    assert set(find(a=source).texts) == {"Brevet blev læst"}


def test_what_was_put_into_a_list_is_found_where_it_is_said() -> None:
    source = """
        OTHER = "Et andet nummer."
        def judge(page):
            doubts: list = []
            doubts.append(("other", OTHER, page))
            return [Sentence(text, {"page": page}) for code, text, page in doubts]
    """
    assert set(find(a=source).texts) == {"Et andet nummer."}


def test_a_method_is_followed_from_other_modules() -> None:
    found = find(
        draft="""
            class Draft:
                def say(self, code, text, page):
                    self.reasons.append(Sentence(text, {"page": page}))
        """,
        use="""draft.say("blank", "Side %(page)s er tom.", 3)""",
    )
    assert set(found.texts) == {"Side %(page)s er tom."}


def test_labels_and_words_inside_a_sentence_are_texts() -> None:
    source = """
        class Status(StrEnum):
            @property
            def label(self):
                return {Status.OPEN: "Åben"}[self]
        Sentence("Svar: %(why)s", {"why": "intet"})
    """
    assert set(find(a=source).texts) == {"Åben", "Svar: %(why)s", "intet"}


def test_both_numbers_of_a_text_are_kept_together() -> None:
    assert set(find(a="""ngettext("%(num)s dag", "%(num)s dage", n)""").texts) == {
        ("%(num)s dag", "%(num)s dage")
    }


def test_a_text_that_is_put_together_at_run_time_is_reported() -> None:
    assert [place.line for place in find(a="""x = 1\nRefused(f"Fejl {x}")""").lost] == [2]
    assert find(a="""Refused("Fejl " + why)""").lost
