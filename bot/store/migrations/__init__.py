"""Alembic migrations, run in place by `Store.open`; they travel with the installed package.

Alembic is loaded where there is something to do: a start that finds its schema is a tenth of a second sooner.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from bot.core.errors import FrontlineError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def newest() -> str:
    """The revision of the newest migration, which its file's name begins with."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def configuration() -> Config:
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """Brings the schema of this connection's database to the newest revision, in its transaction."""
    if _revisions(connection) == [newest()]:
        return
    from alembic import command
    from alembic.util.exc import CommandError

    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:  # a revision that this version of the program does not know
        raise FrontlineError(
            "database_newer", "the database was migrated by a newer version of frontline", status=500
        ) from error


def _revisions(connection: Connection) -> list[str]:
    """What the database says that it was migrated to."""
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
