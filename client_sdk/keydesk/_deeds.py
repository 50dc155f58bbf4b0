"""What the subcommands of `keydesk` do, and what they say about it."""

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime

from keydesk._client import new_site_uid
from keydesk._diagnostics import system_diagnostics
from keydesk._leases import LeaseCheck
from keydesk._product_file import ProductFile
from keydesk._records import License
from keydesk._state import State
from keydesk._tickets import File
from keydesk.errors import BadInput


def activate(args: argparse.Namespace) -> int:
    """A new uid is stored before anything is sent, so that a repeated try is the same installation.

    What is stored already is replaced by an accepted activation only: a refused one leaves a working site.
    """
    state = _begun(args)
    if not args.state.exists():
        state.save(args.state)
    typed = sys.stdin.readline().strip() if args.license_key == "-" else args.license_key
    by_code = typed.startswith("kdx_")
    activation = state.desk().activate(
        None if by_code else typed,
        state.identity,
        transfer_code=typed if by_code else None,
        label=args.label,
    )
    state.after_activation(activation).save(args.state)
    _say(f"activated {activation.site.key} ({activation.site.environment})")
    _show_license(activation.license)
    return 0


def status(args: argparse.Namespace) -> int:
    """No network: what a program would decide right now."""
    state = State.load(args.state)
    if state.lease is None or state.site_key is None:
        _say("no lease: run keydesk check-in")
        return 1
    check = state.product.verify_lease(
        state.lease,
        site_key=state.site_key,
        activation_id=state.activation_id,
        own_environment=state.environment,
        revocations=state.revocation_list(),
    )
    _show_lease(check, state.valid_until)
    return 0 if check.usable else 1


def check_in(args: argparse.Namespace) -> int:
    state = State.load(args.state)
    news = state.site().check_in()
    state.after_check_in(news).save(args.state)
    if news.site_changed:
        _say("this site's address has changed: activate it again")
        return 1
    if news.license is not None:
        _show_license(news.license)
    for ticket in news.replies:
        _say(f"#{ticket.number} {ticket.subject}: {ticket.unread} new ({ticket.ticket_id})")
    return 0 if news.lease is not None else 1


def deactivate(args: argparse.Namespace) -> int:
    """The token is kept until the server has said yes, so that the command can be repeated."""
    state = State.load(args.state)
    state.site().deactivate()
    args.state.unlink()
    _say(f"released {state.site_key}")
    return 0


def open_ticket(args: argparse.Namespace) -> int:
    site = State.load(args.state).site()
    diagnostics = system_diagnostics() if args.diagnostics else None
    if diagnostics is not None:
        _say(f"sending along: {json.dumps(diagnostics)}")
    opened = site.tickets.open(
        args.subject, _text_from_stdin(), type=args.type, email=args.email, diagnostics=diagnostics,
        files=[File.at(path) for path in args.file],
    )  # fmt: skip
    _say(f"#{opened.number} {opened.status} ({opened.ticket_id})")
    return 0


def list_tickets(args: argparse.Namespace) -> int:
    for ticket in State.load(args.state).site().tickets.list().tickets:
        news = f", {ticket.unread} new" if ticket.unread else ""
        _say(f"#{ticket.number} {ticket.subject} ({ticket.status}{news}) {ticket.ticket_id}")
    return 0


def read_thread(args: argparse.Namespace) -> int:
    ticket = State.load(args.state).site().tickets.read(args.ticket_id)
    _say(f"#{ticket.summary.number} {ticket.summary.subject} ({ticket.summary.status})")
    for message in ticket.messages:
        _say(f"\n{message.author.name or message.author.kind}, {_day(message.created_at)}\n{message.body}")
        for file in message.attachments:
            _say(f"  file {file.name}, {file.size} bytes")
    return 0


def reply(args: argparse.Namespace) -> int:
    site = State.load(args.state).site()
    message = site.tickets.reply(
        args.ticket_id, _text_from_stdin(), files=[File.at(path) for path in args.file]
    )
    _say(f"sent ({message.message_id})")
    return 0


def close(args: argparse.Namespace) -> int:
    State.load(args.state).site().tickets.close(args.ticket_id)
    _say("closed")
    return 0


def _begun(args: argparse.Namespace) -> State:
    product = ProductFile.load(args.product_file)
    wanted = State(product, new_site_uid(), args.site_url, args.environment, args.allow_http)
    if not args.state.exists():
        return wanted
    stored = State.load(args.state)
    if (stored.product.server, stored.product.product_id) != (product.server, product.product_id):
        raise BadInput(f"{args.state} belongs to another server or product", field="state")
    return replace(
        stored,
        product=product,
        site_url=wanted.site_url,
        environment=wanted.environment,
        allow_http=stored.allow_http or wanted.allow_http,
    )


def _text_from_stdin() -> str:
    if sys.stdin.isatty():
        _say("Write the text, then Ctrl-D:")
    return sys.stdin.read().strip()


def _show_license(license: License) -> None:
    until = f"until {_day(license.valid_until)}" if license.valid_until else "for life"
    limit = "any number" if license.seats.limit is None else license.seats.limit
    _say(f"license {license.key_hint}: {license.status}, {license.plan.name}, {until}")
    _say(f"seats: {license.seats.used} of {limit}")


def _show_lease(check: LeaseCheck, valid_until: int | None) -> None:
    _say(f"lease: {check.verdict}")
    if check.lease is None:
        return
    ends = check.lease.license_ends
    if ends is not None and valid_until is not None:
        ends = valid_until
    _say(f"plan: {check.lease.plan} ({', '.join(check.lease.features) or 'no features'})")
    _say(f"license ends: {_day(datetime.fromtimestamp(ends, UTC)) if ends is not None else 'never'}")
    _say(f"good without contact until: {_day(datetime.fromtimestamp(check.lease.grace_until, UTC))}")


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
