"""Mails that wait while their license changes: each leaves only if it is true for who will read it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.customers.models import Customer
from server.customers.services import customer_for
from server.jobs import Job, Postpone
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.licensing.models import License, PurchasePage
from server.licensing.services import (
    issue_license,
    regenerate_key,
    restore_license,
    reveal_key,
    revoke_license,
    send_purchase_mail,
    suspend_license,
    tell_payment_failed,
    tell_refunded,
    transfer_license,
)
from server.licensing.services.notices import (
    tell_charge_near,
    tell_expired,
    tell_renewal_near,
    tell_stopped,
    tell_trial_ends,
)
from server.licensing.services.purchases import purchase_page_address
from server.mail.models import Mail
from server.mail.tasks import send
from tests.conftest import Cast
from tests.tools.mail_sink import MailSink

DAY = timedelta(days=1)
ANA, BO = "ana@buyer.example.com", "bo@buyer.example.com"
Make = Callable[[License], Mail | None]


@pytest.fixture(autouse=True)
def sink(mail_sink: MailSink, harbour: Cast) -> MailSink:
    """Mails leave by a real server: one that left keeps no text, as in production."""
    settings.remember(replace(settings.current(), smtp_host="127.0.0.1", smtp_port=mail_sink.port))
    return mail_sink


@pytest.fixture
def bo(harbour: Cast) -> Customer:
    """Who gets the license from Ana."""
    with writing():
        return customer_for(BO, now=clock.now())


def sell(cast: Cast) -> License:
    """A license of Ana's that ends in two days."""
    now = clock.now()
    with writing():
        made, _key = issue_license(
            product=cast.product, plan=cast.plan, customer=customer_for(ANA, now=now), now=now
        )
        made.valid_until = now + 2 * DAY
    return made


def leave(mail: Mail | None) -> str:
    """Let the mail's job run; answers what became of the mail."""
    assert mail is not None
    send(Job(1, "mail.send", mail.tenant_id, {"mail_id": mail.id}, 1))
    session.refresh(mail)
    return mail.state


def bought(*licenses: License) -> Mail:
    """The purchase mail of one order, on its way."""
    with writing():
        send_purchase_mail(*licenses, cause="order:1")
    return session.scalars(select(Mail)).one()


def give_to(customer: Customer, license: License) -> None:
    with writing():
        transfer_license(license, customer, actor="member:mem_1", now=clock.now())


def test_a_purchase_mail_does_not_leave_to_who_gave_the_license_away(
    harbour: Cast, bo: Customer, sink: MailSink
) -> None:
    license = sell(harbour)
    mail = bought(license)
    assert reveal_key(license) in mail.text
    give_to(bo, license)

    assert leave(mail) == "dropped"
    assert (mail.text, sink.mails) == ("", [])


def remind(license: License) -> Mail | None:
    return tell_renewal_near(license, early=False)


def say_that_it_expired(license: License) -> Mail | None:
    license.starts_at, license.valid_until = license.created_at - 9 * DAY, license.created_at - 2 * DAY
    return tell_expired(license)


def say_that_the_trial_ends(license: License) -> Mail | None:
    license.is_trial = True
    return tell_trial_ends(license)


def say_that_it_stopped(license: License) -> Mail | None:
    revoke_license(license, "refunded", actor="stripe", now=clock.now())
    return tell_stopped(license, cause="ord_1")


OF_HOLDERS = [remind, say_that_it_expired, say_that_the_trial_ends, say_that_it_stopped]


@pytest.mark.parametrize("tell", OF_HOLDERS)
def test_what_only_its_holder_must_know_does_not_leave_to_a_former_one(
    harbour: Cast, bo: Customer, tell: Make
) -> None:
    license = sell(harbour)
    with writing():
        mail = tell(license)
    give_to(bo, license)

    assert leave(mail) == "dropped"


@pytest.mark.parametrize("tell", OF_HOLDERS)
def test_its_holder_is_told(harbour: Cast, tell: Make) -> None:
    license = sell(harbour)
    with writing():
        mail = tell(license)

    assert leave(mail) == "sent"


@pytest.mark.parametrize("tell", OF_HOLDERS[:3])
def test_the_new_holder_is_told_in_turn(harbour: Cast, bo: Customer, sink: MailSink, tell: Make) -> None:
    license = sell(harbour)
    with writing():
        tell(license)
    give_to(bo, license)
    with writing():
        mail = tell(license)

    assert leave(mail) == "sent"
    assert sink.mails[0].to == (BO,)


