"""Keydesk for Python programs: licenses that work offline, and support that answers inside the program.

    desk = Keydesk.of(ProductFile.load("product.json"))  # the file comes from the vendor's console
    me = SiteIdentity(uid=new_site_uid(), url="https://shop-1.example.com")
    activation = desk.activate("KD1-…", me)

    site = desk.site(me, activation.activation_id, activation.site_token)
    site.check_in()
    site.tickets.open("It stops", "After the update it stops at step 2.", type="bug")

Everything public stands in `__all__`; modules with an underscore may change. All errors are of the tree in
`keydesk.errors`. Importing this package loads no HTTP library; requests comes with the first call, PyNaCl
(`pip install "keydesk[verify]"`) with the first signature.
"""

from keydesk import errors
from keydesk._client import Keydesk, new_site_uid
from keydesk._diagnostics import system_diagnostics
from keydesk._lease_payload import Lease
from keydesk._leases import LeaseCheck, Verdict, verify_lease
from keydesk._license_keys import normalise_license_key
from keydesk._product_file import ProductFile
from keydesk._records import (
    Activation,
    ActivationLink,
    ActivationState,
    Attachment,
    Author,
    CheckIn,
    License,
    LinkState,
    Message,
    OpenedTicket,
    Plan,
    Release,
    Seats,
    SiteIdentity,
    SiteState,
    Stopped,
    Ticket,
    TicketPage,
    TicketSummary,
    Validation,
)
from keydesk._retries import Retries
from keydesk._revocations import ListCheck, ListVerdict, RevocationList, verify_revocations
from keydesk._signatures import SigningKey, reply_is_genuine
from keydesk._site import Site
from keydesk._standing import PluginState, Standing, standing
from keydesk._tickets import File, Tickets
from keydesk._transport import Request, RequestsTransport, Response, Transport
from keydesk._version import VERSION
from keydesk.errors import KeydeskError

__version__ = VERSION

__all__ = [
    "Activation",
    "ActivationLink",
    "ActivationState",
    "Attachment",
    "Author",
    "CheckIn",
    "File",
    "Keydesk",
    "KeydeskError",
    "Lease",
    "LeaseCheck",
    "License",
    "LinkState",
    "ListCheck",
    "ListVerdict",
    "Message",
    "OpenedTicket",
    "Plan",
    "PluginState",
    "ProductFile",
    "Release",
    "Request",
    "RequestsTransport",
    "Response",
    "Retries",
    "RevocationList",
    "Seats",
    "SigningKey",
    "Site",
    "SiteIdentity",
    "SiteState",
    "Standing",
    "Stopped",
    "Ticket",
    "TicketPage",
    "TicketSummary",
    "Tickets",
    "Transport",
    "Validation",
    "Verdict",
    "__version__",
    "errors",
    "new_site_uid",
    "normalise_license_key",
    "reply_is_genuine",
    "standing",
    "system_diagnostics",
    "verify_lease",
    "verify_revocations",
]
