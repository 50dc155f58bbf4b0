"""The job that sends one mail."""

from server.jobs import Fail, Job, Postpone, Retry, handler
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.mail.models import Mail
from server.mail.services import mark_dropped, mark_sent, mark_troubled
from server.mail.transports import Never, NotNow, compose, deliver
from server.mail.wanted import is_still_wanted

SCHEDULE = (10, 60, 300, 1800, *([3600] * 47))  # to 48 hours


@handler("mail.send", queue="mail", lease_s=120, schedule=SCHEDULE)
def send(job: Job) -> None:
    """Send a mail that still waits. After a crash it may leave twice, with one and the same Message-ID."""
    mail = resolve(Mail, job.args["mail_id"])
    if mail.state != "waiting":
        return
    present = settings.current()
    if not is_still_wanted(mail, clock.now()):
        session.rollback()
        with writing():
            mark_dropped(resolve(Mail, job.args["mail_id"]), keep_text=not present.smtp_host)
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


def _note(job: Job, error: str, *, final: bool) -> None:
    with writing():
        mark_troubled(resolve(Mail, job.args["mail_id"]), error, final=final)
