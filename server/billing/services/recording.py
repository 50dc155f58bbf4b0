"""Orders that no Stripe took money for: made by hand, free of charge, or reported by another shop."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.accounts.services import audit, clean_email
from server.billing.models import Order, OrderLicense
from server.billing.services.applying import write_entry
from server.billing.services.checkout import MOST_LICENSES
from server.billing.services.effects import mail_purchase
from server.billing.services.orders import licenses_of, renewed_by
from server.billing.services.renewals import renew_reported
from server.billing.state import Entry
from server.catalog.models import Plan
from server.customers.services import customer_for
from server.kernel.currencies import REPORTED
from server.kernel.db import engine, session
from server.kernel.errors import Conflict, Invalid
from server.kernel.i18n import language_of
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.kernel.text import one_line
from server.licensing.models import License
from server.licensing.services import issue_license

MANUAL, EXTERNAL, FREE = "manual", "external", "free"


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
