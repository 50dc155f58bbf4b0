"""Products and plans that an import makes: with the settings of its files that they can have."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from server.catalog import services as catalog
from server.catalog.models import Plan
from server.importing.plain_settings import ADDON_OF, BUNDLED
from server.importing.records import PlanRecord, ProductRecord
from server.importing.services.run import Run
from server.importing.services.short_names import free_code, free_slug
from server.kernel.db import session
from server.kernel.ids import new_id
from server.kernel.text import one_line, shorten

LONGEST_NAME = 80
LONGEST_TEXT = 500  # of a description or an address, as everywhere
A_TRIAL = {"trial_days", "trial_needs_card"}

Facts = dict[str, Any]
Found = tuple[str, str]  # the ids of a product and its plan


class Maker:
    """Makes them, or gives what a dry run would make an id of no row."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._bundles = set[str]()  # those that a dry run would make, too

    def product(self, record: ProductRecord, addon_of: str | None) -> str:
        """The id of a new product, closed; `addon_of` is what it adds to, if that is known."""
        left = _unfit(record.facts)
        facts = {name: value for name, value in record.facts.items() if name not in left}
        if record.addon_of is not None and addon_of is None:
            left.add(ADDON_OF)
        self._note(record, "product", left)
        slug = free_slug(record.slug or record.name)
        self._note_address(record, catalog.free_public_slug(slug))
        return new_id("prd") if self._run.dry_run else self._make_product(record, slug, addon_of, facts)

    def plan(self, record: PlanRecord, product_id: str, parts: Sequence[Found | None]) -> str:
        """The id of a new plan that nobody can buy; `parts` are the plans of a bundle, as far as known."""
        left, facts = _fit_plan(record)
        known = [one for one in parts if one is not None]
        if len(known) < len(parts) or not self._can_bundle(product_id, known):
            left.add(BUNDLED)
            known = []
        self._note(record, "plan", left)
        bundled = [plan_id for _product, plan_id in known]
        dry_run = self._run.dry_run
        made = new_id("pln") if dry_run else self._make_plan(record, product_id, bundled, facts)
        if bundled:
            self._bundles.add(made)
        return made

    def _note(self, record: ProductRecord | PlanRecord, kind: str, left: Collection[str]) -> None:
        if left:
            words = (
                f"Made without {', '.join(sorted(left))}: what the row says there cannot be, or names what "
                "none of the files has. Set it by hand."
            )
            self._run.report.note(record.place, kind, record.ref, "settings_left_out", words)

    def _note_address(self, record: ProductRecord, here: str) -> None:
        """Plugins in the field go on asking at the address that they know."""
        if record.public_slug and record.public_slug != here:
            words = (
                f"Its name in the addresses of doors is {here} here, {record.public_slug} in the file. "
                "Plugins that ask for updates there need the new address, which stands beside the doors."
            )
            self._run.report.note(record.place, "product", record.ref, "public_slug_differs", words)

    def _can_bundle(self, product_id: str, parts: Sequence[Found]) -> bool:
        """One plan of each product, none of its own, and no bundle in a bundle."""
        if not parts:
            return True
        products, plans = [product_id, *(one for one, _plan in parts)], [plan_id for _one, plan_id in parts]
        here = session.scalars(select(Plan.bundled_plan_ids).where(Plan.id.in_(plans)))
        return len(set(products)) == len(products) and not (any(here) or self._bundles.intersection(plans))

    def _make_product(self, record: ProductRecord, slug: str, addon_of: str | None, facts: Facts) -> str:
        made = catalog.create_product(
            name=name_of(record),
            slug=slug,
            now=self._run.now,
            actor=self._run.actor,
            addon_of_id=addon_of,
            **facts,
        )
        session.flush()
        return made.id

    def _make_plan(self, record: PlanRecord, product_id: str, bundled: list[str], facts: Facts) -> str:
        made = catalog.create_plan(
            catalog.find_product(product_id),
            code=free_code(record.code, product_id),
            name=name_of(record),
            seats=record.seats,
            interval=record.interval,
            features=list(record.features),
            bundled_plan_ids=bundled,
            actor=self._run.actor,
            **facts,
        )
        made.edd_price_id = record.edd_price_id
        made.on_sale = False  # nobody can buy it until it has a price and is opened
        if record.position is not None and not _has_position(product_id, record.position):
            made.position = record.position
        session.flush()
        return made.id


def name_of(record: ProductRecord | PlanRecord) -> str:
    """What it is called when it is made."""
    return shorten(one_line(record.name), LONGEST_NAME) or record.ref


def _unfit(facts: Mapping[str, Any]) -> set[str]:
    long = {name for name, value in facts.items() if isinstance(value, str) and len(value) > LONGEST_TEXT}
    return long | catalog.product_fields_wrong(facts)


def _fit_plan(record: PlanRecord) -> tuple[set[str], Facts]:
    """What has to be left out, and the rest: without one setting another may not fit any more."""
    left, facts = set[str](), dict(record.facts)
    grant = {"seats": record.seats, "interval": record.interval}
    while wrong := catalog.plan_fields_wrong({**grant, **facts}):
        gone = facts.keys() & (A_TRIAL if "trial_needs_card" in wrong else wrong)
        if not gone:
            break  # what it grants is judged when it is made
        left |= gone
        facts = {name: value for name, value in facts.items() if name not in gone}
    return left, facts


def _has_position(product_id: str, position: int) -> bool:
    taken = select(Plan.id).where(Plan.product_id == product_id, Plan.position == position)
    return session.scalars(taken).first() is not None
