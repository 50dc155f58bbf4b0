"""What can be done with helpdesks. Callers commit; nothing here does."""

from server.helpdesks.services.connections import (
    change,
    connect,
    disconnect,
    form_of,
    hook_of,
    kind_of,
    kinds,
    list_connections,
    look,
    note_health,
    pause,
    plan_reconcile,
    resume,
)
from server.helpdesks.services.receiving import (
    SignatureInvalid,
    find_by_hook,
    is_noted,
    note_refusal,
    take_in,
    verify,
)
from server.helpdesks.services.showing import DeliveryRow, last_delivery, list_deliveries
from server.helpdesks.services.trying import send_test_ticket

__all__ = [
    "DeliveryRow",
    "SignatureInvalid",
    "change",
    "connect",
    "disconnect",
    "find_by_hook",
    "form_of",
    "hook_of",
    "is_noted",
    "kind_of",
    "kinds",
    "last_delivery",
    "list_connections",
    "list_deliveries",
    "look",
    "note_health",
    "note_refusal",
    "pause",
    "plan_reconcile",
    "resume",
    "send_test_ticket",
    "take_in",
    "verify",
]