def announce_a_charge(license: License) -> Mail | None:
    license.renews = True
    return tell_charge_near(license)


def say_that_money_came_back(license: License) -> Mail | None:
    revoke_license(license, "refunded", actor="stripe", now=clock.now())
    return tell_refunded(license, cause="re_1", amount=1_250, currency="eur")


def say_that_a_payment_failed(license: License) -> Mail | None:
    return tell_payment_failed(license, pay_url="https://pay.example.com/1", cause="in_1")


@pytest.mark.parametrize("tell", [announce_a_charge, say_that_money_came_back, say_that_a_payment_failed])
def test_what_is_about_the_money_still_goes_to_who_paid_it(
    harbour: Cast, bo: Customer, sink: MailSink, tell: Make
) -> None:
    """Ana is charged on, or gets her money back: giving the license away changes nothing of that."""
    license = sell(harbour)
    with writing():
        mail = tell(license)
    give_to(bo, license)

    assert leave(mail) == "sent"
    assert sink.mails[0].to == (ANA,)


WHO = {"actor": "member:mem_1"}


def the_next(mail: Mail) -> Mail:
    """What was queued in its place."""
    return session.scalars(select(Mail).where(Mail.id > mail.id)).one()


def pause(license: License) -> None:
    with writing():
        suspend_license(license, "dispute:dp_1", now=clock.now(), **WHO)


def go_on(license: License) -> None:
    with writing():
        restore_license(license, "dispute:dp_1", now=clock.now(), **WHO)


def waits(mail: Mail) -> str:
    """Let the mail's job run while the mail has to wait; the reason that the team sees."""
    with pytest.raises(Postpone):
        leave(mail)
    session.refresh(mail)
    assert mail.state == "waiting"
    return mail.error


def test_a_purchase_mail_brings_the_key_of_today(harbour: Cast, sink: MailSink) -> None:
    license = sell(harbour)
    mail, former = bought(license), reveal_key(license)
    with writing():
        new = regenerate_key(license, now=clock.now(), **WHO)

    assert leave(mail) == "dropped"
    assert leave(the_next(mail)) == "sent"
    [caught] = sink.mails
    assert caught.to == (ANA,)
    assert new in caught.text
    assert former not in caught.text + caught.html


def test_who_gave_one_of_two_away_gets_the_key_of_the_other(
    harbour: Cast, bo: Customer, sink: MailSink
) -> None:
    given, kept = sell(harbour), sell(harbour)
    mail = bought(given, kept)
    give_to(bo, given)

    assert leave(mail) == "dropped"
    assert leave(the_next(mail)) == "sent"
    [caught] = sink.mails
    assert reveal_key(kept) in caught.text
    assert reveal_key(given) not in caught.text


def test_nothing_is_ready_while_it_is_paused_and_the_key_comes_once_when_it_goes_on(
    harbour: Cast, sink: MailSink
) -> None:
    license = sell(harbour)
    mail = bought(license)
    pause(license)
    assert waits(mail) == "waits until the license is no longer suspended"
    assert waits(mail)
    assert sink.mails == []
    go_on(license)

    assert leave(mail) == "sent"
    assert leave(mail) == "sent"
    [caught] = sink.mails
    assert reveal_key(license) in caught.text


def test_what_was_paused_for_weeks_comes_with_a_button_that_works(harbour: Cast, sink: MailSink) -> None:
    license = sell(harbour)
    mail = bought(license)
    with writing():
        session.scalars(select(PurchasePage)).one().expires_at = clock.now()

    assert leave(mail) == "dropped"
    assert leave(the_next(mail)) == "sent"
    page = session.scalars(select(PurchasePage).order_by(PurchasePage.id.desc()).limit(1)).one()
    assert page.expires_at > clock.now()
    assert purchase_page_address(page) in sink.mails[0].text


def test_what_was_paused_and_then_taken_back_is_not_told(harbour: Cast) -> None:
    license = sell(harbour)
    mail = bought(license)
    pause(license)
    with writing():
        revoke_license(license, "disputed", now=clock.now(), **WHO)

    assert leave(mail) == "dropped"
    assert session.scalars(select(Mail)).all() == [mail]


def test_a_hand_that_paused_one_of_two_keeps_no_key_back(harbour: Cast, sink: MailSink) -> None:
    paused, other = sell(harbour), sell(harbour)
    mail = bought(paused, other)
    pause(paused)

    assert leave(mail) == "sent"
    assert reveal_key(other) in sink.mails[0].text
