"""The table of commands. A function is named, not imported, so a worker never loads the web."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Argument:
    """One argument of a command, as argparse takes it."""

    def __init__(self, *names: str, **options: Any) -> None:
        self.names = names
        self.options = options


@dataclass(frozen=True)
class Command:
    """One command: ``function`` is ``module:name`` and takes (arguments, settings).

    It returns an `Answer`, or an exit code when it did its own talking.
    """

    name: str
    help: str
    function: str
    arguments: tuple[Argument, ...] = ()


_MAILING = Argument("mailing", type=int, metavar="FORSENDELSE", help="forsendelsens nummer")
_PORT = Argument("--port", type=int, help="webserverens port (ellers DIGITALPOST_PORT, 8000)")

COMMANDS = (
    Command(
        "run",
        "Start det hele: web, arbejdere, ur, køserver og øvelsesmiljø. Ctrl-C stopper det hele.",
        "cli.run:run",
        (
            _PORT,
            Argument("--no-sandbox", action="store_true", help="start ikke øvelsesmiljøet"),
        ),
    ),
    Command(
        "web",
        "Start kun webserveren.",
        "cli.services:web",
        (_PORT, Argument("--fd", type=int, help="en åben port, som webserveren overtager")),
    ),
    Command(
        "worker",
        "Start én arbejder.",
        "cli.services:worker",
        (Argument("--burst", action="store_true", help="stop, når køen er tom"),),
    ),
    Command("clock", "Start uret, der finder det, som skal ske nu.", "cli.services:clock"),
    Command(
        "sandbox",
        "Start øvelsesmiljøet, eller vis dens adresser.",
        "cli.sandbox:sandbox",
        (
            Argument("--urls", action="store_true", help="vis adresser og certifikatfiler"),
            Argument("--port", type=int, help="port til siden Modtagerens postkasse"),
            Argument("--tls-port", type=int, help="port til e-Boks"),
            Argument("--mode", choices=("proxy", "direct"), default="proxy", help="e-Boks' svar"),
            Argument(
                "--deliver",
                choices=("monday", "year"),
                help="læg post til skolen i øvelsesmiljøet: en mandag (60) eller et år (20.000)",
            ),
        ),
    ),
    Command(
        "init",
        "Opret nøgler, database og den første administrator.",
        "cli.install:init",
        (
            Argument("--demo", action="store_true", help="opret en opdigtet skole at prøve med"),
            Argument("--name", help="administratorens navn"),
            Argument("--institution", help="institutionens navn, som det står i portalen"),
            Argument("--cvr", help="institutionens CVR-nummer, så det aldrig bliver modtager"),
            Argument("--email", help="administratorens e-mail, som bruges til at logge ind"),
        ),
    ),
    Command(
        "prepare",
        "Gør en forsendelse klar til gennemsyn ud fra en eller flere PDF-filer.",
        "cli.operate:prepare",
        (
            Argument("files", nargs="+", type=Path, metavar="FIL"),
            Argument(
                "--split",
                default="number",
                metavar="MÅDE",
                help="hvordan filen deles i breve: number, pages:2, marker, marker:TEKST, "
                "bookmarks, blank, file eller whole (hele filen til --to)",
            ),
            Argument(
                "--to",
                action="append",
                default=[],
                metavar="NUMMER",
                help="modtagerens CPR- eller CVR-nummer, når hele filen er til den",
            ),
            Argument(
                "--attach",
                action="append",
                default=[],
                type=Path,
                metavar="FIL",
                help="bilag til alle brevene; kan gives flere gange",
            ),
            Argument(
                "--attach-each",
                action="append",
                default=[],
                type=Path,
                metavar="FIL",
                help="bilag til det ene brev, hvis nummer står i filnavnet eller i bilaget",
            ),
            Argument("--keep-numbers", action="store_true", help="lad CPR-numre stå i brevene"),
            Argument(
                "--remove-every-number",
                action="store_true",
                help="fjern alle CPR-numre i brevene, ikke kun modtagerens",
            ),
        ),
    ),
    Command(
        "export",
        "Gem en forsendelses færdige breve som PDF-filer med en manifest.json.",
        "cli.operate:export",
        (_MAILING, Argument("--to", type=Path, required=True, metavar="MAPPE")),
    ),
    Command(
        "approve",
        "Godkend en forsendelse.",
        "cli.operate:approve",
        (
            _MAILING,
            Argument("--confirm", type=int, required=True, metavar="N", help="antal breve"),
            Argument("--no-hold", action="store_true", help="send uden fortrydelsestid"),
            Argument(
                "--copies",
                choices=("accept", "decline"),
                help="godkend alle kopier til forældre, der ikke er taget stilling til, eller "
                "vælg dem fra",
            ),
        ),
    ),
    Command(
        "rehearse",
        "Prøvekør en forsendelse: alt undtagen selve afsendelsen.",
        "cli.rehearse:rehearse",
        (_MAILING,),
    ),
    Command("cancel", "Annullér det, der ikke er sendt.", "cli.operate:cancel", (_MAILING,)),
    Command("status", "Vis, hvor langt brevene er.", "cli.operate:status", (_MAILING,)),
    Command(
        "balance",
        "Gør regnskabet op: hvert brev, der er lavet, står et sted, for hver forsendelse og dag.",
        "cli.balance:balance",
        (Argument("--days", type=int, default=7, metavar="N", help="så mange dage tilbage"),),
    ),
    Command("fetch", "Hent post nu, læg den på sager og fordel den.", "cli.fetch:fetch"),
    Command(
        "suggestions",
        "Vis, hvor tit forslagene til fordeling var rigtige, måned for måned.",
        "cli.suggestions:suggestions",
    ),
    Command("verify", "Efterprøv loggen og alle gemte dokumenter.", "cli.operate:verify"),
)
