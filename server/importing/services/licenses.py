"""Licenses of an import: those that are new to this vendor and to the whole server are written."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.catalog.models import Product
from server.customers.models import Customer
from server.importing.records import LicenseRecord, Refusal
from server.importing.services.catalogue import Catalogue
from server.importing.services.customers import Buyer, ensure
from server.importing.services.differing import licenses_here, note_difference
from server.importing.services.judging import Candidate, judge, skip
from server.importing.services.making import LONGEST_NAME
from server.importing.services.run import Run
from server.importing.services.sites import remember_license
from server.kernel import secrets
from server.kernel.db import session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant, system_scope
from server.kernel.text import shorten
from server.licensing import keys
from server.licensing.models import RENEWAL_BUFFER, License

BY_VENDOR = "by_vendor"
KEY_OF_ANOTHER = (
    "You have a license with this key, and {} is not its customer here; it stays as it is. "
    "If the file is right, hand the license over."
)
OTHER_PRODUCT = (
    "The key is on the product “{}” here, and on “{}” in the file; it stays where it is. "
    "If the file is right, give the license here a new key, revoke it, and import again."
)


def take_licenses(
    run: Run, catalogue: Catalogue, records: Sequence[LicenseRecord], refused: Sequence[Refusal]
) -> None:
    """Write the licenses that are new; those that are here already stay as they are."""
    candidates = judge(run, catalogue, records, refused)
    if not candidates:
        return
    here = licenses_here(candidates)
    fresh = []
    for one in candidates:
        if (row := here.get((one.record.mode, one.source))) is not None:
            run.report.count("license", "unchanged")
            note_difference(run, catalogue, one, row)
            remember_license(run, one.record, row.id, row.seats, row.seats_used)
        else:
            fresh.append(one)
    _write(run, catalogue, _unused_elsewhere(run, catalogue, fresh))


def _unused_elsewhere(run: Run, catalogue: Catalogue, fresh: list[Candidate]) -> list[Candidate]:
    lookups = [one.lookup for one in fresh]
    with system_scope("a key is unique over the whole server"):
        rows = session.execute(
            select(
                *(License.key_lookup, License.tenant_id, License.product_id),
                *(Product.name, Customer.email),
            )
            .join(Product, Product.id == License.product_id)
            .join(Customer, Customer.id == License.customer_id)
            .where(License.key_lookup.in_(lookups))
        )
        holders = {row.key_lookup: row for row in rows}
    free = []
    for one in fresh:
        holder = holders.get(one.lookup)
        if holder is None:
            free.append(one)
        elif holder.tenant_id != current_tenant():
            skip(run, one, "key_taken", "This key cannot be used on this server; give the buyer a new one.")
        elif holder.product_id == catalogue.here(one.record.product, one.record.plan)[0]:
            _skip_here(run, one, holder.email)
        else:
            there = catalogue.called(one.record.product, one.record.plan)[0]
            skip(run, one, "other_product", OTHER_PRODUCT.format(holder.name, shorten(there, LONGEST_NAME)))
    return free


def _skip_here(run: Run, one: Candidate, holder: str) -> None:
    if holder == one.email:
        skip(run, one, "key_here", "You already have a license with this key.")
    else:
        skip(run, one, "key_of_another", KEY_OF_ANOTHER.format(shorten(one.email, LONGEST_NAME)))


def _write(run: Run, catalogue: Catalogue, fresh: list[Candidate]) -> None:
    buyers = {one.email: Buyer(one.record.name, one.record.created) for one in reversed(fresh)}
    customers = ensure(run, buyers)
    rows = [_row(run, catalogue, one, customers[one.email]) for one in fresh]
    for one, row in zip(fresh, rows, strict=True):
        remember_license(run, one.record, row["id"], one.record.seats, 0)
    _join_bundles(run, fresh, rows)
    run.insert(License, sorted(rows, key=lambda row: row["parent_id"] is not None))
    run.audit("license.imported", {row["id"]: {"note": row["source"]} for row in rows})
    run.report.count("license", "created", len(rows))


def _row(run: Run, catalogue: Catalogue, one: Candidate, customer_id: str) -> dict[str, Any]:
    record, license_id = one.record, new_id("lic")
    product_id, plan_id = catalogue.ids(record.product, record.plan)
    expires = record.expires
    if record.state == "expired" and (expires is None or expires > run.now - RENEWAL_BUFFER):
        expires = run.now - RENEWAL_BUFFER - timedelta(seconds=1)
    stopped = record.state in {"suspended", "revoked"}
    return {
        "id": license_id,
        "product_id": product_id,
        "plan_id": plan_id,
        "customer_id": customer_id,
        "parent_id": None,
        "key_lookup": one.lookup,
        "pepper_version": secrets.keys().pepper_version,
        "key_sealed": secrets.seal(one.compact, aad=f"licenses:key_sealed:{license_id}"),
        "key_hint": keys.hint(one.compact),
        "key_profile": one.profile,
        "mode": record.mode,
        "seats": record.seats,
        "seats_used": 0,
        "starts_at": _start(record, expires, run.now),
        "valid_until": expires,
        "grace_until": None if record.state == "expired" else record.grace,
        "updates_until": record.updates_until,
        "support_until": record.support_until,
        "max_version": record.max_version,
        "is_trial": record.is_trial,
        "suspended_for": [BY_VENDOR] if record.state == "suspended" else [],
        "revoked_for": [BY_VENDOR] if record.state == "revoked" else [],
        "stopped_at": run.now if stopped else None,
        "source": one.source,
        "lease_seq": 1,
        "created_at": record.created or run.now,
    }


def _join_bundles(run: Run, fresh: list[Candidate], rows: list[dict[str, Any]]) -> None:
    """Licenses that came with a bundle come with it here too: its key opens their plugins."""
    parents = [f"{one.record.mode}:{one.record.parent}" for one in fresh]
    bundles = run.aside.many("license", parents)
    parts = {row["id"] for one, row in zip(fresh, rows, strict=True) if one.record.parent}
    held = _held_by(bundles.values())
    for one, row, parent in zip(fresh, rows, parents, strict=True):
        bundle, product = bundles.get(parent), row["product_id"]
        # A bundle is never a part of another, and holds one license of a product.
        if bundle is not None and bundle not in parts and (bundle, product) not in held:
            row["parent_id"] = bundle
            held.add((bundle, product))
        elif one.record.parent:
            detail = (
                "Taken without its bundle, which is on no line before, was left out, or has such a license."
            )
            run.report.note(one.record.place, "license", one.record.ref, "bundle_unknown", detail)


def _held_by(bundles: Iterable[str]) -> set[tuple[str | None, str]]:
    """Which products these bundles have brought here before."""
    if not (wanted := set(bundles)):
        return set()
    rows = session.execute(select(License.parent_id, License.product_id).where(License.parent_id.in_(wanted)))
    return {(bundle, product) for bundle, product in rows}


def _start(record: LicenseRecord, expires: datetime | None, now: datetime) -> datetime:
    """Files seldom say when it began; it was before it ended."""
    start = record.starts or min(record.created or now, now)
    return start if expires is None or start < expires else expires - timedelta(seconds=1)
