"""From the words on the command line to an exit code."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from cli.answers import BROKEN, DONE, REFUSED, Answer, show, show_refusal
from cli.commands import COMMANDS, Command
from digitalpost.errors import Refused, Sentence
from digitalpost.settings import Settings, SettingsError
from digitalpost.wording import without_numbers


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused, 2 broken or not understood."""
    arguments = build_parser().parse_args(argv)
    command: Command = arguments.command
    home: Path | None = None
    try:
        settings = Settings.from_env(os.environ)
        home = settings.home
        module, _, function = command.function.partition(":")
        outcome = getattr(import_module(module), function)(arguments, settings)
        if isinstance(outcome, Answer):
            return show(outcome, as_json=arguments.json)
        return int(outcome)
    except SettingsError as error:
        return show_refusal(Refused([Sentence(str(error))]), as_json=arguments.json)
    except Refused as refused:
        return show_refusal(refused, as_json=arguments.json)
    except KeyboardInterrupt:
        return REFUSED
    except BrokenPipeError:  # whoever read the answer has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:
        print(_explain(traceback.format_exc(), home), file=sys.stderr)
        return BROKEN


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, made from the table."""
    parser = DanishParser(
        prog="python app.py",
        description="DigitalPost: fordel, godkend, send og arkivér digitale breve.",
    )
    commands = parser.add_subparsers(required=True, metavar="KOMMANDO", parser_class=DanishParser)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        for argument in command.arguments:
            sub.add_argument(*argument.names, **argument.options)
        sub.add_argument("--json", action="store_true", help="svar som ét JSON-objekt")
        sub.set_defaults(command=command)
    return parser


class DanishParser(argparse.ArgumentParser):
    """Says in Danish that a command line was not understood; the detail is argparse's own."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and end with 2."""
        self.exit(BROKEN, f"{self.format_usage()}Kommandoen kunne ikke forstås: {message}\n")


def _explain(trace: str, home: Path | None) -> str:
    """Put the trace where an administrator finds it, and say so in one sentence."""
    reference = secrets.token_hex(3).upper()
    if home is None or not home.is_dir():
        return f"Noget gik galt i programmet (reference {reference}).\n{without_numbers(trace)}"
    log = home / "logs" / "app.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("a") as file:
        file.write(f"{reference}\n{without_numbers(trace)}\n")
    return (
        f"Noget gik galt i programmet. Detaljerne står i {log} under {reference}; "
        "giv dem til den, der driver DigitalPost."
    )
