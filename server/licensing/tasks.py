"""The jobs of licensing: the daily look at terms that end."""

import logging

from sqlalchemy import select

from server.accounts.models import Vendor
from server.jobs import Job, handler
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError
from server.kernel.tenancy import resolve, system_scope, tenant
from server.licensing.models import ActivationLink, License
from server.licensing.services.links import send_activation_link
from server.licensing.services.recounting import seat_drift
from server.licensing.services.reminding import Notice, ending_licenses, notice_due

log = logging.getLogger("keydesk.licensing")


@handler("licensing.remind", queue="default", lease_s=3_600, daily=True)
def remind(_job: Job) -> None:
    """Tells customers that a license ends, renews or has ended; each of it once a term."""
    now = clock.now()
    for tenant_id, license_id in ending_licenses(now):
        with tenant(tenant_id):
            notice = notice_due(resolve(License, license_id), now)
            session.rollback()
            if notice is not None:
                _tell(notice, license_id)


@handler("licensing.send_activation_link", queue="mail")
def send_link(job: Job) -> None:
    """Mails the owner of a license that a site without a key asks for it; unknown addresses get nothing."""
    with writing():
        send_activation_link(resolve(ActivationLink, job.args["link_id"]), clock.now())


@handler("licensing.recount", queue="default", lease_s=3_600, daily=True)
def recount(_job: Job) -> None:
    """Looks whether the counted seats are what the sites say, and tells the log where they are not."""
    with system_scope("every vendor's seats are looked at once a day"):
        vendor_ids = session.scalars(select(Vendor.id)).all()
    for vendor_id in vendor_ids:
        with tenant(vendor_id):
            for drift in seat_drift():
                log.warning("seats do not add up", extra=drift._asdict())
        session.rollback()


def _tell(notice: Notice, license_id: str) -> None:
    try:
        with writing():
            notice(resolve(License, license_id))
    except KeydeskError as error:  # one customer's mail cannot be written: the others' can
        log.warning("no notice", extra={"license": license_id, "code": error.code})
