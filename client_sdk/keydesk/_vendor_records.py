"""What a vendor's own scripts are told, as frozen records. All datetimes are aware and in UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from keydesk._records import License, SiteState

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, newest first. Give `next` as `after` for the following ones; None: no more."""

    rows: tuple[Row, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who bought. `locale` and `created_at` are None where a customer stands inside a license."""

    customer_id: str
    email: str
    name: str
    locale: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VendorLicense:
    """A license as its vendor sees it; `license` is what its sites see.

    `parent_id`: the bundle that brought it. `suspended_for`, `revoked_for`: reasons; it runs again when none
    is left. `stopped_at`: since when it does not run. `license_key` stands only in answers that make the key.
    """

    license: License
    product_id: str
    plan_id: str
    customer: Customer
    parent_id: str | None
    starts_at: datetime
    grace_until: datetime | None
    is_trial: bool
    max_version: str
    suspended_for: tuple[str, ...]
    revoked_for: tuple[str, ...]
    stopped_at: datetime | None
    created_at: datetime
    license_key: str | None = field(default=None, repr=False)

    @property
    def license_id(self) -> str:
        """The id that all calls about this license take."""
        return self.license.license_id


@dataclass(frozen=True, slots=True)
class VendorSite:
    """A site that uses a license now. `url` is the whole address, `site.key` the one that seats count."""

    activation_id: str
    site: SiteState
    url: str
    label: str
    plugin_version: str
    wp_version: str
    php_version: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs. `amount` is in the smallest unit of the currency (cents), `currency` as `eur`."""

    price_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan of a product. `seats` None: as many sites as they like. `prices`: one in each currency.

    `interval`: lifetime, year or month. `trial_days` 0: no trial. `max_version` 2 covers 2.9.1, empty covers
    every version. `bundled_plan_ids`: plans of other products, each of which brings a license of its own.
    """

    plan_id: str
    product_id: str
    code: str
    name: str
    seats: int | None
    interval: str
    features: tuple[str, ...]
    renews: bool
    trial_days: int
    trial_needs_card: bool
    bundled_plan_ids: tuple[str, ...]
    max_version: str
    edd_price_id: int | None
    on_sale: bool
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """One plugin. `product_key`: the public `kdp_…` of the mode of the API key."""

    product_id: str
    slug: str
    name: str
    edition: str
    description: str
    docs_url: str
    homepage: str
    author: str
    addon_of_id: str | None
    after_expiry: str
    network_policy: str
    doors: tuple[str, ...]
    puc_auto_activate: bool
    edd_item_id: int
    product_key: str
    plans: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class OrderedLicense:
    """A license of an order; its key only in the answer that made the order."""

    license_id: str
    license_key: str | None = field(default=None, repr=False)
    key_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One purchase. `state`: open, pending, completed, failed or refunded.

    Sums are in the smallest unit of the currency. `amount`: what was paid first; `tax_amount` of it is tax,
    and a promotion code took off `discount_amount` before (0: none, or not told). `paid_amount`: all that was
    paid so far, also for renewals and another plan; `refunded_amount` of it went back. `source`: another
    shop's number.
    """

    order_id: str
    state: str
    source: str | None
    product_id: str
    plan_id: str
    email: str
    name: str
    amount: int
    discount_amount: int
    tax_amount: int
    paid_amount: int
    currency: str
    refunded_amount: int
    refund_reason: str
    disputed: bool
    subscription_status: str
    mode: str
    created_at: datetime
    paid_at: datetime | None
    renews_at: datetime | None
    licenses: tuple[OrderedLicense, ...]
