"""Writes the story into an empty database, once, and its addresses and keys into `demo.json`."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.accounts import services as accounts
from server.accounts.models import SCOPES, Vendor
from server.billing import services as billing
from server.catalog import services as catalog
from server.catalog.models import DOORS, Plan, Product
from server.customers.services import customer_for
from server.demo import story
from server.demo.conversations import tell_conversations
from server.demo.orders import record_order
from server.kernel import clock, db
from server.kernel.db import session, writing
from server.kernel.settings import Settings
from server.kernel.tenancy import tenant
from server.licensing import services as licensing
from server.licensing.models import Activation, License

ACTOR = "system"


def seed_once(loaded: Settings) -> None:
    """Tell the story if nobody sells here yet; then say where everything is."""
    db.connect(loaded.database_url)
    path = loaded.data_dir / "demo.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if not session.scalar(select(Vendor.id).limit(1)):
        known = _seed(clock.now())
    if known:
        addressed = _with_addresses(known, loaded.public_url)
        path.write_text(json.dumps(addressed, indent=2, ensure_ascii=False), encoding="utf-8")
        path.chmod(0o600)
    db.disconnect()


def _seed(now: datetime) -> dict[str, Any]:
    facts = _vendor(story.VENDOR, story.OWNER, now)
    with tenant(facts["tenant"]):
        facts |= _shop(now)
        facts["license_key"] = _sales(now)
        tell_conversations(story.TICKETS, now)
    second = _vendor(story.SECOND_VENDOR, story.SECOND_OWNER, now)
    with tenant(second["tenant"]):
        second |= _second_shop(now)
        tell_conversations(story.SECOND_TICKETS, now)
    return facts | {"second_vendor": second}


def _vendor(vendor: dict[str, str], owner: dict[str, str], now: datetime) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    with writing():
        made = accounts.create_vendor(**vendor, now=now)
        tenant_id, slug = made.id, made.slug
    with tenant(tenant_id), writing():
        accounts.add_member(**owner, role="owner", password=password, now=now)
        _, api_key = accounts.create_api_key(name="Demo", scopes=list(SCOPES), now=now)
        stripe_key, stripe_secret = f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(16)}"
        connection = billing.connect_stripe(
            api_key=stripe_key, webhook_secret=stripe_secret, mode="test", now=now
        )
        connection.license_mode = "live"  # the only shop of a demo, whose plugin carries the live product key
        hook = f"/hooks/stripe/{connection.id}"
    return {
        "tenant": tenant_id,
        "vendor_slug": slug,
        "login_email": owner["email"],
        "login_password": password,
        "vendor_api_key": api_key,
        "stripe_api_key": stripe_key,
        "stripe_webhook_secret": stripe_secret,
        "stripe_hook_path": hook,
    }


def _shop(now: datetime) -> dict[str, Any]:
    """One premium product, paid once or as a subscription, and a free one."""
    with writing():
        product = catalog.create_product(
            name="Acme Gallery",
            slug="acme-gallery",
            description="Picture galleries that load fast and look right on every screen.",
            docs_url="https://docs.harbour.example.com/gallery",
            now=now,
            actor=ACTOR,
        )
        product.doors = list(DOORS)  # so that a plugin of another system can be tried against the demo
        for plan in story.PLANS:
            made = catalog.create_plan(
                product,
                code=plan.code,
                name=plan.name,
                seats=plan.seats,
                interval=plan.interval,
                features=list(plan.features),
                renews=plan.renews,
                actor=ACTOR,
            )
            catalog.set_price(made, amount=plan.amount, currency="eur", actor=ACTOR)
        catalog.create_product(
            name="Harbour Forms",
            slug="harbour-forms",
            description="Contact forms without a page builder.",
            edition="free",
            docs_url="https://docs.harbour.example.com/forms",
            now=now,
            actor=ACTOR,
        )
        return _product_facts(product)


def _second_shop(now: datetime) -> dict[str, Any]:
    with writing():
        product = catalog.create_product(name="Northwind Maps", slug="northwind-maps", now=now, actor=ACTOR)
        plan = catalog.create_plan(product, code="solo", name="Solo", seats=1, interval="year", actor=ACTOR)
        catalog.set_price(plan, amount=2_900, currency="eur", actor=ACTOR)
        bought_at = now - timedelta(days=12)
        buyer = customer_for("carla@maps.example.com", name="Carla Ruiz", now=bought_at)
        license, key = licensing.issue_license(product=product, plan=plan, customer=buyer, now=bought_at)
        record_order(license, paid_at=bought_at)
        _sit(license, "https://staging.maps.example.com", "2.0.1", bought_at)  # takes no seat
        return _product_facts(product) | {"license_key": key}


def _product_facts(product: Product) -> dict[str, Any]:
    return {
        "product_slug": product.slug,
        "product_key": catalog.live_key(product),
        "edd_item_id": product.edd_item_id,
        "product_file": catalog.plugin_facts(product),
    }


def _sales(now: datetime) -> str:
    """Every sale of the story; answers the key that the demo hands out: five seats, two in use."""
    shown = ""
    with writing():
        product = catalog.product_by_slug("acme-gallery")
        if product is None:
            raise LookupError("the shop is made before its sales")
        plans = {plan.code: plan for plan in product.plans}
        for sale in sorted(story.SALES, key=lambda one: -one.bought_days_ago):
            key = _sell(sale, product, plans[sale.plan], now)
            shown = key if sale.email.startswith("priya") else shown
    return shown


def _sell(sale: story.DemoSale, product: Product, plan: Plan, now: datetime) -> str:
    bought_at = now - timedelta(days=sale.bought_days_ago)
    buyer = customer_for(sale.email, name=sale.name, locale=sale.locale, now=bought_at)
    license, key = licensing.issue_license(
        product=product, plan=plan, customer=buyer, now=bought_at, note="demo"
    )
    for number, url in enumerate(sale.sites):
        activated = _sit(license, url, "1.1.4" if number else "1.2.0", bought_at)
        activated.last_seen_at = min(now, bought_at + timedelta(days=60))
    _bring_into_state(license, sale.state, now)
    if sale.state != "trial":
        record_order(license, paid_at=bought_at)
    return key


def _sit(license: License, url: str, plugin_version: str, bought_at: datetime) -> Activation:
    """Activated while it was new: an expired license sat there while it was still good."""
    site = licensing.Site(
        site_uid=secrets.token_hex(16),
        site_url=url,
        admin_url=f"{url}/wp-admin/",
        locale=license.customer.locale,
        plugin_version=plugin_version,
        wp_version="7.1",
        php_version="8.3.12",
    )
    at = bought_at + timedelta(hours=1)
    return licensing.activate_site(license, site, product=license.product, mode="live", now=at).activation


def _bring_into_state(license: License, state: str, now: datetime) -> None:
    if state == "revoked":
        licensing.revoke_license(license, "refunded", actor=ACTOR, now=now)
    elif state == "suspended":
        licensing.suspend_license(license, "dispute:demo", actor=ACTOR, now=now)
    elif state == "pending":
        license.starts_at = now + timedelta(days=14)
    elif state == "grace":
        license.valid_until = now - timedelta(days=3)
        licensing.set_renews(license, True, actor=ACTOR, now=now)
        licensing.set_grace(
            license, now + timedelta(days=4), actor=ACTOR, now=now, note="the card was declined"
        )
    elif state == "trial":
        license.is_trial, license.valid_until = True, now + timedelta(days=5)


def _with_addresses(known: dict[str, Any], public_url: str) -> dict[str, Any]:
    """The port may differ from the last start; the keys never do."""
    addressed = {
        **known,
        "console_url": f"{public_url}/console",
        "api_url": f"{public_url}/v1",
        "buy_url": f"{public_url}/buy/{known['vendor_slug']}/{known['product_slug']}",
        "stripe_hook_url": public_url + known["stripe_hook_path"],
        "product_file": {**known["product_file"], "server": public_url},
    }
    if "second_vendor" in known:
        addressed["second_vendor"] = _with_addresses(known["second_vendor"], public_url)
    return addressed
