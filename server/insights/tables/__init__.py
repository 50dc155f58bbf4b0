"""The tables of an export: for each one its columns, fixed and in this order, and where they come from.

A column here is a promise to scripts: it is added at the end, and never renamed or taken away. What stays
out, and why, is named in tests/server/insights/test_nothing_forgotten.py.
"""

from server.insights.tables import goods, money, people, rights, talk
from server.insights.tables.shape import Table

__all__ = ["Table", "tables"]


def tables(*, with_keys: bool) -> list[Table]:
    """All of them. Without keys the column stays empty, so that scripts find the same columns."""
    return [
        people.vendor(),
        people.members(),
        people.api_keys(),
        people.signing_keys(),
        goods.products(),
        goods.product_keys(),
        goods.releases(),
        goods.plans(),
        goods.prices(),
        people.customers(),
        rights.licenses(with_keys=with_keys),
        rights.activations(),
        rights.site_resolutions(),
        rights.revocations(),
        money.orders(),
        money.order_licenses(),
        money.order_refs(),
        money.ledger(),
        money.stripe_connections(),
        talk.tickets(),
        talk.messages(),
        talk.attachments(),
        talk.helpdesk_connections(),
        talk.helpdesk_links(),
        talk.mails(),
        people.audit(),
    ]
