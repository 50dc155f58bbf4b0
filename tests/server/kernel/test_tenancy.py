"""Vendors are kept apart: no scope means no rows, and a foreign row is a missing one."""

from contextvars import Context

import pytest
from sqlalchemy import Select, exists, func, select, update

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
    with pytest.raises(TenantNotSet):
        Context().run(lambda: session.scalars(select(Product)).all())


@pytest.mark.parametrize(
    "statement",
    [
        select(func.count()).select_from(Product),
        select(func.count()).where(Product.name != ""),
        select(func.count()).select_from(select(Product.id).subquery()),
        select(func.count(Product.id)),
    ],
)
def test_a_count_counts_own_rows_only(harbour: Cast, stranger: Cast, statement: Select[int]) -> None:
    assert session.scalar(statement) == 1
    session.rollback()
    with pytest.raises(TenantNotSet):
        Context().run(lambda: session.scalar(statement))


def test_a_foreign_row_does_not_exist(harbour: Cast, stranger: Cast) -> None:
    assert session.scalar(select(exists().where(Product.id == stranger.product.id))) is False
    assert session.scalar(select(exists().where(Product.id == harbour.product.id))) is True


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
    resolve(Product, harbour.product.id).name = "changed"
    with pytest.raises(NotWriting):
        session.flush()
    session.rollback()
