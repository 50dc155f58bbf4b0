"""Freemius: licenses, users, installs and plans of a product, as its API lists them, or such CSV.

Times are UTC. A license names its buyer and plan by number, so the files of users and plans belong to it;
installs are the sites. A license whose `quota` is empty has no limit.
"""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from server.importing.aside import Aside
from server.importing.files import Cells, SourceFile
from server.importing.reading import Options, RowWrong, Seen, by_kind, converted, guarded_rows
from server.importing.records import (
    ActivationRecord,
    LicenseRecord,
    Place,
    PlanRecord,
    Record,
    Records,
    State,
)
from server.importing.values import interval_of, is_yes, moment, plan_words, sites, slug_of

UTC = ZoneInfo("UTC")
KINDS = {
    "licenses": frozenset(("secret_key", "plan_id", "quota")),
    "installs": frozenset(("url", "license_id")),
    "users": frozenset(("email", "id")),
    "plans": frozenset(("title", "id", "name")),
    "products": frozenset(("title", "id", "slug")),
}
ORDER = ("products", "plans", "users", "licenses", "installs")
ONE = {
    "products": "product",
    "plans": "plan",
    "users": "customer",
    "licenses": "license",
    "installs": "activation",
}
SANDBOX = "1"


def read(files: Sequence[SourceFile], _options: Options, aside: Aside) -> Records:
    """Users and plans first: a license names them by number."""
    kinds = by_kind(files, KINDS)
    reader = _Reader(aside)
    convert: dict[str, Callable[[Place, Cells], list[Record]]] = {
        "products": reader.product,
        "plans": reader.plan,
        "users": reader.user,
        "licenses": reader.license,
        "installs": reader.install,
    }
    for kind in ORDER:
        for source in kinds[kind]:
            for place, row in guarded_rows(source, ONE[kind]):
                yield from converted(place, row, ONE[kind], convert[kind])


class _Reader:
    """Turns the rows of the five tables into records."""

    def __init__(self, aside: Aside) -> None:
        self._aside, self._seen = aside, Seen()

    def product(self, _place: Place, cells: Cells) -> list[Record]:
        self._aside.put("fs product", {cells["id"]: cells["title"] or cells["slug"]})
        return []

    def plan(self, _place: Place, cells: Cells) -> list[Record]:
        self._aside.put("fs plan", {cells["id"]: cells["title"] or cells["name"]})
        return []

    def user(self, _place: Place, cells: Cells) -> list[Record]:
        """Everybody who ever installed the free version is a user there; here only who holds a license."""
        name = f"{cells.get('first', '')} {cells.get('last', '')}".strip()
        self._aside.put("fs user", {cells["id"]: f"{cells['email']}\n{name}"})
        return []

    def license(self, place: Place, cells: Cells) -> list[Record]:
        product = cells.get("plugin_id") or cells.get("product_id", "")
        if not product:
            raise RowWrong("product_unknown", "The license names no product.")
        name = self._aside.one("fs product", product) or f"Product {product}"
        user = self._aside.one("fs user", cells.get("user_id", "")) or ""
        email, _, buyer = user.partition("\n")
        created, expires = (
            moment(cells.get("created", ""), UTC),
            moment(cells.get("expiration", ""), UTC, ends=True),
        )
        seats = sites(cells["quota"])
        plan = self._plan(place, cells, product, seats, interval_of(created, expires))
        state: State = "revoked" if is_yes(cells.get("is_cancelled", "")) else "active"
        made = LicenseRecord(
            place,
            cells.get("id", "").strip(),
            cells["secret_key"],
            state,
            seats,
            expires,
            created,
            product,
            plan.ref,
            email or cells.get("email", ""),
            buyer,
            is_trial=is_yes(cells.get("is_trial", "")),
            mode="test" if cells.get("environment", "") == SANDBOX else "live",
        )
        return [*self._seen.product(place, product, name), *self._seen.plan(plan), made]

    def install(self, place: Place, cells: Cells) -> list[Record]:
        """Installs without a license run the free version and are nobody's sites here."""
        if cells["license_id"] in {"", "0"}:
            return []
        if is_yes(cells.get("is_uninstalled", "")) or cells.get("is_active", "true") in {"false", "0"}:
            raise RowWrong("site_ended", "The site no longer used the license.")
        if not cells["url"].strip():
            raise RowWrong("site_url_invalid", "The install names no address.")
        created = moment(cells.get("created", ""), UTC)
        return [ActivationRecord(place, cells["license_id"], "", cells["url"], created)]

    def _plan(self, place: Place, cells: Cells, product: str, seats: int | None, interval: str) -> PlanRecord:
        """One plan is sold for several numbers of sites there; here each of them is a plan."""
        title = self._aside.one("fs plan", cells["plan_id"]) or ""
        code, words = plan_words(seats, interval)
        ref = f"{cells['plan_id']} {code}"
        return PlanRecord(
            place,
            product,
            ref,
            f"{title}, {words}" if title else words,
            slug_of(f"{title} {code}"),
            seats,
            interval,
        )
