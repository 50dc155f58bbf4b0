"""What people see when something is refused: what happened, how long to wait, and where it goes on."""

from typing import NamedTuple

from flask import Blueprint, Response, g, request
from sqlalchemy import select

from server.accounts.models import Vendor
from server.kernel.db import session
from server.kernel.errors import BadRequest, KeydeskError
from server.pages.showing import reader_language, show

NAMES_A_VENDOR = frozenset({"account", "buy"})  # doors whose addresses begin with a vendor's short name
PAGES = {"account": 3, "activate": 3, "buy": 4, "get": 3}  # parts of the address of the page a button is on


class Wait(NamedTuple):
    """How long, in the unit that people count it in."""

    number: int
    unit: str  # "second", "minute", "hour"


def show_refusals(door: Blueprint) -> None:
    """Let the refusals of a blueprint be pages: people read them."""
    door.before_request(_refuse_nul)
    door.register_error_handler(KeydeskError, refusal)


def refusal(error: KeydeskError) -> Response:
    """The page of a refusal, in the reader's language, with the next step that helps at this door."""
    session.rollback()
    response = show(
        "refused.html",
        language=reader_language(),
        status=error.status,
        title=error.title,
        detail=error.detail,
        code=error.code,
        declined=error.fields.get("declined", ""),
        vendor=_vendor(error),
        place=_place(),
        page=_page_of_the_button(),
        again=_again(),
        wait=_wait(error),
        number=g.get("request_id", "")[:8] if error.status >= 500 else "",
    )
    if "retry_after" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


def _refuse_nul() -> None:
    """No person types it, and PostgreSQL cannot even look for it."""
    if any("\x00" in text for text in (request.path, *request.values.values(), *request.cookies.values())):
        raise BadRequest


def _vendor(error: KeydeskError) -> Vendor | None:
    """Whose customer asks: the address names the vendor, or there is only one on this server."""
    if error.status >= 500 or "\x00" in request.path:
        return None  # the database may be what is wrong
    parts = request.path.split("/")
    if parts[1] in NAMES_A_VENDOR and len(parts) > 2:
        named = session.scalars(select(Vendor).where(Vendor.slug == parts[2])).one_or_none()
        if named is not None:
            return named
    known = session.scalars(select(Vendor).limit(2)).all()
    return known[0] if len(known) == 1 else None


def _place() -> str:
    """The door that was knocked at; `enter` is the link of a mail to the customer's page."""
    parts = request.path.split("/")
    return "enter" if parts[1] == "account" and parts[3:4] == ["enter"] else parts[1]


def _page_of_the_button() -> str:
    """The page whose button or link leads here; "" when this address is a page itself."""
    parts = request.path.split("/")
    length = PAGES.get(parts[1], len(parts))
    return "/".join(parts[:length]) if len(parts) > length else ""


def _again() -> str:
    """This address, to be loaded once more; two slashes in front would name another server."""
    path = request.full_path.rstrip("?")
    return path if request.method == "GET" and not path.startswith("//") else ""


def _wait(error: KeydeskError) -> Wait | None:
    seconds = error.fields.get("retry_after")
    if seconds is None:
        return None
    if seconds <= 90:
        return Wait(seconds, "second")
    return Wait(-(-seconds // 60), "minute") if seconds <= 5400 else Wait(-(-seconds // 3600), "hour")
