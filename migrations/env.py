"""Runs the migrations on the connection that `digitalpost.migrate` hands in."""

from __future__ import annotations

from alembic import context

from digitalpost.migrate import comparison_options

context.configure(connection=context.config.attributes["connection"], **comparison_options())
with context.begin_transaction():
    context.run_migrations()
