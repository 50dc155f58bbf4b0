"""A server full of licenses: one vendor, one plan, each license on one site with its token."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Insert, insert

from server.customers.models import Customer
from server.kernel import db, settings
from server.kernel.ids import new_id
from server.kernel.secrets import load_keys, token_check, token_hash
from server.licensing.models import Activation, License, Seat, SiteToken
from server.migrate import upgrade
from tests.conftest import NOON, Cast, load_models, make_cast

SLICE = 10_000
ASKED = 5_000  # so many sites ask, spread over all licenses
FOR_EVER = timedelta(days=3_650)
Rows = dict[type[db.Model], list[dict[str, Any]]]


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


def seed(environ: dict[str, str], count: int) -> list[AskingSite]:
    """Fill an empty data folder with `count` licenses; the sites that will ask, spread over all of them."""
    loaded = settings.load(environ)
    load_keys(loaded.data_dir / "keys" / "master.json", create=True)
    load_models()
    upgrade(loaded.database_url)
    engine = db.connect(loaded.database_url)
    try:
        cast = make_cast("Bench", NOON)
        with engine.connect().execution_options(keydesk_writing=True) as connection:
            sites = _write(connection, cast, count)
            connection.commit()
    finally:
        db.disconnect()
    return sites


def _write(connection: Connection, cast: Cast, count: int) -> list[AskingSite]:
    customer = {"id": new_id("cus"), "tenant_id": cast.vendor.id, "email": "a@buyer.example.com"}
    connection.execute(insert(Customer), [customer | {"created_at": NOON}])
    statements: dict[type[db.Model], Insert] = {
        model: insert(model) for model in (License, Seat, Activation, SiteToken)
    }
    asking, every = [], max(1, count // ASKED)
    numbers = iter(range(count))
    while some := list(islice(numbers, SLICE)):
        rows: Rows = {model: [] for model in statements}
        for number in some:
            site = AskingSite(_token(), f"https://shop-{number}.example.org")
            _add(rows, cast, str(customer["id"]), site)
            if number % every == 0:
                asking.append(site)
        for model, many in rows.items():
            connection.execute(statements[model], many)
    return asking


def _add(rows: Rows, cast: Cast, customer_id: str, site: AskingSite) -> None:
    tenant_id, site_key = cast.vendor.id, site.url.removeprefix("https://")
    license_id, seat_id, activation_id = new_id("lic"), new_id("sea"), new_id("act")
    rows[License].append(
        {
            "id": license_id,
            "tenant_id": tenant_id,
            "product_id": cast.product.id,
            "plan_id": cast.plan.id,
            "customer_id": customer_id,
            "key_lookup": secrets.token_bytes(32),
            "key_sealed": secrets.token_bytes(60),
            "key_hint": site.token[-4:],
            "seats": 5,
            "seats_used": 1,
            "starts_at": NOON - timedelta(days=365),
            "valid_until": NOON + FOR_EVER,
            "created_at": NOON,
        }
    )
    rows[Seat].append(
        {
            "id": seat_id,
            "tenant_id": tenant_id,
            "license_id": license_id,
            "site_key": site_key,
            "environment": "production",
            "counted": True,
            "created_at": NOON,
        }
    )
    rows[Activation].append(
        {
            "id": activation_id,
            "tenant_id": tenant_id,
            "license_id": license_id,
            "seat_id": seat_id,
            "site_uid": secrets.token_hex(16),
            "site_key": site_key,
            "site_url": site.url,
            "environment": "production",
            "counted": True,
            "created_at": NOON,
            "last_seen_at": NOON,
        }
    )
    rows[SiteToken].append(
        {
            "id": new_id("stk"),
            "tenant_id": tenant_id,
            "token_hash": token_hash(site.token),
            "activation_id": activation_id,
            "created_at": NOON,
        }
    )


def _token() -> str:
    """As `new_token` makes it, but a million of them in seconds."""
    text = "kdt_" + secrets.token_hex(21)
    return text + token_check(text)
