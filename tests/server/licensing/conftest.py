"""A license of the story's vendor, and sites that want to use it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from server.customers.models import Customer
from server.kernel.db import session, writing
from server.licensing.models import License
from server.licensing.services import Activated, Site, activate_site, issue_license
from tests.conftest import NOON, Cast

Activate = Callable[..., Activated]


@pytest.fixture
def customer(harbour: Cast) -> Customer:
    """Who bought."""
    with writing():
        row = Customer(email="ana@buyer.example.com", name="Ana", locale="ro", created_at=NOON)
        session.add(row)
    return row


@pytest.fixture
def sold(harbour: Cast, customer: Customer) -> tuple[License, str]:
    """A license of 5 sites and a year, and its key."""
    with writing():
        license, key = issue_license(product=harbour.product, plan=harbour.plan, customer=customer, now=NOON)
    return license, key


@pytest.fixture
def license(sold: tuple[License, str]) -> License:
    """The license alone."""
    return sold[0]


@pytest.fixture
def activate(license: License, harbour: Cast) -> Activate:
    """`activate("https://shop-1.example.com")`: one committed activation, a new installation unless told."""

    def run(url: str, uid: str = "", *, now: datetime = NOON, **more: Any) -> Activated:
        site = Site(site_uid=uid or uid_of(url), site_url=url, **more)
        with writing():
            return activate_site(license, site, product=harbour.product, mode="live", now=now)

    return run


def uid_of(url: str) -> str:
    """An installation's own number, different for each address."""
    return url.encode().hex()[-32:].rjust(32, "0")
