#!/usr/bin/env python3
"""Kontrollerer et bevis fra DigitalPost uden adgang til DigitalPost.

    python3 verify_evidence.py bevis-123.zip
    python3 verify_evidence.py MAPPE            (den udpakkede zip-fil)

Kræver kun Python 3.8 eller nyere og intet net. Programmet regner fingeraftrykket (SHA-256) af hver
fil efter og siger linje for linje, om det holder:

    SHA256SUMS        hver fil er den, der står på listen
    bevis.json        oplysningerne passer til deres eget fingeraftryk ("sha256"): SHA-256 af
                      "evidence" som JSON med sorterede nøgler, uden mellemrum, i UTF-8
    brev.pdf          filen er den, som beviset taler om, og den, der blev lagt på sagen og sendt
    kvittering-*.json filen er den, kanalen svarede med, og den taler om det samme brev og den
                      samme besked
    bevis.pdf         siden er den, der blev lavet sammen med beviset

Svar: 0, når alt holder; 1, når noget ikke gør; 2, når der ikke er noget at kontrollere.

Programmet viser, at filerne hører sammen og ikke er ændret, siden beviset blev hentet. Afsenderen
har bevisets fingeraftryk i sin log og kan sige, om netop det bevis er hentet hos dem og hvornår.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

FORMAT = "digitalpost-evidence/1"
FACTS, SUMS = "bevis.json", "SHA256SUMS"
LARGEST = 1_000_000_000  # bytes of one file: more is no evidence of ours
SUM_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+)")


def main(arguments):
    """Check what is named on the command line; the exit code."""
    if len(arguments) != 1 or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 2
    try:
        files, broken = read(Path(arguments[0]))
    except (OSError, zipfile.BadZipFile) as error:
        print(f"Kan ikke læses: {error}")
        return 2
    if not files and not broken:
        print("Der er ingen filer at kontrollere.")
        return 2
    lines = [(False, name, "filen er beskadiget i zip-filen") for name in broken]
    lines += check(files, set(broken))
    for holds, name, said in lines:
        print(f"{'OK  ' if holds else 'FEJL'}  {name}: {said}")
    wrong = [line for line in lines if not line[0]]
    print("Alt holder." if not wrong else f"Noget holder ikke: {len(wrong)}.")
    return 1 if wrong else 0


def read(path):
    """({name: bytes}, [names that can't be read]) of a folder or a zip file."""
    files, broken = {}, []
    if path.is_dir():
        for one in sorted(path.iterdir()):
            if one.is_file():
                files[one.name] = one.read_bytes()
        return files, broken
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            try:
                if info.file_size > LARGEST:
                    raise zipfile.BadZipFile("for stor")
                files[info.filename] = archive.read(info)
            except Exception:  # a damaged zip file fails in many ways, each about this member
                broken.append(info.filename)
    return files, broken


def check(files, broken):
    """(holds, name, what) for everything that can be said of the files."""
    lines = []
    sums = read_sums(files.get(SUMS), lines)
    told, facts = read_facts(files.get(FACTS), lines, FACTS in broken)
    named = {one["file"]: one for one in mentioned(told, facts)}
    for name in sorted({*files, *sums, *named} - {SUMS} - broken):
        if name not in files:
            lines.append((False, name, "filen mangler"))
            continue
        actual = hashlib.sha256(files[name]).hexdigest()
        lines.append(judge(name, actual, len(files[name]), sums, named, told is not None))
    if facts is not None:
        lines += consistent(facts, files)
    return lines


def read_sums(content, lines):
    """{name: hash} of the list; lines that are no such lines are said."""
    found = {}
    if content is None:
        lines.append((False, SUMS, "filen mangler"))
        return found
    text = content.decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        match = SUM_LINE.fullmatch(line)
        if match is None:
            lines.append((False, SUMS, f"linje {number} er ændret"))
        else:
            found[match[2]] = match[1]
    if not text.endswith("\n"):
        lines.append((False, SUMS, "den sidste linje er ændret"))
    return found


def read_facts(content, lines, is_broken):
    """(the whole file, its evidence); None for what can't be read."""
    if content is None:
        if not is_broken:
            lines.append((False, FACTS, "filen mangler"))
        return None, None
    try:
        told = json.loads(content.decode("utf-8"))
        facts = told["evidence"]
        digest = canonical(facts)
        known = told["sha256"]
        if facts["format"] != FORMAT:
            raise ValueError("format")
    except (ValueError, KeyError, TypeError):
        lines.append((False, FACTS, "oplysningerne kan ikke læses; filen er ændret"))
        return None, None
    if digest != known:
        lines.append((False, FACTS, "oplysningerne passer ikke til deres fingeraftryk"))
    else:
        lines.append((True, FACTS, f"oplysningerne har fingeraftrykket {digest}"))
    return told, facts


def canonical(facts):
    """The SHA-256 of the facts in one fixed form."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def mentioned(told, facts):
    """Every file that the evidence speaks of: {"file", "sha256", "size"}."""
    if facts is None:
        return
    for one in (
        facts.get("content"),
        told.get("sheet"),
        *(delivery.get("receipt") for delivery in facts.get("deliveries") or ()),
    ):
        if isinstance(one, dict) and "file" in one:
            yield one


def judge(name, actual, size, sums, named, has_facts):
    """One line about one file: by the list, and by the evidence where it speaks of it."""
    by_sums = sums.get(name)
    entry = named.get(name)
    by_facts = entry.get("sha256") if entry else None
    if name == FACTS and by_sums is None:
        return (False, SUMS, f"linjen om {name} mangler")
    if name == FACTS and by_sums != actual:
        return (False, name, f"filen eller linjen om den i {SUMS} er ændret")
    if by_sums is None and by_facts is None:
        return (False, name, "filen hører ikke til beviset")
    if by_facts is not None and by_facts == actual and by_sums != actual:
        why = "mangler" if by_sums is None else "er ændret"
        return (False, SUMS, f"linjen om {name} {why}; selve filen holder")
    if by_facts is not None and by_sums == actual:
        if by_facts != actual or entry.get("size") != size:
            return (False, FACTS, f"oplysningerne om {name} er ændret; selve filen holder")
    elif by_sums != actual:
        return (False, name, "filen er ændret")
    if entry is None and name != FACTS and has_facts:
        return (False, name, "filen står på listen, men beviset taler ikke om den")
    return (True, name, f"filen holder ({actual[:16]}…)")


def consistent(facts, files):
    """Whether letter, deliveries, receipts and log speak of the same bytes and messages."""
    lines = []
    sha256 = (facts.get("content") or {}).get("sha256")
    filed = [
        one["data"]["sha256"]
        for one in facts.get("events") or ()
        if one.get("kind") == "letter:filed" and "sha256" in (one.get("data") or {})
    ]
    if filed:
        same = filed[-1] == sha256
        said = "er den, der blev lagt på sagen" if same else "er ikke den, der blev lagt på sagen"
        lines.append((same, "brev.pdf", said))
    for one in facts.get("deliveries") or ():
        name = f"aflevering {one.get('number')}"
        same = one.get("content_sha256") == sha256
        lines.append((same, name, "gælder brevet" if same else "gælder ikke det samme brev"))
        receipt = one.get("receipt")
        if not receipt:
            continue
        try:
            said = json.loads(files[receipt["file"]].decode("utf-8"))
            about = said.get("content_sha256") or sha256
            fits = said["message_id"] == one["message_id"] and about == sha256
        except (ValueError, KeyError, TypeError, AttributeError):
            fits = False
        what = "taler om samme brev og besked" if fits else "taler ikke om samme brev og besked"
        lines.append((fits, receipt.get("file", "kvittering"), what))
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
