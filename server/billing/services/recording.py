"""Orders that no Stripe took money for: made by hand, free of charge, or reported by another shop."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.accounts.services import audit, clean_email
from server.billing.models import REFUND_REASONS, LedgerEntry, Order, OrderLicense
from server.billing.services.applying import write_entry
from server.billing.services.checkout import MOST_LICENSES
from server.billing.services.effects import REFUNDED, mail_purchase, tell_holders
from server.billing.services.orders import (
    RENEWED,
    ledger_of,
    licenses_of,
    money_left,
    other_payer,
    renewed_by,
    rows_of,
    standing_of,
)
from server.billing.services.renewals import give_back_reported, renew_reported
from server.billing.state import Entry
from server.catalog.models import Plan
from server.customers.services import customer_for
from server.kernel.currencies import REPORTED
from server.kernel.db import engine, session
from server.kernel.errors import Conflict, Invalid
from server.kernel.i18n import language_of, money
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.kernel.text import one_line
from server.licensing.models import License
from server.licensing.services import issue_license, take_turns
from server.licensing.services.notices import tell_refunded

MANUAL, EXTERNAL, FREE = "manual", "external", "free"


class StripeOrder(Conflict):
    """Its money lies at Stripe, so it is given back there."""

    code = "order_paid_with_stripe"
    title = "This order was paid with Stripe"


class NothingLeft(Conflict):
    """More than is left of it; nothing is left when all was given back already."""

    code = "order_refunded"
    title = "There is not that much left of this payment"


class SourceMismatch(Conflict):
    """A repeat answers the order as it is; one that says something else would seem to have changed it."""

    code = "source_mismatch"
    title = "This source was reported with other facts"


def record_order(
    *,
    plan: Plan,
    email: str,
    now: datetime,
    actor: str,
    name: str = "",
    source: str | None = None,
    kind: str = MANUAL,
    amount: int = 0,
    currency: str = "",
    quantity: int = 1,
    locale: str = "en",
    note: str = "",
    mode: str = "live",
    site_url: str = "",
    admin_url: str = "",
    send_mail: bool = True,
    renews: License | None = None,
) -> tuple[Order, bool]:
    """An order with its licenses, or with one more term for `renews`; False: its `source` was known.

    Raises `SourceMismatch` and `NotRenewable`.
    """
    _refuse_wrong(amount, currency, quantity, most=MOST_LICENSES if renews is None else 1)
    facts: dict[str, Any] = {
        "email": clean_email(email),
        "name": one_line(name),
        "locale": language_of(locale),
    }
    facts |= {"amount": amount, "currency": currency.lower(), "site_url": site_url, "admin_url": admin_url}
    if (order := _insert(plan, source, kind, mode, facts, now)) is None:
        return _known(source, facts, plan, quantity, renews, mode), False
    if renews is not None:
        renew_reported(order, renews, actor=actor, now=now)
    else:
        _issue(order, quantity, note=note, actor=actor, now=now, send_mail=send_mail)
    _write_down(order, note, actor=actor, now=now)
    return order, True


def _refuse_wrong(amount: int, currency: str, quantity: int, *, most: int) -> None:
    checks = (
        (amount >= 0, "amount", "Not below zero."),
        (
            currency.lower() in REPORTED or not (amount or currency),
            "currency",
            "A currency by its three letters, for example eur.",
        ),
        (
            1 <= quantity <= most,
            "quantity",
            f"From 1 to {most} licenses." if most > 1 else "A renewal is of 1 license.",
        ),
    )
    errors = [
        {"pointer": f"/{field}", "code": "invalid", "message": text} for ok, field, text in checks if not ok
    ]
    if errors:
        raise Invalid(errors=errors)


def _insert(
    plan: Plan, source: str | None, kind: str, mode: str, facts: dict[str, Any], now: datetime
) -> Order | None:
    """None when another request brought the same source first."""
    id = new_id("ord")
    values = {
        "id": id,
        "tenant_id": current_tenant(),
        "root_kind": kind,
        "root_id": source or id,
        "source": source,
        "state": "completed",
        "product_id": plan.product_id,
        "plan_id": plan.id,
        "mode": mode,
        "created_at": now,
        "paid_at": now,
        **facts,
    }
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    once = ["tenant_id", "mode", "source"]
    added = dialect.insert(Order).values(values).on_conflict_do_nothing(index_elements=once)
    made = session.scalars(added.returning(Order.id)).one_or_none()
    return session.get_one(Order, made) if made else None


def _known(
    source: str | None, facts: dict[str, Any], plan: Plan, quantity: int, renews: License | None, mode: str
) -> Order:
    """The order of this source, if it is the purchase that is told of again."""
    told = {**facts, "plan_id": plan.id, "quantity": quantity, "renews_license_id": renews and renews.id}
    order = session.scalars(select(Order).where(Order.source == source, Order.mode == mode)).one()
    kept = {name: getattr(order, name) for name in ("plan_id", "email", "amount", "currency")}
    kept["quantity"] = len(licenses_of(order))
    kept["renews_license_id"] = next(iter(renewed_by(order)), None)
    errors = [
        {"pointer": f"/{name}", "code": "differs", "message": f"It was reported with {value or 'none'}."}
        for name, value in kept.items()
        if told[name] != value
    ]
    if errors:
        names = ", ".join(error["pointer"][1:] for error in errors)
        raise SourceMismatch(
            f"The order {order.id} with this source was reported before, and these differ: {names}. "
            "Report another purchase under another source.",
            order_id=order.id,
            errors=errors,
        )
    return order


def _issue(order: Order, quantity: int, *, note: str, actor: str, now: datetime, send_mail: bool) -> None:
    customer = customer_for(order.email, now=now, name=order.name, locale=order.locale)
    issued = []
    for ordinal in range(quantity):
        license, _key = issue_license(
            product=order.product,
            plan=order.plan,
            customer=customer,
            now=now,
            mode=order.mode,
            note=note or f"order {order.id}",
            actor=actor,
        )
        session.add(OrderLicense(order_id=order.id, line="0", ordinal=ordinal, license_id=license.id))
        session.flush()
        issued.append(license)
    if send_mail:
        mail_purchase(order, issued)


def _write_down(order: Order, note: str, *, actor: str, now: datetime) -> None:
    if order.amount:
        write_entry(order, Entry("payment", order.id, "paid", order.amount, order.currency, now))
    told = {"kind": order.root_kind, "source": order.source or "", "note": note}
    audit(actor, "order.recorded", order.id, now=now, **told)


def refund_recorded(
    order: Order,
    *,
    now: datetime,
    actor: str,
    amount: int | None = None,
    reason: str = "",
    note: str = "",
    revoke: bool | None = None,
    standing: str = "",
    source: str = "",
) -> bool:
    """The other shop gave the money back: the licenses end, unless a part of it was kept.

    `revoke` decides by hand; left out, a full refund revokes and one in part does not. A license whose
    renewal was paid stays in any case. `standing` is what the asker saw, as in `refund_order`. False: it was
    known by its `source`, or the asker had not seen it. Raises `SourceMismatch`.
    """
    _refuse_refund(order, reason, amount)
    session.flush()
    session.refresh(order, with_for_update={"key_share": True})  # two refunds at once wait for each other
    if (standing and _was_done(order, amount, standing)) or _was_reported(order, amount, source):
        return False
    left = money_left(order)
    given = _sum_to_give(order, amount, left)
    refund = source or f"{order.id}:{len(_refunds_of(order))}"
    if given or source:
        write_entry(order, Entry("refund", refund, "succeeded", -given, order.currency, now))
    order.refunded_amount += given
    order.refund_reason, order.refund_note = reason or order.refund_reason, note or order.refund_note
    order.state = REFUNDED if given == left else order.state
    told = {"refund": refund, "reason": reason, "note": note, "amount": given}
    audit(actor, "order.refunded", order.id, now=now, **told)
    take_turns(brought := licenses_of(order))
    for row in rows_of(order) if (given == left if revoke is None else revoke) else ():
        give_back_reported(row, actor=actor, now=now, note=note)
    session.flush()
    _tell(order, brought)
    return True


def _refuse_refund(order: Order, reason: str, amount: int | None) -> None:
    if order.connection_id is not None:
        raise StripeOrder("Give the money back on the order's page, or at Stripe.")
    refuse_wrong_refund(reason or "other", amount)


def refuse_wrong_refund(reason: str, amount: int | None) -> None:
    """What no order could answer, whatever was paid for it."""
    if reason not in REFUND_REASONS:
        message = f"One of {', '.join(REFUND_REASONS)}."
        raise Invalid(errors=[{"pointer": "/reason", "code": "unknown", "message": message}])
    if amount is not None and amount <= 0:
        message = "The amount must be more than zero."
        raise Invalid(errors=[{"pointer": "/amount", "code": "invalid", "message": message}])


def _was_done(order: Order, amount: int | None, standing: str) -> bool:
    """Whether the last refund, which the asker had not seen, is the very one that is asked for."""
    if standing == standing_of(order):
        return False
    given = [-entry.amount for entry in _refunds_of(order)]
    return [amount] == given[-1:] if amount is not None else not money_left(order)


def _was_reported(order: Order, amount: int | None, source: str) -> bool:
    """Whether the shop told of this refund before, by its own number of it."""
    known = next((entry for entry in _refunds_of(order) if source and entry.external_id == source), None)
    if known is None:
        return False
    if amount in {None, -known.amount}:
        return True
    told = {"pointer": "/amount", "code": "differs", "message": f"It was reported with {-known.amount}."}
    raise SourceMismatch(
        "This refund was reported before with another amount. Report another one under another source.",
        order_id=order.id,
        errors=[told],
    )


def _refunds_of(order: Order) -> list[LedgerEntry]:
    return [entry for entry in ledger_of(order) if entry.kind == "refund"]


def _sum_to_give(order: Order, amount: int | None, left: int) -> int:
    given = left if amount is None else amount
    if given > left or (order.amount and not left):
        most = f"At most {money(left, order.currency, 'en')} can still be given back."
        raise NothingLeft(most if left else "All of it was given back already.")
    return given


def _tell(order: Order, brought: list[License]) -> None:
    """What becomes of the licenses. Of the money tells who sends it back: here nobody knows how, and when."""
    if brought:
        cause = f"{order.id}:{order.refunded_amount}"
        lost = any(row.kind == RENEWED and row.end_after is None for row in rows_of(order))
        tell_refunded(*brought, cause=cause, payer=other_payer(order, brought[0]), taken_back=lost)
        tell_holders(order, brought if order.state == REFUNDED else [])
