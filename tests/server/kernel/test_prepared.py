"""A prepared read outlives broken connections, follows the database, and takes exactly one value."""

from typing import Any

import pytest
from sqlalchemy import bindparam, column, select, table, text

from server.accounts.models import Vendor
from server.kernel import db
from server.kernel.prepared import CannotRead, Prepared
from tests.conftest import Cast

BY_SLUG = select(Vendor.name, Vendor.created_at).where(Vendor.slug == bindparam("slug"))


def test_it_reads_what_the_models_read(harbour: Cast) -> None:
    assert Prepared(BY_SLUG).rows("harbour") == [["Harbour Plugins", harbour.vendor.created_at]]
    assert Prepared(BY_SLUG).rows("nobody") == []


def test_it_sees_what_was_written_meanwhile(harbour: Cast) -> None:
    read = Prepared(BY_SLUG)
    read.rows("harbour")
    with db.engine().connect().execution_options(keydesk_writing=True) as connection:
        connection.execute(text("UPDATE vendors SET name = 'Renamed'"))
        connection.commit()

    assert read.rows("harbour")[0][0] == "Renamed"


def test_a_connection_that_broke_is_replaced(harbour: Cast, database: str) -> None:
    read = Prepared(BY_SLUG)
    read.rows("harbour")
    assert len(read.idle) == 1
    driver: Any = read.idle[0]
    if database == "postgresql":
        with db.engine().connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": driver.info.backend_pid})
    else:
        driver.close()

    assert read.rows("harbour")[0][0] == "Harbour Plugins"
    assert len(read.idle) == 1


def test_a_table_that_is_gone_is_said(harbour: Cast) -> None:
    read = Prepared(select(column("a")).select_from(table("nothing")).where(column("a") == bindparam("a")))

    with pytest.raises(CannotRead):
        read.rows(1)


def test_no_connection_outlives_the_database(harbour: Cast) -> None:
    read = Prepared(BY_SLUG)
    read.rows("harbour")

    db.disconnect()

    assert len(read.idle) == 0


def test_two_values_are_refused(harbour: Cast) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Prepared(BY_SLUG.where(Vendor.name == "x")).rows("harbour")
