"""A site by its token in one read: all that its own question about its license needs (reliability 4.2)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from server.accounts.models import SigningKey
from server.catalog.models import Plan, Product
from server.customers.visiting import known_account_address
from server.kernel.prepared import Prepared
from server.licensing.checks import LicenseFacts, Question, SiteFacts
from server.licensing.models import Activation, License, SiteToken

SITE_COLUMNS = 4
LICENSE_COLUMNS = 16  # of its facts, by their names
CURRENT: ColumnElement[str] = literal_column("'current'")  # a word of the statement, not a bound value
ITSELF = SiteFacts("", "")  # a token names its site, so neither address nor number of it is compared


class AskingSite(NamedTuple):
    """A site whose token is known. The first four are columns, as the statement below names them."""

    signing_key_id: str
    site_url: str
    plugin_version: str
    tenant_id: str
    license: LicenseFacts

    def question(self, now: datetime, *, plugin_version: str = "") -> Question:
        """Whether its license is good where it sits."""
        return Question(
            self.license.product_id,
            self.license.mode,
            now,
            self.license,
            plugin_version=plugin_version or self.plugin_version,
            asks_for_site=True,
            live=(ITSELF,),
        )


_by_token = Prepared(
    select(
        SigningKey.id,
        Activation.site_url,
        Activation.plugin_version,
        SiteToken.tenant_id,
        *(getattr(License, name) for name in LicenseFacts._fields[:LICENSE_COLUMNS]),
        Plan.code,
        Plan.name,
        Plan.features,
    )
    .join(Activation, Activation.id == SiteToken.activation_id)
    .join(License, License.id == Activation.license_id)
    .join(Plan, Plan.id == License.plan_id)
    .join(Product, Product.id == License.product_id)
    .join(SigningKey, (SigningKey.tenant_id == SiteToken.tenant_id) & (SigningKey.state == CURRENT))
    .where(
        SiteToken.token_hash == bindparam("token_hash"),
        SiteToken.ends_at.is_(None),
        Activation.ended_at.is_(None),
        Activation.lease_until.is_(None),
        Product.addon_of_id.is_(None),
    )
)


def find_asking_site(token_hash: bytes) -> AskingSite | None:
    """The site while nothing about it needs a second look; anything else is for the long way to say."""
    rows = _by_token.rows(token_hash)
    if len(rows) != 1:
        return None
    *columns, tenant_id = rows[0][:SITE_COLUMNS]
    manage_url = known_account_address(tenant_id)
    license = LicenseFacts._make([*rows[0][SITE_COLUMNS:], False, manage_url])
    return AskingSite._make([*columns, tenant_id, license]) if manage_url else None
