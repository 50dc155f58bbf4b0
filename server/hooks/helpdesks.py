"""Where helpdesks knock: check, store, owe the reading, answer. No call leaves from here."""

from flask import Blueprint, Response, jsonify, request

from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection
from server.helpdesks.standard_webhook import SignatureError
from server.hooks.addresses import refuse_nul
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import TooLarge
from server.kernel.tenancy import resolve, system_scope, tenant

LARGEST = 1024 * 1024

blueprint = Blueprint("helpdesk_hooks", __name__, url_prefix="/hooks/helpdesks")
blueprint.before_request(refuse_nul)


@blueprint.post("/<connection_id>/<path_token>")
def receive(connection_id: str, path_token: str) -> Response:
    body = _body()
    with system_scope("the address of a hook names its vendor"):
        connection = helpdesks.find_by_hook(connection_id, path_token)
        vendor_id = connection.tenant_id
    with tenant(vendor_id):
        _take_in(connection, body)
    return jsonify(ok=True)


def _body() -> bytes:
    request.max_content_length = LARGEST
    if (request.content_length or 0) > LARGEST:
        raise TooLarge
    return request.get_data(cache=False)


def _take_in(connection: HelpdeskConnection, body: bytes) -> None:
    now = clock.now()
    # iterating the headers themselves yields pairs, not names
    names = request.headers.keys()
    headers = {name.lower(): request.headers.getlist(name) for name in names}
    connection_id = connection.id
    try:
        verified = helpdesks.verify(connection, headers, body, now=now)
    except SignatureError as error:
        if not helpdesks.is_noted(connection, error):
            with writing():
                helpdesks.note_refusal(resolve(HelpdeskConnection, connection_id), error)
        raise helpdesks.SignatureInvalid from error
    with writing():
        helpdesks.take_in(resolve(HelpdeskConnection, connection_id), verified, body, now=now)
