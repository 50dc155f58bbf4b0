"""A queued mail leaves through a real mail server, once, and says what became of it."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from server.jobs import Fail, Postpone, Retry
from server.kernel import settings
from server.kernel.db import session
from server.mail.models import Mail
from server.mail.tasks import SCHEDULE, send
from tests.server.mail.conftest import QueuePurchase, UseServer, job_for, use_mail_host
from tests.tools.mail_sink import MailSink
from tests.tools.waiting import free_port


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_reaches_its_reader_once(letter: Mail, mail_sink: MailSink) -> None:
    use_mail_host("127.0.0.1", mail_sink.port)

    send(job_for(letter))
    send(job_for(letter, tries=2))  # the job ran again, for instance after a lost lease

    caught = mail_sink.wait_for(to="olena@example.com")
    assert len(mail_sink.mails) == 1
    assert caught.subject == "Your license for Harbour Gallery is ready"
    assert caught.message["Reply-To"] == "help@harbour.example.com"
    assert caught.message["From"] == "Harbour Plugins <keydesk@localhost>"
    assert caught.message["Message-ID"] == f"<{letter.id}@localhost>"
    assert caught.message["Auto-Submitted"] == "auto-generated"
    assert caught.message["Content-Language"] == "en"
    assert "KD1-8M2FW7-PAK3XN-0R94TC-5GR38E-1P7QX4" in caught.text
    assert "https://desk.example.com/get/abc" in caught.html


def test_a_delivered_mail_keeps_no_license_key_in_the_database(letter: Mail, mail_sink: MailSink) -> None:
    use_mail_host("127.0.0.1", mail_sink.port)

    send(job_for(letter))

    session.refresh(letter)
    assert letter.state == "sent"
    assert letter.sent_at is not None
    assert (letter.text, letter.html) == ("", "")


def test_a_repeat_after_a_crash_carries_the_same_message_id(letter: Mail, use_server: UseServer) -> None:
    server = use_server("451 try later")
    for tries in (1, 2):
        with pytest.raises(Retry):
            send(job_for(letter, tries))

    assert len({read(raw)["Message-ID"] for raw in server.letters}) == 1
    assert len({read(raw)["Date"] for raw in server.letters}) == 1


def test_a_final_refusal_of_the_mail_server_ends_the_mail(letter: Mail, use_server: UseServer) -> None:
    use_server("554 no such person")

    with pytest.raises(Fail):
        send(job_for(letter))

    session.refresh(letter)
    assert letter.state == "failed"
    assert letter.error == "554 no such person"


def test_a_temporary_refusal_is_tried_again(letter: Mail, use_server: UseServer) -> None:
    use_server("451 try later")

    with pytest.raises(Retry):
        send(job_for(letter))

    session.refresh(letter)
    assert letter.state == "waiting"
    assert letter.error == "451 try later"


def test_a_mail_server_that_is_away_is_tried_again_and_at_last_given_up(letter: Mail) -> None:
    use_mail_host("127.0.0.1", free_port())

    with pytest.raises(Retry):
        send(job_for(letter))
    session.refresh(letter)
    assert letter.state == "waiting"

    with pytest.raises(Retry):
        send(job_for(letter, tries=len(SCHEDULE) + 1))
    session.refresh(letter)
    assert letter.state == "failed"


def test_tries_go_on_for_two_days() -> None:
    assert SCHEDULE[:4] == (10, 60, 300, 1800)
    assert 47 * 3600 < sum(SCHEDULE) < 49 * 3600


def test_without_a_mail_server_a_development_mail_becomes_a_file(letter: Mail) -> None:
    send(job_for(letter))

    written = settings.current().data_dir / "mail" / f"{letter.id}.eml"
    assert read(written.read_bytes())["To"] == "olena@example.com"
    assert [file.name for file in written.parent.iterdir()] == [written.name]
    session.refresh(letter)
    assert letter.state == "sent"
    assert "KD1-" in letter.text  # the demo's console shows it


def test_in_production_a_mail_waits_until_a_mail_server_is_set(letter: Mail) -> None:
    settings.remember(replace(settings.current(), env="production"))

    with pytest.raises(Postpone):
        send(job_for(letter))

    session.refresh(letter)
    assert letter.state == "waiting"
    assert "KEYDESK_SMTP_HOST" in letter.error


def test_an_international_domain_is_written_as_mail_servers_know_it(
    queue_purchase: QueuePurchase, mail_sink: MailSink
) -> None:
    use_mail_host("127.0.0.1", mail_sink.port)
    mail = queue_purchase(to="olena@пошта.example.com")
    assert mail is not None

    send(job_for(mail))

    assert mail_sink.mails[0].to == ("olena@xn--80a1acn3a.example.com",)


def test_names_and_long_texts_of_any_script_arrive_whole(
    queue_purchase: QueuePurchase, mail_sink: MailSink
) -> None:
    use_mail_host("127.0.0.1", mail_sink.port)
    mail = queue_purchase(
        product_name="Календар «Бронювання» 日本語 " + "ї" * 300, from_name="Ірина, Harbour"
    )
    assert mail is not None

    send(job_for(mail))

    caught = mail_sink.mails[0]
    assert caught.message["From"].addresses[0].display_name == "Ірина, Harbour"
    assert caught.subject == mail.subject
    assert "ї" * 300 in caught.text
