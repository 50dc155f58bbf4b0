"""Everything a vendor owns is exported, or stands here with the reason why not: also what is added later."""

from collections.abc import Iterator
from typing import Any

import pytest

from server.insights.tables import Table, tables
from server.kernel.db import Model
from tests.conftest import load_models

OPENS = "who has it gets in: it is kept as a hash, or sealed with a key that stays on the server"
COUNTS = "a count of the server's own, by which it keeps two writers apart"
WAITS = "what Stripe waits for within a day at most; it is asked again"
TABLES = {
    "activation_links": "a mail of a few minutes, and a code that opens a license",
    "attachment_links": "an address of a few minutes that opens a file",
    "console_sessions": "signed-in browsers",
    "customer_links": "a mail of a few minutes that opens a customer's page",
    "customer_sessions": "signed-in browsers of customers",
    "download_links": "an address of a few minutes that opens a file",
    "exports": "a file that lies on this server for a day; the audit log says who asked for it",
    "helpdesk_deliveries": "what a helpdesk sent: no more than a reason to look",
    "helpdesk_pushes": "what is on its way to a helpdesk: work of this server",
    "idempotency_keys": "answers of the last day, kept for repeats, with tokens",
    "import_runs": "an upload that lies on this server for a day; the audit log says who began it",
    "inbox_events": "events as Stripe sent them; orders and ledger hold what they meant",
    "jobs": "work of this server",
    "purchase_pages": "links of purchase mails, which open a license",
    "seats": "an activation says which site sits, and whether it counts",
    "site_tokens": "what a site proves itself with",
    "ticket_counters": "the highest number of a ticket",
    "transfer_codes": "a code that opens a license",
}
COLUMNS = {
    "activations.seat_id": "a seat is the license and the site_key of the same row",
    "activations.site_uid": "who knows it speaks for the site",
    "api_keys.token_hash": OPENS,
    "attachments.site_uid": "who knows it speaks for the site",
    "helpdesk_connections.cursor": "how far this server has read there",
    "helpdesk_connections.health": "what this server saw when it last looked",
    "helpdesk_connections.hook_problem": "why this server refused the last hook",
    "helpdesk_connections.secrets": OPENS,
    "helpdesk_links.remote_version": "what this server compares when it looks again",
    "licenses.key_lookup": OPENS,
    "licenses.lease_seq": COUNTS,
    "licenses.pepper_version": OPENS,
    "mails.about": "what this server looks at again before a mail leaves",
    "mails.dedupe_key": COUNTS,
    "mails.html": "holds keys and links that open something",
    "mails.text": "holds keys and links that open something",
    "mails.unsubscribe_url": "a link that acts for the customer",
    "members.password_hash": OPENS,
    "orders.facts_hash": COUNTS,
    "orders.rev": COUNTS,
    "orders.waiting_pay_url": WAITS,
    "orders.waiting_price": WAITS,
    "orders.waiting_until": WAITS,
    "signing_keys.seed_sealed": OPENS,
    "stripe_connections.api_key_sealed": OPENS,
    "stripe_connections.hook_secret_sealed": OPENS,
    "stripe_connections.old_hook_secret_sealed": OPENS,
    "stripe_connections.old_hook_secret_until": "when a secret ends that is not exported either",
    "tickets.site_uid": "who knows it speaks for the site",
    "tickets.user_ref": "the site's own name for its user, never shown to the vendor",
    "vendors.revocation_serial": COUNTS,
}


class Reads:
    """Stands for a row, and remembers which of its columns were looked at."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return "0" * 64


def columns_of(table: Table) -> set[str]:
    """The columns of the model from which the table is made."""
    row = Reads()
    for source in table.columns.values():
        if isinstance(source, str):
            row.names.add(source)
        elif source.__name__ == "key_of":
            row.names.add("key_sealed")
        else:
            source(row)
    return row.names


def whole() -> Iterator[tuple[str, set[str]]]:
    """Every table of the database with its columns, without the one that says whose a row is."""
    load_models()
    for mapper in Model.registry.mappers:
        if mapper.class_.__module__.startswith("server."):  # other tests make tables of their own
            yield mapper.class_.__tablename__, {column.key for column in mapper.columns} - {"tenant_id"}


@pytest.fixture
def exported(app_settings: object) -> dict[str, set[str]]:
    """By the name of a table: the columns that an export is made from."""
    return {table.model.__tablename__: columns_of(table) for table in tables(with_keys=True)}


def test_every_table_is_exported_or_named_with_the_reason_why_not(exported: dict[str, set[str]]) -> None:
    here = {name for name, _columns in whole()}
    assert sorted(here - exported.keys() - TABLES.keys()) == []
    assert sorted(TABLES.keys() - here) == [], "no such table"
    assert sorted(TABLES.keys() & exported.keys()) == [], "exported after all"


def test_every_column_is_exported_or_named_with_the_reason_why_not(exported: dict[str, set[str]]) -> None:
    here = {f"{name}.{column}" for name, columns in whole() if name in exported for column in columns}
    out = {f"{name}.{column}" for name, columns in exported.items() for column in columns}
    assert sorted(here - out - COLUMNS.keys()) == []
    assert sorted(COLUMNS.keys() - here) == [], "no such column"
    assert sorted(COLUMNS.keys() & out) == [], "exported after all"


def test_nothing_sealed_or_hashed_is_exported(exported: dict[str, set[str]]) -> None:
    secret = ("hash", "sealed", "secret", "token")
    out = {f"{name}.{column}" for name, columns in exported.items() for column in columns}
    found = {name for name in out if any(word in name.partition(".")[2] for word in secret)}
    assert found == {"licenses.key_sealed"}, "the key itself, and only when it is asked for"
