"""An import may run as often as anybody likes: it adds what is new and never changes what is here."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.catalog.services import create_plan, create_product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel.db import Model, session, writing
from server.kernel.tenancy import system_scope, tenant
from server.licensing.models import Activation, License, Seat
from server.licensing.services import Site, activate_site, deactivate_site, find_license_by_key, resolve_site
from server.licensing.services.resolving import take_over
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import SAMPLES, Bring

ALL = {
    "edd": ("edd-licenses.csv", "edd-products.csv"),
    "freemius": (
        "freemius-licenses.json",
        "freemius-users.json",
        "freemius-installs.json",
        "freemius-plans.json",
    ),
    "lmfwc": (
        "lmfwc-licenses.csv",
        "lmfwc-orders.csv",
        "lmfwc-activations.csv",
        "woocommerce-products.csv",
    ),
    "lemonsqueezy": (
        "lemonsqueezy-license-keys.json",
        "lemonsqueezy-orders.json",
        "lemonsqueezy-instances.json",
    ),
    "plain": ("plain.csv",),
}


def checksum() -> str:
    """Of every row of every table."""
    digest = hashlib.sha256()
    with system_scope("the whole database is compared"):
        for table in Model.metadata.sorted_tables:
            for row in session.execute(select(table).order_by(*table.primary_key.columns)):
                digest.update(repr((table.name, tuple(row))).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("system", ALL)
def test_a_second_run_changes_no_row(bring: Bring, harbour: Cast, system: str) -> None:
    first = bring(system, *ALL[system])
    before = checksum()
    second = bring(system, *ALL[system])

    assert checksum() == before
    assert first.counts["license", "created"] > 0
    assert not any(count for (_kind, outcome), count in second.counts.items() if outcome == "created")
    assert {kind: len(names) for kind, names in first.names.items()} == {
        kind: first.counts[kind, "created"] for kind in ("product", "plan")
    }
    assert not any(second.names.values())
    assert second.counts["license", "unchanged"] == first.counts["license", "created"]
    assert second.counts["activation", "unchanged"] == first.counts["activation", "created"]
    assert second.skipped == first.skipped
    assert {code for (outcome, _kind, code) in second.reasons if outcome == "noted"} <= {"encoding_guessed"}


@pytest.mark.parametrize("system", ALL)
def test_a_dry_run_says_what_a_run_does_and_writes_nothing(bring: Bring, harbour: Cast, system: str) -> None:
    before = checksum()
    dry = bring(system, *ALL[system], dry_run=True)

    assert checksum() == before
    real = bring(system, *ALL[system])
    assert dry.counts == real.counts
    assert dry.names == real.names
    assert dry.reasons == real.reasons
    assert dry.shown == real.shown


def test_what_changed_here_since_stays_and_is_said(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv")
    with writing():
        license = find_license_by_key("1a1b2c3d4e5f60718293a4b5c6d7e8f9")
        license.valid_until = NOON + timedelta(days=900)
        license.seats = 7
    report = bring("edd", "edd-licenses.csv")

    again = find_license_by_key("1a1b2c3d4e5f60718293a4b5c6d7e8f9")
    assert (again.valid_until, again.seats) == (NOON + timedelta(days=900), 7)
    [said] = [line for line in report.shown if line.code == "differs"]
    assert said.ref == "102"
    assert "sites: 1 in the file, 7 here" in said.detail


def test_the_same_id_of_the_other_mode_is_another_license(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    head = "license_id;key;email;product;plan;seats;status;mode"
    for mode in ("test", "live"):
        row = f"a-1;PLAIN-KEY-{mode};nia@buyer.example.com;Harbour Gallery;studio;5;active;{mode}"
        (tmp_path / f"{mode}.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
        report = bring("plain", tmp_path / f"{mode}.csv")
        assert report.counts["license", "created"] == 1, mode
    assert bring("plain", tmp_path / "test.csv").counts["license", "unchanged"] == 1

    licenses = session.scalars(select(License).order_by(License.mode)).all()
    assert [(license.mode, license.source) for license in licenses] == [
        ("live", "plain:a-1"),
        ("test", "plain:a-1"),
    ]


def test_licenses_of_both_modes_with_the_same_ids_come_in_at_once_with_their_own_sites_and_bundles(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    licenses, sites = tmp_path / "licenses.csv", tmp_path / "sites.csv"
    rows, places = ["license_id,key,email,product,mode,parent_id,sites"], ["license_id,mode,site_url"]
    for mode in ("live", "test"):
        rows.append(f"1,BUNDLE-KEY-{mode},nia@buyer.example.com,Everything,{mode},,https://{mode}.nia.com")
        rows.append(f"2,PART-KEY-{mode},nia@buyer.example.com,Gallery,{mode},1,")
        places.append(f"2,{mode},https://part-{mode}.nia.com")
    licenses.write_text("\n".join(rows))
    sites.write_text("\n".join(places))
    dry, report = bring("plain", licenses, sites, dry_run=True), bring("plain", licenses, sites)

    assert report.shown == dry.shown == []
    for mode in ("live", "test"):
        bundle, part = (find_license_by_key(f"{name}-KEY-{mode}") for name in ("BUNDLE", "PART"))
        assert (bundle.mode, part.mode, part.parent_id) == (mode, mode, bundle.id)
        for license, place in ((bundle, f"{mode}.nia.com"), (part, f"part-{mode}.nia.com")):
            of_it = select(Seat.site_key).where(Seat.license_id == license.id)
            assert session.scalars(of_it).all() == [place]


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """The EDD sample as the other shop exports it later."""
    text = (SAMPLES / "edd-licenses.csv").read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "edd-licenses.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('8f9","active","11","ana@buyer.example.com","Ana O\\\'Hara","21","Harbour Gallery"',
         '8f9","disabled","11","ana@buyer.example.com","Ana O\\\'Hara","21","Harbour Gallery"',
         "status: revoked in the file, active here"),
        ('8f9","disabled","14"', '8f9","active","14"', "status: active in the file, revoked here"),
        ('8f9","inactive","12"', '8f9","expired","12"', "status: expired in the file, active here"),
        ('"2023-03-12 23:59:59","1"', '"2023-03-12 23:59:59","9"', "sites: 9 in the file, 1 here"),
        ('"2027-06-15 23:59:59"', '"2028-06-15 23:59:59"',
         "expires: 2028-06-15T20:59:59Z in the file, 2027-06-15T20:59:59Z here"),
        ("eve@buyer.example.com", "eva@buyer.example.com",
         "customer: eva@buyer.example.com in the file, eve@buyer.example.com here"),
        ("5a1b2c3d4e5f60718293a4b5c6d7e8f9", "6a1b2c3d4e5f60718293a4b5c6d7e8f9",
         "key: another key in the file, the key it has here"),
        ('"Eve","25","Harbour Gallery"', '"Eve","25","Harbour Maps"',
         "product: Harbour Maps in the file, Harbour Gallery here"),
        ('"Harbour Gallery","2"', '"Harbour Gallery","1"',
         "plan: Price 1 (1 site) in the file, Price 2 (3 sites) here"),
    ],
)  # fmt: skip
def test_what_changed_there_since_is_said_and_makes_nothing(
    bring: Bring, harbour: Cast, tmp_path: Path, old: str, new: str, said: str
) -> None:
    bring("edd", "edd-licenses.csv")
    before = checksum()
    path = changed(tmp_path, (old, new))
    dry, report = bring("edd", path, dry_run=True), bring("edd", path)

    assert checksum() == before
    assert [line.detail for line in report.shown if line.code == "differs"] == [
        f"Kept as it is here. {said}."
    ]
    assert (dry.shown, dry.counts) == (report.shown, report.counts)


def test_a_mapping_that_comes_too_late_changes_nothing_and_says_so(bring: Bring, harbour: Cast) -> None:
    bring("freemius", *ALL["freemius"])
    before = checksum()
    report = bring("freemius", *ALL["freemius"], **{"77": "harbour-gallery"})

    assert checksum() == before
    told = [line for line in report.shown if line.code == "differs"]
    assert [line.ref for line in told] == ["9001", "9002", "9003", "9004"]
    assert {line.detail for line in told} == {
        "Kept as it is here. product: Harbour Gallery in the file, Product 77 here."
    }


@pytest.mark.parametrize("target", ["harbour-gallery", "harbour-gallery/studio"])
def test_a_mapping_is_remembered_by_later_imports(bring: Bring, harbour: Cast, target: str) -> None:
    bring("freemius", *ALL["freemius"], **{"77": target})
    before = checksum()
    report = bring("freemius", *ALL["freemius"])

    assert checksum() == before
    assert report.reasons["noted", "license", "differs"] == 0


def test_one_plan_that_was_mapped_is_remembered_without_its_product(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    bring("plain", licenses(tmp_path, (1, "Pro"), (2, "Basic")), **{"Maps/Pro": "harbour-gallery/studio"})
    bring("plain", licenses(tmp_path, (3, "Pro"), (4, "Basic")))

    assert {one.source: (one.product.slug, one.plan.code) for one in session.scalars(select(License))} == {
        "plain:1": ("harbour-gallery", "studio"),
        "plain:2": ("maps", "basic"),
        "plain:3": ("harbour-gallery", "studio"),
        "plain:4": ("maps", "basic"),
    }


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("plan", ["Gold", ""])
def test_a_product_that_was_mapped_to_one_plan_is_remembered_with_plans_nobody_met_yet(
    bring: Bring, harbour: Cast, tmp_path: Path, plan: str, dry_run: bool
) -> None:
    bring("plain", licenses(tmp_path, (1, "Pro")), Maps="harbour-gallery/studio")
    report = bring("plain", licenses(tmp_path, (1, "Pro"), (2, plan)), dry_run=dry_run)

    assert (report.counts["plan", "unchanged"], report.counts["plan", "created"]) == (2, 0)
    assert session.scalars(select(Plan.code)).all() == ["studio"]
    assert {one.plan.code for one in session.scalars(select(License))} == {"studio"}
    assert report.shown == []


@pytest.mark.parametrize(("first", "later"), [("/studio", "studio"), ("", "silver")])
def test_of_two_mappings_of_a_whole_product_the_first_stays_and_each_steers_its_own_run(
    bring: Bring, harbour: Cast, tmp_path: Path, first: str, later: str
) -> None:
    with writing():
        atlas = create_product(name="Atlas", slug="atlas", now=NOON, actor="cli")
        create_plan(atlas, code="lone", name="Lone", seats=1, interval="year", features=[], actor="cli")
    bring("plain", licenses(tmp_path, (1, "Studio")), Maps=f"harbour-gallery{first}")
    bring("plain", licenses(tmp_path, (2, "Gold")), Maps="atlas/lone")
    bring("plain", licenses(tmp_path, (3, "Silver")))

    assert {one.source: (one.product.slug, one.plan.code) for one in session.scalars(select(License))} == {
        "plain:1": ("harbour-gallery", "studio"),
        "plain:2": ("atlas", "lone"),
        "plain:3": ("harbour-gallery", later),
    }


def test_a_product_that_was_found_by_name_is_found_by_its_number_later(bring: Bring, harbour: Cast) -> None:
    """The table of products, which says the name, comes once; licenses come again and say the number only."""
    files = ("lmfwc-licenses.csv", "lmfwc-orders.csv")
    bring("lmfwc", *files, "woocommerce-products.csv")
    before = checksum()
    again = bring("lmfwc", *files)

    assert checksum() == before
    assert again.reasons["noted", "license", "differs"] == 0


@pytest.mark.parametrize("files", [("edd-licenses.csv",), ALL["edd"]])
def test_a_product_and_plans_that_are_called_otherwise_here_by_now_are_found(
    bring: Bring, harbour: Cast, files: tuple[str, ...]
) -> None:
    bring("edd", *files)
    with writing():
        for row in (*session.scalars(select(Product)), *session.scalars(select(Plan))):
            row.name = f"{row.name} for WordPress"
    before = checksum()
    report = bring("edd", "edd-licenses.csv")

    assert checksum() == before
    assert report.reasons["noted", "license", "differs"] == 0


def licenses(folder: Path, *rows: tuple[int, str]) -> Path:
    """A table of licenses of the product Maps: number and plan of each."""
    path = folder / "licenses.csv"
    lines = (f"{number},PLAIN-KEY-000{number},nia@example.com,Maps,{plan}" for number, plan in rows)
    path.write_text("\n".join(("license_id,key,email,product,plan", *lines)), encoding="utf-8")
    return path


def test_a_row_that_is_left_out_makes_no_product_and_no_plan(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "licenses.csv"
    path.write_text("key,email,product\nshort,nia@example.com,Maps\n", encoding="utf-8")
    before = checksum()
    report = bring("plain", path)

    assert checksum() == before
    assert dict(report.counts) == {("license", "skipped"): 1}


def test_a_site_that_was_released_here_does_not_come_back(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv")
    with writing():
        license = find_license_by_key("0a1b2c3d4e5f60718293a4b5c6d7e8f9")
        [shop] = session.scalars(
            select(Activation).where(Activation.license_id == license.id, Activation.counted)
        )
        deactivate_site(shop, now=NOON)
    bring("edd", "edd-licenses.csv")

    assert find_license_by_key("0a1b2c3d4e5f60718293a4b5c6d7e8f9").seats_used == 0
    assert session.scalars(select(Seat).where(Seat.license_id == license.id, Seat.counted)).all() == []


@pytest.mark.parametrize("way", ["the site says it moved", "a code of the buyer's page"])
def test_a_site_that_moved_here_does_not_come_back_at_its_old_address(
    bring: Bring, harbour: Cast, tmp_path: Path, way: str
) -> None:
    path = tmp_path / "licenses.csv"
    head = "license_id,key,email,product,seats,sites"
    path.write_text(f"{head}\n1,PLAIN-KEY-0001,nia@buyer.example.com,Maps,1,https://old.example.com\n")
    bring("plain", path)
    old, new = (Site("a" * 32, f"https://{name}.example.com") for name in ("old", "new"))
    with writing():
        license = find_license_by_key("PLAIN-KEY-0001")
        shop = activate_site(license, old, product=license.product, mode="live", now=NOON).activation
        if way == "the site says it moved":
            resolve_site(shop, new, resolution="moved", confirm=True, now=NOON)
        else:
            take_over(shop, new, now=NOON)
    report = bring("plain", path)

    assert report.counts["activation", "unchanged"] == 1
    assert find_license_by_key("PLAIN-KEY-0001").seats_used == 1
    assert session.scalars(select(Seat.site_key)).all() == ["new.example.com"]


def test_who_wants_no_reminders_gets_none_after_the_move_and_who_is_here_decided_here(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    with writing():
        customer_for("here@buyer.example.com", now=NOON)
    path = tmp_path / "customers.csv"
    path.write_text(
        "email,unwanted_mails\n"
        "here@buyer.example.com,reminders\n"
        "new@buyer.example.com,reminders receipts\n"
        "other@buyer.example.com,\n"
    )
    bring("plain", path)

    found = session.execute(select(Customer.email, Customer.unwanted_mails).order_by(Customer.email))
    assert [tuple(row) for row in found] == [
        ("here@buyer.example.com", []),
        ("new@buyer.example.com", ["reminders"]),
        ("other@buyer.example.com", []),
    ]


def test_an_import_that_was_cut_short_is_finished_by_the_next(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    whole = (SAMPLES / "edd-licenses.csv").read_text(encoding="utf-8")
    cut = tmp_path / "edd-licenses.csv"
    cut.write_text("\n".join(whole.splitlines()[:3]) + "\n", encoding="utf-8")
    bring("edd", cut)
    report = bring("edd", "edd-licenses.csv")

    assert report.counts["license", "unchanged"] == 2
    assert report.counts["license", "created"] == 5


def test_a_key_of_another_vendor_is_left_out_and_says_no_more(
    bring: Bring, harbour: Cast, stranger: Cast
) -> None:
    with tenant(stranger.vendor.id):
        bring("edd", "edd-licenses.csv")
    report = bring("edd", "edd-licenses.csv")

    assert report.counts["license", "created"] == 0
    assert report.reasons["skipped", "license", "key_taken"] == 7
    assert session.scalars(select(License)).all() == []
    assert not any("Stranger" in line.detail for line in report.shown)
