"""Site tokens: the secret of one activation (protocols 2.4)."""

from datetime import datetime, timedelta

from sqlalchemy import or_, update

from server.kernel.db import session
from server.kernel.secrets import new_token, token_hash
from server.licensing.models import Activation, SiteToken

OVERLAP = timedelta(minutes=10)  # the old token stays good while the new one is on its way


def issue_site_token(activation: Activation, now: datetime) -> str:
    """A new token, shown this once. Earlier ones end in ten minutes."""
    end_site_tokens(activation, now + OVERLAP)
    text = new_token("kdt_")
    session.add(
        SiteToken(token_hash=token_hash(text), activation_id=activation.id, created_at=now, ends_at=None)
    )
    session.flush()
    return text


def end_site_tokens(activation: Activation, at: datetime) -> None:
    """No token of this activation lives longer than `at`."""
    session.execute(
        update(SiteToken)
        .where(
            SiteToken.activation_id == activation.id, or_(SiteToken.ends_at.is_(None), SiteToken.ends_at > at)
        )
        .values(ends_at=at)
        .execution_options(synchronize_session=False)
    )
