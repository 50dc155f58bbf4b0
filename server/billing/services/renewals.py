"""One more term for a license that does not renew by itself, bought by a payment of its own."""

from datetime import datetime

from sqlalchemy import select

from server.billing.models import Order, OrderLicense
from server.billing.services.checkout import Sale, prepare_sale, prices_of_each
from server.billing.services.connections import takes_payments
from server.billing.services.effects import ACTOR, REFUNDED, follow_disputes
from server.billing.services.orders import ISSUED, RENEWED, order_of
from server.billing.state import Target
from server.catalog.models import Price
from server.kernel.db import session
from server.kernel.errors import Conflict
from server.licensing.models import License
from server.licensing.services import extend_license, renew_license, revoke_license, unrevoke_license
from server.licensing.services.issuing import end_of_term, lock

LIFETIME = "lifetime"


class NotRenewable(Conflict):
    """Another term would be of no use: it never ends, was revoked, is tried, or comes with a bundle."""

    code = "license_not_renewable"
    title = "This license has no term to renew"


def renewal_price(license: License, now: datetime) -> Price | None:
    """What one more term costs its holder; None for what cannot be renewed so, or paid."""
    if not takes_payments(license.mode):
        return None
    known = prices_of_each({license.product_id})[license.product_id]
    return price_of_term(license, order_of(license), known, now)


def price_of_term(license: License, order: Order | None, known: list[Price], now: datetime) -> Price | None:
    """The same out of the known prices of its product: in the currency of the purchase, if it still has one.

    None for what renews by itself, never ends, is tried or was stopped.
    """
    plan = license.plan
    ends = license.valid_until is not None and license.parent_id is None and not license.is_trial
    if not ends or license.renews or plan.renews or plan.interval == LIFETIME:
        return None
    if license.status(now) not in {"active", "expired"}:
        return None
    prices = [price for price in known if price.plan_id == plan.id and price.active and price.amount > 0]
    used = [price for price in prices if order is not None and price.currency == order.currency]
    return next(iter(used or prices), None)


def prepare_renewal(license: License, price: Price, *, cancel_url: str, locale: str) -> Sale:
    """The sale of one more term; the session carries the license's id, and nothing else of it."""
    return prepare_sale(price, cancel_url=cancel_url, locale=locale, mode=license.mode, renews=license.id)


def license_to_renew(license_id: str, order: Order, target: Target) -> License | None:
    """The license that a paid session names, unless another term would be of no use to anybody."""
    license = session.scalars(select(License).where(License.id == license_id)).one_or_none()
    if license is None or target.is_subscription or order.plan.interval == LIFETIME:
        return None
    lock(license)
    return license if _has_terms(license, order) and _may_go_on(license, order) else None


def _has_terms(license: License, order: Order) -> bool:
    fits = (license.product_id, license.mode) == (order.product_id, order.mode)
    return fits and license.valid_until is not None and license.parent_id is None


def _may_go_on(license: License, order: Order) -> bool:
    """Not stopped, or only by a refund of its purchase that came after this payment: the news came late."""
    if not license.revoked_for:
        return True
    paid_before = order.paid_at and license.stopped_at and order.paid_at <= license.stopped_at
    return bool(paid_before) and license.revoked_for == [REFUNDED] and _purchase_went_back(_rows(license))


def renew_reported(order: Order, license: License, *, actor: str, now: datetime) -> None:
    """A term that another shop took the money for. Raises `NotRenewable`; then nothing is to be kept."""
    lock(license)
    has_term = _has_terms(license, order) and order.plan.interval != LIFETIME
    if not has_term or license.revoked_for or license.is_trial:
        raise NotRenewable(
            "A report can renew a license of the plan's product that has an end, belongs to no bundle, is no"
            " trial and was not revoked, with a plan that has a term. Report other money as a purchase,"
            " without renews_license_id."
        )
    renew_unit(order, license, "0", 0, actor=actor, now=now)


def renew_unit(
    order: Order, license: License, line: str, ordinal: int, *, now: datetime, actor: str = ACTOR
) -> OrderLicense:
    """The row that remembers the term, so that it is given once and can be taken back."""
    row = OrderLicense(order_id=order.id, line=line, ordinal=ordinal, license_id=license.id, kind=RENEWED)
    session.add(row)
    session.flush()
    _give_term(row, actor, now)
    return row


def follow_money(row: OrderLicense, target: Target, *, now: datetime) -> None:
    """The term goes with the money that paid it. The license itself was paid before, and stays."""
    follow_disputes(row.license, target, now=now)
    row.given_back = bool(target.revoked)
    if row.given_back:
        _take_back(row.license, ACTOR, now)
    elif row.end_after is None:
        _give_term(row, ACTOR, now)


def give_back_reported(row: OrderLicense, *, actor: str, now: datetime, note: str = "") -> None:
    """The other shop gave its money back: what it paid for ends."""
    row.given_back = True
    if row.kind == RENEWED:
        _take_back(row.license, actor, now)
    follow_refunds(row, actor=actor, now=now, note=note)


def follow_refunds(row: OrderLicense, *, actor: str, now: datetime, note: str = "") -> None:
    """Revoked once nothing that was paid for the license is left: neither its purchase nor a renewal.

    Call it after `given_back` of this row was set, and only for a row that is new or whose money went back,
    now or before: a script may have revoked for the same reason, and other news must not undo that.
    Who paid a later term keeps it, whatever came back before.
    """
    license, rows = row.license, _rows(row.license)
    went_back = _purchase_went_back(rows)
    if went_back and all(one.given_back for one in rows):
        revoke_license(license, REFUNDED, actor=actor, now=now, note=note)
    elif went_back or row.kind == ISSUED:  # a script may have revoked it: a renewal does not undo that
        unrevoke_license(license, REFUNDED, actor=actor, now=now)


def _purchase_went_back(rows: list[OrderLicense]) -> bool:
    bought = [row for row in rows if row.kind == ISSUED]
    return bool(bought) and all(row.given_back for row in bought)


def _rows(license: License) -> list[OrderLicense]:
    return list(session.scalars(select(OrderLicense).where(OrderLicense.license_id == license.id)))


def _give_term(row: OrderLicense, actor: str, now: datetime) -> None:
    """From the present end, or from the payment when that was later."""
    license, order = row.license, row.order
    lock(license)
    if license.valid_until is None:
        return  # it became one for ever meanwhile
    row.end_before = license.valid_until
    row.end_after = end_of_term(order.plan.interval, max(license.valid_until, order.paid_at or now))
    renew_license(license, row.end_after, actor=actor, now=now, note=f"order {order.id}")


def _take_back(license: License, actor: str, now: datetime) -> None:
    """The last terms whose money went back, newest first; what something later moved stays as it is."""
    rows = [row for row in _rows(license) if row.given_back]
    while last := next((row for row in rows if row.end_after and row.end_after == license.valid_until), None):
        extend_license(license, last.end_before, actor=actor, now=now, note=f"order {last.order_id}")
        last.end_after = None
