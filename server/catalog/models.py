"""Products, the plans they are sold in, and what a plan costs."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

INTERVALS = ("lifetime", "year", "month")


class Product(TenantScoped, Model):
    """One plugin that a vendor ships."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"), UniqueConstraint("tenant_id", "edd_item_id"))

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prd"))
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    edition: Mapped[str] = mapped_column(default="premium")  # "free" or "premium"
    docs_url: Mapped[str] = mapped_column(default="")
    edd_item_id: Mapped[int]  # the number old EDD clients know the product by
    created_at: Mapped[datetime]

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
