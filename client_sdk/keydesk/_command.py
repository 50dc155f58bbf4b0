"""The `keydesk` command: a license and tickets from a shell, and the builder of the WordPress bridge."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from keydesk import _deeds
from keydesk._records import Environment
from keydesk._tickets import TicketType
from keydesk._version import VERSION
from keydesk.errors import BadInput, KeydeskError

Deed = Callable[[argparse.Namespace], int]


def main(words: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 refused or not usable, 2 wrong input; no traceback for what can be expected."""
    args = parser().parse_args(words)
    deed: Deed = args.run
    try:
        return deed(args)
    except BadInput as error:
        sys.stderr.write(f"keydesk: {error} ({error.code})\n")
        return 2
    except (KeydeskError, OSError) as error:
        sys.stderr.write(f"keydesk: {error} ({getattr(error, 'code', 'file')})\n")
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="keydesk", description=__doc__)
    top.add_argument("--version", action="version", version=f"keydesk {VERSION}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_activate(commands)
    _add(commands, "status", _deeds.status, "judge the stored lease offline; 0 when features may be on")
    _add(
        commands, "check-in", _deeds.check_in, "refresh the lease and show what is new; once a day is enough"
    )
    _add(commands, "deactivate", _deeds.deactivate, "give the seat back and forget it here")
    _add_tickets(commands)
    _add_bridge(commands)
    return top


def _add(commands: Any, name: str, deed: Deed, help: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    added.add_argument(
        "--state", type=Path, default=Path("keydesk.json"), metavar="FILE",
        help="where the activation is remembered (default: ./keydesk.json, mode 0600)",
    )  # fmt: skip
    added.set_defaults(run=deed)
    return added


def _add_activate(commands: Any) -> None:
    added = _add(commands, "activate", _deeds.activate, "give this site a seat")
    added.add_argument(
        "license_key", metavar="KEY", help="the license key, a kdx_ code, or - to read it from stdin"
    )
    added.add_argument(
        "--product-file",
        required=True,
        type=Path,
        metavar="FILE",
        help="downloaded from the vendor's console",
    )
    added.add_argument("--site-url", required=True, metavar="URL", help="the address that takes the seat")
    added.add_argument("--environment", choices=get_args(Environment), default="production")
    added.add_argument("--label", help="shown to the owner of the license (80 characters)")
    added.add_argument("--allow-http", action="store_true", help="for a server in a closed network")


def _add_tickets(commands: Any) -> None:
    added = _add(commands, "ticket", _deeds.open_ticket, "file a ticket; the text is read from stdin")
    added.add_argument("subject")
    added.add_argument("--type", choices=get_args(TicketType), default="other")
    added.add_argument("--email", help="where an answer is announced")
    added.add_argument("--file", action="append", default=[], metavar="PATH", help="up to 5 files of 10 MiB")
    added.add_argument(
        "--diagnostics", action="store_true", help="add versions of Python and system (shown first)"
    )
    _add(commands, "tickets", _deeds.list_tickets, "list this site's tickets, newest activity first")
    read = _add(commands, "thread", _deeds.read_thread, "show a ticket with its messages")
    read.add_argument("ticket_id")
    reply = _add(commands, "reply", _deeds.reply, "answer in a ticket; the text is read from stdin")
    reply.add_argument("ticket_id")
    reply.add_argument("--file", action="append", default=[], metavar="PATH", help="up to 5 files of 10 MiB")
    close = _add(commands, "close", _deeds.close, "say that a ticket is done")
    close.add_argument("ticket_id")


def _add_bridge(commands: Any) -> None:
    from keydesk.bridge.commands import add_commands  # here: programs that use the client never load it

    add_commands(commands)


if __name__ == "__main__":
    sys.exit(main())
