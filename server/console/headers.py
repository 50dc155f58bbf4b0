"""The headers of every console answer: what the browser may load, frame, keep and tell."""

from __future__ import annotations

import secrets

from flask import Response, g, request

from server.kernel.settings import current

CONTENT = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}' 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
ERROR = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
FILE = "default-src 'none'; sandbox"
# A mail as its reader sees it: its own inline styles, nothing that runs, links that lead on.
MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def csp_nonce() -> str:
    """The nonce of this answer: 128 bits, made when the page first asks for it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def use_policy(policy: str) -> None:
    """Answer this request with another content policy than that of a page."""
    g.content_policy = policy


def add_headers(response: Response) -> Response:
    """Runs after every console request, errors too."""
    headers = response.headers
    policy: str = g.get("content_policy") or (CONTENT if "csp_nonce" in g else ERROR)
    headers["Content-Security-Policy"] = policy.format(nonce=g.get("csp_nonce", ""))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    if request.endpoint != "console.static":
        headers["Cache-Control"] = "no-store"
    if current().public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
