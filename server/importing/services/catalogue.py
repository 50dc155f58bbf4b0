"""Products and plans of an import: found by what a person mapped, as they were before, by name, or made."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from server.catalog import services as catalog
from server.catalog.models import Plan, Product
from server.importing.records import Place, PlanRecord, ProductRecord
from server.importing.services.item_numbers import ItemNumbers
from server.importing.services.making import Maker, name_of
from server.importing.services.remembered import Remembered
from server.importing.services.run import Run
from server.importing.services.short_names import as_code
from server.kernel.db import session
from server.kernel.errors import Invalid
from server.kernel.text import one_line


class MappingWrong(Invalid):
    """A mapping names a product or plan that the vendor does not have."""

    code = "import_mapping_wrong"
    title = "A product or plan of the mapping is not known"


class Catalogue:
    """Which product and plan of ours a record means. A dry run gives what it would make an id of no row.

    What is only told by licenses is made with the first license that is written on it, so that an import
    which finds its licenses here makes nothing. What stands in a table of its own is made at once.
    """

    def __init__(self, run: Run, mapping: Mapping[str, str]) -> None:
        self._run = run
        self._targets = {old.strip().casefold(): _target(new) for old, new in mapping.items()}
        self._unused = dict.fromkeys(self._targets)
        self._products_before = Remembered(run, Product)
        self._plans_before = Remembered(run, Plan)
        self._numbers = ItemNumbers(run)
        self._maker = Maker(run)
        self._told_products: dict[str, ProductRecord] = {}
        self._told_plans: dict[tuple[str, str], PlanRecord] = {}
        self._products: dict[str, str] = {}
        self._plans: dict[tuple[str, str], tuple[str, str]] = {}  # each with its product
        self._titles: dict[str, str] = {}  # of a table with short names: the product with this title
        self._short_names: dict[str, str] = {}  # and the one with this short name
        self._names: dict[str, str] = {}
        self._supposed: dict[tuple[str, str], str] = {}  # what a dry run would have made, by its names

    def take_product(self, record: ProductRecord) -> None:
        """Find the product that `record.ref` stands for."""
        if record.ref in self._told_products:
            return
        self._told_products[record.ref] = record
        if record.has_short_name:
            self._titles.setdefault(_folded(record.name), record.ref)
            self._short_names[_folded(record.ref)] = record.ref
        if found := self._mapped_product(record) or self._known_product(record):
            self._meet(record, found)
            self._keep_one_plan(record)
            self._run.report.count("product", "unchanged")
        elif record.listed:
            self._product(record.ref)

    def take_plan(self, record: PlanRecord) -> None:
        """Find the plan of a product that was taken before."""
        name = (record.product, record.ref)
        if record.product not in self._told_products or name in self._told_plans:
            return
        self._told_plans[name] = record
        if found := self._mapped_plan(record) or self._plan_here(record):
            self._plans[name] = found
            self._plans_before.keep(found[1], *self._plan_refs(record))
            self._run.report.count("plan", "unchanged")
        elif record.listed:
            self.ids(*name)

    def knows(self, product: str, plan: str) -> bool:
        """Whether the files tell of them."""
        return (product, plan) in self._told_plans

    def here(self, product: str, plan: str) -> tuple[str | None, str | None]:
        """The ids of product and plan; None for what is not here."""
        return self._plans.get((product, plan)) or (self._products.get(product), None)

    def called(self, product: str, plan: str) -> tuple[str, str]:
        """The names of product and plan: those they have here, or the files' own while they are not here."""
        product_id, plan_id = self.here(product, plan)
        told_product, told_plan = self._told_products[product], self._told_plans[product, plan]
        return self._name(Product, product_id, told_product.name), self._name(Plan, plan_id, told_plan.name)

    def ids(self, product: str, plan: str) -> tuple[str, str]:
        """The ids of product and plan for a license that is written; what is not here is made."""
        if (product, plan) not in self._plans:
            self._product(product)
            record = self._told_plans[product, plan]
            found = self._plan_here(record)  # another row may have made it meanwhile
            if found:
                self._run.report.count("plan", "unchanged")
            self._plans[product, plan] = found or self._new_plan(record)
            self._plans_before.keep(self._plans[product, plan][1], *self._plan_refs(record))
        return self._plans[product, plan]

    def note_unused(self) -> None:
        """Name the mappings that met nothing: a slip there makes products that nobody wanted."""
        for line, old in enumerate(self._targets, start=1):
            if old in self._unused:
                words = f"No product or plan of the files is called “{old}”: this mapping did nothing."
                self._run.report.warn(Place("mapping", line), "product", old, "mapping_unused", words)

    def _product(self, ref: str) -> str:
        if ref not in self._products:
            record = self._told_products[ref]
            found = self._known_product(record)
            if found:
                self._run.report.count("product", "unchanged")
            self._meet(record, found or self._new_product(record))
        return self._products[ref]

    def _meet(self, record: ProductRecord, product_id: str) -> None:
        self._products[record.ref] = product_id
        is_first = self._products_before.find(record.ref) is None
        self._numbers.bring(record, product_id, is_first=is_first)
        self._products_before.keep(product_id, record.ref, record.name)

    def _keep_one_plan(self, record: ProductRecord) -> None:
        """Mapped to one plan as a whole: plans that no file told of yet go there in later imports too."""
        product_id, plan_id = self._mapped(record.name, record.ref) or ("", "")
        if plan_id and self._products_before.find(record.ref, record.name) == product_id:
            self._plans_before.keep(plan_id, *self._any_plan(record))

    def _name(self, model: type[Product | Plan], row_id: str | None, told: str) -> str:
        if row_id is None:
            return told
        if row_id not in self._names:
            self._names[row_id] = session.scalar(select(model.name).where(model.id == row_id)) or told
        return self._names[row_id]

    def _mapped_product(self, record: ProductRecord) -> str | None:
        target = self._mapped(record.name, record.ref)
        return None if target is None else target[0]

    def _mapped_plan(self, record: PlanRecord) -> tuple[str, str] | None:
        """The plan itself goes before its product as a whole."""
        product = self._told_products[record.product]
        plans = (f"/{record.name}", f"/{record.ref}", "")
        target = self._mapped(*(title + plan for plan in plans for title in (product.name, product.ref)))
        return target if target and target[1] else None

    def _mapped(self, *names: str) -> tuple[str, str] | None:
        name = next((one for one in map(str.casefold, names) if one in self._targets), None)
        if name is None:
            return None
        self._unused.pop(name, None)
        return self._targets[name]

    def _plan_here(self, record: PlanRecord) -> tuple[str, str] | None:
        if before := self._plan_before(record):
            return before
        product_id = self._products.get(record.product)
        plan_id = self._known_plan(record, product_id) if product_id else None
        return (product_id, plan_id) if product_id and plan_id else None

    def _plan_before(self, record: PlanRecord) -> tuple[str, str] | None:
        """Where licenses of this plan went before, unless its product is mapped to another one by now."""
        product = self._told_products[record.product]
        plan_id = self._plans_before.find(*self._plan_refs(record), *self._any_plan(product))
        product_id = session.scalar(select(Plan.product_id).where(Plan.id == plan_id)) if plan_id else None
        mapped = self._mapped_product(product)
        return (product_id, plan_id) if product_id and plan_id and mapped in {None, product_id} else None

    def _plan_refs(self, record: PlanRecord) -> list[str]:
        product = self._told_products[record.product]
        return [f"{name}/{record.ref}" for name in self._called(product)]

    def _any_plan(self, product: ProductRecord) -> list[str]:
        """What a plan is remembered by that stands for all of a product: no plan there is called nothing."""
        return [f"{name}/" for name in self._called(product)]

    def _called(self, product: ProductRecord) -> list[str]:
        return [product.ref, product.name] if self._owns_title(product) else [product.ref]

    def _known_product(self, record: ProductRecord) -> str | None:
        refs, name = [record.ref, record.name], _folded(record.name)
        if record.has_short_name:
            if found := self._by_short_name(record):
                return found
            if not self._owns_title(record):
                return None
            refs = [record.name]
        found = self._products_before.find(*refs) or _product_called(name)
        return found or self._supposed.get(("", name))

    def _owns_title(self, record: ProductRecord) -> bool:
        """Whether its title is not what another product of the same table is called for short."""
        return not record.has_short_name or self._short_names.get(_folded(record.name)) in {None, record.ref}

    def _by_short_name(self, record: ProductRecord) -> str | None:
        """As it was before, unless that is only the title of another one of the table; or as it is here."""
        before, titled = self._products_before.find(record.ref), self._titles.get(_folded(record.ref))
        if before and (titled in {None, record.ref} or self._products.get(titled) != before):
            return before
        here = catalog.product_by_slug(record.slug)
        return here.id if here else None

    def _known_plan(self, record: PlanRecord, product_id: str) -> str | None:
        names = (as_code(record.code), record.name.casefold())
        found = _plan_of(product_id, names)
        return found or next(filter(None, (self._supposed.get((product_id, name)) for name in names)), None)

    def _new_product(self, record: ProductRecord) -> str:
        name = name_of(record)
        made = self._maker.product(record, self._products.get(record.addon_of or ""))
        self._suppose(made, "", _folded(record.name))
        self._names[made] = name
        self._numbers.add(made)
        self._run.report.create("product", name)
        return made

    def _new_plan(self, record: PlanRecord) -> tuple[str, str]:
        product_id = self._products[record.product]
        product = self._name(Product, product_id, self._told_products[record.product].name)
        made = self._maker.plan(record, product_id, [self._plans.get(one) for one in record.bundled])
        self._suppose(made, product_id, as_code(record.code), record.name.casefold())
        self._run.report.create("plan", f"{product} / {name_of(record)}")
        return product_id, made

    def _suppose(self, made: str, inside: str, *names: str) -> None:
        if self._run.dry_run:
            self._supposed |= dict.fromkeys(((inside, name) for name in names), made)


def _folded(name: str) -> str:
    return one_line(name).casefold()


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


def _product_called(name: str) -> str | None:
    """By its name, or else by its short name: people write either into a table."""
    rows = session.execute(select(Product.name, Product.slug, Product.id).order_by(Product.id)).all()
    by_name = (row_id for known, _slug, row_id in rows if known.casefold() == name)
    return next(by_name, None) or next((row_id for _known, slug, row_id in rows if slug == name), None)


def _plan_of(product_id: str, names: Sequence[str]) -> str | None:
    rows = session.execute(
        select(Plan.code, Plan.name, Plan.id).where(Plan.product_id == product_id).order_by(Plan.position)
    )
    return next((row_id for code, name, row_id in rows if code in names or name.casefold() in names), None)
