"""What costs nothing: a trial without a card, a plan whose price is zero. The key goes to the mailbox."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from server.accounts.models import AuditEntry
from server.accounts.services import clean_email
from server.billing.services.checkout import trials
from server.billing.services.recording import FREE, record_order
from server.catalog.models import Plan, Price
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.licensing.models import License
from server.licensing.services import issue_license, renew_license, resend_purchase_mail, send_purchase_mail
from server.licensing.services.issuing import end_of_term

ACTOR = "shop"


def start_trial(
    plan: Plan,
    *,
    email: str,
    now: datetime,
    locale: str = "en",
    site_url: str = "",
    admin_url: str = "",
    mode: str = "live",
) -> None:
    """A license for the days of the trial, once for each customer and product; then the mail comes again."""
    if plan not in trials(plan.product):
        raise NotFound("This plan cannot be tried without a card.")
    customer = _alone(email, now, locale)
    if license := _known(customer, mode, License.product_id == plan.product_id, _was_trial()):
        _again(license, now)
        return
    license, _key = issue_license(
        product=plan.product, plan=plan, customer=customer, now=now, mode=mode, actor=ACTOR, is_trial=True
    )
    send_purchase_mail(license, site_url=site_url, admin_url=admin_url, cause="trial")


def take_free(
    price: Price,
    *,
    email: str,
    now: datetime,
    locale: str = "en",
    site_url: str = "",
    admin_url: str = "",
    mode: str = "live",
) -> None:
    """A license of a plan that costs nothing, once for each customer and plan; then the mail comes again.

    One that has ended goes on for another term. What came with a bundle lives and ends with that.
    """
    if price.amount or not price.active or not price.plan.on_sale:
        raise NotFound("This price is no longer offered.")
    customer = _alone(email, now, locale)
    if license := _known(customer, mode, License.plan_id == price.plan_id, License.parent_id.is_(None)):
        _go_on(license, now)
        _again(license, now)
        return
    order, _new = record_order(
        plan=price.plan,
        email=customer.email,
        now=now,
        actor=ACTOR,
        kind=FREE,
        currency=price.currency,
        locale=locale,
        mode=mode,
        site_url=site_url,
        admin_url=admin_url,
    )
    order.price_id = price.id


def _go_on(license: License, now: datetime) -> None:
    """It costs nothing, so who comes back has it again: the same key, with its sites."""
    is_over = license.valid_until is not None and license.valid_until <= now
    if is_over and license.status(now) in {"active", "expired"}:
        renew_license(license, end_of_term(license.plan.interval, now), actor=ACTOR, now=now)


def _alone(email: str, now: datetime, locale: str) -> Customer:
    """The buyer; a second press at the same moment waits here until the first one is through."""
    customer = customer_for(clean_email(email), now=now, locale=locale)
    session.refresh(customer, with_for_update={"key_share": True})
    return customer


def _was_trial() -> ColumnElement[bool]:
    """It is one, or it began as one: who has paid since has had a trial all the same."""
    began = exists().where(AuditEntry.subject_id == License.id, AuditEntry.action == "license.trial_started")
    return or_(License.is_trial.is_(True), began)


def _known(customer: Customer, mode: str, *such: object) -> License | None:
    found = select(License).where(License.customer_id == customer.id, License.mode == mode, *such)  # type: ignore[arg-type]  # conditions
    return session.scalars(found.order_by(License.id.desc()).limit(1)).one_or_none()


def _again(license: License, now: datetime) -> None:
    """Nobody learns from the page who has had one; the mailbox is told again while it helps."""
    if license.status(now) == "active":
        resend_purchase_mail(license)
