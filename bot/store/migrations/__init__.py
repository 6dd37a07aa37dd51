"""Alembic migrations, run in place by `Store.open`; they travel with the installed package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from bot.core.errors import FrontlineError


def configuration() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """Brings the schema of this connection's database to the newest revision, in its transaction."""
    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # a revision that this version of the program does not know
        raise FrontlineError(
            "database_newer", "the database was migrated by a newer version of frontline", status=500
        ) from error
