"""Another shop reports its purchases and refunds, each once, and reads what became of them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from server.billing.models import LedgerEntry, Order
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from server.mail.models import Mail
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of
from tests.tools.statements import statements

PATH = "/v1/vendor/orders"
Script = Callable[..., str]


@pytest.fixture
def bought(harbour: Cast) -> dict[str, Any]:
    """What a WooCommerce shop tells of its order 123."""
    return {
        "email": "Bo@Buyer.example.com",
        "name": "Bo",
        "plan_id": harbour.plan.id,
        "source": "woocommerce:123",
        "amount": 19_900,
        "currency": "EUR",
        "quantity": 2,
        "locale": "uk",
    }


def count(model: type[Any]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def count_mails(template: str) -> int:
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.template == template)) or 0


def made(ask: Ask, token: str, wish: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = ask("POST", PATH, token, wish, **more)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json or {})


def test_a_reported_purchase_brings_its_licenses_and_one_mail(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    order = made(ask, script("orders:write"), bought)

    assert (order["state"], order["currency"], order["amount"]) == ("completed", "eur", 19_900)
    keys = [one["license_key"] for one in order["licenses"]]
    assert {find_license_by_key(key).customer.email for key in keys} == {"bo@buyer.example.com"}
    assert (len(keys), count(License)) == (2, 2)
    mail = session.scalars(select(Mail)).one()
    assert all(key in mail.text and key in mail.html.replace("<wbr>", "") for key in keys)
    rows = session.scalars(select(LedgerEntry)).all()
    assert [(row.kind, row.amount) for row in rows] == [("payment", 19_900)]


def test_the_same_source_answers_the_same_order(ask: Ask, script: Script, bought: dict[str, Any]) -> None:
    token = script("orders:write")
    first, again = made(ask, token, bought), made(ask, token, bought)

    assert first["order_id"] == again["order_id"]
    assert (count(Order), count(License), count(Mail)) == (1, 2, 1)


def test_keys_are_shown_by_the_answer_that_made_the_order_and_by_no_later_one(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:read", "orders:write")
    first, repeated = (made(ask, token, bought, key="order-123-of-our-shop") for _twice in range(2))
    again = made(ask, token, bought)

    assert first == repeated
    hints = [f"KD1-…{one['license_key'][-4:]}" for one in first["licenses"]]
    assert [one["key_hint"] for one in again["licenses"]] == hints
    assert not any("license_key" in one for one in again["licenses"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"amount": 100}, ["/amount"]),
        ({"quantity": 3, "email": "eve@buyer.example.com"}, ["/email", "/quantity"]),
        ({"currency": "usd"}, ["/currency"]),
        ({"name": "Robert", "email": "bo@buyer.example.com", "note": "again"}, []),
    ],
)
def test_a_known_source_with_other_facts_is_refused_and_they_are_named(
    ask: Ask, script: Script, bought: dict[str, Any], change: dict[str, Any], named: list[str]
) -> None:
    token = script("orders:write")
    order = made(ask, token, bought)

    answer = ask("POST", PATH, token, bought | change)

    assert answer.json is not None
    assert answer.json["order_id"] == order["order_id"]
    assert [error["pointer"] for error in answer.json.get("errors", [])] == named
    assert not named or code_of(answer) == (409, "source_mismatch")
    assert count(License) == 2


def test_an_order_by_hand_needs_no_source_and_no_amount(ask: Ask, script: Script, harbour: Cast) -> None:
    token = script("orders:write")
    wish = {"email": "bo@buyer.example.com", "plan_id": harbour.plan.id, "send_mail": False}
    made(ask, token, wish)
    made(ask, token, wish)
    assert (count(Order), count(Mail)) == (2, 0)


def test_a_refund_of_the_other_shop_ends_the_licenses(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:write", "orders:read")
    order = made(ask, token, bought)
    path = f"{PATH}/{order['order_id']}/refunds"
    part = ask("POST", path, token, {"amount": 900})
    assert part.json is not None
    assert (part.json["state"], part.json["refunded_amount"]) == ("completed", 900)
    assert [one.revoked_for for one in session.scalars(select(License))] == [[], []]

    too_much = ask("POST", path, token, {"amount": 19_001})
    assert code_of(too_much) == (409, "order_refunded")
    assert too_much.json is not None
    assert too_much.json["title"] == "There is not that much left of this payment"
    assert too_much.json["detail"] == "At most €190.00 can still be given back."

    nothing = ask("POST", path, token, {"amount": 0})
    assert code_of(nothing) == (422, "validation_failed")
    assert nothing.json is not None
    assert nothing.json["detail"].startswith("amount: Must be greater than or equal to 1 ")

    whole = ask("POST", path, token, {"reason": "bug", "note": "asked twice"})
    assert whole.json is not None
    assert (whole.json["state"], whole.json["refunded_amount"]) == ("refunded", 19_900)
    session.rollback()
    assert [one.revoked_for for one in session.scalars(select(License))] == [["refunded"], ["refunded"]]
    assert code_of(ask("POST", path, token, {})) == (409, "order_refunded")
    told = list(session.scalars(select(Mail.text).where(Mail.template == "refunded").order_by(Mail.id)))
    assert ["Ваші ліцензії діють" in text for text in told] == [True, False], (
        "one for each time money went back"
    )
    assert "Разом із цим ліцензії закінчилися" in told[1]


def test_a_refund_is_counted_once_by_the_shop_s_own_number(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:write", "orders:read")
    path = f"{PATH}/{made(ask, token, bought)['order_id']}/refunds"

    def tell(wish: dict[str, Any]) -> Any:
        return ask("POST", path, token, wish)

    wish = {"amount": 900, "source": "woocommerce:refund-7", "note": "one wish of two"}

    first, again = tell(wish), tell(wish)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert again.json["refunded_amount"] == 900
    assert count(LedgerEntry) == 2
    assert tell(wish | {"source": "woocommerce:refund-8"}).json["refunded_amount"] == 1_800

    other = tell(wish | {"amount": 1_000})
    assert code_of(other) == (409, "source_mismatch")
    assert other.json["errors"][0]["pointer"] == "/amount"
    assert code_of(tell(wish | {"source": "7"})) == (422, "validation_failed")

    rest = {"source": "woocommerce:refund-9"}
    whole = [tell(rest) for _ in range(2)]
    assert [one.status_code for one in whole] == [201, 200]
    assert [one.json["state"] for one in whole] == ["refunded"] * 2
    assert count(LedgerEntry) == 4
    assert count_mails("refunded") == 3


def test_a_refund_of_an_order_without_a_sum_is_known_by_its_number(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:write", "orders:read")
    path = f"{PATH}/{made(ask, token, bought | {'amount': 0, 'currency': ''})['order_id']}/refunds"

    answers: list[Any] = [ask("POST", path, token, {"source": "woocommerce:refund-7"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json == answers[1].json


def test_what_does_not_fit_is_refused_and_writes_nothing(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:write")
    for change in (
        {"plan_id": "pln_none"},
        {"email": "nobody"},
        {"source": "no colon"},
        {"amount": -1},
        {"currency": ""},
        {"currency": "xxx"},
        {"currency": "xxx", "amount": 0},
        {"quantity": 0},
        {"colour": "red"},
    ):
        assert code_of(ask("POST", PATH, token, bought | change)) == (422, "validation_failed"), change
    assert code_of(ask("POST", PATH, token, bought, key=None)) == (400, "idempotency_key_required")
    assert (count(Order), count(License)) == (0, 0)


def test_another_shop_may_report_what_stripe_does_not_take(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    order = made(ask, script("orders:write"), bought | {"currency": "KWD", "amount": 19_900})
    assert (order["currency"], order["amount"]) == ("kwd", 19_900)


def test_scopes_and_modes_are_held(ask: Ask, script: Script, bought: dict[str, Any]) -> None:
    order = made(ask, script("orders:write"), bought)
    reader, tester = script("orders:read"), script("orders:read", "orders:write", mode="test")

    assert code_of(ask("POST", PATH, reader, bought)) == (403, "scope_missing")
    assert code_of(ask("GET", f"{PATH}/{order['order_id']}", tester)) == (404, "not_found")
    read = ask("GET", f"{PATH}/{order['order_id']}", reader)
    assert read.json is not None
    assert "license_key" not in read.json["licenses"][0]


def test_a_test_key_and_a_live_key_may_report_the_same_number(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    tokens = {mode: script("orders:read", "orders:write", mode=mode) for mode in ("live", "test")}
    orders = {mode: made(ask, token, bought) for mode, token in tokens.items()}

    assert [order["mode"] for order in orders.values()] == ["live", "test"]
    assert (count(Order), count(License)) == (2, 4)
    for mode, token in tokens.items():
        again = made(ask, token, bought)
        assert again["order_id"] == orders[mode]["order_id"], "the same number again is the same order"
        found = ask("GET", f"{PATH}?source=woocommerce:123", token).json
        assert found is not None
        assert [one["order_id"] for one in found["data"]] == [orders[mode]["order_id"]]


def test_orders_are_listed_newest_first_and_found_by_source(
    ask: Ask, script: Script, bought: dict[str, Any], stranger: Cast
) -> None:
    token = script("orders:write", "orders:read")
    ids = [made(ask, token, bought | {"source": f"shop:{number}"})["order_id"] for number in range(3)]
    first = ask("GET", f"{PATH}?limit=2", token).json
    assert first is not None
    second = ask("GET", f"{PATH}?limit=2&after={first['next']}", token).json
    assert second is not None
    assert [one["order_id"] for one in first["data"] + second["data"]] == list(reversed(ids))
    found = ask("GET", f"{PATH}?source=shop:1&email=bo@buyer.example.com", token).json
    assert found is not None
    assert [one["order_id"] for one in found["data"]] == [ids[1]]


def test_a_list_asks_for_the_licenses_of_all_its_orders_at_once(
    ask: Ask, script: Script, bought: dict[str, Any]
) -> None:
    token = script("orders:write", "orders:read")
    orders = [made(ask, token, bought | {"source": f"shop:{number}"}) for number in range(12)]
    with statements() as sent:
        listed = ask("GET", PATH, token).json

    assert listed is not None
    assert [one["licenses"] for one in listed["data"]] == [
        [{"license_id": each["license_id"], "key_hint": each["key_hint"]} for each in order["licenses"]]
        for order in reversed(orders)
    ]
    assert len(sent) < len(orders), sent


@pytest.mark.parametrize("locale", ["<script>", "de DE", "en_US.UTF-8", "1", "-", "de_", "deutschland_so"])
def test_what_is_no_language_is_refused_wherever_a_script_names_one(
    ask: Ask, script: Script, harbour: Cast, bought: dict[str, Any], sold: tuple[str, str], locale: str
) -> None:
    token = script("orders:write", "licenses:write")
    wish = {"product_id": harbour.product.id, "plan": "studio", "email": "bo@buyer.example.com"}
    given = {"email": "cy@buyer.example.com"}

    for path, body in (
        (PATH, bought),
        ("/v1/vendor/licenses", wish),
        (f"/v1/vendor/licenses/{sold[0]}/transfers", given),
    ):
        refused = ask("POST", path, token, body | {"locale": locale})
        assert code_of(refused) == (422, "validation_failed"), path
        assert refused.json is not None
        assert refused.json["detail"].startswith("locale: A language "), path


@pytest.mark.parametrize("locale", ["", "ro", "ro_MD", "zh-Hans-CN", "de_DE_formal", "xx-yy", "ca-valencia"])
def test_a_language_that_we_do_not_write_in_is_no_fault(
    ask: Ask, script: Script, bought: dict[str, Any], locale: str
) -> None:
    made(ask, script("orders:write"), bought | {"locale": locale})
