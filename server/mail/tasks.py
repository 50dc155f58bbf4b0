"""The job that sends one mail."""

from server.jobs import Fail, Job, Postpone, Retry, handler
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.mail.models import Mail
from server.mail.services import mark_dropped, mark_sent, mark_troubled
from server.mail.transports import Never, NotNow, compose, deliver
from server.mail.wanted import NotYet, is_still_wanted, tell_anew

SCHEDULE = (10, 60, 300, 1800, *([3600] * 47))  # to 48 hours
LOOK_AGAIN_S = 600  # at a mail that must not leave yet


@handler("mail.send", queue="mail", lease_s=120, schedule=SCHEDULE)
def send(job: Job) -> None:
    """Send a mail that still waits. After a crash it may leave twice, with one and the same Message-ID."""
    mail = resolve(Mail, job.args["mail_id"])
    if mail.state != "waiting":
        return
    present = settings.current()
    try:
        wanted = is_still_wanted(mail, clock.now())
    except NotYet as reason:
        _note(job, str(reason), final=False)
        raise Postpone(LOOK_AGAIN_S) from reason
    if not wanted:
        _drop(job, keep_text=not present.smtp_host)
        return
    message = compose(mail, present.mail_from)
    session.rollback()  # no transaction stays open while a mail server takes its time
    try:
        deliver(message, job.args["mail_id"], present)
    except Never as refusal:
        _note(job, str(refusal), final=True)
        raise Fail(str(refusal)) from refusal
    except NotNow as trouble:
        if not present.smtp_host and not present.is_development:
            _note(job, str(trouble), final=False)
            raise Postpone(60) from trouble  # waits for the operator, however long
        _note(job, str(trouble), final=job.tries > len(SCHEDULE))
        raise Retry(str(trouble)) from trouble
    with writing():
        mark_sent(resolve(Mail, job.args["mail_id"]), keep_text=not present.smtp_host)


def _drop(job: Job, *, keep_text: bool) -> None:
    session.rollback()
    with writing():
        mail = resolve(Mail, job.args["mail_id"])
        mark_dropped(mail, keep_text=keep_text)
        tell_anew(mail)


def _note(job: Job, error: str, *, final: bool) -> None:
    session.rollback()
    with writing():
        mark_troubled(resolve(Mail, job.args["mail_id"]), error, final=final)
