"""The EDD numbers by which plugins in the field ask: an import brings them to products nobody asks for."""

from sqlalchemy import select

from server.catalog import services as catalog
from server.catalog.models import Product
from server.importing.records import ProductRecord
from server.importing.services.run import Run
from server.kernel.db import session

ASKED_AT = frozenset(("edd", "ls"))  # doors whose clients know a product by this number


class ItemNumbers:
    """Which product has which number, or would have it after a dry run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        rows = session.execute(select(Product.id, Product.edd_item_id, Product.doors)).all()
        self._numbers = {product_id: number for product_id, number, _doors in rows}
        self._asked = {product_id for product_id, _number, doors in rows if ASKED_AT & set(doors)}

    def add(self, product_id: str) -> None:
        """A product was made: the catalog has given it the next number."""
        self._numbers[product_id] = max(self._numbers.values(), default=0) + 1

    def bring(self, record: ProductRecord, product_id: str, *, is_first: bool) -> None:
        """Take over the number of the other system when it brings the product for the first time.

        Until then the product has a number that the catalog counted. Where a door is open plugins may ask by
        it, and what was changed here later stays: then the report says that the two differ.
        """
        number, here = record.edd_item_id, self._numbers.get(product_id)
        if not number or here is None or number == here:
            return
        if number in self._numbers.values():
            words = f"Another product has the EDD number {number}; this one has {here}."
            self._run.report.note(record.place, "product", record.ref, "item_id_taken", words)
        elif product_id in self._asked or not is_first:
            words = f"Kept as it is here. EDD number: {number} in the file, {here} here."
            self._run.report.note(record.place, "product", record.ref, "differs", words)
        else:
            self._write(product_id, number)

    def _write(self, product_id: str, number: int) -> None:
        self._numbers[product_id] = number
        if not self._run.dry_run:
            product = catalog.find_product(product_id)
            catalog.change_product(product, actor=self._run.actor, edd_item_id=number)
