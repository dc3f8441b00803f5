"""Exit codes, sentences and JSON of the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cli.main
from cli.commands import COMMANDS, Command


@pytest.fixture(autouse=True)
def _stand_in_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = [
        Command(name, name, f"tests.cli.stand_ins:{name}")
        for name in ("answer", "refuse", "break_down")
    ]
    monkeypatch.setattr(cli.main, "COMMANDS", (*COMMANDS, *rows))
    monkeypatch.setenv("DIGITALPOST_HOME", str(tmp_path / "home"))


def test_an_answer_is_lines_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main.main(["answer"]) == 0
    assert capsys.readouterr().out == "Forsendelse 12 er klar.\n"


def test_an_answer_is_one_json_object_for_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main.main(["answer", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"mailing": 12, "name": "Sølvi"}


def test_a_refusal_says_every_reason_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main.main(["refuse"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "breve.pdf, side 3: Siden er tom.\nPrøv igen.\n"


def test_a_refusal_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main.main(["refuse", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "errors": [
            {"file": "breve.pdf", "page": 3, "message": "Siden er tom."},
            {"file": None, "page": None, "message": "Prøv igen."},
        ]
    }


def test_an_error_of_ours_is_a_sentence_and_the_details_are_in_the_log_without_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    assert cli.main.main(["break_down"]) == 2
    err = capsys.readouterr().err
    logged = (tmp_path / "home" / "logs" / "app.log").read_text()
    assert err.startswith("Noget gik galt i programmet.")
    assert "Traceback" not in err
    assert "RuntimeError: 010190-••••" in logged
    assert "1234" not in logged


def test_a_setting_that_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITALPOST_PORT", "otte")
    assert cli.main.main(["answer"]) == 1
    assert "DIGITALPOST_PORT" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["findes-ikke"], [], ["approve"], ["approve", "to"]])
def test_a_command_line_that_is_not_understood_ends_with_two(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main.main(words)
    assert ended.value.code == 2
    assert "Kommandoen kunne ikke forstås" in capsys.readouterr().err


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main.main([name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_prepare_takes_files_and_recipients_in_any_order() -> None:
    parsed = cli.main.build_parser().parse_args(
        ["prepare", "--to", "1", "--to", "2", "a.pdf", "b.pdf", "--keep-numbers", "--json"]
    )
    assert [str(file) for file in parsed.files] == ["a.pdf", "b.pdf"]
    assert (parsed.to, parsed.keep_numbers, parsed.json) == (["1", "2"], True, True)
