"""Settings and secrets of a connection."""

import pytest

from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection
from server.helpdesks.services.connections import SettingsInvalid, TooManyConnections, secrets_of
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve, tenant
from tests.conftest import Cast
from tests.server.helpdesks.conftest import OpenTicket, connected

VALUES = {"url": "https://desk.example.com/", "username": "keydesk", "password": "first-password"}


@pytest.fixture
def connection(harbour: Cast) -> str:
    return connected("roundup", VALUES).id


def change(connection_id: str, **values: str) -> None:
    with writing():
        helpdesks.change(resolve(HelpdeskConnection, connection_id), {**VALUES, **values})


def password_of(connection_id: str) -> str:
    return secrets_of(resolve(HelpdeskConnection, connection_id))["password"]


def test_a_secret_is_sealed_and_never_shown(connection: str) -> None:
    row = resolve(HelpdeskConnection, connection)

    assert b"first-password" not in row.secrets
    assert "first-password" not in str(row.settings) + str(helpdesks.form_of(row))
    assert [field.secret_is_set for field in helpdesks.form_of(row)] == [False, False, True]


def test_an_empty_secret_keeps_the_stored_one(connection: str) -> None:
    change(connection, username="other", password="")

    assert resolve(HelpdeskConnection, connection).settings["username"] == "other"
    assert password_of(connection) == "first-password"


def test_secrets_do_not_travel_to_another_host(connection: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        change(connection, url="https://evil.example.net/", password="")
    assert set(refused.value.fields["errors"]) == {"password"}

    change(connection, url="https://new.example.net/", password="second")
    assert password_of(connection) == "second"


def test_a_connection_with_tickets_stays_at_its_helpdesk(connection: str, opens: OpenTicket) -> None:
    opens()

    with pytest.raises(SettingsInvalid) as refused:
        change(connection, url="https://other.example.net/", password="second")
    assert set(refused.value.fields["errors"]) == {"url"}


@pytest.mark.parametrize(
    ("name", "value"), [("url", "ftp://x"), ("url", "no address"), ("username", ""), ("surprise", "field")]
)
def test_wrong_settings_are_named(harbour: Cast, name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as refused, writing():
        helpdesks.connect(kind="roundup", name="", values={**VALUES, name: value}, now=clock.now())
    assert name in refused.value.fields["errors"]


def test_a_name_is_given_once_and_is_free_after_the_end(connection: str) -> None:
    with pytest.raises(SettingsInvalid):
        connected("roundup", VALUES)

    with writing():
        helpdesks.disconnect(resolve(HelpdeskConnection, connection))
    assert connected("roundup", VALUES).name == "Roundup"
    assert secrets_of(resolve(HelpdeskConnection, connection)) == {}
    assert len(helpdesks.list_connections()) == 1


def test_twenty_connections_are_enough(harbour: Cast) -> None:
    for turn in range(20):
        with writing():
            helpdesks.connect(kind="roundup", name=f"desk {turn}", values=VALUES, now=clock.now())
    with pytest.raises(TooManyConnections), writing():
        helpdesks.connect(kind="roundup", name="one more", values=VALUES, now=clock.now())


def test_another_vendor_neither_sees_nor_feeds_it(connection: str, stranger: Cast) -> None:
    with tenant(stranger.vendor.id):
        assert helpdesks.list_connections() == []
        with pytest.raises(NotFound):
            resolve(HelpdeskConnection, connection)


def test_the_file_to_copy_comes_with_its_kind() -> None:
    kind = helpdesks.kind_of("roundup")

    assert kind.companion_name == "keydesk_roundup.py"
    assert "def init(db)" in kind.companion
    assert len(kind.companion.splitlines()) <= 40
    assert [field.name for field in kind.form] == ["url", "username", "password"]
