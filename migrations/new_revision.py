"""Writes a migration from what the models have and the migrations lack.

``python -m migrations.new_revision 0003 "Add drafts"``; read what it wrote before committing it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from digitalpost.db import Session, make_engine
from digitalpost.migrate import alembic_config, upgrade


def main(number: str, message: str) -> None:
    """Bring an empty database up to date, compare, write the difference."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'compare.db'}")
        if any((Path(__file__).parent / "versions").glob("*.py")):
            upgrade(engine)
        with Session(engine) as session:
            config = alembic_config(session.connection())
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
