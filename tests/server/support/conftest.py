"""A site that asks, and a team that answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from blinker import Signal

from server.customers.services import customer_for
from server.jobs import Job
from server.kernel.db import session, writing
from server.kernel.tenancy import current_tenant
from server.licensing.models import Activation
from server.licensing.services import Site, activate_site, issue_license
from server.support.models import Ticket
from server.support.services import NewTicket, open_ticket
from tests.conftest import NOON, Cast

OpenTicket = Callable[..., Ticket]
SHOP = "https://shop-1.example.com"


@pytest.fixture
def shop(harbour: Cast) -> Activation:
    """An activated site of a customer."""
    return activated(harbour, SHOP)


@pytest.fixture
def other_shop(harbour: Cast, shop: Activation) -> Activation:
    """A site of another customer of the same vendor."""
    return activated(harbour, "https://shop-2.example.com")


def activated(cast: Cast, url: str, uid: str = "") -> Activation:
    """A license of a new customer, and a site on it."""
    with writing():
        customer = customer_for(f"owner@{url.removeprefix('https://')}", now=NOON, name="Ana", locale="uk")
        license, _key = issue_license(product=cast.product, plan=cast.plan, customer=customer, now=NOON)
        session.flush()
        site = Site(site_uid=uid or url.encode().hex()[-32:].rjust(32, "0"), site_url=url)
        made = activate_site(license, site, product=cast.product, mode="live", now=NOON)
    return made.activation


@pytest.fixture
def ask(harbour: Cast, shop: Activation) -> OpenTicket:
    """`ask("It stops")`: a committed ticket of the shop."""

    def run(subject: str = "The calendar is empty", *, now: Any = NOON, **more: Any) -> Ticket:
        facts: dict[str, Any] = {"body": "After the update it is empty.", "email": "ana@example.com"}
        site = more.pop("site", shop)
        facts.update(more)
        with writing():
            return open_ticket(
                NewTicket(type="bug", subject=subject, **facts), product=harbour.product, site=site, now=now
            )

    return run


@pytest.fixture
def ticket(ask: OpenTicket) -> Ticket:
    """A ticket that waits for its first answer."""
    return ask()


@contextmanager
def heard(signal: Signal) -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    """What a signal told while the block ran."""
    told: list[tuple[Any, dict[str, Any]]] = []

    def listen(sender: Any, **facts: Any) -> None:
        told.append((sender, facts))

    with signal.connected_to(listen):
        yield told


def job(kind: str, **args: Any) -> Job:
    return Job(1, kind, current_tenant(), args, 1)
