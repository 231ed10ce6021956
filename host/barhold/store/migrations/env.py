"""Run by alembic: applies the steps on the connection that `migrate` opened, inside its transaction."""

from alembic import context

from barhold.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
