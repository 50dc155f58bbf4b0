"""A vendor whose doors are open, a license, a version to download, and clients of other systems."""

import io
import json
import urllib.parse
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.catalog.models import DOORS, Plan, Product
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import issue_license
from server.releases.services import upload_release
from tests.conftest import Cast

AGENT = "WordPress/6.8.2; https://shop-1.example.com"
Edd = Callable[..., dict[str, Any]]


@pytest.fixture
def open_doors(harbour: Cast) -> Cast:
    """The vendor, with its product served at every door."""
    change(harbour, doors=list(DOORS))
    return harbour


def change(cast: Cast, **facts: Any) -> None:
    """Set these columns of the cast's product."""
    with writing():
        product = resolve(Product, cast.product.id)
        for name, value in facts.items():
            setattr(product, name, value)


@pytest.fixture
def sold(open_doors: Cast) -> tuple[str, str]:
    """A license of 5 sites and a year that began just now: its id and its key."""
    return sell(open_doors)


def sell(cast: Cast, **facts: Any) -> tuple[str, str]:
    """A license of the cast's plan; columns of it may be set."""
    now = clock.now()
    with writing():
        license, key = issue_license(
            product=resolve(Product, cast.product.id),
            plan=resolve(Plan, cast.plan.id),
            customer=customer_for("ana@buyer.example.com", now=now, name="Ana Popescu", locale="ro"),
            now=now,
            mode=facts.pop("mode", "live"),
        )
        for name, value in facts.items():
            setattr(license, name, value)
    return license.id, key


def alter(license_id: str, **facts: Any) -> None:
    """Set these columns of a license."""
    with writing():
        license = resolve(License, license_id)
        for name, value in facts.items():
            setattr(license, name, value)


def expire(license_id: str) -> None:
    """Over for two days: longer than the buffer for late renewals."""
    alter(license_id, valid_until=clock.now() - timedelta(days=2))


def ends(license_id: str) -> str:
    """The end of the license as EDD writes it."""
    return f"{resolve(License, license_id).valid_until:%Y-%m-%d %H:%M:%S}"


@pytest.fixture
def release(open_doors: Cast) -> bytes:
    """Version 2.1.0 is out; its bytes."""
    return ship(open_doors, "2.1.0")


def ship(cast: Cast, version: str) -> bytes:
    """Upload a version of the cast's product."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        head = f"<?php\n/*\n * Plugin Name: Gallery\n * Version: {version}\n */\n"
        archive.writestr("harbour-gallery/harbour-gallery.php", head)
    with writing():
        upload_release(
            resolve(Product, cast.product.id), made.getvalue(), now=clock.now(), actor="member:test"
        )
    return made.getvalue()


@pytest.fixture
def edd(client: FlaskClient, open_doors: Cast) -> Edd:
    """`edd("check_license", license=…)`: what an EDD client reads from the vendor's door."""

    def ask(action: str, **sent: Any) -> dict[str, Any]:
        response = post(client, {"edd_action": action, **sent})
        assert response.status_code == 200
        answer: dict[str, Any] = json.loads(response.data)
        return answer

    return ask


def post(client: FlaskClient, sent: dict[str, Any], *, path: str = "/compat/edd/harbour/") -> TestResponse:
    """As WordPress sends a form."""
    return client.post(path, data=sent, headers={"User-Agent": AGENT})


def fetch(client: FlaskClient, url: str) -> tuple[int, bytes]:
    """What an updater gets from a package's address: status and bytes."""
    parts = urllib.parse.urlsplit(url)
    with client.get(f"{parts.path}?{parts.query}", headers={"User-Agent": "WordPress/6.8.2"}) as response:
        return response.status_code, response.get_data()
