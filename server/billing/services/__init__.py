"""What can be done with purchases. Callers commit; nothing here does."""

from server.billing.services.checkout import Sale, offers, prepare_sale
from server.billing.services.connections import (
    NotConnected,
    connect_stripe,
    connection_by_id,
    disconnect_stripe,
    find_connection,
    hook_secrets,
    hook_url,
    is_complete,
    list_connections,
    refuse_wrong_secrets,
    takes_payments,
)
from server.billing.services.intake import record_event, verify_event
from server.billing.services.orders import (
    connection_of,
    find_order,
    ledger_of,
    licenses_of,
    money_left,
    order_of,
    purchase_page_of,
)

__all__ = [
    "NotConnected",
    "Sale",
    "connect_stripe",
    "connection_by_id",
    "connection_of",
    "disconnect_stripe",
    "find_connection",
    "find_order",
    "hook_secrets",
    "hook_url",
    "is_complete",
    "ledger_of",
    "licenses_of",
    "list_connections",
    "money_left",
    "offers",
    "order_of",
    "prepare_sale",
    "purchase_page_of",
    "record_event",
    "refuse_wrong_secrets",
    "takes_payments",
    "verify_event",
]
