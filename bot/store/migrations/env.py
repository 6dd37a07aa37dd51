"""Run by Alembic: migrates over the connection it is given, inside its transaction."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction spans all of it
)
context.run_migrations()
