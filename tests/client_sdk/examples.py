"""Answers of a server as the wire contract shows them."""

from typing import Any

LICENSE: dict[str, Any] = {
    "license_id": "lic_01", "key_hint": "KD1-…HBCV", "status": "active",
    "plan": {"code": "studio", "name": "Studio"}, "features": ["export", "sync"],
    "valid_until": "2028-01-01T00:00:00Z", "updates_until": None, "support_until": None, "renews": True,
    "seats": {"limit": 5, "used": 1}, "mode": "live", "manage_url": "https://licenses.example.com/manage/1",
}  # fmt: skip
SIGNING_KEYS = [
    {
        "kid": "k56475aa75463474c", "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
        "not_before": 1_767_225_600, "not_after": None,
    }
]  # fmt: skip
SITE = {"site_key": "shop-1.example.com", "environment": "production", "counted": True}
ACTIVATION: dict[str, Any] = {
    "activation_id": "act_01", "site_token": "kdt_" + "B" * 48, "site": SITE, "license": LICENSE,
    "lease": "v1.AAAA.BBBB", "signing_keys": SIGNING_KEYS, "check_in_after_s": 86400,
}  # fmt: skip
TICKET: dict[str, Any] = {
    "ticket_id": "tkt_01", "number": 1042, "subject": "Печать останавливается", "status": "waiting_for_you",
    "unread": 1, "last_at": "2026-11-21T10:00:00Z", "last_excerpt": "Спасибо!", "user_ref": "u1",
    "shared": False,
}  # fmt: skip
MESSAGE: dict[str, Any] = {
    "message_id": "msg_01", "author": {"kind": "agent", "name": "Olena", "role": "Support"},
    "body": "Спасибо!", "created_at": "2026-11-21T10:00:00Z", "via": "helpdesk",
    "attachments": [{"attachment_id": "att_01", "name": "fix.zip", "size": 12, "type": "application/zip"}],
}  # fmt: skip
CHECK_IN: dict[str, Any] = {
    "server_time": 1_798_761_600, "site": {"site_key": "shop-1.example.com", "status": "ok"},
    "license": LICENSE, "lease": "v1.AAAA.BBBB", "validation": {"valid": True, "code": "VALID"},
    "signing_keys": SIGNING_KEYS, "replies": {"unread": 1, "items": [TICKET], "next": None},
    "next_check_in_s": 90000,
}  # fmt: skip


def problem(status: int, code: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": f"https://licenses.example.com/problems/{code}", "title": "No", "status": status,
        "detail": f"A sentence about {code}.", "code": code, **fields,
    }  # fmt: skip
