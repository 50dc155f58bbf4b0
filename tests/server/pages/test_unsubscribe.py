"""The link under a reminder: looking changes nothing, one press or one POST of a mail program does."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.accounts.models import AuditEntry
from server.customers.models import Customer
from server.customers.services import customer_for
from server.customers.unsubscribing import REMINDERS, unsubscribe_address
from server.kernel import clock, settings
from server.kernel.db import session, writing
from tests.conftest import Cast


@pytest.fixture
def path(harbour: Cast) -> str:
    """The path of a customer's unsubscribe link."""
    with writing():
        customer = customer_for("ana@buyer.example.com", now=clock.now())
    return unsubscribe_address(customer, REMINDERS).removeprefix(settings.current().public_url)


def unwanted() -> list[str]:
    return session.scalars(select(Customer)).one().unwanted_mails


def test_looking_changes_nothing(client: FlaskClient, path: str) -> None:
    page = client.get(path)

    assert "No more reminders" in page.text
    assert 'href="/account/harbour"' in page.text
    assert unwanted() == []


def test_the_mail_programs_one_post_is_enough(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert unwanted() == ["reminders"]


def test_it_can_be_taken_back_and_said_twice(client: FlaskClient, path: str) -> None:
    for _press in range(2):
        assert "Remind me again" in client.post(path).text
    client.post(path, data={"want": "again"})

    assert unwanted() == []
    actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions[-2:] == ["customer.mails_unwanted", "customer.mails_wanted"]


@pytest.mark.parametrize("change", ["x", "-", "."])
def test_a_link_that_we_did_not_write_opens_nothing(client: FlaskClient, path: str, change: str) -> None:
    assert client.get(path + change).status_code == 404
    assert client.post(path + change).status_code == 404
    assert unwanted() == []
