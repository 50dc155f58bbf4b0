"""The real PostgreSQL: each test has a database of its own, made from a template, and none is left."""

import psycopg
import pytest

from tests.tools.postgres import Postgres

pytestmark = pytest.mark.timeout(180)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=30)


def test_a_fresh_database_holds_what_its_template_holds(postgres: Postgres) -> None:
    template = postgres.create_database("with_a_table")
    with connect(template) as connection:
        connection.execute("CREATE TABLE licenses (id text); INSERT INTO licenses VALUES ('lic_1')")

    with connect(postgres.fresh_database("with_a_table")) as connection:
        assert connection.execute("SELECT id FROM licenses").fetchall() == [("lic_1",)]


def test_two_databases_do_not_see_each_other(postgres: Postgres, postgres_url: str) -> None:
    with connect(postgres_url) as connection:
        connection.execute("CREATE TABLE only_here (id text)")

    with connect(postgres.fresh_database()) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_a_database_is_dropped_even_when_somebody_is_connected(postgres: Postgres) -> None:
    url = postgres.fresh_database()
    with connect(url) as connection:
        postgres.drop_database(url)

        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
