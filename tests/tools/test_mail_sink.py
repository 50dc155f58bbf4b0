"""The mail sink: a sent mail is found by its reader and subject; one that did not come is told in words."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.tools.mail_sink import MailSink


def send(sink: MailSink, to: str, subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "support@vendor.example.com", to, subject
    mail.set_content("Ваш ключ: ниже\n")
    mail.add_alternative("<p>Ваш ключ: ниже</p>\n", subtype="html")
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as server:
        server.send_message(mail)


def test_a_mail_is_found_by_reader_and_subject(mail_sink: MailSink) -> None:
    send(mail_sink, "anna@shop.example.com", "Ваш ключ Acme Gallery")
    send(mail_sink, "ben@shop.example.com", "Your key")

    found = mail_sink.wait_for(to="anna@shop.example.com", subject="Ваш ключ")

    assert found.text == "Ваш ключ: ниже\n"
    assert "<p>Ваш ключ" in found.html
    assert found.sender == "support@vendor.example.com"


def test_a_second_mail_is_waited_for_by_its_count(mail_sink: MailSink) -> None:
    send(mail_sink, "anna@shop.example.com", "First")
    send(mail_sink, "anna@shop.example.com", "Second")

    assert mail_sink.wait_for(to="anna@shop.example.com", count=2).subject == "Second"
    assert len(mail_sink.to("anna@shop.example.com")) == 2


def test_a_mail_that_does_not_come_is_an_error_that_tells_what_came(mail_sink: MailSink) -> None:
    send(mail_sink, "ben@shop.example.com", "Your key")

    with pytest.raises(AssertionError, match=r"0 of 1 mails to anna.*ben@shop\.example\.com"):
        mail_sink.wait_for(to="anna@shop.example.com", seconds=0.1)
