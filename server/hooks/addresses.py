"""What every hook asks of the address it was called by."""

from flask import request

from server.kernel.errors import NotFound


def refuse_nul() -> None:
    """No address of ours holds it, and PostgreSQL cannot even look for it."""
    if "\x00" in request.path:
        raise NotFound
