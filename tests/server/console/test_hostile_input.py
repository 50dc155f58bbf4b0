"""Nothing that is sent to the console breaks it: a refusal with a code, never a fault, nothing written."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server.catalog.models import Plan, Product
from server.kernel.db import session
from server.licensing.models import License
from tests.conftest import (
    database,  # noqa: F401  takes the place of the folder's fixture: SQLite and PostgreSQL
)
from tests.server.console.conftest import FROM_HERE, Browser
from tests.server.console.story import Story

NUL = "a\x00b"
LONG = "я" * 1_000
ODD = (NUL, LONG, "\ud83d", "%s%n{{7*7}}", "' OR 1=1 --", "1e9", "NaN", "-1", "٣", "0.001", " ")


def test_odd_addresses_are_refused(desk: Browser, story: Story) -> None:
    for path in ("/licenses/%00", "/tickets/%00", "/mails/%FF", "/products/..%2f..%2fetc", "/x%00y"):
        assert desk.open(path).status_code in {400, 404}, path
    for query in ("q=%00", "before=%00", "show=%00"):
        assert desk.open(f"/licenses/?{query}").status_code == 400, query
    for query in ("q=%FF%FE", "before=zzz", "show=none", "q=" + "%25" * 300, "q=\\"):
        assert desk.open(f"/licenses/?{query}").status_code == 200, query


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_answers_write_nothing(desk: Browser, story: Story, odd: str) -> None:
    text = odd.encode("utf-8", "replace").decode()
    plan = dict.fromkeys(("name", "code", "seats", "interval", "amount", "currency", "features"), text)
    for path, answers in (
        ("/products/new", dict.fromkeys(("name", "slug", "description", "edition", "docs_url"), text)),
        (f"/products/{story.product_id}/plans/new", plan),
        ("/licenses/new", dict.fromkeys(("plan", "email", "name", "locale", "note"), text)),
        ("/payments/connection", dict.fromkeys(("api_key", "webhook_secret"), text)),
        ("/connectors/new/roundup", dict.fromkeys(("url", "user", "password"), text)),
        ("/settings/vendor", dict.fromkeys(("name", "support_email", "terms_url", "privacy_url"), text)),
        ("/settings/password", dict.fromkeys(("present", "password"), text)),
    ):
        answer = desk.send(path, answers)
        assert answer.status_code in {200, 400}, (path, answer.status_code)

    assert _count(Product) == _count(Plan) == _count(License) == 1


def test_an_odd_log_in_is_a_failed_log_in(visitor: Browser) -> None:
    for odd in ODD:
        text = odd.encode("utf-8", "replace").decode()
        assert visitor.sign_in(text, text).status_code in {400, 401}, odd


def test_a_body_that_is_too_large_is_refused_before_it_is_read(desk: Browser, story: Story) -> None:
    answer = desk.client.post("/console/settings/vendor", data=b"x" * 80_000, headers=FROM_HERE)

    assert answer.status_code == 413


def test_a_form_in_another_form_is_refused(desk: Browser) -> None:
    answer = desk.client.post("/console/products/new", json={"name": "X"}, headers=FROM_HERE)

    assert answer.status_code == 403


def _count(model: type[Product | Plan | License]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0
