"""A vendor's own Stripe account: connected, found again, let go, and its two secrets."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from server.accounts.services import audit
from server.billing.models import StripeConnection
from server.billing.state import Policy
from server.billing.stripe_api import Access
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Invalid, NotFound
from server.kernel.ids import new_id
from server.kernel.secrets import seal, unseal
from server.kernel.tenancy import system_scope

PARTIAL_REFUND = ("keep", "revoke")
MOST_GRACE_DAYS = 60
OLD_SECRET_LIFE = timedelta(hours=24)  # the longest overlap that Stripe gives when it rolls a secret


class NotConnected(NotFound):
    """The vendor has not connected Stripe, so nothing can be bought."""

    code = "stripe_not_connected"
    title = "This shop does not take payments yet"


def connect_stripe(
    *, api_key: str, webhook_secret: str, mode: str, now: datetime, actor: str = "system"
) -> StripeConnection:
    """Connect the account, or give a connection new secrets: the former webhook secret ends a day later.

    The hook's address holds the connection's id, so the webhook secret may be empty at first; until it is
    there the connection sells nothing.
    """
    refuse_wrong_secrets(api_key, webhook_secret, mode)
    connection = session.scalars(select(StripeConnection).where(StripeConnection.mode == mode)).one_or_none()
    if connection is None:
        connection = StripeConnection(
            id=new_id("scn"), mode=mode, old_hook_secret_sealed=None, created_at=now, last_event_at=None
        )
        if _is_double():
            connection.license_mode = "live"
        session.add(connection)
    elif (former := _hook_secret(connection)) and webhook_secret not in hook_secrets(connection, now=now):
        connection.old_hook_secret_sealed = seal(former, aad=_aad(connection, "old_hook_secret"))
        connection.old_hook_secret_until = now + OLD_SECRET_LIFE
    connection.api_key_sealed = seal(api_key, aad=_aad(connection, "api_key"))
    connection.hook_secret_sealed = seal(webhook_secret, aad=_aad(connection, "hook_secret"))
    session.flush()
    audit(actor, "stripe.connected", connection.id, mode=mode)
    return connection


def disconnect_stripe(connection: StripeConnection, *, actor: str) -> None:
    """Forget the account's secrets. The row stays, because orders name it; it neither sells nor hears."""
    connection.api_key_sealed = seal("", aad=_aad(connection, "api_key"))
    connection.hook_secret_sealed = seal("", aad=_aad(connection, "hook_secret"))
    connection.old_hook_secret_sealed = connection.old_hook_secret_until = None
    audit(actor, "stripe.disconnected", connection.id, mode=connection.mode)


def list_connections() -> list[StripeConnection]:
    """Those that are not disconnected, live before test."""
    found = session.scalars(select(StripeConnection).order_by(StripeConnection.mode))
    return [connection for connection in found if _api_key(connection)]


def is_complete(connection: StripeConnection) -> bool:
    """Whether it can sell: without its webhook secret nobody would learn of a payment."""
    return bool(_api_key(connection) and _hook_secret(connection))


def hook_url(connection: StripeConnection) -> str:
    """Where Stripe has to send this connection's events."""
    return f"{settings.current().public_url}/hooks/stripe/{connection.id}"


def sells_as(connection: StripeConnection) -> str:
    """The mode of what it sells. Only on a developer's machine may a test shop sell what counts as live."""
    if connection.license_mode and settings.current().is_development:
        return connection.license_mode
    return connection.mode


def find_connection(mode: str = "live") -> StripeConnection:
    """The complete connection that takes the payments of this mode, a true one before a double."""
    for connection in list_connections():
        if is_complete(connection) and sells_as(connection) == mode:
            return connection
    raise NotConnected


def takes_payments(mode: str = "live") -> bool:
    """Whether the vendor has connected Stripe for this mode, with both secrets."""
    return mode in modes_for_sale()


def modes_for_sale() -> set[str]:
    """The modes for which payments are taken."""
    return {sells_as(one) for one in list_connections() if is_complete(one)}


def taxed_modes() -> set[str]:
    """The modes in which Stripe may put tax on the price of what is sold."""
    sellers: dict[str, StripeConnection] = {}
    for one in filter(is_complete, list_connections()):
        sellers.setdefault(sells_as(one), one)
    return {mode for mode, one in sellers.items() if one.automatic_tax}


