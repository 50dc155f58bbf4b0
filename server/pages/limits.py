"""How often one address may ask these pages: a checkout asks Stripe, a repeated mail asks a mail server."""

from flask import request

from server.kernel import rate_limits


def count(group: str) -> None:
    """Count one request of the asking address; raises `TooMany`."""
    rate_limits.count(f"{group}/ip", rate_limits.address_key(request.remote_addr))
