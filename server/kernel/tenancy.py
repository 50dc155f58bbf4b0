"""Vendors are kept apart here: every query on a tenant's table carries the vendor, or is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import (
    Mapped,
    Mapper,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from server.kernel.db import Model, session
from server.kernel.errors import NotFound

_EVERYBODY = "*"
_scope: ContextVar[str | None] = ContextVar("keydesk_tenant", default=None)
Row = TypeVar("Row", bound=Model)


class TenantNotSet(RuntimeError):
    """A tenant's table was touched outside `tenant()` or `system_scope()`: loud, never "all rows"."""


class ForeignTenant(RuntimeError):
    """A row of one vendor was to be written in the scope of another."""


class TenantScoped:
    """Mix-in of every table that belongs to a vendor."""

    tenant_id: Mapped[str] = mapped_column(index=True)


@contextmanager
def tenant(tenant_id: str) -> Iterator[None]:
    """Work for one vendor: reads and writes see its rows only."""
    token = _scope.set(tenant_id)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def system_scope(reason: str) -> Iterator[None]:
    """The only way across vendors. `reason` says why, for the reader and for the search of all uses."""
    if not reason:
        raise ValueError("a reason is needed to work across vendors")
    token = _scope.set(_EVERYBODY)
    try:
        yield
    finally:
        _scope.reset(token)


def current_tenant() -> str:
    """The vendor of the present scope."""
    scope = _scope.get()
    if scope is None or scope == _EVERYBODY:
        raise TenantNotSet("no vendor is set here")
    return scope


def resolve(model: type[Row], row_id: str) -> Row:
    """The row of this id if it is the present vendor's; else `NotFound`, as for a missing one."""
    primary = model.__mapper__.primary_key[0]
    row = session.scalars(select(model).where(primary == row_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


@event.listens_for(session, "do_orm_execute")
def _keep_to_the_tenant(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return  # they start from a row that was loaded inside the scope
    scope = _scope.get()
    if scope == _EVERYBODY:
        return
    if scope is None:
        if _touches_tenants(state.statement):
            raise TenantNotSet("a vendor's table was read without a vendor")
        return
    # Always, because a table may stand in FROM, a subquery or EXISTS only and then belongs to no mapper here.
    state.statement = state.statement.options(
        with_loader_criteria(TenantScoped, lambda cls: cls.tenant_id == scope, include_aliases=True)
    )


def _touches_tenants(statement: Any) -> bool:
    """Whether any part of the statement, however deep, reads a vendor's table."""
    tables = {mapper.local_table for mapper in _tenant_mappers()}
    parts = visitors.iterate(statement)
    return any(part in tables or getattr(part, "table", None) in tables for part in parts)


def _tenant_mappers() -> Iterator[Mapper[Any]]:
    return (mapper for mapper in Model.registry.mappers if issubclass(mapper.class_, TenantScoped))


@event.listens_for(session, "before_flush")
def _write_for_the_tenant(current: Session, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*current.new, *current.dirty, *current.deleted):
        if isinstance(row, TenantScoped):
            _claim(row)


def _claim(row: TenantScoped) -> None:
    scope = _scope.get()
    owner: str | None = row.tenant_id  # None until it is claimed
    if scope is None:
        raise TenantNotSet("a vendor's row was written without a vendor")
    if scope == _EVERYBODY:
        if owner is None:
            raise TenantNotSet("a new row needs its vendor named when written across vendors")
        return
    if owner is None:
        row.tenant_id = scope
    elif owner != scope:
        raise ForeignTenant(f"{type(row).__name__} belongs to another vendor")
