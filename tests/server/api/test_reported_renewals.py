"""Another shop reports that a license was renewed there: one more term, once, and back with the money."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.billing.models import LedgerEntry, Order
from server.catalog.models import Plan
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import revoke_license
from server.mail.models import Mail
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

PATH = "/v1/vendor/orders"
Script = Callable[..., str]


@pytest.fixture
def token(script: Script) -> str:
    return script("orders:write", "licenses:write")


@pytest.fixture
def license_id(ask: Ask, token: str, harbour: Cast) -> str:
    """A license of a yearly plan that the other shop sold."""
    facts = {"email": "bo@buyer.example.com", "plan_id": harbour.plan.id, "source": "woocommerce:1"}
    order = made(ask("POST", PATH, token, {**facts, "amount": 4_900, "currency": "eur"}))
    return str(order["licenses"][0]["license_id"])


def made(answer: TestResponse, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json or {})


def renewal(harbour: Cast, license_id: str, **other: Any) -> dict[str, Any]:
    return {
        "email": "bo@buyer.example.com",
        "plan_id": harbour.plan.id,
        "source": "woocommerce:2",
        "amount": 4_900,
        "currency": "eur",
        "renews_license_id": license_id,
        **other,
    }


def end_of(license_id: str) -> datetime:
    session.rollback()
    end = resolve(License, license_id).valid_until
    assert end is not None
    return end


def count(model: type[Any]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_reported_renewal_adds_a_term_and_neither_a_license_nor_a_mail(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    before, mails = end_of(license_id), count(Mail)
    licenses = made(ask("POST", PATH, token, renewal(harbour, license_id)))["licenses"]

    assert [one["license_id"] for one in licenses] == [license_id]
    assert "license_key" not in licenses[0], "who reports orders reads no earlier keys"
    assert end_of(license_id).year == before.year + 1
    assert (count(License), count(Order), count(Mail)) == (1, 2, mails)
    rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
    assert [(row.kind, row.amount) for row in rows] == [("payment", 4_900), ("payment", 4_900)]


def test_a_repeated_report_adds_no_second_term(ask: Ask, token: str, license_id: str, harbour: Cast) -> None:
    first = made(ask("POST", PATH, token, renewal(harbour, license_id)))
    after = end_of(license_id)
    again = made(ask("POST", PATH, token, renewal(harbour, license_id)), status=200)

    assert again["order_id"] == first["order_id"]
    assert end_of(license_id) == after


def test_the_same_source_for_another_license_is_refused(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    ask("POST", PATH, token, renewal(harbour, license_id))
    sold = renewal(harbour, license_id)
    del sold["renews_license_id"]
    answer = ask("POST", PATH, token, sold)

    assert code_of(answer) == (409, "source_mismatch")
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == ["/renews_license_id"]


def test_an_expired_license_gets_its_term_from_the_day_of_the_report(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    with writing():
        resolve(License, license_id).starts_at = datetime.fromisoformat("2020-01-01T00:00:00Z")
        resolve(License, license_id).valid_until = datetime.fromisoformat("2021-01-01T00:00:00Z")
    ask("POST", PATH, token, renewal(harbour, license_id))

    assert end_of(license_id).date().year == clock.now().year + 1


def test_money_that_goes_back_takes_the_term_along_and_leaves_the_license(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    before = end_of(license_id)
    order = made(ask("POST", PATH, token, renewal(harbour, license_id)))
    back = made(ask("POST", f"{PATH}/{order['order_id']}/refunds", token, {"reason": "other"}))

    assert back["state"] == "refunded"
    assert end_of(license_id) == before
    assert resolve(License, license_id).revoked_for == []


def test_what_cannot_be_renewed_is_refused_and_says_why(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    def refused(**other: Any) -> tuple[int, str]:
        answer = ask("POST", PATH, token, renewal(harbour, license_id, **other))
        return code_of(answer)

    assert refused(renews_license_id="lic_01m8j01kggfbv9yrxrnrm6gxpk") == (422, "validation_failed")
    assert refused(quantity=2) == (422, "validation_failed")
    with writing():
        revoke_license(resolve(License, license_id), "manual", actor="test", now=clock.now())
    assert refused() == (409, "license_not_renewable")
    assert count(Order) == 1


def test_a_plan_for_ever_and_a_license_without_end_have_no_term_to_add(
    ask: Ask, token: str, license_id: str, harbour: Cast
) -> None:
    with writing():
        resolve(License, license_id).valid_until = None
    answer = ask("POST", PATH, token, renewal(harbour, license_id))
    assert code_of(answer) == (409, "license_not_renewable")

    with writing():
        resolve(Plan, harbour.plan.id).interval = "lifetime"
        resolve(License, license_id).valid_until = clock.now()
    answer = ask("POST", PATH, token, renewal(harbour, license_id))
    assert code_of(answer) == (409, "license_not_renewable")
