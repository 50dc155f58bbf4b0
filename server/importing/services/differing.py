"""What was imported before and is said otherwise by now, here or there: it stays as it is, and is named."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.importing.records import LicenseRecord
from server.importing.services.catalogue import Catalogue
from server.importing.services.judging import Candidate
from server.importing.services.run import Run
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.licensing.models import RENEWAL_BUFFER, License

Said = tuple[str, Any, Any]  # what it is about, what the files say, what is here


def licenses_here(candidates: Sequence[Candidate]) -> dict[tuple[str, str], Any]:
    """The licenses that an earlier run has written, by mode and source: a shop may count each mode alone."""
    rows = session.execute(
        select(
            *(
                License.id,
                License.mode,
                License.source,
                License.key_lookup,
                License.seats,
                License.seats_used,
            ),
            *(License.valid_until, License.suspended_for, License.revoked_for),
            *(License.product_id, License.plan_id),
            Product.name.label("product"),
            Plan.name.label("plan"),
            Customer.email.label("email"),
        )
        .join(Product, Product.id == License.product_id)
        .join(Plan, Plan.id == License.plan_id)
        .join(Customer, Customer.id == License.customer_id)
        .where(License.source.in_([one.source for one in candidates]))
    )
    return {(row.mode, str(row.source)): row for row in rows}


def note_difference(run: Run, catalogue: Catalogue, one: Candidate, here: Any) -> None:
    """Say what the files say otherwise."""
    said = [*_goods(catalogue, one.record, here), *_terms(run, one.record, here), *_owner(one, here)]
    if said:
        words = "; ".join(
            f"{name}: {_shown(there)} in the file, {_shown(kept)} here" for name, there, kept in said
        )
        run.report.note(
            one.record.place, "license", one.record.ref, "differs", f"Kept as it is here. {words}."
        )


def _goods(catalogue: Catalogue, record: LicenseRecord, here: Any) -> Iterator[Said]:
    """A plan that is not found is no difference: plans that an import made are renamed."""
    product_id, plan_id = catalogue.here(record.product, record.plan)
    if product_id != here.product_id:
        yield "product", catalogue.called(record.product, record.plan)[0], here.product
    elif plan_id not in {None, here.plan_id}:
        yield "plan", catalogue.called(record.product, record.plan)[1], here.plan


def _terms(run: Run, record: LicenseRecord, here: Any) -> Iterator[Said]:
    """The moment of what is called expired is none to compare: here it ended a day before its import."""
    over = here.valid_until is not None and here.valid_until <= run.now - RENEWAL_BUFFER
    told_over = record.state == "expired"
    there = "active" if told_over and over else record.state
    kept = "revoked" if here.revoked_for else "suspended" if here.suspended_for else "active"
    if there != kept:
        yield "status", record.state, kept
    if record.seats != here.seats:
        yield "sites", record.seats, here.seats
    if not told_over and record.expires != here.valid_until:
        yield "expires", record.expires, here.valid_until


def _owner(one: Candidate, here: Any) -> Iterator[Said]:
    if one.email != here.email:
        yield "customer", one.email, here.email
    if one.lookup != here.key_lookup:
        yield "key", "another key", "the key it has"


def _shown(value: Any) -> str:
    if value is None:
        return "no limit"
    return rfc3339(value) or "" if isinstance(value, datetime) else str(value)
