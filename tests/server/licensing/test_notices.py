"""Mails about a license: each once for its cause, and none that is no longer true when it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.customers.unsubscribing import REMINDERS, open_unsubscribe, set_wanted
from server.jobs import Job
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.i18n import long_date
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import (
    issue_license,
    revoke_license,
    send_purchase_mail,
    suspend_license,
    tell_payment_failed,
    tell_refunded,
    unrevoke_license,
)
from server.licensing.services.notices import tell_charge_near, tell_expired, tell_renewal_near
from server.mail.models import Mail
from server.mail.tasks import send
from tests.conftest import Cast
from tests.tools.mail_sink import MailSink

PAY = "https://pay.example.com/invoice/1"


@pytest.fixture
def license(harbour: Cast) -> License:
    """A license that ends in seven days."""
    now = clock.now()
    with writing():
        made, _key = issue_license(
            product=resolve(Product, harbour.product.id),
            plan=resolve(Plan, harbour.plan.id),
            customer=customer_for("ana@buyer.example.com", now=now),
            now=now,
        )
        made.valid_until = now + timedelta(days=7)
    return made


def leave(mail: Mail | None) -> str:
    """Let the mail's job run; answers what became of the mail."""
    assert mail is not None
    send(Job(1, "mail.send", mail.tenant_id, {"mail_id": mail.id}, 1))
    session.refresh(mail)
    return mail.state


def test_a_refund_is_told_once(license: License) -> None:
    with writing():
        revoke_license(license, "refunded", actor="stripe", now=clock.now())
        mail = tell_refunded(license, cause="re_1")
        assert tell_refunded(license, cause="re_1") is None

    assert mail is not None
    assert mail.subject == "Your refund for Harbour Gallery"
    assert "The license has ended" in mail.text
    assert mail.reply_to == "help@harbour.example.com"
    assert leave(mail) == "sent"


def test_a_partial_refund_says_that_the_license_goes_on(license: License) -> None:
    with writing():
        mail = tell_refunded(license, cause="re_1", amount=1_250, currency="eur")

    assert mail is not None
    assert "€12.50 goes back the way you paid" in mail.text
    assert "€12.50 goes back the way you paid" in mail.html
    assert "Your license goes on unchanged" in mail.text


def test_a_refund_that_failed_before_its_mail_left_is_not_told(license: License) -> None:
    with writing():
        revoke_license(license, "refunded", actor="stripe", now=clock.now())
        mail = tell_refunded(license, cause="re_1")
    with writing():
        unrevoke_license(license, "refunded", actor="stripe", now=clock.now())

    assert leave(mail) == "dropped"


def test_a_purchase_given_back_before_its_mail_left_gets_none(license: License) -> None:
    settings.remember(replace(settings.current(), smtp_host="127.0.0.1", smtp_port=1))
    with writing():
        send_purchase_mail(license, cause="order:1")
        revoke_license(license, "refunded", actor="stripe", now=clock.now())

    mail = session.scalars(select(Mail)).one()
    assert leave(mail) == "dropped"
    assert (mail.text, mail.html) == ("", ""), "it holds the key"


def test_a_failed_payment_names_the_page_to_pay_and_the_last_day(license: License) -> None:
    with writing():
        mail = tell_payment_failed(license, pay_url=PAY, cause="in_1")

    assert mail is not None
    until = license.effective_until()
    assert until is not None
    assert PAY in mail.text
    assert PAY in mail.html
    assert f"keeps working until {until.day} " in mail.text
    assert leave(mail) == "sent"


def test_no_dunning_for_what_was_paid_meanwhile(license: License) -> None:
    with writing():
        mail = tell_payment_failed(license, pay_url=PAY, cause="in_1")
    with writing():
        license.valid_until = clock.now() + timedelta(days=372)

    assert leave(mail) == "dropped"


@pytest.mark.parametrize("what", ["refunded", "suspended", "renewed", "subscribed", "unsubscribed", "over"])
def test_a_reminder_that_is_no_longer_true_does_not_leave(license: License, what: str) -> None:
    with writing():
        mail = tell_renewal_near(license, early=False)
    with writing():
        if what == "refunded":
            revoke_license(license, "refunded", actor="stripe", now=clock.now())
        elif what == "suspended":
            suspend_license(license, "disputed", actor="stripe", now=clock.now())
        elif what == "renewed":
            license.valid_until = clock.now() + timedelta(days=372)
        elif what == "subscribed":
            license.renews = True
        elif what == "unsubscribed":
            set_wanted(license.customer, REMINDERS, wanted=False, actor=f"customer:{license.customer_id}")
        else:
            license.valid_until = clock.now() - timedelta(seconds=1)

    assert leave(mail) == "dropped"


def test_only_reminders_are_unsubscribed_from_with_one_click(license: License, mail_sink: MailSink) -> None:
    settings.remember(replace(settings.current(), smtp_host="127.0.0.1", smtp_port=mail_sink.port))
    with writing():
        reminder = tell_renewal_near(license, early=True)
        receipt = tell_refunded(license, cause="re_1")
    assert (leave(reminder), leave(receipt)) == ("sent", "sent")

    for caught in mail_sink.mails:
        is_reminder = "ends on" in caught.subject
        assert (caught.message["List-Unsubscribe-Post"] is not None) == is_reminder
        assert caught.message["Auto-Submitted"] == "auto-generated"
        if is_reminder:
            address = caught.message["List-Unsubscribe"].strip("<>")
            customer, group = open_unsubscribe(address.rpartition("/")[2])
            assert (customer.id, group) == (license.customer_id, REMINDERS)
            assert address in caught.text


def test_who_wants_no_reminders_still_hears_of_charges(license: License) -> None:
    with writing():
        license.renews = True
        set_wanted(license.customer, REMINDERS, wanted=False, actor="customer")
        assert tell_renewal_near(license, early=True) is None
        assert tell_expired(license) is None
        notice = tell_charge_near(license)

    assert leave(notice) == "sent"


@pytest.mark.parametrize(
    ("is_trial", "words"), [(False, "This license expired on"), (True, "This trial ended on")]
)
def test_an_end_is_told_with_its_day(license: License, is_trial: bool, words: str) -> None:
    ended = clock.now() - timedelta(days=2)
    with writing():
        license.starts_at, license.valid_until = ended - timedelta(days=365), ended
        license.is_trial = is_trial
        mail = tell_expired(license)

    assert mail is not None
    for text in (mail.text, mail.html):
        assert f"{words} {long_date(ended, 'en')}. New versions" in text


def test_a_bundle_speaks_for_its_children(license: License) -> None:
    with writing():
        child, _key = issue_license(
            product=license.product, plan=license.plan, customer=license.customer, now=clock.now()
        )
        child.parent_id = license.id
        assert tell_refunded(child, cause="re_1") is None

    assert session.scalars(select(Mail)).all() == []
