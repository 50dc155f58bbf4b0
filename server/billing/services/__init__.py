"""What can be done with purchases. Callers commit; nothing here does."""

from server.billing.services.checkout import Sale, currencies, offers, prepare_sale, trials
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
    sells_as,
    set_policy,
    takes_payments,
)
from server.billing.services.gifts import start_trial, take_free
from server.billing.services.intake import record_event, verify_event
from server.billing.services.orders import (
    bills_of,
    connection_of,
    find_order,
    ledger_of,
    licenses_of,
    money_left,
    order_of,
    paid_by_holder,
    purchase_page_of,
    renewed_by,
)
from server.billing.services.recording import record_order, refund_recorded
from server.billing.services.renewals import prepare_renewal, renewal_price

__all__ = [
    "NotConnected",
    "Sale",
    "bills_of",
    "connect_stripe",
    "connection_by_id",
    "connection_of",
    "currencies",
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
    "paid_by_holder",
    "prepare_renewal",
    "prepare_sale",
    "purchase_page_of",
    "record_event",
    "record_order",
    "refund_recorded",
    "refuse_wrong_secrets",
    "renewal_price",
    "renewed_by",
    "sells_as",
    "set_policy",
    "start_trial",
    "take_free",
    "takes_payments",
    "trials",
    "verify_event",
]
