"""A whole site tells of an alarm by itself: the clock finds it due, a worker looks and sends."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa

from tests.cli.site import Site, wait_for
from tests.oversight.servers import mail_server, web_server


def test_a_running_site_sends_what_it_finds_and_shows_it_on_the_command_line(
    tmp_path: Path,
) -> None:
    with mail_server() as box, web_server() as hook:
        site = Site(
            tmp_path / "home",
            ALARM_SMTP_URL=f"smtp://127.0.0.1:{box.port}",
            ALARM_FROM="vagt@egely.example",
            ALARM_TO="drift@egely.example",
            ALARM_WEBHOOK_URL=f"http://127.0.0.1:{hook.port}/",
            ALARM_WEBHOOK_SECRET="sytten tegn i alt",
        )
        site.call("init", "--demo")
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'home' / 'digitalpost.db'}")
        with engine.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO channel_states (channel, paused_since) "
                    "VALUES ('eboks', '2026-01-01 08:00:00.000000')"
                )
            )
        engine.dispose()
        with site.running():
            wait_for(lambda: box.mails and hook.posts)
            books = site.call("balance")
        assert [mail["Subject"].partition(" (")[0] for mail in box.mails] == [
            "Alarm: Forbindelse på pause"
        ]
        [(_, body)] = hook.posts
        assert json.loads(body)["what"] == "e-Boks har været på pause siden 01.01. kl. 09.00."
        assert books["balances"]
        assert [one["message"] for one in books["alarms"]] == [json.loads(body)["what"]]
