"""Products, the plans they are sold in, and what a plan costs."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

INTERVALS = ("lifetime", "year", "month")
DOORS = ("edd", "puc", "wpus", "ls")  # other systems' protocols, each off until the vendor opens it


class Product(TenantScoped, Model):
    """One plugin that a vendor ships."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("tenant_id", "slug"),
        UniqueConstraint("tenant_id", "edd_item_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prd"))
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    edition: Mapped[str] = mapped_column(default="premium")  # "free" or "premium"
    docs_url: Mapped[str] = mapped_column(default="")
    edd_item_id: Mapped[int]  # the number old EDD clients know the product by
    # Its name on the whole server, in doors' addresses: the slug, or with a number behind it.
    public_slug: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("pub"))
    addon_of_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))  # needs a license of that one
    after_expiry: Mapped[str] = mapped_column(default="keep")  # premium features then: "keep" or "limit"
    network_policy: Mapped[str] = mapped_column(default="one_seat")  # a multisite: or "per_site"
    doors: Mapped[list[str]] = mapped_column(default=list)  # of DOORS
    puc_auto_activate: Mapped[bool] = mapped_column(default=False)
    homepage: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(default="")
    sources: Mapped[list[str]] = mapped_column(default=list)  # what other systems call it: "edd:123"
    created_at: Mapped[datetime]

    addon_of: Mapped["Product | None"] = relationship(remote_side="Product.id")
    plans: Mapped[list["Plan"]] = relationship(back_populates="product", order_by="Plan.position")
    keys: Mapped[list["ProductKey"]] = relationship(back_populates="product", order_by="ProductKey.id")


class ProductKey(TenantScoped, Model):
    """The public name of a product in a site's requests (`kdp_…`): not a secret."""

    __tablename__ = "product_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pky"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    mode: Mapped[str] = mapped_column(default="live")  # "live" or "test"

    product: Mapped[Product] = relationship(back_populates="keys")


class Plan(TenantScoped, Model):
    """How a product is sold: for how many sites, for how long, with which features."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("product_id", "code"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pln"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    seats: Mapped[int | None]  # None: as many as they like
    interval: Mapped[str]  # one of INTERVALS
    features: Mapped[list[str]]
    renews: Mapped[bool] = mapped_column(default=False)  # paid again each term by itself (a subscription)
    trial_days: Mapped[int] = mapped_column(default=0)  # 0: no trial
    trial_needs_card: Mapped[bool] = mapped_column(default=True)
    bundled_plan_ids: Mapped[list[str]] = mapped_column(default=list)  # each issues a child license
    max_version: Mapped[str] = mapped_column(default="")  # the newest version it covers; empty: every one
    edd_price_id: Mapped[int | None]
    sources: Mapped[list[str]] = mapped_column(default=list)  # behind its product: "edd:123/price-1"
    on_sale: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="plans")
    prices: Mapped[list["Price"]] = relationship(back_populates="plan", order_by="Price.id")


class Price(TenantScoped, Model):
    """What a plan costs, in the smallest unit of the currency."""

    __tablename__ = "prices"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prc"))
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), index=True)
    currency: Mapped[str]  # ISO 4217, lower case
    amount: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)

    plan: Mapped[Plan] = relationship(back_populates="prices")

    @property
    def is_offered(self) -> bool:
        """Whether a new buyer can have it."""
        return self.active and self.plan.on_sale
