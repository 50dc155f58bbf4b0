"""The history of licenses and orders names people, keys and mails as the vendor knows them."""

from sqlalchemy import select

from server.accounts.services import create_api_key
from server.billing.services import licenses_of, record_order, refund_recorded
from server.catalog.models import Plan
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.mail.models import Mail
from server.mail.services import mark_sent
from tests.conftest import Cast
from tests.server.console.conftest import Browser


def reported(harbour: Cast, actor: str) -> tuple[str, list[str]]:
    """An order of two licenses, and their ids; the mail has left."""
    with writing():
        order, _new = record_order(
            plan=resolve(Plan, harbour.plan.id),
            email="bo@buyer.example.com",
            now=clock.now(),
            actor=actor,
            source="woocommerce:123",
            amount=5_000,
            currency="eur",
            quantity=2,
        )
        refund_recorded(order, now=clock.now(), actor=actor, amount=100)
        mark_sent(session.scalars(select(Mail).where(Mail.template == "purchase")).one(), keep_text=False)
        return order.id, [license.id for license in licenses_of(order)]


def test_a_script_is_named_by_its_key(desk: Browser, harbour: Cast) -> None:
    with writing():
        key, _text = create_api_key(name="Nightly <sync>", scopes=["orders:write"], now=clock.now())
        key_id = key.id
    order_id, licenses = reported(harbour, f"key:{key_id}")

    for path in (f"/orders/{order_id}", f"/licenses/{licenses[0]}"):
        page = desk.text(path)
        assert "API key Nightly &lt;sync&gt;" in page, path
        assert key_id not in page, path


def test_a_member_is_named_in_the_history_of_an_order(desk: Browser, harbour: Cast) -> None:
    order_id, _licenses = reported(harbour, f"member:{harbour.owner.id}")
    page = desk.text(f"/orders/{order_id}")

    assert f"member:{harbour.owner.id}" not in page
    assert f">{harbour.owner.name or harbour.owner.email}</td>" in page


def test_who_is_unknown_keeps_its_code(desk: Browser, harbour: Cast) -> None:
    order_id, _licenses = reported(harbour, "key:key_gone")
    assert "key:key_gone" in desk.text(f"/orders/{order_id}")


def test_one_mail_of_an_order_stands_in_the_history_of_each_of_its_licenses(
    desk: Browser, harbour: Cast
) -> None:
    _order, licenses = reported(harbour, "system")

    for license_id in licenses:
        assert desk.text(f"/licenses/{license_id}").count("Purchase mail sent") == 1
