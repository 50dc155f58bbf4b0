"""A shop with something true on every screen: a used license, a Russian ticket with a file, a helpdesk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.customers.services import customer_for
from server.helpdesks.services import connect
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import tenant
from server.licensing import services as licensing
from server.licensing.models import Activation, License
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.support import services as support
from server.support.models import Attachment, Ticket
from server.support.uploads import clean_upload
from tests.conftest import Cast

SUBJECT = "Возврат: плагин конфликтует с кешем темы, страница оплаты пустая"
BODY = (
    "После обновления страница оплаты пустая.\nВ консоли: slots is not iterable.\n<script>alert(1)</script>"
)
CUSTOMER = "Сергей Волков"
KEY_MAIL = "volkov@master.example.com"
SITE_UID = "b" * 32


@dataclass(frozen=True)
class Story:
    """The ids of what the pages show."""

    product_id: str
    plan_id: str
    license_id: str
    activation_id: str
    ticket_id: str
    attachment_id: str
    connection_id: str
    mail_id: str
    key: str

    def own_paths(self) -> list[str]:
        """Pages that show one object of the vendor."""
        return [
            f"/products/{self.product_id}",
            f"/products/{self.product_id}/edit",
            f"/products/{self.product_id}/plans/new",
            f"/products/{self.product_id}/plans/{self.plan_id}",
            f"/products/{self.product_id}/product-file",
            f"/licenses/{self.license_id}",
            f"/licenses/{self.license_id}/acts/extend",
            f"/tickets/{self.ticket_id}",
            f"/tickets/{self.ticket_id}/attachments/{self.attachment_id}",
            f"/connectors/{self.connection_id}",
            f"/mails/{self.mail_id}",
            f"/mails/{self.mail_id}/html",
        ]

    def own_acts(self) -> list[str]:
        """Forms that act on one object of the vendor."""
        return [
            f"/products/{self.product_id}/edit",
            f"/products/{self.product_id}/releases",
            f"/products/{self.product_id}/plans/{self.plan_id}",
            f"/products/{self.product_id}/plans/{self.plan_id}/end",
            f"/licenses/{self.license_id}/mail",
            f"/licenses/{self.license_id}/key",
            f"/licenses/{self.license_id}/acts/revoke",
            f"/licenses/{self.license_id}/acts/transfer",
            f"/licenses/{self.license_id}/activations/{self.activation_id}/release",
            f"/tickets/{self.ticket_id}/messages",
            f"/tickets/{self.ticket_id}/status/solved",
            f"/connectors/{self.connection_id}/checks",
            f"/connectors/{self.connection_id}/tickets",
            f"/connectors/{self.connection_id}/end",
        ]


def tell_story(harbour: Cast) -> Story:
    """Write it down for the vendor."""
    now = clock.now()
    with tenant(harbour.vendor.id), writing():
        license, key, site = _sell(harbour, now)
        connection = connect(
            kind="signed_webhook", name="Our hook", values={"url": "https://desk.example.com/hook"}, now=now
        )
        ticket, file = _ask(harbour, site, now)
        return Story(
            harbour.product.id,
            harbour.plan.id,
            license.id,
            site.id,
            ticket.id,
            file.id,
            connection.id,
            _answer_by_mail(ticket).id,
            key,
        )


def _sell(harbour: Cast, now: datetime) -> tuple[License, str, Activation]:
    customer = customer_for(KEY_MAIL, name=CUSTOMER, locale="ru", now=now)
    license, key = licensing.issue_license(
        product=harbour.product, plan=harbour.plan, customer=customer, now=now
    )
    site = licensing.Site(
        site_uid=SITE_UID, site_url="https://shop-1.example.com", plugin_version="4.2.1", php_version="8.3"
    )
    sits = licensing.activate_site(license, site, product=harbour.product, mode="live", now=now)
    return license, key, sits.activation


def _ask(harbour: Cast, site: Activation, now: datetime) -> tuple[Ticket, Attachment]:
    file = support.take_upload(clean_upload("журнал.log", b"line 1\n"), site_uid=SITE_UID, now=now)
    asked = support.NewTicket(
        type="bug",
        subject=SUBJECT,
        body=BODY,
        email=KEY_MAIL,
        name=CUSTOMER,
        locale="ru_RU",
        diagnostics={"php": {"version": "8.3"}},
        attachment_ids=[file.id],
    )
    return support.open_ticket(asked, product=harbour.product, site=site, now=now), file


def _answer_by_mail(ticket: Ticket) -> Mail:
    mail = queue_mail(
        template="ticket_reply",
        to=KEY_MAIL,
        context={
            "number": ticket.number,
            "subject": SUBJECT,
            "agent_name": "Olena",
            "body": "Готово.",
            "history": [],
            "dashboard_url": "https://shop-1.example.com/wp-admin/",
            "vendor_name": "Harbour Plugins",
        },
        locale="ru",
        dedupe_key="test",
        reply_to="help@harbour.example.com",
        from_name="Harbour Plugins",
    )
    assert mail is not None
    return mail
