"""Buyers of an import: found by their address, or written down."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.accounts.services import clean_email
from server.customers.models import Customer
from server.customers.unsubscribing import GROUPS
from server.importing.records import CustomerRecord
from server.importing.services.run import Run
from server.kernel.db import engine, session
from server.kernel.errors import Invalid
from server.kernel.i18n import language_of
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.kernel.text import one_line, shorten

LONGEST_NAME = 200


class Buyer(NamedTuple):
    """What the files say of a buyer."""

    name: str
    created: datetime | None
    locale: str = "en"
    unwanted_mails: tuple[str, ...] = ()


def take_customers(run: Run, records: Iterable[CustomerRecord]) -> None:
    """Buyers that stand in a list of their own."""
    buyers: dict[str, Buyer] = {}
    for record in records:
        email = address_of(record.email)
        if email is None:
            run.report.skip(
                record.place, "customer", "", "email_invalid", "The line holds no e-mail address that works."
            )
            continue
        buyer = Buyer(record.name, record.created, record.locale, record.unwanted_mails)
        buyers.setdefault(email, buyer)
    ensure(run, buyers)


def address_of(text: str) -> str | None:
    """The address in the one form we store, or None for what is none."""
    try:
        return clean_email(text)
    except Invalid:
        return None


def ensure(run: Run, buyers: Mapping[str, Buyer]) -> dict[str, str]:
    """The ids of the buyers with these addresses; those that are new are written down."""
    wanted = list(buyers)
    ids = _known(wanted)
    missing = {email: new_id("cus") for email in wanted if email not in ids}
    seen = run.aside.many("customer", wanted)  # a dry run does not find the buyers of earlier slices
    run.report.count("customer", "created", sum(email not in seen for email in missing))
    run.report.count("customer", "unchanged", sum(email in ids and email not in seen for email in wanted))
    run.aside.put("customer", dict.fromkeys(wanted, "1"))
    if missing and not run.dry_run:
        _insert(run, buyers, missing)
        return ids | _known(list(missing))
    return ids | missing


def _known(emails: list[str]) -> dict[str, str]:
    rows = session.execute(select(Customer.email, Customer.id).where(Customer.email.in_(emails)))
    found: dict[str, str] = dict(rows.all())
    return found


def _insert(run: Run, buyers: Mapping[str, Buyer], missing: Mapping[str, str]) -> None:
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    rows = [
        {
            "id": row_id,
            "tenant_id": current_tenant(),
            "email": email,
            "name": shorten(one_line(buyers[email].name), LONGEST_NAME),
            "locale": language_of(buyers[email].locale),
            "unwanted_mails": [group for group in GROUPS if group in buyers[email].unwanted_mails],
            "created_at": buyers[email].created or run.now,
        }
        for email, row_id in missing.items()
    ]
    # A purchase may write the same buyer down at this moment.
    session.execute(
        dialect.insert(Customer.__table__).on_conflict_do_nothing(index_elements=["tenant_id", "email"]),
        rows,
    )
