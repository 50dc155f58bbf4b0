"""Where a mail leads whose site asked without a key (`/activate/<token>`): who asks, who sits, and a yes."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from server.accounts.services import vendor
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import KeydeskError
from server.kernel.tenancy import tenant
from server.licensing.models import ActivationLink
from server.licensing.services import links
from server.pages import limits
from server.pages.refusing import show_refusals
from server.pages.showing import reader_language, show
from server.pages.visitors import private

blueprint = Blueprint("activation_links_page", __name__, url_prefix="/activate")
show_refusals(blueprint)


@blueprint.get("/<token>")
def page(token: str) -> Response:
    """Which site asks, and what its license is. Looking changes nothing: mail scanners look too."""
    limits.count("get")
    with _opened(token) as link:
        return _show(token, link)


@blueprint.post("/<token>/releases")
def release(token: str) -> Response:
    """Let another site go, so that this one has room."""
    limits.count("get")
    with _opened(token) as link:
        with writing():
            links.release_for(link, request.form.get("activation_id", ""), clock.now())
        return private(redirect(url_for("activation_links_page.page", token=token), code=303))


@blueprint.post("/<token>/license")
def choose(token: str) -> Response:
    """Another of the customer's licenses for this site."""
    limits.count("get")
    with _opened(token) as link:
        with writing():
            links.choose_license(link, request.form.get("license_id", ""), clock.now())
        return private(redirect(url_for("activation_links_page.page", token=token), code=303))


@blueprint.post("/<token>/confirmation")
def confirm(token: str) -> Response:
    """The customer's yes."""
    limits.count("get")
    with _opened(token) as link:
        try:
            with writing():
                links.confirm_activation(link, clock.now())
        except KeydeskError as refusal:
            return _show(token, link, problem=refusal.code, status=refusal.status)
        return private(redirect(url_for("activation_links_page.page", token=token), code=303))


@contextmanager
def _opened(token: str) -> Iterator[ActivationLink]:
    """The link in its vendor's scope."""
    found = links.open_activation_link(token)
    with tenant(found.tenant_id):
        yield found


def _show(token: str, link: ActivationLink, *, problem: str = "", status: int = 200) -> Response:
    license, now = links.held(link), clock.now()
    stage = links.stage_of(link, now)
    response = show(
        "activation_link.html",
        language=reader_language(license.customer.locale),
        status=410 if stage in {"over", "lapsed"} and status == 200 else status,
        vendor=vendor(),
        product=license.product,
        license=license,
        state=license.status(now),
        now=now,
        link=link,
        stage=stage,
        sites=links.sites_of(link),
        full=links.needs_a_seat(link),
        others=links.choices(link, now) if stage == "open" else [],
        problem=problem,
        confirm_at=url_for("activation_links_page.confirm", token=token),
        choose_at=url_for("activation_links_page.choose", token=token),
        release_at=url_for("activation_links_page.release", token=token),
    )
    return private(response)
