"""Alembic's way into our metadata; it always runs on a connection that the caller opened."""

import importlib
from pathlib import Path

from alembic import context

import server
from server.kernel.db import Model

for file in sorted(Path(server.__path__[0]).glob("*/models.py")):
    importlib.import_module(f"server.{file.parent.name}.models")
importlib.import_module("server.kernel.idempotency")

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    user_module_prefix="keydesk.",
)
with context.begin_transaction():
    context.run_migrations()
