"""A server full of licenses: a genuine one on a genuine site, and as many copies of both as are wanted."""

import random
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
    true,
)

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.kernel import clock, db, settings
from server.kernel.db import session, writing
from server.kernel.secrets import load_keys, token_check, token_hash
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import Activation, License, Seat, SiteToken
from server.licensing.services import Site, activate_site, issue_license
from server.migrate import upgrade
from tests.conftest import load_models, make_cast

SLICE = 50_000
ASKING = 5_000  # so many sites ask, spread over all licenses

# what a copy does not share with its original
_copies = Table(
    "bench_copies",
    MetaData(),
    Column("number", BigInteger),
    *(Column(name, Text) for name in ("license_id", "seat_id", "activation_id", "token_id")),
    *(Column(name, Text) for name in ("site_key", "site_url", "site_uid")),
    *(Column(name, LargeBinary) for name in ("token_hash", "key_lookup")),
    prefixes=["TEMPORARY"],
)
VARIED: dict[type[db.Model], dict[str, str]] = {
    License: {"id": "license_id", "key_lookup": "key_lookup"},
    Seat: {"id": "seat_id", "license_id": "license_id", "site_key": "site_key"},
    Activation: {
        "id": "activation_id",
        **{name: name for name in ("license_id", "seat_id", "site_key", "site_url", "site_uid")},
    },
    SiteToken: {"id": "token_id", "activation_id": "activation_id", "token_hash": "token_hash"},
}


@dataclass(frozen=True)
class AskingSite:
    """A site that will ask: its token and its address."""

    token: str
    url: str


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """The settings of the measured server; limits are off, because one address asks for all sites."""
    return {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATA_DIR": str(data_dir),
        "KEYDESK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "KEYDESK_RATE_LIMITS": "off",
    }


def seed(environ: Mapping[str, str], count: int) -> list[AskingSite]:
    """Fill an empty data folder with `count` licenses; the sites that will ask, in no order."""
    loaded = settings.load(environ)
    load_keys(loaded.data_dir / "keys" / "master.json", create=True)
    load_models()
    upgrade(loaded.database_url)
    engine = db.connect(loaded.database_url)
    try:
        originals = _originals()
        with engine.connect().execution_options(keydesk_writing=True) as connection:
            connection.exec_driver_sql("PRAGMA cache_size=-500000")  # four indexes grow in no order
            asking = _list_copies(connection, count)
            for model, varied in VARIED.items():
                _copy(connection, model, originals[model], varied)
            connection.commit()
    finally:
        db.disconnect()
    random.Random(1).shuffle(asking)
    return asking


def _originals() -> dict[type[db.Model], str]:
    """The ids of one license, its seat, its activation and its token, made as always."""
    now = clock.now()
    cast = make_cast("Bench", now)
    with tenant(cast.vendor.id):
        with writing():
            product = resolve(Product, cast.product.id)
            license, _key = issue_license(
                product=product,
                plan=resolve(Plan, cast.plan.id),
                customer=customer_for("ana@buyer.example.com", now=now),
                now=now,
            )
            site = Site(site_uid="0" * 32, site_url="https://shop.example.org", environment="production")
            activate_site(license, site, product=product, mode=license.mode, now=now)
        return {model: session.scalars(select(model.id)).one() for model in VARIED}  # type: ignore[attr-defined]


def _list_copies(connection: Connection, count: int) -> list[AskingSite]:
    _copies.create(connection)
    asking, every = [], max(1, count // ASKING)
    for first in range(0, count, SLICE):
        rows = []
        for number in range(first, min(first + SLICE, count)):
            site = AskingSite(_token(), f"https://shop-{number}.example.org")
            rows.append(_row(number, site))
            if number % every == 0:
                asking.append(site)
        connection.execute(insert(_copies), rows)
    return asking


def _row(number: int, site: AskingSite) -> dict[str, Any]:
    kinds = {"license_id": "lic", "seat_id": "sea", "activation_id": "act", "token_id": "stk"}
    return {
        "number": number,
        **{column: f"{prefix}_{number:026d}" for column, prefix in kinds.items()},
        "site_key": site.url.removeprefix("https://"),
        "site_url": site.url,
        "site_uid": f"{number:032x}",
        "token_hash": token_hash(site.token),
        "key_lookup": secrets.token_bytes(32),
    }


def _copy(connection: Connection, model: type[db.Model], original: str, varied: Mapping[str, str]) -> None:
    """All other columns of a copy are those of the original."""
    table: Any = model.__table__
    columns: Iterable[Any] = [
        _copies.c[varied[column.name]] if column.name in varied else column for column in table.c
    ]
    rows = select(*columns).join(_copies, true()).where(table.c.id == original).order_by(_copies.c.number)
    connection.execute(insert(table).from_select([column.name for column in table.c], rows))


def _token() -> str:
    """As `new_token` makes it, but a million of them in seconds."""
    text = "kdt_" + secrets.token_hex(21)
    return text + token_check(text)
