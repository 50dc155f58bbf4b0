"""Stripe's webhook: read raw, verify, record, answer. Nothing is called from here."""

from flask import Blueprint, Response, jsonify, request

from server.billing import services as billing
from server.billing.stripe_api import SignatureInvalid
from server.hooks.addresses import refuse_nul
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import tenant

MOST_BYTES = 256 * 1024

blueprint = Blueprint("stripe_hook", __name__)
blueprint.before_request(refuse_nul)


@blueprint.post("/hooks/stripe/<connection_id>")
def receive(connection_id: str) -> Response:
    """200 for new and known events alike: a duplicate that was refused would come for three days."""
    request.max_content_length = MOST_BYTES
    raw = request.get_data(cache=False)
    connection = billing.connection_by_id(connection_id)
    if connection is None:
        raise SignatureInvalid
    with tenant(connection.tenant_id):
        header, now = request.headers.get("Stripe-Signature", ""), clock.now()
        event = billing.verify_event(connection, raw, header, now=now)
        with writing():
            billing.record_event(connection, event, raw, now=now)
    return jsonify(received=True)
