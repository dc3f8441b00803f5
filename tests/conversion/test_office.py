"""LibreOffice makes the PDFs, locked in: no time, no network and no file but those it is given."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitalpost.conversion.convert import Converted, GivenFile, all_to_pdf
from digitalpost.conversion.kinds import FileKind
from digitalpost.conversion.profile import write_profile
from digitalpost.errors import Refused
from digitalpost.pdf.pool import Workers
from tests.conftest import path_of
from tests.conversion import making
from tests.make import make_settings

SECRET = "Hemmeligt fra serverens disk"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1) as one:
        yield one


def convert(
    folder: Path, workers: Workers, files: dict[str, Path], **environ: str
) -> dict[str, Converted | str]:
    """Each file's PDF, or the code it was refused with."""
    given = [GivenFile(name, path) for name, path in files.items()]
    settings = make_settings(folder, **environ)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    outcomes = all_to_pdf(given, settings=settings, workers=workers, folder=work)
    return {
        name: outcome.sentences[0].code if isinstance(outcome, Refused) else outcome
        for name, outcome in zip(files, outcomes, strict=True)
    }


def text_of(pdf: Path) -> str:
    done = subprocess.run([path_of("pdftotext"), str(pdf), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def make_old_word(folder: Path, text: str) -> Path:
    """A Word 97 document, written by LibreOffice."""
    path_of("soffice")
    write_profile(folder / "profile")
    source = making.make_docx(folder / "gammel.docx", text)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "doc", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "gammel.doc"


def test_office_files_of_every_kind_become_pdf_in_one_run(tmp_path: Path, workers: Workers) -> None:
    path_of("soffice")
    path_of("scalc")
    private = tmp_path / "private"
    private.mkdir()
    secret = private / "secret.txt"
    secret.write_text(SECRET)
    link = f'xlink:href="{secret.as_uri()}" xlink:type="simple"'
    section = (
        '<text:section text:name="s"><text:section-source text:filter-name="Text" '
        f"{link}/><text:p>Uden kilde</text:p></text:section>"
    )
    files = {
        "Brev til Åse; rm -rf $HOME.docx": making.make_docx(
            tmp_path / "-env;$(a) b\n.pdf", f"Kære Åse {making.CPR}"
        ),
        "b.odt": making.make_odt(tmp_path / "b", body=section),
        "c.rtf": making.make_rtf(tmp_path / "c"),
        "d.xlsx": making.make_xlsx(tmp_path / "d"),
        "e.doc": make_old_word(tmp_path, "Gammelt Word med æøå"),
        "f.docx": making.make_office_zip(tmp_path / "f"),
    }
    before = sorted((tmp_path / name).name for name in os.listdir(tmp_path))
    done = convert(tmp_path, workers, files)
    assert done.pop("f.docx") == "damaged"
    texts = {}
    kinds = []
    for name, outcome in done.items():
        assert isinstance(outcome, Converted)
        texts[name[-5:]] = text_of(outcome.path)
        kinds.append(outcome.kind)
    office = [FileKind.DOCX, FileKind.ODT, FileKind.RTF, FileKind.XLSX, FileKind.DOC]
    assert kinds == office
    assert f"Kære Åse {making.CPR}" in texts[".docx"]
    assert "OpenDocument med æøå" in texts["b.odt"]
    assert SECRET not in texts["b.odt"]
    assert "Rig tekst med æøå" in texts["c.rtf"]
    assert "Regneark med æøå" in texts[".xlsx"]
    assert "Gammelt Word med æøå" in texts["e.doc"]
    left = sorted(os.listdir(tmp_path))
    assert left == sorted([*before, "work"])
    assert {path.suffix for path in (tmp_path / "work").iterdir()} == {".pdf"}


def make_stand_in(folder: Path, script: str) -> Path:
    """A program in LibreOffice's place. ``$out`` is where PDFs go; its last words are the files."""
    program = folder / "office" / "program" / "soffice"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != --outdir ]; do shift; done\n'
        'out=$2; shift 2\nmake() { printf "%%PDF-1.7\\n%%%%EOF" > "$out/$1.pdf"; }\n' + script
    )
    program.chmod(0o755)
    return program


