"""What every reader turns its files into: one stream of plain records, each with the place it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from server.customers.site_address import Environment

State = Literal["active", "expired", "suspended", "revoked"]


class Place(NamedTuple):
    """Where a record stands: the line of a CSV file in an editor, the number of the object in JSON."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """A product as the other system names it. `ref` is its id there, or its name when it has none."""

    place: Place
    ref: str
    name: str
    slug: str = ""
    edd_item_id: int | None = None
    listed: bool = False  # in a table of products; else known from a license only
    facts: Mapping[str, Any] = field(default_factory=dict)  # more of `catalog.ProductFacts`, and its edition
    addon_of: str | None = None  # the `ref` of the product that it adds to; empty: of none that was told
    public_slug: str = ""  # its name in the addresses of doors on the server that it comes from

    @property
    def has_short_name(self) -> bool:
        """Whether the files tell it from others by its short name here, as an export does."""
        return bool(self.slug) and self.slug == self.ref


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan, price option or variant of a product."""

    place: Place
    product: str
    ref: str
    name: str
    code: str
    seats: int | None
    interval: str
    features: tuple[str, ...] = ()
    edd_price_id: int | None = None
    listed: bool = False  # in a table of plans; else known from a license only
    facts: Mapping[str, Any] = field(default_factory=dict)  # more of `catalog.PlanFacts`
    bundled: tuple[tuple[str, str], ...] = ()  # the `product` and `ref` of each plan that comes with it
    position: int | None = None


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A buyer."""

    place: Place
    email: str
    name: str
    created: datetime | None = None
    locale: str = "en"
    unwanted_mails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenseRecord:
    """A license with its key. `ref` is its id in the other system; empty where that system exports none."""

    place: Place
    ref: str
    key: str
    state: State
    seats: int | None
    expires: datetime | None
    created: datetime | None
    product: str
    plan: str
    email: str
    name: str
    is_trial: bool = False
    mode: str = "live"
    starts: datetime | None = None
    grace: datetime | None = None
    updates_until: datetime | None = None
    support_until: datetime | None = None
    max_version: str = ""
    parent: str = ""  # the `ref` of the bundle that it came with


@dataclass(frozen=True, slots=True)
class ActivationRecord:
    """A site that uses a license, named by the `ref` of the license or by its key."""

    place: Place
    license_ref: str
    license_key: str
    url: str
    created: datetime | None = None
    environment: Environment = "production"
    label: str = ""
    mode: str = ""  # of the license, where the files tell: a live and a test license may have the same `ref`


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot become a record."""

    place: Place
    kind: str
    ref: str
    code: str
    detail: str
    key: str = ""  # of a license, as far as it can be read: later lines of it are repeats


Record = ProductRecord | PlanRecord | CustomerRecord | LicenseRecord | ActivationRecord | Refusal
Records = Iterator[Record]
