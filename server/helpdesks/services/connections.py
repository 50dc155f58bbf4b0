"""Setting up a helpdesk: its kinds, a connection's settings and secrets, its check."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError
from sqlalchemy import func, select

from server.helpdesks import standard_webhook
from server.helpdesks.contract import Connector, Health
from server.helpdesks.errors import AuthFailed, HelpdeskError
from server.helpdesks.models import UNFINISHED, HelpdeskConnection, HelpdeskLink, HelpdeskPush
from server.helpdesks.services.kinds import (
    KINDS,
    FormField,
    Kind,
    KindUnknown,
    connector_class,
    fields_of,
    kind_of,
    kinds,
)
from server.jobs import enqueue
from server.kernel import outbound
from server.kernel import settings as kernel_settings
from server.kernel.db import session
from server.kernel.errors import Conflict, Invalid
from server.kernel.ids import new_id
from server.kernel.secrets import new_link_token, seal, unseal
from server.kernel.text import one_line

__all__ = ["KINDS", "FormField", "Kind", "KindUnknown", "kind_of", "kinds"]  # shown with what is set up

LIMIT = 20
RECONCILE_S = 300


class SettingsInvalid(Invalid):
    """`errors` maps the field to its sentences."""

    code = "helpdesk_settings_invalid"
    title = "Some settings need another look"

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(self.title, errors=errors)


class TooManyConnections(Conflict):
    """More helpdesks than a vendor may connect."""

    code = "helpdesk_connection_limit"
    title = "There are 20 connections already"


def connect(*, kind: str, name: str, values: Mapping[str, Any], now: datetime) -> HelpdeskConnection:
    """Set up a helpdesk; tickets opened from now on are forwarded. Raises `SettingsInvalid`."""
    found = connector_class(kind)
    taken = set(session.scalars(select(HelpdeskConnection.name)))
    if len(taken) >= LIMIT:
        raise TooManyConnections
    name = one_line(name) or found.label
    if len(name) > 60 or name in taken:
        raise SettingsInvalid(errors={"name": ["Choose a name of its own, at most 60 characters"]})
    settings, secret = _split(found, _validated(found, values))
    secret |= {
        "hook_secret": standard_webhook.new_secret(),
        "path_token": new_link_token(),
        "marker_key": secrets.token_hex(32),
    }
    connection = HelpdeskConnection(id=new_id("hdc"), kind=kind, name=name, settings=settings, created_at=now)
    _keep_secrets(connection, secret)
    session.add(connection)
    session.flush()
    plan_reconcile(connection, now)
    return connection


def change(connection: HelpdeskConnection, values: Mapping[str, Any]) -> None:
    """Change settings. An empty secret keeps the stored one, unless the host changes: keys do not travel."""
    found = connector_class(connection.kind)
    _refuse_another_helpdesk(connection, values)
    stored = secrets_of(connection)
    names = {name for name, field in found.settings_schema().fields.items() if field.metadata.get("secret")}
    given = {name: value for name, value in values.items() if value not in {"", None} or name not in names}
    if _host(given.get("url")) == _host(connection.settings.get("url")):
        given = {name: stored[name] for name in names if name in stored} | given
    settings, secret = _split(found, _validated(found, given))
    connection.settings = settings
    _keep_secrets(connection, {name: stored[name] for name in stored if name not in names} | secret)


def form_of(connection: HelpdeskConnection) -> list[FormField]:
    """The connection's form as it is filled in; secrets show only that they are set."""
    return fields_of(connector_class(connection.kind), connection.settings, secrets_of(connection))


def hook_of(connection: HelpdeskConnection) -> tuple[str, str]:
    """Address and secret that the vendor enters at the helpdesk."""
    stored = secrets_of(connection)
    path = f"/hooks/helpdesks/{connection.id}/{stored['path_token']}"
    return kernel_settings.current().public_url + path, stored["hook_secret"]


def look(connection: HelpdeskConnection) -> Health:
    """Ask the helpdesk whether everything is in place. Takes seconds; writes nothing and holds nothing."""
    connector = connector_of(connection)
    session.rollback()
    return connector.check()


def note_health(connection: HelpdeskConnection, health: Health, *, now: datetime) -> None:
    """Remember what a check found. A good one lets what waited go on."""
    connection.health = [asdict(item) for item in health.items]
    connection.checked_at = now
    if health.ok and connection.state == "auth_failed":
        resume(connection)


