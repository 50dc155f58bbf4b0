"""Lemon Squeezy's three calls about a license key (protocols 6.4)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.accounts.services import vendor
from server.compat.asking import DOOR_UID, key_of_site, uid_of_site
from server.compat.sites import take_site
from server.customers.site_address import NO_ADDRESS
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError
from server.licensing.models import Activation, License
from server.licensing.services import Site, deactivate_site
from server.licensing.services.judging import lacks_parent

NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
STATUS = {"revoked": "disabled", "suspended": "disabled", "pending": "inactive", "expired": "expired"}
WHY = {
    "disabled": "This license key has been disabled.",
    "pending": "This license key has not started yet.",
    "expired": "This license key has expired.",
    "parent": "This add-on needs a running license of the plugin that it adds to.",
}
NO_INSTANCE = "license_key_instance not found."


@dataclass(frozen=True)
class Answer:
    """What the door shows: the yes or no, the words, and the rows."""

    yes: bool
    facts: dict[str, Any]
    error: str | None = None
    status: int = 200


def activate(license: License, sent: Mapping[str, str], now: datetime) -> Answer:
    """Each name is one seat; the same name again is the same instance."""
    if why := _why_not(license, now):
        return Answer(False, _facts(license, sent, now), why, 400)
    name = sent["instance_name"]
    url = name if key_of_site(name) else _address_of(name)
    site = Site(uid_of_site("ls", key_of_site(url)), url, label=name[:80])
    try:
        instance = take_site(license, site, now)
    except KeydeskError as refusal:
        if refusal.status not in {403, 409}:
            raise
        return Answer(False, _facts(license, sent, now), f"{refusal.title}.", 400)
    return Answer(True, _facts(license, sent, now, instance))


def validate(license: License, sent: Mapping[str, str], now: datetime) -> Answer:
    """Without an instance the key alone is judged."""
    instance = _instance(license, sent.get("instance_id", ""))
    if sent.get("instance_id") and instance is None:
        return Answer(False, _facts(license, sent, now, None), NO_INSTANCE, 404)
    why = _why_not(license, now)
    return Answer(not why, _facts(license, sent, now, instance), why)


def deactivate(license: License, sent: Mapping[str, str], now: datetime) -> Answer:
    """In every state of the license. A site with a token of its own is not an instance."""
    instance = _instance(license, sent["instance_id"])
    if instance is None or not DOOR_UID.match(instance.site_uid):
        return Answer(False, _facts(license, sent, now), NO_INSTANCE, 404)
    with writing():
        deactivate_site(instance, now=now)
    return Answer(True, _facts(license, sent, now))


def _address_of(name: str) -> str:
    """A name that is no address gets one of its own, so that each name is one seat."""
    readable = NOT_IN_NAMES.sub("-", name.lower()).strip("-")[:30]
    return f"http://{readable or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:16]}{NO_ADDRESS}"


def _instance(license: License, instance_id: str) -> Activation | None:
    if not instance_id:
        return None
    live = select(Activation).where(Activation.license_id == license.id, Activation.ended_at.is_(None))
    return session.scalars(live.where(Activation.id == instance_id)).one_or_none()


def _why_not(license: License, now: datetime) -> str | None:
    status = license.status(now)
    if lacks_parent(license, now):
        return WHY["parent"]
    return WHY.get(status) or WHY.get(STATUS.get(status, ""))


def _facts(
    license: License, sent: Mapping[str, str], now: datetime, *instances: Activation | None
) -> dict[str, Any]:
    return {
        "license_key": _license_key(license, sent["license_key"], now),
        **({"instance": _shown(instances[0])} if instances else {}),
        "meta": _meta(license),
    }


def _license_key(license: License, text: str, now: datetime) -> dict[str, Any]:
    in_use = session.scalar(
        select(Activation.id)
        .where(Activation.license_id == license.id, Activation.ended_at.is_(None))
        .limit(1)
    )
    return {
        "id": license.id,
        "status": STATUS.get(license.status(now)) or ("active" if in_use else "inactive"),
        "key": text,
        "activation_limit": license.seats,
        "activation_usage": license.seats_used,
        "created_at": _moment(license.created_at),
        "expires_at": _moment(license.valid_until),
        "test_mode": False,
    }


def _shown(instance: Activation | None) -> dict[str, Any] | None:
    if instance is None:
        return None
    name = instance.label or instance.site_url
    return {"id": instance.id, "name": name, "created_at": _moment(instance.created_at)}


def _meta(license: License) -> dict[str, Any]:
    """Numbers that we have no counterpart for are 0, and nobody's name is told."""
    return {
        "store_id": 0,
        "store_name": vendor().name,
        "order_id": 0,
        "product_id": license.product.edd_item_id,
        "product_name": license.product.name,
        "variant_name": license.plan.name,
        "customer_id": 0,
        "customer_name": "",
        "customer_email": "",
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
