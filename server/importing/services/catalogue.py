"""Products and plans of an import: found by their source, by what a person mapped, by name, or made."""

import re
from collections.abc import Mapping
from itertools import chain, count

from sqlalchemy import select

from server.catalog import services as catalog
from server.catalog.models import Plan, Product
from server.importing.records import PlanRecord, ProductRecord
from server.importing.services.run import Run
from server.importing.values import slug_of
from server.kernel.db import session
from server.kernel.errors import Invalid
from server.kernel.ids import new_id
from server.kernel.text import one_line, shorten

LONGEST_NAME = 80


class MappingWrong(Invalid):
    """A mapping names a product or plan that the vendor does not have."""

    code = "import_mapping_wrong"
    title = "A product or plan of the mapping is not known"


class Catalogue:
    """Which product and plan of ours a record means. A dry run gives what it would make an id of no row."""

    def __init__(self, run: Run, mapping: Mapping[str, str]) -> None:
        self._run = run
        self._targets = {old.strip().casefold(): _target(new) for old, new in mapping.items()}
        self._products: dict[str, str] = {}
        self._plans: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}

    def take_product(self, record: ProductRecord) -> None:
        """Find or make the product that `record.ref` stands for."""
        if record.ref in self._products:
            return
        self._names[record.ref] = record.name
        found = self._mapped_product(record) or _known_product(self._run.source_of(record.ref), record.name)
        self._run.report.count("product", "unchanged" if found else "created")
        if found is not None:
            self._products[record.ref] = found
        else:
            self._products[record.ref] = new_id("prd") if self._run.dry_run else self._make_product(record)

    def take_plan(self, record: PlanRecord) -> None:
        """Find or make the plan of a product that was taken before."""
        product_id = self._products.get(record.product)
        if product_id is None or (record.product, record.ref) in self._plans:
            return
        mapped = self._mapped_plan(record, product_id)
        found = mapped or _known_plan(product_id, record)
        self._run.report.count("plan", "unchanged" if found else "created")
        self._plans[record.product, record.ref] = found or (
            new_id("pln") if self._run.dry_run else self._make_plan(record, product_id)
        )

    def find(self, product: str, plan: str) -> tuple[str, str] | None:
        """The ids of product and plan for these references."""
        product_id, plan_id = self._products.get(product), self._plans.get((product, plan))
        return None if product_id is None or plan_id is None else (product_id, plan_id)

    def _mapped_product(self, record: ProductRecord) -> str | None:
        target = self._targets.get(record.name.casefold()) or self._targets.get(record.ref.casefold())
        return None if target is None else target[0]

    def _mapped_plan(self, record: PlanRecord, product_id: str) -> str | None:
        title = self._names.get(record.product, record.product).casefold()
        for name in (f"{title}/{record.name.casefold()}", f"{title}/{record.ref.casefold()}", title):
            target = self._targets.get(name)
            if target is not None and target[0] == product_id and target[1]:
                return target[1]
        return None

    def _make_product(self, record: ProductRecord) -> str:
        made = catalog.create_product(
            name=shorten(one_line(record.name), LONGEST_NAME) or record.ref,
            slug=_free_slug(record.slug or record.name),
            now=self._run.now,
            actor=self._run.actor,
        )
        made.source = self._run.source_of(record.ref)
        if record.edd_item_id is not None:
            self._keep_number(made, record)
        session.flush()
        return made.id

    def _keep_number(self, product: Product, record: ProductRecord) -> None:
        taken = session.scalar(
            select(Product.id).where(Product.edd_item_id == record.edd_item_id, Product.id != product.id)
        )
        if taken is None and record.edd_item_id is not None:
            product.edd_item_id = record.edd_item_id
            return
        self._run.report.note(
            record.place,
            "product",
            record.ref,
            "item_id_taken",
            f"Another product has the EDD number {record.edd_item_id}; this one has {product.edd_item_id}.",
        )

    def _make_plan(self, record: PlanRecord, product_id: str) -> str:
        made = catalog.create_plan(
            catalog.find_product(product_id),
            code=_free_code(record.code, product_id),
            name=shorten(one_line(record.name), LONGEST_NAME) or record.code,
            seats=record.seats,
            interval=record.interval,
            features=list(record.features),
            actor=self._run.actor,
        )
        made.edd_price_id = record.edd_price_id
        made.on_sale = False  # nobody can buy it until it has a price and is opened
        session.flush()
        return made.id


def _target(text: str) -> tuple[str, str]:
    slug, _, code = text.strip().partition("/")
    product = catalog.product_by_slug(slug)
    if product is None:
        raise MappingWrong(
            f"There is no product with the short name “{slug}”. Make it first, or leave it out."
        )
    if not code:
        return product.id, ""
    plan = session.scalar(select(Plan.id).where(Plan.product_id == product.id, Plan.code == code))
    if plan is None:
        raise MappingWrong(f"The product {slug} has no plan with the short name “{code}”.")
    return product.id, plan


def _known_product(source: str, name: str) -> str | None:
    found = session.scalar(select(Product.id).where(Product.source == source))
    if found is not None:
        return found
    rows = session.execute(select(Product.name, Product.id).order_by(Product.id))
    return next((row_id for known, row_id in rows if known.casefold() == one_line(name).casefold()), None)


def _known_plan(product_id: str, record: PlanRecord) -> str | None:
    rows = session.execute(
        select(Plan.code, Plan.name, Plan.id).where(Plan.product_id == product_id).order_by(Plan.position)
    )
    wanted = {_as_code(record.code), record.name.casefold()}
    return next((row_id for code, name, row_id in rows if code in wanted or name.casefold() in wanted), None)


def _free_slug(text: str) -> str:
    base = slug_of(text) or "product"
    names = chain([base], (f"{base}-{n}" for n in count(2)))
    return next(name for name in names if catalog.product_by_slug(name) is None)


def _free_code(text: str, product_id: str) -> str:
    taken = set(session.scalars(select(Plan.code).where(Plan.product_id == product_id)))
    base = _as_code(text)
    return next(code for code in chain([base], (f"{base}-{n}" for n in count(2))) if code not in taken)


def _as_code(text: str) -> str:
    return text if re.fullmatch(r"[a-z0-9][a-z0-9-]{1,63}", text) else (slug_of(text) or "plan")
