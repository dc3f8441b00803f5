"""Checking a signed file in a child process: it came from outside and may mean harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from digitalpost.pdf.child import Limits
from digitalpost.pdf.pool import Workers
from digitalpost.signing.verdicts import Checked, SignatureKind

# A letter takes a fraction of a second; loading pyHanko the first time takes one.
LIMITS = Limits(cpu_seconds=20, memory=2 << 30)


@dataclass(frozen=True)
class CheckTask:
    """Check one signed file against the bytes that were sent."""

    signed: bytes = field(repr=False)
    original: bytes = field(repr=False)
    roots: bytes = field(repr=False)
    keys: tuple[int, ...] = (0,)

    def only(self, keys: tuple[int, ...]) -> CheckTask:
        return CheckTask(self.signed, self.original, self.roots, keys)

    def run(self, at: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        # Here and not above: whoever only asks for the check needs no pyHanko.
        from digitalpost.signing.check import check_signed_pdf

        at(0)
        yield 0, check_signed_pdf(self.signed, self.original, self.roots)


def check_signed(signed: bytes, original: bytes, roots: bytes, *, workers: Workers) -> Checked:
    """As `check.check_signed_pdf`, in a child of ``workers``.

    A file that takes more time or memory than those allow is *broken*.
    """
    [(_, found)] = workers.run([CheckTask(signed, original, roots)])
    return found if isinstance(found, Checked) else Checked(SignatureKind.BROKEN)
