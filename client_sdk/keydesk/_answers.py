"""From answers of the server to records."""

from keydesk._reading import Wire
from keydesk._records import (
    Activation,
    ActivationLink,
    ActivationState,
    Attachment,
    Author,
    CheckIn,
    License,
    LinkState,
    Message,
    OpenedTicket,
    Plan,
    Release,
    Seats,
    SiteState,
    Stopped,
    Ticket,
    TicketPage,
    TicketSummary,
    Validation,
    from_unix,
)
from keydesk._signatures import SigningKey
from keydesk.errors import BadInput, UnreadableAnswer


def activation(wire: Wire, *, created: bool) -> Activation:
    return Activation(
        activation_id=wire.text("activation_id"), site_token=wire.text("site_token"),
        site=site_state(wire.part("site")), license=license_of(wire.part("license")),
        lease=wire.text_or_none("lease"), signing_keys=signing_keys(wire),
        check_in_after_s=wire.number("check_in_after_s"), created=created,
    )  # fmt: skip


def activation_link(wire: Wire) -> ActivationLink:
    return ActivationLink(
        wire.text("activation_link_id"), wire.text("poll_secret"), wire.number("poll_after_s")
    )


def link_state(wire: Wire) -> LinkState:
    return LinkState(wire.text("state"), wire.text_or_none("transfer_code"))


def activation_state(wire: Wire) -> ActivationState:
    return ActivationState(
        activation_id=wire.text("activation_id"), site=site_state(wire.part("site")),
        license=license_of(wire.part("license")), created_at=wire.moment("created_at"),
        last_seen_at=wire.moment_or_none("last_seen_at"),
    )  # fmt: skip


def release(wire: Wire) -> Release:
    left = wire.part_or_none("seats")
    return Release(released=wire.flag("released"), seats=seats(left) if left else None)


def check_in(wire: Wire) -> CheckIn:
    license, validity = wire.part_or_none("license"), wire.part_or_none("validation")
    site, news = wire.part("site"), wire.part("replies")
    return CheckIn(
        server_time=from_unix(wire.number("server_time")), site_key=site.text("site_key"),
        site_changed=site.text("status") != "ok", license=license_of(license) if license else None,
        lease=wire.text_or_none("lease"), validation=validation(validity) if validity else None,
        signing_keys=signing_keys(wire), unread=news.number("unread"),
        replies=tuple(map(ticket_summary, news.parts("items"))),
        next_check_in_s=wire.number("next_check_in_s"), revocations=wire.text_or_none("revocations"),
    )  # fmt: skip


def validation(wire: Wire) -> Validation:
    license = wire.part_or_none("license")
    return Validation(
        valid=wire.flag("valid"), code=wire.text("code"), checked=wire.texts("checked"),
        license=license_of(license) if license else None,
    )  # fmt: skip


def license_of(wire: Wire) -> License:
    plan, stopped = wire.part("plan"), wire.part_or_none("stopped")
    return License(
        license_id=wire.text("license_id"), key_hint=wire.text("key_hint"), status=wire.text("status"),
        plan=Plan(plan.text("code"), plan.text("name")), features=wire.texts("features"),
        valid_until=wire.moment_or_none("valid_until"), updates_until=wire.moment_or_none("updates_until"),
        support_until=wire.moment_or_none("support_until"), renews=wire.flag("renews", default=False),
        seats=seats(wire.part("seats")), mode=wire.text("mode"), manage_url=wire.text_or_none("manage_url"),
        stopped=Stopped(stopped.text("reason"), stopped.moment_or_none("since")) if stopped else None,
    )  # fmt: skip


def seats(wire: Wire) -> Seats:
    return Seats(limit=wire.number_or_none("limit"), used=wire.number("used"))


def site_state(wire: Wire) -> SiteState:
    return SiteState(
        wire.text("site_key"), wire.text("environment"), wire.flag("counted"),
        wire.flag("network", default=False),
    )  # fmt: skip


def signing_keys(wire: Wire) -> tuple[SigningKey, ...]:
    try:
        return tuple(
            SigningKey(
                each.text("public_key"), each.number_or_none("not_before"), each.number_or_none("not_after")
            )
            for each in wire.parts("signing_keys")
        )
    except BadInput as error:
        raise UnreadableAnswer("the answer holds a signing key that is none") from error


def opened_ticket(wire: Wire) -> OpenedTicket:
    return OpenedTicket(
        ticket_id=wire.text("ticket_id"), number=wire.number("number"), status=wire.text("status"),
        expected_reply_at=wire.moment_or_none("expected_reply_at"),
    )  # fmt: skip


def ticket_page(wire: Wire) -> TicketPage:
    return TicketPage(tuple(map(ticket_summary, wire.parts("data"))), wire.text_or_none("next"))


def ticket(wire: Wire) -> Ticket:
    return Ticket(ticket_summary(wire), tuple(map(message, wire.parts("messages"))))


def ticket_summary(wire: Wire) -> TicketSummary:
    return TicketSummary(
        ticket_id=wire.text("ticket_id"), number=wire.number("number"), subject=wire.text("subject"),
        status=wire.text("status"), unread=wire.number("unread"), last_at=wire.moment("last_at"),
        last_excerpt=wire.text_or_none("last_excerpt"), user_ref=wire.text_or_none("user_ref"),
        shared=wire.flag("shared", default=True),
    )  # fmt: skip


def message(wire: Wire) -> Message:
    author = wire.part("author")
    return Message(
        message_id=wire.text("message_id"), body=wire.text("body"), created_at=wire.moment("created_at"),
        author=Author(author.text("kind"), author.text_or_none("name"), author.text_or_none("role")),
        attachments=tuple(map(attachment, wire.parts("attachments"))), via=wire.text_or_none("via"),
    )  # fmt: skip


def attachment(wire: Wire) -> Attachment:
    return Attachment(
        attachment_id=wire.text("attachment_id"), name=wire.text("name"), size=wire.number("size"),
        type=wire.text("type"),
    )  # fmt: skip
