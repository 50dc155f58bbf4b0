"""Who is asking, and may they: runs before every console page, so that no page decides it for itself."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from server.accounts.models import Member, Vendor
from server.accounts.services import audit, vendor
from server.accounts.sessions import LONGEST, SEEN_EVERY, find_session
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import BadRequest, Refused
from server.kernel.settings import current
from server.kernel.tenancy import tenant

# Pages that nobody needs to sign in for; every other console page is for members.
OPEN = frozenset(
    f"console.{page}" for page in ("static", "login.sign_in", "login.try_to_sign_in", "login.first_owner")
)
# What only an owner may do: money, keys, what the shop sells, where tickets go.
OWNERS = frozenset(
    f"console.{page}"
    for page in (
        "products.new products.create products.upload products.edit products.change "
        "products.doors products.open_doors plans.new plans.create plans.show plans.set_price "
        "plans.retire_price plans.edit plans.change plans.close "
        "licenses.new licenses.issue licenses.reveal license_acts.ask license_acts.do "
        "payments.connect payments.disconnect payments.set_policy "
        "orders.refund orders.change_plan "
        "connectors.new connectors.connect connectors.save connectors.remove "
        "imports.index imports.begin imports.show imports.run imports.report "
        "imports.ask_export imports.download "
        "settings.vendor settings.new_key settings.revoke_key"
    ).split()
)
# Bytes of a body; every other form is small.
BODIES = {"console.tickets.answer": 11 * 1024 * 1024, "console.products.upload": 101 * 1024 * 1024}
BODIES["console.imports.begin"] = 257 * 1024 * 1024
BODIES["console.license_acts.do"] = 500_000  # a note that is much too long is refused at its field
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


class NotFromHere(Refused):
    """A form that was not sent from one of our pages."""

    code = "csrf_failed"
    title = "This form was not sent from this console"


class RoleTooSmall(Refused):
    """The page is for owners."""

    title = "This is for the owner of the shop"


@dataclass(frozen=True)
class Seat:
    """Who sits at the desk in this request."""

    member: Member
    shop: Vendor


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and to https; a development server has neither."""
    return "keydesk_dev" if current().is_development else "__Host-keydesk"


def keep_cookie(response: Response, token: str) -> Response:
    """Give the browser the reference to its session."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=LONGEST,
        path="/",
        secure=not current().is_development,
        httponly=True,
        samesite="Lax",
    )
    return response


def seat() -> Seat:
    """The member of this request; only pages for members may ask."""
    taken: Seat = g.seat
    return taken


def actor() -> str:
    """How the audit log names the member of this request."""
    return f"member:{seat().member.id}"


def before_page() -> Response | None:
    """The checks of every console request, in this order."""
    g.scope = ExitStack()
    if request.endpoint == "console.static":
        return None
    _refuse_nul(request.path, *request.args.values())
    _sit_down()
    if "seat" in g and request.endpoint in BODIES:
        request.max_content_length = BODIES[request.endpoint]
    _refuse_foreign_forms()
    _refuse_nul(*request.form.values())
    if request.endpoint in OPEN:
        return None
    if "seat" not in g:
        return _to_sign_in()
    if request.endpoint in OWNERS and seat().member.role != "owner":
        _remember_refusal("forbidden")
        raise RoleTooSmall("Please ask an owner of the shop to do this.")
    return None


def after_page(_error: BaseException | None) -> None:
    """Leave the vendor's scope."""
    if scope := g.pop("scope", None):
        scope.close()


def signed_next(path: str) -> str:
    """Where to go after the log-in, so signed that nobody can send people elsewhere with it."""
    return _signer().dumps(path)


def next_page(signed: str) -> str:
    """The page of a signed `next`; the inbox when it is missing or not ours."""
    try:
        path: str = _signer().loads(signed)
    except BadSignature:
        return url_for("console.inbox.all_open")
    return path


def _sit_down() -> None:
    token = request.cookies.get(cookie_name(), "")
    now = clock.now()
    found = find_session(token, now=now) if token else None
    if found is None:
        return
    tenant_id = found.tenant_id
    g.scope.enter_context(tenant(tenant_id))
    if now - found.seen_at > SEEN_EVERY and "HX-Request" not in request.headers:  # an open tab is nobody
        with writing():
            found.seen_at = now
    g.seat = Seat(found.member, vendor())


def _refuse_nul(*texts: str) -> None:
    """No person types it, and PostgreSQL cannot even look for it."""
    if any("\x00" in text for text in texts):
        raise BadRequest("The request holds a character that cannot be stored.")


def _refuse_foreign_forms() -> None:
    if request.method in SAFE:
        return
    if not (_from_here() and _has_form_token()):
        _remember_refusal("csrf_failed")
        raise NotFromHere("Please open the page again and send the form from there.")


def _has_form_token() -> bool:
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _from_here() -> bool:
    """The browser says itself where a form comes from; one that says nothing is refused."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Origin") in {request.host_url.rstrip("/"), current().public_url}


def _remember_refusal(code: str) -> None:
    if "seat" in g:
        with writing():
            audit(actor(), f"console.{code}", seat().member.id, endpoint=request.endpoint)


def _to_sign_in() -> Response:
    if request.method not in SAFE or "HX-Request" in request.headers:
        abort(401)
    wanted = signed_next(request.full_path.rstrip("?"))
    return redirect(url_for("console.login.sign_in", next=wanted))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current().secret_key, salt="keydesk-console-next")
