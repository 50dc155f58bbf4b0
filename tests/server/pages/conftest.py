"""A purchase to look at, and the application behind a real address for a browser."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.customers.tasks import send_link
from server.customers.visiting import send_account_link
from server.jobs import Job
from server.jobs.models import JobRow
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.services import issue_license, purchase_page_address, send_purchase_mail
from server.mail.models import Mail
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


def ask(client: FlaskClient, email: str, vendor: str = "harbour") -> TestResponse:
    """Type an address into the way in to the customer page."""
    return client.post(f"/account/{vendor}/link?lang=en", data={"email": email})


def run_links() -> None:
    """Run the jobs that mail magic links."""
    for job in session.scalars(select(JobRow).where(JobRow.kind == "customers.send_link")).all():
        send_link(Job(job.id, job.kind, job.tenant_id, job.args, 1))


def link_of(client: FlaskClient, email: str) -> str:
    """The path of the magic link that this address is mailed."""
    ask(client, email)
    run_links()
    mail = session.scalars(
        select(Mail).where(Mail.template == "customer_link").order_by(Mail.id.desc())
    ).first()
    assert mail is not None
    found = re.search(r"(/account/\S+/enter/\S+)", mail.text)
    assert found
    return found[1]


def come_in(client: FlaskClient, cast: Cast, email: str = "ana@buyer.example.com") -> None:
    """Sign a customer in to the vendor's customer page."""
    with writing():
        customer = customer_for(email, now=clock.now())
        mail = send_account_link(customer, now=clock.now())
    assert mail is not None
    token = mail.text.partition("/enter/")[2].split()[0]
    assert client.post(f"/account/{cast.vendor.slug}/enter/{token}").status_code == 303
