"""What an owner does with a license by hand; each act is one form that asks why."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.console.forms import Form, read
from server.console.guard import actor
from server.console.license_deeds import Deed, Told, deeds_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import KeydeskError, NotFound
from server.kernel.tenancy import resolve
from server.licensing.models import License

blueprint = Blueprint("license_acts", __name__, url_prefix="/licenses/<license_id>/acts")


@blueprint.get("/<name>")
def ask(license_id: str, name: str) -> str:
    license = resolve(License, license_id)
    deed = _deed(license, name)
    return _page(license, deed, Form(deed.fields, dict(deed.values)))


@blueprint.post("/<name>")
def do(license_id: str, name: str) -> str | Response:
    license = resolve(License, license_id)
    deed = _deed(license, name)
    form = read(deed.fields, request.form)
    if form:
        try:
            with writing():
                deed.run(license, form, Told(actor(), clock.now(), form["note"]))
            flash(deed.done)
            return redirect(url_for("console.licenses.show", license_id=license_id))
        except KeydeskError as error:
            form.take(error, otherwise=deed.fields[0].name)
    return _page(license, deed, form)


def _deed(license: License, name: str) -> Deed:
    """What does not fit the license's state is not there: two tabs may show two states."""
    found = next((deed for deed in deeds_for(license, clock.now()) if deed.name == name), None)
    if found is None:
        raise NotFound
    return found


def _page(license: License, deed: Deed, form: Form) -> str:
    return render_template("console/license_act.html", license=license, deed=deed, form=form)
