"""An import may run as often as anybody likes: it adds what is new and never changes what is here."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from server.kernel.db import Model, session, writing
from server.kernel.tenancy import system_scope, tenant
from server.licensing.models import Activation, License, Seat
from server.licensing.services import deactivate_site, find_license_by_key
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
    assert second.counts["license", "unchanged"] == first.counts["license", "created"]
    assert second.counts["activation", "unchanged"] == first.counts["activation", "created"]
    assert second.skipped == first.skipped


@pytest.mark.parametrize("system", ALL)
def test_a_dry_run_says_what_a_run_does_and_writes_nothing(bring: Bring, harbour: Cast, system: str) -> None:
    before = checksum()
    dry = bring(system, *ALL[system], dry_run=True)

    assert checksum() == before
    real = bring(system, *ALL[system])
    assert dry.counts == real.counts
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
