"""Plans: for how many sites, for how long, with which features, on trial, and what a bundle brings."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from sqlalchemy import and_, exists, func, or_, select

from server.accounts.services import audit
from server.catalog.models import INTERVALS, Plan, Price, Product
from server.catalog.services.prices import active_prices, find_price_faults, retire_price, set_price
from server.catalog.services.refusing import SLUG, SLUG_WORDS, Faults, SlugTaken
from server.kernel.db import session
from server.kernel.errors import Invalid
from server.kernel.text import one_line

FEATURE = re.compile(r"[a-z0-9_.-]{1,40}")
VERSION = re.compile(r"([0-9]{1,6}(\.[0-9]{1,6}){0,3})?")
MOST_FEATURES = 48
LONGEST_FEATURES = 512  # bytes as JSON: a lease holds them, and a plugin keeps its lease on every page
MOST_SEATS = 100_000
LONGEST_TRIAL = 365


class PlanFacts(TypedDict, total=False):
    """What can be said of a plan later too; its code stays, because leases and orders hold it."""

    name: str
    seats: int | None
    interval: str
    features: list[str]
    renews: bool
    trial_days: int
    trial_needs_card: bool
    bundled_plan_ids: list[str]
    max_version: str
    edd_price_id: int | None
    on_sale: bool


def create_plan(
    product: Product,
    *,
    code: str,
    actor: str,
    first_price: tuple[int, str] | None = None,
    **facts: Unpack[PlanFacts],
) -> Plan:
    """One way to buy a product. `seats` None means as many sites as they like.

    `first_price` is a sum in the smallest unit and its currency; `on_sale` false keeps it off the shelf.
    """
    position = session.scalar(select(func.count()).select_from(Plan).where(Plan.product_id == product.id))
    plan = Plan(product_id=product.id, code=code, position=position or 0, **_AT_FIRST)
    faults = _write(plan, dict(facts))
    if first_price:
        find_price_faults(faults, plan, *first_price)
    _refuse_code(plan, faults)
    session.add(plan)
    session.flush()
    audit(actor, "plan.created", plan.id, product=product.id, code=code)
    if first_price:
        amount, currency = first_price
        set_price(plan, amount=amount, currency=currency, actor=actor)
    return plan


def _refuse_code(plan: Plan, faults: Faults) -> None:
    """A short name that is taken is a conflict, unless more is wrong."""
    faults.unless(SLUG.fullmatch(plan.code) is not None, "code", SLUG_WORDS)
    taken = select(Plan.id).where(Plan.product_id == plan.product_id, Plan.code == plan.code)
    kind = Invalid if faults.found else SlugTaken
    faults.unless(session.scalar(taken) is None, "code", f"This product already has a plan {plan.code}")
    faults.refuse(kind)


def change_plan(plan: Plan, *, actor: str, **facts: Unpack[PlanFacts]) -> None:
    """What holds from now on. Licenses that were sold keep their sites and their end; features follow."""
    changed = sorted(name for name, value in facts.items() if getattr(plan, name) != value)
    _write(plan, dict(facts)).refuse()
    if changed:
        session.flush()
        audit(actor, "plan.changed", plan.id, product=plan.product_id, fields=changed)


def close_plan(plan: Plan, *, actor: str) -> None:
    """No longer offered; what was sold stays. To sell it again it needs a price and `on_sale`."""
    for price in active_prices(plan):
        retire_price(price, actor=actor)
    plan.on_sale = False
    audit(actor, "plan.closed", plan.id, product=plan.product_id)


def find_plan(product: Product, plan_id: str) -> Plan | None:
    """The plan of this id if it belongs to the product."""
    return session.scalars(
        select(Plan).where(Plan.id == plan_id, Plan.product_id == product.id)
    ).one_or_none()


def plan_by_code(product: Product, code: str) -> Plan | None:
    """The plan that a script names by its code."""
    return session.scalars(select(Plan).where(Plan.product_id == product.id, Plan.code == code)).one_or_none()


def is_for_sale(product: Product) -> bool:
    """Whether its buy page has anything to offer: a price, or days to try it without a card."""
    priced = exists().where(Price.plan_id == Plan.id, Price.active.is_(True))
    tried = and_(Plan.trial_days > 0, Plan.trial_needs_card.is_(False))
    offered = select(Plan.id).where(Plan.product_id == product.id, Plan.on_sale.is_(True), or_(priced, tried))
    return session.scalars(offered.limit(1)).first() is not None


_AT_FIRST: dict[str, Any] = {
    "name": "",
    "seats": 1,
    "interval": "year",
    "features": [],
    "renews": False,
    "trial_days": 0,
    "trial_needs_card": True,
    "bundled_plan_ids": [],
    "max_version": "",
    "edd_price_id": None,
    "on_sale": True,
}


def _write(plan: Plan, facts: dict[str, Any]) -> Faults:
    """Each check looks at the whole plan as it would become."""
    if "name" in facts:
        facts["name"] = one_line(facts["name"])
    faults = Faults()
    with session.no_autoflush:
        for name, value in facts.items():
            setattr(plan, name, value)
        for find in (_find_in_words, _find_in_term, _find_in_features, _find_in_bundle):
            find(plan, faults)
    return faults


def plan_fields_wrong(facts: Mapping[str, Any]) -> set[str]:
    """Which of these no plan can have beside the others; the plans of a bundle are not looked for."""
    faults, plan = Faults(), Plan(**{**_AT_FIRST, "name": "?", **facts})
    for find in (_find_in_words, _find_in_term, _find_in_features):
        find(plan, faults)
    return {fault["pointer"].removeprefix("/") for fault in faults.found}


def _find_in_words(plan: Plan, faults: Faults) -> None:
    faults.unless(bool(plan.name), "name", "Please give the plan a name.")
    faults.unless(
        plan.seats is None or 1 <= plan.seats <= MOST_SEATS, "seats", "From 1 to 100,000, or empty."
    )
    faults.unless(
        VERSION.fullmatch(plan.max_version) is not None,
        "max_version",
        "Numbers and dots, for example 2 or 2.9; empty for every version.",
    )
    faults.unless(
        plan.edd_price_id is None or 0 <= plan.edd_price_id < 2**31, "edd_price_id", "A whole number."
    )


def _find_in_term(plan: Plan, faults: Faults) -> None:
    faults.unless(plan.interval in INTERVALS, "interval", f"One of {', '.join(INTERVALS)}.")
    faults.unless(
        not (plan.renews and plan.interval == "lifetime"),
        "renews",
        "What is bought once and for ever is not paid again; choose a year or a month.",
    )
    faults.unless(0 <= plan.trial_days <= LONGEST_TRIAL, "trial_days", "From 0 (no trial) to 365 days.")
    faults.unless(
        not (plan.trial_days and plan.trial_needs_card and not plan.renews),
        "trial_needs_card",
        "A trial with a card goes over into a plan that renews by itself. Let it renew, or ask for no card.",
    )


def _find_in_features(plan: Plan, faults: Faults) -> None:
    for wrong in features_wrong(plan.features):
        faults.unless(False, "features", wrong)


def features_wrong(features: list[str]) -> list[str]:
    """Why a plan cannot have these features, in words; nothing when it can."""
    wrong = []
    if len(features) > MOST_FEATURES or not all(FEATURE.fullmatch(one) for one in features):
        wrong.append("At most 48 codes, each up to 40 small letters, digits, dots, hyphens and underscores.")
    if len(json.dumps(features, separators=(",", ":"))) > LONGEST_FEATURES:
        wrong.append(
            "These codes are too long together (512 bytes), because every site keeps them. Shorten some."
        )
    return wrong


def _find_in_bundle(plan: Plan, faults: Faults) -> None:
    if not plan.bundled_plan_ids:
        return
    others = [_known_plan(plan_id) for plan_id in plan.bundled_plan_ids]
    known = [other for other in others if other is not None]
    faults.unless(len(known) == len(others), "bundled_plan_ids", "One of these plans does not exist.")
    products = [plan.product_id, *(other.product_id for other in known)]
    faults.unless(
        len(set(products)) == len(products),
        "bundled_plan_ids",
        "A bundle holds at most one plan of each product, and none of its own.",
    )
    faults.unless(
        not any(other.bundled_plan_ids for other in known) and not _is_bundled(plan),
        "bundled_plan_ids",
        "A bundle cannot lie in another bundle.",
    )


def _known_plan(plan_id: str) -> Plan | None:
    return session.scalars(select(Plan).where(Plan.id == plan_id)).one_or_none()


def _is_bundled(plan: Plan) -> bool:
    return any(plan.id in other.bundled_plan_ids for other in session.scalars(select(Plan)) if other != plan)
