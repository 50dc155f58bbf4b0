"""From answers of the vendor API to records."""

from collections.abc import Callable
from typing import TypeVar

from keydesk._answers import license_of, site_state
from keydesk._reading import Wire
from keydesk._vendor_records import (
    Customer,
    Offer,
    Order,
    OrderedLicense,
    Page,
    Price,
    Product,
    VendorLicense,
    VendorSite,
)

Row = TypeVar("Row")


def page(wire: Wire, row: Callable[[Wire], Row]) -> Page[Row]:
    return Page(tuple(map(row, wire.parts("data"))), wire.text_or_none("next"))


def customer(wire: Wire) -> Customer:
    return Customer(
        customer_id=wire.text("customer_id"), email=wire.text("email"), name=wire.text("name"),
        locale=wire.text_or_none("locale"), created_at=wire.moment_or_none("created_at"),
    )  # fmt: skip


def vendor_license(wire: Wire) -> VendorLicense:
    return VendorLicense(
        license=license_of(wire), product_id=wire.text("product_id"), plan_id=wire.text("plan_id"),
        customer=customer(wire.part("customer")), parent_id=wire.text_or_none("parent_id"),
        starts_at=wire.moment("starts_at"), grace_until=wire.moment_or_none("grace_until"),
        is_trial=wire.flag("is_trial"), max_version=wire.text("max_version"),
        suspended_for=wire.texts("suspended_for"), revoked_for=wire.texts("revoked_for"),
        stopped_at=wire.moment_or_none("stopped_at"), created_at=wire.moment("created_at"),
        license_key=wire.text_or_none("license_key"),
    )  # fmt: skip


def vendor_site(wire: Wire) -> VendorSite:
    return VendorSite(
        activation_id=wire.text("activation_id"), site=site_state(wire.part("site")),
        url=wire.text("site_url"), label=wire.text("label"), plugin_version=wire.text("plugin_version"),
        wp_version=wire.text("wp_version"), php_version=wire.text("php_version"),
        created_at=wire.moment("created_at"), last_seen_at=wire.moment("last_seen_at"),
    )  # fmt: skip


def price(wire: Wire) -> Price:
    return Price(wire.text("price_id"), wire.number("amount"), wire.text("currency"))


def offer(wire: Wire) -> Offer:
    return Offer(
        plan_id=wire.text("plan_id"), product_id=wire.text("product_id"), code=wire.text("code"),
        name=wire.text("name"), seats=wire.number_or_none("seats"), interval=wire.text("interval"),
        features=wire.texts("features"), renews=wire.flag("renews"), trial_days=wire.number("trial_days"),
        trial_needs_card=wire.flag("trial_needs_card"), bundled_plan_ids=wire.texts("bundled_plan_ids"),
        max_version=wire.text("max_version"), edd_price_id=wire.number_or_none("edd_price_id"),
        on_sale=wire.flag("on_sale"), prices=tuple(map(price, wire.parts("prices"))),
    )  # fmt: skip


def product(wire: Wire) -> Product:
    return Product(
        product_id=wire.text("product_id"), slug=wire.text("slug"), name=wire.text("name"),
        edition=wire.text("edition"), description=wire.text("description"), docs_url=wire.text("docs_url"),
        homepage=wire.text("homepage"), author=wire.text("author"),
        addon_of_id=wire.text_or_none("addon_of_id"), after_expiry=wire.text("after_expiry"),
        network_policy=wire.text("network_policy"), doors=wire.texts("doors"),
        puc_auto_activate=wire.flag("puc_auto_activate"), edd_item_id=wire.number("edd_item_id"),
        product_key=wire.text("product_key"), plans=tuple(map(offer, wire.parts("plans"))),
    )  # fmt: skip


def order(wire: Wire) -> Order:
    return Order(
        order_id=wire.text("order_id"), state=wire.text("state"), source=wire.text_or_none("source"),
        product_id=wire.text("product_id"), plan_id=wire.text("plan_id"), email=wire.text("email"),
        name=wire.text("name"), amount=wire.number("amount"),
        discount_amount=wire.number("discount_amount"), tax_amount=wire.number("tax_amount"),
        paid_amount=wire.number("paid_amount"), currency=wire.text("currency"),
        refunded_amount=wire.number("refunded_amount"), refund_reason=wire.text("refund_reason"),
        disputed=wire.flag("disputed"), subscription_status=wire.text("subscription_status"),
        mode=wire.text("mode"), created_at=wire.moment("created_at"), paid_at=wire.moment_or_none("paid_at"),
        renews_at=wire.moment_or_none("renews_at"),
        licenses=tuple(
            OrderedLicense(
                each.text("license_id"), each.text_or_none("license_key"), each.text_or_none("key_hint")
            )
            for each in wire.parts("licenses")
        ),
    )  # fmt: skip