def running_with(mark: str) -> list[str]:
    """The command lines of processes that have ``mark`` in them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if mark in line:
            found.append(line)
    return found


def make_rtf_files(folder: Path, **texts: str) -> dict[str, Path]:
    for name, text in texts.items():
        (folder / name).write_text(f"{{\\rtf1 {text}}}")
    return {name: folder / name for name in texts}


def test_a_hanging_program_is_ended_with_all_it_started_and_the_rest_is_done(
    tmp_path: Path, workers: Workers
) -> None:
    mark = f"6{os.getpid()}.125"  # seconds that nobody else sleeps
    program = make_stand_in(
        tmp_path,
        'for file in "$@"; do\n'
        f'  if grep -q HANG "$file"; then sleep {mark} & wait; fi\n'
        '  name=${file##*/}; make "${name%.*}"\ndone\n',
    )
    done = convert(
        tmp_path,
        workers,
        make_rtf_files(tmp_path, a="en", b="HANG", c="to"),
        DIGITALPOST_SOFFICE=str(program),
        DIGITALPOST_OFFICE_SECONDS="1",
    )
    assert isinstance(done["a"], Converted)
    assert done["b"] == "too_slow"
    assert isinstance(done["c"], Converted)
    assert running_with(mark) == []
    assert running_with(str(program)) == []
    assert len(os.listdir(tmp_path / "work")) == 2


def test_a_file_at_which_the_program_dies_is_refused_and_the_rest_is_done(
    tmp_path: Path, workers: Workers
) -> None:
    program = make_stand_in(
        tmp_path,
        'for file in "$@"; do\n'
        "  name=${file##*/}; name=${name%.*}\n"
        '  if grep -q CRASH "$file"; then echo %PDF-1.7 > "$out/$name.pdf"; kill -SEGV $$; fi\n'
        '  make "$name"\ndone\n',
    )
    done = convert(
        tmp_path,
        workers,
        make_rtf_files(tmp_path, a="CRASH", b="en", c="to"),
        DIGITALPOST_SOFFICE=str(program),
    )
    assert done.pop("a") == "broke"
    assert all(isinstance(one, Converted) for one in done.values())


def test_the_program_is_under_limits_and_reaches_neither_disk_nor_network(
    tmp_path: Path, workers: Workers
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    program = make_stand_in(
        tmp_path,
        'report="$out/000.pdf"; echo "%PDF-1.7" > "$report"\n'
        f'cat {secret} >> "$report" 2>&1\n'
        f'echo x > {tmp_path}/made 2>> "$report"\n'
        'bash -c "exec 3<>/dev/tcp/127.0.0.1/$(sed -n s/.*PORT//p "$1" | tr -dc 0-9)" '
        '2>> "$report" && echo connected >> "$report"\n'
        'echo "cpu $(ulimit -t) memory $(ulimit -v) file $(ulimit -f) core $(ulimit -c)" '
        '>> "$report"\n'
        'env >> "$report"; head -c 20000000 /dev/zero > "$out/large" 2>> "$report"\n'
        'wc -c "$out/large" >> "$report"; echo "%%EOF" >> "$report"\n',
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = convert(
            tmp_path,
            workers,
            make_rtf_files(tmp_path, a=f"PORT{server.getsockname()[1]}"),
            DIGITALPOST_SOFFICE=str(program),
            DIGITALPOST_OFFICE_SECONDS="30",
            DIGITALPOST_OFFICE_MEMORY_MB="1024",
            DIGITALPOST_OFFICE_MAX_MB="5",
        )
    assert isinstance(done["a"], Converted)
    report = done["a"].path.read_text(errors="replace")
    assert "cpu 30 memory 1000000 file 9765 core 0" in report
    assert "5000000 " in report
    assert "connected" not in report
    assert SECRET not in report
    assert "MASTER_KEY" not in report
    assert not (tmp_path / "made").exists()


def test_without_any_converter_the_clerk_hears_what_to_do(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    files = make_rtf_files(tmp_path, a="en") | {"b": making.make_jpeg(tmp_path / "b")}
    done = convert(tmp_path, workers, files)
    assert done["a"] == "no_converter"
    assert isinstance(done["b"], Converted)
