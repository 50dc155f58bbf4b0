"""How a mail leaves: by SMTP, or in development as a file in the data folder."""

import os
import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES
from pathlib import Path

from server.kernel.i18n import language_of
from server.kernel.settings import Settings
from server.mail.models import Mail

TIMEOUT_S = 20
BY_PEOPLE = frozenset({"ticket_reply"})  # templates around what a person wrote; every other mail is automatic


class NotNow(Exception):
    """It did not leave; it may later."""


class Never(Exception):
    """The mail server refused this mail for good."""


def compose(mail: Mail, mail_from: str) -> EmailMessage:
    """The mail on the wire. Message-ID and date come from the row: a repeat is the same mail, byte by byte
    but for its boundary, so receivers can drop it."""
    message = EmailMessage(policy=SMTP_RULES)
    message["From"] = Address(mail.from_name, addr_spec=mail_from)
    message["To"] = Address(addr_spec=_ascii_domain(mail.to_address))
    message["Reply-To"] = Address(addr_spec=_ascii_domain(mail.reply_to))
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = f"<{mail.id}@{mail_from.rpartition('@')[2]}>"
    if mail.template not in BY_PEOPLE:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if mail.unsubscribe_url:  # RFC 8058: the reader's mail program asks by one POST, without a page
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = language_of(mail.locale)  # last: the content before takes its headers along
    return message


def deliver(message: EmailMessage, name: str, settings: Settings) -> None:
    """Hand it over, or raise `NotNow` or `Never`."""
    if settings.smtp_host:
        _by_smtp(message, settings)
    elif settings.is_development:
        _into_folder(message, settings.data_dir / "mail" / f"{name}.eml")
    else:
        raise NotNow("KEYDESK_SMTP_HOST is not set, so no mail can leave")


def _by_smtp(message: EmailMessage, settings: Settings) -> None:
    try:
        with _connected(settings) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        _refused(code, answer, error)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        _refused(error.smtp_code, error.smtp_error, error)
    except smtplib.SMTPNotSupportedError as error:
        raise Never(f"the mail server cannot take this address: {error}") from error
    except (smtplib.SMTPException, OSError) as error:
        # also a refused log-in and a greeting of 5xx: these speak of our settings, not of this mail
        raise NotNow(f"{type(error).__name__}: {error}") from error


def _connected(settings: Settings) -> smtplib.SMTP:
    server: smtplib.SMTP
    if settings.smtp_tls == "tls":
        server = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _refused(code: int, answer: bytes | str, error: Exception) -> None:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    kind = Never if 500 <= code < 600 else NotNow
    raise kind(f"{code} {words}") from error


def _into_folder(message: EmailMessage, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    try:
        with half.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise NotNow(f"{path.name} cannot be written: {error.strerror}") from error


def _ascii_domain(address: str) -> str:
    """The same address with its domain as mail servers know it (`пошта.example` → `xn--…`)."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address
