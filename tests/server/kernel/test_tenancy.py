"""Vendors are kept apart: no scope means no rows, and a foreign row is a missing one."""

import pytest
from sqlalchemy import select, update

from server.catalog.models import Product
from server.kernel.db import NotWriting, session, writing
from server.kernel.errors import NotFound
from server.kernel.tenancy import ForeignTenant, TenantNotSet, resolve, system_scope, tenant
from tests.conftest import NOON, Cast


def test_a_vendor_reads_its_own_rows_only(harbour: Cast, stranger: Cast) -> None:
    assert [row.id for row in session.scalars(select(Product))] == [harbour.product.id]
    with tenant(stranger.vendor.id):
        assert [row.id for row in session.scalars(select(Product))] == [stranger.product.id]


def test_a_foreign_id_is_answered_like_a_missing_one(harbour: Cast, stranger: Cast) -> None:
    with pytest.raises(NotFound) as foreign:
        resolve(Product, stranger.product.id)
    with pytest.raises(NotFound) as missing:
        resolve(Product, "prd_00000000000000000000000000")
    assert (foreign.value.code, foreign.value.detail) == (missing.value.code, missing.value.detail)


def test_without_a_vendor_nothing_is_read(harbour: Cast) -> None:
    with tenant(""), pytest.raises(NotFound):
        resolve(Product, harbour.product.id)
    session.rollback()
    from contextvars import Context

    with pytest.raises(TenantNotSet):
        Context().run(lambda: session.scalars(select(Product)).all())


def test_an_update_reaches_own_rows_only(harbour: Cast, stranger: Cast) -> None:
    with writing():
        session.execute(update(Product).values(name="Mine"))
    with system_scope("the test looks at both"):
        names = {row.id: row.name for row in session.scalars(select(Product))}
    assert names == {harbour.product.id: "Mine", stranger.product.id: "Stranger Gallery"}


def test_a_row_of_another_vendor_cannot_be_written(harbour: Cast, stranger: Cast) -> None:
    with pytest.raises(ForeignTenant), writing():
        session.add(Product(tenant_id=stranger.vendor.id, slug="x", name="X", edd_item_id=9, created_at=NOON))


def test_rows_are_written_inside_writing_only(harbour: Cast) -> None:
    harbour.product.name = "changed"
    with pytest.raises(NotWriting):
        session.flush()
    session.rollback()
