"""Migrations lead up and down on both databases, and end at the schema of the models."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from server import migrate
from server.kernel import db, settings
from tests.conftest import load_models, make_cast


def test_the_migrations_make_what_the_models_describe(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    engine = db.connect(empty_database)
    load_models()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, db.Model.metadata) == []


def test_a_filled_database_goes_down_and_up_again(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    db.connect(empty_database)
    make_cast("Harbour")
    migrate.downgrade(empty_database)
    assert inspect(db.connect(empty_database)).get_table_names() == ["alembic_version"]
    migrate.upgrade(empty_database)
    with db.connect(empty_database).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM vendors")).scalar() == 0


def test_starting_twice_changes_nothing(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    migrate.upgrade(empty_database)
    assert settings.current().is_development