def set_policy(
    connection: StripeConnection,
    *,
    grace_days: int,
    partial_refund: str,
    promotion_codes: bool,
    automatic_tax: bool,
    actor: str,
) -> None:
    """What the vendor decides about payments that fail or go back in part, about codes and tax."""
    if not 0 <= grace_days <= MOST_GRACE_DAYS:
        raise _wrong("grace_days", f"From 0 to {MOST_GRACE_DAYS} days.")
    if partial_refund not in PARTIAL_REFUND:
        raise _wrong("partial_refund", f"One of {', '.join(PARTIAL_REFUND)}.")
    connection.grace_days, connection.partial_refund = grace_days, partial_refund
    connection.promotion_codes, connection.automatic_tax = promotion_codes, automatic_tax
    audit(
        actor,
        "stripe.policy_set",
        connection.id,
        grace_days=grace_days,
        partial_refund=partial_refund,
        promotion_codes=promotion_codes,
        automatic_tax=automatic_tax,
    )


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(errors=[{"pointer": f"/{field}", "code": "invalid", "message": message}])


def _is_double() -> bool:
    """A development server whose Stripe is a double: its test shop is the only one there is."""
    present = settings.current()
    return present.is_development and bool(present.stripe_api_base)


def connection_by_id(connection_id: str) -> StripeConnection | None:
    """The connection that an address names, whichever vendor it is of: the caller then sets the vendor."""
    with system_scope("the address of a hook or success page names its vendor"):
        return session.scalars(
            select(StripeConnection).where(StripeConnection.id == connection_id)
        ).one_or_none()


def all_complete() -> list[tuple[str, str]]:
    """Vendor and id of every connection of the server that has both secrets."""
    with system_scope("each vendor's payments are compared with Stripe"):
        found = session.scalars(select(StripeConnection).order_by(StripeConnection.id)).all()
        return [(one.tenant_id, one.id) for one in found if is_complete(one)]


def hook_secrets(connection: StripeConnection, *, now: datetime) -> list[str]:
    """The secret, and the one before it until a day after it was replaced; none while it was not entered."""
    found, until = [_hook_secret(connection)], connection.old_hook_secret_until
    if connection.old_hook_secret_sealed is not None and until is not None and now < until:
        found.append(unseal(connection.old_hook_secret_sealed, aad=_aad(connection, "old_hook_secret")))
    return [secret for secret in found if secret]


def access_to(connection: StripeConnection, *, seconds: float) -> Access:
    """What calls to Stripe need; read now, because no transaction is open while they are made."""
    return Access(connection.id, _api_key(connection), seconds)


def policy_of(connection: StripeConnection) -> Policy:
    """What the vendor decided for this account's sales."""
    return Policy(grace_days=connection.grace_days, partial_refund=connection.partial_refund)


def _api_key(connection: StripeConnection) -> str:
    return unseal(connection.api_key_sealed, aad=_aad(connection, "api_key"))


def _hook_secret(connection: StripeConnection) -> str:
    return unseal(connection.hook_secret_sealed, aad=_aad(connection, "hook_secret"))


def _aad(connection: StripeConnection, column: str) -> str:
    return f"stripe_connections:{column}_sealed:{connection.id}"


def refuse_wrong_secrets(api_key: str, webhook_secret: str, mode: str) -> None:
    """What can be seen without asking Stripe."""
    checks = (
        (mode in {"live", "test"}, "mode", "Choose live or test."),
        (
            re.fullmatch(rf"[rs]k_{mode}_[A-Za-z0-9_]+", api_key) is not None,
            "api_key",
            f"A secret key of the {mode} mode begins with rk_{mode}_ or sk_{mode}_.",
        ),
        (
            not webhook_secret or re.fullmatch(r"whsec_[!-~]+", webhook_secret) is not None,
            "webhook_secret",
            "The signing secret of a webhook begins with whsec_.",
        ),
    )
    errors = [
        {"pointer": f"/{field}", "code": "invalid", "message": text} for ok, field, text in checks if not ok
    ]
    if errors:
        raise Invalid(errors=errors)
