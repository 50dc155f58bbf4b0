"""Helpdesks: what can be connected, how it is doing, what was sent there and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.accounts.services import audit
from server.console.connector_words import about, as_row, deliveries_of
from server.console.forms import Field, Form
from server.console.guard import actor, seat
from server.console.words import gettext as _
from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection
from server.helpdesks.services.connections import SettingsInvalid
from server.helpdesks.services.kinds import FormField
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import Conflict, KeydeskError, NotFound
from server.kernel.tenancy import resolve
from server.kernel.text import nfc

blueprint = Blueprint("connectors", __name__, url_prefix="/connectors")
KINDS_OF_INPUT = {"secret": "password", "switch": "check", "select": "choice"}


@blueprint.get("/")
def index() -> str:
    rows = [as_row(one) for one in helpdesks.list_connections()]
    return render_template("console/connectors.html", connections=rows, kinds=helpdesks.kinds(), about=about)


@blueprint.get("/new/<kind>")
def new(kind: str) -> str:
    found = helpdesks.kind_of(kind)
    return _new_page(kind, Form(_fields(found.form)))


@blueprint.post("/new/<kind>")
def connect(kind: str) -> str | Response:
    form = _read(helpdesks.kind_of(kind).form)
    try:
        with writing():
            made = helpdesks.connect(kind=kind, name="", values=form.values, now=clock.now())
            audit(actor(), "helpdesk.connected", made.id, kind=kind)
            connection_id = made.id
    except (SettingsInvalid, Conflict) as error:
        _show_errors(form, error)
        return _new_page(kind, form)
    _check(connection_id)
    return redirect(url_for("console.connectors.show", connection_id=connection_id))


@blueprint.get("/<connection_id>")
def show(connection_id: str) -> str:
    connection = _connection(connection_id)
    return _page(connection, Form(_fields(helpdesks.form_of(connection)), _values(connection)))


@blueprint.post("/<connection_id>")
def save(connection_id: str) -> str | Response:
    form = _read(helpdesks.form_of(_connection(connection_id)))
    try:
        with writing():
            helpdesks.change(_connection(connection_id), form.values)
            audit(actor(), "helpdesk.changed", connection_id)
    except SettingsInvalid as error:
        _show_errors(form, error)
        return _page(_connection(connection_id), form)
    _check(connection_id)
    return redirect(url_for("console.connectors.show", connection_id=connection_id))


@blueprint.post("/<connection_id>/checks")
def check(connection_id: str) -> Response:
    _check(connection_id)
    return redirect(url_for("console.connectors.show", connection_id=connection_id))


@blueprint.post("/<connection_id>/tickets")
def test(connection_id: str) -> Response:
    """A real ticket in the member's name that goes the whole way."""
    try:
        with writing():
            connection = _connection(connection_id)
            member = seat().member
            helpdesks.send_test_ticket(connection, email=member.email, name=member.name, now=clock.now())
        flash(_("A test ticket is on its way. Answer it in the helpdesk: the answer comes back here."))
    except Conflict as refusal:
        flash(refusal.detail, "bad")
    return redirect(url_for("console.connectors.show", connection_id=connection_id))


@blueprint.post("/<connection_id>/end")
def remove(connection_id: str) -> Response:
    with writing():
        helpdesks.disconnect(_connection(connection_id))
        audit(actor(), "helpdesk.disconnected", connection_id)
    flash(_("Disconnected."))
    return redirect(url_for("console.connectors.index"))


def _connection(connection_id: str) -> HelpdeskConnection:
    """One that is not ended: an ended one has no secrets any more and is answered like a missing one."""
    connection = resolve(HelpdeskConnection, connection_id)
    if not connection.forwards:
        raise NotFound
    return connection


def _check(connection_id: str) -> None:
    """Ask the helpdesk first, then write what it said: no transaction waits for the network."""
    health = helpdesks.look(_connection(connection_id))
    with writing():
        helpdesks.note_health(_connection(connection_id), health, now=clock.now())
    if health.ok:
        flash(_("Everything is in place."))
    else:
        flash(_("Something is not in place yet; it is named below."), "bad")


def _new_page(kind: str, form: Form) -> str:
    found = helpdesks.kind_of(kind)
    return render_template(
        "console/connector_new.html", label=found.label, about=about(kind).capitalize(), form=form
    )


def _page(connection: HelpdeskConnection, form: Form) -> str:
    hook_url, hook_secret = helpdesks.hook_of(connection)
    return render_template(
        "console/connector.html",
        connection=as_row(connection),
        kind=helpdesks.kind_of(connection.kind),
        hook_url=hook_url,
        hook_secret=hook_secret,
        health=connection.health,
        is_failing=any(item.get("level") == "fail" for item in connection.health),
        deliveries=deliveries_of(connection),
        form=form,
    )


def _values(connection: HelpdeskConnection) -> dict[str, str]:
    return {field.name: field.value for field in helpdesks.form_of(connection)}


def _fields(asked: Sequence[FormField]) -> list[Field]:
    return [
        Field(
            one.name,
            one.label,
            KINDS_OF_INPUT.get(one.widget, one.widget),
            required=one.required and not one.secret_is_set,
            limit=500,
            help=_("A secret is stored. Leave it empty to keep it.") if one.secret_is_set else one.help,
            autocomplete="off",
        )
        for one in asked
    ]


def _read(asked: Sequence[FormField]) -> Form:
    """Takes the answers as they are: the connector's own schema judges them."""
    values = {one.name: nfc(request.form.get(one.name, "")) for one in asked}
    return Form(_fields(asked), values)


def _show_errors(form: Form, error: KeydeskError) -> None:
    errors: Any = error.fields.get("errors", {})
    for name, sentences in errors.items():
        form.refuse(name, " ".join(map(str, sentences)))
    form.problem = "" if errors else error.detail
    if not errors:
        form.refuse("", error.detail)
