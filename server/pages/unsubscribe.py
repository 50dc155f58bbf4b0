"""The link under a reminder: one press ends that kind of mail, and one more takes it back."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from server.accounts.services import vendor
from server.customers.unsubscribing import open_unsubscribe, set_wanted, wants
from server.kernel.db import writing
from server.kernel.tenancy import tenant
from server.pages import limits
from server.pages.refusing import show_refusals
from server.pages.showing import reader_language, show
from server.pages.visitors import private

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")
show_refusals(blueprint)


@blueprint.get("/<token>")
def page(token: str) -> Response:
    """Where it stands, and a button: mail scanners open links, and must not decide."""
    limits.count("account")
    return _show(token)


@blueprint.post("/<token>")
def change(token: str) -> Response:
    """Our button's press, or one POST by the reader's mail program (RFC 8058), which carries no cookie."""
    limits.count("account")
    customer, group = open_unsubscribe(token)
    with tenant(customer.tenant_id), writing():
        set_wanted(
            customer, group, wanted=request.form.get("want") == "again", actor=f"customer:{customer.id}"
        )
    return _show(token)


def _show(token: str) -> Response:
    customer, group = open_unsubscribe(token)
    with tenant(customer.tenant_id):
        return private(
            show(
                "unsubscribe.html",
                language=reader_language(customer.locale),
                vendor=vendor(),
                email=customer.email,
                wanted=wants(customer, group),
                change_at=url_for("unsubscribe.change", token=token),
            )
        )
