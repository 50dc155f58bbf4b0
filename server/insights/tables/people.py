"""Tables of an export about the vendor itself and who works for it: never a password, hash or secret key."""

from typing import Any

from sqlalchemy import Select, func, select

from server.accounts.models import ApiKey, AuditEntry, Member, SigningKey, Vendor
from server.billing.models import Order, StripeConnection
from server.customers.models import Customer
from server.insights.tables.shape import Table, every, made, same, whole, words
from server.kernel.tenancy import current_tenant
from server.licensing.models import License
from server.support.models import Ticket


def vendor() -> Table:
    return Table(
        "vendor",
        Vendor,
        lambda: select(*every(Vendor)).where(Vendor.id == current_tenant()),  # a vendor is no row of its own
        made(vendor_id="id")
        | same("slug", "name", "support_email", "locale", "terms_url", "privacy_url", "created_at"),
    )


def members() -> Table:
    return whole("members", Member, made(member_id="id") | same("email", "name", "role", "created_at"))


def api_keys() -> Table:
    return whole(
        "api_keys",
        ApiKey,
        made(api_key_id="id")
        | same("name", "hint")
        | words("scopes")
        | same("mode", "created_at", "expires_at", "revoked_at"),
    )


def signing_keys() -> Table:
    return whole(
        "signing_keys", SigningKey, same("id", "kid", "public_key", "state", "not_before", "not_after")
    )


def customers() -> Table:
    return whole(
        "customers",
        Customer,
        same("id", "email", "name", "locale") | words("unwanted_mails") | same("created_at"),
    )


def audit() -> Table:
    return Table(
        "audit",
        AuditEntry,
        _with_mode,
        same("id", "at", "actor", "action", "subject_id", "facts", "mode"),
    )


def _with_mode() -> Select[Any]:
    """With the mode of the row it was done to, for the kinds of rows that have one."""
    of_a_mode = (License, Order, Ticket, ApiKey, StripeConnection)
    asked = select(*every(AuditEntry), func.coalesce(*(kind.mode for kind in of_a_mode)).label("mode"))
    for kind in of_a_mode:
        asked = asked.outerjoin(kind, kind.id == AuditEntry.subject_id)
    return asked