def pause(connection: HelpdeskConnection) -> None:
    """Nothing goes out until it is resumed; hooks are still taken in."""
    connection.state = "paused"


def resume(connection: HelpdeskConnection) -> None:
    """Let everything that waited go on."""
    connection.state = "active"
    waiting = select(HelpdeskPush.link_id).where(
        HelpdeskPush.connection_id == connection.id, HelpdeskPush.state.in_(UNFINISHED)
    )
    for link_id in session.scalars(waiting.distinct()):
        enqueue("helpdesks.drain", {"link_id": link_id})


def disconnect(connection: HelpdeskConnection) -> None:
    """End it: secrets are gone at once, links stay so that the conversation can still be found."""
    connection.state = "disabled"
    connection.name = f"{connection.name} ({connection.id[-6:]})"  # the name is free again
    connection.secrets = seal("{}", aad=_aad(connection))
    session.flush()
    for push in session.scalars(
        select(HelpdeskPush).where(
            HelpdeskPush.connection_id == connection.id, HelpdeskPush.state.in_(UNFINISHED)
        )
    ):
        push.state = "dropped"


def list_connections() -> list[HelpdeskConnection]:
    """The vendor's connections that are not ended, oldest first."""
    rows = select(HelpdeskConnection).where(HelpdeskConnection.state != "disabled")
    return list(session.scalars(rows.order_by(HelpdeskConnection.id)))


def count_waiting(connection: HelpdeskConnection) -> int:
    """How many writes have not reached the helpdesk yet."""
    waiting = select(func.count()).where(
        HelpdeskPush.connection_id == connection.id, HelpdeskPush.state.in_(UNFINISHED)
    )
    return session.scalar(waiting) or 0


def note_failure(connection: HelpdeskConnection, error: HelpdeskError) -> None:
    """Wrong credentials stop everything of the connection until a check succeeds."""
    if isinstance(error, AuthFailed) and connection.state == "active":
        connection.state = "auth_failed"
        connection.health = [{"code": error.code, "level": "fail", "text": error.public_text}]


def plan_reconcile(connection: HelpdeskConnection, now: datetime) -> None:
    """The next regular look; the slot's number makes it one, however often this is called."""
    slot = int(now.timestamp()) // RECONCILE_S + 1
    enqueue(
        "helpdesks.reconcile",
        {"connection_id": connection.id},
        due_at=now + timedelta(seconds=RECONCILE_S),
        dedupe_key=f"{connection.id}:{slot}",
    )


def connector_of(connection: HelpdeskConnection) -> Connector:
    """The connector with its settings and secrets, ready for one job."""
    found = connector_class(connection.kind)
    stored = secrets_of(connection)
    names = found.settings_schema().fields
    settings = connection.settings | {name: stored[name] for name in names if name in stored}
    return found(settings, connection_id=connection.id, send=outbound.request)


def secrets_of(connection: HelpdeskConnection) -> dict[str, str]:
    opened: dict[str, str] = json.loads(unseal(connection.secrets, aad=_aad(connection)))
    return opened


def _refuse_another_helpdesk(connection: HelpdeskConnection, values: Mapping[str, Any]) -> None:
    """Conversations are known by their ids: at another helpdesk those are somebody else's."""
    if _host(values.get("url"))[1] == _host(connection.settings.get("url"))[1]:
        return
    linked = select(HelpdeskLink.id).where(HelpdeskLink.connection_id == connection.id).limit(1)
    if session.scalar(linked):
        sentence = (
            "Tickets stand at the old address already: connect the new one beside it, then end this one"
        )
        raise SettingsInvalid(errors={"url": [sentence]})


def _keep_secrets(connection: HelpdeskConnection, values: Mapping[str, str]) -> None:
    connection.secrets = seal(json.dumps(values), aad=_aad(connection))


def _aad(connection: HelpdeskConnection) -> str:
    return f"helpdesk_connections:secrets:{connection.id}"


def _validated(found: type[Connector], values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = found.settings_schema().load(
            {name: value for name, value in values.items() if value not in {"", None}}
        )
    except ValidationError as error:
        raise SettingsInvalid(errors=error.messages_dict) from error
    return loaded


def _split(found: type[Connector], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    shown = found.settings_schema().fields
    secret = {name: value for name, value in values.items() if shown[name].metadata.get("secret")}
    return {name: value for name, value in values.items() if name not in secret}, secret


def _host(url: Any) -> tuple[str, str]:
    parts = urlsplit(str(url or ""))
    return parts.scheme, parts.netloc.lower()
