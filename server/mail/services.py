"""What can be done with mail: queue it with its cause, and settle it. Callers commit; nothing here does."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from server.jobs import enqueue
from server.kernel import clock
from server.kernel.db import engine, session
from server.kernel.errors import Invalid
from server.kernel.i18n import language_of
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant, resolve
from server.mail.models import Mail
from server.mail.rendering import render

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL_PART = re.compile(rf"{ATOM}(\.{ATOM})*")  # RFC 5322 dot-atom: what every mail server on the way takes
BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class HeaderWrong(Invalid):
    """A line break where a header field goes would let its writer add headers of their own."""

    title = "A name, address or subject of a mail holds a line break"


def is_address(text: str) -> bool:
    """Whether mail can be sent there, by shape alone. The domain may be of any script."""
    local, _, domain = text.rpartition("@")
    if len(text) > 254 or len(local) > 64 or LOCAL_PART.fullmatch(local) is None or local.startswith("=?"):
        return False
    try:
        labels = domain.encode("idna").decode("ascii").split(".")
    except UnicodeError:  # an empty label, one that is too long, or a sign that no domain has
        return False
    return all(re.fullmatch(r"[A-Za-z0-9_-]{1,63}", label) for label in labels)


def queue_mail(
    *,
    template: str,
    to: str,
    context: dict[str, Any],
    locale: str,
    dedupe_key: str,
    reply_to: str,
    from_name: str,
    mode: str | None = None,
    due_at: datetime | None = None,
    about: dict[str, Any] | None = None,
    unsubscribe_url: str = "",
) -> Mail | None:
    """Write the mail of one cause, and the job that sends it, into the caller's transaction.

    It is rendered now; `about` goes to its check when it leaves (`server.mail.wanted`). A second call with
    the same `dedupe_key` adds nothing and answers None. An address that no mail can reach makes a failed
    mail instead of an error: a purchase must not be lost for it, and the team sees why.
    """
    mail = render(template, context, locale)
    _refuse_breaks(mail.subject, from_name, to, reply_to)
    error = _unreachable(to, reply_to)
    mail_id = _insert_once(
        template=template,
        to_address=to,
        from_name=from_name,
        reply_to=reply_to,
        **asdict(mail),
        locale=language_of(locale),
        dedupe_key=dedupe_key,
        mode=mode,
        about=about or {},
        unsubscribe_url=unsubscribe_url,
        state="failed" if error else "waiting",
        error=error,
    )
    if mail_id is not None and not error:
        enqueue("mail.send", {"mail_id": mail_id}, due_at=due_at, dedupe_key=mail_id)
    return None if mail_id is None else resolve(Mail, mail_id)


def mark_sent(mail: Mail, *, keep_text: bool) -> None:
    """It was handed over. What was delivered is not kept: a purchase mail carries a license key."""
    mail.state, mail.sent_at, mail.error = "sent", clock.now(), ""
    if not keep_text:
        mail.text = mail.html = ""


def mark_dropped(mail: Mail, *, keep_text: bool) -> None:
    """What it says is no longer so: it does not leave."""
    mail.state = "dropped"
    if not keep_text:
        mail.text = mail.html = ""


def mark_troubled(mail: Mail, error: str, *, final: bool) -> None:
    """It could not be handed over; `final` when it will not be tried again."""
    mail.error = error[:500]
    if final:
        mail.state = "failed"


def _refuse_breaks(*fields: str) -> None:
    if any(BREAKS.search(field) for field in fields):
        raise HeaderWrong


def _unreachable(*addresses: str) -> str:
    """Why these addresses cannot do; "" when each can."""
    return next((f"no mail can be sent to {text!r}" for text in addresses if not is_address(text)), "")


def _insert_once(**values: Any) -> str | None:
    """One statement, so that two transactions with one cause cannot both win."""
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    added = (
        dialect.insert(Mail)
        .values(
            id=new_id("mai"),
            tenant_id=current_tenant(),
            created_at=clock.now(),
            **values,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "dedupe_key"])
        .returning(Mail.id)
    )
    return session.scalars(added).one_or_none()
