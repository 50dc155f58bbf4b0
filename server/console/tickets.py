"""One ticket: the conversation, what is known beside it, the answer, its state and its files."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response as Answer

from server.console.connector_words import links_of
from server.console.forms import Form
from server.console.guard import actor, seat
from server.console.headers import FILE, use_policy
from server.console.inbox import view_of
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import Invalid, NotFound, TooLarge
from server.kernel.tenancy import resolve
from server.support import services as support
from server.support.models import Attachment, Message, Ticket
from server.support.uploads import CleanFile, clean_upload

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets")
SAME_WITHIN = timedelta(minutes=1)


@blueprint.get("/<ticket_id>")
def show(ticket_id: str) -> str:
    return _page(resolve(Ticket, ticket_id), Form([]))


@blueprint.post("/<ticket_id>/messages")
def answer(ticket_id: str) -> str | Answer:
    """A reply or a note; what was written is kept when something is wrong with it."""
    body = request.form.get("body", "")
    ticket = resolve(Ticket, ticket_id)
    try:
        file = _sent_file()
        with writing():
            _write(resolve(Ticket, ticket_id), body, file, is_note=request.form.get("kind") == "note")
    except (Invalid, TooLarge) as error:
        form = Form([], {"body": body})
        form.refuse("body", error.detail)
        return _page(ticket, form)
    return redirect(url_for("console.tickets.show", ticket_id=ticket_id))


@blueprint.post("/<ticket_id>/status/<status>")
def set_status(ticket_id: str, status: str) -> Answer:
    told = {"open": _("Open again."), "solved": _("Solved."), "spam": _("Moved to spam.")}
    if status not in told:
        raise NotFound
    with writing():
        support.change_status(resolve(Ticket, ticket_id), status, by=actor())
    flash(told[status])
    if status == "open":
        return redirect(url_for("console.tickets.show", ticket_id=ticket_id))
    return redirect(url_for("console.inbox.all_open"))


@blueprint.get("/<ticket_id>/attachments/<attachment_id>")
def attachment(ticket_id: str, attachment_id: str) -> Response:
    """A file of this conversation, always as a download."""
    found = resolve(Attachment, attachment_id)
    if found.message is None or found.message.ticket_id != ticket_id:
        raise NotFound
    use_policy(FILE)
    return send_file(
        support.attachment_path(found),
        mimetype=found.content_type,
        as_attachment=True,
        download_name=found.name,
    )


def _sent_file() -> CleanFile | None:
    """Judged before the writing begins: painting a picture anew takes a while."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    return clean_upload(sent.filename, sent.read())


def _write(ticket: Ticket, body: str, file: CleanFile | None, *, is_note: bool) -> None:
    if _was_just_sent(ticket, body):
        return
    files = [support.take_upload(file, site_uid="").id] if file else []
    if is_note:
        support.add_note(ticket, seat().member, body, attachment_ids=files)
    else:
        support.add_agent_reply(ticket, seat().member, body, attachment_ids=files)


def _was_just_sent(ticket: Ticket, body: str) -> bool:
    """A button that was pressed twice sends one message."""
    last = session.scalars(
        select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id.desc()).limit(1)
    ).one_or_none()
    return (
        last is not None
        and last.member_id == seat().member.id
        and last.body.split() == body.split()
        and clock.now() - last.created_at < SAME_WITHIN
    )


def _page(ticket: Ticket, form: Form) -> str:
    view = view_of(ticket.status)
    return render_template(
        "console/ticket.html",
        ticket=ticket,
        view=view,
        here=view.endpoint,
        form=form,
        ticket_count=_tickets_of_customer(ticket),
        links=links_of(ticket),
    )


def _tickets_of_customer(ticket: Ticket) -> int:
    rows = select(func.count()).select_from(Ticket).where(Ticket.customer_id == ticket.customer_id)
    return session.scalar(rows) or 0
