"""A purchase to look at, and the application behind a real address for a browser."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.services import issue_license, purchase_page_address, send_purchase_mail
from tests.conftest import Cast, make_cast
from tests.tools.waiting import free_port

Sell = Callable[..., str]


def sell(cast: Cast, *, site_url: str = "", admin_url: str = "", locale: str = "en") -> str:
    """The address of the page of a fresh purchase."""
    now = clock.now()
    with writing():
        license, _key = issue_license(
            product=resolve(Product, cast.product.id),
            plan=resolve(Plan, cast.plan.id),
            customer=customer_for("ana@buyer.example.com", now=now, locale=locale),
            now=now,
        )
        page = send_purchase_mail(license, site_url=site_url, admin_url=admin_url, cause="order:1")
    return purchase_page_address(page)


@pytest.fixture
def bought(harbour: Cast) -> Sell:
    """`bought(site_url=…)`: the path of the page of a fresh purchase."""

    def path(site_url: str = "", admin_url: str = "") -> str:
        return sell(harbour, site_url=site_url, admin_url=admin_url).removeprefix(
            settings.current().public_url
        )

    return path


@pytest.fixture
def served(sqlite_database: str) -> Iterator[Cast]:
    """A vendor whose pages a browser can open; the test runs in the vendor's scope."""
    from server.app import build_app

    port = free_port()
    host = f"127.0.0.1:{port}"
    loaded = settings.remember(
        replace(settings.current(), public_url=f"http://{host}", allowed_hosts=frozenset({host}))
    )
    cast = make_cast("Harbour")
    server = make_server("127.0.0.1", port, build_app(loaded), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with tenant(cast.vendor.id):
            yield cast
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
